//! What became of a plan.

use super::{HostError, NaturalKey, StoredAt};
use crate::api::ApiError;
use crate::diff::Action;
use crate::model::{Address, RemoteId};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What became of a plan.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// One entry a step, in the order of the plan.
    pub steps: Vec<StepOutcome>,
    /// Whether anything was written, or may have been.
    pub wrote: bool,
    /// Whether the user broke it off before it came to its end.
    pub interrupted: bool,
    /// What stopped it, apart from the user.
    pub fatal: Option<Fatal>,
    /// The ids of what was made, or found to be made.
    pub created: BTreeMap<Address, RemoteId>,
}

/// What became of one step.
#[derive(Debug, Clone)]
pub struct StepOutcome {
    /// The object.
    pub address: Address,
    /// What was to happen to it.
    pub action: Action,
    /// What happened.
    pub result: StepResult,
    /// What became of the secret, if the step made an app.
    pub secret: Option<SecretFate>,
}

/// What happened to one object.
#[derive(Debug, Clone)]
pub enum StepResult {
    /// It is as planned, and was seen to be.
    Applied {
        /// The object.
        id: RemoteId,
        /// How it came to be so.
        how: How,
    },
    /// It was not written, or only in part.
    Failed {
        /// Why.
        error: StepError,
        /// Whether a part of it was written.
        wrote: bool,
    },
    /// Live is not what the plan saw: nothing was written to it.
    Moved(Moved),
    /// It was written, and is not seen to be as planned.
    Unseen {
        /// The object.
        id: RemoteId,
        /// What was seen instead.
        doubt: Doubt,
    },
    /// Nobody knows whether it was written.
    Unknown {
        /// What to look for.
        key: NaturalKey,
        /// What was found under that key: nothing, or several of which any may be ours.
        found: Vec<RemoteId>,
        /// Why it is not known.
        error: Arc<ApiError>,
    },
    /// It waits for a step that was not done.
    Skipped {
        /// That step.
        because: Address,
    },
    /// The execution was over before.
    NotAttempted,
}

/// How an object came to be as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// This run wrote it.
    Written,
    /// A write whose answer was lost turned out to have run.
    Found,
    /// An earlier run made it and could not record so.
    FoundFromEarlierRun,
    /// It was to be deleted and is gone already.
    AlreadyGone,
}

/// What became of the secret of an app that was made.
#[derive(Debug, Clone)]
pub enum SecretFate {
    /// It is stored.
    Stored(StoredAt),
    /// It is lost: the answer that held it never came, or nothing took it. `--replace` makes the app anew.
    Lost,
    /// There is none: a public client.
    None,
}

/// An object that is not what the plan saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// In which way.
    pub why: MovedWhy,
    /// Plan, live and desired side by side, in the order of the file format.
    pub fields: Vec<FieldView>,
}

/// The ways an object can move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MovedWhy {
    /// It was absent and is there.
    Appeared {
        /// What is there, sorted.
        ids: Vec<RemoteId>,
    },
    /// It was there and is gone.
    Gone,
    /// It is there and different.
    Changed,
    /// It is to be deleted, and something hangs on it that the plan did not see: it would go along.
    Attached,
    /// The server is OneLogin's own.
    BuiltIn,
    /// A scope it was to be granted is gone or means something else.
    ScopesMoved,
    /// The saved plan that is the permission does not list it.
    NotListed,
}

/// One field from up to three sides; `None` where a side says nothing about it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldView {
    /// The field as the file names it.
    pub path: Cow<'static, str>,
    /// What the plan saw live.
    pub plan: Option<Value>,
    /// What is live now.
    pub live: Option<Value>,
    /// What the file asks for.
    pub desired: Option<Value>,
}

/// Why something that was written is not said to be applied.
#[derive(Debug, Clone)]
pub enum Doubt {
    /// It was read back and differs.
    Differs(Vec<FieldView>),
    /// It was read back and is not there, or (deleted) still there.
    WrongPresence,
    /// Others of the same name are there: somebody else made one at the same moment.
    Twins(Vec<RemoteId>),
    /// It could not be read back.
    Unreadable(Arc<ApiError>),
    /// It was not read back: the user broke the run off.
    NotReadBack,
}

