//! The emulator that a command brings along.

use crate::support::Program;
use gatewright::emulator::{Emulator, Options, StateLocation};
use serde_json::{Value, json};

const SMALL: &str = "version: 1\ntenant: { subdomain: acme }\nroles:\n  testers: { name: Testers }\n";

/// A held state is waited for as long as `--max-wait` says, and its holder is named.
#[test]
fn a_state_in_use_is_waited_for_and_then_refused() {
    let program = Program::new();
    program.write("gatewright.yaml", SMALL);
    let state = StateLocation::File(program.folder().join("state.json"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let holder = runtime.block_on(Emulator::start(Options { state, ..Options::in_memory() })).unwrap();
    let run = program.run("plan --emulator=state.json --max-wait 1");
    assert_eq!(run.code, 4, "{}", run.block());
    let held = format!("waiting for process {}, which uses state.json, for at most 1 second", std::process::id());
    assert!(run.stderr.contains(&held), "{}", run.stderr);
    assert!(run.stderr.contains("state.json is still in use after 1 s"), "{}", run.stderr);
    runtime.block_on(holder.shutdown());
    assert_eq!(program.run("plan --emulator=state.json --max-wait 1").code, 0, "a state that is free is used");
}

/// An account of fifty servers is written down as a file that plans empty.
#[test]
fn an_export_of_fifty_servers_plans_empty() {
    let program = Program::new();
    program.write("seed.json", &seed(50).to_string());
    let exported =
        program.run("export --emulator=state.json --emulator-seed seed.json --subdomain acme --out gatewright.yaml");
    assert_eq!(exported.code, 0, "{}", exported.block());
    let plan = program.run("plan --emulator=state.json --detailed-exitcode");
    assert_eq!((plan.code, plan.stdout.starts_with("No changes.")), (0, true), "{}", plan.block());
    assert_eq!(program.read("gatewright.yaml").matches("resource_identifier:").count(), 50);
}

/// Servers with scopes, claims and a client each; names that need quotes among them.
fn seed(servers: usize) -> Value {
    let app = |index| json!({ "id": 5000 + index, "name": format!("App {index}: \"x\""), "connector_id": 108_419 });
    let server = |index| {
        json!({
            "id": 1000 + index,
            "name": format!("API {index} & Co"),
            "description": if index % 2 == 0 { Value::Null } else { json!("two\nlines: # yes") },
            "configuration": {
                "resource_identifier": format!("https://api-{index}.example.com"),
                "audiences": [format!("https://api-{index}.example.com"), format!("urn:api:{index}")],
                "access_token_expiration_minutes": 10,
            },
            "scopes": [{ "value": "read", "description": "Read" }, { "value": "null", "description": "" }],
            "claims": [{ "name": "mail", "user_attribute_mappings": "email" }],
            "clients": [{ "app_id": 5000 + index, "scopes": ["read"] }],
        })
    };
    json!({
        "apps": (0..servers).map(app).collect::<Vec<_>>(),
        "authorization_servers": (0..servers).map(server).collect::<Vec<_>>(),
    })
}
