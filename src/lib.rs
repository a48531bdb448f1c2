//! API authorization as code for OneLogin.

pub mod cli;
pub mod api;
pub mod config;
pub mod access;
pub mod diagnostic;
pub mod diff;
pub mod emulator;
pub mod live;
pub mod model;
pub mod plan;
pub mod report;
pub mod render;
