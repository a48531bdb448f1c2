//! Strategies: an account and a file about it, drawn from few names so that renames, twins and leftovers are common.

use gatewright::diagnostic::{Origin, Sourced};
use gatewright::model::*;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// An account and a file about it.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) desired: DesiredState,
    pub(super) live: LiveState,
}

pub(super) fn world() -> impl Strategy<Value = World> {
    (live_state(), any::<prop::sample::Index>()).prop_flat_map(|(live, _)| {
        let fixed = live.clone();
        desired_state(live).prop_map(move |desired| World { desired, live: fixed.clone() })
    })
}

pub(super) fn origin() -> Origin {
    Origin { file: "gatewright.yaml".into(), line: 1, column: 1, start: 0, end: 0 }
}

fn at<T>(value: T) -> Sourced<T> {
    Sourced::new(value, origin())
}

fn field<T: std::fmt::Debug + Clone>(strategy: impl Strategy<Value = T>) -> impl Strategy<Value = Field<T>> {
    option::of(strategy.prop_map(at))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just("R&D".to_owned()), Just("R&amp;D".to_owned()), Just(String::new()), Just("plain".to_owned())]
}

fn audiences() -> impl Strategy<Value = Vec<String>> {
    btree_set("https://[ab]\\.example", 1..3).prop_map(|set| set.into_iter().collect()).prop_shuffle()
}

fn raw() -> RawObject {
    RawObject::default()
}

// Live side: a few roles, apps and servers with distinct natural keys; children with distinct values.

fn live_state() -> impl Strategy<Value = LiveState> {
    let roles = btree_set("role[a-c]", 0..3);
    let apps = btree_map("app[a-d]", live_app(), 0..4);
    let servers = btree_map("https://api[a-d]\\.example", live_server(), 0..4);
    (roles, apps, servers, vec(any::<prop::sample::Index>(), 12))
        .prop_map(|(roles, apps, servers, picks)| assemble(roles, apps, servers, &picks))
}

fn live_app() -> impl Strategy<Value = LiveApp> {
    (text(), any::<bool>(), option::of(5u64..8), btree_set("https://[ab]\\.example/cb", 0..3)).prop_map(
        |(description, visible, minutes, uris)| LiveApp {
            id: RemoteId(0),
            name: String::new(),
            description: Some(description),
            notes: None,
            visible,
            application_type: ApplicationType::Web,
            token_endpoint_auth_method: TokenEndpointAuthMethod::Basic,
            redirect_uris: uris.into_iter().collect(),
            post_logout_redirect_uris: Vec::new(),
            login_url: None,
            access_token_expiration_minutes: minutes,
            refresh_token_expiration_minutes: None,
            role_ids: BTreeSet::new(),
            connector_id: Some(RemoteId(108_419)),
            client_id: None,
        },
    )
}

fn live_server() -> impl Strategy<Value = LiveServer> {
    let scopes = btree_map("s[a-d]", (text(), any::<bool>()), 0..4);
    let claims = btree_map("c[a-c]", ("[ef]mail", any::<bool>()), 0..3);
    (text(), audiences(), option::of(5u64..8), scopes, claims).prop_map(
        |(description, audiences, minutes, scopes, claims)| LiveServer {
            id: RemoteId(0),
            name: String::new(),
            description: Some(description),
            resource_identifier: String::new(),
            audiences,
            access_token_expiration_minutes: minutes,
            refresh_token_expiration_minutes: None,
            built_in: false,
            raw: raw(),
            scopes: Some(
                scopes
                    .into_iter()
                    .map(|(value, (description, inherited))| live_scope(value, description, inherited))
                    .collect(),
            ),
            claims: Some(
                claims.into_iter().map(|(name, (mapping, inherited))| live_claim(name, mapping, inherited)).collect(),
            ),
            clients: Some(Vec::new()),
        },
    )
}

fn live_scope(value: String, description: String, inherited: bool) -> LiveScope {
    LiveScope { id: RemoteId(0), value: ScopeValue::new(value), description: Some(description), inherited, raw: raw() }
}

fn live_claim(name: String, mapping: String, inherited: bool) -> LiveClaim {
    LiveClaim {
        id: RemoteId(0),
        name: ClaimName::new(name),
        source: Some(ClaimSource::UserAttribute(mapping)),
        transformation: None,
        inherited,
        raw: raw(),
    }
}

