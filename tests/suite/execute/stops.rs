//! What ends a run: a record or a sink that fails, and the user.

use super::account::{Account, Script, address, host_error, options};
use super::walk::WALK;
use gatewright::execute::{Doubt, Event, ExecuteOptions, ExitClass, Fatal, SecretFate, StepError, StepResult};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const APPS: &str = r#"
oidc_apps:
  a: { name: A, application_type: web, token_endpoint_auth_method: post, redirect_uris: ["https://a"] }
  b: { name: B, application_type: web, token_endpoint_auth_method: post, redirect_uris: ["https://b"] }
"#;

fn begins_b(event: &Event) -> bool {
    matches!(event, Event::Started { address: begun, .. } if *begun == address("oidc_app/b"))
}

fn one_by_one() -> ExecuteOptions {
    ExecuteOptions { max_in_flight: 1, ..options() }
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_recorded() {
    let account = Account::new().await;
    let all = account.plan(WALK).await.steps.len();
    for failing in 0..all {
        account.control("POST", "reset?state=true", None).await;
        account.faults(json!([])).await;
        let count = AtomicUsize::new(0);
        let on_intent = move |_: &str| match count.fetch_add(1, Ordering::SeqCst) == failing {
            true => Err(host_error()),
            false => Ok(()),
        };
        let script = Script { on_intent: Box::new(on_intent), ..Script::default() };
        let outcome = account.execute(&account.plan(WALK).await, &script, &one_by_one()).await;
        assert!(matches!(outcome.fatal, Some(Fatal::Record(_))));
        assert_eq!(account.writes().await.len(), failing);
        assert_eq!(outcome.exit_class(), if failing == 0 { ExitClass::NothingWritten } else { ExitClass::Partial });
        let failed = |step: &&gatewright::execute::StepOutcome| {
            matches!(step.result, StepResult::Failed { error: StepError::Record { .. }, .. })
        };
        assert_eq!(outcome.steps.iter().filter(failed).count(), 1);
        // What was cut off converges.
        account.settle(WALK).await;
        assert!(!account.plan(WALK).await.has_changes());
    }
}

#[tokio::test]
async fn a_sink_that_falls_back_stops_the_run() {
    let account = Account::new().await;
    let script = Script { on_secret: Box::new(|| Ok(Some(host_error()))), ..Script::default() };
    let outcome = account.apply(APPS, &script).await;
    assert!(matches!(&outcome.fatal, Some(Fatal::SecretFellBack { place, .. }) if place == "the test"));
    assert_eq!(outcome.exit_class(), ExitClass::Partial);
    assert!(matches!(outcome.steps[0].secret, Some(SecretFate::Stored(_))));
    assert!(outcome.steps[0].result.is_applied());
    assert!(matches!(outcome.steps[1].result, StepResult::NotAttempted));
    assert_eq!(account.count("apps").await, 1);
}

#[tokio::test]
async fn a_secret_that_nothing_takes_is_lost_and_stops_the_run() {
    let account = Account::new().await;
    let script = Script { on_secret: Box::new(|| Err(host_error())), ..Script::default() };
    let outcome = account.apply(APPS, &script).await;
    assert!(matches!(outcome.fatal, Some(Fatal::SecretLost { .. })));
    assert!(matches!(outcome.steps[0].secret, Some(SecretFate::Lost)));
    assert_eq!(script.log(), ["intent oidc_app/a", "secret oidc_app/a", "lost oidc_app/a"]);
    assert_eq!(account.count("apps").await, 1);
    let shown = format!("{outcome:?}");
    assert!(script.secrets.lock().unwrap().is_empty());
    assert!(!shown.contains("client_secret:"), "{shown}");
}

#[tokio::test]
async fn the_user_ends_a_run_between_two_writes() {
    let account = Account::new().await;
    let script = Script { cancel_on: Box::new(begins_b), ..Script::default() };
    let outcome = account.execute(&account.plan(APPS).await, &script, &one_by_one()).await;
    assert!(outcome.interrupted);
    assert_eq!(outcome.exit_class(), ExitClass::Partial);
    assert!(matches!(outcome.steps[0].result, StepResult::Unseen { doubt: Doubt::NotReadBack, .. }));
    assert!(matches!(outcome.steps[1].result, StepResult::NotAttempted));
    assert_eq!(account.count("apps").await, 1);
    assert_eq!(script.open_intents().len(), 0);

    let script = Script { cancel_on: Box::new(begins_b), ..Script::default() };
    let outcome = account.execute(&account.plan(APPS).await, &script, &one_by_one()).await;
    assert_eq!(outcome.exit_class(), ExitClass::NothingWritten);
}

#[tokio::test]
async fn the_user_ends_a_look_up_that_would_take_long() {
    let account = Account::new().await;
    let rule = json!({ "match": { "method": "POST", "path": "/api/2/apps", "nth": 1 }, "fault": { "drop": "before" } });
    account.faults(json!([rule])).await;
    let script = Script { cancel_on: Box::new(|event| matches!(event, Event::LookingUp { .. })), ..Script::default() };
    let long = ExecuteOptions { settle: Duration::from_secs(100_000), ..options() };
    let outcome = account.execute(&account.plan(APPS).await, &script, &long).await;
    assert_eq!(outcome.exit_class(), ExitClass::Partial);
    assert!(outcome.interrupted);
    assert!(outcome.steps.iter().any(|step| matches!(step.result, StepResult::Unknown { .. })), "{outcome:#?}");
    assert_eq!(script.open_intents().len(), 1);
}

#[tokio::test]
async fn a_failure_skips_what_waits_for_it_and_nothing_else() {
    let account = Account::new().await;
    let fault =
        json!({ "status": 422, "body": { "message": "no", "statusCode": 422, "name": "UnprocessableEntityError" } });
    account
        .faults(
            json!([{ "match": { "method": "POST", "path": "/api/2/api_authorizations/*/scopes" }, "fault": fault }]),
        )
        .await;
    let outcome = account.apply(WALK, &Script::default()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Partial);
    for step in &outcome.steps {
        let text = step.address.to_string();
        match &step.result {
            StepResult::Failed { wrote: false, .. } => assert!(text.contains("/scope/"), "{text}"),
            StepResult::Skipped { because } => {
                assert!(text.contains("/client/"), "{text}");
                assert!(because.to_string().contains("/scope/"));
            }
            result => assert!(result.is_applied(), "{text}: {result:?}"),
        }
    }
    account.faults(json!([])).await;
    account.settle(WALK).await;
}

#[tokio::test]
async fn a_run_that_is_done_when_it_is_broken_off_is_done() {
    let account = Account::new().await;
    let is_last = |event: &Event| matches!(event, Event::Finished { .. });
    let script = Script { cancel_on: Box::new(is_last), ..Script::default() };
    let outcome = account.apply("roles: { r: { name: R } }", &script).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done);
    assert!(!outcome.interrupted, "nothing is left to do");
}
