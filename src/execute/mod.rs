//! Performs the steps of one plan, tells what happens as it happens, and returns what became of every step.
//!
//! The room chooses nothing: what to do and in which order is the plan's, and a precondition that no longer holds ends in
//! a step that was not done. It knows neither files nor the terminal; secrets and records go to a [`Host`], progress to
//! the caller's function.
//!
//! ```text
//!   schedule ── which steps may start          guard ── whether live is still what the plan saw
//!   run ─────── permits, stop, the loop        task ──── one step: judge, record, send
//!   create ──── nothing twice, secrets first   settle ──── look-ups until the time is up
//!   read_back ─ "applied" is only said of what was seen
//! ```
//!
//! Twins: a server, an app or a role is looked up by name before it is made, and once more when everything is written.
//! The second look-up takes the place of the re-read that an object yet to be made does not need, so the budget of
//! requests holds.

pub mod check;
mod children;
mod create;
mod event;
mod fields;
mod guard;
mod host;
mod image;
mod key;
mod outcome;
mod read_back;
mod roots;
mod run;
mod schedule;
mod settle;
mod task;
mod view;

pub use event::Event;
pub use host::{Host, HostError, Intent, NewSecret, RecordEntry, RecordedResult, StoredAt, WriteAction, WriteResult};
pub use image::{Children, Image, Images};
pub use key::NaturalKey;
pub use outcome::{
    Doubt, ExitClass, Fatal, FieldView, How, Moved, MovedWhy, Outcome, SecretFate, StepError, StepOutcome, StepResult,
};
pub use run::{ExecuteOptions, PendingCreate, execute};
