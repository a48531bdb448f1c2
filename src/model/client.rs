//! Client bindings: which app may ask for which scopes of which server.

use super::{EntryKey, Fingerprint, RemoteId, ScopeValue};

/// Names the app of a binding in an address: by key where the file lists it, else by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientRef {
    /// An app of the file.
    Key(EntryKey),
    /// An app the file does not list; printed `id:1026152`, which no key can be.
    Id(RemoteId),
}

/// A binding of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveClient {
    /// The app, which is also the id of the binding.
    pub app_id: RemoteId,
    /// The app's name, as answered.
    pub app_name: String,
    /// The granted scopes, sorted by value.
    pub scopes: Vec<LiveClientScope>,
}

/// A scope that a binding grants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveClientScope {
    /// The value.
    pub value: ScopeValue,
    /// The id.
    pub id: RemoteId,
}

impl LiveClient {
    /// Returns the digest of what a plan relied on.
    pub fn fingerprint(&self) -> Fingerprint {
        let Self { app_id, app_name: _, scopes } = self;
        let mut ids: Vec<u64> = scopes.iter().map(|scope| scope.id.0).collect();
        ids.sort_unstable();
        Fingerprint::of(&(app_id.0, ids))
    }
}
