//! Asks the emulator for tokens that a real provider would never sign.

use super::answer::Answer;
use super::config::{ClientConfig, Reroute};
use super::error::{ApiError, Attempted};
use super::failure::{broken, json_reason};
use super::notice::Listener;
use super::shown::shown;
use super::transport::{Outgoing, Transport};
use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

const TOKEN_PATH: &str = "/_emulator/token";

/// Signs any claims with the emulator's own key, so that a gateway can be shown tokens that differ in one property.
pub struct Forge {
    transport: Transport,
    timeout: Duration,
}

#[derive(Serialize)]
struct Order<'a> {
    header: &'a Map<String, Value>,
    claims: &'a Map<String, Value>,
    key: &'static str,
}

#[derive(Deserialize)]
struct Forged {
    token: String,
}

impl Forge {
    /// Prepares the forge; `None` where requests go to a real provider.
    ///
    /// # Errors
    /// [`ApiError::Setup`] where the HTTP client cannot be made.
    pub fn new(config: &ClientConfig) -> Result<Option<Self>, ApiError> {
        match config.reroute {
            Reroute::None => Ok(None),
            Reroute::Emulator { .. } => {
                let transport = Transport::new(config, &config.oidc_base, Listener::log())?;
                Ok(Some(Self { transport, timeout: config.timeout }))
            }
        }
    }

    /// Has a header and claims signed as they are.
    ///
    /// # Errors
    /// [`ApiError::Rejected`], [`ApiError::Unwell`] or [`ApiError::Unreadable`]; nothing is tried twice.
    pub async fn sign(
        &self,
        header: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> Result<SecretString, ApiError> {
        let at = Attempted::once("POST", TOKEN_PATH);
        let unreadable = |reason: String| ApiError::unreadable(at.clone(), reason);
        let order = serde_json::to_vec(&Order { header, claims, key: "own" });
        let body = Some(("application/json", order.map_err(|error| unreadable(error.to_string()))?));
        let outgoing = Outgoing { method: Method::POST, path: TOKEN_PATH, query: &[], authorization: None, body };
        let answer: Answer =
            self.transport.send(outgoing).await.map_err(|failure| broken(failure, at.clone(), self.timeout))?;
        if !answer.status.is_success() {
            let (status, message) = (answer.status.as_u16(), answer.message());
            return Err(ApiError::Rejected { at, status, message });
        }
        let forged: Forged =
            serde_json::from_slice(&answer.body).map_err(|error| unreadable(shown(&json_reason(&error))))?;
        Ok(forged.token.into())
    }
}
