//! The OpenID provider, as an API's client sees it: discovery, signing keys, tokens.

use super::answer::Answer;
use super::authorization::basic;
use super::backoff::schedule;
use super::config::{ClientConfig, Clock};
use super::error::{ApiError, Attempted};
use super::failure::{broken, json_reason, unwell, without};
use super::gate::{FALLBACK_WAIT, told_wait};
use super::notice::Listener;
use super::shown::shown;
use super::transport::{Outgoing, Transport, is_unwell};
use super::wire::oidc as wire;
use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::form_urlencoded;

const DISCOVERY_PATH: &str = "/oidc/2/.well-known/openid-configuration";
const JWKS_PATH: &str = "/oidc/2/certs";
const TOKEN_PATH: &str = "/oidc/2/token";
const FORM: &str = "application/x-www-form-urlencoded";

/// The client of the OpenID provider. It talks to the provider's host only, so app secrets go nowhere else.
pub struct OidcClient {
    transport: Transport,
    timeout: Duration,
    clock: Clock,
}

/// What the discovery document says, safe to compare; its URLs are never called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The issuer of every token.
    pub issuer: String,
    /// The token endpoint.
    pub token_endpoint: String,
    /// The URL of the signing keys.
    pub jwks_uri: String,
}

/// A signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// The kind of key, `RSA`.
    pub kty: String,
    /// The id by which tokens name it.
    pub kid: Option<String>,
    /// What it is for, `sig`.
    pub usage: Option<String>,
    /// The algorithm; OneLogin leaves it out.
    pub alg: Option<String>,
    /// The modulus, base64url.
    pub n: Option<String>,
    /// The exponent, base64url.
    pub e: Option<String>,
}

/// An app that asks for a token.
#[derive(Debug, Clone)]
pub struct OidcApp {
    /// The OAuth client id.
    pub client_id: String,
    /// How it proves itself.
    pub auth: ClientAuth,
}

/// How an app proves itself at the token endpoint; it has to be the way the app is set to.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// In the `Authorization` header.
    Basic(SecretString),
    /// In the body.
    Post(SecretString),
    /// Not at all.
    None,
}

/// What a token is asked for with.
#[derive(Debug, Clone)]
pub enum Grant {
    /// As itself: a machine token.
    ClientCredentials {
        /// The resource identifier of the server; `None`: a plain token.
        resource: Option<String>,
        /// The scopes, separated by blanks; `None`: not sent.
        scope: Option<String>,
    },
    /// For a user who told it the password.
    Password {
        /// The user.
        username: String,
        /// The user's password.
        password: SecretString,
        /// The resource identifier of the server; `None`: a plain token.
        resource: Option<String>,
        /// The scopes, separated by blanks, `openid` among them.
        scope: String,
    },
}

/// A token.
#[derive(Debug)]
pub struct TokenAnswer {
    /// The token itself: whoever holds it may call the API.
    pub access_token: SecretString,
    /// The lifetime the provider says it has.
    pub expires_in: Option<Duration>,
    /// The scopes the provider says it has.
    pub scope: Option<String>,
}

/// The provider's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthRefusal {
    /// The HTTP status.
    pub status: u16,
    /// The OAuth error code, safe to show.
    pub error: String,
    /// Its explanation, safe to show.
    pub description: Option<String>,
}

/// What the token endpoint answered.
#[derive(Debug)]
pub enum TokenReply {
    /// A token.
    Granted(TokenAnswer),
    /// An OAuth error.
    Refused(OAuthRefusal),
}

impl OidcClient {
    /// Prepares a client; nothing is sent yet. The admin credentials of the settings are not kept.
    ///
    /// # Errors
    /// As [`Reader::new`](super::Reader::new).
    pub fn new(config: &ClientConfig) -> Result<Self, ApiError> {
        let transport = Transport::new(config, &config.oidc_base, Listener::log())?;
        Ok(Self { transport, timeout: config.timeout, clock: config.clock })
    }

    /// Returns how many requests were sent.
    pub fn requests_made(&self) -> u64 {
        self.transport.requests_made()
    }

