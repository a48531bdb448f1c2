//! How many requests an execution makes.

use crate::diff::{Action, AppOperation, Change, ClientOperation, Edit, Operation};
use crate::model::{Address, NewRole, RolePatch};
use std::collections::{BTreeMap, BTreeSet};

/// Counts the requests of an execution: writes, the reads before and after them, look-ups of what is made. Retries, polling
/// and further pages of members are not in it.
pub(super) fn count(changes: &[Change]) -> u64 {
    let mut touched: BTreeMap<Address, Touched> = BTreeMap::new();
    let mut requests = 0;
    let mut needs_connector = false;
    for change in changes {
        let owner = touched.entry(change.address.owner()).or_default();
        owner.note(change);
        requests += writes(change);
        if let Edit::App(operation) = &change.edit {
            needs_connector |= operation.made().is_some_and(|new| new.app.connector_id.is_none());
        }
    }
    requests += u64::from(needs_connector);
    requests + touched.values().map(Touched::reads).sum::<u64>()
}

/// One write a change; a new role gets its members by a second, and a renamed one too. A replacement is a delete and a create.
fn writes(change: &Change) -> u64 {
    match &change.edit {
        Edit::Role(Operation::Create(new)) => 1 + u64::from(!new.members.is_empty()),
        Edit::Role(Operation::Update { patch, .. }) => {
            u64::from(patch.name.is_some()) + u64::from(!patch.add_members.is_empty())
        }
        Edit::App(AppOperation::Replace { .. }) => 2,
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
    /// The app that another one takes the place of.
    Replaced,
    /// The look-up by name: before something is made, and once more for twins when everything is written.
    Named,
}

/// What is read again of one server, app or role.
#[derive(Default)]
struct Touched {
    is_new: bool,
    is_gone: bool,
    before: BTreeSet<Part>,
    after: BTreeSet<Part>,
}

impl Touched {
    fn note(&mut self, change: &Change) {
        // The object itself is always read before: it has to be there, and not OneLogin's own.
        self.before.insert(Part::Itself);
        match &change.edit {
            Edit::Role(operation) => {
                self.note_root(operation.action());
                match operation {
                    // The look-up by name shows a new role and its twins at once.
                    Operation::Create(_) => self.after.extend([Part::Named]),
                    Operation::Update { patch, .. } => self.after.extend(patch.name.as_ref().map(|_| Part::Itself)),
                    // Who loses it is part of the record.
                    Operation::Delete { .. } => drop(self.before.insert(Part::Members)),
                }
                if gets_members(operation) {
                    self.after.insert(Part::Members);
                }
            }
            Edit::App(operation) => {
                self.note_root(operation.action());
                self.note_whole(operation.action());
                if operation.action() == Action::Replace {
                    // The old one has to be there before and gone after; its name may belong to no other.
                    self.before.insert(Part::Named);
                    self.after.insert(Part::Replaced);
                }
            }
            Edit::Server(operation) => {
                self.note_root(operation.action());
                self.note_whole(operation.action());
                // What goes with it is part of the record.
                if let Operation::Delete { .. } = operation {
                    self.before.extend([Part::Scopes, Part::Claims, Part::Clients]);
                }
            }
            Edit::Scope { operation, .. } => {
                self.note_list(Part::Scopes);
                // So is who loses it.
                if let Operation::Delete { .. } = operation {
                    self.before.insert(Part::Clients);
                }
            }
            Edit::Claim { .. } => self.note_list(Part::Claims),
            Edit::Client { operation, .. } => {
                self.note_list(Part::Clients);
                // A grant names scopes by id, so they have to be there too.
                if !matches!(operation, ClientOperation::Unbind) {
                    self.before.insert(Part::Scopes);
                }
            }
        }
    }

    fn note_root(&mut self, action: Action) {
        self.is_new |= action == Action::Create;
        self.is_gone |= action == Action::Delete;
    }

    fn note_whole(&mut self, action: Action) {
        self.after.insert(Part::Itself);
        if matches!(action, Action::Create | Action::Replace) {
            self.after.insert(Part::Named);
        }
    }

    fn note_list(&mut self, part: Part) {
        self.before.insert(part);
        self.after.insert(part);
    }

    /// One look-up before a make, else the parts before; the parts after, or one look at what is gone.
    fn reads(&self) -> u64 {
        let before = if self.is_new { 1 } else { self.before.len() as u64 };
        let after = if self.is_gone { 1 } else { self.after.len() as u64 };
        before + after
    }
}

fn gets_members(operation: &Operation<NewRole, RolePatch>) -> bool {
    match operation {
        Operation::Create(new) => !new.members.is_empty(),
        Operation::Update { patch, .. } => !patch.add_members.is_empty(),
        Operation::Delete { .. } => false,
    }
}
