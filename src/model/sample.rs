//! Small files and accounts for the tests of the pure rooms.

use super::{
    App, AppSummary, ApplicationType, Claim, ClaimName, ClaimSource, ClientIdCheck, DesiredState, Entry, EntryKey,
    Gateway, LiveApp, LiveClaim, LiveClient, LiveClientScope, LiveRole, LiveScope, LiveServer, LiveState, MuleFormat,
    Mulesoft, Policy, RawObject, RemoteId, Replaces, Role, Scope, ScopeValue, Server, ServerSummary, Tenant,
    TokenEndpointAuthMethod, Unmanaged,
};
use crate::diagnostic::{Origin, Sourced};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn origin() -> Origin {
    Origin { file: "gatewright.yaml".into(), line: 1, column: 1, start: 0, end: 1 }
}

pub(crate) fn at<T>(value: T) -> Sourced<T> {
    Sourced::new(value, origin())
}

/// A field that holds a text.
pub(crate) fn text(value: &str) -> Option<Sourced<String>> {
    Some(at(value.to_owned()))
}

pub(crate) fn key(text: &str) -> EntryKey {
    EntryKey::new(text)
}

pub(crate) fn role(name: &str) -> Role {
    Role { origin: origin(), id: None, renamed_from: None, name: text(name), ensure_users: None }
}

/// An app with all that making one takes.
pub(crate) fn app(name: &str) -> App {
    App {
        origin: origin(),
        id: None,
        renamed_from: None,
        name: text(name),
        description: None,
        notes: None,
        visible: None,
        application_type: Some(at(ApplicationType::Web)),
        token_endpoint_auth_method: Some(at(TokenEndpointAuthMethod::Basic)),
        redirect_uris: Some(at(vec!["https://a.example/cb".to_owned()])),
        post_logout_redirect_uris: None,
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        roles: None,
        connector_id: None,
    }
}

/// A server with all that making one takes; the identifier is its audience, children are not declared.
pub(crate) fn server(name: &str, identifier: &str) -> Server {
    Server {
        origin: origin(),
        id: None,
        renamed_from: None,
        name: text(name),
        description: None,
        resource_identifier: text(identifier),
        audiences: Some(at(vec![at(identifier.to_owned())])),
        share_audience_with: Vec::new(),
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        scopes: None,
        inherited_scopes: Vec::new(),
        claims: None,
        clients: None,
        unmanaged: Unmanaged::Delete,
    }
}

/// A policy in front of a server, which requires nothing but a valid token.
pub(crate) fn policy(server: &str) -> Policy {
    Policy {
        origin: origin(),
        authorization_server: at(key(server)),
        require_scopes: Vec::new(),
        require_any_scope: Vec::new(),
        require_claims: BTreeMap::new(),
        audiences: None,
        jwks_ttl_minutes: None,
        client_id: ClientIdCheck::Skip,
        routes: Vec::new(),
        open: false,
        output: at("policies/contacts.json".to_owned()),
        probes: Vec::new(),
        gateway: Gateway::Mulesoft(Mulesoft { format: MuleFormat::Configuration, api_id: None, asset_version: None }),
    }
}

pub(crate) fn scopes(values: &[&str]) -> Option<Sourced<BTreeMap<ScopeValue, Scope>>> {
    let scope =
        |value: &&str| (ScopeValue::new(*value), Scope { origin: origin(), description: None, renamed_from: None });
    Some(at(values.iter().map(scope).collect()))
}

pub(crate) fn claims(names: &[&str]) -> Option<Sourced<BTreeMap<ClaimName, Claim>>> {
    let source = || Some(at(ClaimSource::UserAttribute("email".to_owned())));
    let claim = |name: &&str| {
        let claim = Claim { origin: origin(), source: source(), transformation: None, renamed_from: None };
        (ClaimName::new(*name), claim)
    };
    Some(at(names.iter().map(claim).collect()))
}

type Clients = BTreeMap<EntryKey, Sourced<Vec<Sourced<ScopeValue>>>>;

