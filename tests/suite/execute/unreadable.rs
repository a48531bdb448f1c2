//! An unreadable answer never counts as absence: every GET of a rich plan meets every broken answer.

use super::account::{Account, desired};
use crate::support::{Emulator, Program};
use gatewright::diff::{Action, diff};
use gatewright::live::{CollectError, collect};
use gatewright::plan::{Context, Plan, SafetyLimits, plan};
use serde_json::{Value, json};
use std::error::Error;

/// What is live: all kinds, what is to go, and a server that the file does not list but that loses a client.
const BEFORE: &str = r#"
roles:
  testers: { name: Testers }
  doomed: { name: Doomed }
oidc_apps:
  web: { name: Web, application_type: web, token_endpoint_auth_method: basic, redirect_uris: ["https://w"], roles: [testers, doomed] }
  doomed: { name: Doomed App, application_type: web, token_endpoint_auth_method: post, redirect_uris: ["https://d"] }
authorization_servers:
  contacts:
    name: Contacts
    description: Before
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: { "a": A, "b": B, "c": C }
    claims: { mail: { user_attribute: email }, gone: { user_attribute: phone } }
    clients: { web: [a, b], doomed: [a] }
  doomed: { name: Doomed Server, resource_identifier: https://doomed.example.com, audiences: ["https://doomed.example.com"], scopes: { s: S } }
  unlisted:
    name: Unlisted
    resource_identifier: https://unlisted.example.com
    audiences: ["https://unlisted.example.com"]
    scopes: { s: S }
    clients: { doomed: [s] }
"#;

/// What is asked for: creates, updates, renames and deletes of every kind.
const AFTER: &str = r#"
roles:
  testers: { name: Testers, ensure_users: [tester@example.com] }
  fresh: { name: Fresh }
  doomed: { name: Doomed, state: absent }
oidc_apps:
  web: { name: Web, application_type: web, token_endpoint_auth_method: basic, redirect_uris: ["https://w2"], roles: [testers] }
  fresh: { name: Fresh App, application_type: native, token_endpoint_auth_method: none, redirect_uris: ["https://f"] }
  doomed: { name: Doomed App, state: absent }
authorization_servers:
  contacts:
    name: Contacts
    description: After
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: { "a": A, "z": { description: B, renamed_from: b }, "d": D }
    claims: { mail: { user_attribute: username }, more: { user_attribute: title } }
    clients: { web: [a, z], fresh: [d] }
  doomed: { resource_identifier: https://doomed.example.com, state: absent }
  fresh: { name: Fresh Server, resource_identifier: https://fresh.example.com, audiences: ["https://fresh.example.com"], scopes: { s: S } }
"#;

/// The answers that are none: what they are, and the fault that gives them.
fn broken_answers() -> Vec<(&'static str, Value)> {
    let body = |body: Value| json!({ "body": body });
    let status = |status: u16, body: Value| json!({ "status": status, "body": body });
    let missing = json!({ "message": "The resource with the given id could not be found", "statusCode": 404, "name": "NotFoundError" });
    vec![
        ("{}", body(json!({}))),
        ("null", body(json!("null"))),
        ("an empty string", body(json!("\"\""))),
        ("a string", body(json!("\"x\""))),
        ("a number", body(json!(7))),
        ("[null]", body(json!([null]))),
        ("[{}]", body(json!([{}]))),
        ("[[]]", body(json!([[]]))),
        ("[{id: x}]", body(json!([{ "id": "x" }]))),
        ("{id: 1}", body(json!({ "id": 1 }))),
        ("{data: []}", body(json!({ "data": [] }))),
        ("an error body with 200", body(missing.clone())),
        ("truncated JSON", body(json!("[{\"id\":1,\"name\":\"Con"))),
        ("cut after a row", body(json!("[{\"id\":1,\"name\":\"Contacts\"},"))),
        ("HTML with 200", json!({ "body": "<html>Sign in</html>", "headers": { "content-type": "text/html" } })),
        ("empty with 200", body(json!(""))),
        ("204", status(204, json!(""))),
        ("301", json!({ "status": 301, "body": "", "headers": { "location": "/api/2/nothing" } })),
        ("404 HTML", status(404, json!("<h1>Not Found</h1>"))),
        ("404 empty", status(404, json!(""))),
        ("404 of the API", status(404, missing)),
        ("403", status(403, json!("<h1>Forbidden</h1>"))),
        ("410", status(410, json!("{}"))),
        ("418", status(418, json!("teapot"))),
        ("another content type", json!({ "headers": { "content-type": "text/html" } })),
    ]
}

async fn planned(account: &Account) -> Result<Plan, CollectError> {
    let desired = desired(AFTER);
    let live = collect(account.writer().reader(), &desired).await?;
    let found = diff(&desired, &live);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    Ok(plan(found, Context::default(), &SafetyLimits { allow_destroy: true, max_deletes: Some(1000) }))
}

/// Returns an error with its causes in one line.
fn chain(error: &dyn Error) -> String {
    let cause = error.source().map(chain);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

#[tokio::test]
async fn a_broken_answer_fails_the_plan_or_leaves_it_as_it_is() {
    // Thousands of requests are made, and quota is another matter.
    let account = Account::with(json!({ "quota_counts": "v1" })).await;
    account.settle(BEFORE).await;
    account.faults(json!([])).await;
    let baseline = planned(&account).await.unwrap();
    for action in [Action::Create, Action::Update, Action::Delete] {
        assert!(baseline.changes().filter(|change| change.action() == action).count() >= 4, "{action:?}");
    }
    let baseline = format!("{baseline:?}");
    let journal = account.control("GET", "journal", None).await;
    let mut paths: Vec<&str> = journal
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["method"] == "GET")
        .map(|entry| entry["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    assert!(paths.len() >= 15, "{paths:?}");
    let mut unchanged = Vec::new();
    for path in &paths {
        for (name, fault) in broken_answers() {
            account.faults(json!([{ "match": { "method": "GET", "path": path }, "fault": fault }])).await;
            match planned(&account).await {
                Ok(plan) => {
                    let differs = format!("{plan:?}") != baseline;
                    assert!(
                        !differs,
                        "{name} from {path}: {:#?}",
                        plan.changes().map(|it| &it.address).collect::<Vec<_>>()
                    );
                    unchanged.push((name, *path));
                }
                Err(error @ CollectError::Moved { .. }) => {
                    assert_eq!(name, "404 of the API", "{path}: {error}");
                }
                Err(error) => {
                    let text = chain(&error);
                    assert!(text.contains(&format!("GET {path} was ")), "{name} from {path}: {text}");
                }
            }
        }
    }
    // Whatever says nothing wrong changes nothing; everything else fails.
    unchanged.retain(|(name, _)| *name != "another content type");
    assert_eq!(unchanged, [("", ""); 0]);
}

#[test]
fn the_program_says_which_answer_it_could_not_read() {
    let mut program = Program::new();
    let emulator = Emulator::start(program.folder(), None);
    program.set("ONELOGIN_API_URL", emulator.url());
    program.set("ONELOGIN_CLIENT_ID", "emulator");
    program.set("ONELOGIN_CLIENT_SECRET", "emulator-secret");
    program.write("gatewright.yaml", &format!("version: 1\ntenant: {{ subdomain: acme }}\n{BEFORE}"));
    for (name, fault) in broken_answers() {
        if name == "another content type" {
            continue;
        }
        emulator.set_faults(json!([{ "match": { "method": "GET", "path": "/api/2/roles" }, "fault": fault }]));
        let run = program.run("plan --detailed-exitcode");
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {}", run.block());
        assert!(run.stderr.contains("caused by: GET /api/2/roles was "), "{name}: {}", run.block());
    }
    assert_eq!(emulator.writes(), [""; 0]);
}
