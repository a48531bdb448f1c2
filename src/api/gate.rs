//! The gate that a 429 shuts for everybody.

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The wait where nobody says how long.
pub(super) const FALLBACK_WAIT: Duration = Duration::from_secs(60);

/// The shortest wait: a window that is said to end now has ended when we ask a second later.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// Above this a number of seconds is an instant.
///
/// Source: the documentation says that the reset is in seconds left, one client reads it as an epoch.
const EPOCH_FROM: u64 = 1_000_000_000;

/// Holds all requests back until the quota is there again.
#[derive(Debug, Default)]
pub(super) struct Gate {
    until: Mutex<Option<Instant>>,
}

impl Gate {
    /// Shuts the gate for a while; a longer wait that is already on wins.
    pub(super) fn shut(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut current = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some(current.map_or(until, |one| one.max(until)));
    }

    /// Says whether requests have to wait.
    pub(super) fn is_shut(&self) -> bool {
        self.opens_at().is_some()
    }

    /// Waits until the gate is open.
    pub(super) async fn pass(&self) {
        while let Some(until) = self.opens_at() {
            tokio::time::sleep_until(until).await;
        }
    }

    fn opens_at(&self) -> Option<Instant> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| *until > Instant::now())
    }
}

/// Reads how long a 429 tells us to wait; `None` where it does not say.
///
/// `retry-after` is about this very answer, `x-ratelimit-reset` about the whole window, so the first one wins.
pub(super) fn told_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    text("retry-after")
        .and_then(|text| seconds(text, now).or_else(|| date(text, now)))
        .or_else(|| text("x-ratelimit-reset").and_then(|text| seconds(text, now)))
}

/// Reads a number of seconds left, or an instant where it can only be one.
pub(super) fn wait_of(number: u64, now: Timestamp) -> Duration {
    let seconds = if number > EPOCH_FROM {
        number.saturating_sub(u64::try_from(now.as_second()).unwrap_or_default())
    } else {
        number
    };
    Duration::from_secs(seconds).max(SHORTEST_WAIT)
}

fn seconds(text: &str, now: Timestamp) -> Option<Duration> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    Some(wait_of(whole.parse().ok()?, now))
}

fn date(text: &str, now: Timestamp) -> Option<Duration> {
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(wait_of(u64::try_from(at.as_second()).ok()?, now))
}

#[cfg(test)]
mod tests {
    use super::{Gate, told_wait};
    use jiff::Timestamp;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use std::time::Duration;
    use tokio::time::Instant;

    const NOW: i64 = 1_700_000_000;

    #[test]
    fn waits_are_read_as_told() {
        let check = |headers: &[(&'static str, &'static str)], expected: Option<u64>| {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            let wait = told_wait(&headers, Timestamp::from_second(NOW).unwrap());
            assert_eq!(wait, expected.map(Duration::from_secs), "{headers:?}");
        };
        check(&[], None);
        check(&[("x-ratelimit-reset", "832")], Some(832));
        check(&[("x-ratelimit-reset", "0")], Some(1));
        check(&[("x-ratelimit-reset", "1700000090")], Some(90));
        check(&[("x-ratelimit-reset", "1699999000")], Some(1));
        check(&[("retry-after", "7")], Some(7));
        check(&[("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT")], Some(30));
        check(&[("retry-after", "soon")], None);
        check(&[("x-ratelimit-reset", "12"), ("retry-after", "7")], Some(7));
        check(&[("x-ratelimit-reset", "12"), ("retry-after", "soon")], Some(12));
    }

    #[tokio::test(start_paused = true)]
    async fn one_shut_gate_holds_everybody() {
        let gate = Gate::default();
        let start = Instant::now();
        gate.pass().await;
        assert_eq!(start.elapsed(), Duration::ZERO);

        gate.shut(Duration::from_secs(30));
        gate.shut(Duration::from_secs(5));
        tokio::join!(gate.pass(), gate.pass(), async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            gate.shut(Duration::from_secs(40));
        });
        assert_eq!(start.elapsed(), Duration::from_secs(50));
        assert!(!gate.is_shut());
    }
}
