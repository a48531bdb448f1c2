//! API authorization as code for OneLogin.

pub mod api;
pub mod diagnostic;
pub mod emulator;
pub mod live;
pub mod model;
