//! The one integration test binary of the crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod api;
mod apply;
mod architecture;
mod ci;
mod cli;
mod completions;
mod config;
mod diff;
mod embedded;
mod emulator;
mod examples;
mod execute;
mod export;
mod hostile;
mod init;
mod leftovers;
mod lints;
mod matrix;
mod mistakes;
mod plan_formats;
mod problems;
mod properties;
mod quota;
mod readme;
mod render;
mod scenarios;
mod secrets;
mod snapshot;
mod support;
mod undo;
mod verify;
