//! API authorization as code for OneLogin.

pub mod access;
pub mod api;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod emulator;
pub mod live;
pub mod model;
pub mod plan;
pub mod render;
pub mod verify;
