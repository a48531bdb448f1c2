//! What every test of this binary starts from.

mod emulator;
mod golden;
mod program;
mod scenario;
mod scrub;

pub(crate) use emulator::Emulator;
pub(crate) use golden::compare;
pub(crate) use program::{Program, Run, root};
pub(crate) use scenario::play;
