//! The way to the admin API: token, gate and retries; and who may send what on it.

use super::answer::Answer;
use super::backoff::schedule;
use super::config::{ClientConfig, Clock, Credentials};
use super::error::{ApiError, Attempted};
use super::gate::{FALLBACK_WAIT, told_wait, wait_of};
use super::reader::RateLimit;
use super::shown::shown;
use super::token::Token;
use super::transport::{LIMIT_BYTES, Outgoing, SendFailure, Transport, is_unwell};
use super::wire::token::RateLimitBody;
use super::writer::WriteKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const TOKEN_PATH: &str = "/auth/oauth2/v2/token";
const RATE_LIMIT_PATH: &str = "/auth/rate_limit";
const JSON: &str = "application/json";

/// How often one request is told to wait before it counts as rejected: each time the quota should have been there.
const MOST_WAITS: u32 = 20;

/// The half of the way that cannot change anything: GET, and the token POST beneath it.
#[derive(Clone)]
pub(super) struct ReadLink(Arc<Admin>);

/// The half that can. It opens only with a key that the `writer` module alone can make.
pub(super) struct WriteLink(Arc<Admin>);

/// The methods that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteMethod {
    Post,
    Put,
    Delete,
}

impl ReadLink {
    pub(super) fn new(config: ClientConfig) -> Result<Self, ApiError> {
        Ok(Self(Arc::new(Admin::new(config)?)))
    }

    /// Sends a GET.
    pub(super) async fn get(&self, path: &str, query: &[(&'static str, String)]) -> Result<Exchange, ApiError> {
        self.0.exchange(Call { method: Method::GET, path, query, body: None }).await
    }

    /// Returns the account of the token, after its check.
    pub(super) async fn account_id(&self) -> Result<Option<u64>, ApiError> {
        Ok(self.0.token().await?.account_id)
    }

    /// Asks for the quota.
    pub(super) async fn rate_limit(&self) -> Result<RateLimit, ApiError> {
        let exchange = self.get(RATE_LIMIT_PATH, &[]).await?;
        let limit = rate_limit_of(&exchange.answer, (self.0.clock)());
        let limit = limit.ok_or_else(|| exchange.unreadable("it does not hold the rate limit"))?;
        self.0.remember(limit);
        Ok(limit)
    }

    /// Returns the quota as it was last seen.
    pub(super) fn quota(&self) -> Option<RateLimit> {
        *self.0.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn requests_made(&self) -> u64 {
        self.0.transport.requests_made()
    }
}

impl WriteLink {
    pub(super) fn new(link: &ReadLink, _: WriteKey) -> Self {
        Self(Arc::clone(&link.0))
    }

    /// Sends a write; a POST of unknown outcome is not sent again.
    pub(super) async fn write(
        &self,
        method: WriteMethod,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Exchange, ApiError> {
        let method = match method {
            WriteMethod::Post => Method::POST,
            WriteMethod::Put => Method::PUT,
            WriteMethod::Delete => Method::DELETE,
        };
        self.0.exchange(Call { method, path, query: &[], body }).await
    }
}

/// A success, and how it came about.
pub(super) struct Exchange {
    pub(super) at: Attempted,
    pub(super) answer: Answer,
}

impl Exchange {
    /// Makes the error for an answer that has not the documented shape.
    pub(super) fn unreadable(&self, reason: impl AsRef<str>) -> ApiError {
        ApiError::Unreadable { at: self.at.clone(), reason: shown(reason.as_ref()) }
    }
}

struct Call<'a> {
    method: Method,
    path: &'a str,
    query: &'a [(&'static str, String)],
    body: Option<Vec<u8>>,
}

impl Call<'_> {
    fn attempted(&self, attempts: u32, answer: Option<&Answer>) -> Attempted {
        let method = match self.method.as_str() {
            "GET" => "GET",
            "PUT" => "PUT",
            "DELETE" => "DELETE",
            _ => "POST",
        };
        Attempted { method, path: self.path.to_owned(), attempts, request_id: answer.and_then(Answer::request_id) }
    }

    fn is_repeatable(&self) -> bool {
        self.method != Method::POST
    }
}

struct Admin {
    transport: Transport,
    credentials: Credentials,
    expected_account_id: Option<u64>,
    max_wait: Duration,
    timeout: Duration,
    clock: Clock,
    token: tokio::sync::Mutex<Option<Arc<Token>>>,
    /// Held by the one task that finds out how long a 429 lasts.
    asking: tokio::sync::Mutex<()>,
    quota: Mutex<Option<RateLimit>>,
}

impl Admin {
    fn new(config: ClientConfig) -> Result<Self, ApiError> {
        let transport = Transport::new(&config, &config.admin_base)?;
        let ClientConfig { credentials, expected_account_id, max_wait, timeout, clock, .. } = config;
        Ok(Self {
            transport,
            credentials,
            expected_account_id,
            max_wait,
            timeout,
            clock,
            token: tokio::sync::Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            quota: Mutex::default(),
        })
    }

