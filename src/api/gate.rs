//! The gate that a spent quota shuts for everybody.

use super::error::ApiError;
use super::notice::{Listener, Notice, Teller};
use super::quota::{Next, Quota, Ticket, rounded_up};
use super::reader::RateLimit;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The wait where nobody says how long.
pub(super) const FALLBACK_WAIT: Duration = Duration::from_secs(60);

/// The shortest wait: a window that is said to end now has ended when we ask a second later.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// How long a write may wait before it is sent: what it was judged by may have changed by then, and is read again.
pub const STALE_AFTER: Duration = Duration::from_secs(3);

/// The longest wait that is believed, a year: beyond what a clock can count it could not be added to now.
const LONGEST_WAIT: Duration = Duration::from_secs(31_536_000);

/// Above this a number of seconds is an instant.
///
/// Source: the documentation says that the reset is in seconds left, one client reads it as an epoch.
const EPOCH_FROM: u64 = 1_000_000_000;

/// By how much a wait has to grow to be told anew: seconds are told rounded.
const NOTEWORTHY: Duration = Duration::from_secs(2);

/// Holds all requests back while the quota is spent.
#[derive(Debug)]
pub(super) struct Gate {
    inner: Mutex<Inner>,
    /// Wakes whoever waits when an answer has come, a question was answered, or the run was broken off.
    changed: Notify,
    max_wait: Duration,
    pub(super) teller: Teller,
}

#[derive(Debug, Default)]
struct Inner {
    quota: Quota,
    /// Until when the wait lasts that was told of.
    told_until: Option<Instant>,
    is_broken_off: bool,
}

/// Why a request is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// The wait is longer than anybody wants to wait.
    TooLong { wait: Duration, max_wait: Duration },
    /// The user broke the run off, and it would have to wait.
    BrokenOff,
    /// It has waited so long that whoever judged it has to do so again.
    Stale,
}

/// How a request may go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It is sent, and counted.
    Open(Ticket),
    /// The quota has to be asked for first.
    AskFirst,
}

