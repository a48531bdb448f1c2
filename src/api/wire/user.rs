//! Users and members of roles.

use serde::Deserialize;

/// A user as listed.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct User {
    pub(in crate::api) id: u64,
    pub(in crate::api) email: Option<String>,
    pub(in crate::api) username: Option<String>,
}

/// A row of which only the id counts: a member of a role, an app of a role.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Row {
    pub(in crate::api) id: u64,
}
