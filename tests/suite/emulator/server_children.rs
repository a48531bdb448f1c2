//! Scopes, claims and clients of a server.

use serde_json::{Value, json};

use super::stand::Stand;

const NOT_FOUND: &str = "The resource with the given id could not be found";

/// A stand with one server; returns the path of it.
async fn with_server(switches: Value) -> (Stand, String) {
    let stand = Stand::switched(switches).await;
    let id = stand.server("Contacts", "https://c").await;
    (stand, format!("/api/2/api_authorizations/{id}"))
}

#[tokio::test]
async fn a_scope_from_birth_to_death() {
    for (setting, status) in [(200, 200), (201, 201)] {
        let (stand, server) = with_server(json!({"scope_claim_post_status": setting})).await;
        let scopes = format!("{server}/scopes");
        let id =
            stand.post(&scopes, json!({"value": "custom:scope", "description": "A custom scope"})).await.made(status);
        let row = json!({"id": id, "value": "custom:scope", "description": "A custom scope", "inherited": false});
        stand.get(&scopes).await.is(200, json!([row]));
        let changed = json!({"value": "renamed:scope", "description": "x"});
        assert_eq!(stand.put(&format!("{scopes}/{id}"), changed).await.made(200), id);
        assert_eq!(stand.get(&scopes).await.json()[0]["value"], "renamed:scope");
        assert_eq!(stand.delete(&format!("{scopes}/{id}")).await.status, 204);
        stand.delete(&format!("{scopes}/{id}")).await.refuses(404, "NotFoundError", NOT_FOUND);
        stand.get(&scopes).await.is(200, json!([]));
    }
}

#[tokio::test]
async fn scopes_that_do_not_fit_are_refused() {
    let (stand, server) = with_server(json!({})).await;
    let scopes = format!("{server}/scopes");
    let taken = "Validation failed: Value has already been taken";
    let first = stand.post(&scopes, json!({"value": "a"})).await.made(200);
    let second = stand.post(&scopes, json!({"value": "b", "label": "ignored"})).await.made(200);
    assert_ne!(first, second);
    stand.post(&scopes, json!({"value": "a"})).await.refuses(422, "UnprocessableEntityError", taken);
    let renamed = stand.put(&format!("{scopes}/{second}"), json!({"value": "a", "description": ""})).await;
    renamed.refuses(422, "UnprocessableEntityError", taken);
    assert_eq!(stand.post(&scopes, json!({"description": "x"})).await.json()["field"], "value");
    assert_eq!(stand.post(&scopes, json!({"value": "two words"})).await.status, 422);
    stand.put("/_emulator/switches", json!({"scope_whitespace": 400})).await;
    assert_eq!(stand.post(&scopes, json!({"value": "two words"})).await.status, 400);
    let nowhere = stand.post("/api/2/api_authorizations/1/scopes", json!({"value": "a"})).await;
    nowhere.refuses(404, "NotFoundError", NOT_FOUND);
}

#[tokio::test]
async fn a_claim_keeps_what_it_may_and_ignores_the_rest() {
    let (stand, server) = with_server(json!({})).await;
    let claims = format!("{server}/claims");
    let body = json!({
        "name": "sn", "user_attribute_mappings": "lastname", "skip_if_blank": true, "values": ["x"],
        "default_values": "x", "provisioned_entitlements": true, "attribute_transformations": "wrong key",
    });
    let id = stand.post(&claims, body).await.made(200);
    let row = json!({
        "id": id, "label": "sn", "name": "sn", "user_attribute_mappings": "lastname", "user_attribute_macros": null,
        "attributes_transformations": null, "skip_if_blank": false, "values": null, "default_values": null,
        "provisioned_entitlements": false, "safe_entitlements_enabled": false, "inherited": false,
    });
    stand.get(&claims).await.is(200, json!([row]));
    let taken = "Validation failed: Name has already been taken";
    stand.post(&claims, json!({"name": "sn"})).await.refuses(422, "UnprocessableEntityError", taken);
    let changed = json!({
        "name": "groups", "user_attribute_mappings": "roles", "attributes_transformations": "semicolon_separated_list",
    });
    assert_eq!(stand.put(&format!("{claims}/{id}"), changed).await.made(200), id);
    let read = stand.get(&claims).await.json();
    assert_eq!(read[0]["name"], "groups");
    assert_eq!(read[0]["label"], "groups");
    assert_eq!(read[0]["attributes_transformations"], "semicolon_separated_list");
    assert_eq!(stand.put(&format!("{claims}/{id}"), json!({})).await.json()["field"], "name");
    assert_eq!(stand.delete(&format!("{claims}/{id}")).await.status, 204);
    stand.get(&claims).await.is(200, json!([]));
}

#[tokio::test]
async fn what_is_inherited_can_be_granted_but_not_written() {
    let seed = json!({
        "apps": [{"id": 70, "name": "App"}],
        "authorization_servers": [{
            "id": 50, "name": "S", "configuration": {"resource_identifier": "https://s", "audiences": ["https://s"]},
            "scopes": [{"id": 51, "value": "from:above", "inherited": true}],
            "claims": [{"id": 52, "name": "from_above", "inherited": true}],
        }],
    });
    let stand = Stand::seeded(seed).await;
    let server = "/api/2/api_authorizations/50";
    assert_eq!(stand.get(&format!("{server}/scopes")).await.json()[0]["inherited"], true);
    for path in ["scopes/51", "claims/52"] {
        let path = format!("{server}/{path}");
        assert_eq!(stand.delete(&path).await.json()["message"], "Not allowed to destroy specified resource");
        assert_eq!(stand.put(&path, json!({"value": "x", "name": "x"})).await.status, 403);
    }
    assert_eq!(stand.post(&format!("{server}/clients"), json!({"app_id": 70, "scopes": [51]})).await.status, 201);
}

