//! The client against the emulated account, under each setting of what OneLogin leaves open.

use gatewright::api::{ClientConfig, Credentials, Reader, Reroute, Writer};
use gatewright::emulator::{Emulator, Options};
use gatewright::live::collect_all;
use gatewright::model::{
    AppPatch, ApplicationType, ClaimName, ClaimPatch, ClaimSource, LiveServer, NewApp, NewClaim, NewScope, NewServer,
    RemoteId, ScopePatch, ScopeValue, ServerPatch, TokenEndpointAuthMethod, UserRef, text,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use url::Url;

struct Account {
    emulator: Emulator,
    writer: Writer,
}

impl Account {
    async fn with(switches: Value) -> Self {
        let options = Options { switches: Some(switches), ..Options::in_memory() };
        let emulator = Emulator::start(options).await.unwrap();
        let tenant = "https://acme.onelogin.com";
        let config = ClientConfig {
            admin_base: Url::parse(tenant).unwrap(),
            oidc_base: Url::parse(tenant).unwrap(),
            reroute: Reroute::Emulator { tenant_origin: tenant.into(), to: Url::parse(&emulator.base_url()).unwrap() },
            credentials: Credentials { client_id: "emulator".into(), client_secret: "emulator-secret".into() },
            expected_account_id: Some(555_555),
            max_in_flight: 4,
            timeout: Duration::from_secs(20),
            max_wait: Duration::from_secs(100),
            user_agent: "gatewright-test".into(),
            clock: jiff::Timestamp::now,
        };
        Self { emulator, writer: Writer::new(Reader::new(config).unwrap()) }
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.request(method, format!("{}/_emulator/{path}", self.emulator.base_url())).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null)
    }
}

fn new_server(name: &str) -> NewServer {
    NewServer {
        name: name.into(),
        description: "first\nsecond".into(),
        resource_identifier: format!("https://{}", name.len()),
        audiences: vec!["https://b".into(), "https://a".into()],
        access_token_expiration_minutes: Some(10),
        refresh_token_expiration_minutes: None,
    }
}

fn new_app(name: &str) -> NewApp {
    NewApp {
        name: name.into(),
        description: Some("R&D <app>".into()),
        notes: Some("one\ntwo".into()),
        visible: Some(false),
        application_type: ApplicationType::Web,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Basic,
        redirect_uris: vec!["https://a/cb".into(), "https://b/cb".into()],
        post_logout_redirect_uris: Some(vec!["https://a/out".into()]),
        login_url: Some("https://a/in".into()),
        access_token_expiration_minutes: Some(5),
        refresh_token_expiration_minutes: None,
        connector_id: None,
    }
}

/// The settings that decide what comes back and what a PUT may leave out.
fn settings() -> Vec<Value> {
    let mut all = vec![json!({"html_escape": true, "crlf_notes": true, "zero_values": "show", "region": "eu"})];
    for omitted in ["keep", "null", "reject"] {
        // What is neither given nor shown cannot be sent back, so one that asks for it all the same cannot be satisfied.
        let absent = (omitted != "reject").then_some("absent");
        for expirations in ["null", "filled"].into_iter().chain(absent) {
            all.push(json!({"put_omitted": omitted, "default_expirations": expirations}));
        }
    }
    all
}

#[tokio::test]
async fn a_change_of_one_field_changes_that_field() {
    for switches in settings() {
        let account = Account::with(switches.clone()).await;
        let writer = &account.writer;
        let reader = writer.reader();
        let id = writer.create_server(&new_server("R&D")).await.unwrap();
        let before = reader.server(id).await.unwrap().unwrap();
        assert!(text::is_same(&before.name, "R&D"), "{switches}");
        let patch = ServerPatch { access_token_expiration_minutes: Some(20), ..ServerPatch::default() };
        writer.update_server(&before, &patch).await.unwrap_or_else(|error| panic!("{switches}: {error}"));
        let after = reader.server(id).await.unwrap().unwrap();
        let expected = LiveServer { access_token_expiration_minutes: Some(20), raw: after.raw.clone(), ..before };
        assert_eq!(after, expected, "{switches}");

        let new = NewScope { value: ScopeValue::new("read"), description: "R&D\nscope".into() };
        writer.create_scope(id, &new).await.unwrap();
        let scope = reader.scopes(id).await.unwrap().remove(0);
        let patch = ScopePatch { value: Some(ScopeValue::new("reads")), description: None };
        writer.update_scope(id, &scope, &patch).await.unwrap();
        let renamed = reader.scopes(id).await.unwrap().remove(0);
        assert_eq!((renamed.id, renamed.value.as_str(), &renamed.description), (scope.id, "reads", &scope.description));

        let source = ClaimSource::UserAttribute("roles".into());
        let transformation = Some("semicolon_separated_list".to_owned());
        let new = NewClaim { name: ClaimName::new("roles"), source: source.clone(), transformation };
        writer.create_claim(id, &new).await.unwrap();
        let claim = reader.claims(id).await.unwrap().remove(0);
        let patch = ClaimPatch { name: Some(ClaimName::new("groups")), ..ClaimPatch::default() };
        writer.update_claim(id, &claim, &patch).await.unwrap();
        let renamed = reader.claims(id).await.unwrap().remove(0);
        assert_eq!(renamed.name, ClaimName::new("groups"));
        assert_eq!((renamed.source, renamed.transformation), (Some(source), claim.transformation));
    }
}

