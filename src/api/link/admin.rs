//! Sends calls with a token until they are answered, rejected or out of tries.

use super::Exchange;
use crate::api::answer::Answer;
use crate::api::authorization::{basic, bearer};
use crate::api::backoff::schedule;
use crate::api::config::{ClientConfig, Clock, Credentials};
use crate::api::error::{ApiError, Attempted};
use crate::api::failure::{broken, unwell, without};
use crate::api::gate::{FALLBACK_WAIT, STALE_AFTER, retry_after, told_wait, wait_of};
use crate::api::notice::Listener;
use crate::api::reader::RateLimit;
use crate::api::token::Token;
use crate::api::transport::{Outgoing, SendFailure, Transport, is_unwell};
use crate::api::wire::token::RateLimitBody;
use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use std::sync::Arc;
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
        let request_id = answer.and_then(Answer::request_id);
        Attempted { method, path: self.path.to_owned(), attempts, request_id, earlier_may_have_run: false }
    }

    fn is_write(&self) -> bool {
        self.method != Method::GET
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
    /// Held by the one task that asks for the quota.
    asking: tokio::sync::Mutex<()>,
}

impl Admin {
    pub(super) fn new(config: ClientConfig, listener: Listener) -> Result<Self, ApiError> {
        let transport = Transport::new(&config, &config.admin_base, listener)?;
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
        })
    }

    /// Sends a call with a token until it is answered, rejected or out of tries.
    pub(super) async fn exchange(&self, call: Call<'_>) -> Result<Exchange, ApiError> {
        let mut delays = schedule();
        let (mut attempts, mut waits, mut is_renewed, mut may_have_run) = (0, 0, false, false);
        loop {
            let token = self.token().await.map_err(|error| error.after(may_have_run))?;
            let (sent, tries) = self.send(&call, &token, attempts).await?;
            attempts = tries;
            let at = call.attempted(attempts, sent.as_ref().ok());
            let mut asked_for = None;
            let error = match sent {
                Ok(answer) => match answer.status {
                    status if status.is_success() => return Ok(Exchange { at, answer }),
                    StatusCode::TOO_MANY_REQUESTS if waits < MOST_WAITS => {
                        waits += 1;
                        self.note_refusal(&answer, Some(&token)).await;
                        continue;
                    }
                    StatusCode::UNAUTHORIZED if !is_renewed => {
                        is_renewed = true;
                        self.forget(&token).await;
                        continue;
                    }
                    _ => {
                        asked_for = retry_after(&answer.headers, (self.clock)());
                        self.refusal(&answer, at, Some(&token))
                    }
                },
                Err(failure) => broken(failure, at, self.timeout),
            };
            let error = error.after(may_have_run);
            may_have_run |= call.is_write() && error.may_have_run();
            let delay = delays.next().filter(|_| is_worth_repeating(&call, &error));
            self.pause(delay, asked_for, error).await?;
            if call.is_write() && asked_for.is_some_and(|wait| wait > STALE_AFTER) {
                return Err(ApiError::Stale { at: call.attempted(attempts, None) }.after(may_have_run));
            }
        }
    }

    /// Sends a call once, asking for the quota before where it may be spent. Returns how often it was sent by now.
    async fn send(
        &self,
        call: &Call<'_>,
        token: &Arc<Token>,
        attempts: u32,
    ) -> Result<(Result<Answer, SendFailure>, u32), ApiError> {
        let stale_after = call.is_write().then_some(STALE_AFTER);
        loop {
            let outgoing = outgoing(call, Some(bearer(&token.secret)?));
            if let Some(sent) =
                self.transport.send_or_ask(outgoing, stale_after, |answer| self.told(call, answer)).await
            {
                return Ok((sent, attempts + 1));
            }
            self.ask_before(token).await;
        }
    }

    /// Waits before another try: as long as planned, or as long as the answer asks for. Returns the error where there is none.
    async fn pause(
        &self,
        planned: Option<Duration>,
        asked_for: Option<Duration>,
        error: ApiError,
    ) -> Result<(), ApiError> {
        let Some(planned) = planned else { return Err(error) };
        let asked_for = asked_for.unwrap_or_default();
        if asked_for > self.max_wait {
            return Err(error.asking_too_much(asked_for, self.max_wait));
        }
        match self.transport.gate.pause(planned.max(asked_for), &error).await {
            true => Ok(()),
            false => Err(error),
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
            let mut asked_for = None;
            let error = match sent {
                Ok(answer) if answer.status.is_success() => {
                    let token = Token::from_answer(&answer.body, (self.clock)());
                    let token = token.ok_or_else(|| ApiError::unreadable(at, "it does not hold a token"))?;
                    return self.check_account(token);
                }
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS && waits < MOST_WAITS => {
                    waits += 1;
                    self.note_refusal(&answer, None).await;
                    continue;
                }
                Ok(answer) => match self.refusal(&answer, at, None) {
                    ApiError::Rejected { at, status, message } => {
                        return Err(ApiError::Credentials { at, status, message });
                    }
                    error => {
                        asked_for = retry_after(&answer.headers, (self.clock)());
                        error
                    }
                },
                Err(failure) => broken(failure, at, self.timeout),
            };
            let delay = delays.next().filter(|_| matches!(error, ApiError::Unwell { .. }));
            self.pause(delay, asked_for, error).await?;
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

    /// Shuts the gate for as long as a 429 says; where it does not, asks, and where that is not answered either, for a minute.
    async fn note_refusal(&self, answer: &Answer, token: Option<&Arc<Token>>) {
        if let Some(wait) = told_wait(&answer.headers, (self.clock)()) {
            return self.transport.gate.shut(wait);
        }
        let _asking = self.asking.lock().await;
        if self.transport.gate.is_shut() {
            return;
        }
        let wait = match token {
            Some(token) => self.ask(token).await.map_or_else(|wait| wait.unwrap_or(FALLBACK_WAIT), |limit| limit.reset),
            None => FALLBACK_WAIT,
        };
        self.transport.gate.shut(wait);
    }

    /// Asks for the quota before a request that may be one too many, unless another task has done so meanwhile.
    async fn ask_before(&self, token: &Arc<Token>) {
        let _asking = self.asking.lock().await;
        if !self.transport.gate.is_unsure() {
            return;
        }
        match self.ask(token).await {
            Ok(limit) => self.transport.gate.asked(Some(limit)),
            Err(Some(wait)) => self.transport.gate.shut(wait),
            // The request itself will meet the truth.
            Err(None) => self.transport.gate.asked(None),
        }
    }

    /// Asks for the quota once, past the gate. The error holds how long a 429 says to wait.
    async fn ask(&self, token: &Arc<Token>) -> Result<RateLimit, Option<Duration>> {
        let Ok(authorization) = bearer(&token.secret) else { return Err(None) };
        let call = Call { method: Method::GET, path: RATE_LIMIT_PATH, query: &[], body: None };
        match self.transport.send_past_gate(outgoing(&call, Some(authorization))).await {
            Ok(answer) if answer.status.is_success() => rate_limit_of(&answer, (self.clock)()).ok_or(None),
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                Err(Some(told_wait(&answer.headers, (self.clock)()).unwrap_or(FALLBACK_WAIT)))
            }
            _ => Err(None),
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

    /// Reads what an answer says of the quota, which none has to. What a 429 says is about the wait, not about the window.
    fn told(&self, call: &Call<'_>, answer: &Answer) -> Option<RateLimit> {
        if call.path == RATE_LIMIT_PATH {
            return rate_limit_of(answer, (self.clock)());
        }
        let number = |name| answer.header(name).and_then(|text| text.trim().parse::<u64>().ok());
        let (limit, remaining, reset) =
            (number("x-ratelimit-limit")?, number("x-ratelimit-remaining")?, number("x-ratelimit-reset")?);
        let is_about_window = answer.status != StatusCode::TOO_MANY_REQUESTS;
        is_about_window.then(|| RateLimit { limit, remaining, reset: wait_of(reset, (self.clock)()) })
    }

    /// Returns how many requests were sent.
    pub(super) fn requests_made(&self) -> u64 {
        self.transport.requests_made()
    }

    /// Returns what is left of the quota, as far as is known.
    pub(super) fn quota(&self) -> Option<RateLimit> {
        self.transport.gate.left()
    }

    /// Says whether so many requests are left in this window, as far as is known.
    pub(super) fn has_room(&self, requests: u64) -> bool {
        self.transport.gate.has_room(requests)
    }

    /// Waits for the next window where this one has no room. Returns whether it waited to the end.
    pub(super) async fn wait_for_room(&self, requests: u64) -> bool {
        self.transport.gate.wait_for_room(requests).await.is_ok()
    }

    /// Ends all waits for quota, now and from now on.
    pub(super) fn break_off(&self) {
        self.transport.gate.break_off();
    }

    /// Asks for the quota.
    pub(super) async fn rate_limit(&self) -> Result<RateLimit, ApiError> {
        let call = Call { method: Method::GET, path: RATE_LIMIT_PATH, query: &[], body: None };
        let exchange = self.exchange(call).await?;
        let limit = rate_limit_of(&exchange.answer, (self.clock)());
        limit.ok_or_else(|| exchange.unreadable("it does not hold the rate limit"))
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
