//! Authorization servers: an API as the tenant's token endpoint knows it.

use super::{
    Claim, ClaimName, EntryKey, Field, Fingerprint, LiveClaim, LiveClient, LiveScope, RawObject, RemoteId, Scope,
    ScopeValue, text,
};
use crate::diagnostic::{Origin, Sourced};
use std::collections::{BTreeMap, BTreeSet};

/// An authorization server as the file desires it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where the entry stands.
    pub origin: Origin,
    /// The pinned id.
    pub id: Field<RemoteId>,
    /// What it was found by before.
    pub renamed_from: Field<ServerRename>,
    /// The name.
    pub name: Field<String>,
    /// The description.
    pub description: Field<String>,
    /// The API's unique identifier, usually its URL; clients send it as `resource`.
    pub resource_identifier: Field<String>,
    /// What tokens carry as `aud`; complete, sent in written order, compared as a set.
    pub audiences: Field<Vec<Sourced<String>>>,
    /// Other listed servers that may accept the same audience.
    pub share_audience_with: Vec<Sourced<EntryKey>>,
    /// Lifetime of access tokens in minutes, at least 1.
    pub access_token_expiration_minutes: Field<u32>,
    /// Lifetime of refresh tokens in minutes, at least 1.
    pub refresh_token_expiration_minutes: Field<u32>,
    /// The scopes; complete unless [`Unmanaged::Keep`].
    pub scopes: Field<BTreeMap<ScopeValue, Scope>>,
    /// Scopes that OneLogin supplies, which may be granted and are never changed.
    pub inherited_scopes: Vec<Sourced<ScopeValue>>,
    /// The claims; complete unless [`Unmanaged::Keep`].
    pub claims: Field<BTreeMap<ClaimName, Claim>>,
    /// The apps that may ask for tokens and for which scopes; complete unless [`Unmanaged::Keep`]. Each scope list is
    /// always complete.
    pub clients: Field<BTreeMap<EntryKey, Sourced<Vec<Sourced<ScopeValue>>>>>,
    /// What happens to children that live has beyond the file.
    pub unmanaged: Unmanaged,
}

/// What happens to live children that the file does not list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unmanaged {
    /// They are planned for deletion.
    #[default]
    Delete,
    /// They stay.
    Keep,
}

/// What a renamed server was found by before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerRename {
    /// Its old name.
    Name(String),
    /// Its old resource identifier.
    ResourceIdentifier(String),
}

/// What the file declares of a server that it refers to and never changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalServer {
    /// The audiences that policies may refer to.
    pub audiences: Option<Vec<Sourced<String>>>,
    /// The scopes that policies may refer to.
    pub scopes: Option<BTreeSet<ScopeValue>>,
}

/// A server of the account, as listed: enough to find it, not enough to compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSummary {
    /// The id.
    pub id: RemoteId,
    /// The name, as answered.
    pub name: String,
    /// The resource identifier.
    pub resource_identifier: String,
    /// The audiences, in answered order.
    pub audiences: Vec<String>,
    /// Whether OneLogin owns it (`onelogin: true`): never touched.
    pub built_in: bool,
}

/// A server of the account, read whole.
///
/// Shape: the child lists are `None` where they were not read because the file does not declare them; otherwise sorted by
/// value, name or app id.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveServer {
    /// The id.
    pub id: RemoteId,
    /// The name, as answered (it may hold HTML entities).
    pub name: String,
    /// The description; `None` for null.
    pub description: Option<String>,
    /// The resource identifier.
    pub resource_identifier: String,
    /// The audiences, in answered order.
    pub audiences: Vec<String>,
    /// Lifetime of access tokens in minutes; `None`: OneLogin's default.
    pub access_token_expiration_minutes: Option<u64>,
    /// Lifetime of refresh tokens in minutes; `None`: OneLogin's default.
    pub refresh_token_expiration_minutes: Option<u64>,
    /// Whether OneLogin owns it: never touched.
    pub built_in: bool,
    /// The object as answered.
    pub raw: RawObject,
    /// The scopes, if read.
    pub scopes: Option<Vec<LiveScope>>,
    /// The claims, if read.
    pub claims: Option<Vec<LiveClaim>>,
    /// The client bindings, if read.
    pub clients: Option<Vec<LiveClient>>,
}

impl LiveServer {
    /// Returns the digest of the server's own fields; children have digests of their own.
    pub fn fingerprint(&self) -> Fingerprint {
        let Self {
            id,
            name,
            description,
            resource_identifier,
            audiences,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
            built_in: _,
            raw: _,
            scopes: _,
            claims: _,
            clients: _,
        } = self;
        Fingerprint::of(&(
            id.0,
            name,
            description.as_deref().unwrap_or_default(),
            resource_identifier,
            audiences.iter().collect::<BTreeSet<_>>(),
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
        ))
    }
}

/// A server to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewServer {
    /// The name.
    pub name: String,
    /// The description; sent as `""` where the file gives none.
    pub description: String,
    /// The resource identifier.
    pub resource_identifier: String,
    /// The audiences in written order.
    pub audiences: Vec<String>,
    /// Lifetime of access tokens, if the file gives one: a 0 would be stored as 0.
    pub access_token_expiration_minutes: Option<u32>,
    /// Lifetime of refresh tokens, if the file gives one.
    pub refresh_token_expiration_minutes: Option<u32>,
}

/// What changes on a server; it is laid over the live object, which is sent whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerPatch {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// The new resource identifier.
    pub resource_identifier: Option<String>,
    /// All audiences in written order.
    pub audiences: Option<Vec<String>>,
    /// The new lifetime of access tokens in minutes.
    pub access_token_expiration_minutes: Option<u32>,
    /// The new lifetime of refresh tokens in minutes.
    pub refresh_token_expiration_minutes: Option<u32>,
}

impl From<&LiveServer> for ServerPatch {
    /// Makes the patch that brings a server back to what it is now; OneLogin's default lifetime cannot be set.
    fn from(server: &LiveServer) -> Self {
        Self {
            name: Some(text::canonical(&server.name).into_owned()),
            description: Some(text::canonical(server.description.as_deref().unwrap_or_default()).into_owned()),
            resource_identifier: Some(server.resource_identifier.clone()),
            audiences: Some(server.audiences.clone()),
            access_token_expiration_minutes: settable_minutes(server.access_token_expiration_minutes),
            refresh_token_expiration_minutes: settable_minutes(server.refresh_token_expiration_minutes),
        }
    }
}

/// Returns a lifetime as it can be set again.
///
/// Source: a 0 would be stored as 0, and the file format takes 32 bits.
pub(super) fn settable_minutes(minutes: Option<u64>) -> Option<u32> {
    minutes.and_then(|minutes| u32::try_from(minutes).ok()).filter(|minutes| *minutes > 0)
}
