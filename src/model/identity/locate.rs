//! Finds the live object of one entry: by pinned id, by natural key, by the key it had before.

use super::index::Index;
use super::{IdentityProblem, IdentityProblemKind};
use crate::diagnostic::{Origin, Sourced};
use crate::model::{Address, EntryKey, External, ExternalBy, Field, Note, RemoteId};
use std::collections::{BTreeMap, BTreeSet};

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

/// Which entries an object is by pinned id or exact key, before renames and problems are looked at.
#[derive(Default)]
pub(super) struct Owners(BTreeMap<RemoteId, BTreeSet<EntryKey>>);

impl Owners {
    /// Notes what an entry is found by.
    pub(super) fn add(&mut self, key: &EntryKey, pinned: Option<RemoteId>, name: Option<&str>, index: &Index) {
        let found = match (pinned, name) {
            (Some(id), _) => index.by_id.get(&id),
            (None, Some(name)) => index.exact(name).first(),
            (None, None) => None,
        };
        if let Some(found) = found {
            self.0.entry(found.id).or_default().insert(key.clone());
        }
    }

    /// Notes what an external entry is found by.
    pub(super) fn add_external<E>(&mut self, key: &EntryKey, external: &External<E>, index: &Index) {
        match &external.by {
            ExternalBy::Id(id) => self.add(key, Some(*id), None, index),
            ExternalBy::Name(name) => self.add(key, None, Some(name), index),
        }
    }

    /// Says whether an object is that of another entry.
    pub(super) fn is_anothers(&self, id: RemoteId, key: &EntryKey) -> bool {
        self.0.get(&id).is_some_and(|owners| owners.iter().any(|owner| owner != key))
    }
}

/// What an entry is looked for by.
pub(super) struct Wanted<'a> {
    pub(super) entry: &'a EntryKey,
    pub(super) owners: &'a Owners,
    pub(super) address: Address,
    pub(super) origin: &'a Origin,
    pub(super) pinned: &'a Field<RemoteId>,
    pub(super) key: Option<&'a Sourced<String>>,
    /// The old key, and where to look for it.
    pub(super) old: Option<(&'a str, &'a Origin, &'a Index)>,
}

impl Wanted<'_> {
    pub(super) fn problem(&self, kind: IdentityProblemKind) -> IdentityProblem {
        let origin = match &kind {
            IdentityProblemKind::PinnedMissing { .. } | IdentityProblemKind::PinnedOtherKind { .. } => {
                self.pinned.as_ref().map(|id| &id.origin)
            }
            _ => self.key.map(|key| &key.origin),
        };
        IdentityProblem { address: self.address.clone(), origin: origin.unwrap_or(self.origin).clone(), kind }
    }
}

/// Finds the live object of a managed entry.
pub(super) fn locate(wanted: &Wanted<'_>, index: &Index, notes: &mut Vec<Note>) -> Result<Match, IdentityProblemKind> {
    if let Some(id) = wanted.pinned {
        return match index.by_id.get(&id.value) {
            Some(_) => Ok(Match::Live(id.value)),
            None => Err(IdentityProblemKind::PinnedMissing { id: id.value }),
        };
    }
    let is_anothers = |id| wanted.owners.is_anothers(id, wanted.entry);
    let key = wanted.key.map(|key| key.value.as_str());
    let Some((old_key, old_origin, old_index)) = wanted.old else {
        let found = key.map_or(Ok(None), |key| index.one(key, is_anothers))?;
        return Ok(found.map_or(Match::Missing, |one| Match::Live(one.id)));
    };
    // A near miss of the new key is what a rename by case looks like, so only an exact match counts while the old is live …
    let Some(new) = key.map_or(Ok(None), |key| index.one_exact(key))? else {
        return match old_index.one(old_key, is_anothers)? {
            Some(old) => Ok(Match::Renamed(old.id)),
            None => key.map_or(Ok(None), |key| index.one(key, is_anothers)).map(|_| Match::Missing),
        };
    };
    // … and a near miss of the old key is what such a rename leaves. What another entry owns by now is not the old one.
    match old_index.one_exact(old_key)?.filter(|old| !is_anothers(old.id)) {
        Some(old) if old.id == new.id => {}
        Some(old) => return Err(IdentityProblemKind::BothLive { old: old.clone(), new: new.clone() }),
        None => notes.push(Note {
            origin: Some(old_origin.clone()),
            text: format!("{} is renamed already: the `renamed_from` line can go", wanted.address),
        }),
    }
    Ok(Match::Live(new.id))
}

/// Finds the live object of an external entry.
pub(super) fn locate_external<E>(
    (key, external): (&EntryKey, &External<E>),
    owners: &Owners,
    index: &Index,
) -> Result<Match, IdentityProblemKind> {
    match &external.by {
        ExternalBy::Id(id) => match index.by_id.get(id) {
            Some(_) => Ok(Match::Live(*id)),
            None => Err(IdentityProblemKind::PinnedMissing { id: *id }),
        },
        ExternalBy::Name(name) => match index.one(name, |id| owners.is_anothers(id, key))? {
            Some(one) => Ok(Match::Live(one.id)),
            None => Err(IdentityProblemKind::ExternalMissing { wanted: name.clone() }),
        },
    }
}
