//! What the program says, byte for byte.

use crate::support::{Program, root};

/// The commands, in the order of the help.
const COMMANDS: &[&str] = &[
    "validate",
    "plan",
    "apply",
    "render",
    "export",
    "verify",
    "access",
    "diff",
    "undo",
    "emulator",
    "explain",
    "schema",
    "snapshot",
    "completions",
];

#[test]
fn help_of_every_command() {
    let program = Program::new();
    let overview = program.run("--help");
    assert_eq!(overview.code, 0);
    for command in COMMANDS {
        assert!(overview.stdout.contains(&format!("\n  {command} ")), "{command} is missing from the overview");
    }
    insta::assert_snapshot!("help", overview.block());
    for command in COMMANDS {
        insta::assert_snapshot!(format!("help-{command}"), program.run(&format!("{command} --help")).block());
    }
}

#[test]
fn wrong_usage_exits_64() {
    let program = Program::new();
    let check = |line: &str, expected: &str| {
        let run = program.run(line);
        assert_eq!(run.code, 64, "{line}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{line}");
        assert!(run.stderr.contains(expected), "{line}: {}", run.stderr);
    };
    check("", "Usage:");
    check("plam", "unrecognized subcommand");
    check("schema --no-such-flag", "unexpected argument");
    check("schema plan --max-in-flight 0", "invalid value");
    check("schema plan --var x", "expected NAME=VALUE");
}

#[test]
fn version_is_printed() {
    let run = Program::new().run("--version");
    assert_eq!(run.block(), format!("gatewright {}\n--- exit 0\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn published_schemas_are_fresh() {
    let check = |format: &str, path: &str| {
        let run = Program::new().run(&format!("schema {format}"));
        assert_eq!(run.code, 0);
        let published = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(run.stdout == published, "{path} is not what `gatewright schema {format}` prints");
    };
    check("plan", "schemas/plan.v1.json");
    check("access", "schemas/access.v1.json");
    check("diff", "schemas/diff.v1.json");
    check("problems", "schemas/problems.v1.json");
    check("verify", "schemas/verify.v1.json");
    check("run", "schemas/run.v1.json");
    check("snapshot", "schemas/snapshot.v1.json");
}

const SMALL: &str = "version: 1\ntenant: { subdomain: acme }\nroles:\n  testers: { name: Testers }\n";

#[test]
fn apply_asks_nobody_without_a_terminal() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    let run = program.run("apply --emulator");
    assert_eq!(run.code, 64, "{}", run.block());
    assert!(!program.folder().join(".gatewright").exists(), "nothing is touched before the question");
    let run = program.run("apply plan.json --env dev");
    assert_eq!(run.code, 64, "{}", run.block());
}

#[test]
fn credentials_are_asked_for_by_name() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    insta::assert_snapshot!(program.run("plan").block(), @r"
    --- stderr
    error: ONELOGIN_CLIENT_ID and ONELOGIN_CLIENT_SECRET are not both set

    hint: Set them to a credential pair of acme.onelogin.com, or try it out with
        `--emulator`.
    --- exit 1
    ");
}

#[test]
fn color_is_used_when_it_is_asked_for() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    let plain = program.run("plan --emulator");
    let colored = program.run("plan --emulator --color always");
    assert!(!plain.stdout.contains('\u{1b}'), "{}", plain.stdout);
    assert!(colored.stdout.contains("\u{1b}[32m+ role/testers"), "{}", colored.stdout);
    assert_eq!(anstream::adapter::strip_str(&colored.stdout).to_string(), plain.stdout);
}

#[test]
fn color_follows_the_environment_and_the_option() {
    let check = |variables: &[(&str, &str)], option: &str, expected: bool| {
        let mut program = Program::new();
        program.write("gatewright.yaml", SMALL);
        variables.iter().for_each(|(name, value)| program.set(name, value));
        for (line, is_stdout) in [("plan --emulator", true), ("plan", false)] {
            let run = program.run(&format!("{line} {option}"));
            let said = if is_stdout { &run.stdout } else { &run.stderr };
            assert!(!said.is_empty());
            assert_eq!(said.contains('\u{1b}'), expected, "{variables:?} {option} {line}: {said:?}");
        }
    };
    check(&[("TERM", "xterm")], "", false);
    check(&[("CLICOLOR", "1")], "", false);
    check(&[("CLICOLOR_FORCE", "1")], "", true);
    // The convention has 0 force nothing; the library that reads the variable takes every value but an empty one for a yes.
    check(&[("CLICOLOR_FORCE", "0")], "", true);
    check(&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], "", true);
    check(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "", false);
    check(&[("CLICOLOR_FORCE", "1")], "--color never", false);
    check(&[("NO_COLOR", "1")], "--color always", true);
    check(&[("CLICOLOR", "0"), ("TERM", "dumb")], "--color always", true);
}

