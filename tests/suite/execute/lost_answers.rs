//! Answers that never come, effects that come late, and what a killed run leaves behind.

use super::account::{Account, Script, address, options};
use super::walk::WALK;
use gatewright::execute::{
    Doubt, Event, ExecuteOptions, ExitClass, How, NaturalKey, Outcome, PendingCreate, SecretFate, StepResult,
};
use gatewright::model::Kind;
use serde_json::{Value, json};
use std::time::Duration;

const SERVER: &str = "authorization_servers: { s: { name: S, resource_identifier: https://s, audiences: [https://s], scopes: { a: A } } }";
const APP: &str = "oidc_apps: { web: { name: Web, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://a\"] } }";

fn how(outcome: &Outcome, of: &str) -> How {
    let of = address(of);
    match outcome.steps.iter().find(|step| step.address == of).map(|step| &step.result) {
        Some(StepResult::Applied { how, .. }) => *how,
        other => panic!("{of}: {other:?}"),
    }
}

fn post(path: &str, fault: Value) -> Value {
    json!([{ "match": { "method": "POST", "path": path, "nth": 1 }, "fault": fault }])
}

#[tokio::test]
async fn what_ran_without_an_answer_is_found_and_taken() {
    for fault in [json!({ "drop": "after" }), json!({ "status": 502, "effect_delay_ms": 600 })] {
        let account = Account::new().await;
        for (path, of) in [
            ("/api/2/roles", "role/api-testers"),
            ("/api/2/api_authorizations", "authorization_server/contacts"),
            ("/api/2/api_authorizations/*/scopes", "authorization_server/contacts/scope/contacts:read"),
            ("/api/2/api_authorizations/*/claims", "authorization_server/contacts/claim/display"),
            ("/api/2/api_authorizations/*/clients", "authorization_server/contacts/client/contacts-spa"),
        ] {
            account.control("POST", "reset?state=true", None).await;
            account.faults(post(path, fault.clone())).await;
            let script = Script::default();
            let outcome = account.apply(WALK, &script).await;
            assert_eq!(outcome.exit_class(), ExitClass::Done, "{path}: {outcome:#?}");
            let found = outcome.steps.iter().filter(|step| how(&outcome, &step.address.to_string()) == How::Found);
            assert_eq!(found.map(|step| step.address.kind()).collect::<Vec<_>>(), [address(of).kind()]);
            assert!(!account.plan(WALK).await.has_changes());
            assert_eq!((account.count("apps").await, account.count("authorization_servers").await), (2, 1));
            assert_eq!(script.open_intents().len(), 0);
        }
    }
}

#[tokio::test]
async fn an_app_whose_answer_was_lost_has_lost_its_secret() {
    let account = Account::new().await;
    account.faults(post("/api/2/apps", json!({ "drop": "after" }))).await;
    let script = Script::default();
    let outcome = account.apply(APP, &script).await;
    assert_eq!(how(&outcome, "oidc_app/web"), How::Found);
    assert!(matches!(outcome.steps[0].secret, Some(SecretFate::Lost)));
    assert!(script.saw(|event| matches!(event, Event::SecretLost { .. })));
    assert_eq!(script.log(), ["intent oidc_app/web", "unknown oidc_app/web", "lost oidc_app/web"]);
    assert_eq!(account.count("apps").await, 1);
}

#[tokio::test]
async fn what_left_no_trace_is_sent_again_where_twins_cannot_be() {
    let account = Account::new().await;
    for path in ["scopes", "claims", "clients"] {
        account.control("POST", "reset?state=true", None).await;
        account.faults(post(&format!("/api/2/api_authorizations/*/{path}"), json!({ "drop": "before" }))).await;
        let script = Script::default();
        let options = ExecuteOptions { settle: Duration::from_millis(400), ..options() };
        let outcome = account.execute(&account.plan(WALK).await, &script, &options).await;
        assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
        assert!(script.saw(|event| matches!(event, Event::SendingAgain { .. })));
        assert!(!account.plan(WALK).await.has_changes());
    }
}

#[tokio::test]
async fn a_server_an_app_or_a_role_is_never_sent_again() {
    let account = Account::new().await;
    for (path, kind) in [
        ("/api/2/roles", Kind::Role),
        ("/api/2/apps", Kind::OidcApp),
        ("/api/2/api_authorizations", Kind::AuthorizationServer),
    ] {
        account.control("POST", "reset?state=true", None).await;
        account.faults(post(path, json!({ "drop": "before" }))).await;
        let script = Script::default();
        let options = ExecuteOptions { settle: Duration::from_millis(400), ..options() };
        let outcome = account.execute(&account.plan(WALK).await, &script, &options).await;
        assert_eq!(outcome.exit_class(), ExitClass::Partial);
        let unknown: Vec<Kind> = outcome
            .steps
            .iter()
            .filter(|step| matches!(step.result, StepResult::Unknown { .. }))
            .map(|step| step.address.kind())
            .collect();
        assert_eq!(unknown, [kind]);
        assert_eq!(script.open_intents().len(), 1);
        // What is open is what the next run is told; the account settles.
        account.settle(WALK).await;
    }
}

