//! What has to be read, judged from the file and the lists: no request more than the comparison needs.
//!
//! The account is asked for it, or a whole read that somebody saved.

use super::consequences::Deletions;
use crate::diagnostic::Origin;
use crate::model::{
    DesiredState, Entry, EntryKey, ExternalServer, Identities, LiveLists, Match, RemoteId, ScopeValue, Server, UserRef,
    identify,
};
use std::collections::{BTreeMap, BTreeSet};

/// The lists that have to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lists {
    pub(super) servers: bool,
    pub(super) apps: bool,
    pub(super) roles: bool,
}

impl Lists {
    /// Everything.
    pub(super) const ALL: Self = Self { servers: true, apps: true, roles: true };
}

/// What has to be read beyond the lists.
pub(super) struct Needs {
    /// Which desired thing is which listed object.
    pub(super) identities: Identities,
    /// Servers, each with the children that count.
    pub(super) servers: BTreeMap<RemoteId, Children>,
    /// Apps.
    pub(super) apps: BTreeSet<RemoteId>,
    /// Roles whose members count.
    pub(super) members: BTreeSet<RemoteId>,
    /// What is deleted, and takes more along.
    pub(super) deletions: Deletions,
}

impl Needs {
    /// Says what a file needs of an account with these lists.
    pub(super) fn of(desired: &DesiredState, lists: &LiveLists) -> Self {
        let identities = identify(desired, lists);
        Self {
            servers: servers(desired, &identities),
            apps: apps(desired, &identities),
            members: roles(desired, &identities),
            deletions: deletions(desired, &identities),
            identities,
        }
    }
}

/// Says which lists the file speaks of.
pub(super) fn lists(desired: &DesiredState) -> Lists {
    let has_app_roles = desired.apps.values().filter_map(Entry::managed).any(|app| app.roles.is_some());
    Lists {
        servers: !desired.servers.is_empty(),
        apps: !desired.apps.is_empty(),
        roles: !desired.roles.is_empty() || has_app_roles,
    }
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
fn servers(desired: &DesiredState, identities: &Identities) -> BTreeMap<RemoteId, Children> {
    let live = |key: &EntryKey| identities.servers.get(key).copied().and_then(Match::id);
    let needed = desired.servers.iter().filter_map(|(key, entry)| Some((live(key)?, children(desired, key, entry)?)));
    needed.collect()
}

/// Returns what is read of one server; `None`: not even the server.
fn children(desired: &DesiredState, key: &EntryKey, entry: &Entry<Server, ExternalServer>) -> Option<Children> {
    let has_policy = desired.policies.values().any(|policy| policy.authorization_server.value == *key);
    match entry {
        // What a delete takes along is part of what it says.
        Entry::Absent(_) => Some(Children::ALL),
        Entry::Present(server) => Some(Children {
            scopes: server.scopes.is_some()
                || server.clients.is_some()
                || !server.inherited_scopes.is_empty()
                || is_checked_live(desired, key, server),
            claims: server.claims.is_some(),
            clients: server.clients.is_some() || has_policy,
        }),
        // Somebody else's server counts only for what its clients may do behind our gateway.
        Entry::External(external) => has_policy.then(|| Children {
            scopes: external.declared.scopes.is_none() && asked(desired, key).next().is_some(),
            claims: false,
            clients: true,
        }),
    }
}

/// Says whether the file counts on a scope that only live can vouch for.
fn is_checked_live(desired: &DesiredState, key: &EntryKey, server: &Server) -> bool {
    let listed = server.scopes.iter().flat_map(|scopes| scopes.value.keys());
    let listed: BTreeSet<&ScopeValue> = listed.collect();
    !server.inherited_scopes.is_empty() || asked(desired, key).any(|scope| !listed.contains(scope))
}

/// Iterates over the scopes that policies ask tokens of a server for.
fn asked<'a>(desired: &'a DesiredState, key: &'a EntryKey) -> impl Iterator<Item = &'a ScopeValue> {
    let policies = desired.policies.values().filter(|policy| policy.authorization_server.value == *key);
    let scopes = policies.flat_map(|policy| policy.require_scopes.iter().chain(&policy.require_any_scope));
    scopes.map(|scope| &scope.value)
}

/// Returns the live apps to read: those that are ours.
fn apps(desired: &DesiredState, identities: &Identities) -> BTreeSet<RemoteId> {
    let ours = desired.apps.iter().filter(|(_, entry)| entry.managed().is_some());
    ours.filter_map(|(key, _)| identities.apps.get(key).copied().and_then(Match::id)).collect()
}

/// Returns the live apps and roles that are deleted, or made anew.
fn deletions(desired: &DesiredState, identities: &Identities) -> Deletions {
    let is_gone = |key, entry: &Entry<_, _>| matches!(entry, Entry::Absent(_)) || desired.replaces.contains(key);
    let apps = desired.apps.iter().filter(|(key, entry)| is_gone(key, entry));
    let roles = desired.roles.iter().filter(|(_, entry)| matches!(entry, Entry::Absent(_)));
    Deletions {
        apps: apps.filter_map(|(key, _)| identities.apps.get(key).copied().and_then(Match::id)).collect(),
        roles: roles.filter_map(|(key, _)| identities.roles.get(key).copied().and_then(Match::id)).collect(),
    }
}

/// Returns the live roles whose members have to be read.
fn roles(desired: &DesiredState, identities: &Identities) -> BTreeSet<RemoteId> {
    let with_users = desired.roles.iter().filter(|(_, entry)| {
        entry.present().and_then(|role| role.ensure_users.as_ref()).is_some_and(|users| !users.value.is_empty())
    });
    with_users.filter_map(|(key, _)| identities.roles.get(key).copied().and_then(Match::id)).collect()
}

/// Returns the live roles that the file lists, whatever it says of them.
pub(super) fn listed_roles(identities: &Identities) -> BTreeSet<RemoteId> {
    identities.roles.values().filter_map(|found| found.id()).collect()
}

/// Returns the users to find, each once, with the place that names it first.
pub(super) fn users(desired: &DesiredState) -> BTreeMap<UserRef, &Origin> {
    let roles = desired.roles.values().filter_map(Entry::present);
    let named = roles.filter_map(|role| role.ensure_users.as_ref()).flat_map(|users| &users.value);
    let mut users = BTreeMap::new();
    for user in named {
        users.entry(user.value.clone()).or_insert(&user.origin);
    }
    users
}

#[cfg(test)]
mod tests {
    use super::Needs;
    use crate::live::Deletions;
    use crate::model::sample::{account, app, file, key, live_app, role};
    use crate::model::{DesiredState, Entry, RemoteId};

    #[test]
    fn what_has_to_be_gone_and_is_live_is_deleted() {
        let live = account(Vec::new(), vec![live_app(5, "Web"), live_app(6, "Batch")], &[(3, "Testers"), (4, "Staff")]);
        let desired = DesiredState {
            roles: [(key("t"), Entry::Absent(role("Testers"))), (key("s"), Entry::Present(role("Staff")))].into(),
            apps: [
                (key("web"), Entry::Absent(app("Web"))),
                (key("batch"), Entry::Present(app("Batch"))),
                (key("gone"), Entry::Absent(app("Gone"))),
            ]
            .into(),
            ..file()
        };
        let expected = Deletions { apps: [RemoteId(5)].into(), roles: [RemoteId(3)].into() };
        assert_eq!(Needs::of(&desired, &live.lists).deletions, expected);
    }
}
