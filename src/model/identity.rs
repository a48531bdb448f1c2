//! Which desired thing is which live object: names and ids, no state file.
//!
//! A thing is found by its pinned id, else by its natural key: a server by resource identifier (by name only where the
//! entry declares no identifier), an app by name among OIDC apps, a role by name. Whatever is not plain is a problem that
//! names the candidates; the room never picks the first of two.

use super::{
    Address, App, AppSummary, DesiredState, EntryKey, External, ExternalBy, Field, LiveLists, Note, RemoteId, Role,
    Server, ServerRename, ServerSummary, text,
};
use crate::diagnostic::{Origin, Sourced};
use std::collections::BTreeMap;

/// Where a desired thing stands in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is this live object.
    Live(RemoteId),
    /// It is this live object under its old name or identifier.
    Renamed(RemoteId),
    /// It is not there.
    Missing,
}

impl Match {
    /// Returns the live object's id.
    pub const fn id(self) -> Option<RemoteId> {
        match self {
            Self::Live(id) | Self::Renamed(id) => Some(id),
            Self::Missing => None,
        }
    }
}

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

/// An entry that cannot be matched safely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProblem {
    /// The entry.
    pub address: Address,
    /// Where to mend it.
    pub origin: Origin,
    /// What is wrong.
    pub kind: IdentityProblemKind,
}

/// A live object that could have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: RemoteId,
    /// Its name.
    pub name: String,
    /// Its resource identifier, if it is a server.
    pub resource_identifier: Option<String>,
}

/// The ways a match can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityProblemKind {
    /// Several live objects fit.
    Ambiguous {
        /// What was looked for.
        wanted: String,
        /// Those that fit, sorted by id.
        candidates: Vec<Candidate>,
    },
    /// One differs only by case or blanks.
    NearMiss {
        /// What was looked for.
        wanted: String,
        /// What is there, sorted by id.
        candidates: Vec<Candidate>,
    },
    /// The pinned id is not live.
    PinnedMissing {
        /// The id.
        id: RemoteId,
    },
    /// The pinned id is live and of another kind.
    PinnedOtherKind {
        /// The id.
        id: RemoteId,
        /// What it is.
        is: String,
    },
    /// Two entries are one live object.
    SameObject {
        /// The object.
        id: RemoteId,
        /// The other entry.
        other: Address,
        /// Where the other entry stands.
        other_origin: Origin,
    },
    /// `renamed_from`: the old and the new are both live.
    BothLive {
        /// The old one.
        old: Candidate,
        /// The new one.
        new: Candidate,
    },
    /// The server's identifier is not live and its name is: another environment's server must not be taken over.
    NameTaken {
        /// The identifier that was looked for.
        wanted: String,
        /// The server with the name.
        candidate: Candidate,
    },
    /// The server is OneLogin's own.
    BuiltIn {
        /// The server.
        candidate: Candidate,
    },
    /// The server is not in a list that may be cut off, so it may exist.
    ListTruncated,
    /// The thing the file refers to is not live.
    ExternalMissing {
        /// What was looked for.
        wanted: String,
    },
}

impl IdentityProblemKind {
    /// Says whether it is a refusal (the file is fine, acting on it is not safe) rather than an error to mend.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::NameTaken { .. } | Self::BuiltIn { .. } | Self::ListTruncated)
    }
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

/// Live objects by id and by natural key.
struct Index {
    by_id: BTreeMap<RemoteId, Candidate>,
    exact: BTreeMap<String, Vec<Candidate>>,
    folded: BTreeMap<String, Vec<Candidate>>,
}

impl Index {
    fn new(candidates: impl Iterator<Item = (String, Candidate)>) -> Self {
        let mut index = Self { by_id: BTreeMap::new(), exact: BTreeMap::new(), folded: BTreeMap::new() };
        for (key, candidate) in candidates {
            let key = text::canonical(&key).into_owned();
            index.folded.entry(fold(&key)).or_default().push(candidate.clone());
            index.exact.entry(key).or_default().push(candidate.clone());
            index.by_id.insert(candidate.id, candidate);
        }
        index
    }

    fn exact(&self, wanted: &str) -> &[Candidate] {
        self.exact.get(text::canonical(wanted).as_ref()).map_or(&[], Vec::as_slice)
    }

    fn near(&self, wanted: &str) -> &[Candidate] {
        self.folded.get(&fold(&text::canonical(wanted))).map_or(&[], Vec::as_slice)
    }

    /// Finds the one object with this natural key.
    fn one(&self, wanted: &str) -> Result<Option<&Candidate>, IdentityProblemKind> {
        match self.exact(wanted) {
            [] => match self.near(wanted) {
                [] => Ok(None),
                near => Err(IdentityProblemKind::NearMiss { wanted: wanted.to_owned(), candidates: near.to_vec() }),
            },
            [one] => Ok(Some(one)),
            several => Err(IdentityProblemKind::Ambiguous { wanted: wanted.to_owned(), candidates: several.to_vec() }),
        }
    }
}

