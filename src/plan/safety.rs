//! How far one run may go in deleting.

use super::SafetyLimits;
use crate::diff::{Action, Change, Edit, Refusal, RefusalKind, Totals};
use crate::model::{Address, Kind};
use std::collections::BTreeMap;

/// More deleted children of one server than this look like a mistake.
const CHILDREN_OF_ONE_SERVER: usize = 3;

/// A larger share of the live objects of a kind than this looks like a mistake, in percent …
const SHARE_PERCENT: usize = 30;

/// … where there are at least this many; of fewer, three deletes are soon a third.
const SHARE_MINIMUM: usize = 10;

/// Returns what the limits refuse.
///
/// `max_deletes` is the answer to every doubt about numbers: given, it replaces the doubts by one count of all deletes. A
/// replacement is no delete among them: each is named on the command line, so their number is no mistake.
pub(super) fn judge(changes: &[Change], totals: &Totals, limits: &SafetyLimits) -> Vec<Refusal> {
    let deletes: Vec<&Change> = changes.iter().filter(|change| change.action() == Action::Delete).collect();
    let mut refusals = Vec::new();
    if !limits.allow_destroy {
        let destroyed = changes.iter().filter_map(|change| Some(refusal(change, destruction(change)?)));
        refusals.extend(destroyed);
    }
    match limits.max_deletes {
        Some(limit) => refusals.extend(over_limit(&deletes, limit)),
        None => refusals.extend(doubts(&deletes, totals)),
    }
    refusals
}

fn refusal(change: &Change, kind: RefusalKind) -> Refusal {
    Refusal { address: change.address.clone(), origin: change.origin.clone(), kind }
}

/// Says in which way a change destroys a server, an app or a role, if it does.
fn destruction(change: &Change) -> Option<RefusalKind> {
    match change.action() {
        Action::Delete => is_root(change).then_some(RefusalKind::DestroyNotAllowed),
        Action::Replace => Some(RefusalKind::ReplaceNotAllowed),
        Action::Create | Action::Update => None,
    }
}

fn is_root(change: &Change) -> bool {
    matches!(change.edit, Edit::Role(_) | Edit::App(_) | Edit::Server(_))
}

fn over_limit(deletes: &[&Change], limit: usize) -> Option<Refusal> {
    let first = deletes.get(limit)?;
    Some(refusal(first, RefusalKind::TooManyDeletes { deletes: deletes.len(), limit }))
}

fn doubts(deletes: &[&Change], totals: &Totals) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut children: BTreeMap<Address, Vec<&Change>> = BTreeMap::new();
    let mut kinds: BTreeMap<Kind, Vec<&Change>> = BTreeMap::new();
    for &change in deletes {
        kinds.entry(change.address.kind()).or_default().push(change);
        if !is_root(change) {
            children.entry(change.address.owner()).or_default().push(change);
        }
    }
    for (server, gone) in children {
        if let (true, Some(first)) = (gone.len() > CHILDREN_OF_ONE_SERVER, gone.first()) {
            let kind = RefusalKind::ManyChildren { deletes: gone.len() };
            refusals.push(Refusal { address: server, origin: first.origin.clone(), kind });
        }
    }
    for (server, kind) in &totals.emptied {
        let origin = deletes.iter().find(|change| change.address.kind() == *kind && change.address.owner() == *server);
        let origin = origin.and_then(|change| change.origin.clone());
        refusals.push(Refusal { address: server.clone(), origin, kind: RefusalKind::Emptied { children: *kind } });
    }
    for (kind, gone) in kinds {
        let live = totals.live.get(&kind).copied().unwrap_or_default();
        if let (true, Some(first)) = (live >= SHARE_MINIMUM && gone.len() * 100 > live * SHARE_PERCENT, gone.first()) {
            refusals.push(refusal(first, RefusalKind::LargeShare { kind, deletes: gone.len(), live }));
        }
    }
    refusals
}
