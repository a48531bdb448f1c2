//! What depends on the moment: requests, quota and time. It goes to stderr and is no part of a plan.

use super::count;
use crate::api::RateLimit;
use std::io::{self, Write};
use std::time::Duration;

/// How long a window of the quota lasts.
const HOUR: Duration = Duration::from_secs(3600);

/// What a run has cost so far, and what the rest of it may cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Requests made.
    pub requests: u64,
    /// The time they took together.
    pub took: Duration,
    /// The account's quota as it was last seen.
    pub quota: Option<RateLimit>,
    /// The longest single wait for quota that is allowed.
    pub max_wait: Duration,
    /// How many requests an apply of the plan makes.
    pub apply_requests: Option<u64>,
}

/// Writes one line about requests made, quota left and time.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_cost(out: &mut dyn Write, cost: &Cost) -> io::Result<()> {
    let Cost { requests, took, quota, max_wait, apply_requests } = *cost;
    write!(out, "{} made in {}", requests_words(requests), rough(took))?;
    if let Some(RateLimit { limit, remaining, reset: _ }) = quota {
        write!(out, ", {remaining} of {limit} left this hour")?;
    }
    if let Some(further) = apply_requests.filter(|further| *further > 0) {
        write!(out, "; apply makes {} in {}", requests_words(further), rough(scaled(took, further, requests)))?;
        if let Some(shortage) = quota.and_then(|quota| shortage(quota, further)) {
            write_shortage(out, shortage, max_wait)?;
        }
    }
    writeln!(out)
}

/// Requests that the quota does not allow at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shortage {
    missing: u64,
    /// How long until the last of them may be made.
    wait: Duration,
    /// The longest single wait of these.
    longest: Duration,
}

/// Says what is missing, where something is: each hour brings as many as the limit.
fn shortage(quota: RateLimit, further: u64) -> Option<Shortage> {
    let RateLimit { limit, remaining, reset } = quota;
    let missing = further.checked_sub(remaining).filter(|missing| *missing > 0)?;
    let hours = u32::try_from(missing.div_ceil(limit.max(1)) - 1).unwrap_or(u32::MAX);
    let wait = reset.saturating_add(HOUR.saturating_mul(hours));
    Some(Shortage { missing, wait, longest: if hours > 0 { reset.max(HOUR) } else { reset } })
}

fn write_shortage(out: &mut dyn Write, shortage: Shortage, max_wait: Duration) -> io::Result<()> {
    let Shortage { missing, wait, longest } = shortage;
    let number = if missing == 1 { "1 is".to_owned() } else { format!("{missing} are") };
    write!(out, " and waits {} for quota, since {number} more than what is left", rough(wait))?;
    match longest > max_wait {
        true => write!(out, ", which is longer than --max-wait allows"),
        false => Ok(()),
    }
}

fn requests_words(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "request", None)
}

/// Guesses that further requests take as long as those that were made.
fn scaled(took: Duration, further: u64, made: u64) -> Duration {
    let millis = took.as_millis().saturating_mul(u128::from(further)) / u128::from(made.max(1));
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// Words a time as roughly as it is known.
pub(super) fn rough(time: Duration) -> String {
    match time.as_secs() {
        0 => "under 1 s".to_owned(),
        seconds @ 1..120 => format!("about {seconds} s"),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, shortage, write_cost};
    use crate::api::RateLimit;
    use std::time::Duration;

    #[test]
    fn figures_are_told_in_one_line() {
        let check = |requests, seconds, quota, apply_requests, expected: &str| {
            let took = Duration::from_secs(seconds);
            let max_wait = Duration::from_secs(3700);
            let mut out = Vec::new();
            write_cost(&mut out, &Cost { requests, took, quota, max_wait, apply_requests }).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{expected}\n"));
        };
        let quota = Some(RateLimit { limit: 5000, remaining: 4990, reset: Duration::ZERO });
        check(1, 0, None, None, "1 request made in under 1 s");
        check(0, 0, None, Some(0), "0 requests made in under 1 s");
        check(10, 5, quota, None, "10 requests made in about 5 s, 4990 of 5000 left this hour");
        check(10, 5, None, Some(25), "10 requests made in about 5 s; apply makes 25 requests in about 12 s");
        check(10, 60, None, Some(25), "10 requests made in about 60 s; apply makes 25 requests in about 3 min");
        let quota = Some(RateLimit { limit: 20, remaining: 10, reset: Duration::from_secs(600) });
        check(
            1,
            0,
            quota,
            Some(10),
            "1 request made in under 1 s, 10 of 20 left this hour; apply makes 10 requests in under 1 s",
        );
        let cost = "1 request made in under 1 s, 10 of 20 left this hour; apply makes 11 requests in under 1 s and waits about \
                    10 min for quota, since 1 is more than what is left";
        check(1, 0, quota, Some(11), cost);
        let cost = "1 request made in under 1 s, 10 of 20 left this hour; apply makes 31 requests in under 1 s and waits about \
                    70 min for quota, since 21 are more than what is left";
        check(1, 0, quota, Some(31), cost);
        let quota = Some(RateLimit { limit: 20, remaining: 0, reset: Duration::from_secs(3701) });
        let cost = "1 request made in under 1 s, 0 of 20 left this hour; apply makes 2 requests in under 1 s and waits about \
                    62 min for quota, since 2 are more than what is left, which is longer than --max-wait allows";
        check(1, 0, quota, Some(2), cost);
    }

    #[test]
    fn a_shortage_is_counted_in_hours() {
        let quota = |limit, remaining| RateLimit { limit, remaining, reset: Duration::from_secs(60) };
        let check = |quota, further, expected: Option<(u64, u64, u64)>| {
            let found = shortage(quota, further);
            let found = found.map(|it| (it.missing, it.wait.as_secs(), it.longest.as_secs()));
            assert_eq!(found, expected, "{quota:?} {further}");
        };
        check(quota(5000, 5000), 5000, None);
        check(quota(5000, 5000), 6000, Some((1000, 60, 60)));
        check(quota(5000, 10), 5010, Some((5000, 60, 60)));
        check(quota(5000, 10), 5011, Some((5001, 3660, 3600)));
        check(quota(0, 0), 2, Some((2, 3660, 3600)));
        check(quota(1, 0), u64::MAX, Some((u64::MAX, 60 + 3600 * u64::from(u32::MAX), 3600)));
    }
}