    /// Sends a call with a token until it is answered, rejected or out of tries.
    async fn exchange(&self, call: Call<'_>) -> Result<Exchange, ApiError> {
        let mut delays = schedule();
        let (mut attempts, mut waits, mut is_renewed) = (0, 0, false);
        loop {
            let token = self.token().await?;
            attempts += 1;
            let sent = self.transport.send(outgoing(&call, Some(bearer(&token.secret)?))).await;
            let at = call.attempted(attempts, sent.as_ref().ok());
            let error = match sent {
                Ok(answer) => {
                    self.remember_headers(&answer);
                    match answer.status {
                        status if status.is_success() => return Ok(Exchange { at, answer }),
                        StatusCode::TOO_MANY_REQUESTS if waits < MOST_WAITS => {
                            waits += 1;
                            self.wait_for_quota(&answer, Some(&token), at).await?;
                            continue;
                        }
                        StatusCode::UNAUTHORIZED if !is_renewed => {
                            is_renewed = true;
                            self.forget(&token).await;
                            continue;
                        }
                        _ => self.refusal(&answer, at, Some(&token)),
                    }
                }
                Err(failure) => self.broken(failure, at),
            };
            match delays.next().filter(|_| is_worth_repeating(&call, &error)) {
                Some(delay) => {
                    tracing::debug!(error = %error, wait_ms = delay.as_millis(), "trying again");
                    tokio::time::sleep(delay).await;
                }
                None => return Err(error),
            }
        }
    }

    /// Returns the token, fetched once for all who wait for it.
    async fn token(&self) -> Result<Arc<Token>, ApiError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.is_fresh((self.clock)())) {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.fetch_token().await?);
        *kept = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Drops a token that was refused, unless another task has replaced it already.
    async fn forget(&self, refused: &Arc<Token>) {
        let mut kept = self.token.lock().await;
        if kept.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            *kept = None;
        }
    }

    /// Fetches a token. The same pair gets the same live token, so asking again does no harm.
    async fn fetch_token(&self) -> Result<Token, ApiError> {
        let body = br#"{"grant_type":"client_credentials"}"#;
        let call = Call { method: Method::POST, path: TOKEN_PATH, query: &[], body: Some(body.to_vec()) };
        let mut delays = schedule();
        let (mut attempts, mut waits) = (0, 0);
        loop {
            attempts += 1;
            let sent = self.transport.send(outgoing(&call, Some(basic(&self.credentials)?))).await;
            let at = call.attempted(attempts, sent.as_ref().ok());
            let error = match sent {
                Ok(answer) if answer.status.is_success() => {
                    let token = Token::from_answer(&answer.body, (self.clock)());
                    let reason = "it does not hold a token".to_owned();
                    return self.check_account(token.ok_or(ApiError::Unreadable { at, reason })?);
                }
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS && waits < MOST_WAITS => {
                    waits += 1;
                    self.wait_for_quota(&answer, None, at).await?;
                    continue;
                }
                Ok(answer) => match self.refusal(&answer, at, None) {
                    ApiError::Rejected { at, status, message } => {
                        return Err(ApiError::Credentials { at, status, message });
                    }
                    error => error,
                },
                Err(failure) => self.broken(failure, at),
            };
            match delays.next().filter(|_| matches!(error, ApiError::Unwell { .. })) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error),
            }
        }
    }

    fn check_account(&self, token: Token) -> Result<Token, ApiError> {
        match self.expected_account_id {
            Some(expected) if token.account_id != Some(expected) => {
                Err(ApiError::AccountMismatch { expected, actual: token.account_id })
            }
            _ => Ok(token),
        }
    }

    /// Shuts the gate for as long as a 429 says.
    async fn wait_for_quota(&self, answer: &Answer, token: Option<&Arc<Token>>, at: Attempted) -> Result<(), ApiError> {
        let wait = match told_wait(&answer.headers, (self.clock)()) {
            Some(wait) => wait,
            None => {
                let _asking = self.asking.lock().await;
                if self.transport.gate.is_shut() {
                    return Ok(());
                }
                let wait = self.ask_wait(token).await;
                return self.shut(wait, at);
            }
        };
        self.shut(wait, at)
    }

    fn shut(&self, wait: Duration, at: Attempted) -> Result<(), ApiError> {
        if wait > self.max_wait {
            return Err(ApiError::WaitTooLong { at, wait, max_wait: self.max_wait });
        }
        if !self.transport.gate.is_shut() {
            tracing::warn!(seconds = wait.as_secs(), "OneLogin's quota is spent; waiting");
        }
        self.transport.gate.shut(wait);
        Ok(())
    }

    /// Asks how long the quota is gone; where that is not answered either, a minute.
    async fn ask_wait(&self, token: Option<&Arc<Token>>) -> Duration {
        let Some(Ok(authorization)) = token.map(|token| bearer(&token.secret)) else { return FALLBACK_WAIT };
        let call = Call { method: Method::GET, path: RATE_LIMIT_PATH, query: &[], body: None };
        match self.transport.send_now(outgoing(&call, Some(authorization))).await {
            Ok(answer) if answer.status.is_success() => match rate_limit_of(&answer, (self.clock)()) {
                Some(limit) => limit.reset,
                None => FALLBACK_WAIT,
            },
            _ => FALLBACK_WAIT,
        }
    }

    /// Makes the error of an answer that is no success.
    fn refusal(&self, answer: &Answer, at: Attempted, token: Option<&Arc<Token>>) -> ApiError {
        let message = self.without_secrets(answer.message(), token);
        let status = answer.status;
        if is_unwell(status) {
            ApiError::Unwell { at, reason: format!("{}: {message}", status.as_u16()), may_have_run: true, source: None }
        } else if status.is_client_error() && (status != StatusCode::NOT_FOUND || answer.is_not_found()) {
            ApiError::Rejected { at, status: status.as_u16(), message }
        } else {
            let reason = format!("{} with {message}", status.as_u16());
            ApiError::Unreadable { at, reason }
        }
    }

    /// Takes our own secrets out of a foreign sentence: a page that echoes headers must not end in a log.
    fn without_secrets(&self, message: String, token: Option<&Arc<Token>>) -> String {
        let secrets = [Some(&self.credentials.client_secret), token.map(|token| &token.secret)];
        secrets.into_iter().flatten().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty()).fold(
            message,
            |message, secret| if message.contains(secret) { message.replace(secret, "***") } else { message },
        )
    }

    fn broken(&self, failure: SendFailure, at: Attempted) -> ApiError {
        broken(failure, at, self.timeout)
    }

    fn remember_headers(&self, answer: &Answer) {
        let number = |name| answer.header(name).and_then(|text| text.trim().parse::<u64>().ok());
        let numbers = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset"));
        if let (Some(limit), Some(remaining), Some(reset)) = numbers {
            self.remember(RateLimit { limit, remaining, reset: wait_of(reset, (self.clock)()) });
        }
    }

    fn remember(&self, limit: RateLimit) {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(limit);
    }
}

