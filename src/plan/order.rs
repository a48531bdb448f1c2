//! The order of steps.
//!
//! Along their waits, and among the free ones makes before deletes, kind by kind, by address. Names that change hands in a
//! circle cannot be ordered and are refused.

use super::Step;
use super::graph::{Waits, waits};
use crate::diff::{Action, Change, Edit, Refusal, RefusalKind};
use crate::model::Address;
use std::collections::{BTreeMap, BTreeSet};

/// The order of changes, which go by their index.
///
/// Shape: in the sequence every change stands after those it waits for. Those of a circle come last, with one refusal a
/// circle.
#[derive(Debug, PartialEq)]
pub(super) struct Order {
    pub(super) waits: Waits,
    pub(super) sequence: Vec<usize>,
    pub(super) circles: Vec<Refusal>,
}

impl Order {
    /// Orders changes.
    pub(super) fn of(changes: &[Change]) -> Self {
        let waits = waits(changes);
        let (mut sequence, remaining) = sequence(changes, &waits);
        // What still waits for something waits for itself.
        let still_waits = remaining.iter().enumerate().filter(|(_, before)| !before.is_empty());
        let circle: Vec<usize> = still_waits.map(|(index, _)| index).collect();
        let circles = circles(changes, &remaining, &circle);
        sequence.extend(circle);
        Self { waits, sequence, circles }
    }

    /// Returns the steps.
    pub(super) fn into_steps(self, changes: Vec<Change>) -> Vec<Step> {
        let places = self.sequence.iter().enumerate().map(|(place, index)| (*index, place));
        let places: BTreeMap<usize, usize> = places.collect();
        let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
        let take = |index: &usize| {
            let change = slots.get_mut(*index).and_then(Option::take)?;
            let before = self.waits.get(*index).into_iter().flat_map(BTreeMap::keys);
            let mut after: Vec<usize> = before.filter_map(|earlier| places.get(earlier).copied()).collect();
            after.sort_unstable();
            Some(Step { change, after })
        };
        self.sequence.iter().filter_map(take).collect()
    }
}

/// Returns what can be ordered in its order, and what is left to wait for.
fn sequence(changes: &[Change], waits: &Waits) -> (Vec<usize>, Vec<BTreeSet<usize>>) {
    let ranks: Vec<(u8, &Address)> = changes.iter().map(|change| (rank(change), &change.address)).collect();
    let mut remaining: Vec<BTreeSet<usize>> = waits.iter().map(|before| before.keys().copied().collect()).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    for (index, before) in waits.iter().enumerate() {
        for &earlier in before.keys() {
            if let Some(list) = dependents.get_mut(earlier) {
                list.push(index);
            }
        }
    }
    let mut ready: BTreeSet<((u8, &Address), usize)> = BTreeSet::new();
    for (index, before) in remaining.iter().enumerate() {
        if before.is_empty() {
            ready.extend(ranks.get(index).map(|rank| (*rank, index)));
        }
    }
    let mut sequence = Vec::with_capacity(changes.len());
    while let Some((_, index)) = ready.pop_first() {
        sequence.push(index);
        for &later in dependents.get(index).into_iter().flatten() {
            let Some(before) = remaining.get_mut(later) else { continue };
            if before.remove(&index) && before.is_empty() {
                ready.extend(ranks.get(later).map(|rank| (*rank, later)));
            }
        }
    }
    (sequence, remaining)
}

/// Makes and changes come kind by kind, deletes after them in reverse.
fn rank(change: &Change) -> u8 {
    let kind = match change.edit {
        Edit::Role(_) => 0,
        Edit::App(_) => 1,
        Edit::Server(_) => 2,
        Edit::Scope { .. } => 3,
        Edit::Claim { .. } => 4,
        Edit::Client { .. } => 5,
    };
    if change.action() == Action::Delete { 11 - kind } else { kind }
}

/// Names each circle once, walking back along what its first member waits for.
fn circles(changes: &[Change], waits: &[BTreeSet<usize>], members: &[usize]) -> Vec<Refusal> {
    let mut seen = BTreeSet::new();
    let mut refusals = Vec::new();
    for &start in members {
        let mut path = Vec::new();
        let mut index = start;
        while seen.insert(index) {
            path.push(index);
            match waits.get(index).and_then(BTreeSet::first) {
                Some(&next) => index = next,
                None => break,
            }
        }
        let Some(entry) = path.iter().position(|&member| member == index) else { continue };
        let circle: Vec<&Change> = path.iter().skip(entry).filter_map(|&member| changes.get(member)).collect();
        if let Some(first) = circle.first() {
            refusals.push(Refusal {
                address: first.address.clone(),
                origin: first.origin.clone(),
                kind: RefusalKind::Cycle { addresses: circle.iter().map(|change| change.address.clone()).collect() },
            });
        }
    }
    refusals
}
