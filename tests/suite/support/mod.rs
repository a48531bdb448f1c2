//! What every test of this binary starts from.

mod program;
mod scrub;

pub(crate) use program::{Program, Run, root};
