//! Bodies of answers, field by field in the vendor's order.
//!
//! These are the emulator's own; the client has others, so that a misspelt field cannot be wrong on both sides.

use serde::Serialize;

/// An authorization server. Source: docs api-authorization/api-auth-resource; `onelogin` from reference 4.1.
#[derive(Debug, Serialize)]
pub(crate) struct ServerBody<'a> {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) configuration: ServerConfigurationBody<'a>,
    pub(crate) onelogin: bool,
}

/// The configuration of a server.
#[derive(Debug, Serialize)]
pub(crate) struct ServerConfigurationBody<'a> {
    pub(crate) resource_identifier: &'a str,
    pub(crate) audiences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_token_expiration_minutes: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token_expiration_minutes: Option<Option<u64>>,
}

/// A scope in the list of its server. Source: docs api-authorization/add-scope; `inherited` from reference 4.3.
#[derive(Debug, Serialize)]
pub(crate) struct ScopeBody<'a> {
    pub(crate) id: u64,
    pub(crate) value: &'a str,
    pub(crate) description: Option<String>,
    pub(crate) inherited: bool,
}

/// A claim. Source: docs api-authorization/list-claims.
#[derive(Debug, Serialize)]
pub(crate) struct ClaimBody<'a> {
    pub(crate) id: u64,
    pub(crate) label: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) user_attribute_mappings: Option<&'a str>,
    pub(crate) user_attribute_macros: Option<&'a str>,
    pub(crate) attributes_transformations: Option<&'a str>,
    pub(crate) skip_if_blank: bool,
    pub(crate) values: Option<&'a str>,
    pub(crate) default_values: Option<&'a str>,
    pub(crate) provisioned_entitlements: bool,
    pub(crate) safe_entitlements_enabled: bool,
    pub(crate) inherited: bool,
}

/// A client binding. Source: docs api-authorization/list-client-apps.
#[derive(Debug, Serialize)]
pub(crate) struct ClientBody<'a> {
    pub(crate) app_id: u64,
    pub(crate) api_auth_id: u64,
    pub(crate) name: String,
    pub(crate) scopes: Vec<ClientScopeBody<'a>>,
}

/// A granted scope inside a client binding.
#[derive(Debug, Serialize)]
pub(crate) struct ClientScopeBody<'a> {
    pub(crate) id: u64,
    pub(crate) value: &'a str,
    pub(crate) description: Option<String>,
}

/// What writes of client bindings answer. Source: docs api-authorization/add-client-app.
#[derive(Debug, Serialize)]
pub(crate) struct ClientWritten {
    pub(crate) app_id: u64,
    pub(crate) api_auth_id: u64,
}
