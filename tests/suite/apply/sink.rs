//! Where the secrets of new apps go, and what happens where they cannot go there.

use super::{APP, SERVER, program_on_emulator, stored_secrets};
use crate::support::{Emulator, Program, Run, Running, files};
use serde_json::{Value, json};
use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;

fn program_with(script: &str) -> Program {
    let program = Program::new();
    program.write("gatewright.yaml", APP);
    write_sink(&program, script);
    program
}

/// Writes a command that takes secrets.
fn write_sink(program: &Program, script: &str) {
    let path = program.write("sink.sh", &format!("#!/bin/sh\n{script}\n"));
    set_permissions(path, Permissions::from_mode(0o700)).unwrap();
}

/// An account that answers the creation of the app with a secret of the test's own.
pub(super) fn program_told(client_secret: &str) -> (Program, Emulator) {
    let (program, emulator) = program_on_emulator();
    program.write("gatewright.yaml", &format!("{APP}{SERVER}"));
    program.guard("client secret", client_secret);
    let sso = json!({ "client_id": "told", "client_secret": client_secret });
    let body = json!({ "id": app_id(), "name": "Web", "sso": sso });
    emulator.set_faults(json!([{ "match": { "method": "POST", "path": "/api/2/apps" }, "fault": { "body": body } }]));
    (program, emulator)
}

/// Returns the id that the app is given: ids of fresh accounts come in one order.
fn app_id() -> u64 {
    static ID: OnceLock<u64> = OnceLock::new();
    *ID.get_or_init(|| {
        let (program, _emulator) = program_on_emulator();
        program.write("gatewright.yaml", &format!("{APP}{SERVER}"));
        assert_eq!(program.run(APPLY).code, 0);
        serde_json::from_str::<Value>(&stored_secrets(&program)[0]).unwrap()["id"].as_u64().unwrap()
    })
}

/// One request at a time, so that the app is followed by what hangs on it.
const APPLY: &str = "apply --auto-approve --max-in-flight 1";

/// Checks that a run stopped when it could not put the secret where it belongs: nothing was written after the app.
pub(super) fn check_stopped(emulator: &Emulator, run: &Run, words: &str) {
    assert_eq!(run.code, 3, "{}", run.block());
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("stopped: ") && said.contains(words), "{words}: {}", run.block());
    assert_eq!(emulator.writes().last().map(String::as_str), Some("POST /api/2/apps 201"), "{:?}", emulator.writes());
}

/// Checks that the same again does the rest, and whether a secret is said to be lost.
pub(super) fn check_done_again(program: &Program, emulator: &Emulator, is_lost: bool) {
    emulator.set_faults(json!([]));
    for attempt in ["does the rest", "has nothing to do"] {
        let again = program.run(APPLY);
        assert_eq!(again.code, 0, "{attempt}: {}", again.block());
        let lost = format!("nobody has the client secret of oidc_app/web ({})", app_id());
        assert_eq!(again.stderr.contains(&lost), is_lost, "{attempt}: {}", again.block());
        assert_eq!(again.stderr.contains("hint: "), is_lost, "{attempt}: {}", again.block());
    }
    assert_eq!(program.run("plan --detailed-exitcode").code, 0);
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
    program.write("gatewright.yaml", &format!("{APP}{SERVER}"));
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

#[test]
fn that_does_not_take_the_secret_stops_the_run() {
    let check = |script: &str, words: &str| {
        let (program, emulator) = program_told("0123456789abcdef-fedcba9876543210");
        write_sink(&program, script);
        let run = program.run(&format!("{APPLY} --timeout 1 --secrets-command ./sink.sh"));
        check_stopped(&emulator, &run, words);
        assert!(run.stdout.contains("stopped: the secret of oidc_app/web was kept at .gatewright/secrets/"));
        let shown: String = run.block().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        assert!(!shown.contains("456789") && !shown.contains("dcba98"), "{}", run.block());
        let files = stored_secrets(&program);
        assert_eq!(files.len(), 1, "{}", files.len());
        assert_eq!(secret(&files[0]), "0123456789abcdef-fedcba9876543210");
        check_done_again(&program, &emulator, false);
    };
    check("exit 7", "failed with exit status: 7 and said: nothing");
    check("exec sleep 600", "did not end within 1 s");
    // What a command starts may outlive it, and still hold its ends of the pipes.
    check("sleep 8 & wait", "did not end within 1 s");
    check("exec 0<&-; exit 9", "failed with exit status: 9");
    check("fold -w 11 >&2; exit 1", "failed with exit status: 1");
    check("sed 's/./& /g'; exit 1", "failed with exit status: 1");
    check("kill -9 $$", "failed with signal: 9");
}

#[test]
fn that_cannot_be_run_leaves_the_secret_in_a_file() {
    let (program, emulator) = program_told("a-secret-for-nobody");
    let run = program.run(&format!("{APPLY} --secrets-command ./no-such-program"));
    check_stopped(&emulator, &run, "`./no-such-program` cannot be run: No such file or directory");
    assert_eq!(secret(&stored_secrets(&program)[0]), "a-secret-for-nobody");
    check_done_again(&program, &emulator, false);
}

#[test]
fn that_reads_nothing_does_not_hold_the_run() {
    // Longer than a pipe takes.
    let long = "long-secret/".repeat(20_000);
    let (program, emulator) = program_told(&long);
    write_sink(&program, "exec sleep 600");
    let run = program.run(&format!("{APPLY} --timeout 1 --secrets-command ./sink.sh"));
    check_stopped(&emulator, &run, "did not end within 1 s");
    assert_eq!(secret(&stored_secrets(&program)[0]), long);
    check_done_again(&program, &emulator, false);
}

/// Returns where the secrets of an account go.
fn folder_of(emulator: &Emulator) -> String {
    let host = emulator.url().trim_end_matches('/').rsplit_once('/').unwrap().1.replace(':', "_");
    format!(".gatewright/secrets/{host}")
}

#[test]
fn a_place_that_is_no_folder_is_seen_before_an_app_is_made() {
    let (program, emulator) = program_told("a-secret-that-nobody-asks-for");
    program.write(".gatewright/secrets", "");
    let run = program.run(APPLY);
    assert_eq!(run.code, 1, "{}", run.block());
    assert!(run.stderr.contains("cannot use the folder of secrets"), "{}", run.block());
    assert_eq!(emulator.writes(), [""; 0]);
}

#[test]
fn a_folder_that_cannot_be_made_is_seen_before_the_app_is_made() {
    let (program, emulator) = program_told("a-secret-without-a-home");
    let folder = folder_of(&emulator);
    program.write(&folder, "");
    let run = program.run(APPLY);
    assert_eq!(run.code, 3, "{}", run.block());
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("there is no room for the secret of oidc_app/web, so it is not made because"), "{said}");
    assert!(said.contains(".gatewright/secrets/127.0.0.1_") && said.contains("is not a folder"), "{said}");
    assert!(emulator.writes().iter().all(|line| !line.starts_with("POST /api/2/apps")), "{:?}", emulator.writes());
    std::fs::remove_file(program.folder().join(&folder)).unwrap();
    check_done_again(&program, &emulator, false);
}

