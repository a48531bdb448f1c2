//! The emulator's clock: it can be moved forward, and it can run faster than the caller's.

use std::num::NonZeroU32;

/// A clock that is read by the time of the machine.
///
/// Units: milliseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// The machine's time when this clock was last set.
    set_at: i64,
    /// What this clock showed then.
    shown: i64,
    /// How many of its seconds pass in one of the machine's.
    rate: NonZeroU32,
}

impl Clock {
    /// Starts a clock that shows the machine's time.
    pub(crate) const fn new(machine: i64, rate: NonZeroU32) -> Clock {
        Clock { set_at: machine, shown: machine, rate }
    }

    /// Returns the time by this clock.
    pub(crate) fn at(&self, machine: i64) -> i64 {
        self.shown.saturating_add((machine - self.set_at).saturating_mul(self.factor()))
    }

    /// Moves it forward.
    pub(crate) fn advance(&mut self, machine: i64, seconds: u32) {
        *self = Clock { set_at: machine, shown: self.at(machine) + i64::from(seconds) * 1000, rate: self.rate };
    }

    /// Lets it run at another rate from now on; what it shows does not jump.
    pub(crate) fn run_at(&mut self, machine: i64, rate: NonZeroU32) {
        *self = Clock { set_at: machine, shown: self.at(machine), rate };
    }

    /// Returns its rate.
    pub(crate) const fn rate(&self) -> NonZeroU32 {
        self.rate
    }

    /// Returns after how many of the machine's seconds, rounded up, so many of its milliseconds have passed: who sleeps as
    /// long wakes up no earlier.
    pub(crate) fn machine_seconds(&self, millis: i64) -> i64 {
        let a_second = self.factor().saturating_mul(1000);
        millis.max(0).saturating_add(a_second - 1) / a_second
    }

    fn factor(&self) -> i64 {
        i64::from(self.rate.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(rate: u32) -> NonZeroU32 {
        NonZeroU32::new(rate).unwrap()
    }

    #[test]
    fn it_runs_and_never_jumps_back() {
        let mut clock = Clock::new(1_000, rate(1));
        assert_eq!(clock.at(3_500), 3_500);
        clock.run_at(3_500, rate(100));
        assert_eq!((clock.at(3_500), clock.at(3_501), clock.at(4_500)), (3_500, 3_600, 103_500));
        clock.advance(4_500, 60);
        assert_eq!((clock.at(4_500), clock.at(4_510)), (163_500, 164_500));
        clock.run_at(4_510, rate(1));
        assert_eq!((clock.at(4_510), clock.at(4_520)), (164_500, 164_510));
    }

    #[test]
    fn whoever_sleeps_as_told_wakes_up_in_time() {
        let check = |millis: i64, at: u32, expected: i64| {
            let clock = Clock::new(0, rate(at));
            let told = clock.machine_seconds(millis);
            assert_eq!(told, expected, "{millis} ms at {at}");
            assert!(clock.at(told * 1000) >= millis);
        };
        check(0, 1, 0);
        check(1, 1, 1);
        check(3_600_000, 1, 3600);
        check(3_599_000, 1, 3599);
        check(3_600_000, 360, 10);
        check(3_600_001, 360, 11);
        check(3_600_000, u32::MAX, 1);
    }
}