    /// Reads the discovery document.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn discovery(&self) -> Result<Discovery, ApiError> {
        let (at, answer) = self.read(DISCOVERY_PATH).await?;
        let wire::Discovery { issuer, token_endpoint, jwks_uri } = parsed(&at, &answer)?;
        Ok(Discovery { issuer, token_endpoint, jwks_uri })
    }

    /// Reads the signing keys.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn jwks(&self) -> Result<Vec<Jwk>, ApiError> {
        let (at, answer) = self.read(JWKS_PATH).await?;
        let wire::Jwks { keys } = parsed(&at, &answer)?;
        let key = |wire::Jwk { kty, kid, usage, alg, n, e }| Jwk { kty, kid, usage, alg, n, e };
        Ok(keys.into_iter().map(key).collect())
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// Any [`ApiError`] but a rejection, which is a [`TokenReply::Refused`] where the provider words it as OAuth does.
    pub async fn token(&self, app: &OidcApp, grant: &Grant) -> Result<TokenReply, ApiError> {
        let (authorization, form) = token_request(app, grant)?;
        let secrets = secrets(app, grant);
        let (at, answer) = self.send(TOKEN_PATH, authorization, Some(form), &secrets).await?;
        if !answer.status.is_success() {
            return refused(at, &answer, &secrets);
        }
        let unreadable = |_| ApiError::unreadable(at, "it does not hold a token");
        let wire::Token { access_token, expires_in, scope } =
            serde_json::from_slice(&answer.body).map_err(unreadable)?;
        Ok(TokenReply::Granted(TokenAnswer {
            access_token: access_token.into(),
            expires_in: expires_in.map(Duration::from_secs),
            scope,
        }))
    }

    async fn read(&self, path: &str) -> Result<(Attempted, Answer), ApiError> {
        let (at, answer) = self.send(path, None, None, &[]).await?;
        if answer.status.is_success() {
            return Ok((at, answer));
        }
        Err(ApiError::Rejected { at, status: answer.status.as_u16(), message: answer.message() })
    }

    /// Sends a request until it is answered; asking for a token twice only makes two tokens.
    async fn send(
        &self,
        path: &str,
        authorization: Option<HeaderValue>,
        form: Option<Vec<u8>>,
        secrets: &[&SecretString],
    ) -> Result<(Attempted, Answer), ApiError> {
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let mut delays = schedule();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let body = form.clone().map(|form| (FORM, form));
            let outgoing =
                Outgoing { method: method.clone(), path, query: &[], authorization: authorization.clone(), body };
            let sent = self.transport.send(outgoing).await;
            let at = Attempted {
                method: if form.is_some() { "POST" } else { "GET" },
                path: path.to_owned(),
                attempts,
                request_id: sent.as_ref().ok().and_then(Answer::request_id),
                earlier_may_have_run: false,
            };
            let error = match sent {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    let wait = told_wait(&answer.headers, (self.clock)()).unwrap_or(FALLBACK_WAIT);
                    self.transport.gate.shut(wait);
                    ApiError::Rejected { at, status: answer.status.as_u16(), message: answer.message() }
                }
                Ok(answer) if is_unwell(answer.status) => unwell(&answer, at, secrets),
                Ok(answer) => return Ok((at, answer)),
                Err(failure) => match broken(failure, at, self.timeout) {
                    error @ ApiError::Unwell { .. } => error,
                    error => return Err(error),
                },
            };
            match delays.next() {
                Some(delay) if self.transport.gate.pause(delay, &error).await => {}
                _ => return Err(error),
            }
        }
    }
}

/// Returns the authorization and the form of a token request.
fn token_request(app: &OidcApp, grant: &Grant) -> Result<(Option<HeaderValue>, Vec<u8>), ApiError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    match grant {
        Grant::ClientCredentials { resource, scope } => {
            form.append_pair("grant_type", "client_credentials");
            append(&mut form, "resource", resource.as_deref());
            append(&mut form, "scope", scope.as_deref());
        }
        Grant::Password { username, password, resource, scope } => {
            form.append_pair("grant_type", "password");
            form.append_pair("username", username).append_pair("password", password.expose_secret());
            append(&mut form, "resource", resource.as_deref());
            form.append_pair("scope", scope);
        }
    }
    // Credentials in the header and in the body together are an error.
    let authorization = match &app.auth {
        ClientAuth::Basic(secret) => Some(basic(&app.client_id, secret)?),
        ClientAuth::Post(secret) => {
            form.append_pair("client_id", &app.client_id).append_pair("client_secret", secret.expose_secret());
            None
        }
        ClientAuth::None => {
            form.append_pair("client_id", &app.client_id);
            None
        }
    };
    Ok((authorization, form.finish().into_bytes()))
}

fn append(form: &mut form_urlencoded::Serializer<'_, String>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        form.append_pair(name, value);
    }
}

fn secrets<'a>(app: &'a OidcApp, grant: &'a Grant) -> Vec<&'a SecretString> {
    let secret = match &app.auth {
        ClientAuth::Basic(secret) | ClientAuth::Post(secret) => Some(secret),
        ClientAuth::None => None,
    };
    let password = match grant {
        Grant::Password { password, .. } => Some(password),
        Grant::ClientCredentials { .. } => None,
    };
    [secret, password].into_iter().flatten().collect()
}

/// Reads the provider's no; what is not worded as OAuth does is unreadable.
fn refused(at: Attempted, answer: &Answer, secrets: &[&SecretString]) -> Result<TokenReply, ApiError> {
    let clean = |text: &str| shown(&without(secrets, text.to_owned()));
    let status = answer.status.as_u16();
    match serde_json::from_slice::<wire::OAuthError>(&answer.body) {
        Ok(wire::OAuthError { error, error_description }) => Ok(TokenReply::Refused(OAuthRefusal {
            status,
            error: clean(&error),
            description: error_description.as_deref().map(clean),
        })),
        Err(_) => Err(ApiError::unreadable(at, format!("{status} with {}", clean(&answer.message())))),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(at: &Attempted, answer: &Answer) -> Result<T, ApiError> {
    serde_json::from_slice(&answer.body).map_err(|error| ApiError::unreadable(at.clone(), shown(&json_reason(&error))))
}
