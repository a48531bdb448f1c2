//! Matches kind by kind.

use super::index::Index;
use super::locate::{Owners, Wanted, locate, locate_external};
use super::{Candidate, IdentityProblem, IdentityProblemKind, Match};
use crate::diagnostic::{Origin, Sourced};
use crate::model::{
    Address, App, AppSummary, DesiredState, Entry, EntryKey, External, Field, LiveLists, Note, RemoteId, Role, Server,
    ServerRename, ServerSummary,
};
use std::collections::BTreeMap;

/// The matches of one kind by key; an entry with a problem has none.
pub type Pairing = BTreeMap<EntryKey, Match>;

/// The outcome of matching a file with an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    /// Roles.
    pub roles: Pairing,
    /// OIDC apps.
    pub apps: Pairing,
    /// Authorization servers.
    pub servers: Pairing,
    /// What has to be mended first, sorted by place.
    pub problems: Vec<IdentityProblem>,
    /// What is worth saying.
    pub notes: Vec<Note>,
}

/// Matches every entry of the file with the account's lists.
pub fn identify(desired: &DesiredState, lists: &LiveLists) -> Identities {
    let mut found = Identities::default();
    identify_roles(desired, lists, &mut found);
    identify_apps(desired, lists, &mut found);
    identify_servers(desired, lists, &mut found);
    found.problems.sort_by(|one, other| one.origin.cmp(&other.origin));
    found
}

/// Collects matches of one kind and refuses two entries on one object.
struct Collector<'a> {
    pairing: &'a mut Pairing,
    problems: &'a mut Vec<IdentityProblem>,
    taken: BTreeMap<RemoteId, (Address, Origin)>,
}

impl Collector<'_> {
    fn add(&mut self, key: &EntryKey, address: Address, origin: &Origin, found: Result<Match, IdentityProblem>) {
        let found = match found {
            Ok(found) => found,
            Err(problem) => return self.problems.push(problem),
        };
        if let Some(id) = found.id() {
            if let Some((other, other_origin)) = self.taken.get(&id) {
                return self.problems.push(IdentityProblem {
                    address,
                    origin: origin.clone(),
                    kind: IdentityProblemKind::SameObject {
                        id,
                        other: other.clone(),
                        other_origin: other_origin.clone(),
                    },
                });
            }
            self.taken.insert(id, (address, origin.clone()));
        }
        self.pairing.insert(key.clone(), found);
    }
}

fn identify_roles(desired: &DesiredState, lists: &LiveLists, found: &mut Identities) {
    let index = Index::new(lists.roles.iter().map(|role| {
        (role.name.clone(), Candidate { id: role.id, name: role.name.clone(), resource_identifier: None })
    }));
    let mut owners = Owners::default();
    for (key, entry) in &desired.roles {
        match entry {
            Entry::External(external) => owners.add_external(key, external, &index),
            Entry::Present(role) | Entry::Absent(role) => owners.add(key, id(&role.id), text(&role.name), &index),
        }
    }
    let Identities { roles, problems, notes, .. } = found;
    let mut collector = Collector { pairing: roles, problems, taken: BTreeMap::new() };
    for (key, entry) in &desired.roles {
        let address = Address::Role(key.clone());
        match entry {
            Entry::External(external) => {
                let match_ = locate_external((key, external), &owners, &index);
                collector.add(key, address.clone(), &external.origin, at_external(&address, external, match_));
            }
            Entry::Present(role) | Entry::Absent(role) => {
                let Role { origin, id, renamed_from, name, ensure_users: _ } = role;
                let wanted = Wanted {
                    entry: key,
                    owners: &owners,
                    address: address.clone(),
                    origin,
                    pinned: id,
                    key: name.as_ref(),
                    old: renamed_from.as_ref().map(|old| (old.value.as_str(), &old.origin, &index)),
                };
                let match_ = unless_gone(locate(&wanted, &index, notes), entry);
                collector.add(key, address, origin, match_.map_err(|kind| wanted.problem(kind)));
            }
        }
    }
}

fn id(field: &Field<RemoteId>) -> Option<RemoteId> {
    field.as_ref().map(|id| id.value)
}

fn text(field: &Field<String>) -> Option<&str> {
    field.as_ref().map(|text| text.value.as_str())
}

fn at_external<E>(
    address: &Address,
    external: &External<E>,
    found: Result<Match, IdentityProblemKind>,
) -> Result<Match, IdentityProblem> {
    found.map_err(|kind| IdentityProblem { address: address.clone(), origin: external.origin.clone(), kind })
}

