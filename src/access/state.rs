//! The grants of a state.

use crate::diagnostic::Sourced;
use crate::model::{
    ClaimName, DesiredState, Entry, EntryKey, Identities, LiveClient, LiveServer, LiveState, Match, RemoteId,
    ScopeValue, Server, ServerSummary, text,
};
use std::collections::{BTreeMap, BTreeSet};

/// What every client may get, server by server.
///
/// Shape: servers and clients go by their keys where the file lists them, else by name and id, so that a desired and a
/// live state speak of the same things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The servers.
    pub servers: BTreeMap<String, ServerAccess>,
}

/// What one server gives to whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerAccess {
    /// What clients send as `resource`; `None` where the file does not say.
    pub resource_identifier: Option<String>,
    /// What its tokens carry as `aud`; `None` where the file does not say.
    pub audiences: Option<BTreeSet<String>>,
    /// Lifetime of access tokens in minutes; `None`: OneLogin's default, or the file does not say.
    pub access_token_minutes: Option<u64>,
    /// Lifetime of refresh tokens in minutes; `None`: OneLogin's default, or the file does not say.
    pub refresh_token_minutes: Option<u64>,
    /// The claims its tokens may carry beyond the standard ones; `None` where they are not known.
    pub claims: Option<BTreeSet<ClaimName>>,
    /// The bound clients with their scopes; `None` where they are not known.
    pub clients: Option<BTreeMap<String, BTreeSet<ScopeValue>>>,
}

/// One client's right to one scope of one API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The server.
    pub server: String,
    /// The client.
    pub client: String,
    /// The scope; `None` for a binding without scopes, which gets tokens all the same.
    pub scope: Option<ScopeValue>,
}

impl Access {
    /// Returns every grant, sorted by server, client and scope.
    pub fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for (server, access) in &self.servers {
            for (client, scopes) in access.clients.iter().flatten() {
                let grant = |scope| Grant { server: server.clone(), client: client.clone(), scope };
                match scopes.is_empty() {
                    true => grants.push(grant(None)),
                    false => grants.extend(scopes.iter().map(|scope| grant(Some(scope.clone())))),
                }
            }
        }
        grants
    }
}

/// Returns what the file alone says; what it leaves out is not known.
pub fn desired_access(desired: &DesiredState) -> Access {
    let mut servers = BTreeMap::new();
    for (key, entry) in &desired.servers {
        let access = match entry {
            Entry::Present(server) => of_desired(server),
            Entry::Absent(_) => continue,
            Entry::External(external) => ServerAccess {
                audiences: external.declared.audiences.as_ref().map(|audiences| values(audiences)),
                ..ServerAccess::default()
            },
        };
        servers.insert(key.to_string(), access);
    }
    Access { servers }
}

fn of_desired(server: &Server) -> ServerAccess {
    let clients = server.clients.as_ref().map(|clients| {
        let granted = |(key, scopes): (&EntryKey, &Sourced<Vec<Sourced<ScopeValue>>>)| {
            (key.to_string(), scopes.value.iter().map(|scope| scope.value.clone()).collect())
        };
        clients.value.iter().map(granted).collect()
    });
    ServerAccess {
        resource_identifier: server.resource_identifier.as_ref().map(|identifier| identifier.value.clone()),
        audiences: server.audiences.as_ref().map(|audiences| values(&audiences.value)),
        access_token_minutes: server.access_token_expiration_minutes.as_ref().map(|minutes| minutes.value.into()),
        refresh_token_minutes: server.refresh_token_expiration_minutes.as_ref().map(|minutes| minutes.value.into()),
        claims: server.claims.as_ref().map(|claims| claims.value.keys().cloned().collect()),
        clients,
    }
}

fn values(audiences: &[Sourced<String>]) -> BTreeSet<String> {
    audiences.iter().map(|audience| audience.value.clone()).collect()
}

/// Returns what the account gives, in the names of the file where it lists them.
///
/// Shape: every server; of those that were not read whole, the clients are not known.
pub fn live_access(live: &LiveState, identities: &Identities) -> Access {
    let labels = Labels::new(live, identities);
    let listed = live.lists.servers.iter().map(|server| (labels.server(server.id), of_summary(server)));
    let mut servers: BTreeMap<String, ServerAccess> = listed.collect();
    servers.extend(live.servers.values().map(|server| (labels.server(server.id), of_live(server, &labels))));
    for (id, bindings) in &live.consequences.bindings {
        let server = servers.entry(labels.server(*id)).or_default();
        server.clients.get_or_insert_with(|| granted(bindings, &labels));
    }
    Access { servers }
}

fn of_summary(server: &ServerSummary) -> ServerAccess {
    ServerAccess {
        resource_identifier: Some(server.resource_identifier.clone()),
        audiences: Some(server.audiences.iter().cloned().collect()),
        ..ServerAccess::default()
    }
}

fn of_live(server: &LiveServer, labels: &Labels<'_>) -> ServerAccess {
    let clients = server.clients.as_ref().map(|clients| granted(clients, labels));
    ServerAccess {
        resource_identifier: Some(server.resource_identifier.clone()),
        audiences: Some(server.audiences.iter().cloned().collect()),
        access_token_minutes: server.access_token_expiration_minutes,
        refresh_token_minutes: server.refresh_token_expiration_minutes,
        claims: server.claims.as_ref().map(|claims| claims.iter().map(|claim| claim.name.clone()).collect()),
        clients,
    }
}

fn granted(clients: &[LiveClient], labels: &Labels<'_>) -> BTreeMap<String, BTreeSet<ScopeValue>> {
    let scopes = |client: &LiveClient| client.scopes.iter().map(|scope| scope.value.clone()).collect();
    clients.iter().map(|client| (labels.app(client.app_id), scopes(client))).collect()
}

/// How live things are called: by key where the file lists them.
pub(super) struct Labels<'a> {
    servers: BTreeMap<RemoteId, &'a EntryKey>,
    apps: BTreeMap<RemoteId, &'a EntryKey>,
    server_names: BTreeMap<RemoteId, &'a str>,
    app_names: BTreeMap<RemoteId, &'a str>,
}

impl<'a> Labels<'a> {
    pub(super) fn new(live: &'a LiveState, identities: &'a Identities) -> Self {
        let by_id = |pairing: &'a BTreeMap<EntryKey, Match>| {
            pairing.iter().filter_map(|(key, found)| Some((found.id()?, key))).collect()
        };
        let whole = live.servers.values().filter_map(|server| server.clients.as_ref());
        let clients = whole.chain(live.consequences.bindings.values()).flatten();
        let listed = live.lists.apps.iter().map(|app| (app.id, app.name.as_str()));
        Self {
            servers: by_id(&identities.servers),
            apps: by_id(&identities.apps),
            server_names: live.lists.servers.iter().map(|server| (server.id, server.name.as_str())).collect(),
            app_names: clients.map(|client| (client.app_id, client.app_name.as_str())).chain(listed).collect(),
        }
    }

    pub(super) fn server(&self, id: RemoteId) -> String {
        label(self.servers.get(&id).copied(), self.server_names.get(&id).copied(), id)
    }

    pub(super) fn app(&self, id: RemoteId) -> String {
        label(self.apps.get(&id).copied(), self.app_names.get(&id).copied(), id)
    }
}

fn label(key: Option<&EntryKey>, name: Option<&str>, id: RemoteId) -> String {
    match (key, name) {
        (Some(key), _) => key.to_string(),
        (None, Some(name)) => format!("{} (id {id})", text::between_backticks(name)),
        (None, None) => format!("id {id}"),
    }
}
