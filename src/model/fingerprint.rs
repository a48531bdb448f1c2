//! Digests of live objects, so that a plan can tell whether one has moved.

use aws_lc_rs::digest;
use serde::Serialize;
use std::fmt;

/// The digest of the parts of a live object that a plan relied on.
///
/// Shape: 32 lowercase hex digits, the first half of a SHA-256 over the parts as JSON. No secret goes in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Digests the given parts.
    pub fn of(parts: &impl Serialize) -> Self {
        // Only tuples of numbers, texts and lists come here, and those always have a JSON form.
        #[expect(clippy::expect_used, reason = "plain tuples always serialize")]
        let json = serde_json::to_vec(parts).expect("parts of a fingerprint are plain data");
        let digest = digest::digest(&digest::SHA256, &json);
        Self(digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads one back from a saved plan; it is compared, never believed.
    pub fn from_saved(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