/// What has to be gone and is pinned to an id that is not live is gone.
fn unless_gone<T, E>(
    found: Result<Match, IdentityProblemKind>,
    entry: &Entry<T, E>,
) -> Result<Match, IdentityProblemKind> {
    match found {
        Err(IdentityProblemKind::PinnedMissing { .. }) if matches!(entry, Entry::Absent(_)) => Ok(Match::Missing),
        found => found,
    }
}

/// What an id can be that is not what the entry needs: apps and servers share one id space.
struct OtherKinds(BTreeMap<RemoteId, String>);

impl OtherKinds {
    fn name(&self, found: Result<Match, IdentityProblemKind>) -> Result<Match, IdentityProblemKind> {
        found.map_err(|kind| match kind {
            IdentityProblemKind::PinnedMissing { id } => match self.0.get(&id) {
                Some(is) => IdentityProblemKind::PinnedOtherKind { id, is: is.clone() },
                None => IdentityProblemKind::PinnedMissing { id },
            },
            kind => kind,
        })
    }
}

fn app_candidate(app: &AppSummary) -> (String, Candidate) {
    (app.name.clone(), Candidate { id: app.id, name: app.name.clone(), resource_identifier: None })
}

fn identify_apps(desired: &DesiredState, lists: &LiveLists, found: &mut Identities) {
    let index = Index::new(lists.apps.iter().filter(|app| app.is_oidc()).map(app_candidate));
    let others = Index::new(lists.apps.iter().filter(|app| !app.is_oidc()).map(app_candidate));
    let other_apps = lists.apps.iter().filter(|app| !app.is_oidc());
    let mut other_kinds: BTreeMap<RemoteId, String> =
        other_apps.map(|app| (app.id, format!("`{}`, which is not an OIDC app", app.name))).collect();
    // A server may be among the apps too; what the list of servers says of it is plainer.
    other_kinds
        .extend(lists.servers.iter().map(|server| (server.id, format!("the authorization server `{}`", server.name))));
    let other_kinds = OtherKinds(other_kinds);
    let mut owners = Owners::default();
    for (key, entry) in &desired.apps {
        match entry {
            Entry::External(external) => owners.add_external(key, external, &index),
            Entry::Present(app) | Entry::Absent(app) => owners.add(key, id(&app.id), text(&app.name), &index),
        }
    }
    let Identities { apps, problems, notes, .. } = found;
    let mut collector = Collector { pairing: apps, problems, taken: BTreeMap::new() };
    for (key, entry) in &desired.apps {
        let address = Address::OidcApp(key.clone());
        match entry {
            Entry::External(external) => {
                let match_ = other_kinds.name(locate_external((key, external), &owners, &index));
                collector.add(key, address.clone(), &external.origin, at_external(&address, external, match_));
            }
            Entry::Present(app) | Entry::Absent(app) => {
                let App { origin, id, renamed_from, name, .. } = app;
                let wanted = Wanted {
                    entry: key,
                    owners: &owners,
                    address: address.clone(),
                    origin,
                    pinned: id,
                    key: name.as_ref(),
                    old: renamed_from.as_ref().map(|old| (old.value.as_str(), &old.origin, &index)),
                };
                let match_ = unless_gone(other_kinds.name(locate(&wanted, &index, notes)), entry);
                note_other_apps(&address, name, &others, notes);
                collector.add(key, address, origin, match_.map_err(|kind| wanted.problem(kind)));
            }
        }
    }
}

fn note_other_apps(address: &Address, name: &Field<String>, others: &Index, notes: &mut Vec<Note>) {
    let Some(name) = name else { return };
    for other in others.exact(&name.value) {
        notes.push(Note {
            origin: Some(name.origin.clone()),
            text: format!(
                "app {} is also named `{}` and is not an OIDC app: {address} is not it",
                other.id, name.value
            ),
        });
    }
}

fn server_candidate(server: &ServerSummary) -> Candidate {
    Candidate {
        id: server.id,
        name: server.name.clone(),
        resource_identifier: Some(server.resource_identifier.clone()),
    }
}

/// The two natural keys of servers, and what else their ids could be.
struct ServerIndexes<'a> {
    by_identifier: Index,
    by_name: Index,
    other_kinds: OtherKinds,
    built_in: BTreeMap<RemoteId, &'a ServerSummary>,
    is_truncated: bool,
}

