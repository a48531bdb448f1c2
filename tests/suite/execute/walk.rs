//! What goes well: everything is made, the second plan is empty, and no more is asked than was said.

use super::account::{Account, Script, address, options};
use gatewright::execute::{ExitClass, SecretFate, execute};
use serde_json::json;
use tokio::sync::watch;

/// The file of the walk-through.
pub(super) const WALK: &str = r#"
roles:
  api-testers: { name: API Testers, ensure_users: [tester@example.com] }
oidc_apps:
  contacts-web:
    name: Contacts Web
    application_type: web
    token_endpoint_auth_method: basic
    redirect_uris: ["https://contacts.example.com/callback"]
    roles: [api-testers]
  contacts-spa:
    name: Contacts SPA
    application_type: native
    token_endpoint_auth_method: none
    redirect_uris: ["https://contacts.example.com/spa"]
authorization_servers:
  contacts:
    name: Contacts API
    description: "Contacts & more"
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    access_token_expiration_minutes: 10
    scopes: { "contacts:read": Read contacts, "contacts:write": Write contacts }
    claims:
      email: { user_attribute: email }
      display: { macro: "{firstname} {lastname}" }
    clients:
      contacts-web: ["contacts:read", "contacts:write"]
      contacts-spa: ["contacts:read"]
"#;

#[tokio::test]
async fn everything_is_made_once_and_the_second_plan_is_empty() {
    for html_escape in [false, true] {
        let account = Account::with(json!({ "html_escape": html_escape })).await;
        let script = Script::default();
        let outcome = account.apply(WALK, &script).await;
        assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
        assert!(outcome.wrote);
        let again = account.plan(WALK).await;
        assert!(!again.has_changes(), "{:#?}", again.steps);
        // The emulator gives public clients a secret too.
        assert_eq!(script.secrets.lock().unwrap().len(), 2);
        assert_eq!(script.open_intents().len(), 0);
        let fates: Vec<_> =
            outcome.steps.iter().filter_map(|step| Some((&step.address, step.secret.as_ref()?))).collect();
        assert!(matches!(fates.as_slice(), [(_, SecretFate::Stored(_)), (_, SecretFate::Stored(_))]), "{fates:?}");
        assert!(outcome.is_seen(&address("authorization_server/contacts")));
    }
}

#[tokio::test]
async fn as_many_requests_are_made_as_the_plan_says() {
    let account = Account::new().await;
    let bare = "roles: { api-testers: { name: API Testers } }";
    let changed = WALK
        .replace("Contacts & more", "Less")
        .replace("Write contacts }", "Write all contacts }")
        .replace("      email: { user_attribute: email }\n", "")
        .replace("contacts-spa: [\"contacts:read\"]", "contacts-spa: []")
        .replace("https://contacts.example.com/spa", "https://contacts.example.com/spa2");
    let unbound = changed.replace("      contacts-spa: []\n", "");
    let gone = "
roles: { api-testers: { name: API Testers, state: absent } }
oidc_apps: { contacts-web: { name: Contacts Web, state: absent }, contacts-spa: { name: Contacts SPA, state: absent } }
authorization_servers: { contacts: { resource_identifier: https://contacts.example.com, state: absent } }";
    for yaml in [bare, WALK, &changed, &unbound, gone] {
        let plan = account.plan(yaml).await;
        assert!(plan.has_changes());
        let writer = account.writer();
        writer.reader().account_id().await.unwrap();
        let before = writer.reader().requests_made();
        let script = Script::default();
        let (_keep, cancel) = watch::channel(false);
        let outcome = execute(&plan, &writer, &script, &options(), &cancel, &|_| {}).await;
        assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
        assert_eq!(writer.reader().requests_made() - before, plan.apply_requests, "{yaml}");
        assert!(!account.plan(yaml).await.has_changes());
    }
}

#[tokio::test]
async fn names_change_hands_within_one_run() {
    let account = Account::new().await;
    account.settle("roles: { a: { name: A }, b: { name: B } }").await;
    let roles = account.control("GET", "state", None).await["roles"].clone();
    let id = |name: &str| roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap()["id"].clone();
    let (a, b) = (id("A"), id("B"));
    let yaml = format!("roles: {{ a: {{ id: {a}, name: B }}, b: {{ id: {b}, name: C }} }}");
    let plan = account.plan(&yaml).await;
    assert!(plan.steps.iter().any(|step| !step.after.is_empty()));
    account.settle(&yaml).await;
    let after = account.control("GET", "state", None).await["roles"].clone();
    let name = |id: &serde_json::Value| {
        after.as_array().unwrap().iter().find(|role| role["id"] == *id).unwrap()["name"].clone()
    };
    assert_eq!((name(&a), name(&b)), ("B".into(), "C".into()));
}

#[tokio::test]
async fn nothing_else_is_in_flight_while_an_app_is_made() {
    let account = Account::new().await;
    let mut yaml = String::from("oidc_apps:\n");
    for number in 0..6 {
        yaml.push_str(&format!(
            "  app-{number}: {{ name: App {number}, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://a/{number}\"] }}\n"
        ));
    }
    yaml.push_str("authorization_servers:\n");
    for number in 0..6 {
        yaml.push_str(&format!(
            "  s{number}: {{ name: S{number}, resource_identifier: \"https://s/{number}\", audiences: [\"https://s/{number}\"], scopes: {{ a: A, b: B }} }}\n"
        ));
    }
    let script = Script::default();
    let outcome = account.apply(&yaml, &script).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done);
    let log = script.log();
    let mut apps = 0;
    for (at, line) in log.iter().enumerate() {
        let Some(app) = line.strip_prefix("intent ").filter(|it| it.starts_with("oidc_app/")) else { continue };
        // Nothing is begun between, and nothing that was begun before is still open.
        assert_eq!(log[at + 1], format!("secret {app}"));
        assert_eq!(log[at + 2], format!("done {app}"));
        let (begun, ended) = log[..at].iter().fold((0, 0), |(begun, ended), line| match line.split_once(' ') {
            Some(("intent", _)) => (begun + 1, ended),
            Some(("done", _)) => (begun, ended + 1),
            _ => (begun, ended),
        });
        assert_eq!(begun, ended);
        apps += 1;
    }
    assert_eq!(apps, 6);
}

#[tokio::test]
async fn an_app_is_replaced_by_a_new_one_of_its_name() {
    let account = Account::new().await;
    let app = "oidc_apps: { web: { name: Web, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://a\"] } }";
    let creation = account.plan(app).await;
    account.settle(app).await;
    let old = account.control("GET", "state", None).await["apps"][0]["id"].as_u64();
    let mut plan = account.plan("oidc_apps: { web: { name: Web, state: absent } }").await;
    plan.steps.extend(creation.steps);
    plan.steps[1].after = vec![0];
    // The list shows the deleted app once more, as a lagging account would.
    let list = json!({ "method": "GET", "path": "/api/2/apps", "nth": 1 });
    account.faults(json!([{ "match": list, "fault": { "stale": true } }])).await;
    let script = Script::default();
    let outcome = account.execute(&plan, &script, &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
    assert_eq!(script.secrets.lock().unwrap().len(), 1);
    let state = account.control("GET", "state", None).await;
    assert_eq!(state["apps"].as_array().unwrap().len(), 1);
    assert_ne!(state["apps"][0]["id"].as_u64(), old);
}
