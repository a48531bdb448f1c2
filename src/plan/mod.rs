//! Orders changes into steps and judges their safety: the last place where anything is decided.
//!
//! Pure. A plan is always made; a dangerous one carries its refusals, so that it can still be shown. What it means for
//! access comes from `access`, what it means for files from `render`; both are laid beside the steps by the caller.

mod build;
mod graph;
mod order;
mod permit;
mod requests;
mod safety;
mod step;
mod target;

pub use build::plan;
pub use permit::{Permitted, Withheld};
pub use step::{Context, Drift, FileAction, FileChange, NotTargeted, Plan, SafetyLimits, Step, Summary};

#[cfg(test)]
mod tests;
