//! The workflows of `examples/ci`: every command line of theirs is one of the program's, and their core holds against the
//! emulator. What linters say of them is asked in `.ci/workflows`.

use crate::support::{Emulator, Program, Run, root};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let listed = std::fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Returns the arguments of a command that a line of shell gives it; words with variables in them stand for a number.
fn arguments(words: &str) -> Vec<String> {
    let ends = |word: &&str| word.starts_with(['>', '|', '&', ')', ';', '}']) || *word == "--";
    let mut arguments = Vec::new();
    for word in words.split_whitespace().take_while(|word| !ends(word)) {
        let is_last = word.ends_with([';', ')', '`', '.']);
        let word = word.trim_matches(['"', '\'', ';', ')', '`', '\\', '.']);
        match word {
            "${flags[@]}" | "$@" => {}
            word if word.contains('$') => arguments.push("5".to_owned()),
            word => arguments.push(word.to_owned()),
        }
        if is_last {
            break;
        }
    }
    arguments
}

/// Returns every command line of a file, flags that a script adds on condition included.
fn command_lines(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ").replace("ci/plan.sh plan", "gatewright plan");
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with('#') && !line.starts_with("name:") && !line.contains("workflows: [")
    };
    let lines: Vec<&str> = joined.lines().filter(is_code).collect();
    let flags: Vec<String> = lines
        .iter()
        .filter_map(|line| line.split_once("flags+=("))
        .flat_map(|(_, rest)| arguments(rest.split(')').next().unwrap_or_default()))
        .collect();
    let mut found = Vec::new();
    for line in lines {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("gatewright ") {
            let is_word = before.chars().last().is_none_or(|c| c.is_whitespace() || matches!(c, '`' | '('));
            let mut words = arguments(after);
            if is_word && !words.is_empty() {
                if after.contains("${flags[@]}") {
                    words.extend(flags.iter().cloned());
                }
                found.push(words);
            }
            rest = after;
        }
    }
    found
}

