//! The emulator against the vendor's documented bodies, in `tests/fixtures/wire/`.
//!
//! A fixture says where its body was found. With `"match": "exact"` the emulator must answer just that; with
//! `"shape"` every documented key must be there with a value of the documented type.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::oidc;
use super::stand::{Reply, Stand, send};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    source: String,
    #[serde(rename = "match")]
    kind: Kind,
    status: u16,
    body: Value,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Exact,
    Shape,
}

fn fixtures() -> BTreeMap<String, Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wire");
    let read = |path: &Path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let fixture: Fixture = serde_json::from_str(&fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (name, fixture)
    };
    fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

/// Checks that every documented key is there, with a value of the documented type.
#[track_caller]
fn fits(name: &str, path: &str, documented: &Value, answered: &Value) {
    match (documented, answered) {
        (Value::Object(documented), Value::Object(answered)) => {
            for (key, value) in documented {
                let found = answered.get(key).unwrap_or_else(|| panic!("{name}: {path}/{key} is missing"));
                fits(name, &format!("{path}/{key}"), value, found);
            }
        }
        (Value::Array(documented), Value::Array(answered)) => {
            for value in documented {
                let found = answered.first().unwrap_or_else(|| panic!("{name}: {path} is empty"));
                fits(name, &format!("{path}/0"), value, found);
            }
        }
        // What is null in a sample may hold something, and the other way round.
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => {}
        (Value::Number(_), Value::Number(_)) => {}
        _ => panic!("{name}: {path} is {answered}, documented as {documented}"),
    }
}

async fn answer(stand: &Stand, name: &str) -> Reply {
    let server = "/api/2/api_authorizations/40";
    let token = |path: &str| stand.http.post(stand.url(path)).basic_auth("emulator", Some("emulator-secret"));
    let grant = json!({"grant_type": "client_credentials"});
    match name {
        "token_v2" => send(token("/auth/oauth2/v2/token").json(&grant)).await,
        "token_v1" => send(token("/auth/oauth2/token").json(&grant)).await,
        "token_wrong_grant" => send(token("/auth/oauth2/v2/token").json(&json!({"grant_type": "x"}))).await,
        "token_no_route" => send(stand.http.get(stand.url("/auth/oauth2/v2/token"))).await,
        "rate_limit" => stand.get("/auth/rate_limit").await,
        "revoke_without_token" => send(token("/auth/oauth2/revoke").json(&json!({}))).await,
        "server" => stand.get(server).await,
        "server_list" => stand.get("/api/2/api_authorizations?name=Contacts").await,
        "server_blank" => stand.post("/api/2/api_authorizations", json!({"name": "n"})).await,
        "missing_name" => stand.post("/api/2/api_authorizations", json!({})).await,
        "unauthorized" => send(stand.http.get(stand.url("/api/2/api_authorizations"))).await,
        "not_found" => stand.get("/api/2/api_authorizations/1").await,
        "scope_list" => stand.get(&format!("{server}/scopes")).await,
        "scope_taken" => stand.post(&format!("{server}/scopes"), json!({"value": "contacts:read"})).await,
        "claim_list" => stand.get(&format!("{server}/claims")).await,
        "claim_taken" => stand.post(&format!("{server}/claims"), json!({"name": "mail"})).await,
        "client_list" => stand.get(&format!("{server}/clients")).await,
        "client_written" => stand.put(&format!("{server}/clients/30"), json!({"scopes": []})).await,
        "client_foreign_scope" => stand.put(&format!("{server}/clients/30"), json!({"scopes": [51]})).await,
        "app_created" => stand.post("/api/2/apps", super::stand::app_body("New")).await,
        "app" => stand.get("/api/2/apps/31").await,
        "app_list" => stand.get("/api/2/apps").await,
        "app_unknown_key" => {
            let body = json!({"name": "n", "connector_id": 108_419, "configuration": {"foo": null}});
            stand.post("/api/2/apps", body).await
        }
        "app_users" => stand.get("/api/2/apps/31/users").await,
        "connector_list" => stand.get("/api/2/connectors?auth_method=8").await,
        "paging_both" => stand.get("/api/2/apps?cursor=eA==&limit=1").await,
        "paging_bogus" => stand.get("/api/2/apps?cursor=bogus").await,
        "role_list" => stand.get("/api/2/roles").await,
        "role_users" => stand.get("/api/2/roles/20/users").await,
        "role_not_array" => stand.post("/api/2/roles/20/users", json!({})).await,
        "user_apps" => stand.get("/api/2/users/9/apps?ignore_visibility=true").await,
        "discovery" => stand.get("/oidc/2/.well-known/openid-configuration").await,
        "certs" => stand.get("/oidc/2/certs").await,
        "oidc_unknown_client" => {
            stand.form(oidc::TOKEN, Some(("x", "y")), &[("grant_type", "client_credentials")]).await
        }
        "oidc_no_token" => stand.form("/oidc/2/token/introspection", Some(oidc::BASIC), &[("a", "b")]).await,
        other => panic!("no request for the fixture {other}"),
    }
}

#[tokio::test]
async fn documented_bodies() {
    let stand = oidc::stand().await;
    let fixtures = fixtures();
    assert!(fixtures.len() > 30, "the fixtures were found");
    for (name, fixture) in fixtures {
        assert!(!fixture.source.is_empty(), "{name} names no source");
        let reply = answer(&stand, &name).await;
        assert_eq!(reply.status, fixture.status, "{name}: {}", reply.text);
        match fixture.kind {
            Kind::Exact => assert_eq!(reply.json(), fixture.body, "{name}"),
            Kind::Shape => fits(&name, "", &fixture.body, &reply.json()),
        }
    }
}
