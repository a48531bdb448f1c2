//! Asking about tokens and ending them: introspection, revocation, user info.

use serde_json::{Map, Value, json};

use super::claims;
use super::client::{Form, authenticate};
use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};

/// `POST /oidc/2/token/introspection`.
pub(in crate::emulator::routes) fn introspect(call: &mut Call<'_>) -> Outcome {
    let form = Form::of(call)?;
    authenticate(call, &form)?;
    let token = form.get("token").ok_or_else(|| Form::missing("token"))?;
    let body = match live_claims(call, token)? {
        Some(claims) => active(&claims),
        None => refresh_body(call, token).unwrap_or_else(|| json!({"active": false})),
    };
    Ok(no_store(Answer::json(200, &body)))
}

fn no_store(answer: Answer) -> Answer {
    answer.with("cache-control", "no-store").with("pragma", "no-cache")
}

/// Source: the validate-token page.
fn active(claims: &Map<String, Value>) -> Value {
    let mut body = Map::new();
    body.insert("active".to_owned(), true.into());
    body.insert("token_type".to_owned(), "access_token".into());
    let client = claims.get("azp").or_else(|| claims.get("aud"));
    let fields = [
        ("sub", claims.get("sub")),
        ("client_id", client),
        ("exp", claims.get("exp")),
        ("iat", claims.get("iat")),
        ("iss", claims.get("iss")),
        ("jti", claims.get("jti")),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            body.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(body)
}

fn refresh_body(call: &Call<'_>, token: &str) -> Option<Value> {
    let grant = call.tokens.refresh_grant(token, call.now)?;
    let client_id = call.state.apps.get(&grant.app).map(|app| app.client_id.clone());
    Some(json!({
        "active": true, "token_type": "refresh_token", "sub": grant.user.to_string(), "client_id": client_id,
        "exp": grant.expires_at / 1000, "iss": call.site.issuer,
    }))
}

/// Returns the claims of an access token that is this provider's and still good.
fn live_claims(call: &mut Call<'_>, token: &str) -> Result<Option<Map<String, Value>>, Refusal> {
    let verified = call.signing_key()?.verified(token);
    let seconds = call.now.div_euclid(1000);
    Ok(verified.filter(|claims| {
        let jti = claims.get("jti").and_then(Value::as_str);
        let lives = claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| exp > seconds);
        lives && jti.is_some_and(|jti| !call.tokens.is_revoked(jti))
    }))
}

/// `POST /oidc/2/token/revocation`.
pub(in crate::emulator::routes) fn revoke(call: &mut Call<'_>) -> Outcome {
    let form = Form::of(call)?;
    authenticate(call, &form)?;
    let token = form.get("token").ok_or_else(|| Form::missing("token"))?;
    call.tokens.revoke_refresh(token);
    let jti = call.signing_key()?.verified(token).and_then(|claims| Some(claims.get("jti")?.as_str()?.to_owned()));
    if let Some(jti) = jti {
        if call.tokens.is_revoked(&jti) {
            // Source: the revoke-token page, for a token that was revoked already.
            let text = "revocation of the presented token type is not supported";
            return Err(Refusal::oauth(400, "unsupported_token_type", text));
        }
        call.tokens.revoke_access(&jti);
    }
    Ok(no_store(Answer::empty(200)))
}

/// `GET /oidc/2/me`.
pub(in crate::emulator::routes) fn user_info(call: &mut Call<'_>) -> Outcome {
    let Some(token) = call.request.bearer().map(str::to_owned) else {
        return Err(Refusal::oauth(400, "invalid_request", "no bearer token provided"));
    };
    let invalid = || Refusal::oauth(401, "invalid_token", "invalid token provided");
    let claims = live_claims(call, &token)?.ok_or_else(invalid)?;
    let user = claims.get("sub").and_then(Value::as_str).and_then(|sub| sub.parse::<u64>().ok());
    let user = user.and_then(|id| Some((id, call.state.users.get(&id)?)));
    let (id, user) = user.ok_or_else(invalid)?;
    let scopes = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let scopes: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
    Ok(no_store(Answer::json(200, &claims::standard(call, id, user, &scopes))))
}
