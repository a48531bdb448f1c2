//! Which change has to wait for which.
//!
//! ```text
//!   role ──▶ app ──▶ client ◀── scope ◀── server        makes and changes: along the arrows
//!                                 claim ◀──┘             deletes: against them
//! ```
//!
//! On top of that, a change that frees a name comes before the one that takes it, and a scope is deleted only after the
//! bindings that let go of it were written. Names that change hands in a circle cannot be ordered and are refused.

use super::Step;
use crate::diff::{
    Action, AppOperation, Change, ClientOperation, Edit, ObjectRef, Operation, Refusal, RefusalKind, ScopeRef,
};
use crate::model::{Address, EntryKey, RemoteId, text};
use std::collections::{BTreeMap, BTreeSet};

/// Orders changes: along their dependencies, and among the free ones makes before deletes, kind by kind, by address.
///
/// Shape: every step stands after those it waits for. Steps of a circle come last, with one refusal a circle.
pub(super) fn order(changes: Vec<Change>) -> (Vec<Step>, Vec<Refusal>) {
    let waits = dependencies(&changes);
    let ranks: Vec<(u8, &Address)> = changes.iter().map(|change| (rank(change), &change.address)).collect();
    let mut remaining: Vec<BTreeSet<usize>> = waits.clone();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    for (index, before) in waits.iter().enumerate() {
        for &earlier in before {
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
    // What still waits for something waits for itself.
    let still_waits = remaining.iter().enumerate().filter(|(_, before)| !before.is_empty());
    let circle: Vec<usize> = still_waits.map(|(index, _)| index).collect();
    let refusals = circles(&changes, &remaining, &circle);
    sequence.extend(circle);
    (into_steps(changes, &sequence, &waits), refusals)
}

fn into_steps(changes: Vec<Change>, sequence: &[usize], waits: &[BTreeSet<usize>]) -> Vec<Step> {
    let position: BTreeMap<usize, usize> = sequence.iter().enumerate().map(|(place, index)| (*index, place)).collect();
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    let take = |index: &usize| {
        let change = slots.get_mut(*index).and_then(Option::take)?;
        let mut after: Vec<usize> =
            waits.get(*index).into_iter().flatten().filter_map(|earlier| position.get(earlier).copied()).collect();
        after.sort_unstable();
        Some(Step { change, after })
    };
    sequence.iter().filter_map(take).collect()
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

/// A name that may stand only once, so that it has to be freed before it is taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Role(String),
    App(String),
    Identifier(String),
    Scope(EntryKey, String),
    Claim(EntryKey, String),
}

fn dependencies(changes: &[Change]) -> Vec<BTreeSet<usize>> {
    let at: BTreeMap<&Address, usize> =
        changes.iter().enumerate().map(|(index, change)| (&change.address, index)).collect();
    // Twins may both give up a name, so it is free after the last of them.
    let mut freed: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        for name in frees(change) {
            freed.entry(name).or_default().push(index);
        }
    }
    let holders = Holders::new(changes);
    let wait = |(index, change): (usize, &Change)| {
        let mut before: BTreeSet<usize> = needs(change).iter().filter_map(|address| at.get(address).copied()).collect();
        before.extend(takes(change).iter().filter_map(|name| freed.get(name)).flatten().copied());
        before.extend(holders.before(change));
        before.remove(&index);
        before
    };
    changes.iter().enumerate().map(wait).collect()
}

/// What has to be made before a change can name it.
fn needs(change: &Change) -> Vec<Address> {
    let planned = |object: &ObjectRef| match object {
        ObjectRef::Planned(address) => Some(address.clone()),
        ObjectRef::Live(_) => None,
    };
    match &change.edit {
        Edit::Role(_) | Edit::Server(_) => Vec::new(),
        Edit::App(operation) => operation.roles().into_iter().flatten().filter_map(planned).collect(),
        Edit::Scope { server, .. } | Edit::Claim { server, .. } => planned(server).into_iter().collect(),
        Edit::Client { server, app, operation } => {
            let mut needed: Vec<Address> = [server, app].into_iter().filter_map(planned).collect();
            if let (ClientOperation::Bind(scopes) | ClientOperation::Update(scopes), Address::Server(key)) =
                (operation, change.address.owner())
            {
                needed.extend(scopes.iter().filter_map(|scope| match scope {
                    ScopeRef::Planned(value) => Some(Address::Scope(key.clone(), value.clone())),
                    ScopeRef::Live(_) => None,
                }));
            }
            needed
        }
    }
}

/// Names that a change gives up: by a rename, or with a deleted object. What is made anew gives its own up and takes it.
fn frees(change: &Change) -> Vec<Name> {
    names(change, |field| field.before.as_str())
}

/// Names that a change takes: by a rename, or for a new object.
fn takes(change: &Change) -> Vec<Name> {
    names(change, |field| field.after.as_str())
}

fn names<'a>(change: &'a Change, side: impl Fn(&'a crate::diff::FieldChange) -> Option<&'a str>) -> Vec<Name> {
    let field = |path: &str| {
        let found = change.fields.iter().find(|field| field.path == path).and_then(&side);
        found.map(|name| text::canonical(name).into_owned())
    };
    match (&change.address, change.action()) {
        (Address::Role(_), _) => field("name").map(Name::Role).into_iter().collect(),
        (Address::OidcApp(_), _) => field("name").map(Name::App).into_iter().collect(),
        // Live servers may be twins by name, so names change hands freely; a new one never gets a name that is live.
        (Address::Server(_), _) => field("resource_identifier").map(Name::Identifier).into_iter().collect(),
        (Address::Scope(server, _), Action::Update) => {
            field("value").map(|value| Name::Scope(server.clone(), value)).into_iter().collect()
        }
        (Address::Claim(server, _), Action::Update) => {
            field("name").map(|name| Name::Claim(server.clone(), name)).into_iter().collect()
        }
        (Address::Scope(server, value), _) => vec![Name::Scope(server.clone(), value.to_string())],
        (Address::Claim(server, name), _) => vec![Name::Claim(server.clone(), name.to_string())],
        (Address::Client(..) | Address::Policy(_), _) => Vec::new(),
    }
}

/// Who lets go of what is about to be deleted.
struct Holders {
    /// Binding changes by server: a scope is deleted after them.
    bindings: BTreeMap<Address, Vec<usize>>,
    /// Unbinds by app: an app is deleted after them.
    unbinds: BTreeMap<RemoteId, Vec<usize>>,
    /// Changes of apps: a role is deleted after them.
    apps: Vec<usize>,
    /// Apps that are made anew: a scope that the old ones held is deleted after them.
    replaces: Vec<usize>,
}

impl Holders {
    fn new(changes: &[Change]) -> Self {
        let mut holders =
            Self { bindings: BTreeMap::new(), unbinds: BTreeMap::new(), apps: Vec::new(), replaces: Vec::new() };
        for (index, change) in changes.iter().enumerate() {
            match &change.edit {
                Edit::Client { app, operation, .. } => {
                    if !matches!(operation, ClientOperation::Bind(_)) {
                        holders.bindings.entry(change.address.owner()).or_default().push(index);
                    }
                    if let (ClientOperation::Unbind, ObjectRef::Live(id)) = (operation, app) {
                        holders.unbinds.entry(*id).or_default().push(index);
                    }
                }
                Edit::App(AppOperation::Update { .. } | AppOperation::Delete { .. }) => holders.apps.push(index),
                Edit::App(AppOperation::Replace { .. }) => {
                    holders.apps.push(index);
                    holders.replaces.push(index);
                }
                _ => {}
            }
        }
        holders
    }

    fn before(&self, change: &Change) -> Vec<usize> {
        match &change.edit {
            Edit::Scope { operation: Operation::Delete { .. }, .. } => {
                let bindings = self.bindings.get(&change.address.owner()).into_iter().flatten();
                bindings.chain(&self.replaces).copied().collect()
            }
            Edit::App(AppOperation::Delete { id } | AppOperation::Replace { id, .. }) => {
                self.unbinds.get(id).cloned().unwrap_or_default()
            }
            Edit::Role(Operation::Delete { .. }) => self.apps.clone(),
            _ => Vec::new(),
        }
    }
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
