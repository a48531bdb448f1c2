//! Finds live objects by id and by natural key.

use super::{Candidate, IdentityProblemKind};
use crate::model::{RemoteId, text};
use std::collections::BTreeMap;

/// Live objects by id and by natural key.
pub(super) struct Index {
    pub(super) by_id: BTreeMap<RemoteId, Candidate>,
    exact: BTreeMap<String, Vec<Candidate>>,
    folded: BTreeMap<String, Vec<Candidate>>,
}

impl Index {
    pub(super) fn new(candidates: impl Iterator<Item = (String, Candidate)>) -> Self {
        let mut index = Self { by_id: BTreeMap::new(), exact: BTreeMap::new(), folded: BTreeMap::new() };
        for (key, candidate) in candidates {
            let key = text::canonical(&key).into_owned();
            index.folded.entry(text::fold(&key)).or_default().push(candidate.clone());
            index.exact.entry(key).or_default().push(candidate.clone());
            index.by_id.insert(candidate.id, candidate);
        }
        // Whatever the order of the list, a problem names its candidates in that of their ids.
        for candidates in index.exact.values_mut().chain(index.folded.values_mut()) {
            candidates.sort_by_key(|candidate| candidate.id);
        }
        index
    }

    pub(super) fn exact(&self, wanted: &str) -> &[Candidate] {
        self.exact.get(text::canonical(wanted).as_ref()).map_or(&[], Vec::as_slice)
    }

    /// Finds the one object with this exact natural key.
    pub(super) fn one_exact(&self, wanted: &str) -> Result<Option<&Candidate>, IdentityProblemKind> {
        match self.exact(wanted) {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => Err(IdentityProblemKind::Ambiguous { wanted: wanted.to_owned(), candidates: several.to_vec() }),
        }
    }

    /// Finds the one object with this natural key, and fails where one is merely near. What is another entry's is never
    /// near: the file says what it is.
    pub(super) fn one(
        &self,
        wanted: &str,
        is_anothers: impl Fn(RemoteId) -> bool,
    ) -> Result<Option<&Candidate>, IdentityProblemKind> {
        if let Some(one) = self.one_exact(wanted)? {
            return Ok(Some(one));
        }
        let near = self.folded.get(&text::fold(&text::canonical(wanted))).into_iter().flatten();
        let candidates: Vec<Candidate> = near.filter(|candidate| !is_anothers(candidate.id)).cloned().collect();
        match candidates.is_empty() {
            true => Ok(None),
            false => Err(IdentityProblemKind::NearMiss { wanted: wanted.to_owned(), candidates }),
        }
    }
}
