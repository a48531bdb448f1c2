//! The provider under each setting of its switches.

use serde_json::json;

use super::oidc::{BASIC, TOKEN, parts, stand};
use super::stand::Stand;

async fn ask(stand: &Stand, resource: &str, scope: &str) -> super::stand::Reply {
    let fields = [("grant_type", "client_credentials"), ("resource", resource), ("scope", scope)];
    stand.form(TOKEN, Some(BASIC), &fields).await
}

#[tokio::test]
async fn unknown_and_unbound_resources() {
    let stand = stand().await;
    for resource in ["https://nowhere", "https://u"] {
        let check = async |setting: &str, error: &str| {
            stand.put("/_emulator/switches", json!({"unknown_resource": setting})).await;
            let reply = ask(&stand, resource, "").await;
            assert_eq!((reply.status, &reply.json()["error"]), (400, &json!(error)), "{resource}");
        };
        check("invalid_target", "invalid_target").await;
        check("resource_not_found", "invalid_request").await;
    }
}

#[tokio::test]
async fn scopes_that_were_not_granted() {
    let stand = stand().await;
    let body = ask(&stand, "https://c/api", "contacts:write contacts:read").await.json();
    assert_eq!(body["scope"], "contacts:read");
    let none = ask(&stand, "https://c/api", "contacts:write").await.json();
    let (_, claims) = parts(none["access_token"].as_str().unwrap());
    assert_eq!((none.get("scope"), claims.get("scope")), (None, None));
    stand.put("/_emulator/switches", json!({"ungranted_scope": "invalid_scope"})).await;
    let refused = ask(&stand, "https://c/api", "contacts:write contacts:read").await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_scope")));
}

#[tokio::test]
async fn a_changed_binding_is_honoured_after_its_delay() {
    let stand = stand().await;
    let state = stand.get("/api/2/api_authorizations/40/scopes").await.json();
    let write =
        state.as_array().unwrap().iter().find(|scope| scope["value"] == "contacts:write").unwrap()["id"].clone();
    let given = async || ask(&stand, "https://c/api", "contacts:write").await.json().get("scope").cloned();
    stand.put("/_emulator/switches", json!({"binding_delay_seconds": 60})).await;
    stand.put("/api/2/api_authorizations/40/clients/30", json!({"scopes": [write]})).await;
    assert_eq!(given().await, None);
    stand.post("/_emulator/clock", json!({"seconds": 61})).await;
    assert_eq!(given().await, Some(json!("contacts:write")));
}

#[tokio::test]
async fn resources_that_are_no_uris() {
    let stand = stand().await;
    let check = async |resource: &str, description: &str| {
        ask(&stand, resource, "").await.refuses_oauth(400, "invalid_target", description);
    };
    check("contacts", "resource must be an absolute URI").await;
    check("https://c/api#x", "resource must not contain a fragment component").await;
}
