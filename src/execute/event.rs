//! What happens, as it happens.

use super::{How, NaturalKey, StepResult, StoredAt};
use crate::diff::Action;
use crate::model::{Address, RemoteId};

/// Something that happened; the events are all that progress is shown from.
///
/// Shape: one `Begun`, then for every step at most one `Started` and exactly one `Finished`, then one `Ended`.
#[derive(Debug, Clone)]
pub enum Event {
    /// The execution begins.
    Begun {
        /// How many steps there are.
        steps: usize,
    },
    /// A step has begun.
    Started {
        /// The object.
        address: Address,
        /// What happens to it.
        action: Action,
    },
    /// Something that may have been made is being looked up, for up to `--settle`.
    LookingUp {
        /// The object.
        address: Address,
        /// What is looked for.
        key: NaturalKey,
        /// Whether an earlier run may have made it (else this one).
        is_earlier_run: bool,
    },
    /// A create whose answer was lost has left no trace and is sent again.
    SendingAgain {
        /// The object.
        address: Address,
    },
    /// OneLogin has taken the write; it is not yet seen.
    Written {
        /// The object.
        address: Address,
        /// What happened to it.
        action: Action,
        /// Its id.
        id: RemoteId,
        /// How it came to be.
        how: How,
    },
    /// The secret of an app is stored.
    SecretStored {
        /// The app.
        address: Address,
        /// Its id.
        id: RemoteId,
        /// Where.
        at: StoredAt,
    },
    /// The secret of an app is lost; `--replace` is the way out.
    SecretLost {
        /// The app.
        address: Address,
        /// Its id.
        id: RemoteId,
    },
    /// No further write is begun.
    Stopping,
    /// A server, app or role is being read back.
    ReadingBack {
        /// The server, app or role.
        owner: Address,
    },
    /// It is known what became of a step.
    Finished {
        /// The object.
        address: Address,
        /// What was to happen to it.
        action: Action,
        /// What happened.
        result: StepResult,
    },
    /// The execution is over.
    Ended,
}
