//! Scopes: what a client may be allowed to do on one API.

use super::{Field, Fingerprint, RawObject, RemoteId, ScopeValue, text};
use crate::diagnostic::Origin;

/// A scope as the file desires it; its value is the key of the map that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Where the entry stands.
    pub origin: Origin,
    /// What it allows, in words.
    pub description: Field<String>,
    /// The value it had before; its id and so its grants survive the rename.
    pub renamed_from: Field<ScopeValue>,
}

/// A scope of the account.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveScope {
    /// The id, by which clients hold it.
    pub id: RemoteId,
    /// The value in tokens.
    pub value: ScopeValue,
    /// The description; `None` for null.
    pub description: Option<String>,
    /// Whether OneLogin supplies it: it may be granted, never changed.
    pub inherited: bool,
    /// The object as answered.
    pub raw: RawObject,
}

impl LiveScope {
    /// Returns the digest of what a plan relied on.
    pub fn fingerprint(&self) -> Fingerprint {
        let Self { id, value, description, inherited: _, raw: _ } = self;
        Fingerprint::of(&(id.0, value.as_str(), description.as_deref().unwrap_or_default()))
    }
}

/// A scope to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScope {
    /// The value.
    pub value: ScopeValue,
    /// The description; sent as `""` where the file gives none.
    pub description: String,
}

/// What changes on a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopePatch {
    /// The new value.
    pub value: Option<ScopeValue>,
    /// The new description.
    pub description: Option<String>,
}

impl From<&LiveScope> for ScopePatch {
    /// Makes the patch that brings a scope back to what it is now.
    fn from(scope: &LiveScope) -> Self {
        let description = text::canonical(scope.description.as_deref().unwrap_or_default()).into_owned();
        Self { value: Some(scope.value.clone()), description: Some(description) }
    }
}
