//! What surrounds an execution: where secrets go, who waits for whom, and how a run is broken off.

use crate::support::{Emulator, Program, root};
use gatewright::workspace::Workspace;
use std::path::PathBuf;

const APP: &str = "\
version: 1
tenant: { subdomain: acme }
roles:
  testers: { name: Testers }
oidc_apps:
  web:
    name: Web
    application_type: web
    token_endpoint_auth_method: basic
    redirect_uris: [\"https://web.example.com/callback\"]
    roles: [testers]
";

/// Lists the stored secrets of the emulated account.
fn stored_secrets(program: &Program) -> Vec<String> {
    secret_files(program).into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn secret_files(program: &Program) -> Vec<PathBuf> {
    let mut folders = vec![program.folder().to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.components().any(|part| part.as_os_str() == "secrets") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_secret_that_dies_with_the_runner_is_noted() {
    let check = |variables: &[(&str, &str)], method: &str, expected: bool| {
        let mut program = Program::new();
        program.write("gatewright.yaml", &APP.replace("basic", method));
        for (name, value) in variables {
            program.set(name, value);
        }
        let run = program.run("plan --emulator");
        let words = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let note =
            "gatewright.yaml:6:3: oidc_app/web gets a secret, which is kept in a file that dies with this CI runner";
        assert_eq!(words.contains(note), expected, "{variables:?} {method}: {}", run.block());
        assert_eq!(program.run("apply --emulator --auto-approve").stdout.contains("CI runner"), expected);
        assert!(!program.run("plan --emulator").stdout.contains("CI runner"), "what is made gets no secret");
    };
    check(&[], "basic", false);
    check(&[("CI", "true")], "basic", true);
    check(&[("CI", "true")], "none", false);
    check(&[("CI", "")], "basic", false);
    check(&[("CI", "true"), ("GATEWRIGHT_SECRETS_COMMAND", "")], "post", true);
    check(&[("CI", "true"), ("GATEWRIGHT_SECRETS_COMMAND", "tee")], "post", false);
}

#[test]
fn the_way_out_of_a_lost_secret_can_be_pasted_and_verify_works_again() {
    let program = Program::new();
    let example = root().join("examples/01-mulesoft-contacts/gatewright.yaml");
    program.write("contacts.yaml", &std::fs::read_to_string(example).unwrap());
    let run = |line: &str| program.run(&format!("{line} -f contacts.yaml --emulator"));
    assert_eq!(run("apply --auto-approve").code, 0);
    assert_eq!(run("verify").code, 0);
    for path in secret_files(&program) {
        std::fs::remove_file(path).unwrap();
    }
    let lost = run("verify");
    assert_eq!(lost.code, 5);
    let commands: Vec<&str> = lost.stderr.lines().filter_map(|line| line.trim().strip_prefix("gatewright ")).collect();
    assert_eq!(
        commands,
        ["apply -f contacts.yaml --emulator --replace oidc_app/contacts-batch --allow-destroy"],
        "{}",
        lost.block()
    );
    assert_eq!(program.run(&format!("{} --auto-approve", commands[0])).code, 0);
    assert_eq!(stored_secrets(&program).len(), 1);
    let proven = run("verify");
    assert_eq!(proven.code, 0, "{}", proven.block());
    assert_eq!(run("plan --detailed-exitcode").code, 0);
}

#[cfg(unix)]
mod secrets_command {
    use super::{APP, stored_secrets};
    use crate::support::Program;
    use serde_json::Value;
    use std::os::unix::fs::PermissionsExt;

    fn program_with(script: &str) -> Program {
        let program = Program::new();
        program.write("gatewright.yaml", APP);
        let path = program.write("sink.sh", &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
        program
    }

    fn secret(json: &str) -> String {
        let taken: Value = serde_json::from_str(json).unwrap();
        assert_eq!(taken["app"], "web");
        taken["client_secret"].as_str().unwrap().to_owned()
    }

    #[test]
    fn takes_secrets_without_a_shell() {
        let mut program = program_with("echo \"$@\" > words; cat > taken.json; cat taken.json");
        program.allow_secrets_in("taken.json");
        let line = ["apply", "--emulator", "--auto-approve", "--secrets-command", "./sink.sh 'a  b' $HOME;id"];
        let run = program.run_args(&line);
        assert_eq!(run.code, 0, "{}", run.block());
        assert_eq!(program.read("words"), "a  b $HOME;id\n");
        let secret = secret(&program.read("taken.json"));
        assert!(!run.block().contains(&secret));
        assert!(run.stdout.contains("secret in `./sink.sh`"), "{}", run.block());
        assert_eq!(stored_secrets(&program), [""; 0]);
        assert_eq!(program.run("plan --emulator --detailed-exitcode").code, 0);
    }

    #[test]
    fn that_fails_leaves_the_secret_in_a_file_and_stops_the_run() {
        let mut program = program_with("cat >&2; exit 7");
        // The binding waits for the app, so the run stops before it.
        let server = "authorization_servers:\n  a: { name: A, resource_identifier: https://a.example.com, \
                      audiences: [\"https://a.example.com\"], clients: { web: [] } }\n";
        program.write("gatewright.yaml", &format!("{APP}{server}"));
        program.set("GATEWRIGHT_SECRETS_COMMAND", "./sink.sh");
        let run = program.run("apply --emulator --auto-approve --max-in-flight 1");
        assert_eq!(run.code, 3, "{}", run.block());
        let files = stored_secrets(&program);
        let [stored] = files.as_slice() else { panic!("one file: {}", files.len()) };
        assert!(!run.block().contains(&secret(stored)));
        assert!(run.stdout.contains("stopped: the secret of oidc_app/web was kept at"), "{}", run.block());
        assert!(run.stdout.contains("***"), "{}", run.block());
        assert!(run.stdout.contains("+ authorization_server/a/client/web: not tried"), "{}", run.block());
    }

    #[test]
    fn that_cannot_be_read_is_wrong_usage() {
        let program = program_with("");
        for line in ["", "'./sink.sh"] {
            let run = program.run_args(&["apply", "--emulator", "--auto-approve", "--secrets-command", line]);
            assert_eq!(run.code, 64, "{}", run.block());
            assert!(!program.folder().join(".gatewright").exists(), "nothing is touched");
        }
        let run = program.run_args(&["apply", "--emulator", "--auto-approve", "--secrets-command=./no-such-program"]);
        assert_eq!(run.code, 3, "{}", run.block());
    }
}

/// A program whose account is a living emulator, so that its folder of secrets and records is known before it runs.
fn program_on_emulator() -> (Program, Emulator) {
    let emulator = Emulator::start(root(), None);
    let program = Program::on(&emulator);
    program.write("gatewright.yaml", APP);
    (program, emulator)
}

/// Takes the lock that an apply takes.
fn held_lock(program: &Program) -> std::fs::File {
    let folder = program.folder().join(".gatewright");
    Workspace::open(&folder).unwrap();
    let file = std::fs::File::options().create(true).append(true).open(folder.join("lock")).unwrap();
    file.lock().unwrap();
    file
}

#[test]
fn a_lock_that_is_held_for_too_long_is_a_refusal() {
    let (program, emulator) = program_on_emulator();
    let lock = held_lock(&program);
    let run = program.run("apply --auto-approve --max-wait 0");
    assert_eq!(run.code, 4, "{}", run.block());
    assert!(run.stderr.contains("waiting for another apply, which has the lock of this folder"), "{}", run.stderr);
    assert!(run.stderr.contains("--max-wait"), "{}", run.stderr);
    assert_eq!(emulator.journal(), Vec::<serde_json::Value>::new(), "nothing is asked before the lock is there");
    drop(lock);
    assert_eq!(program.run("apply --auto-approve --max-wait 0").code, 0);
}

#[cfg(unix)]
mod breaking_off {
    use super::{held_lock, program_on_emulator};
    use crate::support::Running;
    use serde_json::json;

    #[test]
    fn before_anything_is_written_exits_1() {
        let (program, emulator) = program_on_emulator();
        let _lock = held_lock(&program);
        let mut run = Running::start(&program, "apply --auto-approve");
        run.hear("waiting for another apply");
        run.signal("INT");
        let run = run.end();
        assert_eq!(run.code, Some(1), "{}", run.block());
        assert!(run.stderr.contains("error: broken off; nothing was written"), "{}", run.block());
        assert_eq!(emulator.writes(), [""; 0]);
    }

    #[test]
    fn twice_ends_a_run_that_waits_for_quota() {
        let (program, emulator) = program_on_emulator();
        let spent = json!({ "status": 429, "headers": { "retry-after": "3000" } });
        emulator.set_faults(json!([{ "match": { "method": "POST", "path": "/api/2/apps" }, "fault": spent }]));
        let mut run = Running::start(&program, "apply --auto-approve --max-in-flight 1");
        run.hear("quota is spent");
        run.signal("INT");
        run.hear("breaking off");
        run.signal("INT");
        let run = run.end();
        assert_eq!(run.code, Some(3), "{}", run.block());
        assert!(run.stderr.contains("Run it again"), "{}", run.block());
        emulator.set_faults(json!([]));
        let run = program.run("apply --auto-approve --settle 0");
        assert_eq!(run.code, 0, "{}", run.block());
        assert_eq!(program.run("plan --detailed-exitcode").code, 0);
    }
}
