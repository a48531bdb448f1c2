//! What depends on the moment: requests, quota and time. It goes to stderr and is no part of a plan.

use super::count;
use crate::api::RateLimit;
use std::io::{self, Write};
use std::time::Duration;

/// What a run has cost so far, and what the rest of it may cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Requests made.
    pub requests: u64,
    /// The time they took together.
    pub took: Duration,
    /// The account's quota as it was last seen.
    pub quota: Option<RateLimit>,
    /// How many requests an apply of the plan makes.
    pub apply_requests: Option<u64>,
}

/// Writes one line about requests made, quota left and time.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_cost(out: &mut dyn Write, cost: &Cost) -> io::Result<()> {
    let Cost { requests, took, quota, apply_requests } = *cost;
    write!(out, "{} made in {}", requests_words(requests), rough(took))?;
    if let Some(RateLimit { limit, remaining, reset: _ }) = quota {
        write!(out, ", {remaining} of {limit} left this hour")?;
    }
    if let Some(further) = apply_requests.filter(|further| *further > 0) {
        write!(out, "; apply makes {} in {}", requests_words(further), rough(scaled(took, further, requests)))?;
    }
    writeln!(out)
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
fn rough(time: Duration) -> String {
    match time.as_secs() {
        0 => "under 1 s".to_owned(),
        seconds @ 1..120 => format!("about {seconds} s"),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, write_cost};
    use crate::api::RateLimit;
    use std::time::Duration;

    #[test]
    fn figures_are_told_in_one_line() {
        let check = |requests, seconds, quota, apply_requests, expected: &str| {
            let took = Duration::from_secs(seconds);
            let mut out = Vec::new();
            write_cost(&mut out, &Cost { requests, took, quota, apply_requests }).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{expected}\n"));
        };
        let quota = Some(RateLimit { limit: 5000, remaining: 4990, reset: Duration::ZERO });
        check(1, 0, None, None, "1 request made in under 1 s");
        check(0, 0, None, Some(0), "0 requests made in under 1 s");
        check(10, 5, quota, None, "10 requests made in about 5 s, 4990 of 5000 left this hour");
        check(10, 5, None, Some(25), "10 requests made in about 5 s; apply makes 25 requests in about 12 s");
        check(10, 60, None, Some(25), "10 requests made in about 60 s; apply makes 25 requests in about 3 min");
    }
}