pub(crate) fn clients(bound: &[(&str, &[&str])]) -> Option<Sourced<Clients>> {
    let granted = |scopes: &[&str]| at(scopes.iter().map(|scope| at(ScopeValue::new(*scope))).collect());
    Some(at(bound.iter().map(|(app, scopes)| (key(app), granted(scopes))).collect()))
}

/// A file without entries.
pub(crate) fn file() -> DesiredState {
    DesiredState {
        tenant: Tenant { subdomain: "acme".to_owned(), account_id: None, base_url: None },
        environment: None,
        config_digest: String::new(),
        roles: BTreeMap::new(),
        apps: BTreeMap::new(),
        servers: BTreeMap::new(),
        policies: BTreeMap::new(),
        replaces: Replaces::default(),
        notes: Vec::new(),
    }
}

/// A file with these servers, by their keys.
pub(crate) fn file_of_servers(servers: impl IntoIterator<Item = (&'static str, Server)>) -> DesiredState {
    let servers = servers.into_iter().map(|(name, server)| (key(name), Entry::Present(server))).collect();
    DesiredState { servers, ..file() }
}

pub(crate) fn live_app(id: u64, name: &str) -> LiveApp {
    LiveApp {
        id: RemoteId(id),
        name: name.to_owned(),
        description: None,
        notes: None,
        visible: true,
        application_type: ApplicationType::Web,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Basic,
        redirect_uris: vec!["https://a.example/cb".to_owned()],
        post_logout_redirect_uris: Vec::new(),
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        role_ids: BTreeSet::new(),
        connector_id: None,
        client_id: None,
    }
}

/// A server as [`server`] makes it, its children read and none there.
pub(crate) fn live_server(id: u64, name: &str, identifier: &str) -> LiveServer {
    LiveServer {
        id: RemoteId(id),
        name: name.to_owned(),
        description: None,
        resource_identifier: identifier.to_owned(),
        audiences: vec![identifier.to_owned()],
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        built_in: false,
        raw: RawObject::default(),
        scopes: Some(Vec::new()),
        claims: Some(Vec::new()),
        clients: Some(Vec::new()),
    }
}

pub(crate) fn live_scope(id: u64, value: &str) -> LiveScope {
    LiveScope {
        id: RemoteId(id),
        value: ScopeValue::new(value),
        description: None,
        inherited: false,
        raw: RawObject::default(),
    }
}

pub(crate) fn live_claim(id: u64, name: &str) -> LiveClaim {
    LiveClaim {
        id: RemoteId(id),
        name: ClaimName::new(name),
        source: Some(ClaimSource::UserAttribute("email".to_owned())),
        transformation: None,
        inherited: false,
        raw: RawObject::default(),
    }
}

/// A binding of an app with these of the given scopes.
pub(crate) fn live_client(app: u64, name: &str, scopes: &[&LiveScope]) -> LiveClient {
    let scopes = scopes.iter().map(|scope| LiveClientScope { value: scope.value.clone(), id: scope.id }).collect();
    LiveClient { app_id: RemoteId(app), app_name: name.to_owned(), scopes }
}

/// An account of these servers, apps and roles, listed and read whole.
pub(crate) fn account(servers: Vec<LiveServer>, apps: Vec<LiveApp>, roles: &[(u64, &str)]) -> LiveState {
    let mut live = LiveState { account_id: Some(555_555), ..LiveState::default() };
    for (id, name) in roles {
        live.lists.roles.push(LiveRole { id: RemoteId(*id), name: (*name).to_owned() });
        live.role_members.insert(RemoteId(*id), BTreeSet::new());
    }
    for app in apps {
        let (id, name, auth_method) = (app.id, app.name.clone(), AppSummary::OPENID_CONNECT);
        live.lists.apps.push(AppSummary { id, name, auth_method });
        live.apps.insert(id, app);
    }
    for server in servers {
        live.lists.servers.push(ServerSummary {
            id: server.id,
            name: server.name.clone(),
            resource_identifier: server.resource_identifier.clone(),
            audiences: server.audiences.clone(),
            built_in: server.built_in,
        });
        live.servers.insert(server.id, server);
    }
    live
}
