//! What a run really did, read from its record.

use crate::diff::Action;
use crate::execute::{Image, NaturalKey};
use crate::model::{Address, ClientRef, EntryKey, LiveLists, RemoteId, RolePatch};
use crate::workspace::{RecordedRun, RecordedWrite, WriteState};
use std::collections::{BTreeMap, BTreeSet};

/// A run to be taken back.
#[derive(Debug, Clone)]
pub struct Recorded<'a> {
    /// The run.
    pub run: &'a RecordedRun,
    /// Its undos so far, oldest first. What one that was broken off has made is what the next one goes on with.
    pub undos: Vec<&'a RecordedRun>,
}

/// One object that a run wrote.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) address: Address,
    /// The server that has it, if it is a scope, a claim or a binding, and the record says which.
    pub(super) server: Option<RemoteId>,
    pub(super) deed: Deed,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed {
    /// It was made, as far as is known: of a create without a result only live can tell.
    Made { id: Option<RemoteId>, key: NaturalKey, sent: Image },
    /// It was changed, unless live shows otherwise.
    Changed { id: RemoteId, before: Image, sent: Image },
    /// It was deleted, unless it is there.
    Deleted { id: RemoteId, before: Image },
}

/// The deeds of a run by address, and what cannot be taken back, each with the reason.
pub(super) struct Deeds {
    pub(super) done: Vec<Done>,
    pub(super) unclear: Vec<(Address, &'static str)>,
}

/// Why an app that was replaced, and its bindings, cannot be taken back: the old one is gone for good.
const REPLACED: &str = "the run made its app anew";

/// Reads what a run did; a write that is known to have failed did nothing.
pub(super) fn deeds(run: &RecordedRun) -> Deeds {
    let mut by_address: BTreeMap<&Address, Vec<&RecordedWrite>> = BTreeMap::new();
    for write in run.writes.iter().filter(|write| write.state != WriteState::Failed) {
        by_address.entry(&write.address).or_default().push(write);
    }
    let mut deeds = Deeds { done: Vec::new(), unclear: Vec::new() };
    let replaced: BTreeSet<&EntryKey> = by_address
        .iter()
        .filter_map(|(address, writes)| match address {
            Address::OidcApp(key) if deed(writes) == Err(REPLACED) => Some(key),
            _ => None,
        })
        .collect();
    for (address, writes) in by_address {
        if let Address::Client(_, ClientRef::Key(app)) = address
            && replaced.contains(app)
        {
            deeds.unclear.push((address.clone(), REPLACED));
            continue;
        }
        match deed(&writes) {
            Ok(deed) => deeds.done.push(Done { address: address.clone(), server: server(&writes), deed }),
            Err(reason) => deeds.unclear.push((address.clone(), reason)),
        }
    }
    deeds
}

fn deed(writes: &[&RecordedWrite]) -> Result<Deed, &'static str> {
    const UNKNOWN: &str = "the record does not say what it was";
    let actions: BTreeSet<Action> = writes.iter().map(|write| write.action).collect();
    let before = writes.iter().find_map(|write| write.images.before.clone()).ok_or(UNKNOWN);
    let sent = merged(writes.iter().filter_map(|write| write.images.sent.as_ref())).ok_or(UNKNOWN);
    let id = writes.iter().rev().find_map(|write| match write.state {
        WriteState::Done { id: Some(id), .. } => Some(id),
        _ => write.id,
    });
    match actions.into_iter().collect::<Vec<_>>().as_slice() {
        [Action::Create] => {
            let key = writes.iter().find_map(|write| write.key.clone()).ok_or(UNKNOWN)?;
            Ok(Deed::Made { id, key, sent: sent? })
        }
        [Action::Update] => Ok(Deed::Changed { id: id.ok_or(UNKNOWN)?, before: before?, sent: sent? }),
        [Action::Delete] => Ok(Deed::Deleted { id: id.ok_or(UNKNOWN)?, before: before? }),
        _ => Err(REPLACED),
    }
}

/// Lays the writes of one object over each other; only a role takes two.
fn merged<'a>(images: impl Iterator<Item = &'a Image>) -> Option<Image> {
    images.cloned().reduce(|first, later| match (first, later) {
        (Image::Role(mut first), Image::Role(RolePatch { name, add_members })) => {
            first.name = name.or(first.name);
            first.add_members.extend(add_members);
            Image::Role(first)
        }
        (_, later) => later,
    })
}