impl Gate {
    pub(super) fn new(max_wait: Duration, listener: Listener) -> Self {
        Self { inner: Mutex::default(), changed: Notify::new(), max_wait, teller: Teller::new(listener) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may go, which it may not have done yet: see [`Self::enter`].
    pub(super) async fn pass(&self) -> Result<(), Held> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on nothing that changes is missed.
            changed.as_mut().enable();
            let now = Instant::now();
            let next = self.inner().quota.next(now);
            match next {
                Next::Go | Next::Ask => return Ok(()),
                Next::Hold => changed.await,
                Next::Wait(until) => {
                    self.check(until.saturating_duration_since(now))?;
                    self.tell_wait(until, now);
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = changed => {}
                    }
                }
            }
        }
    }

    fn check(&self, wait: Duration) -> Result<(), Held> {
        match (self.inner().is_broken_off, wait > self.max_wait) {
            (true, _) => Err(Held::BrokenOff),
            (false, true) => Err(Held::TooLong { wait: rounded_up(wait), max_wait: self.max_wait }),
            (false, false) => Ok(()),
        }
    }

    /// Lets a request through, if it still may go; it then counts until [`Self::end`].
    pub(super) fn enter(&self) -> Option<Passage> {
        let mut inner = self.inner();
        match inner.quota.next(Instant::now()) {
            Next::Hold | Next::Wait(_) => None,
            Next::Ask => Some(Passage::AskFirst),
            Next::Go => {
                let ticket = inner.quota.sent();
                let was_told = inner.told_until.take();
                drop(inner);
                if was_told.is_some() {
                    self.teller.tell(&Notice::GoingOn);
                }
                Some(Passage::Open(ticket))
            }
        }
    }

    /// Ends what [`Self::enter`] began.
    pub(super) fn end(&self, ticket: Ticket, told: Option<RateLimit>) {
        self.change(|quota, now| quota.ended(ticket, told, now));
    }

    /// Shuts the gate for as long as a 429 says.
    pub(super) fn shut(&self, wait: Duration) {
        self.change(|quota, now| quota.refused(wait, now));
    }

    /// Takes in what a question for the quota came to.
    pub(super) fn asked(&self, told: Option<RateLimit>) {
        self.change(|quota, now| quota.asked(told, now));
    }

    fn change(&self, change: impl FnOnce(&mut Quota, Instant)) {
        change(&mut self.inner().quota, Instant::now());
        self.changed.notify_waiters();
    }

    /// Says whether requests have to wait.
    pub(super) fn is_shut(&self) -> bool {
        matches!(self.inner().quota.next(Instant::now()), Next::Wait(_))
    }

    /// Says whether the quota has to be asked for.
    pub(super) fn is_unsure(&self) -> bool {
        self.inner().quota.next(Instant::now()) == Next::Ask
    }

    /// Returns what is left of the quota, as far as is known.
    pub(super) fn left(&self) -> Option<RateLimit> {
        self.inner().quota.left(Instant::now())
    }

    /// Says whether so many requests are left in this window, as far as is known.
    ///
    /// Of a quota that is small in itself half a window has to do.
    pub(super) fn has_room(&self, requests: u64) -> bool {
        self.left().is_none_or(|RateLimit { limit, remaining, reset: _ }| remaining >= requests.min(limit / 2))
    }

    /// Waits for the next window where this one has no room for so many requests.
    pub(super) async fn wait_for_room(&self, requests: u64) -> Result<(), Held> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = Instant::now();
            let left = self.inner().quota.left(now);
            let Some(RateLimit { reset, .. }) = left.filter(|_| !self.has_room(requests)) else { return Ok(()) };
            self.check(reset)?;
            self.tell_wait(now + reset, now);
            tokio::select! {
                () = tokio::time::sleep_until(now + reset) => {}
                () = changed => {}
            }
        }
    }

    /// Ends all waits, now and from now on: who would have to wait is not sent.
    pub(super) fn break_off(&self) {
        self.inner().is_broken_off = true;
        self.changed.notify_waiters();
    }

    /// Waits before another try, and says why. Returns whether there is to be one.
    pub(super) async fn pause(&self, wait: Duration, error: &ApiError) -> bool {
        let end = Instant::now() + wait;
        self.teller.pause(wait, error);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.inner().is_broken_off {
                return false;
            }
            tokio::select! {
                () = tokio::time::sleep_until(end) => return true,
                () = changed => {}
            }
        }
    }

    fn tell_wait(&self, until: Instant, now: Instant) {
        let limit = {
            let mut inner = self.inner();
            if inner.told_until.is_some_and(|told| until < told + NOTEWORTHY) {
                return;
            }
            inner.told_until = Some(until);
            inner.quota.left(now).map(|left| left.limit)
        };
        let wait = rounded_up(until.saturating_duration_since(now));
        self.teller.tell(&Notice::WaitingForQuota { wait, limit });
    }
}

/// Reads how long a 429 tells us to wait; `None` where it does not say.
///
/// `retry-after` is about this very answer, `x-ratelimit-reset` about the whole window, so the first one wins.
pub(super) fn told_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    retry_after(headers, now).or_else(|| text(headers, "x-ratelimit-reset").and_then(|text| seconds(text, now)))
}

/// Reads how long an answer asks not to be asked again; `None` where it does not.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = text(headers, "retry-after")?;
    seconds(text, now).or_else(|| date(text, now))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// Reads a number of seconds left, or an instant where it can only be one.
