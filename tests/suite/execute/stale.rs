//! Writes that had to wait: what they were judged by is read again, and what somebody did meanwhile is met.

use super::account::{Account, Script, address, options};
use super::walk::WALK;
use gatewright::api::STALE_AFTER;
use gatewright::execute::{Doubt, ExitClass, How, MovedWhy, Outcome, StepResult};
use serde_json::{Value, json};

const SCOPE: &str = "authorization_server/contacts/scope/contacts:read";
const SCOPES: &str = "/api/2/api_authorizations/*/scopes/*";

/// Longer than a write may wait without being judged anew.
fn long_wait() -> String {
    (STALE_AFTER.as_secs() + 1).to_string()
}

fn once(method: &str, path: &str, fault: &Value) -> Value {
    json!([{ "match": { "method": method, "path": path, "nth": 1 }, "fault": fault }])
}

fn spent() -> Value {
    json!({ "status": 429, "headers": { "retry-after": long_wait() } })
}

fn result<'a>(outcome: &'a Outcome, of: &str) -> &'a StepResult {
    let of = address(of);
    &outcome.steps.iter().find(|step| step.address == of).unwrap_or_else(|| panic!("no step {of}")).result
}

/// Describes the scope as somebody at the console does.
fn theirs(state: &mut Value) {
    let mut scopes = state["authorization_servers"].as_array_mut().unwrap().iter_mut();
    let scopes = scopes.find(|server| server["name"] == "Contacts API").unwrap()["scopes"].as_array_mut().unwrap();
    scopes.iter_mut().find(|scope| scope["value"] == "contacts:read").unwrap()["description"] = json!("Theirs");
}

async fn description(account: &Account) -> Value {
    let server = account.server("Contacts API").await;
    let scopes = server["scopes"].as_array().unwrap();
    scopes.iter().find(|scope| scope["value"] == "contacts:read").unwrap()["description"].clone()
}