/// Why a step was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StepError {
    /// What it touches could not be read again.
    #[error("cannot read {owner} again before it is written")]
    Read {
        /// What was to be read.
        owner: Address,
        /// Why not.
        #[source]
        source: Arc<ApiError>,
    },
    /// It could not be looked up before it was made.
    #[error("cannot look up whether there is a {key}")]
    LookUp {
        /// What was looked for.
        key: NaturalKey,
        /// Why not.
        #[source]
        source: Arc<ApiError>,
    },
    /// The write failed.
    #[error("cannot {} {address}", .action.as_str())]
    Write {
        /// The object.
        address: Address,
        /// What was to happen to it.
        action: Action,
        /// Why it did not.
        #[source]
        source: Arc<ApiError>,
    },
    /// The old app is gone, and the new one is not made.
    #[error("{address} ({old}) is deleted, and the new one is not made")]
    HalfReplaced {
        /// The app.
        address: Address,
        /// The id of the old one.
        old: RemoteId,
        /// Why it is not made.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// It refers to something that does not exist.
    #[error("{address} refers to {reference}, which is not there")]
    Unresolved {
        /// The object.
        address: Address,
        /// What it refers to.
        reference: String,
    },
    /// The execution was over before the rest of it was sent.
    #[error("the run was over before all of {address} was written")]
    BrokenOff {
        /// The object.
        address: Address,
    },
    /// There is no room for the secret of an app, so it was not made.
    #[error("there is no room for the secret of {address}, so it is not made")]
    NoRoom {
        /// The app.
        address: Address,
        /// Why not.
        #[source]
        source: HostError,
    },
    /// The record could not be written, so nothing was sent.
    #[error("cannot record the write of {address} before it is sent")]
    Record {
        /// The object.
        address: Address,
        /// Why not.
        #[source]
        source: HostError,
    },
}

impl StepError {
    /// Returns the request that failed, if one did.
    pub(super) const fn request(&self) -> Option<&Arc<ApiError>> {
        match self {
            Self::Read { source, .. } | Self::LookUp { source, .. } | Self::Write { source, .. } => Some(source),
            Self::Unresolved { .. }
            | Self::BrokenOff { .. }
            | Self::HalfReplaced { .. }
            | Self::NoRoom { .. }
            | Self::Record { .. } => None,
        }
    }
}

/// What stops a whole execution.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fatal {
    /// The record cannot be written.
    #[error("the record of the run cannot be written")]
    Record(#[source] HostError),
    /// A secret went to the file instead of where it should have gone.
    #[error("the secret of {app} was kept at {place}, since the place it was meant for did not take it")]
    SecretFellBack {
        /// The app.
        app: Address,
        /// Where it is.
        place: String,
        /// What failed.
        #[source]
        source: HostError,
    },
    /// The quota comes back later than the caller wants to wait; every further request would have to.
    #[error("OneLogin's quota is spent")]
    NoQuota(#[source] Arc<ApiError>),
    /// A secret is lost.
    #[error("the secret of {app} (id {id}) is lost, since nothing took it")]
    SecretLost {
        /// The app.
        app: Address,
        /// Its id.
        id: RemoteId,
        /// What failed.
        #[source]
        source: HostError,
    },
}

/// What an outcome amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitClass {
    /// Everything is as planned.
    Done,
    /// Something failed, nothing was written.
    NothingWritten,
    /// Something was written and something was not, or is not known to be.
    Partial,
    /// Live has moved, nothing was written.
    Refused,
}

impl StepResult {
    /// Says whether the object is as planned.
    pub const fn is_applied(&self) -> bool {
        matches!(self, Self::Applied { .. })
    }

    /// Says whether something was written to the account, or may have been.
    pub const fn may_have_written(&self) -> bool {
        match self {
            Self::Applied { how, .. } => !matches!(how, How::AlreadyGone),
            Self::Failed { wrote, .. } => *wrote,
            Self::Unseen { .. } | Self::Unknown { .. } => true,
            Self::Moved(_) | Self::Skipped { .. } | Self::NotAttempted => false,
        }
    }
}