#[tokio::test]
async fn an_effect_that_comes_after_the_second_try_makes_no_twin() {
    let account = Account::new().await;
    account.settle(&SERVER.replace("{ a: A }", "{}")).await;
    // The effect comes when the look-ups are over and the second try is on its way or done.
    let fault = json!({ "status": 504, "effect_delay_ms": 500 });
    account.faults(post("/api/2/api_authorizations/*/scopes", fault)).await;
    let options = ExecuteOptions { settle: Duration::from_millis(300), ..options() };
    let outcome = account.execute(&account.plan(SERVER).await, &Script::default(), &options).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert_eq!(account.server("S").await["scopes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn independent_work_goes_on_while_an_answer_is_looked_for() {
    let account = Account::new().await;
    let yaml = format!("{APP}\n{SERVER}");
    account.faults(post("/api/2/apps", json!({ "status": 500, "effect_delay_ms": 1000 }))).await;
    let script = Script::default();
    let options = ExecuteOptions { max_in_flight: 1, ..options() };
    let outcome = account.execute(&account.plan(&yaml).await, &script, &options).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    let log = script.log();
    let place = |line: &str| log.iter().position(|it| it == line).unwrap_or_else(|| panic!("no `{line}` in {log:#?}"));
    assert!(place("done authorization_server/s/scope/a") < place("lost oidc_app/web"));
}

/// An earlier run's create, begun some time ago.
fn pending(key: NaturalKey, age: Duration) -> ExecuteOptions {
    let address = address("authorization_server/s");
    ExecuteOptions { pending: vec![PendingCreate { address, key, age }], ..options() }
}

fn server_key() -> NaturalKey {
    NaturalKey::Server { name: "S".to_owned(), resource_identifier: "https://s".to_owned() }
}

#[tokio::test]
async fn what_an_earlier_run_made_is_taken() {
    let account = Account::new().await;
    let plan = account.plan(SERVER).await;
    account.settle(&SERVER.replace(", scopes: { a: A }", "")).await;
    let script = Script::default();
    let outcome = account.execute(&plan, &script, &pending(server_key(), Duration::from_secs(90))).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert_eq!(how(&outcome, "authorization_server/s"), How::FoundFromEarlierRun);
    assert_eq!(how(&outcome, "authorization_server/s/scope/a"), How::Written);
    assert_eq!(account.count("authorization_servers").await, 1);
    assert!(!script.saw(|event| matches!(event, Event::LookingUp { .. })));
}

#[tokio::test]
async fn an_earlier_runs_create_is_waited_for_as_long_as_it_may_take() {
    let account = Account::new().await;
    let plan = account.plan(SERVER).await;
    // An earlier run's POST takes effect while this run waits for it.
    account.faults(post("/api/2/api_authorizations", json!({ "status": 502, "effect_delay_ms": 700 }))).await;
    let new = gatewright::model::NewServer {
        name: "S".to_owned(),
        description: String::new(),
        resource_identifier: "https://s".to_owned(),
        audiences: vec!["https://s".to_owned()],
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
    };
    assert!(account.writer().create_server(&new).await.unwrap_err().may_have_run());
    let script = Script::default();
    let outcome = account.execute(&plan, &script, &pending(server_key(), Duration::ZERO)).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert_eq!(how(&outcome, "authorization_server/s"), How::FoundFromEarlierRun);
    assert!(script.saw(|event| matches!(event, Event::LookingUp { is_earlier_run: true, .. })));
    assert_eq!(account.count("authorization_servers").await, 1);
}

#[tokio::test]
async fn what_an_earlier_run_did_not_make_is_made() {
    let account = Account::new().await;
    let plan = account.plan(SERVER).await;
    let outcome = account.execute(&plan, &Script::default(), &pending(server_key(), Duration::from_millis(1700))).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done);
    assert_eq!(how(&outcome, "authorization_server/s"), How::Written);
    assert_eq!(account.count("authorization_servers").await, 1);
}

#[tokio::test]
async fn applied_is_only_said_of_what_was_seen() {
    let account = Account::new().await;
    account.settle(SERVER).await;
    let more = SERVER.replace("{ a: A }", "{ a: A, b: B }");
    let stale = |from: u64| json!([{ "match": { "method": "GET", "path": "/api/2/api_authorizations/*/scopes", "nth": from }, "fault": { "stale": true } }]);
    // The first read is the one before the write; the second is stale, the third shows the scope.
    let plan = account.plan(&more).await;
    account.faults(stale(2)).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done);

    // From the second read on, none shows that the scope is gone.
    let plan = account.plan(SERVER).await;
    let scopes = json!({ "method": "GET", "path": "/api/2/api_authorizations/*/scopes" });
    let first = json!({ "method": "GET", "path": "/api/2/api_authorizations/*/scopes", "nth": 1 });
    account.faults(json!([{ "match": first, "fault": {} }, { "match": scopes, "fault": { "stale": true } }])).await;
    let options = ExecuteOptions { patience: Duration::from_millis(300), ..options() };
    let outcome = account.execute(&plan, &Script::default(), &options).await;
    assert_eq!(outcome.exit_class(), ExitClass::Partial, "{outcome:#?}");
    assert!(matches!(outcome.steps[0].result, StepResult::Unseen { doubt: Doubt::WrongPresence, .. }), "{outcome:#?}");
}