#[test]
fn what_fails_puts_nothing_on_stdout() {
    let program = Program::new();
    let fails = |line: &str| {
        let run = program.run(line);
        assert!(run.code != 0 && run.stdout.is_empty() && !run.stderr.is_empty(), "{line}: {}", run.block());
    };
    let commands = ["plan", "apply --auto-approve", "verify", "access", "access --diff", "export", "undo 2026"];
    commands.iter().for_each(|line| fails(line));
    program.write("gatewright.yaml", SMALL);
    commands.iter().for_each(|line| fails(line));
    ["plan", "verify", "access"].iter().for_each(|line| fails(&format!("{line} --format json")));
    program.write("gatewright.yaml", &SMALL.replace("name: Testers", "naem: Testers"));
    let offline = ["validate", "render", "render --check", "access --desired", "undo"];
    commands.iter().chain(&offline).for_each(|line| fails(&format!("{line} --emulator")));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    let first = program.run("plan --emulator --format json");
    assert_eq!(first.block(), program.run("plan --emulator --format json").block());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["completions", "zsh"])
        .env_clear()
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn broken_files_are_shown_where_they_are_broken() {
    let program = Program::new();
    program.write("gatewright.yaml", &SMALL.replace("name: Testers", "naem: Testers"));
    for line in ["validate", "plan --emulator", "apply --emulator --auto-approve", "render", "verify --emulator"] {
        let run = program.run(line);
        assert_eq!(run.code, 1, "{line}: {}", run.block());
        assert!(run.stderr.contains("--> gatewright.yaml:4:14"), "{line}: {}", run.block());
        assert!(
            run.stderr.contains("did you mean `name`") || run.stderr.contains("Did you mean `name`"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_saved_plan_says_how_it_is_applied() {
    let program = Program::new();
    program.write("apis/gatewright.yaml", SMALL);
    let plan = program.run("plan -f apis/gatewright.yaml --emulator=state.json --out plan.json");
    let command = plan.stderr.lines().find_map(|line| line.strip_prefix("Saved; do it with: gatewright ")).unwrap();
    assert_eq!(command.trim_end(), "apply -f apis/gatewright.yaml --emulator=state.json plan.json");
    program.write("gatewright.yaml", &SMALL.replace("Testers", "Others"));
    let other = program.run("apply --emulator=state.json plan.json");
    assert_eq!(other.code, 4, "{}", other.block());
    assert!(other.stderr.contains("`-f`"), "{}", other.block());
    let run = program.run(command);
    assert_eq!(run.code, 0, "{}", run.block());
    let spaced = program.run_args(&["plan", "-f", "apis/gatewright.yaml", "--emulator", "--out", "my plan.json"]);
    assert!(spaced.stderr.ends_with("apply -f apis/gatewright.yaml --emulator 'my plan.json'\n"), "{}", spaced.block());
}

#[test]
fn a_plan_is_not_saved_into_a_folder_that_does_not_exist() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    let run = program.run("plan --emulator --out nowhere/plan.json");
    assert_eq!(run.code, 1, "{}", run.block());
    assert!(run.stderr.contains("the folder nowhere does not exist"), "{}", run.block());
    assert!(!program.folder().join("nowhere").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_plainly() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["schema", "plan"])
        .env_clear()
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "error: cannot write to stdout: no space left on device\n");
}

#[test]
fn the_seed_of_the_help_is_one_and_a_broken_one_is_named() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    let help = program.run("emulator --help").stdout;
    let from = help.find("  {\"users\"").unwrap();
    let to = help.find("\nUsers, roles").unwrap();
    program.write("seed.json", &help[from..to]);
    let run = program.run("export --emulator --emulator-seed seed.json --subdomain acme");
    assert_eq!(run.code, 0, "{}", run.block());
    assert!(run.stdout.contains("Contacts"), "{}", run.block());
    program.write("broken.json", "{\"servers\": []}");
    insta::assert_snapshot!(program.run("plan --emulator=new.json --emulator-seed broken.json").block(), @r"
    --- stderr
    error: broken.json is no seed for the emulator
      caused by: state document is malformed: unknown field `servers`; there are
        `account_id`, `credentials`, `connectors`, `users`, `roles`,
        `apps`, `authorization_servers`
    --- exit 1
    ");
}

#[test]
fn the_fault_rules_of_the_help_are_some_and_broken_ones_are_refused() {
    let program = Program::new();
    let help = program.run("emulator --help").stdout;
    let from = help.find("  {\"rules\"").unwrap();
    let to = from + help[from..].find("\nA match").unwrap();
    let rules: serde_json::Value = serde_json::from_str(&help[from..to]).unwrap();
    let emulator = crate::support::Emulator::start(program.folder(), None);
    emulator.set_faults(rules["rules"].clone());
    program.write("faults.json", "{\"rules\": [{\"fault\": {\"state\": 1}}]}");
    let run = program.run("emulator --port 0 --faults faults.json");
    assert_eq!(run.code, 1, "{}", run.block());
    assert!(run.stderr.contains("unknown field `state`"), "{}", run.block());
}

#[test]
fn a_seed_that_is_left_unread_is_said_to_be() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    program.write("seed.json", "{}");
    let note = "note: seed.json is not read: state.json holds an account already";
    for (line, is_told) in [("plan", false), ("plan", true), ("export", true)] {
        let run = program.run(&format!("{line} --emulator=state.json --emulator-seed seed.json"));
        assert_eq!((run.code, run.stderr.lines().any(|line| line == note)), (0, is_told), "{line}: {}", run.block());
    }
}

#[test]
fn hints_repeat_what_was_given() {
    let program = Program::new();
    program.write("my file.yaml", SMALL);
    let given = ["-f", "my file.yaml", "--emulator=s.json", "--emulator-seed", "seed.json"];
    program.write("seed.json", "{}");
    let hint = |args: &[&str], code: i32| {
        let run = program.run_args(&[args, &given].concat());
        assert_eq!(run.code, code, "{}", run.block());
        run.stderr.split_once("hint: ").unwrap_or_else(|| panic!("{}", run.block())).1.to_owned()
    };
    let same = "-f 'my file.yaml' --emulator=s.json";
    assert_eq!(
        hint(&["apply", "--replace", "oidc_app/x", "--allow-destroy"], 64),
        format!(
            "Give `--auto-approve`, or save a plan, look at it and apply it:\n    gatewright plan {same} --emulator-seed \
             seed.json --replace oidc_app/x --allow-destroy --out plan.json\n    gatewright apply {same} --allow-destroy \
             plan.json\n"
        )
    );
    assert_eq!(program.run_args(&[&["apply", "--auto-approve"][..], &given].concat()).code, 0);
    assert!(hint(&["undo", "1999"], 1).contains(&format!("`gatewright undo {same}` lists them")));
    let undo = hint(&["undo", "20", "--max-deletes", "3", "--allow-destroy"], 2);
    let again = undo.lines().last().unwrap().trim();
    let again = again
        .strip_prefix("gatewright undo -f 'my file.yaml' --emulator=s.json $RUN")
        .unwrap_or_else(|| panic!("{undo}"));
    assert!(again.ends_with(" --auto-approve --allow-destroy --max-deletes 3"), "{undo}");
}

#[test]
fn keys_are_explained_offline() {
    let program = Program::new();
    insta::assert_snapshot!(program.run("explain oidc_apps.web.token_endpoint_auth_method").block(), @r"
    oidc_apps.<app>.token_endpoint_auth_method
      How it proves itself at the token endpoint. Needed to create it.
      Takes one of the words below.
        basic: In the `Authorization` header.
        post: In the body.
        none: Not at all: a public client with PKCE.
      Example:
        token_endpoint_auth_method: basic
    --- exit 0
    ");
    let run = program.run("explain audience");
    assert_eq!(run.code, 64, "{}", run.block());
    assert!(run.stderr.contains("Did you mean `audiences`?"), "{}", run.block());
    insta::assert_snapshot!(program.run("explain contacts").block(), @r"
    --- stderr
    error: no key of the file is called `contacts`

    hint: Ask for a key of the format, such as `redirect_uris`, or the way to it,
        such as `oidc_apps.contacts-web.redirect_uris`. `gatewright explain` lists
        all keys, `gatewright explain --codes` all codes of problems.
    --- exit 64
    ");
    assert_eq!(program.run("explain oidc_app/web").stdout, program.run("explain oidc_apps.web").stdout);
    assert!(program.run("explain").stdout.lines().count() > 80);
    let probe = program.run("explain probe").stdout;
    assert_eq!(probe.matches("client_secret_env").count(), 1, "{probe}");
    assert_eq!(program.run("explain").stdout.matches("probe.url").count(), 1);
    for way in ["probe.url", "probe[0].url", "url:"] {
        assert!(program.run(&format!("explain {way}")).stdout.starts_with("gateway_policies.<policy>.probe.url\n"));
    }
    let run = program.run("explain redirect");
    assert!(run.stderr.contains("Did you mean `redirect_uris` or `post_logout_redirect_uris`?"), "{}", run.block());
    let run = program.run("explain access_token_lifetime:");
    assert!(run.stderr.contains("Did you mean `access_token_expiration_minutes`?"), "{}", run.block());
}

#[test]
fn words_of_a_plan_are_explained() {
    let program = Program::new();
    for word in ["breaks", "widens", "narrows", "cosmetic"] {
        let run = program.run(&format!("explain {word}"));
        assert_eq!(run.code, 0, "{}", run.block());
        assert!(run.stdout.starts_with(&format!("{word} (a change in a plan)\n")), "{}", run.block());
    }
    insta::assert_snapshot!(program.run("explain narrows").block(), @r"
    narrows (a change in a plan)
      Somebody may do less than today.
      Such as one scope less of a client, a shorter lifetime of tokens.
      A plan says one of these words of each change, here with the worst first:
      breaks, widens, narrows, cosmetic.
    --- exit 0
    ");
    let run = program.run("explain widen");
    assert!(run.stderr.contains("Did you mean `widens`?"), "{}", run.block());
}

#[test]
fn times_beyond_what_a_clock_counts_are_wrong_usage() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    for option in ["--settle", "--max-wait", "--timeout"] {
        let run = program.run(&format!("plan --emulator {option} {}", u64::MAX));
        assert_eq!(run.code, 64, "{option}: {}", run.block());
    }
    assert_eq!(program.run("apply --emulator --auto-approve --settle 31536000 --max-wait 31536000").code, 0);
}