/// Changes the scope where its first write meets a fault, and somebody may edit it between its judgment and that write.
async fn change_scope(fault: Value, is_edited: bool) -> (Account, Outcome) {
    let account = Account::new().await;
    account.settle(WALK).await;
    let plan = account.plan(&WALK.replace("Read contacts", "Ours")).await;
    account.faults(once("PUT", SCOPES, &fault)).await;
    let edit = account.editor(if is_edited { 1 } else { 0 }, theirs);
    let on_intent = move |_: &str| {
        edit();
        Ok(())
    };
    let script = Script { on_intent: Box::new(on_intent), ..Script::default() };
    let outcome = account.execute(&plan, &script, &options()).await;
    (account, outcome)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_during_a_wait_for_quota_is_met() {
    let (account, outcome) = change_scope(spent(), true).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused, "{outcome:#?}");
    let StepResult::Moved(moved) = result(&outcome, SCOPE) else { panic!("{outcome:#?}") };
    assert_eq!(moved.why, MovedWhy::Changed);
    assert_eq!(description(&account).await, "Theirs");

    let (account, outcome) = change_scope(spent(), false).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert!(matches!(result(&outcome, SCOPE), StepResult::Applied { how: How::Written, .. }));
    assert_eq!((description(&account).await, account.writes().await.len()), (json!("Ours"), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_while_a_host_is_unwell_is_met() {
    let unwell = || json!({ "status": 503, "headers": { "retry-after": long_wait() } });
    let (account, outcome) = change_scope(unwell(), true).await;
    // Nobody knows whether ours was there before theirs.
    assert_eq!(outcome.exit_class(), ExitClass::Partial, "{outcome:#?}");
    assert!(matches!(result(&outcome, SCOPE), StepResult::Unseen { doubt: Doubt::Differs(_), .. }), "{outcome:#?}");
    assert_eq!(description(&account).await, "Theirs");

    let (account, outcome) = change_scope(unwell(), false).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert_eq!((description(&account).await, account.writes().await.len()), (json!("Ours"), 1));

    // The write took effect all the same: it is found, and not sent again.
    let mut effective = unwell();
    effective["effect_delay_ms"] = json!(1);
    let (account, outcome) = change_scope(effective, false).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert!(matches!(result(&outcome, SCOPE), StepResult::Applied { how: How::Found, .. }), "{outcome:#?}");
    assert_eq!((description(&account).await, account.writes().await.len()), (json!("Ours"), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_that_took_effect_while_it_waited_is_done() {
    let gone = "oidc_apps: { contacts-spa: { name: Contacts SPA, state: absent } }";
    let account = Account::new().await;
    account.settle(WALK).await;
    let plan = account.plan(gone).await;
    let unwell = json!({ "status": 503, "headers": { "retry-after": long_wait() }, "effect_delay_ms": 1 });
    account.faults(once("DELETE", "/api/2/apps/*", &unwell)).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert!(matches!(outcome.steps[0].result, StepResult::Applied { how: How::Found, .. }), "{outcome:#?}");
    assert_eq!(account.writes().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_appears_while_a_create_waits_is_not_made_twice() {
    let account = Account::new().await;
    let plan = account.plan("roles: { r: { name: R } }").await;
    account.faults(once("POST", "/api/2/roles", &spent())).await;
    let edit = account.editor(1, |state| {
        state["roles"].as_array_mut().unwrap().push(json!({ "id": 77, "name": "R" }));
    });
    let on_intent = move |_: &str| {
        edit();
        Ok(())
    };
    let script = Script { on_intent: Box::new(on_intent), ..Script::default() };
    let outcome = account.execute(&plan, &script, &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused, "{outcome:#?}");
    assert!(
        matches!(result(&outcome, "role/r"), StepResult::Moved(moved) if matches!(moved.why, MovedWhy::Appeared { .. }))
    );
    assert_eq!(account.writes().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_while_an_app_is_made_is_met_by_what_waited_behind_it() {
    let account = Account::new().await;
    account.settle(WALK).await;
    let app = "  slow: { name: Slow, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://a\"] }\n";
    let yaml = WALK.replace("Read contacts", "Ours").replace("oidc_apps:\n", &format!("oidc_apps:\n{app}"));
    let plan = account.plan(&yaml).await;
    // The app is looked up and begun before the scope is judged, which is judged before the app is there.
    let (long, short) = (STALE_AFTER.as_millis() as u64 * 2, 500);
    account
        .faults(json!([
            { "match": { "method": "POST", "path": "/api/2/apps" }, "fault": { "delay_ms": long } },
            { "match": { "method": "GET", "path": "/api/2/api_authorizations/*/scopes", "nth": 1 }, "fault": { "delay_ms": short } },
        ]))
        .await;
    let edit = account.editor(1, theirs);
    let on_secret = move || {
        edit();
        Ok(None)
    };
    let script = Script { on_secret: Box::new(on_secret), ..Script::default() };
    let outcome = account.execute(&plan, &script, &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Partial, "{outcome:#?}");
    assert!(result(&outcome, "oidc_app/slow").is_applied());
    assert!(
        matches!(result(&outcome, SCOPE), StepResult::Moved(moved) if moved.why == MovedWhy::Changed),
        "{outcome:#?}"
    );
    assert_eq!(description(&account).await, "Theirs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_account_is_not_read_more_often() {
    let file = |words: &str| {
        let servers = (0..8).map(|n| {
            format!("  s{n}: {{ name: S{n}, resource_identifier: \"https://s/{n}\", audiences: [\"https://s/{n}\"], scopes: {{ a: {words} }} }}\n")
        });
        format!("authorization_servers:\n{}", servers.collect::<String>())
    };
    let account = Account::new().await;
    account.settle(&file("Old")).await;
    let plan = account.plan(&file("New")).await;
    // Twice as many slow reads as slots: the first writes wait behind the last reads for longer than the gate may hold them.
    let slow = |path: &str, nth: usize| {
        let delay = STALE_AFTER.as_millis() as u64 + 500;
        json!({ "match": { "method": "GET", "path": path, "nth": nth }, "fault": { "delay_ms": delay } })
    };
    let paths = ["/api/2/api_authorizations/*", "/api/2/api_authorizations/*/scopes"];
    let rules: Vec<Value> = (1..=8).flat_map(|nth| paths.map(|path| slow(path, nth))).collect();
    account.faults(rules.into()).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    let journal = account.control("GET", "journal", None).await;
    let requests =
        journal.as_array().unwrap().iter().filter(|row| row["path"].as_str().unwrap().starts_with("/api/")).count();
    assert_eq!(requests as u64, plan.apply_requests);
}
