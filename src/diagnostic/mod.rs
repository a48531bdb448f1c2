//! Describes problems in the user's files: code, severity, message, places, hint.
//!
//! The room does not know how a problem is found (`config`, `render`, `access`) or shown (`report`).

mod allowance;
mod code;
mod codes;
mod merge;
mod origin;
mod problem;

pub use allowance::{Allowance, Allowed, Covers, Denied, Judged, judge};
pub use code::Code;
pub use merge::merge;
pub use origin::{Origin, SourceFiles, Sourced};
pub use problem::{Diagnostic, Label, Severity};
