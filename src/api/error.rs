//! How a call can fail, and whether it may have run all the same.

use std::fmt;
use std::time::Duration;

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, without the query.
    pub path: String,
    /// How often it was sent.
    pub attempts: u32,
    /// OneLogin's id of the last answer, if there was one.
    pub request_id: Option<String>,
    /// Whether an earlier try may have taken effect, whatever became of the last one.
    pub earlier_may_have_run: bool,
}

impl Attempted {
    /// Describes the one try of a request that is not sent again.
    pub(super) fn once(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), attempts: 1, request_id: None, earlier_may_have_run: false }
    }
}

impl fmt::Display for Attempted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Says how often, and under which id, for the end of a sentence.
struct Trace<'a>(&'a Attempted);

impl fmt::Display for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attempted { method: _, path: _, attempts, request_id, earlier_may_have_run: _ } = self.0;
        match (attempts, request_id) {
            (0 | 1, None) => Ok(()),
            (0 | 1, Some(id)) => write!(f, " (request id {id})"),
            (times, None) => write!(f, " ({times} attempts)"),
            (times, Some(id)) => write!(f, " ({times} attempts, request id {id})"),
        }
    }
}

/// A call that failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// OneLogin said no.
    #[error("{at} was rejected with {status}: {message}{}", Trace(.at))]
    Rejected {
        /// What was tried.
        at: Attempted,
        /// The HTTP status, 4xx.
        status: u16,
        /// What OneLogin said, safe to show.
        message: String,
    },
    /// OneLogin answered 5xx, too late or not at all, as often as it was tried.
    #[error("{at} failed: {reason}{}", Trace(.at))]
    Unwell {
        /// What was tried.
        at: Attempted,
        /// What happened, safe to show.
        reason: String,
        /// Whether the request may have reached OneLogin and taken effect.
        may_have_run: bool,
        /// The network's own words.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// The answer has not the documented shape. It says nothing about the account, least of all that something is absent.
    #[error("{at} was answered unreadably: {reason}{}", Trace(.at))]
    Unreadable {
        /// What was tried.
        at: Attempted,
        /// What is wrong with the answer, safe to show.
        reason: String,
        /// Whether the request may have taken effect: a POST, whose answer would have said so.
        may_have_run: bool,
    },
    /// The request would go where it must not.
    #[error("{origin} is not a host that requests may go to")]
    RefusedOrigin {
        /// The origin that was refused.
        origin: String,
    },
    /// The credentials belong to another account.
    #[error("the credentials belong to account {}, the file names account {expected}",
        .actual.map_or_else(|| "(unnamed)".to_owned(), |id| id.to_string()))]
    AccountMismatch {
        /// The account the file names.
        expected: u64,
        /// The account of the token answer.
        actual: Option<u64>,
    },
    /// The quota comes back later than the caller wants to wait.
    #[error("{at} has to wait {} s for OneLogin's quota, more than the {} s allowed", .wait.as_secs(), .max_wait.as_secs())]
    WaitTooLong {
        /// What was tried.
        at: Attempted,
        /// How long it would have to wait.
        wait: Duration,
        /// How long it may wait.
        max_wait: Duration,
    },
    /// The user broke the run off while it waited for quota.
    #[error("{at} was not sent: the run was broken off while it waited for OneLogin's quota")]
    BrokenOff {
        /// What was tried.
        at: Attempted,
    },
    /// The write had to wait so long that what it was judged by may have changed: it was not sent, or not again.
    #[error("{at} had to wait, and what it was judged by may have changed since{}", Trace(.at))]
    Stale {
        /// What was tried.
        at: Attempted,
    },
    /// The credentials were not accepted.
    #[error("the credentials were not accepted with {status}: {message}{}", Trace(.at))]
    Credentials {
        /// What was tried.
        at: Attempted,
        /// The HTTP status.
        status: u16,
        /// What OneLogin said, safe to show.
        message: String,
    },
    /// The connector of OIDC apps is not the one thing it should be.
    #[error("the account has {} connectors named `{name}`; `connector_id` on the app says which one to use", .found.len())]
    Connector {
        /// The name that was looked for.
        name: &'static str,
        /// The ids that fit, sorted.
        found: Vec<u64>,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {reason}")]
    Setup {
        /// What is wrong.
        reason: String,
        /// The client's own words.
        #[source]
        source: Option<reqwest::Error>,
    },
}

impl ApiError {
    /// Makes the error of an answer that has not the documented shape.
    pub(super) fn unreadable(at: Attempted, reason: impl Into<String>) -> Self {
        let may_have_run = at.method != "GET";
        Self::Unreadable { at, reason: reason.into(), may_have_run }
    }

