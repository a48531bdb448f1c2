//! Admin tokens and the quota: `/auth/oauth2/token`, `/auth/oauth2/v2/token`, `/auth/oauth2/revoke`,
//! `/auth/rate_limit`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::request::basic;
use crate::emulator::state::{Level, sha256_hex};
use crate::emulator::tokens::{ADMIN_LIFETIME_SECONDS, AdminToken};

const WRONG_CONTENT_TYPE: Refusal = bad_request(
    "Content Type is not specified or specified incorrectly. Content-Type header must be set to application/json",
);
const CREDENTIAL_MISSING: Refusal = bad_request("The authorization information is missing");
const CREDENTIAL_MALFORMED: Refusal = bad_request("Authorization Information is incorrect");
const WRONG_PAIR: Refusal = Refusal::V1 { code: 401, kind: "Unauthorized", message: "Authentication Failure" };

const fn bad_request(message: &'static str) -> Refusal {
    Refusal::V1 { code: 400, kind: "bad request", message }
}

/// `POST /auth/oauth2/v2/token`: a flat answer.
pub(super) fn generate_v2(call: &mut Call<'_>) -> Outcome {
    let body = token_body(call)?;
    Ok(Answer::json(200, &body))
}

/// `POST /auth/oauth2/token`: the same in the v1 envelope.
pub(super) fn generate_v1(call: &mut Call<'_>) -> Outcome {
    let body = token_body(call)?;
    Ok(Answer::v1(Some(json!([body]))))
}

fn token_body(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let parameters = parameters(call)?;
    let grant = parameters.get("grant_type").and_then(Value::as_str);
    if grant != Some("client_credentials") {
        // Source: the error sample of the generate-tokens page.
        return Err(bad_request("grant_type is incorrect/absent"));
    }
    let (client_id, _) = checked_pair(call, &parameters)?;
    let token = match call.tokens.live(&client_id, call.now) {
        Some(live) => live.clone(),
        None => {
            let (access, refresh) = (call.new_hex::<32>()?, call.new_hex::<32>()?);
            let token = AdminToken { access, refresh, created_at: call.now };
            call.tokens.set(&client_id, token.clone());
            token
        }
    };
    let created_at = Timestamp::from_millisecond(token.created_at).map(|at| format!("{at:.3}")).unwrap_or_default();
    Ok(json!({
        "access_token": token.access, "created_at": created_at, "expires_in": ADMIN_LIFETIME_SECONDS,
        "refresh_token": token.refresh, "token_type": "bearer", "account_id": call.state.account_id,
    }))
}

/// Reads the body, JSON or form. Source: both are documented for the v2 path; the v1 path takes them alike.
fn parameters(call: &Call<'_>) -> Result<Value, Refusal> {
    let request = call.request;
    if request.has_content_type("application/json") {
        let parsed = serde_json::from_slice(&request.body);
        return Ok(parsed.unwrap_or(Value::Null));
    }
    if request.has_content_type("application/x-www-form-urlencoded") {
        let pairs = request.form().into_iter().map(|(key, value)| (key, Value::String(value)));
        return Ok(Value::Object(pairs.collect()));
    }
    Err(WRONG_CONTENT_TYPE)
}

/// Returns the credential pair presented and its level.
///
/// Source: reference section 1.2: a header of OneLogin's own, Basic, form fields or JSON fields.
fn checked_pair(call: &Call<'_>, parameters: &Value) -> Result<(String, Level), Refusal> {
    let (client_id, secret) = match call.request.header("authorization") {
        Some(header) => header_pair(header).ok_or(CREDENTIAL_MALFORMED)?,
        None => {
            let field = |name: &str| parameters.get(name).and_then(Value::as_str).map(str::to_owned);
            field("client_id").zip(field("client_secret")).ok_or(CREDENTIAL_MISSING)?
        }
    };
    match call.state.credentials.get(&client_id) {
        Some(row) if row.secret_sha256 == sha256_hex(&secret) => Ok((client_id, row.level)),
        _ => Err(WRONG_PAIR),
    }
}

fn header_pair(header: &str) -> Option<(String, String)> {
    if let Some(pair) = basic(header) {
        return Some(pair);
    }
    let (first, second) = header.split_once(',')?;
    let client_id = first.trim().strip_prefix("client_id")?.trim_start().strip_prefix(':')?.trim();
    let secret = second.trim().strip_prefix("client_secret")?.trim_start().strip_prefix(':')?.trim();
    Some((client_id.to_owned(), secret.to_owned()))
}

/// `POST /auth/oauth2/revoke`.
pub(super) fn revoke(call: &mut Call<'_>) -> Outcome {
    let parameters = parameters(call)?;
    let (client_id, _) = checked_pair(call, &parameters)?;
    let Some(access) = parameters.get("access_token").and_then(Value::as_str) else {
        return Err(bad_request("Access Token Missing"));
    };
    // The token must be of the pair that presents it.
    match call.tokens.revoke_admin(&client_id, access) {
        true => Ok(Answer::v1(None)),
        false => Err(WRONG_PAIR),
    }
}

/// `GET /auth/rate_limit`.
pub(super) fn rate_limit(call: &mut Call<'_>) -> Outcome {
    let credential = call.request.bearer().and_then(|token| call.tokens.credential_of(token, call.now));
    let level = credential.and_then(|client_id| call.state.credentials.get(client_id)).map(|row| row.level);
    match level {
        None => return Err(WRONG_PAIR),
        // Source: the page lists every level but Authentication Only.
        Some(Level::AuthenticationOnly) => return Err(WRONG_PAIR),
        Some(_) => {}
    }
    if call.switches.rate_limit_call_counts {
        call.quota.take(call.now);
    }
    let left = call.quota.left(call.now, call.clock);
    Ok(Answer::v1(Some(json!({
        "X-RateLimit-Limit": left.limit, "X-RateLimit-Remaining": left.remaining, "X-RateLimit-Reset": left.reset,
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_forms() {
        let check = |header: &str, expected: Option<(&str, &str)>| {
            let found = header_pair(header);
            let found = found.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str()));
            assert_eq!(found, expected, "{header}");
        };
        check("client_id:a, client_secret:b", Some(("a", "b")));
        check("client_id: a,client_secret: b", Some(("a", "b")));
        check("Basic YTpiOmM=", Some(("a", "b:c")));
        check("basic YTpi", Some(("a", "b")));
        check("Basic !!!", None);
        check("client_id:a", None);
        check("Bearer x", None);
    }
}