/// Makes the error of a request without a usable answer.
pub(super) fn broken(failure: SendFailure, at: Attempted, timeout: Duration) -> ApiError {
    match failure {
        SendFailure::NotSent(source) => {
            let reason = "no connection could be made".to_owned();
            ApiError::Unwell { at, reason, may_have_run: false, source: Some(source) }
        }
        SendFailure::Lost(source) => {
            let reason = if source.is_timeout() {
                format!("no answer within {} s", timeout.as_secs())
            } else {
                "the connection was lost".to_owned()
            };
            ApiError::Unwell { at, reason, may_have_run: true, source: Some(source) }
        }
        SendFailure::TooLarge => {
            let reason = format!("it is longer than {} MiB", LIMIT_BYTES >> 20);
            ApiError::Unreadable { at, reason }
        }
    }
}

/// Says whether a failed call is sent again: what may be repeated, and what is known not to have run.
fn is_worth_repeating(call: &Call<'_>, error: &ApiError) -> bool {
    match error {
        ApiError::Unwell { may_have_run, .. } => call.is_repeatable() || !may_have_run,
        _ => false,
    }
}

fn outgoing<'a>(call: &'a Call<'a>, authorization: Option<HeaderValue>) -> Outgoing<'a> {
    Outgoing {
        method: call.method.clone(),
        path: call.path,
        query: call.query,
        authorization,
        body: call.body.clone().map(|body| (JSON, body)),
    }
}

fn rate_limit_of(answer: &Answer, now: jiff::Timestamp) -> Option<RateLimit> {
    let RateLimitBody { limit, remaining, reset } = RateLimitBody::parse(&answer.body)?;
    Some(RateLimit { limit, remaining, reset: wait_of(reset, now) })
}

/// Returns a bearer authorization.
pub(super) fn bearer(token: &SecretString) -> Result<HeaderValue, ApiError> {
    sensitive(format!("Bearer {}", token.expose_secret()))
}

/// Returns a Basic authorization; the form that official clients use.
fn basic(credentials: &Credentials) -> Result<HeaderValue, ApiError> {
    basic_of(&credentials.client_id, &credentials.client_secret)
}

/// Returns a Basic authorization of an id and its secret.
pub(super) fn basic_of(id: &str, secret: &SecretString) -> Result<HeaderValue, ApiError> {
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
