//! Who may send what on the way to the admin API.

mod admin;

use super::answer::Answer;
use super::config::ClientConfig;
use super::error::{ApiError, Attempted};
use super::notice::Listener;
use super::reader::RateLimit;
use super::shown::shown;
use super::writer::WriteKey;
use admin::{Admin, Call};
use reqwest::Method;
use std::sync::Arc;

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
    pub(super) fn new(config: ClientConfig, listener: Listener) -> Result<Self, ApiError> {
        Ok(Self(Arc::new(Admin::new(config, listener)?)))
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
        self.0.rate_limit().await
    }

    /// Says whether so many requests are left in this window.
    pub(super) fn has_room(&self, requests: u64) -> bool {
        self.0.has_room(requests)
    }

    /// Waits for the next window where this one has no room.
    pub(super) async fn wait_for_room(&self, requests: u64) -> bool {
        self.0.wait_for_room(requests).await
    }

    /// Ends all waits for quota, now and from now on.
    pub(super) fn break_off(&self) {
        self.0.break_off();
    }

    /// Returns what is left of the quota, as far as is known.
    pub(super) fn quota(&self) -> Option<RateLimit> {
        self.0.quota()
    }

    /// Returns how many requests were sent.
    pub(super) fn requests_made(&self) -> u64 {
        self.0.requests_made()
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
        ApiError::unreadable(self.at.clone(), shown(reason.as_ref()))
    }
}
