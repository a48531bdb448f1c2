//! Matches kind by kind.

use super::index::Index;
use super::locate::{Wanted, locate, locate_external};
use super::{Candidate, IdentityProblem, IdentityProblemKind, Match};
use crate::diagnostic::Origin;
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
    let Identities { roles, problems, notes, .. } = found;
    let mut collector = Collector { pairing: roles, problems, taken: BTreeMap::new() };
    for (key, entry) in &desired.roles {
        let address = Address::Role(key.clone());
        match entry {
            Entry::External(external) => {
                let match_ = at_external(&address, external, locate_external(external, &index));
                collector.add(key, address, &external.origin, match_);
            }
            Entry::Present(role) | Entry::Absent(role) => {
                let Role { origin, id, renamed_from, name, ensure_users: _ } = role;
                let wanted = Wanted {
                    address: address.clone(),
                    origin,
                    pinned: id,
                    key: name.as_ref(),
                    old: renamed_from.as_ref().map(|old| (old.value.as_str(), &old.origin, &index)),
                    is_absent: entry.present().is_none(),
                };
                let match_ = locate(&wanted, &index, notes).map_err(|kind| wanted.problem(kind));
                collector.add(key, address, origin, match_);
            }
        }
    }
}

fn at_external<E>(
    address: &Address,
    external: &External<E>,
    found: Result<Match, IdentityProblemKind>,
) -> Result<Match, IdentityProblem> {
    found.map_err(|kind| IdentityProblem { address: address.clone(), origin: external.origin.clone(), kind })
}

fn app_candidate(app: &AppSummary) -> (String, Candidate) {
    (app.name.clone(), Candidate { id: app.id, name: app.name.clone(), resource_identifier: None })
}

fn identify_apps(desired: &DesiredState, lists: &LiveLists, found: &mut Identities) {
    let index = Index::new(lists.apps.iter().filter(|app| app.is_oidc()).map(app_candidate));
    let others = Index::new(lists.apps.iter().filter(|app| !app.is_oidc()).map(app_candidate));
    let Identities { apps, problems, notes, .. } = found;
    let mut collector = Collector { pairing: apps, problems, taken: BTreeMap::new() };
    for (key, entry) in &desired.apps {
        let address = Address::OidcApp(key.clone());
        match entry {
            Entry::External(external) => {
                let match_ = at_external(&address, external, locate_external(external, &index));
                collector.add(key, address, &external.origin, match_);
            }
            Entry::Present(app) | Entry::Absent(app) => {
                let App { origin, id, renamed_from, name, .. } = app;
                let wanted = Wanted {
                    address: address.clone(),
                    origin,
                    pinned: id,
                    key: name.as_ref(),
                    old: renamed_from.as_ref().map(|old| (old.value.as_str(), &old.origin, &index)),
                    is_absent: entry.present().is_none(),
                };
                let match_ = locate(&wanted, &index, notes).map_err(|kind| wanted.problem(other_kind(kind, &others)));
                note_other_apps(&address, name, &others, notes);
                collector.add(key, address, origin, match_);
            }
        }
    }
}

fn other_kind(kind: IdentityProblemKind, others: &Index) -> IdentityProblemKind {
    match kind {
        IdentityProblemKind::PinnedMissing { id } => match others.by_id.get(&id) {
            Some(other) => IdentityProblemKind::PinnedOtherKind {
                id,
                is: format!("`{}`, which is not an app of that kind", other.name),
            },
            None => IdentityProblemKind::PinnedMissing { id },
        },
        kind => kind,
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
    apps: Index,
    built_in: BTreeMap<RemoteId, &'a ServerSummary>,
    is_truncated: bool,
}

fn identify_servers(desired: &DesiredState, lists: &LiveLists, found: &mut Identities) {
    let indexes = ServerIndexes {
        by_identifier: Index::new(lists.servers.iter().map(|s| (s.resource_identifier.clone(), server_candidate(s)))),
        by_name: Index::new(lists.servers.iter().map(|s| (s.name.clone(), server_candidate(s)))),
        apps: Index::new(lists.apps.iter().map(app_candidate)),
        built_in: lists.servers.iter().filter(|server| server.built_in).map(|server| (server.id, server)).collect(),
        is_truncated: lists.servers_truncated,
    };
    let Identities { servers, problems, notes, .. } = found;
    let mut collector = Collector { pairing: servers, problems, taken: BTreeMap::new() };
    for (key, entry) in &desired.servers {
        let address = Address::Server(key.clone());
        match entry {
            Entry::External(external) => {
                let match_ = at_external(&address, external, locate_external(external, &indexes.by_identifier));
                collector.add(key, address, &external.origin, match_);
            }
            Entry::Present(server) | Entry::Absent(server) => {
                let match_ = locate_server(&address, server, entry.present().is_none(), &indexes, notes);
                collector.add(key, address, &server.origin, match_);
            }
        }
    }
}

fn locate_server(
    address: &Address,
    server: &Server,
    is_absent: bool,
    indexes: &ServerIndexes<'_>,
    notes: &mut Vec<Note>,
) -> Result<Match, IdentityProblem> {
    let (key, index) = match (&server.resource_identifier, &server.name) {
        (Some(identifier), _) => (Some(identifier), &indexes.by_identifier),
        (None, name) => (name.as_ref(), &indexes.by_name),
    };
    let old = server.renamed_from.as_ref().map(|old| match &old.value {
        ServerRename::Name(name) => (name.as_str(), &old.origin, &indexes.by_name),
        ServerRename::ResourceIdentifier(identifier) => (identifier.as_str(), &old.origin, &indexes.by_identifier),
    });
    let wanted = Wanted { address: address.clone(), origin: &server.origin, pinned: &server.id, key, old, is_absent };
    let found = match locate(&wanted, index, notes) {
        // A list that may be cut off proves nothing about an id: the read of that very object will.
        Err(IdentityProblemKind::PinnedMissing { id }) if indexes.is_truncated => Ok(Match::Live(id)),
        Err(kind) => Err(other_kind(kind, &indexes.apps)),
        Ok(Match::Missing) if !is_absent => missing_server(server, indexes),
        Ok(Match::Missing) if indexes.is_truncated => Err(IdentityProblemKind::ListTruncated),
        Ok(found) => Ok(found),
    };
    found.and_then(|found| refuse_built_in(found, indexes)).map_err(|kind| wanted.problem(kind))
}

fn missing_server(server: &Server, indexes: &ServerIndexes<'_>) -> Result<Match, IdentityProblemKind> {
    if let (Some(identifier), Some(name)) = (&server.resource_identifier, &server.name)
        && let Some(candidate) = indexes.by_name.exact(&name.value).first()
    {
        return Err(IdentityProblemKind::NameTaken { wanted: identifier.value.clone(), candidate: candidate.clone() });
    }
    if indexes.is_truncated {
        return Err(IdentityProblemKind::ListTruncated);
    }
    Ok(Match::Missing)
}

fn refuse_built_in(found: Match, indexes: &ServerIndexes<'_>) -> Result<Match, IdentityProblemKind> {
    let built_in = found.id().and_then(|id| indexes.built_in.get(&id));
    match built_in {
        Some(server) => Err(IdentityProblemKind::BuiltIn { candidate: server_candidate(server) }),
        None => Ok(found),
    }
}
