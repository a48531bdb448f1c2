//! What a user who waits wants to know.

use super::visible;
use crate::api::Notice;
use jiff::Timestamp;
use std::time::Duration;

/// Words a notice in one line, at the time it is given.
pub fn notice_words(notice: &Notice, now: Timestamp) -> String {
    match notice {
        Notice::WaitingForQuota { wait, limit } => {
            let quota = match limit {
                Some(limit) => format!("OneLogin's quota of {limit} calls an hour is spent"),
                None => "OneLogin says that its quota is spent".to_owned(),
            };
            let how_long = seconds(*wait);
            format!("waiting {how_long}{}: {quota} (Ctrl-C breaks the run off; see --max-wait)", until(*wait, now))
        }
        Notice::GoingOn => "going on: the quota is there again".to_owned(),
        Notice::TryingAgain { wait, error } => format!("trying again in {}: {}", seconds(*wait), visible(error)),
    }
}

/// Words a notice for the place beside a bar, which stays for as long as it holds; `None` where it changes nothing there.
pub fn notice_label(notice: &Notice, now: Timestamp) -> Option<String> {
    match notice {
        Notice::WaitingForQuota { wait, limit: _ } => Some(format!("waiting for quota{}", until(*wait, now))),
        Notice::GoingOn => Some("going on".to_owned()),
        Notice::TryingAgain { .. } => None,
    }
}

fn seconds(wait: Duration) -> String {
    match wait.as_secs() {
        // A rest of a second is a second that is waited for.
        0..120 => format!("{} s", wait.as_millis().div_ceil(1000)),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// Names the moment; in UTC, as whoever reads a CI log may be anywhere.
fn until(wait: Duration, now: Timestamp) -> String {
    let end = now.checked_add(wait).ok();
    end.map_or_else(String::new, |end| format!(", until {} UTC", end.strftime("%H:%M:%S")))
}

#[cfg(test)]
mod tests {
    use super::{notice_label, notice_words};
    use crate::api::Notice;
    use std::time::Duration;

    #[test]
    fn waits_are_told_with_their_reason() {
        let check = |notice: Notice, expected: &str| {
            assert_eq!(notice_words(&notice, "2026-01-01T12:59:30.9Z".parse().unwrap()), expected);
        };
        let wait = Duration::from_secs;
        check(
            Notice::WaitingForQuota { wait: wait(31), limit: Some(5000) },
            "waiting 31 s, until 13:00:01 UTC: OneLogin's quota of 5000 calls an hour is spent (Ctrl-C breaks the run off; \
             see --max-wait)",
        );
        check(
            Notice::WaitingForQuota { wait: wait(3599), limit: None },
            "waiting 60 min, until 13:59:29 UTC: OneLogin says that its quota is spent (Ctrl-C breaks the run off; see \
             --max-wait)",
        );
        let waiting = Notice::WaitingForQuota { wait: wait(31), limit: None };
        let label = notice_label(&waiting, "2026-01-01T12:59:30.9Z".parse().unwrap());
        assert_eq!(label.as_deref(), Some("waiting for quota, until 13:00:01 UTC"));
        check(Notice::GoingOn, "going on: the quota is there again");
        check(
            Notice::TryingAgain { wait: Duration::from_millis(1600), error: "GET /p failed: 502: a\u{202E}b".into() },
            "trying again in 2 s: GET /p failed: 502: a\\u{202E}b",
        );
    }
}