/// Hands out ids, and binds apps to servers with some of their scopes.
fn assemble(
    roles: BTreeSet<String>,
    apps: BTreeMap<String, LiveApp>,
    servers: BTreeMap<String, LiveServer>,
    picks: &[prop::sample::Index],
) -> LiveState {
    let mut next = 100;
    let mut id = || {
        next += 7;
        RemoteId(next)
    };
    let mut live = LiveState { account_id: Some(555_555), ..LiveState::default() };
    for name in roles {
        let role = LiveRole { id: id(), name };
        live.role_members.insert(role.id, BTreeSet::new());
        live.lists.roles.push(role);
    }
    for (name, app) in apps {
        let app =
            LiveApp { id: id(), name, role_ids: live.lists.roles.iter().take(1).map(|role| role.id).collect(), ..app };
        live.lists.apps.push(AppSummary {
            id: app.id,
            name: app.name.clone(),
            auth_method: AppSummary::OPENID_CONNECT,
        });
        live.apps.insert(app.id, app);
    }
    for (index, (identifier, server)) in servers.into_iter().enumerate() {
        let mut server =
            LiveServer { id: id(), name: format!("API {index}"), resource_identifier: identifier, ..server };
        for scope in server.scopes.iter_mut().flatten() {
            scope.id = id();
        }
        for claim in server.claims.iter_mut().flatten() {
            claim.id = id();
        }
        server.clients = Some(bindings(&live, &server, picks));
        live.lists.servers.push(ServerSummary {
            id: server.id,
            name: server.name.clone(),
            resource_identifier: server.resource_identifier.clone(),
            audiences: server.audiences.clone(),
            built_in: false,
        });
        live.servers.insert(server.id, server);
    }
    for (user, user_id) in [("ann@example.com", 1), ("bob", 2)] {
        let found = LiveUser { id: RemoteId(user_id), email: user.to_owned(), username: user.to_owned() };
        live.users.insert(UserRef::parse(user), vec![found]);
    }
    live
}

fn bindings(live: &LiveState, server: &LiveServer, picks: &[prop::sample::Index]) -> Vec<LiveClient> {
    let scopes = server.scopes.as_deref().unwrap_or_default();
    let bound = live.apps.values().zip(picks).filter(|(_, pick)| pick.index(3) > 0);
    let bind = |(app, pick): (&LiveApp, &prop::sample::Index)| LiveClient {
        app_id: app.id,
        app_name: app.name.clone(),
        scopes: scopes
            .iter()
            .take(pick.index(scopes.len() + 1))
            .map(|scope| LiveClientScope { value: scope.value.clone(), id: scope.id })
            .collect(),
    };
    bound.map(bind).collect()
}

// Desired side: the same names, so that entries meet live objects, miss them, or take over their names.

fn desired_state(live: LiveState) -> impl Strategy<Value = DesiredState> {
    let roles = btree_map("role[a-c]", field(vec(prop_oneof![Just("ann@example.com"), Just("bob")], 0..3)), 0..3);
    let apps = btree_map("app[a-d]", desired_app(), 0..4);
    let servers = btree_map("api[a-d]", desired_server(), 0..4);
    (roles, apps, servers, vec(any::<prop::sample::Index>(), 40)).prop_map(move |(roles, apps, servers, picks)| {
        let mut picks = picks.into_iter().cycle();
        let mut pick = |bound: usize| picks.next().map_or(0, |pick| pick.index(bound));
        let roles: BTreeMap<EntryKey, Entry<Role, ()>> = roles
            .into_iter()
            .map(|(key, users)| {
                let role = role(&key, users);
                (EntryKey::new(key), if pick(4) == 0 { Entry::Absent(role) } else { Entry::Present(role) })
            })
            .collect();
        let given: Vec<EntryKey> =
            roles.iter().filter(|(_, role)| role.present().is_some()).map(|(key, _)| key.clone()).collect();
        let apps: BTreeMap<EntryKey, Entry<App, ()>> = apps
            .into_iter()
            .map(|(key, app)| {
                // Pins let names change hands, in chains and in circles.
                let pinned = match pick(3) {
                    0 if !live.lists.apps.is_empty() => Some(at(live.lists.apps[pick(live.lists.apps.len())].id)),
                    _ => None,
                };
                let roles =
                    (pick(2) == 0).then(|| at(given.iter().filter(|_| pick(2) == 0).cloned().map(at).collect()));
                let app = App { name: Some(at(key.clone())), id: pinned, roles, ..app };
                (EntryKey::new(key), if pick(8) == 0 { Entry::Absent(app) } else { Entry::Present(app) })
            })
            .collect();
        let bound: Vec<EntryKey> =
            apps.iter().filter(|(_, app)| app.present().is_some()).map(|(key, _)| key.clone()).collect();
        let servers = servers
            .into_iter()
            .map(|(key, server)| {
                let is_absent = picks.next().is_some_and(|pick| pick.index(8) == 0);
                let server = finish_server(&key, server, &bound, &live, &mut picks);
                (EntryKey::new(key), if is_absent { Entry::Absent(server) } else { Entry::Present(server) })
            })
            .collect();
        let replaced: Vec<EntryKey> = bound.iter().filter(|_| pick_one(&mut picks, 3) == 0).cloned().collect();
        let mut desired = DesiredState {
            tenant: Tenant { subdomain: "acme".to_owned(), account_id: None, base_url: None },
            environment: None,
            config_digest: String::new(),
            roles,
            apps,
            servers,
            policies: BTreeMap::new(),
            replaces: Replaces::default(),
            notes: Vec::new(),
        };
        for app in replaced {
            // What is pinned cannot be.
            let is_pinned = desired.apps[&app].present().unwrap().id.is_some();
            assert_eq!(desired.replace(&Address::OidcApp(app)).is_err(), is_pinned);
        }
        desired
    })
}

