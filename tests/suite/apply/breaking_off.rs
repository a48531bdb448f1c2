//! Runs that are broken off.

use super::{APP, SERVER, held_lock, program_on_emulator};
use crate::support::{Emulator, Program, Running, files};
use serde_json::{Value, json};

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
fn once_ends_a_run_that_waits_for_quota() {
    let (program, emulator) = program_on_emulator();
    let check = |method: &str, path: &str, expected: i32, words: &str| {
        let spent = json!({ "status": 429, "headers": { "retry-after": "3000" } });
        emulator.set_faults(json!([{ "match": { "method": method, "path": path }, "fault": spent }]));
        let mut run = Running::start(&program, "apply --auto-approve --max-in-flight 1");
        run.hear("waiting 50 min, until ");
        run.signal("INT");
        let run = run.end();
        assert_eq!(run.code, Some(expected), "{}", run.block());
        assert!(run.stderr.contains("calls an hour is spent (Ctrl-C breaks the run off; see --max-wait)"));
        assert!(run.stderr.contains(words) && !run.stderr.contains("going on"), "{}", run.block());
    };
    // While it plans, before its first write, and after one.
    check("GET", "/api/2/apps", 1, "error: broken off; nothing was written");
    check("POST", "/api/2/roles", 1, "breaking off");
    check("POST", "/api/2/apps", 3, "breaking off");
    assert_eq!(emulator.writes().iter().filter(|line| line.ends_with(" 201")).count(), 1, "the role");
    emulator.set_faults(json!([]));
    // Nothing is open that would have to be looked up.
    let run = program.run("apply --auto-approve --settle 0");
    assert_eq!(run.code, 0, "{}", run.block());
    assert!(!run.stderr.contains("looking up"), "{}", run.block());
    assert_eq!(program.run("plan --detailed-exitcode").code, 0);
}

/// Longer than any test: what is held back so long is never waited for.
const NEVER_MS: u64 = 3_600_000;

/// Long enough for a signal to come before the answer, also where much else is going on.
const HELD_MS: u64 = 3_000;

fn program_with_server() -> (Program, Emulator) {
    let (program, emulator) = program_on_emulator();
    program.write("gatewright.yaml", &format!("{APP}{SERVER}"));
    (program, emulator)
}

/// Holds answers back for so long.
fn hold(emulator: &Emulator, method: &str, path: &str, delay_ms: u64) {
    let when = json!({ "method": method, "path": path });
    emulator.set_faults(json!([{ "match": when, "fault": { "delay_ms": delay_ms } }]));
}

/// Returns the last line of the only record.
fn last_line(program: &Program) -> Value {
    let records: Vec<_> =
        files(program.folder()).into_iter().filter(|path| path.to_string_lossy().ends_with("jsonl")).collect();
    let [record] = records.as_slice() else { panic!("one record: {records:?}") };
    let text = std::fs::read_to_string(record).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// Checks that the next run does the rest, and nothing twice.
fn check_done_again(program: &Program, emulator: &Emulator) {
    emulator.set_faults(json!([]));
    let again = program.run("apply --auto-approve");
    assert_eq!(again.code, 0, "{}", again.block());
    assert_eq!(program.run("plan --detailed-exitcode").code, 0);
    for (kind, name) in [("roles", "Testers"), ("apps", "Web"), ("authorization_servers", "A")] {
        assert_eq!(emulator.ids_named(kind, name).len(), 1, "{kind}");
    }
}

#[test]
fn in_the_middle_of_writing_finishes_what_is_in_flight() {
    let check = |signal: &str, in_flight: u32, writes: usize| {
        let (program, emulator) = program_with_server();
        // Only the answer to this write is held back.
        let last = json!({ "method": "POST", "path": "/api/**", "nth": writes });
        emulator.set_faults(json!([{ "match": last, "fault": { "delay_ms": HELD_MS } }]));
        let run = Running::start(&program, &format!("apply --auto-approve --max-in-flight {in_flight}"));
        emulator.wait_for("POST", "/api/", writes);
        run.signal(signal);
        let run = run.end();
        assert_eq!(run.code, Some(3), "{}", run.block());
        assert!(run.stderr.contains("stopping: requests in flight are finished first"), "{}", run.block());
        assert!(run.stdout.contains("The run was broken off; run it again to do the rest."), "{}", run.block());
        assert!(run.stdout.contains("not tried: the run was over"), "{}", run.block());
        let end = last_line(&program);
        assert_eq!((&end["type"], &end["interrupted"]), (&json!("end"), &json!(true)), "{end}");
        check_done_again(&program, &emulator);
    };
    std::thread::scope(|scope| {
        for signal in ["INT", "TERM"] {
            for (in_flight, writes) in [(1, 1), (1, 3), (8, 2)] {
                scope.spawn(move || check(signal, in_flight, writes));
            }
        }
    });
}

#[test]
fn twice_ends_a_run_whose_answer_never_comes() {
    for signal in ["INT", "TERM"] {
        let (program, emulator) = program_with_server();
        hold(&emulator, "POST", "/api/2/apps", NEVER_MS);
        let mut run = Running::start(&program, "apply --auto-approve");
        emulator.wait_for("POST", "/api/2/apps", 1);
        run.signal(signal);
        run.hear("breaking off; once more ends the program at once");
        run.signal(signal);
        let run = run.end();
        assert_eq!(run.code, Some(3), "{}", run.block());
        assert!(run.stderr.contains("what was under way may have been written or not"), "{}", run.block());
        assert_ne!(last_line(&program)["type"], "end");
        check_done_again(&program, &emulator);
    }
}

#[test]
fn while_the_account_is_read_exits_1() {
    for signal in ["INT", "TERM"] {
        let (program, emulator) = program_with_server();
        hold(&emulator, "GET", "/api/2/api_authorizations", NEVER_MS);
        let run = Running::start(&program, "apply --auto-approve");
        emulator.wait_for("GET", "/api/2/api_authorizations", 1);
        run.signal(signal);
        let run = run.end();
        assert_eq!(run.code, Some(1), "{}", run.block());
        assert!(run.stderr.contains("error: broken off; nothing was written"), "{}", run.block());
        assert_eq!(emulator.writes(), [""; 0]);
    }
}

#[test]
fn while_reading_back_exits_3() {
    let (program, emulator) = program_with_server();
    // A single app or server is read only to see what was written.
    let held = |path: &str| json!({ "match": { "method": "GET", "path": path }, "fault": { "delay_ms": HELD_MS } });
    emulator.set_faults(json!([held("/api/2/apps/*"), held("/api/2/api_authorizations/*")]));
    let run = Running::start(&program, "apply --auto-approve --max-in-flight 1");
    emulator.wait_for("POST", "/api/2/api_authorizations/", 1);
    emulator.wait_for("GET", "/api/2/apps/", 1);
    run.signal("INT");
    let run = run.end();
    assert_eq!(run.code, Some(3), "{}", run.block());
    assert!(run.stdout.contains("not read back (the run was interrupted)"), "{}", run.block());
    assert_eq!(last_line(&program)["interrupted"], json!(true));
    check_done_again(&program, &emulator);
}
