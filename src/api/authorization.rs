//! `Authorization` headers, which no log may show.

use super::error::ApiError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// Returns a bearer authorization.
pub(super) fn bearer(token: &SecretString) -> Result<HeaderValue, ApiError> {
    sensitive(format!("Bearer {}", token.expose_secret()))
}

/// Returns a Basic authorization.
pub(super) fn basic(id: &str, secret: &SecretString) -> Result<HeaderValue, ApiError> {
    sensitive(format!("Basic {}", STANDARD.encode(format!("{id}:{}", secret.expose_secret()))))
}

fn sensitive(text: String) -> Result<HeaderValue, ApiError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| ApiError::Setup {
        reason: "a credential holds characters that no header can carry".into(),
        source: None,
    })?;
    value.set_sensitive(true);
    Ok(value)
}