pub(super) fn wait_of(number: u64, now: Timestamp) -> Duration {
    let seconds = if number > EPOCH_FROM {
        number.saturating_sub(u64::try_from(now.as_second()).unwrap_or_default())
    } else {
        number
    };
    Duration::from_secs(seconds).clamp(SHORTEST_WAIT, LONGEST_WAIT)
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
    use super::{Gate, Held, Passage, told_wait};
    use crate::api::error::ApiError;
    use crate::api::notice::{Listener, Notice};
    use crate::api::reader::RateLimit;
    use jiff::Timestamp;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use std::sync::{Arc, Mutex};
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
        check(&[("x-ratelimit-reset", "18446744073709551615")], Some(31_536_000));
        check(&[("retry-after", "18446744073709551615")], Some(31_536_000));
        check(&[("retry-after", "7")], Some(7));
        check(&[("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT")], Some(30));
        check(&[("retry-after", "soon")], None);
        check(&[("x-ratelimit-reset", "12"), ("retry-after", "7")], Some(7));
        check(&[("x-ratelimit-reset", "12"), ("retry-after", "soon")], Some(12));
    }

    /// Makes a gate, and where its notices are heard.
    fn gate(max_wait: u64) -> (Gate, Arc<Mutex<Vec<Notice>>>) {
        let heard = Arc::<Mutex<Vec<Notice>>>::default();
        let hear = Arc::clone(&heard);
        let listener = Listener::new(move |notice| hear.lock().unwrap().push(notice.clone()));
        (Gate::new(Duration::from_secs(max_wait), listener), heard)
    }

    fn waiting(seconds: u64, limit: Option<u64>) -> Notice {
        Notice::WaitingForQuota { wait: Duration::from_secs(seconds), limit }
    }

    #[tokio::test(start_paused = true)]
    async fn one_shut_gate_holds_everybody_and_says_so_once() {
        let (gate, heard) = gate(100);
        let start = Instant::now();
        gate.pass().await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);

        gate.shut(Duration::from_secs(30));
        gate.shut(Duration::from_secs(5));
        let (one, other, ()) = tokio::join!(gate.pass(), gate.pass(), async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            gate.shut(Duration::from_secs(21));
            gate.shut(Duration::from_secs(40));
        });
        assert_eq!((one, other), (Ok(()), Ok(())));
        assert_eq!(start.elapsed(), Duration::from_secs(50));
        assert!(!gate.is_shut());
        assert!(matches!((gate.enter(), gate.enter()), (Some(Passage::Open(_)), Some(Passage::Open(_)))));
        assert_eq!(*heard.lock().unwrap(), [waiting(30, None), waiting(40, None), Notice::GoingOn]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_known_to_be_spent_is_waited_for_before_a_429() {
        let (gate, heard) = gate(100);
        let limit = |remaining| RateLimit { limit: 7, remaining, reset: Duration::from_secs(9) };
        gate.asked(Some(limit(1)));
        let Some(Passage::Open(ticket)) = gate.enter() else { panic!("one is left") };
        assert_eq!(gate.enter(), None);
        gate.end(ticket, Some(limit(0)));
        assert!(gate.is_shut() && !gate.is_unsure());
        gate.pass().await.unwrap();
        assert_eq!(gate.left().map(|left| left.remaining), Some(7));
        assert_eq!(*heard.lock().unwrap(), [waiting(9, Some(7))]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_may_be_too_long_or_broken_off() {
        let (gate, heard) = gate(100);
        gate.shut(Duration::from_secs(101));
        let [wait, max_wait] = [101, 100].map(Duration::from_secs);
        assert_eq!(gate.pass().await, Err(Held::TooLong { wait, max_wait }));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let start = Instant::now();
        let error = ApiError::Setup { reason: "x".into(), source: None };
        let (passed, is_tried, ()) = tokio::join!(gate.pass(), gate.pause(Duration::from_secs(90), &error), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            gate.break_off();
        });
        assert_eq!((passed, is_tried, start.elapsed()), (Err(Held::BrokenOff), false, Duration::from_secs(3)));
        assert_eq!(gate.pass().await, Err(Held::BrokenOff));
        let again = Notice::TryingAgain { wait: Duration::from_secs(90), error: error.to_string() };
        assert_eq!(*heard.lock().unwrap(), [waiting(100, None), again]);
        // Who need not wait goes on.
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert!(matches!((gate.pass().await, gate.enter()), (Ok(()), Some(Passage::Open(_)))));
    }

    #[tokio::test(start_paused = true)]
    async fn one_of_many_long_pauses_is_told_of() {
        let (gate, heard) = gate(100);
        let error = ApiError::Setup { reason: "x".into(), source: None };
        let pause = async |millis| gate.pause(Duration::from_millis(millis), &error).await;
        assert_eq!(tokio::join!(pause(800), pause(1600), pause(1600)), (true, true, true));
        assert!(pause(3200).await);
        let waits: Vec<_> = heard
            .lock()
            .unwrap()
            .iter()
            .map(|notice| match notice {
                Notice::TryingAgain { wait, .. } => wait.as_millis(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [1600, 3200]);
    }
}
