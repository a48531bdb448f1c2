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
            index.folded.entry(fold(&key)).or_default().push(candidate.clone());
            index.exact.entry(key).or_default().push(candidate.clone());
            index.by_id.insert(candidate.id, candidate);
        }
        index
    }

    pub(super) fn exact(&self, wanted: &str) -> &[Candidate] {
        self.exact.get(text::canonical(wanted).as_ref()).map_or(&[], Vec::as_slice)
    }

    fn near(&self, wanted: &str) -> &[Candidate] {
        self.folded.get(&fold(&text::canonical(wanted))).map_or(&[], Vec::as_slice)
    }

    /// Finds the one object with this natural key.
    pub(super) fn one(&self, wanted: &str) -> Result<Option<&Candidate>, IdentityProblemKind> {
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