/// Folds case and blanks away: what is equal afterwards was probably meant to be equal.
fn fold(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an entry is looked for by.
struct Wanted<'a> {
    address: Address,
    origin: &'a Origin,
    pinned: &'a Field<RemoteId>,
    key: Option<&'a Sourced<String>>,
    /// The old key, and where to look for it.
    old: Option<(&'a str, &'a Origin, &'a Index)>,
    is_absent: bool,
}

impl Wanted<'_> {
    fn problem(&self, kind: IdentityProblemKind) -> IdentityProblem {
        let origin = match &kind {
            IdentityProblemKind::PinnedMissing { .. } | IdentityProblemKind::PinnedOtherKind { .. } => {
                self.pinned.as_ref().map(|id| &id.origin)
            }
            _ => self.key.map(|key| &key.origin),
        };
        IdentityProblem { address: self.address.clone(), origin: origin.unwrap_or(self.origin).clone(), kind }
    }
}

fn locate(wanted: &Wanted<'_>, index: &Index, notes: &mut Vec<Note>) -> Result<Match, IdentityProblemKind> {
    if let Some(id) = wanted.pinned {
        return match index.by_id.get(&id.value) {
            Some(_) => Ok(Match::Live(id.value)),
            None if wanted.is_absent => Ok(Match::Missing),
            None => Err(IdentityProblemKind::PinnedMissing { id: id.value }),
        };
    }
    let Some((old_key, old_origin, old_index)) = wanted.old else {
        return match wanted.key {
            Some(key) => Ok(index.one(&key.value)?.map_or(Match::Missing, |one| Match::Live(one.id))),
            None => Ok(Match::Missing),
        };
    };
    // A near miss of the new key is what a rename by case looks like, so only exact matches count here.
    let new = match wanted.key.map_or(&[][..], |key| index.exact(&key.value)) {
        [] => None,
        [one] => Some(one),
        several => {
            return Err(IdentityProblemKind::Ambiguous {
                wanted: wanted.key.map_or_else(String::new, |key| key.value.clone()),
                candidates: several.to_vec(),
            });
        }
    };
    match (old_index.one(old_key)?, new) {
        (None, None) => Ok(Match::Missing),
        (Some(old), None) => Ok(Match::Renamed(old.id)),
        (Some(old), Some(new)) if old.id == new.id => Ok(Match::Live(new.id)),
        (Some(old), Some(new)) => Err(IdentityProblemKind::BothLive { old: old.clone(), new: new.clone() }),
        (None, Some(new)) => {
            notes.push(Note {
                origin: Some(old_origin.clone()),
                text: format!("{} is renamed already: the `renamed_from` line can go", wanted.address),
            });
            Ok(Match::Live(new.id))
        }
    }
}

fn locate_external<E>(external: &External<E>, index: &Index) -> Result<Match, IdentityProblemKind> {
    match &external.by {
        ExternalBy::Id(id) => match index.by_id.get(id) {
            Some(_) => Ok(Match::Live(*id)),
            None => Err(IdentityProblemKind::PinnedMissing { id: *id }),
        },
        ExternalBy::Name(name) => match index.one(name)? {
            Some(one) => Ok(Match::Live(one.id)),
            None => Err(IdentityProblemKind::ExternalMissing { wanted: name.clone() }),
        },
    }
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
            super::Entry::External(external) => {
                let match_ = at_external(&address, external, locate_external(external, &index));
                collector.add(key, address, &external.origin, match_);
            }
            super::Entry::Present(role) | super::Entry::Absent(role) => {
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
            super::Entry::External(external) => {
                let match_ = at_external(&address, external, locate_external(external, &index));
                collector.add(key, address, &external.origin, match_);
            }
            super::Entry::Present(app) | super::Entry::Absent(app) => {
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
    lists: &'a LiveLists,
}

fn identify_servers(desired: &DesiredState, lists: &LiveLists, found: &mut Identities) {
    let indexes = ServerIndexes {
        by_identifier: Index::new(lists.servers.iter().map(|s| (s.resource_identifier.clone(), server_candidate(s)))),
        by_name: Index::new(lists.servers.iter().map(|s| (s.name.clone(), server_candidate(s)))),
        apps: Index::new(lists.apps.iter().map(app_candidate)),
        lists,
    };
    let Identities { servers, problems, notes, .. } = found;
    let mut collector = Collector { pairing: servers, problems, taken: BTreeMap::new() };
    for (key, entry) in &desired.servers {
        let address = Address::Server(key.clone());
        match entry {
            super::Entry::External(external) => {
                let match_ = at_external(&address, external, locate_external(external, &indexes.by_identifier));
                collector.add(key, address, &external.origin, match_);
            }
            super::Entry::Present(server) | super::Entry::Absent(server) => {
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
        Err(IdentityProblemKind::PinnedMissing { id }) if indexes.lists.servers_truncated => Ok(Match::Live(id)),
        Err(kind) => Err(other_kind(kind, &indexes.apps)),
        Ok(Match::Missing) if !is_absent => missing_server(server, indexes),
        Ok(Match::Missing) if indexes.lists.servers_truncated => Err(IdentityProblemKind::ListTruncated),
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
    if indexes.lists.servers_truncated {
        return Err(IdentityProblemKind::ListTruncated);
    }
    Ok(Match::Missing)
}

fn refuse_built_in(found: Match, indexes: &ServerIndexes<'_>) -> Result<Match, IdentityProblemKind> {
    let built_in = found.id().and_then(|id| indexes.lists.servers.iter().find(|s| s.id == id && s.built_in));
    match built_in {
        Some(server) => Err(IdentityProblemKind::BuiltIn { candidate: server_candidate(server) }),
        None => Ok(found),
    }
}
