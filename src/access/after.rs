//! The grants of the account once the planned changes are done.
//!
//! They are taken from the changes, not from the file, so that a plan for some targets only says what that plan does.

use super::state::{Access, Labels, ServerAccess};
use crate::diff::{AppOperation, Change, ClientOperation, Edit, ObjectRef, Operation, ScopeRef};
use crate::model::{Address, LiveServer, LiveState, NewServer, RemoteId, ScopeValue, ServerPatch};
use std::collections::{BTreeMap, BTreeSet};

/// The scopes of one server that get new values: old to new.
pub(super) type Renames = BTreeMap<ScopeValue, ScopeValue>;

/// The account afterwards.
pub(super) struct After {
    pub(super) access: Access,
    /// Renamed scopes by server.
    pub(super) renames: BTreeMap<String, Renames>,
}

/// Lays the changes over the live grants.
pub(super) fn after(before: &Access, live: &LiveState, labels: &Labels<'_>, changes: &[&Change]) -> After {
    let mut after = After { access: before.clone(), renames: BTreeMap::new() };
    // A binding may name scopes and servers of the same plan, so those come first.
    for change in changes {
        apply_server(change, labels, &mut after.access);
    }
    apply_scopes(changes, live, labels, &mut after);
    for change in changes {
        apply_claim(change, live, labels, &mut after.access);
        apply_app(change, labels, &mut after.access);
    }
    for change in changes {
        apply_client(change, live, labels, &mut after);
    }
    after
}

fn label(object: &ObjectRef, labels: &Labels<'_>) -> String {
    match object {
        ObjectRef::Live(id) => labels.server(*id),
        ObjectRef::Planned(address) => key(address),
    }
}

fn key(address: &Address) -> String {
    match address {
        Address::Role(key) | Address::OidcApp(key) | Address::Server(key) | Address::Policy(key) => key.to_string(),
        Address::Scope(server, _) | Address::Claim(server, _) | Address::Client(server, _) => server.to_string(),
    }
}

fn apply_server(change: &Change, labels: &Labels<'_>, access: &mut Access) {
    let Edit::Server(operation) = &change.edit else { return };
    match operation {
        Operation::Create(new) => {
            access.servers.insert(key(&change.address), made(new));
        }
        Operation::Update { id, patch } => {
            if let Some(server) = access.servers.get_mut(&labels.server(*id)) {
                apply_patch(server, patch);
            }
        }
        Operation::Delete { id } => {
            access.servers.remove(&labels.server(*id));
        }
    }
}

fn made(new: &NewServer) -> ServerAccess {
    ServerAccess {
        resource_identifier: Some(new.resource_identifier.clone()),
        audiences: Some(new.audiences.iter().cloned().collect()),
        access_token_minutes: new.access_token_expiration_minutes.map(u64::from),
        refresh_token_minutes: new.refresh_token_expiration_minutes.map(u64::from),
        claims: Some(BTreeSet::new()),
        clients: Some(BTreeMap::new()),
    }
}

