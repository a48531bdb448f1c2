//! What has to be read, judged from the file alone: no request more than the comparison needs.

use crate::model::{
    DesiredState, Entry, EntryKey, Identities, LiveLists, Match, RemoteId, ScopeValue, Server, Unmanaged, UserRef,
};
use std::collections::{BTreeMap, BTreeSet};

/// The lists that have to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lists {
    pub(super) servers: bool,
    pub(super) apps: bool,
    pub(super) roles: bool,
}

/// Says which lists the file speaks of.
pub(super) fn lists(desired: &DesiredState) -> Lists {
    let has_app_roles = desired.apps.values().filter_map(Entry::managed).any(|app| app.roles.is_some());
    Lists {
        // An app that goes takes its bindings along, on whatever servers.
        servers: !desired.servers.is_empty() || desired.apps.values().any(is_absent),
        apps: !desired.apps.is_empty(),
        roles: !desired.roles.is_empty() || has_app_roles,
    }
}

fn is_absent<T, E>(entry: &Entry<T, E>) -> bool {
    matches!(entry, Entry::Absent(_))
}

/// The children of a server that have to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Children {
    pub(super) scopes: bool,
    pub(super) claims: bool,
    pub(super) clients: bool,
}

impl Children {
    /// Everything.
    pub(super) const ALL: Self = Self { scopes: true, claims: true, clients: true };
}

/// Returns the live servers to read, each with its children.
pub(super) fn servers(desired: &DesiredState, identities: &Identities) -> BTreeMap<RemoteId, Children> {
    let guarded: BTreeSet<&EntryKey> =
        desired.policies.values().map(|policy| &policy.authorization_server.value).collect();
    let deletes_app = deletes_app(desired, identities);
    let live = |key: &EntryKey| identities.servers.get(key).copied().and_then(Match::id);
    let children = |key: &EntryKey, entry| {
        let mut children = children(desired, key, entry, guarded.contains(key))?;
        children.clients |= deletes_app;
        Some(children)
    };
    desired.servers.iter().filter_map(|(key, entry)| Some((live(key)?, children(key, entry)?))).collect()
}

/// Returns the live servers of which only the bindings are read: a deleted app takes them along wherever they are.
pub(super) fn elsewhere(
    desired: &DesiredState,
    identities: &Identities,
    (lists, whole): (&LiveLists, &BTreeMap<RemoteId, Children>),
) -> BTreeSet<RemoteId> {
    if !deletes_app(desired, identities) {
        return BTreeSet::new();
    }
    lists.servers.iter().map(|server| server.id).filter(|id| !whole.contains_key(id)).collect()
}

fn deletes_app(desired: &DesiredState, identities: &Identities) -> bool {
    let is_live = |key: &EntryKey| identities.apps.get(key).copied().and_then(Match::id).is_some();
    desired.apps.iter().any(|(key, entry)| is_absent(entry) && is_live(key))
}

/// Returns the live roles whose apps have to be read: those that are to be deleted.
pub(super) fn role_apps(desired: &DesiredState, identities: &Identities) -> BTreeSet<RemoteId> {
    let gone = desired.roles.iter().filter(|(_, entry)| is_absent(entry));
    gone.filter_map(|(key, _)| identities.roles.get(key).copied().and_then(Match::id)).collect()
}

/// Returns what is read of one server; `None`: not even the server.
fn children<E>(desired: &DesiredState, key: &EntryKey, entry: &Entry<Server, E>, has_policy: bool) -> Option<Children> {
    match entry {
        // What a delete takes along is part of what it says.
        Entry::Absent(_) => Some(Children::ALL),
        Entry::Present(server) => Some(Children {
            scopes: server.scopes.is_some()
                || server.clients.is_some()
                || !server.inherited_scopes.is_empty()
                || (has_policy && is_checked_live(desired, key, server)),
            claims: server.claims.is_some(),
            clients: server.clients.is_some() || has_policy,
        }),
        // Somebody else's server counts only for what its clients may do behind our gateway.
        Entry::External(_) => has_policy.then_some(Children { clients: true, ..Children::default() }),
    }
}

