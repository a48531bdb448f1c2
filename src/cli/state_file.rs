//! Where emulated accounts are kept, and the JSON files that fill them.

use super::home;
use crate::workspace::read_regular;
use anyhow::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The longest file of JSON that is read, in bytes: an account of a hundred thousand objects.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// The name of the file of an emulated account that is kept in the usual place.
pub(super) const NAME: &str = "state.json";

/// Returns where the emulated account of a tenant is kept unless the command line says otherwise.
pub(super) fn default_place(root: &Path, host: &str) -> anyhow::Result<PathBuf> {
    let folder = home::beside(root)?.emulator(host).context("cannot use the folder of the emulated account")?;
    Ok(folder.join(NAME))
}

/// Reads a JSON file that the command line names.
pub(super) fn read_json(path: &Path) -> anyhow::Result<Value> {
    let bytes = read_regular(path, MOST_BYTES).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", path.display()))
}
