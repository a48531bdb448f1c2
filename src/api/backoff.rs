//! How long to wait before the next try.

use backon::{BackoffBuilder, ExponentialBuilder};
use std::time::Duration;

/// Returns the waits before each further try of a request that may be repeated: 0.2, 0.4, 0.8, 1.6, 3.2 and 6.4 s.
///
/// There is no jitter: all requests share one gate and one bound in flight, so there is no herd to spread, and the same
/// faults give the same run.
///
/// Source: under load real tenants answer 502 for seconds; other clients wait 5 to 20 s in all.
pub(super) fn schedule() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_factor(2.0)
        .with_max_delay(Duration::from_secs(10))
        .with_max_times(6)
        .build()
}

#[cfg(test)]
mod tests {
    use super::schedule;

    #[test]
    fn the_waits_double_and_end() {
        let millis: Vec<u128> = schedule().map(|wait| wait.as_millis()).collect();
        assert_eq!(millis, [200, 400, 800, 1600, 3200, 6400]);
    }
}
