//! Sends calls with a token until they are answered, rejected or out of tries.

use super::Exchange;
use crate::api::answer::Answer;
use crate::api::authorization::{basic, bearer};
use crate::api::backoff::{pause, schedule};
use crate::api::config::{ClientConfig, Clock, Credentials};
use crate::api::error::{ApiError, Attempted};
use crate::api::failure::{broken, unwell, without};
use crate::api::gate::{FALLBACK_WAIT, told_wait, wait_of};
use crate::api::reader::RateLimit;
use crate::api::token::Token;
use crate::api::transport::{Outgoing, Transport, is_unwell};
use crate::api::wire::token::RateLimitBody;
use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const TOKEN_PATH: &str = "/auth/oauth2/v2/token";
const RATE_LIMIT_PATH: &str = "/auth/rate_limit";
const JSON: &str = "application/json";

/// How often one request is told to wait before it counts as rejected: each time the quota should have been there.
const MOST_WAITS: u32 = 20;

pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'static str, String)],
    pub(super) body: Option<Vec<u8>>,
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

/// One credential pair on one host, with what its callers share.
pub(super) struct Admin {
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
    pub(super) fn new(config: ClientConfig) -> Result<Self, ApiError> {
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
    pub(super) async fn exchange(&self, call: Call<'_>) -> Result<Exchange, ApiError> {
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
                Err(failure) => broken(failure, at, self.timeout),
            };
            match delays.next().filter(|_| is_worth_repeating(&call, &error)) {
                Some(delay) => pause(delay, &error).await,
                None => return Err(error),
            }
        }
    }

    /// Returns the token, fetched once for all who wait for it.
    pub(super) async fn token(&self) -> Result<Arc<Token>, ApiError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.is_fresh((self.clock)())) {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.fetch_token().await.map_err(ApiError::before_sending)?);
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
        let Credentials { client_id, client_secret } = &self.credentials;
        let body = br#"{"grant_type":"client_credentials"}"#;
        let call = Call { method: Method::POST, path: TOKEN_PATH, query: &[], body: Some(body.to_vec()) };
        let mut delays = schedule();
        let (mut attempts, mut waits) = (0, 0);
        loop {
            attempts += 1;
            let sent = self.transport.send(outgoing(&call, Some(basic(client_id, client_secret)?))).await;
            let at = call.attempted(attempts, sent.as_ref().ok());
            let error = match sent {
                Ok(answer) if answer.status.is_success() => {
                    let token = Token::from_answer(&answer.body, (self.clock)());
                    let token = token.ok_or_else(|| ApiError::unreadable(at, "it does not hold a token"))?;
                    return self.check_account(token);
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
                Err(failure) => broken(failure, at, self.timeout),
            };
            match delays.next().filter(|_| matches!(error, ApiError::Unwell { .. })) {
                Some(delay) => pause(delay, &error).await,
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
        match self.transport.send_past_gate(outgoing(&call, Some(authorization))).await {
            Ok(answer) if answer.status.is_success() => match rate_limit_of(&answer, (self.clock)()) {
                Some(limit) => limit.reset,
                None => FALLBACK_WAIT,
            },
            _ => FALLBACK_WAIT,
        }
    }

    /// Makes the error of an answer that is no success.
    fn refusal(&self, answer: &Answer, at: Attempted, token: Option<&Arc<Token>>) -> ApiError {
        let secrets = [Some(&self.credentials.client_secret), token.map(|token| &token.secret)];
        let secrets: Vec<&SecretString> = secrets.into_iter().flatten().collect();
        let status = answer.status;
        if is_unwell(status) {
            return unwell(answer, at, &secrets);
        }
        let message = without(&secrets, answer.message());
        if status.is_client_error() && (status != StatusCode::NOT_FOUND || answer.is_not_found()) {
            ApiError::Rejected { at, status: status.as_u16(), message }
        } else {
            let what = if status.is_redirection() { "a redirect, which is not followed" } else { message.as_str() };
            ApiError::unreadable(at, format!("{} with {what}", status.as_u16()))
        }
    }

    fn remember_headers(&self, answer: &Answer) {
        let number = |name| answer.header(name).and_then(|text| text.trim().parse::<u64>().ok());
        let numbers = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset"));
        if let (Some(limit), Some(remaining), Some(reset)) = numbers {
            self.remember(RateLimit { limit, remaining, reset: wait_of(reset, (self.clock)()) });
        }
    }

    /// Returns how many requests were sent.
    pub(super) fn requests_made(&self) -> u64 {
        self.transport.requests_made()
    }

    /// Returns the quota as it was last seen.
    pub(super) fn quota(&self) -> Option<RateLimit> {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for the quota.
    pub(super) async fn rate_limit(&self) -> Result<RateLimit, ApiError> {
        let call = Call { method: Method::GET, path: RATE_LIMIT_PATH, query: &[], body: None };
        let exchange = self.exchange(call).await?;
        let limit = rate_limit_of(&exchange.answer, (self.clock)());
        let limit = limit.ok_or_else(|| exchange.unreadable("it does not hold the rate limit"))?;
        self.remember(limit);
        Ok(limit)
    }

    fn remember(&self, limit: RateLimit) {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(limit);
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