#[test]
fn a_secret_in_a_torn_file_is_lost() {
    let (program, emulator) = program_told("a-secret-of-which-half-was-written");
    let folder = folder_of(&emulator);
    emulator
        .set_faults(json!([{ "match": { "method": "POST", "path": "/api/2/apps" }, "fault": { "drop": "after" } }]));
    assert!(program.run(APPLY).stdout.contains("lost"));
    // What a power cut leaves, where the file system had the name before the bytes.
    program.write(&format!("{folder}/web.{}.json", app_id()), "{\"client_secret\": \"a-secret-of");
    check_done_again(&program, &emulator, true);
}

#[test]
fn files_are_private_whatever_the_mask() {
    for mask in ["000", "022", "277"] {
        let (program, _emulator) = program_told("a-private-secret");
        let words: Vec<&str> = APPLY.split(' ').collect();
        let run = program.output(program.command_after(&format!("umask {mask}"), &words));
        assert_eq!(run.code, 0, "{}", run.block());
        let mode = |path: &std::path::Path| metadata(path).unwrap().permissions().mode() & 0o777;
        let workspace = program.folder().join(".gatewright");
        for path in files(&workspace) {
            let is_readable_by_others = mode(&path) & 0o077 != 0;
            assert!(!is_readable_by_others || path.ends_with(".gitignore"), "{mask}: {}", path.display());
            if path.iter().any(|part| part == "secrets") {
                assert_eq!(mode(&path), 0o600, "{mask}: {}", path.display());
            }
            for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(&workspace)) {
                assert_eq!(mode(folder), 0o700, "{mask}: {}", folder.display());
            }
        }
    }
}

/// A command that hangs is given up when the run is broken off, and the secret is safe in a file before it ends.
#[test]
fn that_hangs_does_not_hold_a_run_that_is_broken_off() {
    for signals in [1, 2] {
        let (program, emulator) = program_told("a-secret-of-a-run-that-is-broken-off");
        write_sink(&program, "cat > /dev/null; touch taken; exec sleep 600");
        let mut run = Running::start(&program, &format!("{APPLY} --timeout 600 --secrets-command ./sink.sh"));
        while !program.folder().join("taken").exists() {
            std::thread::yield_now();
        }
        run.signal("INT");
        run.hear("breaking off; once more ends the program at once");
        if signals == 2 {
            run.signal("INT");
        }
        let run = run.end();
        assert_eq!(run.code, Some(3), "{}", run.block());
        assert_eq!(secret(&stored_secrets(&program)[0]), "a-secret-of-a-run-that-is-broken-off");
        check_done_again(&program, &emulator, false);
    }
}

#[test]
fn a_run_that_is_killed_leaves_no_secret_elsewhere() {
    let (program, emulator) = program_told("a-secret-of-a-killed-run");
    write_sink(&program, "cat > /dev/null; touch taken; exec sleep 5");
    let run = Running::start(&program, &format!("{APPLY} -vvv --secrets-command ./sink.sh"));
    while !program.folder().join("taken").exists() {
        std::thread::yield_now();
    }
    run.signal("KILL");
    assert_eq!(run.end().code, None);
    check_done_again(&program, &emulator, true);
}
