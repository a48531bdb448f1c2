//! Matches the children of one server: scopes by value, claims by name.

use super::sides::Findings;
use crate::diagnostic::{Origin, Sourced};
use crate::model::{Address, Candidate, IdentityProblem, IdentityProblemKind, RemoteId};
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

/// Matches children; what is not plain is filed as a problem.
pub(super) fn match_children<'a, L>(
    desired: &[DesiredChild<'a>],
    live: &[LiveChild<'a, L>],
    findings: &mut Findings,
) -> Matched<'a, L> {
    let by_key: BTreeMap<&str, &LiveChild<'a, L>> = live.iter().map(|child| (child.key, child)).collect();
    let listed: BTreeSet<&str> = desired.iter().map(|child| child.key).collect();
    let mut taken: BTreeMap<&str, &DesiredChild<'a>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for child in desired {
        let one = match_child(child, live, &by_key, &listed, findings);
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
    live: &'m [LiveChild<'a, L>],
    by_key: &BTreeMap<&str, &'m LiveChild<'a, L>>,
    listed: &BTreeSet<&str>,
    findings: &mut Findings,
) -> Result<ChildFound<'m, 'a, L>, IdentityProblemKind> {
    let new = by_key.get(child.key).copied();
    let Some(old) = &child.renamed_from else {
        return match new {
            Some(new) => Ok(ChildFound::Live(new)),
            None => no_near_miss(child.key, live, listed).map(|()| ChildFound::Missing),
        };
    };
    // Where the file still lists the old name as a child of its own, that child is it and nothing is left to rename.
    let old_live = by_key.get(old.value).copied().filter(|_| !listed.contains(old.value));
    match (old_live, new) {
        (Some(old), Some(new)) => Err(IdentityProblemKind::BothLive { old: candidate(old), new: candidate(new) }),
        (Some(old), None) => Ok(ChildFound::Renamed(old)),
        (None, Some(new)) => {
            let text = format!("{} is renamed already: the `renamed_from` line can go", child.address);
            findings.note(Some(&old.origin), text);
            Ok(ChildFound::Live(new))
        }
        (None, None) => Ok(ChildFound::Missing),
    }
}

/// Fails where a live child that the file does not list differs only by case or blanks.
fn no_near_miss<L>(key: &str, live: &[LiveChild<'_, L>], listed: &BTreeSet<&str>) -> Result<(), IdentityProblemKind> {
    let is_near =
        |child: &&LiveChild<'_, L>| child.key.trim().eq_ignore_ascii_case(key.trim()) && !listed.contains(child.key);
    let candidates: Vec<Candidate> = live.iter().filter(is_near).map(candidate).collect();
    match candidates.is_empty() {
        true => Ok(()),
        false => Err(IdentityProblemKind::NearMiss { wanted: key.to_owned(), candidates }),
    }
}
