//! What a change has to wait for, and why.
//!
//! ```text
//!   role ──▶ app ──▶ client ◀── scope ◀── server        makes and changes: along the arrows
//!                                 claim ◀──┘             deletes: against them
//! ```
//!
//! On top of that, a change that frees a name comes before the one that takes it, and a scope is deleted only after the
//! bindings that let go of it were written.

use crate::diff::{Action, AppOperation, Change, ClientOperation, Edit, FieldChange, ObjectRef, Operation, ScopeRef};
use crate::model::{Address, EntryKey, RemoteId, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a change waits for another one; the weightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// The other one makes what it names.
    Needs,
    /// The other one gives up the name that it takes.
    Frees,
    /// The other one lets go of what it deletes or makes anew.
    LetsGo,
    /// It deletes what the other one's object may refer to: the object would be another one when the other is to be done.
    /// Without the other one it can be done all the same.
    Order,
}

/// What each change waits for, by index.
pub(super) type Waits = Vec<BTreeMap<usize, Tie>>;

/// Says what every change waits for.
pub(super) fn waits(changes: &[Change]) -> Waits {
    let at: BTreeMap<&Address, usize> =
        changes.iter().enumerate().map(|(index, change)| (&change.address, index)).collect();
    // Twins may both give up a name, so it is free after the last of them.
    let mut freed: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        for name in frees(change) {
            freed.entry(name).or_default().push(index);
        }
    }
    let renames = renames(changes);
    let holders = Holders::new(changes);
    let wait = |(index, change): (usize, &Change)| {
        let needs = needs(change);
        let needed = needs.iter().filter_map(|address| at.get(address)).map(|other| (*other, Tie::Needs));
        let takes = takes(change);
        let named = takes.iter().filter_map(|name| freed.get(name)).flatten().map(|other| (*other, Tie::Frees));
        let mut before: BTreeMap<usize, Tie> = BTreeMap::new();
        let called = granted(change).into_iter().filter_map(|scope| renames.get(&scope));
        let called = called.map(|other| (*other, Tie::Needs));
        for (other, tie) in needed
            .chain(named)
            .chain(called)
            .chain(holders.before(change, changes))
            .filter(|(other, _)| *other != index)
        {
            before.entry(other).and_modify(|known| *known = tie.min(*known)).or_insert(tie);
        }
        before
    };
    changes.iter().enumerate().map(wait).collect()
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

/// What has to be made before a change can name it.
pub(super) fn needs(change: &Change) -> Vec<Address> {
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

/// A live scope, by server and id.
type LiveScopeId = (RemoteId, RemoteId);

/// The changes that give live scopes other names.
fn renames(changes: &[Change]) -> BTreeMap<LiveScopeId, usize> {
    let renames = changes.iter().enumerate().filter_map(|(index, change)| match &change.edit {
        Edit::Scope { server: ObjectRef::Live(server), operation: Operation::Update { id, patch } } => {
            patch.value.as_ref().map(|_| ((*server, *id), index))
        }
        _ => None,
    });
    renames.collect()
}

/// The live scopes that a binding grants: by the names they have when all is done.
fn granted(change: &Change) -> Vec<LiveScopeId> {
    match &change.edit {
        Edit::Client {
            server: ObjectRef::Live(server),
            operation: ClientOperation::Bind(scopes) | ClientOperation::Update(scopes),
            ..
        } => {
            let live = scopes.iter().filter_map(|scope| match scope {
                ScopeRef::Live(id) => Some((*server, *id)),
                ScopeRef::Planned(_) => None,
            });
            live.collect()
        }
        _ => Vec::new(),
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

fn names<'a>(change: &'a Change, side: impl Fn(&'a FieldChange) -> Option<&'a str>) -> Vec<Name> {
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

    fn before(&self, change: &Change, changes: &[Change]) -> Vec<(usize, Tie)> {
        let lets_go = |path: &'static str, held: &str, others: &[usize]| -> Vec<(usize, Tie)> {
            let tie = |other: &usize| match changes.get(*other).is_some_and(|other| holds(other, path, held)) {
                true => (*other, Tie::LetsGo),
                false => (*other, Tie::Order),
            };
            others.iter().map(tie).collect()
        };
        match (&change.edit, &change.address) {
            (Edit::Scope { operation: Operation::Delete { .. }, .. }, Address::Scope(_, value)) => {
                let bindings = self.bindings.get(&change.address.owner()).map_or(&[][..], Vec::as_slice);
                let mut before = lets_go("scopes", value.as_str(), bindings);
                before.extend(self.replaces.iter().map(|other| (*other, Tie::Order)));
                before
            }
            (Edit::App(AppOperation::Delete { id } | AppOperation::Replace { id, .. }), _) => {
                self.unbinds.get(id).into_iter().flatten().map(|other| (*other, Tie::LetsGo)).collect()
            }
            (Edit::Role(Operation::Delete { .. }), Address::Role(key)) => lets_go("roles", key.as_str(), &self.apps),
            _ => Vec::new(),
        }
    }
}

/// Says whether a change shows that its object holds something now that it has to let go of.
fn holds(change: &Change, path: &str, held: &str) -> bool {
    let before = change.fields.iter().filter(|field| field.path == path).filter_map(|field| field.before.as_array());
    before.flatten().filter_map(Value::as_str).any(|label| label == held)
}
