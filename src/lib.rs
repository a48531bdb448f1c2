//! API authorization as code for OneLogin.

pub mod config;
pub mod diagnostic;
pub mod emulator;
pub mod model;
