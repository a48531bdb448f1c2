//! The version of a file, before its shape is looked at: that of another version is another one.

use serde::Deserialize;

#[derive(Deserialize)]
struct VersionOnly {
    format_version: u64,
}

/// Returns the version of a file, if it says one and that is another one than ours.
pub(super) fn other_than(ours: u32, text: &[u8]) -> Option<u64> {
    let VersionOnly { format_version } = serde_json::from_slice(text).ok()?;
    (format_version != u64::from(ours)).then_some(format_version)
}