#[tokio::test]
async fn a_client_takes_scope_ids_and_shows_scope_objects() {
    let (stand, server) = with_server(json!({})).await;
    let id: u64 = server.rsplit_once('/').unwrap().1.parse().unwrap();
    let clients = format!("{server}/clients");
    let scope =
        stand.post(&format!("{server}/scopes"), json!({"value": "read", "description": "Read"})).await.made(200);
    let app = stand.app("My OIDC app").await["id"].as_u64().unwrap();
    let written = json!({"app_id": app, "api_auth_id": id});
    stand.post(&clients, json!({"app_id": app, "scopes": [scope]})).await.is(201, written.clone());
    let row = json!({
        "app_id": app, "api_auth_id": id, "name": "My OIDC app",
        "scopes": [{"id": scope, "value": "read", "description": "Read"}],
    });
    stand.get(&clients).await.is(200, json!([row]));
    stand.put(&format!("{clients}/{app}"), json!({"scopes": []})).await.is(200, written);
    assert_eq!(stand.get(&clients).await.json()[0]["scopes"], json!([]));
    assert_eq!(stand.delete(&format!("{clients}/{app}")).await.status, 204);
    stand.delete(&format!("{clients}/{app}")).await.refuses(404, "NotFoundError", NOT_FOUND);
    stand.put(&format!("{clients}/{app}"), json!({"scopes": []})).await.refuses(404, "NotFoundError", NOT_FOUND);
}

#[tokio::test]
async fn clients_that_do_not_fit_are_refused() {
    let (stand, server) = with_server(json!({})).await;
    let clients = format!("{server}/clients");
    let other = stand.server("Other", "https://o").await;
    let foreign =
        stand.post(&format!("/api/2/api_authorizations/{other}/scopes"), json!({"value": "a"})).await.made(200);
    let app = stand.app("App").await["id"].as_u64().unwrap();
    let missing = |field: &str| {
        json!({
            "field": field, "message": "Missing required field", "statusCode": 400, "name": "BadRequestError",
        })
    };
    stand.post(&clients, json!({"scopes": []})).await.is(400, missing("app_id"));
    stand.post(&clients, json!({"app_id": app})).await.is(400, missing("scopes"));
    stand.post(&clients, json!({"app_id": 1, "scopes": []})).await.refuses(404, "NotFoundError", NOT_FOUND);
    let text = format!("Validation failed: Scopes {foreign} does not belong to the specified ApiAuthorizationApp");
    let reply = stand.post(&clients, json!({"app_id": app, "scopes": [foreign]})).await;
    reply.refuses(422, "UnprocessableEntityError", &text);
    stand.get(&clients).await.is(200, json!([]));
}

#[tokio::test]
async fn open_questions_about_clients_follow_their_switches() {
    for (setting, status) in [("422", 422), ("upsert", 201)] {
        let (stand, server) = with_server(json!({"double_bind": setting})).await;
        let app = stand.app("App").await["id"].as_u64().unwrap();
        let body = json!({"app_id": app, "scopes": []});
        assert_eq!(stand.post(&format!("{server}/clients"), body.clone()).await.status, 201);
        assert_eq!(stand.post(&format!("{server}/clients"), body).await.status, status, "{setting}");
    }
    for (setting, status) in [("allow", 201), ("422", 422)] {
        let (stand, server) = with_server(json!({"empty_client_scopes": setting})).await;
        let app = stand.app("App").await["id"].as_u64().unwrap();
        let reply = stand.post(&format!("{server}/clients"), json!({"app_id": app, "scopes": []})).await;
        assert_eq!(reply.status, status, "{setting}");
    }
    for (setting, status, left) in [("cascade", 204, 0), ("422", 422, 1)] {
        let (stand, server) = with_server(json!({"scope_in_use": setting})).await;
        let app = stand.app("App").await["id"].as_u64().unwrap();
        let scope = stand.post(&format!("{server}/scopes"), json!({"value": "a"})).await.made(200);
        stand.post(&format!("{server}/clients"), json!({"app_id": app, "scopes": [scope]})).await;
        assert_eq!(stand.delete(&format!("{server}/scopes/{scope}")).await.status, status, "{setting}");
        let held = stand.get(&format!("{server}/clients")).await.json();
        assert_eq!(held[0]["scopes"].as_array().unwrap().len(), left, "{setting}");
    }
}

#[tokio::test]
async fn what_a_put_leaves_out_of_a_claim_or_scope_follows_its_switch() {
    let check = async |setting: &str, claim_status: u16, mapping: Value, scope_status: u16, description: Value| {
        let (stand, server) = with_server(json!({"put_omitted": setting})).await;
        let claim =
            stand.post(&format!("{server}/claims"), json!({"name": "c", "user_attribute_mappings": "email"})).await;
        let scope = stand.post(&format!("{server}/scopes"), json!({"value": "s", "description": "d"})).await;
        let put = stand.put(&format!("{server}/claims/{}", claim.made(200)), json!({"name": "c"})).await;
        assert_eq!(put.status, claim_status, "{setting}");
        let put = stand.put(&format!("{server}/scopes/{}", scope.made(200)), json!({"value": "s"})).await;
        assert_eq!(put.status, scope_status, "{setting}");
        assert_eq!(stand.get(&format!("{server}/claims")).await.json()[0]["user_attribute_mappings"], mapping);
        assert_eq!(stand.get(&format!("{server}/scopes")).await.json()[0]["description"], description);
    };
    check("keep", 200, json!("email"), 200, json!("d")).await;
    check("null", 200, Value::Null, 200, Value::Null).await;
    check("reject", 400, json!("email"), 400, json!("d")).await;
}
