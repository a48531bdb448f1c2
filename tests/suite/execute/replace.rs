//! An app that is made anew: delete, create, bind again, and everything that can happen in between.

use super::account::{Account, Script, address, desired, host_error, options};
use super::walk::WALK;
use futures_util::future::BoxFuture;
use gatewright::diff::diff;
use gatewright::execute::{
    Doubt, ExecuteOptions, ExitClass, Host, HostError, How, MovedWhy, NewSecret, Outcome, RecordEntry, SecretFate,
    StepError, StepResult, StoredAt, execute,
};
use gatewright::live::collect;
use gatewright::model::{EntryKey, RemoteId};
use gatewright::plan::{Context, Plan, SafetyLimits, plan};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

const WEB: &str = "oidc_app/contacts-web";
const BINDING: &str = "authorization_server/contacts/client/contacts-web";

/// Plans what a file asks for, with the app of the walk-through made anew.
async fn replacing(account: &Account, yaml: &str) -> Plan {
    let mut desired = desired(yaml);
    desired.replace(&address(WEB)).unwrap();
    let live = collect(account.writer().reader(), &desired).await.unwrap();
    plan(diff(&desired, &live), Context::default(), &SafetyLimits { allow_destroy: true, max_deletes: None })
}

fn result<'a>(outcome: &'a Outcome, of: &str) -> &'a StepResult {
    let of = address(of);
    &outcome.steps.iter().find(|step| step.address == of).unwrap_or_else(|| panic!("no step {of}")).result
}

async fn web(account: &Account) -> Value {
    let state = account.control("GET", "state", None).await;
    let apps = state["apps"].as_array().unwrap();
    let web: Vec<&Value> = apps.iter().filter(|app| app["name"] == "Contacts Web").collect();
    assert!(web.len() < 2, "twins");
    web.first().copied().cloned().unwrap_or(Value::Null)
}

/// A settled account that the emulator was told faults of.
async fn settled(faults: Value) -> Account {
    let account = Account::new().await;
    account.settle(WALK).await;
    account.faults(faults).await;
    account
}

fn rule(method: &str, path: &str, fault: &Value) -> Value {
    json!([{ "match": { "method": method, "path": path, "nth": 1 }, "fault": fault }])
}

#[tokio::test]
async fn it_is_gone_and_made_and_bound_again() {
    let account = settled(json!([])).await;
    let old = web(&account).await["id"].clone();
    let plan = replacing(&account, WALK).await;
    let changes: Vec<String> =
        plan.changes().map(|change| format!("{} {}", change.action().symbol(), change.address)).collect();
    assert_eq!(changes, [format!("± {WEB}"), format!("+ {BINDING}")]);
    assert_eq!((plan.summary.replace, plan.summary.delete), (1, 0));

    let writer = account.writer();
    writer.reader().account_id().await.unwrap();
    let before = writer.reader().requests_made();
    let script = Script::default();
    let (_keep, cancel) = watch::channel(false);
    let outcome = execute(&plan, &writer, &script, &options(), &cancel, &|_| {}).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert_eq!(writer.reader().requests_made() - before, plan.apply_requests);
    assert!(matches!(outcome.steps[0].secret, Some(SecretFate::Stored(_))));
    let web_lines: Vec<String> = script.log().into_iter().filter(|line| line.ends_with(WEB)).collect();
    let both = ["intent", "done", "intent", "secret", "done"].map(|word| format!("{word} {WEB}"));
    assert_eq!(web_lines, both);
    assert_eq!(script.log()[..5], web_lines, "nothing else is written in between");

    let new = web(&account).await["id"].clone();
    assert_ne!(old, new);
    assert!(matches!(result(&outcome, WEB), StepResult::Applied { id, how: How::Written } if json!(id.0) == new));
    assert!(!account.plan(WALK).await.has_changes());
}