impl ServerIndexes<'_> {
    /// Returns the natural key of an entry: its identifier, else its name.
    fn key<'k>(&self, server: &'k Server) -> (Option<&'k Sourced<String>>, &Index) {
        match (&server.resource_identifier, &server.name) {
            (Some(identifier), _) => (Some(identifier), &self.by_identifier),
            (None, name) => (name.as_ref(), &self.by_name),
        }
    }

    /// A list that may be cut off proves nothing: of an id, the read of that very object will tell.
    fn unless_truncated(&self, found: Result<Match, IdentityProblemKind>) -> Result<Match, IdentityProblemKind> {
        match found {
            Err(IdentityProblemKind::PinnedMissing { id }) if self.is_truncated => Ok(Match::Live(id)),
            Err(IdentityProblemKind::ExternalMissing { .. }) | Ok(Match::Missing) if self.is_truncated => {
                Err(IdentityProblemKind::ListTruncated)
            }
            found => found,
        }
    }
}

fn identify_servers(desired: &DesiredState, lists: &LiveLists, found: &mut Identities) {
    let apps = lists.apps.iter().map(|app| (app.id, format!("the app `{}`", app.name)));
    let indexes = ServerIndexes {
        by_identifier: Index::new(lists.servers.iter().map(|s| (s.resource_identifier.clone(), server_candidate(s)))),
        by_name: Index::new(lists.servers.iter().map(|s| (s.name.clone(), server_candidate(s)))),
        other_kinds: OtherKinds(apps.collect()),
        built_in: lists.servers.iter().filter(|server| server.built_in).map(|server| (server.id, server)).collect(),
        is_truncated: lists.servers_truncated,
    };
    let mut owners = Owners::default();
    for (key, entry) in &desired.servers {
        match entry {
            Entry::External(external) => owners.add_external(key, external, &indexes.by_identifier),
            Entry::Present(server) | Entry::Absent(server) => {
                let (name, index) = indexes.key(server);
                owners.add(key, id(&server.id), name.map(|name| name.value.as_str()), index);
            }
        }
    }
    let Identities { servers, problems, notes, .. } = found;
    let mut collector = Collector { pairing: servers, problems, taken: BTreeMap::new() };
    for (key, entry) in &desired.servers {
        let address = Address::Server(key.clone());
        match entry {
            Entry::External(external) => {
                let match_ = locate_external((key, external), &owners, &indexes.by_identifier);
                let match_ = indexes.unless_truncated(indexes.other_kinds.name(match_));
                collector.add(key, address.clone(), &external.origin, at_external(&address, external, match_));
            }
            Entry::Present(server) | Entry::Absent(server) => {
                let match_ = locate_server((key, entry, server), &owners, &indexes, notes);
                collector.add(key, address, &server.origin, match_);
            }
        }
    }
}

fn locate_server<E>(
    (entry_key, entry, server): (&EntryKey, &Entry<Server, E>, &Server),
    owners: &Owners,
    indexes: &ServerIndexes<'_>,
    notes: &mut Vec<Note>,
) -> Result<Match, IdentityProblem> {
    let (key, index) = indexes.key(server);
    let old = server.renamed_from.as_ref().map(|old| match &old.value {
        ServerRename::Name(name) => (name.as_str(), &old.origin, &indexes.by_name),
        ServerRename::ResourceIdentifier(identifier) => (identifier.as_str(), &old.origin, &indexes.by_identifier),
    });
    let address = Address::Server(entry_key.clone());
    let wanted = Wanted { entry: entry_key, owners, address, origin: &server.origin, pinned: &server.id, key, old };
    let found = unless_gone(indexes.other_kinds.name(locate(&wanted, index, notes)), entry)
        .and_then(|found| refuse_taken_name(found, entry, indexes));
    let found = indexes.unless_truncated(found).and_then(|found| refuse_built_in(found, indexes));
    found.map_err(|kind| wanted.problem(kind))
}

/// A server that would be made under a name that is live may be another environment's: it is neither taken over nor doubled.
fn refuse_taken_name<E>(
    found: Match,
    entry: &Entry<Server, E>,
    indexes: &ServerIndexes<'_>,
) -> Result<Match, IdentityProblemKind> {
    if found == Match::Missing
        && let Some(Server { resource_identifier: Some(identifier), name: Some(name), .. }) = entry.present()
        && let Some(candidate) = indexes.by_name.exact(&name.value).first()
    {
        return Err(IdentityProblemKind::NameTaken { wanted: identifier.value.clone(), candidate: candidate.clone() });
    }
    Ok(found)
}

fn refuse_built_in(found: Match, indexes: &ServerIndexes<'_>) -> Result<Match, IdentityProblemKind> {
    let built_in = found.id().and_then(|id| indexes.built_in.get(&id));
    match built_in {
        Some(server) => Err(IdentityProblemKind::BuiltIn { candidate: server_candidate(server) }),
        None => Ok(found),
    }
}
