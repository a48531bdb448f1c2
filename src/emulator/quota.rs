//! The hourly quota of calls.

use super::clock::Clock;

/// Milliseconds of a window. Source: the rate-limit page, calls an hour.
const WINDOW: i64 = 3_600_000;

/// Calls made in the current window.
#[derive(Debug)]
pub(crate) struct Quota {
    limit: u32,
    used: u32,
    window_start: i64,
}

/// What is left of the quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// The caller's seconds until the window is full again.
    pub(crate) reset: i64,
}

impl Quota {
    /// Starts a full window at a time in milliseconds since the epoch.
    pub(crate) fn new(limit: u32, now: i64) -> Quota {
        Quota { limit, used: 0, window_start: now }
    }

    /// Uses one call; returns whether there was one.
    pub(crate) fn take(&mut self, now: i64) -> bool {
        self.turn(now);
        let had_one = self.used < self.limit;
        self.used = self.limit.min(self.used.saturating_add(1));
        had_one
    }

    /// Returns what is left at a time of a clock.
    pub(crate) fn left(&mut self, now: i64, clock: &Clock) -> Left {
        self.turn(now);
        let reset = clock.machine_seconds(self.window_start + WINDOW - now);
        Left { limit: self.limit, remaining: self.limit - self.used, reset }
    }

    fn turn(&mut self, now: i64) {
        let windows = (now - self.window_start) / WINDOW;
        if windows > 0 {
            self.window_start += windows * WINDOW;
            self.used = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[test]
    fn the_window_turns_every_hour() {
        let clock = Clock::new(0, NonZeroU32::MIN);
        let mut quota = Quota::new(2, 0);
        assert!(quota.take(0) && quota.take(1_000));
        assert!(!quota.take(2_000));
        assert_eq!(quota.left(600_000, &clock), Left { limit: 2, remaining: 0, reset: 3000 });
        assert!(quota.take(3_600_000));
        assert_eq!(quota.left(3_600_000, &clock), Left { limit: 2, remaining: 1, reset: 3600 });
    }

    #[test]
    fn waits_are_told_in_the_seconds_of_the_caller() {
        let clock = Clock::new(0, NonZeroU32::new(360).unwrap());
        let mut quota = Quota::new(1, 0);
        assert_eq!(quota.left(0, &clock).reset, 10);
        assert_eq!(quota.left(1_000, &clock).reset, 10);
        assert_eq!(quota.left(360_000, &clock).reset, 9);
        assert_eq!(quota.left(3_599_999, &clock).reset, 1);
    }
}
