//! Access changes of small plans, from the two states to the sentences.

use super::{
    AccessChange, Gate, Grant, GraphClient, GraphScope, Planned, Presence, Rewritten, admissions, compare,
    desired_access, live_access, of_plan,
};
use crate::diagnostic::{Origin, Sourced};
use crate::diff::{Change, Impact, diff};
use crate::model::{
    App, AppSummary, ApplicationType, DesiredState, Entry, EntryKey, LiveApp, LiveClient, LiveClientScope, LiveLists,
    LiveScope, LiveServer, LiveState, Policy, RawObject, RemoteId, Replaces, Scope, ScopeValue, Server, ServerSummary,
    Tenant, TokenEndpointAuthMethod, Unmanaged, identify, sample,
};
use std::collections::{BTreeMap, BTreeSet};

const API: &str = "https://contacts.example.com";

fn at() -> Origin {
    Origin { file: "gatewright.yaml".into(), line: 1, column: 1, start: 0, end: 1 }
}

fn sourced<T>(value: T) -> Sourced<T> {
    Sourced::new(value, at())
}

fn key(text: &str) -> EntryKey {
    EntryKey::new(text)
}

fn values(scopes: &[&str]) -> Vec<Sourced<ScopeValue>> {
    scopes.iter().map(|&scope| sourced(ScopeValue::new(scope))).collect()
}

fn app(name: &str) -> Entry<App, ()> {
    Entry::Present(App {
        origin: at(),
        id: None,
        renamed_from: None,
        name: Some(sourced(name.to_owned())),
        description: None,
        notes: None,
        visible: None,
        application_type: None,
        token_endpoint_auth_method: None,
        redirect_uris: None,
        post_logout_redirect_uris: None,
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        roles: None,
        connector_id: None,
    })
}

fn policy() -> Policy {
    Policy { require_scopes: values(&["read"]), ..sample::policy("contacts") }
}

/// What the file says: scopes read and write, `web` with both, `batch` with read, a policy that requires read.
fn desired() -> DesiredState {
    let scope = |_: &str| Scope { origin: at(), description: None, renamed_from: None };
    let scopes = ["read", "write"].map(|value| (ScopeValue::new(value), scope(value)));
    let clients =
        BTreeMap::from([(key("web"), sourced(values(&["read", "write"]))), (key("batch"), sourced(values(&["read"])))]);
    let server = Server {
        origin: at(),
        id: None,
        renamed_from: None,
        name: Some(sourced("Contacts".to_owned())),
        description: None,
        resource_identifier: Some(sourced(API.to_owned())),
        audiences: Some(sourced(vec![sourced(API.to_owned())])),
        share_audience_with: Vec::new(),
        access_token_expiration_minutes: Some(sourced(10)),
        refresh_token_expiration_minutes: None,
        scopes: Some(sourced(BTreeMap::from(scopes))),
        inherited_scopes: Vec::new(),
        claims: None,
        clients: Some(sourced(clients)),
        unmanaged: Unmanaged::Delete,
    };
    DesiredState {
        tenant: Tenant { subdomain: "acme".to_owned(), account_id: None, base_url: None },
        environment: None,
        config_digest: String::new(),
        roles: BTreeMap::new(),
        apps: BTreeMap::from([(key("web"), app("Web")), (key("batch"), app("Batch"))]),
        servers: BTreeMap::from([(key("contacts"), Entry::Present(server))]),
        policies: BTreeMap::from([(key("mule"), policy())]),
        replaces: Replaces::default(),
        notes: Vec::new(),
    }
}

fn scope_id(value: &str) -> RemoteId {
    match value {
        "read" => RemoteId(1),
        "write" => RemoteId(2),
        _ => RemoteId(3),
    }
}

fn client(id: u64, name: &str, scopes: &[&str]) -> LiveClient {
    let scope = |&value: &&str| LiveClientScope { value: ScopeValue::new(value), id: scope_id(value) };
    LiveClient { app_id: RemoteId(id), app_name: name.to_owned(), scopes: scopes.iter().map(scope).collect() }
}

