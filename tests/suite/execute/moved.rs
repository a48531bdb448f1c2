//! Live has moved since the plan: nothing is written to what moved, and the rest goes on.

use super::account::{Account, Script, address, options};
use super::walk::WALK;
use gatewright::execute::{Doubt, ExitClass, How, MovedWhy, Outcome, StepResult};
use gatewright::model::Address;
use serde_json::json;

fn result<'a>(outcome: &'a Outcome, of: &str) -> &'a StepResult {
    let of: Address = address(of);
    &outcome.steps.iter().find(|step| step.address == of).unwrap_or_else(|| panic!("no step {of}")).result
}

fn why(result: &StepResult) -> &MovedWhy {
    match result {
        StepResult::Moved(moved) => &moved.why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_somebody_else_changed_is_left_alone() {
    let account = Account::new().await;
    account.settle(WALK).await;
    let ours = WALK.replace("Read contacts", "Read ours").replace("user_attribute: email", "user_attribute: username");
    let plan = account.plan(&ours).await;
    let theirs = WALK.replace("Read contacts", "Read theirs");
    account.settle(&theirs).await;
    account.faults(json!([])).await;

    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Partial);
    let StepResult::Moved(moved) = result(&outcome, "authorization_server/contacts/scope/contacts:read") else {
        panic!("{outcome:#?}")
    };
    assert_eq!(moved.why, MovedWhy::Changed);
    let view = moved.fields.iter().find(|view| view.path == "description").unwrap();
    assert_eq!(view.plan, Some(json!("Read contacts")));
    assert_eq!(view.live, Some(json!("Read theirs")));
    assert_eq!(view.desired, Some(json!("Read ours")));
    assert!(result(&outcome, "authorization_server/contacts/claim/email").is_applied());
    assert_eq!(account.writes().await.len(), 1);
    assert!(!outcome.is_seen(&address("authorization_server/contacts")));
}

#[tokio::test]
async fn what_appeared_is_never_made_again() {
    let account = Account::new().await;
    let plan = account.plan(WALK).await;
    account.settle(WALK).await;
    account.faults(json!([])).await;

    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused, "{outcome:#?}");
    for root in ["role/api-testers", "oidc_app/contacts-web", "authorization_server/contacts"] {
        assert!(matches!(result(&outcome, root), StepResult::Moved(_)) || root == "oidc_app/contacts-web");
    }
    let StepResult::Skipped { because } = result(&outcome, "oidc_app/contacts-web") else { panic!("it waits") };
    assert_eq!(*because, address("role/api-testers"));
    assert_eq!(account.writes().await, [""; 0]);
    assert_eq!((account.count("apps").await, account.count("authorization_servers").await), (2, 1));
}

#[tokio::test]
async fn children_that_appeared_are_never_made_again() {
    let account = Account::new().await;
    let bare = WALK
        .replace("{ \"contacts:read\": Read contacts, \"contacts:write\": Write contacts }", "{}")
        .replace("[\"contacts:read\", \"contacts:write\"]", "[]")
        .replace("[\"contacts:read\"]", "[]");
    account.settle(&bare).await;
    let plan = account.plan(WALK).await;
    account.settle(WALK).await;
    account.faults(json!([])).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused);
    let scope = result(&outcome, "authorization_server/contacts/scope/contacts:read");
    assert!(matches!(why(scope), MovedWhy::Appeared { ids } if ids.len() == 1));
    assert_eq!(account.writes().await, [""; 0]);
}

#[tokio::test]
async fn what_is_gone_needs_no_deletion_and_takes_no_change() {
    let account = Account::new().await;
    account.settle(WALK).await;
    let gone =
        "authorization_servers: { contacts: { resource_identifier: https://contacts.example.com, state: absent } }";
    let deletion = account.plan(gone).await;
    let change = account.plan(&WALK.replace("Read contacts", "Read ours").replace("Contacts & more", "Less")).await;
    account.settle(gone).await;
    account.faults(json!([])).await;

    let outcome = account.execute(&deletion, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done);
    assert!(!outcome.wrote);
    assert!(matches!(outcome.steps[0].result, StepResult::Applied { how: How::AlreadyGone, .. }));

    let outcome = account.execute(&change, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused);
    for step in &outcome.steps {
        assert_eq!(*why(&step.result), MovedWhy::Gone, "{}", step.address);
    }
    assert_eq!(account.writes().await, [""; 0]);
}

