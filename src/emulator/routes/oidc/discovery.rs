//! Discovery document and key set.

use serde_json::json;

use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::Outcome;

/// `GET /oidc/2/.well-known/openid-configuration`. Source: reference section 7.1, a capture of 2022.
pub(in crate::emulator::routes) fn discovery(call: &mut Call<'_>) -> Outcome {
    let issuer = &call.site.issuer;
    let client_methods = ["client_secret_basic", "client_secret_post", "none"];
    let signing = ["HS256", "RS256", "PS256"];
    let body = json!({
        "acr_values_supported": ["onelogin:nist:level:1:re-auth"],
        "authorization_endpoint": format!("{issuer}/auth"),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": true,
        "claims_supported": [
            "sub", "email", "preferred_username", "name", "updated_at", "given_name", "family_name", "locale",
            "groups", "email_verified", "params", "phone_number", "acr", "sid", "auth_time", "iss",
        ],
        "code_challenge_methods_supported": ["S256"],
        "end_session_endpoint": format!("{issuer}/logout"),
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "client_credentials", "password"],
        "id_token_signing_alg_values_supported": signing,
        "introspection_endpoint": format!("{issuer}/token/introspection"),
        "introspection_endpoint_auth_methods_supported": client_methods,
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/certs"),
        "registration_endpoint": format!("{issuer}/register"),
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "response_modes_supported": ["form_post", "fragment", "query"],
        "response_types_supported": ["code", "id_token token", "id_token"],
        "revocation_endpoint": format!("{issuer}/token/revocation"),
        "revocation_endpoint_auth_methods_supported": client_methods,
        "scopes_supported": ["openid", "name", "profile", "groups", "email", "params", "phone"],
        "subject_types_supported": ["public"],
        "token_endpoint": format!("{issuer}/token"),
        "token_endpoint_auth_methods_supported": client_methods,
        "userinfo_endpoint": format!("{issuer}/me"),
        "userinfo_signing_alg_values_supported": signing,
    });
    Ok(Answer::json(200, &body).with("cache-control", "private"))
}

/// `GET /oidc/2/certs`.
pub(in crate::emulator::routes) fn certs(call: &mut Call<'_>) -> Outcome {
    let jwk = call.signing_key()?.jwk();
    Ok(Answer::json(200, &json!({ "keys": [jwk] })))
}
