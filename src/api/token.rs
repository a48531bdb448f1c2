//! The admin token: one for all concurrent callers, used as long as it lives.

use super::wire::token::{TokenBody, TokenFields};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

/// How long before its end a token is no longer used: longer than a request may wait in line.
const MARGIN: SignedDuration = SignedDuration::from_secs(120);

/// A token and what came with it.
#[derive(Debug)]
pub(super) struct Token {
    /// The bearer token.
    pub(super) secret: SecretString,
    /// The account it belongs to.
    pub(super) account_id: Option<u64>,
    /// When to get another; `None`: when it is refused.
    renew_at: Option<Timestamp>,
}

impl Token {
    /// Reads the answer of the token endpoint, flat (v2) or wrapped (v1); `None` where it is neither.
    pub(super) fn from_answer(body: &[u8], now: Timestamp) -> Option<Self> {
        let TokenFields { access_token, created_at, expires_in, account_id } = TokenBody::parse(body)?;
        let created_at = created_at.as_deref().and_then(|text| text.parse().ok()).unwrap_or(now);
        Some(Self { secret: access_token.into(), account_id, renew_at: renewal(created_at, expires_in, now) })
    }

    /// Says whether the token can be used.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.renew_at.is_none_or(|renew_at| now < renew_at)
    }
}

/// Returns when a token that has just been received has to be replaced.
///
/// OneLogin hands out the same live token again, so its age counts from `created_at`. A token that is new and seems old
/// already means that the clocks disagree, or that it is about to end: it is used until it is refused, since asking again
/// would give the same one.
fn renewal(created_at: Timestamp, expires_in: Option<i64>, now: Timestamp) -> Option<Timestamp> {
    let life = SignedDuration::from_secs(expires_in?);
    let renew_at = created_at.checked_add(life).ok()?.checked_sub(MARGIN).ok()?;
    (renew_at > now).then_some(renew_at)
}

#[cfg(test)]
mod tests {
    use super::Token;
    use jiff::Timestamp;
    use secrecy::ExposeSecret;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn flat_and_wrapped_answers_are_read() {
        let check = |body: &str, expected: Option<(&str, Option<u64>)>| {
            let token = Token::from_answer(body.as_bytes(), at("2026-01-01T00:00:00Z"));
            let read = token.as_ref().map(|token| (token.secret.expose_secret(), token.account_id));
            assert_eq!(read, expected, "{body}");
        };
        check(
            r#"{"access_token":"aa","created_at":"2015-11-11T03:36:18.714Z","expires_in":36000,"refresh_token":"b","token_type":"bearer","account_id":555555}"#,
            Some(("aa", Some(555_555))),
        );
        check(
            r#"{"status":{"error":false,"code":200,"type":"success","message":"Success"},"data":[{"access_token":"aa","expires_in":36000,"account_id":7}]}"#,
            Some(("aa", Some(7))),
        );
        check(r#"{"access_token":"aa"}"#, Some(("aa", None)));
        check(r#"{"access_token":""}"#, None);
        check(r#"{"data":[]}"#, None);
        check(r#"{"status":{"error":true}}"#, None);
        check("<html>", None);
    }

    #[test]
    fn a_token_does_not_print_itself() {
        let token = Token::from_answer(br#"{"access_token":"a-canary-that-sings"}"#, Timestamp::UNIX_EPOCH).unwrap();
        let printed = format!("{token:?}");
        assert!(printed.contains("REDACTED") && !printed.contains("sings"), "{printed}");
    }

    #[test]
    fn a_token_lives_from_its_creation() {
        let check = |created: &str, now: &str, later: &str, expected: bool| {
            let body = format!(r#"{{"access_token":"a","created_at":"{created}","expires_in":36000}}"#);
            let token = Token::from_answer(body.as_bytes(), at(now)).unwrap();
            assert_eq!(token.is_fresh(at(later)), expected, "{created} {now} {later}");
        };
        let created = "2026-01-01T00:00:00.000Z";
        check(created, "2026-01-01T00:00:00Z", "2026-01-01T09:57:00Z", true);
        check(created, "2026-01-01T00:00:00Z", "2026-01-01T09:59:00Z", false);
        check(created, "2026-01-01T08:00:00Z", "2026-01-01T09:59:00Z", false);
        // Received within the margin, or by a clock that is ahead: used until refused.
        check(created, "2026-01-01T09:59:00Z", "2026-01-01T09:59:30Z", true);
        check(created, "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", true);
    }
}