#[tokio::test]
async fn a_scope_that_means_something_else_is_not_granted() {
    let account = Account::new().await;
    let ungranted = WALK.replace("contacts-spa: [\"contacts:read\"]", "contacts-spa: []");
    account.settle(&ungranted).await;
    let plan = account.plan(WALK).await;
    let renamed = ungranted
        .replace(
            "\"contacts:read\": Read contacts,",
            "\"admin\": { description: All, renamed_from: \"contacts:read\" },",
        )
        .replace("[\"contacts:read\", ", "[admin, ");
    account.settle(&renamed).await;
    account.faults(json!([])).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(*why(&outcome.steps[0].result), MovedWhy::ScopesMoved);
    assert_eq!(account.writes().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_twin_made_at_the_same_moment_is_reported_with_its_id() {
    let account = Account::new().await;
    let yaml = "oidc_apps: { web: { name: Web, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://a\"] } }";
    let other = account.writer();
    let script = Script {
        // Between the look-up and the write.
        on_intent: Box::new(move |_| {
            let make = async {
                let app = gatewright::model::NewApp {
                    name: "Web".to_owned(),
                    description: None,
                    notes: None,
                    visible: None,
                    application_type: gatewright::model::ApplicationType::Web,
                    token_endpoint_auth_method: gatewright::model::TokenEndpointAuthMethod::Post,
                    redirect_uris: vec!["https://a".to_owned()],
                    post_logout_redirect_uris: None,
                    login_url: None,
                    access_token_expiration_minutes: None,
                    refresh_token_expiration_minutes: None,
                    connector_id: None,
                };
                let connector = other.reader().oidc_connector().await.unwrap();
                other.create_app(&app, connector, &Default::default()).await.unwrap();
            };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(make));
            Ok(())
        }),
        ..Script::default()
    };
    let outcome = account.apply(yaml, &script).await;
    assert_eq!(outcome.exit_class(), ExitClass::Partial);
    let StepResult::Unseen { id, doubt: Doubt::Twins(others) } = &outcome.steps[0].result else {
        panic!("{outcome:#?}")
    };
    assert_eq!(others.len(), 1);
    assert!(!others.contains(id));
    assert_eq!(account.count("apps").await, 2);
}

const GONE: &str = "
authorization_servers: { contacts: { resource_identifier: https://contacts.example.com, state: absent } }";

#[tokio::test]
async fn a_server_is_not_deleted_with_what_was_attached_since_the_plan() {
    let attached = [
        ("scopes", WALK.replace("Write contacts }", "Write contacts, \"contacts:all\": All }")),
        ("scopes", WALK.replace("Read contacts", "Read other contacts")),
        ("claims", WALK.replace("    claims:\n", "    claims:\n      more: { user_attribute: lastname }\n")),
        ("claims", WALK.replace("user_attribute: email", "user_attribute: username")),
        (
            "clients",
            WALK.replace("contacts-spa: [\"contacts:read\"]", "contacts-spa: [\"contacts:read\", \"contacts:write\"]"),
        ),
    ];
    for (part, theirs) in attached {
        let account = Account::new().await;
        account.settle(WALK).await;
        let plan = account.plan(GONE).await;
        account.settle(&theirs).await;
        account.faults(json!([])).await;
        let outcome = account.execute(&plan, &Script::default(), &options()).await;
        assert_eq!(outcome.exit_class(), ExitClass::Refused, "{theirs}: {outcome:#?}");
        let StepResult::Moved(moved) = &outcome.steps[0].result else { panic!("{outcome:#?}") };
        assert_eq!(moved.why, MovedWhy::Attached);
        let shown: Vec<&str> = moved.fields.iter().map(|view| view.path.as_ref()).collect();
        assert_eq!(shown, [part], "{theirs}");
        assert_ne!(moved.fields[0].plan, moved.fields[0].live);
        assert_eq!(account.writes().await, [""; 0]);
    }

    // The bindings of an app that the plan deletes too go with either, and what somebody took away is no loss.
    let account = Account::new().await;
    let unbound = WALK.replace("      contacts-spa: [\"contacts:read\"]\n", "");
    account.settle(&unbound).await;
    let spa = "\noidc_apps: { contacts-spa: { name: Contacts SPA, state: absent } }";
    let plan = account.plan(&format!("{GONE}{spa}")).await;
    account.settle(&WALK.replace("      email: { user_attribute: email }\n", "")).await;
    let outcome = account.execute(&plan, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Done, "{outcome:#?}");
}

#[tokio::test]
async fn an_app_or_a_role_is_not_deleted_with_what_was_attached_since_the_plan() {
    let account = Account::new().await;
    account.settle(WALK).await;
    let app = account.plan("oidc_apps: { contacts-spa: { name: Contacts SPA, state: absent } }").await;
    let role = account.plan("roles: { api-testers: { name: API Testers, state: absent } }").await;
    let roles = "redirect_uris: [\"https://contacts.example.com/spa\"]\n    roles: [api-testers]";
    account.settle(&WALK.replace("redirect_uris: [\"https://contacts.example.com/spa\"]", roles)).await;
    let mut state = account.control("GET", "state", None).await;
    let user = json!({ "id": 4711, "email": "new@example.com", "username": "new" });
    state["users"].as_array_mut().unwrap().push(user);
    state["roles"][0]["users"].as_array_mut().unwrap().push(json!(4711));
    account.control("PUT", "state", Some(state)).await;
    account.faults(json!([])).await;
    let outcome = account.execute(&app, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused, "{outcome:#?}");
    assert_eq!(*why(&outcome.steps[0].result), MovedWhy::Changed);
    let outcome = account.execute(&role, &Script::default(), &options()).await;
    assert_eq!(outcome.exit_class(), ExitClass::Refused, "{outcome:#?}");
    assert_eq!(*why(&outcome.steps[0].result), MovedWhy::Attached);
    assert_eq!(account.writes().await, [""; 0]);
}
