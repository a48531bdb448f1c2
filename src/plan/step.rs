//! The plan as data.

use crate::diff::{Action, Change, Edit, Impact, Refusal};
use crate::model::{Address, EntryKey, Note, Replaces, Targets, TokenEndpointAuthMethod};
use std::collections::BTreeMap;

/// An ordered, final list of steps, and all a reviewer has to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it was made for.
    pub context: Context,
    /// The steps; each stands after those it waits for.
    pub steps: Vec<Step>,
    /// What is worth saying and changes nothing, sorted.
    pub notes: Vec<Note>,
    /// Why it must not be executed, sorted; judged with the limits it was made with.
    pub refusals: Vec<Refusal>,
    /// How live and file have come apart.
    pub drift: Drift,
    /// The numbers.
    pub summary: Summary,
    /// What is left out, because it is not targeted.
    pub not_targeted: NotTargeted,
    /// How many requests an execution makes, retries and polling apart.
    pub apply_requests: u64,
}

impl Plan {
    /// Says whether there is anything to write to the account.
    pub fn has_changes(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Says whether it must not be executed.
    pub fn is_refused(&self) -> bool {
        !self.refusals.is_empty()
    }

    /// Adds what is worth saying and nobody could know from file and account; the notes stay sorted.
    pub fn add_notes(&mut self, notes: impl IntoIterator<Item = Note>) {
        self.notes.extend(notes);
        self.notes.sort();
    }

    /// Gives updates the worse word where the plan as a whole means worse for the object than the update by itself.
    pub fn worsen(&mut self, worst: &BTreeMap<Address, Impact>) {
        for Step { change, after: _ } in &mut self.steps {
            if let (Action::Update, Some(worst)) = (change.action(), worst.get(&change.address)) {
                change.impact = change.impact.min(*worst);
            }
        }
    }

    /// Iterates over the changes that make an app with a secret, which OneLogin tells only once.
    pub fn new_secrets(&self) -> impl Iterator<Item = &Change> {
        self.changes().filter(|change| match &change.edit {
            Edit::App(operation) => {
                operation.made().is_some_and(|new| new.app.token_endpoint_auth_method != TokenEndpointAuthMethod::None)
            }
            _ => false,
        })
    }

    /// Says whether an app ends, to be made anew or not.
    pub fn ends(&self, app: &EntryKey) -> bool {
        let is_it = |address: &Address| matches!(address, Address::OidcApp(key) if key == app);
        let mut ends = self.changes().filter(|change| matches!(change.action(), Action::Delete | Action::Replace));
        ends.any(|change| is_it(&change.address))
    }

    /// Iterates over the changes in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.steps.iter().map(|step| &step.change)
    }
}

/// What a plan was made for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The tenant's host.
    pub tenant: String,
    /// The account id of the token answer.
    pub account_id: Option<u64>,
    /// The environment.
    pub environment: Option<String>,
    /// The digest of the resolved file.
    pub config_digest: String,
    /// The apps that are to be made anew.
    pub replaces: Replaces,
    /// What it is limited to.
    pub targets: Targets,
    /// Whether it deletes all that the file lists.
    pub destroy: bool,
}

/// One change and what it waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The change.
    pub change: Change,
    /// Indices of earlier steps that have to be applied first; sorted.
    pub after: Vec<usize>,
}

/// How far deletion may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SafetyLimits {
    /// Whether servers, apps and roles may be deleted, and apps made anew.
    pub allow_destroy: bool,
    /// How many deletes one run may make, replacements apart; given, it also allows deletes that look like a mistake.
    pub max_deletes: Option<usize>,
}

/// In which direction live and file have come apart, counted in objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drift {
    /// In the file, not live.
    pub missing_live: usize,
    /// In both, different.
    pub differs: usize,
    /// Live, and not in the file's complete list.
    pub only_live: usize,
}

/// How many objects are made, changed, deleted, made anew and kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects made.
    pub create: usize,
    /// Objects changed in place.
    pub update: usize,
    /// Objects deleted.
    pub delete: usize,
    /// Objects deleted and made anew.
    pub replace: usize,
    /// Objects the file manages that stay as they are.
    pub keep: usize,
}

impl Summary {
    /// Counts changes.
    pub(super) fn of<'a>(changes: impl Iterator<Item = &'a Change>, keep: usize) -> Self {
        let mut summary = Self { keep, ..Self::default() };
        for change in changes {
            match change.action() {
                Action::Create => summary.create += 1,
                Action::Update => summary.update += 1,
                Action::Delete => summary.delete += 1,
                Action::Replace => summary.replace += 1,
            }
        }
        summary
    }
}

/// How much a plan for targets leaves out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotTargeted {
    /// Changes of the account.
    pub changes: usize,
    /// Policy files that are new or different.
    pub files: usize,
}

/// What happens to one rendered policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The policy.
    pub policy: EntryKey,
    /// The path relative to the root configuration file's folder.
    pub path: String,
    /// Whether it is new or different.
    pub action: FileAction,
    /// What the file will hold.
    pub after: String,
}

/// Whether a policy file is new, different or as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAction {
    /// It is not there.
    Create,
    /// It holds something else.
    Update {
        /// What it holds; bytes that are no text are replaced.
        before: String,
    },
}

impl FileChange {
    /// Returns the address of the policy.
    pub fn address(&self) -> Address {
        Address::Policy(self.policy.clone())
    }
}
