//! API authorization as code for OneLogin.

pub mod diagnostic;
pub mod emulator;
pub mod model;
pub mod render;
