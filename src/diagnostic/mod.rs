//! Describes problems in the user's files: code, severity, message, places, hint.
//!
//! The room holds data only. It does not know how a problem is found (`config`, `render`) or shown (`report`).

mod code;
mod origin;
mod problem;

pub use code::Code;
pub use origin::{Origin, SourceFiles, Sourced};
pub use problem::{Diagnostic, Label, Severity};
