//! API authorization as code for OneLogin.

pub mod cli;
pub mod diagnostic;
pub mod diff;
pub mod emulator;
pub mod model;
pub mod plan;
pub mod report;
