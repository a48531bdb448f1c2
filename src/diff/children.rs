//! Matches the children of one server: scopes by value, claims by name.

use super::sides::Findings;
use crate::diagnostic::{Origin, Sourced};
use crate::model::{Address, Candidate, IdentityProblem, IdentityProblemKind, RemoteId, text};
use std::collections::{BTreeMap, BTreeSet};

/// A live child as matching sees it.
pub(super) struct LiveChild<'a, L> {
    pub(super) key: &'a str,
    pub(super) id: RemoteId,
    pub(super) live: &'a L,
}

/// A child of the file as matching sees it.
pub(super) struct DesiredChild<'a> {
    pub(super) key: &'a str,
    pub(super) address: Address,
    pub(super) origin: &'a Origin,
    pub(super) renamed_from: Option<Sourced<&'a str>>,
}

/// Where a child of the file stands.
pub(super) enum ChildMatch<'a, L> {
    Live(&'a L),
    Renamed(&'a L),
    Missing,
}

/// The outcome of matching: one entry a child of the file in the order given (problems left out), and the rest of live.
pub(super) struct Matched<'a, L> {
    pub(super) found: BTreeMap<&'a str, ChildMatch<'a, L>>,
    pub(super) unlisted: Vec<&'a L>,
}

/// The live children of one server, by key.
struct Children<'m, 'a, L> {
    by_key: BTreeMap<&'a str, &'m LiveChild<'a, L>>,
    folded: BTreeMap<String, Vec<&'m LiveChild<'a, L>>>,
    /// The keys of the file.
    listed: BTreeSet<&'a str>,
}

impl<'m, 'a, L> Children<'m, 'a, L> {
    fn new(desired: &[DesiredChild<'a>], live: &'m [LiveChild<'a, L>]) -> Self {
        let mut folded: BTreeMap<String, Vec<&LiveChild<'a, L>>> = BTreeMap::new();
        for child in live {
            folded.entry(text::fold(child.key)).or_default().push(child);
        }
        Self {
            by_key: live.iter().map(|child| (child.key, child)).collect(),
            folded,
            listed: desired.iter().map(|child| child.key).collect(),
        }
    }

    /// Finds the child of this key, and fails where one that the file does not list is merely near.
    fn one(&self, key: &str) -> Result<Option<&'m LiveChild<'a, L>>, IdentityProblemKind> {
        if let Some(child) = self.by_key.get(key) {
            return Ok(Some(child));
        }
        let near = self.folded.get(&text::fold(key)).into_iter().flatten();
        let unlisted = near.filter(|child| !self.listed.contains(child.key));
        let mut candidates: Vec<Candidate> = unlisted.map(|child| candidate(child)).collect();
        candidates.sort_by_key(|candidate| candidate.id);
        match candidates.is_empty() {
            true => Ok(None),
            false => Err(IdentityProblemKind::NearMiss { wanted: key.to_owned(), candidates }),
        }
    }
}

/// Matches children; what is not plain is filed as a problem.
pub(super) fn match_children<'a, L>(
    desired: &[DesiredChild<'a>],
    live: &[LiveChild<'a, L>],
    findings: &mut Findings,
) -> Matched<'a, L> {
    let children = Children::new(desired, live);
    let mut taken: BTreeMap<&str, &DesiredChild<'a>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for child in desired {
        let one = match_child(child, &children, findings);
        match one.and_then(|one| not_taken(one, child, &mut taken)) {
            Ok(one) => {
                found.insert(child.key, one.into_match());
            }
            Err(kind) => findings.problem(IdentityProblem {
                address: child.address.clone(),
                origin: child.renamed_from.as_ref().map_or(child.origin, |old| &old.origin).clone(),
                kind,
            }),
        }
    }
    let unlisted = live.iter().filter(|child| !taken.contains_key(child.key)).map(|child| child.live).collect();
    Matched { found, unlisted }
}

/// Fails where another child of the file is the same live child already.
fn not_taken<'m, 'd, 'a, L>(
    one: ChildFound<'m, 'a, L>,
    child: &'d DesiredChild<'a>,
    taken: &mut BTreeMap<&'a str, &'d DesiredChild<'a>>,
) -> Result<ChildFound<'m, 'a, L>, IdentityProblemKind> {
    if let ChildFound::Live(live) | ChildFound::Renamed(live) = &one
        && let Some(other) = taken.insert(live.key, child)
    {
        let (other, other_origin) = (other.address.clone(), other.origin.clone());
        return Err(IdentityProblemKind::SameObject { id: live.id, other, other_origin });
    }
    Ok(one)
}

enum ChildFound<'m, 'a, L> {
    Live(&'m LiveChild<'a, L>),
    Renamed(&'m LiveChild<'a, L>),
    Missing,
}

impl<'a, L> ChildFound<'_, 'a, L> {
    fn into_match(self) -> ChildMatch<'a, L> {
        match self {
            Self::Live(child) => ChildMatch::Live(child.live),
            Self::Renamed(child) => ChildMatch::Renamed(child.live),
            Self::Missing => ChildMatch::Missing,
        }
    }
}

fn candidate<L>(child: &LiveChild<'_, L>) -> Candidate {
    Candidate { id: child.id, name: child.key.to_owned(), resource_identifier: None }
}

fn match_child<'m, 'a, L>(
    child: &DesiredChild<'a>,
    children: &Children<'m, 'a, L>,
    findings: &mut Findings,
) -> Result<ChildFound<'m, 'a, L>, IdentityProblemKind> {
    let Some(old) = &child.renamed_from else {
        return Ok(children.one(child.key)?.map_or(ChildFound::Missing, ChildFound::Live));
    };
    // A near miss of the new key is what a rename by case looks like, so only an exact match counts while the old is live …
    let Some(new) = children.by_key.get(child.key).copied() else {
        return match children.one(old.value)? {
            Some(old) => Ok(ChildFound::Renamed(old)),
            None => children.one(child.key).map(|_| ChildFound::Missing),
        };
    };
    // … and a near miss of the old key is what such a rename leaves. What the file lists under the old key is not it.
    match children.by_key.get(old.value).filter(|old| !children.listed.contains(old.key)) {
        Some(old) => Err(IdentityProblemKind::BothLive { old: candidate(old), new: candidate(new) }),
        None => {
            let text = format!("{} is renamed already: the `renamed_from` line can go", child.address);
            findings.note(Some(&old.origin), text);
            Ok(ChildFound::Live(new))
        }
    }
}
