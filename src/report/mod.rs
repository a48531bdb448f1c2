//! Turns plans, outcomes, problems and errors into text or versioned JSON on a given writer.
//!
//! The room decides nothing and reads nothing. It does not know whether it writes to a terminal: text carries colour
//! codes, which the writer takes out where they are not wanted, and says everything in words and signs as well. Whatever
//! comes from the account or the file goes through [`visible()`], so that no control, bidirectional or zero-width character
//! reaches a terminal.

mod access;
mod codes;
mod contrast;
mod cost;
mod diagnostics;
mod error;
mod facts;
mod fields;
mod html;
mod impact;
mod json;
mod junit;
mod keys;
mod likewise;
mod markdown;
mod mask;
mod notice;
mod outcome;
mod problems;
mod progress;
mod refusal;
#[cfg(test)]
mod sample;
mod style;
mod text;
mod verify;
mod view;
mod visible;
mod words;

pub use access::write_access;
pub use codes::{write_code, write_codes};
pub use contrast::write_contrast;
pub use cost::{Cost, write_cost};
pub use diagnostics::{identity_problem, write_diagnostics};
pub use error::{write_error, write_hint, write_note, write_warning};
pub use html::write_plan_html;
pub use impact::write_impact;
pub use json::{
    AccessShown, SavedAccess, SavedChange, SavedField, SavedFile, SavedPlan, SavedPlanError, Snapshot, SnapshotError,
    access_schema, contrast_schema, plan_schema, read_plan, read_snapshot, snapshot_schema, write_access_json,
    write_contrast_json, write_plan_json, write_snapshot,
};
pub use json::{verify_schema, write_verify_json};
pub use junit::write_verify_junit;
pub use keys::{KeyText, write_keys};
pub use markdown::write_plan_markdown;
pub use notice::{notice_label, notice_words};
pub use outcome::{FilesOutcome, write_outcome};
pub use problems::{ProblemsView, problems_schema, write_problems_github, write_problems_json, write_problems_sarif};
pub use progress::{Progress, lock_wait_words, spinner, state_wait_words};
pub use refusal::{Advice, refusal_advice};
pub use text::{write_access_changes, write_file_changes, write_plan_text};
pub use verify::write_verify;
pub use view::PlanView;
pub use visible::visible;
pub use words::{WIDTH, count};
