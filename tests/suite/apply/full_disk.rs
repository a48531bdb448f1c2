//! A disk that is full: a limit on the size of files stands in for it.

use super::sink::{check_done_again, check_stopped, program_told};
use super::{APP, SERVER, program_on_emulator, stored_secrets};
use crate::support::{Emulator, Program, Run, files};
use serde_json::Value;

/// Blocks of 512 bytes for a file that holds records, and not the secret.
const ROOM_FOR_RECORDS: u32 = 100;

/// Applies where no file may be larger than so many blocks.
fn apply(program: &Program, blocks: u32, words: &[&str]) -> Run {
    let args: Vec<&str> = ["apply", "--auto-approve", "--max-in-flight", "1"].iter().chain(words).copied().collect();
    program.output(program.command_after(&format!("trap '' XFSZ; ulimit -f {blocks}"), &args))
}

fn long_secret() -> String {
    "too-long-for-the-disk/".repeat(10_000)
}

#[test]
fn a_secret_that_does_not_fit_stops_the_run() {
    let (program, emulator) = program_told(&long_secret());
    check_lost(&program, &emulator, &apply(&program, ROOM_FOR_RECORDS, &[]));
}

#[test]
fn a_secret_that_no_command_and_no_disk_takes_stops_the_run() {
    let (program, emulator) = program_told(&long_secret());
    check_lost(&program, &emulator, &apply(&program, ROOM_FOR_RECORDS, &["--secrets-command", "false"]));
}

fn check_lost(program: &Program, emulator: &Emulator, run: &Run) {
    check_stopped(emulator, run, "is lost, since nothing took it because cannot write .gatewright/secrets/");
    assert!(run.stdout.contains("File too large"), "{}", run.block());
    assert!(run.stderr.contains("hint: Make the app anew with a new client id and secret"), "{}", run.block());
    assert_eq!(stored_secrets(program), [""; 0], "no part of it is left behind");
    check_done_again(program, emulator, true);
}

#[test]
fn a_disk_without_room_for_a_secret_is_seen_before_the_app_is_made() {
    let (program, emulator) = program_told("a-secret-without-room");
    program.write("gatewright.yaml", APP);
    // The record fits, and the room for a secret does not.
    let run = apply(&program, 7, &[]);
    assert_eq!(run.code, 3, "{}", run.block());
    assert!(run.stdout.contains("there is no room for the secret of oidc_app/web"), "{}", run.block());
    assert_eq!(emulator.writes(), ["POST /api/2/roles 201"]);
    assert_eq!(stored_secrets(&program), [""; 0], "no room is left behind");
    check_done_again(&program, &emulator, false);
}

#[test]
fn a_record_that_cannot_be_begun_fails_before_anything_is_written() {
    let (program, emulator) = program_on_emulator();
    let run = apply(&program, 0, &[]);
    assert_eq!(run.code, 1, "{}", run.block());
    assert!(run.stderr.contains("cannot write .gatewright/"), "{}", run.block());
    assert_eq!(emulator.writes(), [""; 0]);
    let run = apply(&program, ROOM_FOR_RECORDS, &[]);
    assert_eq!(run.code, 0, "{}", run.block());
    assert_eq!(program.read(".gatewright/.gitignore"), "*\n", "a full disk is no reason to publish secrets");
}

#[test]
fn a_record_that_outgrows_the_disk_stops_the_run() {
    let mut stopped = 0;
    for blocks in 1..8 {
        let (program, emulator) = program_on_emulator();
        program.write("gatewright.yaml", &format!("{APP}{SERVER}"));
        let run = apply(&program, blocks, &[]);
        match run.code {
            0 => continue,
            1 => assert_eq!(emulator.writes(), [""; 0], "{}", run.block()),
            code => assert_eq!(code, 3, "{}", run.block()),
        }
        stopped += 1;
        for record in files(program.folder()).iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl")) {
            let text = std::fs::read_to_string(record).unwrap();
            let line = |line: &str| serde_json::from_str::<Value>(line).is_ok();
            assert!(text.lines().all(line) && text.ends_with('\n'), "only whole lines: {text}");
        }
        let again = apply(&program, ROOM_FOR_RECORDS, &[]);
        assert_eq!(again.code, 0, "{blocks}: {}", again.block());
        assert_eq!(program.run("plan --detailed-exitcode").code, 0);
    }
    assert!(stopped > 2, "{stopped}");
}

#[test]
fn a_full_stdout_after_the_writes_is_no_success() {
    let (program, emulator) = program_on_emulator();
    let plan = program.run("plan").stdout;
    // The plan still fits where the output goes to, and what became of it does not.
    let room = usize::try_from(ROOM_FOR_RECORDS).unwrap() * 512;
    program.write("said", &"x".repeat(room - plan.len() - 10));
    let limits = format!("trap '' XFSZ; ulimit -f {ROOM_FOR_RECORDS}; exec >>said");
    let run = program.output(program.command_after(&limits, &["apply", "--auto-approve"]));
    assert_eq!(run.code, 3, "{}", run.block());
    assert!(run.stderr.contains("cannot write to stdout"), "{}", run.block());
    assert!(!emulator.writes().is_empty());
    assert!(program.read("said").contains(plan.trim_end()), "it was shown what was done");
    assert_eq!(program.run("plan --detailed-exitcode").code, 0, "and all of it was");

    let (program, emulator) = program_on_emulator();
    let run = program.output(program.command_after("exec >/dev/full", &["apply", "--auto-approve"]));
    assert_eq!((run.code, emulator.writes()), (1, Vec::new()), "what cannot be shown is not done: {}", run.block());
}
