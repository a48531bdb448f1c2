//! The one integration test binary of the crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod architecture;
mod cli;
mod config;
mod emulator;
mod execute;
mod properties;
mod render;
mod support;

mod api;
mod verify;
