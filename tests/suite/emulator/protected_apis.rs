//! The walk-through's last part: a protected API answers the right token and refuses others, by the file on disk.

use std::fs;

use gatewright::emulator::{FileFormat, GatewayFile, Options};
use serde_json::{Value, json};

use super::oidc::{self, BASIC, ISSUER, TOKEN};
use super::stand::{Reply, Stand, send};

fn policy(audience: &str) -> Value {
    json!({
        "jwtOrigin": "httpBearerAuthenticationHeader", "signingMethod": "rsa", "signingKeyLength": 256,
        "jwtKeyOrigin": "jwks", "jwksUrl": format!("{ISSUER}/certs"), "jwksServiceTimeToLive": 60,
        "jwksServiceConnectionTimeout": 10000, "skipClientIdValidation": true, "validateAudClaim": true,
        "mandatoryAudClaim": true, "supportedAudiences": audience, "mandatoryExpClaim": true,
        "mandatoryNbfClaim": false, "validateCustomClaim": true,
        "mandatoryCustomClaims": [
            {"key": "iss", "value": ISSUER},
            {"key": "scope", "value": "#[(vars.claimSet.scope splitBy ' ') contains 'contacts:read']"},
        ],
        "nonMandatoryCustomClaims": [],
    })
}

async fn call(stand: &Stand, token: Option<&str>) -> Reply {
    let mut request = stand.http.get(stand.url("/gateway/contacts/contacts?page=1"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    send(request).await
}

async fn machine_token(stand: &Stand, scope: &str) -> String {
    let fields = [("grant_type", "client_credentials"), ("resource", "https://c/api"), ("scope", scope)];
    let body = stand.form(TOKEN, Some(BASIC), &fields).await.json();
    body["access_token"].as_str().unwrap().to_owned()
}

async fn forged(stand: &Stand, body: Value) -> String {
    stand.post("/_emulator/token", body).await.json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_right_token_is_let_in_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.json");
    fs::write(&path, policy("https://c").to_string()).unwrap();
    let file = GatewayFile {
        key: "contacts".to_owned(),
        path: path.clone(),
        format: FileFormat::MuleConfiguration,
        contracts: None,
    };
    let options = Options {
        seed: Some(oidc::seed()),
        issuer: Some(ISSUER.to_owned()),
        gateways: vec![file],
        ..Options::in_memory()
    };
    let stand = Stand::with(options).await;
    let right = machine_token(&stand, "contacts:read").await;
    assert_eq!(call(&stand, Some(&right)).await.status, 200);
    assert_eq!(call(&stand, None).await.status, 400);
    let without_scope = machine_token(&stand, "").await;
    assert_eq!(call(&stand, Some(&without_scope)).await.status, 401);

    let (_, claims) = oidc::parts(&right);
    let check = async |key: &str, change: (&str, Value), status: u16| {
        let mut claims = claims.clone();
        claims[change.0] = change.1;
        let token = forged(&stand, json!({"key": key, "claims": claims})).await;
        assert_eq!(call(&stand, Some(&token)).await.status, status, "{key} {claims}");
    };
    check("own", ("jti", json!("other")), 200).await;
    check("own", ("aud", json!(["https://elsewhere"])), 401).await;
    check("own", ("iss", json!("https://other.onelogin.com/oidc/2")), 401).await;
    check("own", ("exp", json!(1)), 401).await;
    check("foreign", ("jti", json!("other")), 401).await;
    check("none", ("jti", json!("other")), 401).await;

    fs::write(&path, policy("https://elsewhere").to_string()).unwrap();
    assert_eq!(call(&stand, Some(&right)).await.status, 401, "the file is enforced as it lies on disk");
    stand.post("/_emulator/clock", json!({"seconds": 3600})).await;
    fs::write(&path, policy("https://c").to_string()).unwrap();
    assert_eq!(call(&stand, Some(&right)).await.status, 401, "expired");
    stand.emulator.set_gateways(Vec::new());
    assert_eq!(call(&stand, Some(&right)).await.status, 404);
    let counters = stand.get("/_emulator/counters").await.json();
    assert_eq!(counters["by_route"]["GET /gateway/:key"], 12);
}
