//! Where emulated accounts are kept, and the JSON files that fill them.

use super::home;
use anyhow::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Returns where the emulated account of a tenant is kept unless the command line says otherwise.
pub(super) fn default_place(root: &Path, host: &str) -> anyhow::Result<PathBuf> {
    Ok(home::beside(root)?.path().join("emulator").join(host).join("state.json"))
}

/// Reads a JSON file that the command line names.
pub(super) fn read_json(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}
