//! Roles: what lets a user reach an app.

use super::{Field, Fingerprint, RemoteId, text};
use crate::diagnostic::{Origin, Sourced};
use std::fmt;

/// A role as the file desires it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Where the entry stands.
    pub origin: Origin,
    /// The pinned id.
    pub id: Field<RemoteId>,
    /// The name it had before.
    pub renamed_from: Field<String>,
    /// The name, exact.
    pub name: Field<String>,
    /// Users who have to be members. Nobody is ever removed, so the list is not complete.
    pub ensure_users: Field<Vec<Sourced<UserRef>>>,
}

/// How the file names a user: with an `@` by email, else by username.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserRef {
    /// The email address.
    Email(String),
    /// The username.
    Username(String),
}

impl UserRef {
    /// Reads a user as written in the file.
    pub fn parse(text: &str) -> Self {
        if text.contains('@') { Self::Email(text.to_owned()) } else { Self::Username(text.to_owned()) }
    }

    /// Returns the user as written in the file.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(text) | Self::Username(text) => text,
        }
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role of the account, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRole {
    /// The id.
    pub id: RemoteId,
    /// The name.
    pub name: String,
}

impl LiveRole {
    /// Returns the digest of what a plan relied on; members are only ever added, so they are not part of it.
    pub fn fingerprint(&self) -> Fingerprint {
        let Self { id, name } = self;
        Fingerprint::of(&(id.0, name))
    }
}

/// A role to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRole {
    /// The name.
    pub name: String,
    /// The first members; a second request where there are any.
    pub members: Vec<RemoteId>,
}

/// What changes on a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolePatch {
    /// The new name.
    pub name: Option<String>,
    /// Users to be made members.
    pub add_members: Vec<RemoteId>,
}

impl From<&LiveRole> for RolePatch {
    /// Makes the patch that brings a role back to what it is now, its members apart.
    fn from(role: &LiveRole) -> Self {
        Self { name: Some(text::canonical(&role.name).into_owned()), add_members: Vec::new() }
    }
}
