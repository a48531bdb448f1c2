//! Audiences that two servers accept: a token of the one opens the API of the other.

use crate::diagnostic::{Code, Diagnostic, Origin};
use crate::model::{DesiredState, Entry, EntryKey};
use std::collections::{BTreeMap, BTreeSet};

/// A server that accepts an audience.
struct Holder<'a> {
    key: &'a EntryKey,
    origin: &'a Origin,
    /// `None`: an external server, which the file cannot make say anything.
    shares_with: Option<BTreeSet<&'a EntryKey>>,
}

impl Holder<'_> {
    fn allows(&self, other: &Self) -> bool {
        self.shares_with.as_ref().is_none_or(|shares| shares.contains(other.key))
    }
}

/// Reports audiences of two listed servers unless both say so.
pub(super) fn check(desired: &DesiredState, problems: &mut Vec<Diagnostic>) {
    let mut holders: BTreeMap<&str, Vec<Holder<'_>>> = BTreeMap::new();
    for (key, entry) in &desired.servers {
        let (audiences, shares_with) = match entry {
            Entry::Present(server) => {
                let shares = server.share_audience_with.iter().map(|other| &other.value).collect();
                (server.audiences.as_ref().map(|audiences| &audiences.value), Some(shares))
            }
            Entry::External(external) => (external.declared.audiences.as_ref(), None),
            Entry::Absent(_) => continue,
        };
        for audience in audiences.into_iter().flatten() {
            let holder = Holder { key, origin: &audience.origin, shares_with: shares_with.clone() };
            holders.entry(&audience.value).or_default().push(holder);
        }
    }
    for (audience, holders) in &holders {
        for (index, holder) in holders.iter().enumerate() {
            // The first objection is enough; a group without one lists every pair in the file already.
            let earlier = holders.get(..index).unwrap_or_default();
            if let Some(other) = earlier.iter().find(|other| !(holder.allows(other) && other.allows(holder))) {
                problems.push(shared(audience, holder, other));
            }
        }
    }
}

fn shared(audience: &str, holder: &Holder<'_>, other: &Holder<'_>) -> Diagnostic {
    let (first, second) = if other.origin <= holder.origin { (other, holder) } else { (holder, other) };
    let mut missing = Vec::new();
    for (one, another) in [(first, second), (second, first)] {
        if !one.allows(another) {
            missing.push(format!("`share_audience_with: [{}]` on `{}`", another.key, one.key));
        }
    }
    let message = format!("the servers `{}` and `{}` accept the same audience `{audience}`", first.key, second.key);
    Diagnostic::error(Code::SharedAudience, second.origin.clone(), message)
        .with_related(first.origin.clone(), "first accepted here")
        .with_hint(format!(
            "A token of either would open both APIs. Give one another audience, or say so with {}.",
            missing.join(" and ")
        ))
}
