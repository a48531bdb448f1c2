//! Turns what went wrong into errors, the same for every host.

use super::answer::Answer;
use super::error::{ApiError, Attempted};
use super::gate::Held;
use super::transport::{LIMIT_BYTES, SendFailure};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error;
use std::time::Duration;

/// Makes the error of a request without a usable answer.
pub(super) fn broken(failure: SendFailure, at: Attempted, timeout: Duration) -> ApiError {
    match failure {
        SendFailure::Held(held) => {
            // It was counted when it was about to be sent.
            let at = Attempted { attempts: at.attempts.saturating_sub(1), ..at };
            match held {
                Held::TooLong { wait, max_wait } => ApiError::WaitTooLong { at, wait, max_wait },
                Held::BrokenOff => ApiError::BrokenOff { at },
                Held::Stale => ApiError::Stale { at },
            }
        }
        SendFailure::NotSent(source) => {
            // The layers in between say the same in other words.
            let reason = format!("no connection could be made: {}", first_cause(&source));
            ApiError::Unwell { at, reason, may_have_run: false, source: None }
        }
        SendFailure::Lost(source) => {
            let reason = if source.is_timeout() {
                format!("no answer within {} s", timeout.as_secs_f64())
            } else {
                "the connection was lost".to_owned()
            };
            ApiError::Unwell { at, reason, may_have_run: true, source: Some(source) }
        }
        SendFailure::TooLarge => ApiError::unreadable(at, format!("it is longer than {} MiB", LIMIT_BYTES >> 20)),
    }
}

/// Returns the words of the error that all others come from.
fn first_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Makes the error of an answer that says that the host is unwell.
pub(super) fn unwell(answer: &Answer, at: Attempted, secrets: &[&SecretString]) -> ApiError {
    let reason = format!("{}: {}", answer.status.as_u16(), without(secrets, answer.message()));
    ApiError::Unwell { at, reason, may_have_run: true, source: None }
}

/// Says what is wrong with a body without quoting it: what stands where something else belongs may be a secret.
pub(super) fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (text.split_once("string \""), text.rsplit_once("\", expected")) {
        (Some((lead, _)), Some((_, end))) => format!("{lead}a string, expected{end}"),
        _ => text,
    }
}

/// Takes our own secrets out of a foreign sentence: a page that echoes a request must not end in a log.
pub(super) fn without(secrets: &[&SecretString], message: String) -> String {
    let secrets = secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| !secret.is_empty());
    secrets.fold(message, |message, secret| message.replace(secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::{json_reason, without};
    use secrecy::SecretString;

    #[test]
    fn a_body_is_not_quoted() {
        let check = |body: &str, expected: &str| {
            assert_eq!(json_reason(&serde_json::from_str::<Vec<u64>>(body).unwrap_err()), expected);
        };
        check(r#"["a \", expected b"]"#, "invalid type: a string, expected u64 at line 1 column 19");
        check(r#""s3cret""#, "invalid type: a string, expected a sequence at line 1 column 8");
        check("[1", "EOF while parsing a list at line 1 column 2");
        check("{", "invalid type: map, expected a sequence at line 1 column 0");
    }

    #[test]
    fn secrets_are_taken_out() {
        let secrets = [SecretString::from("s3cret"), SecretString::from("")];
        let check = |message: &str, expected: &str| {
            assert_eq!(without(&secrets.iter().collect::<Vec<_>>(), message.to_owned()), expected);
        };
        check("your secret s3cret, s3cret", "your secret ***, ***");
        check("nothing here", "nothing here");
    }
}
