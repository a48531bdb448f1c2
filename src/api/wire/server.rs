//! Authorization servers: `/api/2/api_authorizations`.

use serde::{Deserialize, Serialize};

/// A server, listed or read.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Server {
    pub(in crate::api) id: u64,
    pub(in crate::api) name: String,
    pub(in crate::api) description: Option<String>,
    pub(in crate::api) configuration: Option<Configuration>,
    /// An extra key of live answers: OneLogin owns the server.
    pub(in crate::api) onelogin: Option<bool>,
}

/// What a server's tokens are like. Lists may lack the lifetimes.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Configuration {
    pub(in crate::api) resource_identifier: Option<String>,
    pub(in crate::api) audiences: Option<Vec<String>>,
    pub(in crate::api) access_token_expiration_minutes: Option<u64>,
    pub(in crate::api) refresh_token_expiration_minutes: Option<u64>,
}

/// A server to be made. Identifier and audiences at the top level would be refused.
#[derive(Debug, Serialize)]
pub(in crate::api) struct NewServer<'a> {
    pub(in crate::api) name: &'a str,
    pub(in crate::api) description: &'a str,
    pub(in crate::api) configuration: NewConfiguration<'a>,
}

/// The configuration of a server to be made. A lifetime of 0 would be stored as 0, so what is not set is left out.
#[derive(Debug, Serialize)]
pub(in crate::api) struct NewConfiguration<'a> {
    pub(in crate::api) resource_identifier: &'a str,
    pub(in crate::api) audiences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) access_token_expiration_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) refresh_token_expiration_minutes: Option<u32>,
}