/// Says whether a policy asks for a scope that the entry does not list, so that only live can say whether it is there.
fn is_checked_live(desired: &DesiredState, key: &EntryKey, server: &Server) -> bool {
    let listed: BTreeSet<&ScopeValue> = server
        .scopes
        .iter()
        .flat_map(|scopes| scopes.value.keys())
        .chain(server.inherited_scopes.iter().map(|scope| &scope.value))
        .collect();
    let is_open = server.scopes.is_none() || server.unmanaged == Unmanaged::Keep;
    let policies = desired.policies.values().filter(|policy| policy.authorization_server.value == *key);
    let mut asked = policies.flat_map(|policy| policy.require_scopes.iter().chain(&policy.require_any_scope));
    is_open && asked.any(|scope| !listed.contains(&scope.value))
}

/// Returns the live apps to read: those that are ours.
pub(super) fn apps(desired: &DesiredState, identities: &Identities) -> BTreeSet<RemoteId> {
    let ours = desired.apps.iter().filter(|(_, entry)| entry.managed().is_some());
    ours.filter_map(|(key, _)| identities.apps.get(key).copied().and_then(Match::id)).collect()
}

/// Returns the live roles whose members have to be read.
pub(super) fn roles(desired: &DesiredState, identities: &Identities) -> BTreeSet<RemoteId> {
    let with_users = desired.roles.iter().filter(|(_, entry)| {
        entry.present().and_then(|role| role.ensure_users.as_ref()).is_some_and(|users| !users.value.is_empty())
    });
    with_users.filter_map(|(key, _)| identities.roles.get(key).copied().and_then(Match::id)).collect()
}

/// Returns the users to find, each once.
pub(super) fn users(desired: &DesiredState) -> BTreeSet<UserRef> {
    let roles = desired.roles.values().filter_map(Entry::present);
    let users = roles.filter_map(|role| role.ensure_users.as_ref()).flat_map(|users| &users.value);
    users.map(|user| user.value.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Children, elsewhere, lists, role_apps, servers};
    use crate::model::sample::{account, app, file, key, live_app, live_server, role, server};
    use crate::model::{DesiredState, Entry, RemoteId, identify};

    #[test]
    fn a_deleted_app_is_looked_for_on_every_server() {
        let there = vec![live_server(1, "API", "https://a"), live_server(2, "Neighbor", "https://n")];
        let live = account(there, vec![live_app(5, "Web")], &[]);
        let check = |entry, expected_clients, expected_elsewhere: &[u64]| {
            let servers_listed = [(key("x"), Entry::Present(server("API", "https://a")))];
            let desired = DesiredState { apps: [(key("web"), entry)].into(), servers: servers_listed.into(), ..file() };
            let identities = identify(&desired, &live.lists);
            let whole = servers(&desired, &identities);
            assert_eq!(whole[&RemoteId(1)], Children { clients: expected_clients, ..Children::default() });
            let found = elsewhere(&desired, &identities, (&live.lists, &whole));
            assert_eq!(found.into_iter().map(|id| id.0).collect::<Vec<_>>(), expected_elsewhere);
        };
        check(Entry::Present(app("Web")), false, &[]);
        check(Entry::Absent(app("Web")), true, &[2]);
        check(Entry::Absent(app("Gone")), false, &[]);
        let alone = DesiredState { apps: [(key("web"), Entry::Absent(app("Web")))].into(), ..file() };
        assert!(lists(&alone).servers, "also where the file lists no server");
    }

    #[test]
    fn apps_are_read_of_deleted_roles() {
        let live = account(Vec::new(), Vec::new(), &[(3, "Testers"), (4, "Staff")]);
        let roles = [(key("t"), Entry::Absent(role("Testers"))), (key("s"), Entry::Present(role("Staff")))];
        let desired = DesiredState { roles: roles.into(), ..file() };
        let found = role_apps(&desired, &identify(&desired, &live.lists));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [RemoteId(3)]);
    }
}
