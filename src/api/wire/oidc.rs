//! The OpenID provider: `/oidc/2`.

use serde::Deserialize;

/// The discovery document, as far as it is checked.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Discovery {
    pub(in crate::api) issuer: String,
    pub(in crate::api) token_endpoint: String,
    pub(in crate::api) jwks_uri: String,
}

/// The signing keys.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Jwks {
    pub(in crate::api) keys: Vec<Jwk>,
}

/// One signing key.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Jwk {
    pub(in crate::api) kty: String,
    pub(in crate::api) kid: Option<String>,
    #[serde(rename = "use")]
    pub(in crate::api) usage: Option<String>,
    pub(in crate::api) alg: Option<String>,
    pub(in crate::api) n: Option<String>,
    pub(in crate::api) e: Option<String>,
}

/// A token. It is a secret, so it cannot be printed.
#[derive(Deserialize)]
pub(in crate::api) struct Token {
    pub(in crate::api) access_token: String,
    pub(in crate::api) expires_in: Option<u64>,
    pub(in crate::api) scope: Option<String>,
}

/// An OAuth error.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct OAuthError {
    pub(in crate::api) error: String,
    pub(in crate::api) error_description: Option<String>,
}
