//! Calls a gateway and judges its answer.

use super::check::{Check, CheckKind, Outcome};
use super::input::VerifyInput;
use super::subject::Subject;
use crate::api::{ProbeAnswer, ProbeRequest, ProbeVia};
use secrecy::SecretString;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long to wait before a gateway that is not ready is asked again.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Not ready: its policies or its keys are not loaded yet.
///
/// Source: MuleSoft's gatekeeper answers 503 until policies are loaded, the JWT policy while it has no keys.
const NOT_READY: u16 = 503;

/// What a gateway has to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Let in; with exactly this status, if one is given.
    Accepted(Option<u16>),
    /// Kept out; with exactly this status, if one is given.
    Refused(Option<u16>),
}

impl Verdict {
    fn fits(self, status: u16) -> bool {
        match self {
            Self::Accepted(Some(exact)) | Self::Refused(Some(exact)) => status == exact,
            Self::Accepted(None) => (200..300).contains(&status),
            // Source: MuleSoft answers 400 without a token, 401 to a bad one, 403 to a client without a contract.
            Self::Refused(None) => matches!(status, 400 | 401 | 403),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(Some(exact)) | Self::Refused(Some(exact)) => exact.fmt(f),
            Self::Accepted(None) => f.write_str("2xx"),
            Self::Refused(None) => f.write_str("400, 401 or 403"),
        }
    }
}

/// Calls the probe's URL and judges the answer.
pub(super) async fn call(
    input: &VerifyInput<'_>,
    subject: &Subject<'_>,
    kind: CheckKind,
    verdict: Verdict,
    token: Option<&SecretString>,
) -> Check {
    let expected = verdict.to_string();
    let request = ProbeRequest {
        method: subject.probe.method,
        url: &subject.probe.url.value,
        via: input.emulator.map_or(ProbeVia::Direct, |base| ProbeVia::Emulator(gateway_of(base, subject))),
        bearer: token,
    };
    let deadline = Instant::now() + input.ready_within;
    loop {
        let answer = input.prober.probe(&request).await;
        let is_unready = matches!(&answer, Ok(answer) if answer.status == NOT_READY && !verdict.fits(NOT_READY));
        let unwritten = input.unwritten.get(&subject.name.policy).filter(|_| is_unready);
        if let Some(path) = unwritten {
            let reason = format!("{NOT_READY}, for `{path}` does not exist yet: run `gatewright apply`");
            return Check::without(kind, expected, Outcome::NotRun(reason));
        }
        if is_unready && Instant::now() + POLL_INTERVAL <= deadline {
            tokio::time::sleep(POLL_INTERVAL).await;
            continue;
        }
        return match answer {
            Ok(ProbeAnswer { status, body_digest }) => {
                let seen = if is_unready { format!("{status}, not ready") } else { status.to_string() };
                let check = Check::seen(kind, expected, seen, verdict.fits(status));
                Check { body_digest: Some(body_digest), ..check }
            }
            Err(error) => Check::seen(kind, expected, error.to_string(), false),
        };
    }
}

/// Returns where the emulator serves a policy.
fn gateway_of(base: &Url, subject: &Subject<'_>) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("/gateway/{}", subject.name.policy));
    url
}

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn verdicts_fit_the_documented_statuses() {
        let check = |verdict: Verdict, fitting: &[u16], others: &[u16]| {
            assert!(fitting.iter().all(|&status| verdict.fits(status)), "{verdict:?}");
            assert!(!others.iter().any(|&status| verdict.fits(status)), "{verdict:?}");
        };
        check(Verdict::Accepted(None), &[200, 204, 299], &[199, 301, 400, 401, 404, 503]);
        check(Verdict::Refused(None), &[400, 401, 403], &[200, 302, 404, 429, 500, 503]);
        check(Verdict::Accepted(Some(404)), &[404], &[200]);
        check(Verdict::Refused(Some(503)), &[503], &[401]);
    }
}