#[test]
fn every_command_line_is_one_of_the_programs() {
    let program = Program::new();
    let mut paths = Vec::new();
    files(&root().join("examples/ci"), &mut paths);
    let mut commands = BTreeSet::new();
    for path in paths {
        for mut words in command_lines(&std::fs::read_to_string(&path).unwrap()) {
            commands.insert(words[0].clone());
            // Help is the last word: what stands before it has been read by then, and nothing is done.
            words.push("--help".to_owned());
            let run = program.run_args(&words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(run.code, 0, "{}: gatewright {}\n{}", path.display(), words.join(" "), run.block());
        }
    }
    let expected = ["apply", "plan", "render", "snapshot", "undo", "validate"];
    assert_eq!(commands.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn command_lines_are_found_and_wrong_ones_are_noticed() {
    let found = command_lines(
        "name: gatewright plan\n# gatewright nothing\n  - run: gatewright plan --no-such x >y || code=$?\n\
         flags+=(--allow-destroy)\nexec gatewright apply \"$1\" \\\n  \"${flags[@]}\"\nsee `gatewright undo`.\n",
    );
    assert_eq!(found, [vec!["plan", "--no-such", "x"], vec!["apply", "5", "--allow-destroy"], vec!["undo"]]);
    assert_eq!(Program::new().run("plan --no-such --help").code, 64);
    assert_eq!(Program::new().run("plan --format no-such --help").code, 64);
}

const FILE: &str = r#"
version: 1
tenant: { subdomain: acme, account_id: 555555 }
environments: { prod: {} }
oidc_apps:
  web: { name: Web, application_type: web, token_endpoint_auth_method: basic, redirect_uris: ["https://web.example.com/"] }
authorization_servers:
  contacts:
    name: Contacts
    description: Contacts
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: { read: Read }
    claims: {}
    clients: { web: [read] }
"#;

/// A repository with the scripts in it, and a runner for them.
#[cfg(unix)]
struct Runner {
    program: Program,
    emulator: Emulator,
}

#[cfg(unix)]
impl Runner {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::start(folder.path(), None);
        let mut program = Program::on(&emulator);
        program.write("gatewright.yaml", FILE);
        for script in ["plan.sh", "apply.sh", "labels.sh"] {
            let text = std::fs::read_to_string(root().join("examples/ci/scripts").join(script)).unwrap();
            program.write(&format!("ci/{script}"), &text);
        }
        // Where the secrets go is the user's to fill in.
        program.write("ci/store-secret.sh", "#!/bin/sh\ncat >>sink\n");
        program.allow_secrets_in("sink");
        for script in ["plan.sh", "apply.sh", "store-secret.sh"] {
            let path = program.folder().join("ci").join(script);
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        Self { program, emulator }
    }

    /// Runs a script as a job does.
    fn script(&self, line: &str, environment: &[(&str, &str)]) -> Run {
        let mut words = line.split_whitespace();
        let mut command = Command::new(self.program.folder().join(words.next().unwrap()));
        let folder = Path::new(env!("CARGO_BIN_EXE_gatewright")).parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        let (id, secret) = Emulator::CREDENTIALS;
        command.args(words).current_dir(self.program.folder()).env_clear().env("PATH", path).stdin(Stdio::null());
        command.env("CI", "true").env("ONELOGIN_API_URL", self.emulator.url());
        command.env("ONELOGIN_CLIENT_ID", id).env("ONELOGIN_CLIENT_SECRET", secret);
        command.envs(environment.iter().copied());
        self.program.output(command)
    }

    /// Plans and expects an exit code of `plan --detailed-exitcode`.
    fn plan(&self, environment: &[(&str, &str)], code: &str) {
        let run = self.script("ci/plan.sh plan", environment);
        assert_eq!(run.code, 0, "{}", run.block());
        assert_eq!(self.program.read("plan/code").trim(), code, "{}", self.program.read("plan/plan.md"));
    }

    fn apply(&self, environment: &[(&str, &str)], code: i32) {
        let run = self.script("ci/apply.sh plan/plan.json", environment);
        assert_eq!(run.code, code, "{}", run.block());
    }

    fn write(&self, text: &str) {
        self.program.write("gatewright.yaml", text);
    }
}

#[cfg(unix)]
#[test]
fn the_reviewed_plan_is_applied_and_nothing_else() {
    let runner = Runner::new();
    runner.plan(&[], "2");
    assert!(runner.program.read("plan/plan.md").contains("oidc_app/web"));
    runner.apply(&[], 0);
    let secret = runner.program.read("sink");
    assert!(secret.contains("\"app\": \"web\""), "the secret went to the command");
    let mut kept = Vec::new();
    files(&runner.program.folder().join(".gatewright/secrets"), &mut kept);
    assert_eq!(kept, Vec::<PathBuf>::new(), "and to no file");
    assert!(runner.program.folder().join(".gatewright/runs").exists(), "what undo needs is there to be kept");
    runner.plan(&[], "0");
    // The file moves between review and apply: another plan is needed, and nothing is written.
    let edited = FILE.replace("Read }", "Read all }");
    runner.write(&edited);
    runner.plan(&[], "2");
    runner.write(&edited.replace("name: Contacts", "name: All contacts"));
    let written = runner.emulator.writes().len();
    runner.apply(&[], 4);
    assert_eq!(runner.emulator.writes().len(), written);
    // As it was reviewed it goes through, and once more it is nothing.
    runner.write(&edited);
    runner.apply(&[], 0);
    runner.plan(&[], "0");
    // A plan without changes is applied like any other, so that its commit is recorded as applied.
    runner.apply(&[], 0);
}

#[cfg(unix)]
#[test]
fn drift_is_found_and_refusals_are_allowed_by_hand() {
    let runner = Runner::new();
    runner.plan(&[], "2");
    runner.apply(&[], 0);
    // Somebody else edits the account.
    runner.program.write("other.yaml", &FILE.replace("Read }", "Read it }"));
    let run = runner.program.run("apply --env prod --auto-approve -f other.yaml");
    assert_eq!(run.code, 0, "{}", run.block());
    runner.plan(&[], "2");
    assert!(runner.program.read("plan/plan.md").contains("authorization_server/contacts/scope/read"));
    runner.apply(&[], 0);
    // A delete is refused until a person allows it, in the plan and in the apply.
    runner.write(&FILE.replace("    name: Contacts\n", "    name: Contacts\n    state: absent\n"));
    runner.plan(&[], "4");
    let allowed = [("ALLOW_DESTROY", "true"), ("MAX_DELETES", "9")];
    runner.plan(&allowed, "2");
    runner.apply(&[], 4);
    runner.apply(&allowed, 0);
    runner.plan(&[], "0");
}

#[cfg(unix)]
#[test]
fn labels_allow_the_deletes_of_the_reviewed_plan() {
    let runner = Runner::new();
    runner.plan(&[], "2");
    assert!(!runner.program.read("plan/plan.md").contains("Planned with"));
    runner.apply(&[], 0);
    runner.write(&FILE.replace("    name: Contacts\n", "    name: Contacts\n    state: absent\n"));
    for labels in ["", "gatewright: allow", "not gatewright: allow destroy", "gatewright: max deletes 9"] {
        runner.plan(&[("LABELS", labels)], "4");
    }
    let labels = [("LABELS", "api, x,gatewright: allow destroy,gatewright: max deletes 9,")];
    runner.plan(&labels, "2");
    let plan = runner.program.read("plan/plan.md");
    assert!(plan.starts_with("Planned with `--allow-destroy --max-deletes 9`.\n\n"), "{plan}");
    // Without them the merge is refused, and a number that is none allows nothing.
    runner.apply(&[], 4);
    runner.apply(&[("LABELS", "gatewright: allow destroy,gatewright: max deletes all")], 64);
    runner.apply(&labels, 0);
    runner.plan(&[], "0");
}

#[cfg(unix)]
#[test]
fn a_plan_that_cannot_be_made_fails_the_job() {
    let runner = Runner::new();
    runner.write(&FILE.replace("scopes:", "scops:"));
    let run = runner.script("ci/plan.sh plan", &[("LABELS", "gatewright: allow destroy")]);
    assert_eq!(run.code, 1, "{}", run.block());
    // The log tells why, and what is for the comment does so as text in which nothing works.
    assert!(run.stderr.contains("unknown key `scops`"), "{}", run.block());
    let shown = runner.program.read("plan/plan.md");
    let (first, error) = shown.split_once("\n\n").unwrap();
    assert_eq!(first, "Planning failed with exit code 1:");
    assert!(error.contains("    error[unknown-key]: unknown key `scops`"), "{shown}");
    assert!(error.lines().all(|line| line.starts_with("    ")), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_fork_plans_without_credentials() {
    let runner = Runner::new();
    runner.plan(&[], "2");
    runner.apply(&[], 0);
    let run = runner.program.run("snapshot --env prod --out snapshot.json");
    assert_eq!(run.code, 0, "{}", run.block());
    let fork = Program::new();
    fork.write("snapshot.json", &runner.program.read("snapshot.json"));
    fork.write("gatewright.yaml", FILE);
    let line = "plan --env prod --snapshot snapshot.json --detailed-exitcode";
    let run = fork.run(line);
    assert_eq!(run.code, 0, "{}", run.block());
    fork.write("gatewright.yaml", &FILE.replace("Read }", "Read it }"));
    let run = fork.run(line);
    assert_eq!(run.code, 2, "{}", run.block());
    assert!(run.stdout.contains("authorization_server/contacts/scope/read"), "{}", run.block());
}
