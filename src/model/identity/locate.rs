//! Finds the live object of one entry: by pinned id, by natural key, by the key it had before.

use super::index::Index;
use super::{IdentityProblem, IdentityProblemKind};
use crate::diagnostic::{Origin, Sourced};
use crate::model::{Address, External, ExternalBy, Field, Note, RemoteId};

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

/// What an entry is looked for by.
pub(super) struct Wanted<'a> {
    pub(super) address: Address,
    pub(super) origin: &'a Origin,
    pub(super) pinned: &'a Field<RemoteId>,
    pub(super) key: Option<&'a Sourced<String>>,
    /// The old key, and where to look for it.
    pub(super) old: Option<(&'a str, &'a Origin, &'a Index)>,
    pub(super) is_absent: bool,
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

/// Finds the live object of an external entry.
pub(super) fn locate_external<E>(external: &External<E>, index: &Index) -> Result<Match, IdentityProblemKind> {
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