fn server(writes: &[&RecordedWrite]) -> Option<RemoteId> {
    writes.iter().find_map(|write| {
        write.server.or(match write.key {
            Some(
                NaturalKey::Scope { server, .. } | NaturalKey::Claim { server, .. } | NaturalKey::Client { server, .. },
            ) => Some(server),
            _ => None,
        })
    })
}

impl Deed {
    /// Returns the id of the object, by its natural key where nobody recorded it.
    pub(super) fn root_id(&self, lists: &LiveLists) -> Option<RemoteId> {
        match self {
            Self::Changed { id, .. } | Self::Deleted { id, .. } | Self::Made { id: Some(id), .. } => Some(*id),
            Self::Made { id: None, key, .. } => only(match key {
                NaturalKey::Role { name } => {
                    lists.roles.iter().filter(|role| role.name == *name).map(|role| role.id).collect()
                }
                NaturalKey::App { name } => {
                    let named = lists.apps.iter().filter(|app| app.is_oidc() && app.name == *name);
                    named.map(|app| app.id).collect()
                }
                NaturalKey::Server { resource_identifier, .. } => {
                    let found = lists.servers.iter().filter(|it| it.resource_identifier == *resource_identifier);
                    found.map(|server| server.id).collect()
                }
                NaturalKey::Scope { .. } | NaturalKey::Claim { .. } | NaturalKey::Client { .. } => Vec::new(),
            }),
        }
    }
}

/// Of several candidates none is safe.
fn only(ids: Vec<RemoteId>) -> Option<RemoteId> {
    match ids.as_slice() {
        [id] => Some(*id),
        _ => None,
    }
}

/// The deeds on one server.
#[derive(Default)]
pub(super) struct ServerDeeds<'a> {
    pub(super) own: Option<&'a Deed>,
    /// Scopes, claims and bindings.
    pub(super) children: Vec<&'a Done>,
}

impl ServerDeeds<'_> {
    /// Returns the id of the server.
    pub(super) fn id(&self, lists: &LiveLists) -> Option<RemoteId> {
        let of_children = || self.children.iter().find_map(|done| done.server);
        self.own.map_or_else(of_children, |deed| deed.root_id(lists))
    }
}

/// Groups deeds by the server they are about.
pub(super) fn by_server(done: &[Done]) -> BTreeMap<&EntryKey, ServerDeeds<'_>> {
    let mut servers: BTreeMap<&EntryKey, ServerDeeds<'_>> = BTreeMap::new();
    for one in done {
        match &one.address {
            Address::Server(key) => servers.entry(key).or_default().own = Some(&one.deed),
            Address::Scope(key, _) | Address::Claim(key, _) | Address::Client(key, _) => {
                servers.entry(key).or_default().children.push(one);
            }
            Address::Role(_) | Address::OidcApp(_) | Address::Policy(_) => {}
        }
    }
    servers
}

/// Returns what undos have made again, by address: those that were broken off, or all.
///
/// What an undo was making when it was killed, or never got an answer about, is what bears the name now, as for any run.
pub(super) fn made_again(recorded: &Recorded<'_>, lists: &LiveLists, by_all: bool) -> BTreeMap<Address, RemoteId> {
    let undos = recorded.undos.iter().filter(|undo| by_all || !undo.is_complete);
    let made = undos.flat_map(|undo| deeds(undo).done).filter(|one| matches!(one.deed, Deed::Made { .. }));
    made.filter_map(|one| Some((one.address, one.deed.root_id(lists)?))).collect()
}

/// Returns the live servers and apps that have to be read whole to take a run back.
pub fn needs(recorded: &Recorded<'_>, lists: &LiveLists) -> (BTreeSet<RemoteId>, BTreeSet<RemoteId>) {
    let Deeds { done, unclear: _ } = deeds(recorded.run);
    let again =
        made_again(recorded, lists, false).into_iter().filter(|(address, _)| matches!(address, Address::Server(_)));
    let servers =
        by_server(&done).values().filter_map(|deeds| deeds.id(lists)).chain(again.map(|(_, id)| id)).collect();
    let apps = done.iter().filter(|one| matches!(one.address, Address::OidcApp(_)));
    (servers, apps.filter_map(|one| one.deed.root_id(lists)).collect())
}
