//! The shapes of version 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What `gatewright snapshot` writes and `--snapshot` reads.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gatewright snapshot")]
pub(super) struct SnapshotV1 {
    /// The version of this format.
    pub(super) format_version: u32,
    /// The version of the program that read the account.
    pub(super) program_version: String,
    /// The host of the tenant.
    pub(super) tenant: String,
    /// The id of the account.
    pub(super) account_id: Option<u64>,
    /// Whether the list of servers is as long as OneLogin's answers get, so that there may be more.
    pub(super) servers_truncated: bool,
    /// Every authorization server, whole.
    pub(super) authorization_servers: Vec<ServerV1>,
    /// Every app, the OIDC apps whole.
    pub(super) apps: Vec<AppV1>,
    /// Every role.
    pub(super) roles: Vec<RoleV1>,
    /// The users that the configuration named.
    pub(super) users: Vec<UserV1>,
}

/// One authorization server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerV1 {
    /// The id.
    pub(super) id: u64,
    /// Whether it is in the list of servers; false for one that the configuration pins beyond a list that is cut off.
    pub(super) listed: bool,
    /// The name.
    pub(super) name: String,
    /// The description.
    pub(super) description: Option<String>,
    /// The resource identifier.
    pub(super) resource_identifier: String,
    /// What tokens carry as `aud`.
    pub(super) audiences: Vec<String>,
    /// Lifetime of access tokens in minutes; null: OneLogin's default.
    pub(super) access_token_expiration_minutes: Option<u64>,
    /// Lifetime of refresh tokens in minutes; null: OneLogin's default.
    pub(super) refresh_token_expiration_minutes: Option<u64>,
    /// Whether OneLogin owns it.
    pub(super) built_in: bool,
    /// The scopes.
    pub(super) scopes: Vec<ScopeV1>,
    /// The claims.
    pub(super) claims: Vec<ClaimV1>,
    /// The client bindings.
    pub(super) clients: Vec<ClientV1>,
}

/// One scope.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScopeV1 {
    /// The id.
    pub(super) id: u64,
    /// The value in tokens.
    pub(super) value: String,
    /// The description.
    pub(super) description: Option<String>,
    /// Whether OneLogin supplies it.
    pub(super) inherited: bool,
}

/// One claim.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimV1 {
    /// The id.
    pub(super) id: u64,
    /// The name in tokens.
    pub(super) name: String,
    /// Where the value comes from; null where that is nothing we know.
    pub(super) source: Option<SourceV1>,
    /// How the value is transformed.
    pub(super) transformation: Option<String>,
    /// Whether OneLogin supplies it.
    pub(super) inherited: bool,
}

/// Where a claim's value comes from.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourceV1 {
    /// A built-in attribute of the user.
    UserAttribute(String),
    /// A custom attribute, by its short name.
    CustomAttribute(String),
    /// A template over attributes.
    Macro(String),
}

/// One client binding.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientV1 {
    /// The app.
    pub(super) app_id: u64,
    /// The app's name.
    pub(super) app_name: String,
    /// The scopes it grants.
    pub(super) scopes: Vec<GrantV1>,
}

/// One granted scope.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantV1 {
    /// The id.
    pub(super) id: u64,
    /// The value.
    pub(super) value: String,
}

/// One app.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AppV1 {
    /// The id.
    pub(super) id: u64,
    /// The name.
    pub(super) name: String,
    /// How users sign in to it; 8 is OpenID Connect.
    pub(super) auth_method: u64,
    /// What an OIDC app is like; null for the others.
    pub(super) oidc: Option<OidcV1>,
}

/// What an OIDC app is like. Its client id and secret are not part of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OidcV1 {
    /// The description.
    pub(super) description: Option<String>,
    /// Notes for administrators.
    pub(super) notes: Option<String>,
    /// Whether the portal shows a tile.
    pub(super) visible: bool,
    /// Where it runs.
    pub(super) application_type: ApplicationTypeV1,
    /// How it proves itself at the token endpoint.
    pub(super) token_endpoint_auth_method: AuthMethodV1,
    /// Redirect URIs.
    pub(super) redirect_uris: Vec<String>,
    /// Post-logout redirect URIs.
    pub(super) post_logout_redirect_uris: Vec<String>,
    /// The portal's launch URL.
    pub(super) login_url: Option<String>,
    /// Lifetime of plain access tokens in minutes; null: the account's default.
    pub(super) access_token_expiration_minutes: Option<u64>,
    /// Lifetime of refresh tokens in minutes; null: the account's default.
    pub(super) refresh_token_expiration_minutes: Option<u64>,
    /// The roles that get the app.
    pub(super) role_ids: BTreeSet<u64>,
    /// The connector it was made from; null where it is not known, as in snapshots that were taken before it was kept.
    pub(super) connector_id: Option<u64>,
}

/// Where an app runs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ApplicationTypeV1 {
    /// On a server.
    Web,
    /// On a user's device.
    Native,
}

/// How an app proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthMethodV1 {
    /// In the `Authorization` header.
    Basic,
    /// In the body.
    Post,
    /// Not at all.
    None,
}

/// One role.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleV1 {
    /// The id.
    pub(super) id: u64,
    /// The name.
    pub(super) name: String,
    /// The ids of its members; null where the configuration did not list the role.
    pub(super) members: Option<BTreeSet<u64>>,
    /// The ids of the apps it gives; null where the configuration did not list the role.
    pub(super) apps: Option<BTreeSet<u64>>,
}

/// One user of the configuration.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserV1 {
    /// The user as the configuration names it.
    pub(super) named: String,
    /// The users of the account that this may be; empty where there is none.
    pub(super) found: Vec<FoundUserV1>,
}

/// One user of the account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FoundUserV1 {
    /// The id.
    pub(super) id: u64,
    /// The email address.
    pub(super) email: String,
    /// The username.
    pub(super) username: String,
}
