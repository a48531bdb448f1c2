//! The commands, one file each.

pub(super) mod access;
pub(super) mod apply;
pub(super) mod completions;
pub(super) mod diff;
pub(super) mod emulator;
pub(super) mod explain;
pub(super) mod export;
pub(super) mod init;
pub(super) mod plan;
pub(super) mod render;
pub(super) mod schema;
pub(super) mod snapshot;
pub(super) mod undo;
pub(super) mod validate;
pub(super) mod verify;