fn live_app(id: u64, name: &str) -> LiveApp {
    LiveApp {
        id: RemoteId(id),
        name: name.to_owned(),
        description: None,
        notes: None,
        visible: true,
        application_type: ApplicationType::Web,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Basic,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        role_ids: BTreeSet::new(),
        client_id: None,
        connector_id: None,
    }
}

/// The account as the file wants it.
fn live() -> LiveState {
    let scope = |value: &str| LiveScope {
        id: scope_id(value),
        value: ScopeValue::new(value),
        description: None,
        inherited: false,
        raw: RawObject::default(),
    };
    let server = LiveServer {
        id: RemoteId(100),
        name: "Contacts".to_owned(),
        description: None,
        resource_identifier: API.to_owned(),
        audiences: vec![API.to_owned()],
        access_token_expiration_minutes: Some(10),
        refresh_token_expiration_minutes: None,
        built_in: false,
        raw: RawObject::default(),
        scopes: Some(vec![scope("read"), scope("write")]),
        claims: None,
        clients: Some(vec![client(11, "Web", &["read", "write"]), client(12, "Batch", &["read"])]),
    };
    let summary = ServerSummary {
        id: RemoteId(100),
        name: "Contacts".to_owned(),
        resource_identifier: API.to_owned(),
        audiences: vec![API.to_owned()],
        built_in: false,
    };
    let listed = |id, name: &str| AppSummary { id: RemoteId(id), name: name.to_owned(), auth_method: 8 };
    LiveState {
        lists: LiveLists {
            servers: vec![summary],
            apps: vec![listed(11, "Web"), listed(12, "Batch"), listed(13, "Legacy")],
            ..LiveLists::default()
        },
        servers: BTreeMap::from([(RemoteId(100), server)]),
        apps: BTreeMap::from([(RemoteId(11), live_app(11, "Web")), (RemoteId(12), live_app(12, "Batch"))]),
        ..LiveState::default()
    }
}

fn server_of(desired: &mut DesiredState) -> &mut Server {
    let Some(Entry::Present(server)) = desired.servers.get_mut(&key("contacts")) else { panic!("listed") };
    server
}

fn live_server(live: &mut LiveState) -> &mut LiveServer {
    live.servers.get_mut(&RemoteId(100)).unwrap()
}

fn found(desired: &DesiredState, live: &LiveState, rewritten: &[&str]) -> Vec<AccessChange> {
    let diff = diff(desired, live);
    assert_eq!(diff.problems, Vec::new());
    let planned: Vec<&Change> = diff.changes.iter().collect();
    let keys: Vec<EntryKey> = rewritten.iter().map(|&policy| key(policy)).collect();
    let rewritten: Vec<_> = keys.iter().map(|policy| Rewritten { policy, before: None, after: "" }).collect();
    of_plan(Planned { desired, live, changes: &planned, rewritten: &rewritten }).changes
}

/// Draws the graph of a plan in few signs: `+` what comes, `-` what goes, `!` what is refused from now on.
fn drawn(desired: &DesiredState, live: &LiveState) -> Vec<String> {
    let diff = diff(desired, live);
    let planned: Vec<&Change> = diff.changes.iter().collect();
    let graph = of_plan(Planned { desired, live, changes: &planned, rewritten: &[] }).graph;
    let sign = |presence| match presence {
        Presence::Stays => "",
        Presence::Comes => "+",
        Presence::Goes => "-",
    };
    let scope = |scope: &GraphScope| match scope {
        GraphScope::Kept(scope) => scope.to_string(),
        GraphScope::Gained(scope) => format!("+{scope}"),
        GraphScope::Lost(scope) => format!("-{scope}"),
        GraphScope::Renamed { from, to } => format!("{from}>{to}"),
    };
    let gate = |gate: &Gate| match (gate.obstacles.is_empty(), gate.is_news) {
        (true, false) => format!(" {}", gate.policy),
        (true, true) => format!(" +{}", gate.policy),
        (false, false) => format!(" -{}", gate.policy),
        (false, true) => format!(" !{}", gate.policy),
    };
    let mut lines = Vec::new();
    for api in &graph {
        let impact = api.impact.map_or_else(String::new, |impact| format!(" {}", impact.as_str()));
        lines.push(format!("{}{}{impact}", sign(api.presence), api.server));
        for client in &api.clients {
            let GraphClient { client, presence, is_replaced, impact, scopes, gates } = client;
            let scopes: Vec<String> = scopes.iter().map(scope).collect();
            let gates: String = gates.iter().map(gate).collect();
            let anew = if *is_replaced { " anew" } else { "" };
            let impact = impact.map_or_else(String::new, |impact| format!(" {}", impact.as_str()));
            lines.push(format!("  {}{client}{anew}: {}{gates}{impact}", sign(*presence), scopes.join(" ")));
        }
    }
    lines
}

