//! What every test of this binary starts from.

mod canary;
mod emulator;
mod golden;
mod program;
mod running;
mod scenario;
mod scrub;

pub(crate) use canary::files;
pub(crate) use emulator::Emulator;
pub(crate) use golden::compare;
pub(crate) use program::{Program, Run, root};
pub(crate) use running::Running;
pub(crate) use scenario::{Manner, play};
