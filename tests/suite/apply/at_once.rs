//! Two applies at the same moment: on two machines they meet in the account, in one folder they take turns.

use super::{APP, SERVER, program_on_emulator};
use crate::support::{Emulator, Program, Running, root};
use serde_json::{Value, json};

/// The objects of the file that may have twins.
const NAMED: &[(&str, &str)] = &[("roles", "Testers"), ("apps", "Web"), ("authorization_servers", "A")];

fn file() -> String {
    format!("{APP}{SERVER}    scopes: {{ \"a:read\": Read }}\n    claims: {{ mail: {{ user_attribute: email }} }}\n")
}

/// Returns the ids of all objects of the file, by kind.
fn ids(emulator: &Emulator) -> Vec<Vec<u64>> {
    NAMED.iter().map(|(kind, name)| emulator.ids_named(kind, name)).collect()
}

/// Checks a plan: empty, or an error that names the twins with both ids.
fn check_plan(program: &Program, emulator: &Emulator) {
    let plan = program.run("plan --detailed-exitcode");
    let ids = ids(emulator);
    if ids.iter().all(|ids| ids.len() == 1) {
        assert_eq!(plan.code, 0, "{}", plan.block());
        return;
    }
    assert_eq!(plan.code, 1, "{}", plan.block());
    for twins in ids.iter().filter(|ids| ids.len() > 1) {
        for id in twins {
            assert!(plan.block().contains(&id.to_string()), "{id} of {twins:?} is not named:\n{}", plan.block());
        }
    }
}

#[test]
fn on_two_machines_make_nothing_worse() {
    let hold = |method: &str, ms: u64| json!({ "match": { "method": method, "path": "/api/**" }, "fault": { "delay_ms": ms } });
    let rounds: &[(Value, Value)] = &[
        // Both read before either has written.
        (json!([hold("GET", 100)]), json!({})),
        (json!([hold("GET", 100)]), json!({ "duplicate_identifier": "allow" })),
        // Each has written before the other knows.
        (json!([hold("POST", 100)]), json!({ "duplicate_server_name": "422", "double_bind": "upsert" })),
        (
            json!([hold("GET", 50), hold("POST", 100)]),
            json!({ "stale_reads_ms": 100, "duplicate_identifier": "allow" }),
        ),
    ];
    let mut met = 0;
    for (faults, switches) in rounds {
        let emulator = Emulator::start(root(), None);
        emulator.set_switches(switches);
        emulator.set_faults(faults.clone());
        let machines = [Program::on(&emulator), Program::on(&emulator)];
        let apply = "apply --auto-approve --settle 2";
        let runs = machines.each_ref().map(|program| {
            program.write("gatewright.yaml", &file());
            Running::start(program, apply)
        });
        let ended = runs.map(Running::end);
        for run in &ended {
            assert!(matches!(run.code, Some(0 | 3 | 4)), "{switches} {}", run.block());
        }
        met += usize::from(ended.iter().any(|run| run.code != Some(0)));
        emulator.set_faults(json!([]));
        let before = ids(&emulator);
        let has_twins = before.iter().any(|ids| ids.len() > 1);
        for program in &machines {
            // What neither has done, since each left it to the other, is done now.
            let again = program.run(apply);
            assert_eq!(again.code, i32::from(has_twins), "{switches} {}", again.block());
        }
        assert_eq!(ids(&emulator), before, "running it again makes nothing twice");
        machines.iter().for_each(|program| check_plan(program, &emulator));
    }
    assert!(met > 0, "they never met");
}

#[test]
fn in_one_folder_take_turns() {
    let (program, emulator) = program_on_emulator();
    program.write("gatewright.yaml", &file());
    emulator.set_faults(json!([{ "match": { "method": "POST", "path": "/api/**" }, "fault": { "delay_ms": 150 } }]));
    let first = Running::start(&program, "apply --auto-approve");
    emulator.wait_for("POST", "/api/", 1);
    let refused = program.run("apply --auto-approve --max-wait 0");
    assert_eq!(refused.code, 4, "{}", refused.block());
    let mut second = Running::start(&program, "apply --auto-approve");
    second.hear("waiting for process ");
    let (first, second) = (first.end(), second.end());
    assert_eq!(first.code, Some(0), "{}", first.block());
    assert_eq!(second.code, Some(0), "{}", second.block());
    assert!(second.stdout.contains("No changes."), "{}", second.block());
    assert!(ids(&emulator).iter().all(|ids| ids.len() == 1), "{:?}", ids(&emulator));
    assert_eq!(program.run("plan --detailed-exitcode").code, 0);
}
