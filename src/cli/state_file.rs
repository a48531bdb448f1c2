//! Where emulated accounts are kept, and the JSON files that fill them.

use crate::workspace::Workspace;
use anyhow::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Returns where the emulated account of a tenant is kept unless the command line says otherwise.
///
/// The folder is made as every other use makes it: private, and out of git.
pub(super) fn default_place(root: &Path, host: &str) -> anyhow::Result<PathBuf> {
    let workspace = Workspace::open(&root.join(Workspace::NAME)).context("cannot use the folder")?;
    Ok(workspace.path().join("emulator").join(host).join("state.json"))
}

/// Reads a JSON file that the command line names.
pub(super) fn read_json(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}