#[tokio::test]
async fn what_moved_since_the_plan_is_not_replaced() {
    let account = settled(json!([])).await;
    let plan = replacing(&account, WALK).await;
    let theirs = WALK.replace("https://contacts.example.com/callback", "https://contacts.example.com/theirs");
    account.settle(&theirs).await;
    account.faults(json!([])).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused, "{outcome:#?}");
    assert!(matches!(result(&outcome, WEB), StepResult::Moved(moved) if moved.why == MovedWhy::Changed));
    assert!(matches!(result(&outcome, BINDING), StepResult::Skipped { because } if *because == address(WEB)));

    // Another app of its name makes the new one a twin, and what is gone needs no replacement.
    let plan = replacing(&account, &theirs).await;
    let mut state = account.control("GET", "state", None).await;
    let mut twin = web(&account).await;
    twin["id"] = json!(77);
    twin.as_object_mut().unwrap().remove("client_id");
    state["apps"].as_array_mut().unwrap().push(twin);
    account.control("PUT", "state", Some(state)).await;
    account.faults(json!([])).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert!(
        matches!(result(&outcome, WEB), StepResult::Moved(moved) if moved.why == MovedWhy::Appeared { ids: vec![RemoteId(77)] }),
        "{outcome:#?}"
    );
    assert_eq!(account.writes().await, [""; 0]);
}

#[tokio::test]
async fn a_lost_answer_of_either_write_ends_in_one_app() {
    for (method, path, fate_is_lost) in [("DELETE", "/api/2/apps/*", false), ("POST", "/api/2/apps", true)] {
        let account = settled(json!([])).await;
        let old = web(&account).await["id"].clone();
        let plan = replacing(&account, WALK).await;
        account.faults(rule(method, path, &json!({ "drop": "after" }))).await;
        let outcome = account.execute(&plan, &Script::default(), &options()).await;
        assert_eq!(outcome.exit_class(), ExitClass::Done, "{method}: {outcome:#?}");
        assert_eq!(matches!(outcome.steps[0].secret, Some(SecretFate::Lost)), fate_is_lost);
        assert_ne!(web(&account).await["id"], old);
        assert!(!account.plan(WALK).await.has_changes());
    }
}

#[tokio::test]
async fn what_fails_after_the_delete_says_so_and_the_next_run_makes_it() {
    let no =
        json!({ "status": 422, "body": { "message": "no", "statusCode": 422, "name": "UnprocessableEntityError" } });
    let account = settled(json!([])).await;
    let plan = replacing(&account, WALK).await;
    account.faults(rule("POST", "/api/2/apps", &no)).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Partial, "{outcome:#?}");
    let StepResult::Failed { error, wrote: true } = result(&outcome, WEB) else { panic!("{outcome:#?}") };
    assert!(matches!(error, StepError::HalfReplaced { .. }));
    assert!(matches!(result(&outcome, BINDING), StepResult::Skipped { .. }));
    assert_eq!(web(&account).await, Value::Null);
    account.settle(WALK).await;
    assert!(!account.plan(WALK).await.has_changes());

    let plan = replacing(&account, WALK).await;
    account.faults(rule("DELETE", "/api/2/apps/*", &no)).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert!(matches!(result(&outcome, WEB), StepResult::Failed { error: StepError::Write { .. }, wrote: false }));
    assert_eq!(account.writes().await, [""; 0], "what is not deleted is not made");
}

#[tokio::test]
async fn a_run_that_is_broken_off_does_not_stop_half_way() {
    let account = settled(json!([])).await;
    let plan = replacing(&account, WALK).await;
    let script = Script::default();
    let (host, cancel) = (CancelAtFirstRecord { inner: &script }, script.cancel.subscribe());
    let outcome = execute(&plan, &account.writer(), &host, &options(), &cancel, &|_| {}).await;
    assert!(outcome.interrupted);
    assert!(matches!(outcome.steps[0].secret, Some(SecretFate::Stored(_))), "{outcome:#?}");
    assert!(matches!(result(&outcome, BINDING), StepResult::NotAttempted));
    assert_ne!(web(&account).await, Value::Null);
    account.settle(WALK).await;
}

/// Breaks the run off as soon as the first write is recorded, which is the delete.
struct CancelAtFirstRecord<'a> {
    inner: &'a Script,
}

