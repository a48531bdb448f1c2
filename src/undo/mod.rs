//! Turns the record of a run into the state that takes it back.
//!
//! Pure. The inverse of a run is a desired state like a file's: entries pinned by id whose fields are those of before, and
//! child lists that are live's, corrected by the record. So comparing, planning, judging and executing are the same as for
//! a file, and nothing else knows how to change the account. What has changed since the run is left alone, what cannot come
//! back is said; both are notes.
//!
//! ```text
//!   record ── deeds ──▶ what the run really did ─┐
//!   live ── as it is now ────────────────────────┼─▶ inverse ──▶ desired state, notes ──▶ diff
//!   file ── what things are called today ────────┘
//! ```

mod bindings;
mod children;
mod compare;
mod deed;
mod entries;
mod inverse;
mod names;
mod roots;
mod servers;

pub use compare::compare;
pub use deed::{Recorded, needs};
pub use inverse::{Inverse, inverse};
