//! Calls a protected API once, to see what its gateway says.

use super::authorization::bearer;
use super::config::{ClientConfig, Reroute};
use super::error::{ApiError, Attempted};
use super::failure::broken;
use super::transport::{Reach, client, failure, is_allowed};
use crate::model::ProbeMethod;
use aws_lc_rs::digest::{Context, SHA256};
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Method};
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// The most of an answer that is digested: a probe proves who is let in, not what is served.
const LIMIT_BYTES: usize = 8 << 20;

/// Calls probe URLs: one request each, no redirects, no retries.
pub struct Prober {
    remote: Option<Client>,
    local: Client,
    emulator: Option<Url>,
    timeout: Duration,
}

/// How a probe URL is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeVia {
    /// At its own host.
    Direct,
    /// Below this path of the emulator, such as `http://127.0.0.1:4000/gateway/contacts-mule`.
    Emulator(Url),
}

/// One call.
#[derive(Debug, Clone)]
pub struct ProbeRequest<'a> {
    /// The method.
    pub method: ProbeMethod,
    /// The URL the file names.
    pub url: &'a Url,
    /// How it is reached.
    pub via: ProbeVia,
    /// The token to send; `None`: none.
    pub bearer: Option<&'a SecretString>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The SHA-256 of the body, or of its first 8 MiB, 64 hex digits.
    pub body_digest: String,
}

impl Prober {
    /// Prepares a prober; under an emulator it reaches nothing else.
    ///
    /// # Errors
    /// [`ApiError::Setup`] where the HTTP client cannot be made.
    pub fn new(config: &ClientConfig) -> Result<Self, ApiError> {
        let (remote, emulator) = match &config.reroute {
            Reroute::None => (Some(client(config, Reach::Remote, config.max_in_flight)?), None),
            Reroute::Emulator { to, .. } => (None, Some(to.clone())),
        };
        let local = client(config, Reach::PlainLoopback, config.max_in_flight)?;
        Ok(Self { remote, local, emulator, timeout: config.timeout })
    }

    /// Sends one call.
    ///
    /// # Errors
    /// [`ApiError::RefusedOrigin`] where the URL may not be called, [`ApiError::Unwell`] where no answer came.
    pub async fn probe(&self, request: &ProbeRequest<'_>) -> Result<ProbeAnswer, ApiError> {
        let ProbeRequest { method, url, via, bearer: token } = request;
        let (client, url) = self.target(url, via)?;
        let (name, method) = match method {
            ProbeMethod::Get => ("GET", Method::GET),
            ProbeMethod::Head => ("HEAD", Method::HEAD),
        };
        let at = Attempted::once(name, url.path());
        let mut call = client.request(method, url);
        if let Some(token) = token {
            call = call.header(AUTHORIZATION, bearer(token)?);
        }
        let lost = |error| broken(failure(error), at.clone(), self.timeout);
        let mut response = call.send().await.map_err(lost)?;
        let mut digest = Context::new(&SHA256);
        let mut left = LIMIT_BYTES;
        while left > 0 {
            let Some(chunk) = response.chunk().await.map_err(lost)? else { break };
            let taken = chunk.get(..left.min(chunk.len())).unwrap_or_default();
            digest.update(taken);
            left -= taken.len();
        }
        let body_digest = digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(ProbeAnswer { status: response.status().as_u16(), body_digest })
    }

    /// Returns where a call really goes.
    fn target(&self, url: &Url, via: &ProbeVia) -> Result<(&Client, Url), ApiError> {
        let refused = || ApiError::RefusedOrigin { origin: url.origin().ascii_serialization() };
        match (via, &self.emulator, &self.remote) {
            (ProbeVia::Emulator(base), Some(emulator), _) if base.origin() == emulator.origin() => {
                Ok((&self.local, below(base, url)))
            }
            (ProbeVia::Direct, None, Some(remote)) if is_allowed(url) => match url.scheme() {
                "http" => Ok((&self.local, url.clone())),
                _ => Ok((remote, url.clone())),
            },
            _ => Err(refused()),
        }
    }
}

/// Returns the path and query of a URL below another one.
fn below(base: &Url, url: &Url) -> Url {
    let mut target = base.clone();
    target.set_path(&format!("{}{}", base.path().trim_end_matches('/'), url.path()));
    target.set_query(url.query());
    target
}
