//! What the room says while it waits.

use super::error::ApiError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// From where a pause before another try is long enough to be noticed.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// Something that a user who waits wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// All requests wait for quota from now on; said once a wait.
    WaitingForQuota {
        /// How long.
        wait: Duration,
        /// The calls an hour that are spent; `None`: OneLogin said no more than that they are.
        limit: Option<u64>,
    },
    /// The wait for quota is over.
    GoingOn,
    /// A request failed and is sent again; of several that fail at the same time one is told of.
    TryingAgain {
        /// How long it waits before that.
        wait: Duration,
        /// What failed and why, safe to show.
        error: String,
    },
}

/// Hears notices.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(&Notice) + Send + Sync>);

impl Listener {
    /// Makes a listener; it is called between two requests, so it must not block.
    pub fn new(hear: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Returns one that logs.
    pub fn log() -> Self {
        Self::new(|notice| match notice {
            Notice::WaitingForQuota { wait, limit } => {
                tracing::warn!(seconds = wait.as_secs(), limit, "waiting for quota");
            }
            Notice::GoingOn => tracing::warn!("the quota is there again"),
            Notice::TryingAgain { wait, error } => {
                tracing::warn!(wait_ms = millis(*wait), %error, "trying again");
            }
        })
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// Tells a listener, and nothing twice.
#[derive(Debug)]
pub(super) struct Teller {
    listener: Listener,
    /// Until when the last pause that was told of lasts.
    pausing_until: Mutex<Option<Instant>>,
}

impl Teller {
    pub(super) const fn new(listener: Listener) -> Self {
        Self { listener, pausing_until: Mutex::new(None) }
    }

    pub(super) fn tell(&self, notice: &Notice) {
        (self.listener.0)(notice);
    }

    /// Tells of a pause before another try, once it is long enough to be noticed.
    pub(super) fn pause(&self, wait: Duration, error: &ApiError) {
        let now = Instant::now();
        if wait < NOTICEABLE || self.is_pausing(now, wait) {
            tracing::debug!(%error, wait_ms = millis(wait), "trying again");
        } else {
            self.tell(&Notice::TryingAgain { wait, error: error.to_string() });
        }
    }

    fn is_pausing(&self, now: Instant, wait: Duration) -> bool {
        let mut until = self.pausing_until.lock().unwrap_or_else(PoisonError::into_inner);
        let is_pausing = until.is_some_and(|until| now < until);
        if !is_pausing {
            *until = Some(now + wait);
        }
        is_pausing
    }
}