fn apply_patch(server: &mut ServerAccess, patch: &ServerPatch) {
    let ServerPatch {
        name: _,
        description: _,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = patch;
    if let Some(identifier) = resource_identifier {
        server.resource_identifier = Some(identifier.clone());
    }
    if let Some(audiences) = audiences {
        server.audiences = Some(audiences.iter().cloned().collect());
    }
    if let Some(minutes) = access_token_expiration_minutes {
        server.access_token_minutes = Some((*minutes).into());
    }
    if let Some(minutes) = refresh_token_expiration_minutes {
        server.refresh_token_minutes = Some((*minutes).into());
    }
}

fn apply_scopes(changes: &[&Change], live: &LiveState, labels: &Labels<'_>, after: &mut After) {
    let mut gone: BTreeMap<String, BTreeSet<ScopeValue>> = BTreeMap::new();
    for change in changes {
        let Edit::Scope { server: ObjectRef::Live(server), operation } = &change.edit else { continue };
        match operation {
            Operation::Create(_) => {}
            Operation::Update { id, patch } => {
                if let (Some(old), Some(new)) = (scope_value(live, *server, *id), &patch.value) {
                    after.renames.entry(labels.server(*server)).or_default().insert(old, new.clone());
                }
            }
            Operation::Delete { id } => {
                gone.entry(labels.server(*server)).or_default().extend(scope_value(live, *server, *id));
            }
        }
    }
    for (label, server) in &mut after.access.servers {
        let renames = after.renames.get(label);
        let gone = gone.get(label);
        for scopes in server.clients.iter_mut().flat_map(BTreeMap::values_mut) {
            // All at once: two scopes may swap their values.
            let kept = scopes.iter().filter(|scope| gone.is_none_or(|gone| !gone.contains(*scope)));
            let renamed = kept.map(|scope| renames.and_then(|renames| renames.get(scope)).unwrap_or(scope).clone());
            *scopes = renamed.collect();
        }
    }
}

/// Finds a live scope's value by its id, in the server's scopes or in what its clients hold.
fn scope_value(live: &LiveState, server: RemoteId, id: RemoteId) -> Option<ScopeValue> {
    let LiveServer { scopes, clients, .. } = live.servers.get(&server)?;
    let listed = scopes.iter().flatten().find(|scope| scope.id == id).map(|scope| scope.value.clone());
    let held = || {
        let gone_along = live.consequences.bindings.get(&server);
        let mut held = clients.iter().chain(gone_along).flatten().flat_map(|client| &client.scopes);
        held.find(|scope| scope.id == id).map(|scope| scope.value.clone())
    };
    listed.or_else(held)
}

fn apply_claim(change: &Change, live: &LiveState, labels: &Labels<'_>, access: &mut Access) {
    let Edit::Claim { server, operation } = &change.edit else { return };
    let Some(claims) = access.servers.get_mut(&label(server, labels)).and_then(|server| server.claims.as_mut()) else {
        return;
    };
    let old = |id: RemoteId| {
        let ObjectRef::Live(server) = server else { return None };
        let mut known = live.servers.get(server)?.claims.iter().flatten();
        known.find(|claim| claim.id == id).map(|claim| claim.name.clone())
    };
    match operation {
        Operation::Create(new) => {
            claims.insert(new.name.clone());
        }
        Operation::Update { id, patch } => {
            if let (Some(old), Some(new)) = (old(*id), &patch.name) {
                claims.remove(&old);
                claims.insert(new.clone());
            }
        }
        Operation::Delete { id } => {
            if let Some(old) = old(*id) {
                claims.remove(&old);
            }
        }
    }
}

/// A deleted app takes its bindings with it, also those on servers the file does not list; so does one that is made anew,
/// which is bound again by changes of their own.
fn apply_app(change: &Change, labels: &Labels<'_>, access: &mut Access) {
    let Edit::App(AppOperation::Delete { id } | AppOperation::Replace { id, .. }) = &change.edit else { return };
    let client = labels.app(*id);
    for server in access.servers.values_mut() {
        if let Some(clients) = &mut server.clients {
            clients.remove(&client);
        }
    }
}

fn apply_client(change: &Change, live: &LiveState, labels: &Labels<'_>, after: &mut After) {
    let Edit::Client { server, app, operation } = &change.edit else { return };
    let name = label(server, labels);
    let client = match app {
        ObjectRef::Live(id) => labels.app(*id),
        ObjectRef::Planned(address) => key(address),
    };
    let value = |scope: &ScopeRef| match (scope, server) {
        (ScopeRef::Planned(value), _) => Some(value.clone()),
        (ScopeRef::Live(id), ObjectRef::Live(server)) => {
            let value = scope_value(live, *server, *id)?;
            Some(after.renames.get(&name).and_then(|renames| renames.get(&value)).cloned().unwrap_or(value))
        }
        (ScopeRef::Live(_), ObjectRef::Planned(_)) => None,
    };
    let scopes = match operation {
        ClientOperation::Bind(scopes) | ClientOperation::Update(scopes) => {
            Some(scopes.iter().filter_map(value).collect())
        }
        ClientOperation::Unbind => None,
    };
    let Some(access) = after.access.servers.get_mut(&name) else { return };
    let clients = access.clients.get_or_insert_default();
    match scopes {
        Some(scopes) => clients.insert(client, scopes),
        None => clients.remove(&client),
    };
}