fn pick_one(picks: &mut impl Iterator<Item = prop::sample::Index>, bound: usize) -> usize {
    picks.next().map_or(0, |pick| pick.index(bound))
}

fn role(key: &str, users: Field<Vec<&'static str>>) -> Role {
    let users = users.map(|users| at(users.value.into_iter().map(|user| at(UserRef::parse(user))).collect()));
    Role { origin: origin(), id: None, renamed_from: None, name: Some(at(key.to_owned())), ensure_users: users }
}

fn desired_app() -> impl Strategy<Value = App> {
    let uris = btree_set("https://[ab]\\.example/cb", 0..3).prop_map(|set| set.into_iter().collect::<Vec<_>>());
    let old = field("app[a-d]".prop_map(String::from));
    let fields = (field(text()), field(any::<bool>()), field(5u32..8), uris, option::weighted(0.3, old));
    fields.prop_map(|(description, visible, minutes, uris, old)| App {
        origin: origin(),
        id: None,
        renamed_from: old.flatten(),
        name: None,
        description,
        notes: None,
        visible,
        application_type: Some(at(ApplicationType::Web)),
        token_endpoint_auth_method: Some(at(TokenEndpointAuthMethod::Basic)),
        redirect_uris: Some(at(uris)),
        post_logout_redirect_uris: None,
        login_url: None,
        access_token_expiration_minutes: minutes,
        refresh_token_expiration_minutes: None,
        roles: None,
        connector_id: None,
    })
}

fn desired_server() -> impl Strategy<Value = Server> {
    let scopes = field(btree_map("s[a-d]", (field(text()), option::of("s[a-d]")), 0..4));
    let claims = field(btree_map("c[a-c]", ("[ef]mail", option::of("c[a-c]")), 0..3));
    (field(text()), audiences(), field(5u32..8), scopes, claims, any::<bool>()).prop_map(
        |(description, audiences, minutes, scopes, claims, keeps)| Server {
            origin: origin(),
            id: None,
            renamed_from: None,
            name: None,
            description,
            resource_identifier: None,
            audiences: Some(at(audiences.into_iter().map(at).collect())),
            share_audience_with: Vec::new(),
            access_token_expiration_minutes: minutes,
            refresh_token_expiration_minutes: None,
            scopes: scopes.map(|scopes| at(scopes.value.into_iter().map(scope).collect())),
            inherited_scopes: Vec::new(),
            claims: claims.map(|claims| at(claims.value.into_iter().map(claim).collect())),
            clients: None,
            unmanaged: if keeps { Unmanaged::Keep } else { Unmanaged::Delete },
        },
    )
}

fn scope((value, (description, old)): (String, (Field<String>, Option<String>))) -> (ScopeValue, Scope) {
    let old = old.filter(|old| *old != value).map(|old| at(ScopeValue::new(old)));
    (ScopeValue::new(value), Scope { origin: origin(), description, renamed_from: old })
}

fn claim((name, (mapping, old)): (String, (String, Option<String>))) -> (ClaimName, Claim) {
    let old = old.filter(|old| *old != name).map(|old| at(ClaimName::new(old)));
    let source = Some(at(ClaimSource::UserAttribute(mapping)));
    (ClaimName::new(name), Claim { origin: origin(), source, transformation: None, renamed_from: old })
}

/// Gives a server its identity and, mostly, bindings that its scopes allow.
fn finish_server(
    key: &str,
    server: Server,
    apps: &[EntryKey],
    live: &LiveState,
    picks: &mut impl Iterator<Item = prop::sample::Index>,
) -> Server {
    let identifier = format!("https://{key}.example");
    let summary = live.lists.servers.iter().find(|summary| summary.resource_identifier == identifier);
    let name = summary.map_or_else(|| format!("New {key}"), |summary| summary.name.clone());
    let values: Vec<ScopeValue> = match &server.scopes {
        Some(scopes) => scopes.value.keys().cloned().collect(),
        None => Vec::new(),
    };
    let mut pick = |bound: usize| picks.next().map_or(0, |pick| pick.index(bound));
    let clients = (pick(4) > 0).then(|| {
        let bound = apps.iter().filter(|_| pick(3) > 0).map(|app| (app.clone(), ())).collect::<BTreeMap<_, ()>>();
        at(bound
            .into_keys()
            .map(|app| (app, at(values.iter().take(pick(values.len() + 1)).cloned().map(at).collect())))
            .collect())
    });
    Server { name: Some(at(name)), resource_identifier: Some(at(identifier)), clients, ..server }
}
