//! Scopes of a server.

use serde::{Deserialize, Serialize};

/// A scope as listed.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Scope {
    pub(in crate::api) id: u64,
    pub(in crate::api) value: String,
    pub(in crate::api) description: Option<String>,
    /// An extra key of live answers.
    pub(in crate::api) inherited: Option<bool>,
}

/// A scope to be made; one a request.
#[derive(Debug, Serialize)]
pub(in crate::api) struct NewScope<'a> {
    pub(in crate::api) value: &'a str,
    pub(in crate::api) description: &'a str,
}
