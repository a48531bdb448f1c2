//! Every write of a run meets every fault once: no twin, and a second run converges.

use super::account::{Account, Script, options};
use super::walk::WALK;
use futures_util::future::join_all;
use gatewright::execute::{ExecuteOptions, StepResult};
use gatewright::model::Kind;
use serde_json::{Value, json};
use std::time::Duration;

async fn survive(fault: &Value, nth: usize) {
    let account = Account::new().await;
    let rule = |method: &str| json!({ "match": { "method": method, "path": "/api/**", "nth": nth }, "fault": fault });
    account.faults(json!([rule("POST")])).await;
    let quick = ExecuteOptions { settle: Duration::from_millis(900), ..options() };
    let script = Script::default();
    let outcome = account.execute(&account.plan(WALK).await, &script, &quick).await;
    let told = format!("{fault} on POST {nth}");
    for step in &outcome.steps {
        let is_plain = match &step.result {
            StepResult::Applied { .. } | StepResult::Skipped { .. } | StepResult::Unknown { .. } => true,
            StepResult::Failed { wrote, .. } => !wrote || step.address.kind() == Kind::Role,
            StepResult::Moved(_) | StepResult::Unseen { .. } | StepResult::NotAttempted => false,
        };
        assert!(is_plain, "{told}: {:#?}", step.result);
    }
    account.faults(json!([])).await;
    account.settle(WALK).await;
    assert!(!account.plan(WALK).await.has_changes(), "{told}");
    let counts =
        (account.count("roles").await, account.count("apps").await, account.count("authorization_servers").await);
    assert_eq!(counts, (1, 2, 1), "{told}");
    let server = account.server("Contacts API").await;
    let children = ["scopes", "claims", "clients"].map(|list| server[list].as_array().unwrap().len());
    assert_eq!(children, [2, 2, 2], "{told}");
}

#[tokio::test]
async fn no_fault_makes_a_twin() {
    let account = Account::new().await;
    // The role gets its members by a second one, and may be left without.
    let posts = account.plan(WALK).await.steps.len() + 1;
    for fault in [
        json!({ "drop": "before" }),
        json!({ "drop": "after" }),
        json!({ "status": 500 }),
        json!({ "status": 504, "effect_delay_ms": 400 }),
        json!({ "status": 422, "body": { "message": "no", "statusCode": 422, "name": "UnprocessableEntityError" } }),
        json!({ "status": 401, "body": { "message": "Unauthorized", "statusCode": 401, "name": "UnauthorizedError" } }),
        json!({ "body": "<html>not what you asked for</html>" }),
    ] {
        join_all((1..=posts).map(|nth| survive(&fault, nth))).await;
    }
}