/// Changes the two states and expects exactly these impacts and sentences, in order.
fn check(change: impl FnOnce(&mut DesiredState, &mut LiveState), expected: &[(Impact, &str)]) {
    let (mut desired, mut live) = (desired(), live());
    change(&mut desired, &mut live);
    let found = found(&desired, &live, &[]);
    let found: Vec<(Impact, &str)> = found.iter().map(|change| (change.impact, change.sentence.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn equal_states_change_nothing() {
    check(|_, _| {}, &[]);
}

#[test]
fn grants_are_gained_and_lost() {
    check(
        |_, live| live_server(live).clients = Some(vec![client(11, "Web", &["read"]), client(12, "Batch", &["read"])]),
        &[(Impact::Widens, "`web` may get `write` on `contacts`")],
    );
    check(
        |_, live| {
            let clients = live_server(live).clients.as_mut().unwrap();
            *clients = vec![client(11, "Web", &["read", "write"]), client(12, "Batch", &["read", "write"])];
        },
        &[(Impact::Narrows, "`batch` no longer gets `write` on `contacts`")],
    );
    check(
        |_, live| live_server(live).clients.as_mut().unwrap().push(client(13, "Legacy", &["write"])),
        &[(Impact::Breaks, "`Legacy (id 13)` gets no more tokens for `contacts`: it loses `write`")],
    );
    check(
        |_, live| drop(live_server(live).clients.as_mut().unwrap().pop()),
        &[(Impact::Widens, "`batch` may get `read` on `contacts`")],
    );
}

#[test]
fn a_lost_scope_that_a_policy_requires_breaks() {
    check(
        |desired, _| {
            let clients = server_of(desired).clients.as_mut().unwrap();
            clients.value.insert(key("web"), sourced(values(&["write"])));
        },
        &[
            (Impact::Breaks, "gateway policy `mule` refuses `web`: on `contacts` it lacks `read`"),
            (Impact::Narrows, "`web` no longer gets `read` on `contacts`"),
        ],
    );
}

#[test]
fn what_a_policy_refuses_already_is_news_only_with_a_new_file() {
    let (mut desired, live) = (desired(), live());
    desired.policies.get_mut(&key("mule")).unwrap().require_scopes = values(&["write"]);
    assert_eq!(found(&desired, &live, &[]), Vec::new());
    let news = found(&desired, &live, &["mule"]);
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].sentence, "gateway policy `mule` refuses `batch`: on `contacts` it lacks `write`");
    assert_eq!((news[0].impact, news[0].client.as_deref()), (Impact::Breaks, Some("batch")));
}

#[test]
fn a_policy_that_asks_for_another_audience_refuses_all() {
    let (mut desired, live) = (desired(), live());
    let other = vec![sourced("https://other.example.com".to_owned())];
    desired.policies.get_mut(&key("mule")).unwrap().audiences = Some(other);
    let sentences: Vec<String> = found(&desired, &live, &["mule"]).into_iter().map(|change| change.sentence).collect();
    let refused = |client: &str| {
        format!(
            "gateway policy `mule` refuses `{client}`: on `contacts` it gets tokens for other audiences than \
             `https://other.example.com`"
        )
    };
    assert_eq!(sentences, [refused("batch"), refused("web")]);
}

#[test]
fn servers_widen_and_narrow() {
    check(
        |_, live| live_server(live).access_token_expiration_minutes = Some(60),
        &[(Impact::Narrows, "access tokens of `contacts` live 10 minutes instead of 60 minutes")],
    );
    check(
        |_, live| live_server(live).access_token_expiration_minutes = None,
        &[(Impact::Widens, "access tokens of `contacts` live 10 minutes instead of OneLogin's default")],
    );
    check(
        |desired, _| {
            let audiences = &mut server_of(desired).audiences.as_mut().unwrap().value;
            audiences.push(sourced("https://people.example.com".to_owned()));
        },
        &[(Impact::Widens, "tokens of `contacts` open `https://people.example.com` too")],
    );
}

#[test]
fn an_audience_shared_with_an_unlisted_server_widens() {
    check(
        |desired, live| {
            let people = "https://people.example.com";
            live.lists.servers.push(ServerSummary {
                id: RemoteId(200),
                name: "People".to_owned(),
                resource_identifier: people.to_owned(),
                audiences: vec![people.to_owned()],
                built_in: false,
            });
            server_of(desired).audiences.as_mut().unwrap().value.push(sourced(people.to_owned()));
        },
        &[
            (
                Impact::Widens,
                "tokens of `contacts` and of `People (id 200)` both carry the audience `https://people.example.com`",
            ),
            (Impact::Widens, "tokens of `contacts` open `https://people.example.com` too"),
        ],
    );
}

#[test]
fn a_renamed_scope_is_neither_lost_nor_gained() {
    check(
        |desired, live| {
            let server = live_server(live);
            server.scopes.as_mut().unwrap()[1].value = ScopeValue::new("edit");
            server.clients.as_mut().unwrap()[0].scopes[1].value = ScopeValue::new("edit");
            let scopes = server_of(desired).scopes.as_mut().unwrap();
            scopes.value.get_mut(&ScopeValue::new("write")).unwrap().renamed_from =
                Some(sourced(ScopeValue::new("edit")));
        },
        &[(Impact::Breaks, "`web` has to ask `contacts` for `write` instead of `edit`")],
    );
}

#[test]
fn a_scope_that_is_renamed_and_taken_away_is_lost() {
    check(
        |desired, live| {
            let server = live_server(live);
            server.scopes.as_mut().unwrap()[1].value = ScopeValue::new("edit");
            server.clients.as_mut().unwrap()[0].scopes[1].value = ScopeValue::new("edit");
            let desired = server_of(desired);
            let scopes = desired.scopes.as_mut().unwrap();
            scopes.value.get_mut(&ScopeValue::new("write")).unwrap().renamed_from =
                Some(sourced(ScopeValue::new("edit")));
            let web = desired.clients.as_mut().unwrap().value.get_mut(&key("web")).unwrap();
            web.value.retain(|scope| scope.value != ScopeValue::new("write"));
        },
        &[(Impact::Narrows, "`web` no longer gets `edit` on `contacts`")],
    );
}

#[test]
fn deleted_things_take_their_grants_with_them() {
    check(
        |desired, _| {
            let Some(Entry::Present(server)) = desired.servers.remove(&key("contacts")) else { panic!("listed") };
            desired.servers.insert(key("contacts"), Entry::Absent(server));
            desired.policies.clear();
        },
        &[
            (Impact::Breaks, "`batch` gets no more tokens for `contacts`: it loses `read`"),
            (Impact::Breaks, "`web` gets no more tokens for `contacts`: it loses `read`, `write`"),
        ],
    );
    check(
        |desired, live| {
            let Some(Entry::Present(app)) = desired.apps.remove(&key("batch")) else { panic!("listed") };
            desired.apps.insert(key("batch"), Entry::Absent(app));
            server_of(desired).clients.as_mut().unwrap().value.remove(&key("batch"));
            let mut other = live_server(live).clone();
            other.id = RemoteId(300);
            other.audiences = vec!["https://other.example.com".to_owned()];
            other.clients = Some(vec![client(12, "Batch", &["read"])]);
            live.servers.insert(RemoteId(300), other);
            live.consequences.bindings.insert(RemoteId(400), vec![client(12, "Batch", &[]), client(13, "Legacy", &[])]);
        },
        &[
            (Impact::Breaks, "`batch` gets no more tokens for `contacts`: it loses `read`"),
            (Impact::Breaks, "`batch` gets no more tokens for `id 300`: it loses `read`"),
            (Impact::Breaks, "`batch` gets no more tokens for `id 400`"),
        ],
    );
}

#[test]
fn a_new_server_grants_what_the_file_says() {
    check(
        |_, live| {
            live.servers.clear();
            live.lists.servers.clear();
        },
        &[
            (Impact::Widens, "`batch` may get `read` on `contacts`"),
            (Impact::Widens, "`web` may get `read`, `write` on `contacts`"),
        ],
    );
}

#[test]
fn file_and_account_speak_of_the_same_grants() {
    let (desired, live) = (desired(), live());
    let from_file = desired_access(&desired);
    let from_account = live_access(&live, &identify(&desired, &live.lists));
    assert_eq!(compare(&from_account, &from_file), Vec::new());
    assert_eq!(from_file.grants(), from_account.grants());
    let grant = |client: &str, scope: &str| Grant {
        server: "contacts".to_owned(),
        client: client.to_owned(),
        scope: Some(ScopeValue::new(scope)),
    };
    assert_eq!(from_file.grants(), [grant("batch", "read"), grant("web", "read"), grant("web", "write")]);
    assert!(admissions(&desired, &from_file).iter().all(|admission| admission.obstacles.is_empty()));
}

#[test]
fn the_graph_shows_what_is_touched_and_the_grants_around_it() {
    let draw = |change: &dyn Fn(&mut DesiredState, &mut LiveState)| {
        let (mut desired, mut live) = (desired(), live());
        change(&mut desired, &mut live);
        drawn(&desired, &live)
    };
    assert_eq!(draw(&|_, _| {}), Vec::<String>::new());
    let of = |desired: &mut DesiredState, client: &str, scopes: &[&str]| {
        let clients = server_of(desired).clients.as_mut().unwrap();
        clients.value.insert(key(client), sourced(values(scopes)));
    };
    assert_eq!(
        draw(&|desired, _| of(desired, "batch", &["write"])),
        ["contacts", "  batch: -read +write !mule breaks", "  web: read write mule"]
    );
    assert_eq!(
        draw(&|desired, live| {
            live_server(live).clients.as_mut().unwrap().pop();
            server_of(desired).access_token_expiration_minutes = Some(sourced(5));
        }),
        ["contacts narrows", "  +batch: +read mule widens", "  web: read write mule"]
    );
    assert_eq!(
        draw(&|desired, _| {
            server_of(desired).clients.as_mut().unwrap().value.remove(&key("batch"));
        }),
        ["contacts", "  -batch: -read breaks", "  web: read write mule"]
    );
    assert_eq!(
        draw(&|desired, live| {
            let server = live_server(live);
            server.scopes.as_mut().unwrap()[1].value = ScopeValue::new("edit");
            server.clients.as_mut().unwrap()[0].scopes[1].value = ScopeValue::new("edit");
            let scopes = server_of(desired).scopes.as_mut().unwrap();
            scopes.value.get_mut(&ScopeValue::new("write")).unwrap().renamed_from =
                Some(sourced(ScopeValue::new("edit")));
        }),
        ["contacts", "  batch: read mule", "  web: edit>write read mule breaks"]
    );
}

#[test]
fn the_graph_shows_where_else_a_touched_client_is_known() {
    let (mut desired, mut live) = (desired(), live());
    let mut other = live_server(&mut live).clone();
    other.id = RemoteId(300);
    other.audiences = vec!["https://other.example.com".to_owned()];
    other.clients = Some(vec![client(12, "Batch", &["read"]), client(13, "Legacy", &["read"])]);
    live.servers.insert(RemoteId(300), other);
    let clients = server_of(&mut desired).clients.as_mut().unwrap();
    clients.value.insert(key("batch"), sourced(values(&["read", "write"])));
    assert_eq!(
        drawn(&desired, &live),
        ["contacts", "  batch: read +write mule widens", "  web: read write mule", "id 300", "  batch: read"]
    );
}
