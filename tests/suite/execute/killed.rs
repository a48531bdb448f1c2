//! A run that is killed at any write: the next one reads what it left behind and converges.

use super::account::{Account, options};
use super::walk::WALK;
use gatewright::execute::{ExecuteOptions, ExitClass, How, StepResult, execute};
use gatewright::workspace::{BreakingOff, History, RunHeader, RunHost, RunRecord, Secrets, Workspace};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;

const HOST: &str = "acme.onelogin.com";

fn host(workspace: &Workspace) -> RunHost {
    let header = RunHeader {
        program_version: "test".to_owned(),
        config_digest: String::new(),
        tenant: HOST.to_owned(),
        account_id: Some(555_555),
        environment: None,
        undoes: None,
    };
    RunHost {
        record: RunRecord::begin(workspace, HOST, &header, Timestamp::now).unwrap(),
        files: workspace.secrets(HOST),
        command: None,
        host: HOST.to_owned(),
        secrets: Secrets::default(),
        stop: BreakingOff { first: watch::channel(false).1, second: watch::channel(false).1 },
        clock: Timestamp::now,
    }
}

/// Returns once the account has carried out this many writes.
async fn writes_reach(account: &Account, count: usize) {
    while account.writes().await.len() < count {}
}

#[tokio::test]
async fn a_run_killed_after_any_write_can_be_run_again() {
    let account = Account::new().await;
    let all = account.plan(WALK).await.steps.len() + 1;
    let mut lost = 0;
    for killed_at in 1..=all {
        account.control("POST", "reset?state=true", None).await;
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&root.path().join(".gatewright")).unwrap();
        // Answers are held back, so that the kill comes between an effect and its answer.
        let writes =
            |method: &str| json!({ "match": { "method": method, "path": "/api/**" }, "fault": { "delay_ms": 40 } });
        account.faults(json!([writes("POST"), writes("PUT")])).await;
        let plan = account.plan(WALK).await;
        let (_keep, cancel) = watch::channel(false);
        let one = ExecuteOptions { max_in_flight: 1, ..options() };
        let (first, writer) = (host(&workspace), account.writer());
        tokio::select! {
            _ = execute(&plan, &writer, &first, &one, &cancel, &|_| {}) => {}
            () = writes_reach(&account, killed_at) => {}
        }
        drop(first);
        account.faults(json!([])).await;

        let history = History::read(&workspace, HOST, Some(555_555)).unwrap();
        let pending = history.pending(Timestamp::now());
        assert!(pending.len() <= 1, "{pending:?}");
        let plan = account.plan(WALK).await;
        let second = host(&workspace);
        let again = ExecuteOptions { pending, ..options() };
        let outcome = execute(&plan, &writer, &second, &again, &cancel, &|_| {}).await;
        second.record.finish(&outcome).unwrap();
        assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
        let is_found =
            |result: &StepResult| matches!(result, StepResult::Applied { how: How::FoundFromEarlierRun, .. });
        assert!(!outcome.steps.iter().any(|step| is_found(&step.result)), "the plan has seen it already");

        assert!(!account.plan(WALK).await.has_changes());
        assert_eq!((account.count("apps").await, account.count("authorization_servers").await), (2, 1));
        let apps = account.control("GET", "state", None).await["apps"].clone();
        let id = |name: &str| {
            let app = apps.as_array().unwrap().iter().find(|app| app["name"] == name)?;
            app["id"].as_u64().map(gatewright::model::RemoteId)
        };
        let live = |key: &gatewright::model::EntryKey| match key.as_str() {
            "contacts-web" => id("Contacts Web"),
            "contacts-spa" => id("Contacts SPA"),
            _ => None,
        };
        let history = History::read(&workspace, HOST, Some(555_555)).unwrap();
        lost += history.lost_secrets(&workspace.secrets(HOST), &live).unwrap().len();
    }
    // Each of the two apps was once made by the write the kill came after.
    assert_eq!(lost, 2);
}
