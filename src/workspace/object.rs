//! The objects of a record as JSON: whole as they were before a write, or the fields that a write sets.

mod convert;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The fields of an object, named as the configuration file names them; one that is absent is not set, or held nothing
/// that could be set again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum ObjectEntry {
    /// A role.
    Role(RoleFields),
    /// An OIDC app.
    OidcApp(Box<AppFields>),
    /// An authorization server.
    AuthorizationServer(ServerFields),
    /// A scope.
    Scope(ScopeFields),
    /// A claim.
    Claim(ClaimFields),
    /// A client binding.
    Client(ClientFields),
}

/// A role.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct RoleFields {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The ids of users who are made members, or who were members of a role that is deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<u64>,
}

/// An OIDC app.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct AppFields {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Notes for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// Whether the portal shows a tile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    visible: Option<bool>,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application_type: Option<ApplicationTypeEntry>,
    /// How it proves itself at the token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<AuthMethodEntry>,
    /// Redirect URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect_uris: Option<Vec<String>>,
    /// Post-logout redirect URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// The portal's launch URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login_url: Option<String>,
    /// Lifetime of plain access tokens in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token_expiration_minutes: Option<u32>,
    /// Lifetime of refresh tokens in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token_expiration_minutes: Option<u32>,
    /// The ids of the roles that get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roles: Option<BTreeSet<u64>>,
    /// The id of the connector it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connector_id: Option<u64>,
}

/// Where an app runs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ApplicationTypeEntry {
    /// On a server.
    Web,
    /// On a user's device.
    Native,
}

/// How an app proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AuthMethodEntry {
    /// In the `Authorization` header.
    Basic,
    /// In the body.
    Post,
    /// Not at all.
    None,
}

/// An authorization server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ServerFields {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The resource identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource_identifier: Option<String>,
    /// The audiences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audiences: Option<Vec<String>>,
    /// Lifetime of access tokens in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token_expiration_minutes: Option<u32>,
    /// Lifetime of refresh tokens in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token_expiration_minutes: Option<u32>,
    /// What goes with it; only of a server that is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    children: Option<ChildrenEntry>,
}

/// The scopes, claims and bindings of a server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ChildrenEntry {
    /// The scopes.
    scopes: Vec<ScopeEntry>,
    /// The claims.
    claims: Vec<ClaimEntry>,
    /// The bindings.
    clients: Vec<ClientEntry>,
}

/// A scope of a deleted server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ScopeEntry {
    /// The id.
    id: u64,
    /// The value.
    value: String,
    /// The description.
    description: Option<String>,
    /// Whether OneLogin supplied it.
    inherited: bool,
}

/// A claim of a deleted server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ClaimEntry {
    /// The id.
    id: u64,
    /// The name.
    name: String,
    /// Where the value came from; null where the account said nothing known.
    source: Option<SourceEntry>,
    /// How the value was transformed.
    transformation: Option<String>,
    /// Whether OneLogin supplied it.
    inherited: bool,
}

/// A binding of a deleted server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ClientEntry {
    /// The id of the app.
    app: u64,
    /// The name of the app.
    app_name: String,
    /// The scopes it granted.
    scopes: Vec<GrantEntry>,
}

/// A scope.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ScopeFields {
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The ids of the apps whose bindings lose it; only of a scope that is deleted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    holders: BTreeSet<u64>,
}

/// A claim.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ClaimFields {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Where the value comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<SourceEntry>,
    /// How the value is transformed; empty for not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transformation: Option<String>,
}

/// Where the value of a claim comes from.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SourceEntry {
    /// A built-in attribute of the user.
    UserAttribute(String),
    /// A custom attribute, by its short name.
    CustomAttribute(String),
    /// A template over attributes.
    Macro(String),
}

/// A client binding.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ClientFields {
    /// The scopes it grants.
    scopes: Vec<GrantEntry>,
}

/// A granted scope.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct GrantEntry {
    /// The id.
    id: u64,
    /// The value.
    value: String,
}