#[tokio::test]
async fn apps_roles_and_bindings_come_back_as_written() {
    for switches in settings() {
        let account = Account::with(switches.clone()).await;
        let writer = &account.writer;
        let reader = writer.reader();
        let role = writer.create_role("Testers").await.unwrap();
        assert_eq!(reader.roles_named("Testers").await.unwrap()[0].id, role);
        let user = reader.users(&UserRef::parse("tester@example.com")).await.unwrap().remove(0);
        writer.add_role_members(role, &[user.id]).await.unwrap();
        assert_eq!(reader.role_members(role).await.unwrap(), BTreeSet::from([user.id]));
        writer.rename_role(role, "API Testers").await.unwrap();
        assert_eq!(reader.role(role).await.unwrap().unwrap().name, "API Testers");

        let connector = reader.oidc_connector().await.unwrap();
        let new = new_app("Web & more");
        let created = writer.create_app(&new, connector, &BTreeSet::from([role])).await.unwrap();
        assert!(created.client_secret.is_some());
        let app = reader.app(created.id).await.unwrap().unwrap();
        assert!(text::is_same(&app.name, "Web & more"), "{switches}");
        assert!(text::is_same(app.notes.as_deref().unwrap(), "one\ntwo"), "{switches}");
        assert_eq!(
            (&app.redirect_uris, &app.post_logout_redirect_uris),
            (&new.redirect_uris, &vec!["https://a/out".into()])
        );
        assert_eq!(
            (app.application_type, app.token_endpoint_auth_method),
            (new.application_type, new.token_endpoint_auth_method)
        );
        assert_eq!((app.visible, &app.role_ids, &app.client_id), (false, &BTreeSet::from([role]), &created.client_id));
        assert_eq!(reader.role_apps(role).await.unwrap(), BTreeSet::from([created.id]));
        let patch = AppPatch { post_logout_redirect_uris: Some(vec![]), ..AppPatch::default() };
        writer.update_app(created.id, &patch, Some(&BTreeSet::new())).await.unwrap();
        let after = reader.app(created.id).await.unwrap().unwrap();
        assert_eq!((after.post_logout_redirect_uris.len(), after.role_ids.len()), (0, 0));
        assert_eq!((&after.redirect_uris, &after.description), (&app.redirect_uris, &app.description));

        let server = writer.create_server(&new_server("Contacts")).await.unwrap();
        let new = NewScope { value: ScopeValue::new("read"), description: String::new() };
        let scope = writer.create_scope(server, &new).await.unwrap();
        writer.bind_client(server, created.id, &[]).await.unwrap();
        writer.update_client(server, created.id, &[scope]).await.unwrap();
        let client = reader.clients(server).await.unwrap().remove(0);
        assert_eq!((client.app_id, client.scopes[0].id), (created.id, scope));
        let error = writer.bind_client(server, created.id, &[scope]).await.unwrap_err();
        assert!(!error.may_have_run(), "{error:?}");

        writer.unbind_client(server, created.id).await.unwrap();
        writer.delete_scope(server, scope).await.unwrap();
        writer.delete_server(server).await.unwrap();
        writer.delete_app(created.id).await.unwrap();
        writer.delete_role(role).await.unwrap();
        writer.delete_role(role).await.unwrap();
        assert!(reader.server(server).await.unwrap().is_none() && reader.app(created.id).await.unwrap().is_none());
        assert!(reader.role(role).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn long_lists_are_read_whole_over_few_connections() {
    let account = Account::with(json!({})).await;
    let writer = &account.writer;
    let names: Vec<String> = (0..230).map(|number| format!("role {number:03}")).collect();
    futures_util::future::try_join_all(names.iter().map(|name| writer.create_role(name))).await.unwrap();
    let server = writer.create_server(&new_server("Contacts")).await.unwrap();
    account.control(reqwest::Method::POST, "reset", json!({})).await;
    let live = collect_all(writer.reader()).await.unwrap();
    assert!(names.iter().all(|name| live.lists.roles.iter().any(|role| role.name == *name)));
    assert_eq!(live.lists.roles.len(), 230);
    assert!(live.servers.contains_key(&server));
    let counters = account.control(reqwest::Method::GET, "counters", json!({})).await;
    // The quota, three lists of which one has three pages, and two servers with their children, one of them OneLogin's
    // own; the token is there already.
    let spent = (counters["requests"].as_u64(), counters["writes"].as_u64(), counters["tokens"].as_u64());
    assert_eq!(spent, (Some(1 + 5 + 2 * 4), Some(0), Some(0)), "{counters}");
    assert!(counters["connections"].as_u64().unwrap() <= 4, "{counters}");
}

#[tokio::test]
async fn an_expired_token_is_renewed() {
    let account = Account::with(json!({})).await;
    let reader = account.writer.reader();
    assert!(reader.list_roles().await.unwrap().is_empty());
    account.control(reqwest::Method::POST, "clock", json!({"seconds": 40_000})).await;
    assert!(reader.list_roles().await.unwrap().is_empty());
    assert!(reader.role(RemoteId(1)).await.unwrap().is_none());
    // Two tokens, one refusal, three answers.
    assert_eq!(reader.requests_made(), 6);
}
