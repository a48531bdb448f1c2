//! Runs that are broken off.

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
