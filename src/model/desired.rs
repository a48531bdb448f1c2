//! The desired state: one environment of the file, resolved.

use super::{App, EntryKey, ExternalServer, Policy, RemoteId, Replaces, Role, Server, Tenant};
use crate::diagnostic::{Origin, Sourced};
use std::collections::BTreeMap;

/// A field of the file; `None` where it is absent and so left alone.
pub type Field<T> = Option<Sourced<T>>;

/// What one environment of the file asks for: variables replaced, references checked, `only` applied.
///
/// Shape: every key that another entry refers to is there; entries that `only` leaves out are gone from lists and maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredState {
    /// The tenant.
    pub tenant: Tenant,
    /// The environment's name; `None` where the file has no `environments`.
    pub environment: Option<String>,
    /// The digest of the resolved file, 64 hex digits: equal for equal meaning, whatever the comments and the order.
    pub config_digest: String,
    /// Roles by key.
    pub roles: BTreeMap<EntryKey, Entry<Role, ()>>,
    /// OIDC apps by key.
    pub apps: BTreeMap<EntryKey, Entry<App, ()>>,
    /// Authorization servers by key.
    pub servers: BTreeMap<EntryKey, Entry<Server, ExternalServer>>,
    /// Gateway policies by key.
    pub policies: BTreeMap<EntryKey, Policy>,
    /// Apps that are to be made anew, which no file ever says.
    pub replaces: Replaces,
    /// What the reader should know: entries left alone in this environment, and the like.
    pub notes: Vec<Note>,
}

/// An entry: ours, ours to delete, or somebody else's that we may refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<T, E> {
    /// Has to be as described.
    Present(T),
    /// Has to be gone (`state: absent`); the rest of the entry only says what it is found by.
    Absent(T),
    /// May be referred to, is never changed.
    External(External<E>),
}

impl<T, E> Entry<T, E> {
    /// Returns what has to be as described.
    pub const fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent(_) | Self::External(_) => None,
        }
    }

    /// Returns what is ours, to keep or to delete.
    pub const fn managed(&self) -> Option<&T> {
        match self {
            Self::Present(value) | Self::Absent(value) => Some(value),
            Self::External(_) => None,
        }
    }
}

/// Something of the account that the file refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External<E> {
    /// Where the entry stands.
    pub origin: Origin,
    /// What it is found by: an id, else a name (a resource identifier for servers).
    pub by: ExternalBy,
    /// What the file declares of it.
    pub declared: E,
}

/// What an external thing is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalBy {
    /// Its id.
    Id(RemoteId),
    /// Its exact name; for an authorization server its resource identifier.
    Name(String),
}

/// Something worth saying that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The place it is about, if there is one.
    pub origin: Option<Origin>,
    /// The sentence.
    pub text: String,
}