    /// Says of the failure of an earlier request that the one it was for was never sent.
    pub(super) fn before_sending(mut self) -> Self {
        if let Self::Unwell { may_have_run, .. } | Self::Unreadable { may_have_run, .. } = &mut self {
            *may_have_run = false;
        }
        self.after(false)
    }

    /// Says whether an earlier try may have taken effect.
    pub(super) fn after(mut self, may_have_run: bool) -> Self {
        if let Some(at) = self.at_mut() {
            at.earlier_may_have_run = may_have_run;
        }
        self
    }

    /// Says of a host that is unwell that it asks for more patience than there is.
    pub(super) fn asking_too_much(mut self, wait: Duration, max_wait: Duration) -> Self {
        if let Self::Unwell { reason, .. } = &mut self {
            let (wait, max_wait) = (wait.as_secs(), max_wait.as_secs());
            reason.push_str(&format!("; it asks to wait {wait} s, more than the {max_wait} s allowed"));
        }
        self
    }

    fn at(&self) -> Option<&Attempted> {
        match self {
            Self::Rejected { at, .. }
            | Self::Unwell { at, .. }
            | Self::Unreadable { at, .. }
            | Self::WaitTooLong { at, .. }
            | Self::BrokenOff { at }
            | Self::Stale { at }
            | Self::Credentials { at, .. } => Some(at),
            Self::RefusedOrigin { .. } | Self::AccountMismatch { .. } | Self::Connector { .. } | Self::Setup { .. } => {
                None
            }
        }
    }

    fn at_mut(&mut self) -> Option<&mut Attempted> {
        match self {
            Self::Rejected { at, .. }
            | Self::Unwell { at, .. }
            | Self::Unreadable { at, .. }
            | Self::WaitTooLong { at, .. }
            | Self::BrokenOff { at }
            | Self::Stale { at }
            | Self::Credentials { at, .. } => Some(at),
            Self::RefusedOrigin { .. } | Self::AccountMismatch { .. } | Self::Connector { .. } | Self::Setup { .. } => {
                None
            }
        }
    }

    /// Says whether a write that failed like this may have taken effect, by its last try or an earlier one; a POST has to be
    /// looked up then.
    ///
    /// A failed connect or TLS handshake, a 429 and a 401 are known not to have run; so is whatever else was rejected.
    pub fn may_have_run(&self) -> bool {
        self.at().is_some_and(|at| at.earlier_may_have_run) || self.last_may_have_run()
    }

    fn last_may_have_run(&self) -> bool {
        match self {
            Self::Unwell { may_have_run, .. } | Self::Unreadable { may_have_run, .. } => *may_have_run,
            Self::Rejected { .. }
            | Self::RefusedOrigin { .. }
            | Self::AccountMismatch { .. }
            | Self::WaitTooLong { .. }
            | Self::BrokenOff { .. }
            | Self::Stale { .. }
            | Self::Credentials { .. }
            | Self::Connector { .. }
            | Self::Setup { .. } => false,
        }
    }

    /// Says whether OneLogin answered that the object, or the one it belongs to, is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Rejected { status: 404, .. })
    }

    /// Returns the HTTP status of a rejection.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Rejected { status, .. } | Self::Credentials { status, .. } => Some(*status),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiError, Attempted};

    fn at(method: &'static str) -> Attempted {
        let request_id = Some("r".into());
        Attempted { method, path: "/p".into(), attempts: 3, request_id, earlier_may_have_run: false }
    }

    #[test]
    fn errors_say_what_was_tried_and_whether_it_may_have_run() {
        let check = |error: ApiError, text: &str, may_have_run: bool| {
            assert_eq!(error.to_string(), text);
            assert_eq!(error.may_have_run(), may_have_run);
            assert!(!error.before_sending().may_have_run());
        };
        let unwell = |may_have_run| ApiError::Unwell { at: at("POST"), reason: "x".into(), may_have_run, source: None };
        check(unwell(true), "POST /p failed: x (3 attempts, request id r)", true);
        check(unwell(false), "POST /p failed: x (3 attempts, request id r)", false);
        let text = "POST /p was answered unreadably: x (3 attempts, request id r)";
        check(ApiError::unreadable(at("POST"), "x"), text, true);
        let text = "GET /p was answered unreadably: x (3 attempts, request id r)";
        check(ApiError::unreadable(at("GET"), "x"), text, false);
        let rejected = ApiError::Rejected { at: at("PUT"), status: 422, message: "no".into() };
        let text = "PUT /p was rejected with 422: no (3 attempts, request id r)";
        check(rejected.after(true), text, true);
        check(
            ApiError::BrokenOff { at: at("PUT") },
            "PUT /p was not sent: the run was broken off while it waited for OneLogin's quota",
            false,
        );
        let mismatch = ApiError::AccountMismatch { expected: 1, actual: None };
        check(mismatch, "the credentials belong to account (unnamed), the file names account 1", false);
    }
}
