//! What surrounds an execution: where secrets go, who waits for whom, and how a run is broken off.

mod at_once;
#[cfg(unix)]
mod breaking_off;
#[cfg(unix)]
mod full_disk;
#[cfg(unix)]
mod sink;

use crate::support::{Emulator, Program, files, root};
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

/// What hangs on the app, and so comes after it.
const SERVER: &str = "\
authorization_servers:
  a:
    name: A
    resource_identifier: https://a.example.com
    audiences: [\"https://a.example.com\"]
    clients: { web: [] }
";

/// Lists what lies in the sinks of secrets.
fn stored_secrets(program: &Program) -> Vec<String> {
    secret_files(program).into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn secret_files(program: &Program) -> Vec<PathBuf> {
    let is_sink = |path: &PathBuf| path.iter().any(|part| part == "secrets");
    files(program.folder()).into_iter().filter(is_sink).collect()
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
