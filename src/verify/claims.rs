//! Holds an opened token against the file.

use super::check::{Check, CheckKind, Outcome};
use super::subject::Subject;
use super::token::{Opened, check_signature};
use crate::api::Jwk;
use crate::model::{ClaimName, ScopeValue};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Checks a token's signature, issuer, audience, scopes, claims and lifetime.
pub(super) fn inspect(
    subject: &Subject<'_>,
    token: &Opened,
    issuer: &str,
    keys: &[Jwk],
    asked: &[ScopeValue],
) -> Vec<Check> {
    let mut checks =
        vec![signature(token, keys), issued_by(token, issuer), audience(subject, token), scopes(token, asked)];
    let declared = subject.server.and_then(|server| server.claims.as_ref());
    let declared = declared.iter().flat_map(|claims| claims.value.keys());
    let names: BTreeSet<&ClaimName> = declared.chain(subject.policy.require_claims.keys()).collect();
    checks.extend(names.into_iter().map(|name| claim(subject, token, name)));
    checks.extend(lifetime(subject, token));
    checks
}

fn signature(token: &Opened, keys: &[Jwk]) -> Check {
    let (seen, passed) = match check_signature(&token.token, keys) {
        Ok(seen) => (seen, true),
        Err(seen) => (seen, false),
    };
    Check::seen(CheckKind::Signature, "RS256 by a key of the tenant", seen, passed)
}

fn issued_by(token: &Opened, issuer: &str) -> Check {
    let seen = token.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    Check::seen(CheckKind::Issuer, issuer, seen, seen == issuer)
}

/// A token carries the server's audiences in full; of a server that is not ours, those the policy accepts have to be in it.
fn audience(subject: &Subject<'_>, token: &Opened) -> Check {
    let seen: BTreeSet<&str> = match token.claims.get("aud") {
        Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    };
    let accepted = subject.accepted_audiences();
    let (expected, passed) = match (&subject.audiences, subject.server) {
        (Some(declared), Some(_)) => (declared.clone(), seen == *declared && !seen.is_disjoint(&accepted)),
        _ => (accepted.clone(), !seen.is_disjoint(&accepted)),
    };
    Check::seen(CheckKind::Audience, joined(&expected), joined(&seen), passed)
}

fn scopes(token: &Opened, asked: &[ScopeValue]) -> Check {
    let seen = token.scopes();
    let passed = asked.iter().all(|scope| seen.contains(&scope.as_str()));
    Check::seen(
        CheckKind::Scopes,
        asked.iter().map(ScopeValue::as_str).collect::<Vec<_>>().join(" "),
        seen.join(" "),
        passed,
    )
}

fn claim(subject: &Subject<'_>, token: &Opened, name: &ClaimName) -> Check {
    let kind = CheckKind::Claim(name.clone());
    let wanted = subject.policy.require_claims.get(name).map(|values| &values.value);
    let expected = wanted.map_or_else(|| "present".to_owned(), |values| values.join(" or "));
    if subject.probe.user.is_none() && subject.is_user_claim(name) {
        let reason = "a machine token carries no user".to_owned();
        return Check::without(kind, expected, Outcome::NotCheckable(reason));
    }
    let value = token.claims.get(name.as_str());
    let passed = match (wanted, value) {
        (Some(wanted), Some(Value::String(value))) => wanted.contains(value),
        (None, Some(_)) => true,
        (Some(_), Some(_)) | (_, None) => false,
    };
    let seen = match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "absent".to_owned(),
    };
    Check::seen(kind, expected, seen, passed)
}

/// Checks the lifetime, where the file says one.
fn lifetime(subject: &Subject<'_>, token: &Opened) -> Option<Check> {
    let minutes = subject.server?.access_token_expiration_minutes.as_ref()?.value;
    let seconds = lifetime_seconds(&token.claims);
    let seen = seconds.map_or_else(|| "no `exp` or no `iat`".to_owned(), |seconds| format!("{seconds} s"));
    let wanted = i64::from(minutes) * 60;
    Some(Check::seen(CheckKind::Lifetime, format!("{wanted} s"), seen, seconds == Some(wanted)))
}

/// Returns what lies between `iat` and `exp`, as far as they are numbers that can be told apart.
fn lifetime_seconds(claims: &Map<String, Value>) -> Option<i64> {
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (end, start) = number("exp").zip(number("iat"))?;
    end.checked_sub(start)
}

fn joined(texts: &BTreeSet<&str>) -> String {
    texts.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::lifetime_seconds;
    use serde_json::{Value, json};

    #[test]
    fn lifetimes_are_numbers_that_exist() {
        let check = |exp: Value, iat: Value, expected: Option<i64>| {
            let claims = json!({ "exp": exp, "iat": iat });
            assert_eq!(lifetime_seconds(claims.as_object().unwrap()), expected, "{claims}");
        };
        check(json!(700), json!(100), Some(600));
        check(json!(100), json!(700), Some(-600));
        check(json!(i64::MAX), json!(-1), None);
        check(json!(i64::MIN), json!(1), None);
        check(json!(u64::MAX), json!(0), None);
        check(json!(1e300), json!(0), None);
        check(json!("700"), json!(100), None);
        check(json!([700]), json!(100), None);
    }
}
