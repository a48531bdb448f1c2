//! The hourly quota of calls.

/// Seconds of a window. Source: the rate-limit page, calls an hour.
const WINDOW_SECONDS: i64 = 3600;

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
    /// Seconds until the window is full again.
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

    /// Returns what is left.
    pub(crate) fn left(&mut self, now: i64) -> Left {
        self.turn(now);
        let elapsed = (now - self.window_start) / 1000;
        Left { limit: self.limit, remaining: self.limit - self.used, reset: WINDOW_SECONDS - elapsed }
    }

    fn turn(&mut self, now: i64) {
        let windows = (now - self.window_start) / (WINDOW_SECONDS * 1000);
        if windows > 0 {
            self.window_start += windows * WINDOW_SECONDS * 1000;
            self.used = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_turns_every_hour() {
        let mut quota = Quota::new(2, 0);
        assert!(quota.take(0) && quota.take(1_000));
        assert!(!quota.take(2_000));
        assert_eq!(quota.left(600_000), Left { limit: 2, remaining: 0, reset: 3000 });
        assert!(quota.take(3_600_000));
        assert_eq!(quota.left(3_600_000), Left { limit: 2, remaining: 1, reset: 3600 });
    }
}