impl Outcome {
    /// Returns what the outcome amounts to.
    pub fn exit_class(&self) -> ExitClass {
        let is_done = self.steps.iter().all(|step| step.result.is_applied()) && self.fatal.is_none();
        let has_moved = self.steps.iter().any(|step| matches!(step.result, StepResult::Moved(_)));
        let has_failed = self.steps.iter().any(|step| matches!(step.result, StepResult::Failed { .. }));
        match (is_done, self.wrote) {
            (true, _) => ExitClass::Done,
            (false, true) => ExitClass::Partial,
            (false, false) if has_moved && !has_failed && self.fatal.is_none() && !self.interrupted => {
                ExitClass::Refused
            }
            (false, false) => ExitClass::NothingWritten,
        }
    }

    /// Returns what becomes of a plan of which nothing was performed yet.
    pub const fn nothing() -> Self {
        Self { steps: Vec::new(), wrote: false, interrupted: false, fatal: None, created: BTreeMap::new() }
    }

    /// Lays steps that were held back, by their index in the whole plan, between those that were performed.
    #[must_use]
    pub fn with_withheld(self, withheld: BTreeMap<usize, StepOutcome>) -> Self {
        let Self { steps, wrote, interrupted, fatal, created } = self;
        let total = steps.len() + withheld.len();
        let (mut performed, mut withheld) = (steps.into_iter(), withheld);
        let next = |index| withheld.remove(&index).or_else(|| performed.next());
        let steps = (0..total).filter_map(next).collect();
        Self { steps, wrote, interrupted, fatal, created }
    }

    /// Says whether every step of a server (app, role) and its children was seen: then files made from it may be written.
    pub fn is_seen(&self, owner: &Address) -> bool {
        self.steps.iter().filter(|step| step.address.owner() == *owner).all(|step| step.result.is_applied())
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Written => "written",
            Self::Found => "found after its answer was lost",
            Self::FoundFromEarlierRun => "found, made by an earlier run",
            Self::AlreadyGone => "gone already",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ExitClass, How, Moved, MovedWhy, Outcome, StepOutcome, StepResult};
    use crate::diff::Action;
    use crate::model::{Address, EntryKey, RemoteId};
    use std::collections::BTreeMap;

    fn outcome(results: Vec<StepResult>) -> Outcome {
        let wrote = results.iter().any(StepResult::may_have_written);
        let address = Address::Role(EntryKey::new("r"));
        let step = |result| StepOutcome { address: address.clone(), action: Action::Update, result, secret: None };
        let steps = results.into_iter().map(step).collect();
        Outcome { steps, wrote, interrupted: false, fatal: None, created: BTreeMap::new() }
    }

    #[test]
    fn outcomes_amount_to_exit_classes() {
        let applied = || StepResult::Applied { id: RemoteId(1), how: How::Written };
        let gone = || StepResult::Applied { id: RemoteId(1), how: How::AlreadyGone };
        let moved = || StepResult::Moved(Moved { why: MovedWhy::Gone, fields: Vec::new() });
        let skipped = || StepResult::Skipped { because: Address::Role(EntryKey::new("r")) };
        let check = |results: Vec<StepResult>, expected| assert_eq!(outcome(results).exit_class(), expected);
        check(vec![], ExitClass::Done);
        check(vec![applied(), gone()], ExitClass::Done);
        check(vec![applied(), moved()], ExitClass::Partial);
        check(vec![moved(), skipped()], ExitClass::Refused);
        check(vec![gone(), moved()], ExitClass::Refused);
        check(vec![StepResult::NotAttempted], ExitClass::NothingWritten);
        let mut broken_off = outcome(vec![moved(), StepResult::NotAttempted]);
        broken_off.interrupted = true;
        assert_eq!(broken_off.exit_class(), ExitClass::NothingWritten);
    }

    #[test]
    fn a_server_is_seen_with_its_children() {
        let mut outcome = outcome(vec![StepResult::NotAttempted]);
        let server = Address::Server(EntryKey::new("s"));
        assert!(outcome.is_seen(&server));
        for step in &mut outcome.steps {
            step.address = Address::parse("authorization_server/s/scope/a").unwrap();
        }
        assert!(!outcome.is_seen(&server));
    }
}
