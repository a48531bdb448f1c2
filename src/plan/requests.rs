//! How many requests an execution makes.

use crate::diff::{Action, Change, Edit, Operation};
use crate::model::{Address, NewRole, RolePatch};
use std::collections::{BTreeMap, BTreeSet};

/// Counts the requests of an execution: writes, the reads before and after them, look-ups of what is made. Retries, polling
/// and further pages of members are not in it.
pub(super) fn count(changes: &[Change]) -> u64 {
    let mut touched: BTreeMap<Address, Touched> = BTreeMap::new();
    let mut requests = 0;
    let mut needs_connector = false;
    for change in changes {
        touched.entry(change.address.owner()).or_default().note(change);
        requests += writes(change);
        if let Edit::App(Operation::Create(new)) = &change.edit {
            needs_connector |= new.app.connector_id.is_none();
        }
    }
    requests += u64::from(needs_connector);
    requests + touched.values().map(Touched::reads).sum::<u64>()
}

/// One write a change; a new role gets its members by a second, and a renamed one too.
fn writes(change: &Change) -> u64 {
    match &change.edit {
        Edit::Role(Operation::Create(new)) => 1 + u64::from(!new.members.is_empty()),
        Edit::Role(Operation::Update { patch, .. }) => {
            u64::from(patch.name.is_some()) + u64::from(!patch.add_members.is_empty())
        }
        _ => 1,
    }
}

/// What is read as one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Itself,
    Scopes,
    Claims,
    Clients,
    Members,
    /// The list of all that have the name of what was made.
    Twins,
}

/// What is read of one server, app or role before its first write and after its last.
#[derive(Default)]
struct Touched {
    is_new: bool,
    before: BTreeSet<Part>,
    after: BTreeSet<Part>,
}

impl Touched {
    fn note(&mut self, change: &Change) {
        let (before, after): (&[Part], &[Part]) = match &change.edit {
            Edit::Role(operation) => {
                self.is_new |= operation.action() == Action::Create;
                (&[Part::Itself], shows_role(operation))
            }
            Edit::App(operation) => self.root(operation.action()),
            Edit::Server(operation) => self.root(operation.action()),
            Edit::Scope { .. } => (&[Part::Scopes], &[Part::Scopes]),
            Edit::Claim { .. } => (&[Part::Claims], &[Part::Claims]),
            // A binding names scopes by id, so they have to be there.
            Edit::Client { .. } => (&[Part::Scopes, Part::Clients], &[Part::Clients]),
        };
        self.before.extend(before);
        self.after.extend(after);
    }

    fn root(&mut self, action: Action) -> (&'static [Part], &'static [Part]) {
        self.is_new |= action == Action::Create;
        match action {
            Action::Create => (&[Part::Itself], &[Part::Itself, Part::Twins]),
            Action::Update | Action::Delete => (&[Part::Itself], &[Part::Itself]),
        }
    }

    /// What is made is looked up once before; of a new server there are no children to read.
    fn reads(&self) -> u64 {
        let before = if self.is_new { 1 } else { self.before.len() };
        (before + self.after.len()) as u64
    }
}

/// A made role and its twins show in one list; a changed one is read only for a new name.
fn shows_role(operation: &Operation<NewRole, RolePatch>) -> &'static [Part] {
    match operation {
        Operation::Create(new) if new.members.is_empty() => &[Part::Twins],
        Operation::Create(_) => &[Part::Twins, Part::Members],
        Operation::Update { patch, .. } => match (patch.name.is_some(), patch.add_members.is_empty()) {
            (true, true) => &[Part::Itself],
            (true, false) => &[Part::Itself, Part::Members],
            (false, _) => &[Part::Members],
        },
        Operation::Delete { .. } => &[Part::Itself],
    }
}