impl Host for CancelAtFirstRecord<'_> {
    fn reserve_secret(&self, app: &EntryKey) -> Result<(), HostError> {
        self.inner.reserve_secret(app)
    }

    fn release_secret(&self, app: &EntryKey) {
        self.inner.release_secret(app);
    }

    fn store_secret<'a>(&'a self, secret: &'a NewSecret) -> BoxFuture<'a, Result<StoredAt, HostError>> {
        self.inner.store_secret(secret)
    }

    fn record(&self, entry: &RecordEntry<'_>) -> Result<(), HostError> {
        self.inner.cancel.send_replace(true);
        self.inner.record(entry)
    }
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_recorded() {
    for (failing, writes, is_there) in [(0, 0, true), (1, 1, false)] {
        let account = settled(json!([])).await;
        let count = AtomicUsize::new(0);
        let on_intent = move |_: &str| match count.fetch_add(1, Ordering::SeqCst) == failing {
            true => Err(host_error()),
            false => Ok(()),
        };
        let script = Script { on_intent: Box::new(on_intent), ..Script::default() };
        let options = ExecuteOptions { settle: Duration::from_millis(400), ..options() };
        let outcome = account.execute(&replacing(&account, WALK).await, &script, &options).await;
        assert_eq!(account.writes().await.len(), writes);
        assert_eq!(web(&account).await != Value::Null, is_there);
        let class = if failing == 0 { ExitClass::NothingWritten } else { ExitClass::Partial };
        assert_eq!(outcome.exit_class(), class, "{outcome:#?}");
        account.settle(WALK).await;
        assert!(!account.plan(WALK).await.has_changes());
    }
}

/// Somebody makes an app of the name between the delete and the create.
fn make_twin(state: &mut Value) {
    let twin = json!({
        "id": 77, "name": "Contacts Web", "auth_method": 8, "connector_id": state["connectors"][0]["id"],
        "configuration": { "redirect_uri": "https://theirs", "token_endpoint_auth_method": 1, "oidc_application_type": 0 },
    });
    state["apps"].as_array_mut().unwrap().push(twin);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_twin_that_appears_between_delete_and_create_is_named_with_both_ids() {
    for is_waiting in [false, true] {
        let account = settled(json!([])).await;
        let plan = replacing(&account, WALK).await;
        if is_waiting {
            let wait = (gatewright::api::STALE_AFTER.as_secs() + 1).to_string();
            let spent = json!({ "status": 429, "headers": { "retry-after": wait } });
            account.faults(rule("POST", "/api/2/apps", &spent)).await;
        }
        let edit = account.editor(2, make_twin);
        let on_intent = move |address: &str| {
            if address == WEB {
                edit();
            }
            Ok(())
        };
        let script = Script { on_intent: Box::new(on_intent), ..Script::default() };
        let outcome = account.execute(&plan, &script, &options()).await;
        assert_eq!(outcome.exit_class(), ExitClass::Partial, "{outcome:#?}");
        match (is_waiting, result(&outcome, WEB)) {
            (false, StepResult::Unseen { id, doubt: Doubt::Twins(others) }) => {
                assert_eq!(others, &[RemoteId(77)]);
                assert_ne!(*id, RemoteId(77));
            }
            // It is looked up once more, and a second one is never made.
            (true, StepResult::Failed { error: error @ StepError::HalfReplaced { .. }, wrote: true }) => {
                let why = std::error::Error::source(error).unwrap().to_string();
                assert!(why.contains("77"), "{why}");
                assert_eq!(web(&account).await["id"], 77);
            }
            _ => panic!("{outcome:#?}"),
        }
    }
}

#[tokio::test]
async fn without_room_for_the_secret_the_old_app_stays() {
    let account = settled(json!([])).await;
    let plan = replacing(&account, WALK).await;
    let script = Script { on_reserve: Box::new(|| Err(host_error())), ..Script::default() };
    let outcome = account.execute(&plan, &script, &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::NothingWritten, "{outcome:#?}");
    let failed = StepError::NoRoom { address: address(WEB), source: host_error() }.to_string();
    assert!(matches!(result(&outcome, WEB), StepResult::Failed { error, wrote: false } if error.to_string() == failed));
    assert_eq!(account.writes().await, [""; 0]);
}

#[tokio::test]
async fn no_new_app_is_made_while_the_old_one_is_there() {
    for fault in [json!({ "status": 404 }), json!({ "status": 204 })] {
        let account = settled(rule("DELETE", "/api/2/apps/*", &fault)).await;
        let plan = replacing(&account, WALK).await;
        let old = web(&account).await["id"].clone();
        let quick = ExecuteOptions { patience: std::time::Duration::ZERO, ..options() };
        let outcome = account.execute(&plan, &Script::default(), &quick).await;
        assert_eq!(outcome.exit_class(), ExitClass::Partial, "{outcome:#?}");
        assert!(matches!(result(&outcome, WEB), StepResult::Unseen { id, .. } if json!(id.0) == old), "{outcome:#?}");
        account.faults(json!([])).await;
        assert!(!account.plan(WALK).await.has_changes(), "{fault}: it is as it was");
    }
}
