//! Apps and connectors.

use serde_json::{Value, json};

use super::stand::{Stand, app_body};

const APPS: &str = "/api/2/apps";
const NOT_FOUND: &str = "The resource with the given id could not be found";

#[tokio::test]
async fn the_secret_is_told_once() {
    let stand = Stand::start().await;
    let made = stand.app("Web").await;
    let secret = made["sso"]["client_secret"].as_str().unwrap();
    assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
    let client_id = made["sso"]["client_id"].as_str().unwrap();
    assert!(client_id.len() > 36 && client_id[36..].bytes().all(|byte| byte.is_ascii_digit()), "{client_id}");
    let path = format!("{APPS}/{}", made["id"]);
    assert_eq!(stand.get(&path).await.json()["sso"], json!({"client_id": client_id}));
    stand.put("/_emulator/switches", json!({"client_secret_on_get": "empty"})).await;
    let expected = json!({"client_id": client_id, "client_secret": ""});
    assert_eq!(stand.get(&path).await.json()["sso"], expected);
    let changed = stand.put(&path, json!({"name": "Web 2", "sso": {"client_secret": "mine"}})).await;
    assert_eq!((changed.status, &changed.json()["sso"]), (200, &expected));
    let state = stand.get("/_emulator/state").await.text;
    assert!(!state.contains(secret), "the state shows the secret");
}

#[tokio::test]
async fn zeros_are_shown_at_birth_and_then_as_the_switch_says() {
    for (setting, shown) in [("omit", Value::Null), ("show", json!(0))] {
        let stand = Stand::switched(json!({"zero_values": setting})).await;
        let made = stand.app("Web").await;
        assert_eq!(made["configuration"]["oidc_application_type"], 0);
        let read = stand.get(&format!("{APPS}/{}", made["id"])).await.json();
        assert_eq!(read["configuration"]["oidc_application_type"], shown, "{setting}");
        assert_eq!(read["configuration"]["token_endpoint_auth_method"], shown, "{setting}");
        assert_eq!(read["configuration"]["include_amr_claims"], false);
        assert_eq!(read["configuration"]["post_logout_redirect_uri"], Value::Null);
        assert_eq!(read["parameters"]["groups"]["label"], "Groups");
    }
}

#[tokio::test]
async fn a_put_merges_and_replaces_roles_whole() {
    let stand = Stand::start().await;
    let role = async |name: &str| stand.post("/api/2/roles", json!({"name": name})).await.made(201);
    let (one, two) = (role("one").await, role("two").await);
    let mut body = app_body("Web");
    body["role_ids"] = json!([one]);
    body["description"] = json!("first");
    let made = stand.post(APPS, body).await.json();
    assert_eq!(made["role_ids"], json!([one]));
    let path = format!("{APPS}/{}", made["id"]);
    let put = stand.put(&path, json!({"role_ids": [two], "configuration": {"login_url": "https://l"}})).await;
    assert_eq!(put.status, 200);
    let read = stand.get(&path).await.json();
    assert_eq!(read["role_ids"], json!([two]));
    assert_eq!(read["description"], "first");
    assert_eq!(read["configuration"]["redirect_uri"], "https://example.com/callback");
    assert_eq!(read["configuration"]["login_url"], "https://l");
    assert_eq!(stand.get(&format!("/api/2/roles/{two}/apps")).await.json()[0]["id"], made["id"]);
    stand.put(&path, json!({"role_ids": [], "configuration": {"post_logout_redirect_uri": ""}})).await;
    let read = stand.get(&path).await.json();
    assert_eq!(read["role_ids"], json!([]));
    assert_eq!(read["configuration"]["post_logout_redirect_uri"], "");
    stand.put("/_emulator/switches", json!({"app_put_body": "id"})).await;
    stand.put(&path, json!({"description": null})).await.is(200, json!({"id": made["id"]}));
    assert_eq!(stand.get(&path).await.json()["description"], Value::Null);
}

#[tokio::test]
async fn configuration_keys_are_strict() {
    let stand = Stand::start().await;
    for (key, value) in [("audience", json!("x")), ("scopes", Value::Null)] {
        let mut body = app_body("Web");
        body["configuration"][key] = value;
        let text = format!("Unknown parameter on configuration section: {key}");
        stand.post(APPS, body).await.refuses(400, "BadRequestError", &text);
    }
    let mut body = app_body("Web");
    body["configuration"]["token_endpoint_auth_method"] = json!(7);
    assert_eq!(stand.post(APPS, body).await.status, 422);
    let mut body = app_body("Web");
    body["configuration"]["redirect_uri"] = json!(["https://a", "https://b"]);
    let made = stand.post(APPS, body).await.json();
    assert_eq!(made["configuration"]["redirect_uri"], json!(["https://a", "https://b"]), "an array corrupts the field");
}

#[tokio::test]
async fn connectors_belong_to_a_region() {
    let find = "/api/2/connectors?name=OpenId%20Connect*&auth_method=8";
    for (region, own, foreign) in [("us", 108_419, 38_568), ("eu", 38_568, 108_419)] {
        let stand = Stand::switched(json!({"region": region})).await;
        let found = stand.get(find).await.json();
        assert_eq!(found[0]["id"], own);
        assert_eq!(found[0]["name"], "OpenId Connect (OIDC)");
        assert_eq!(found[0]["allows_new_parameters"], true);
        let mut body = app_body("Web");
        body["connector_id"] = json!(foreign);
        let text = "Validation failed: Connector ID is invalid";
        stand.post(APPS, body.clone()).await.refuses(422, "UnprocessableEntityError", text);
        body["connector_id"] = json!(own);
        assert_eq!(stand.post(APPS, body).await.status, 201);
    }
}

#[tokio::test]
async fn the_list_is_reduced_and_filtered() {
    let stand = Stand::start().await;
    for name in ["Workday", "Worklog", "Homework", "Worklog"] {
        stand.app(name).await;
    }
    let server = stand.server("Contacts", "https://c").await;
    let rows = stand.get(&format!("{APPS}?name=worklog")).await.json();
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    let expected = [
        "id",
        "connector_id",
        "auth_method",
        "auth_method_description",
        "name",
        "description",
        "visible",
        "created_at",
        "updated_at",
    ];
    assert_eq!(keys, expected);
    let check = async |query: &str, count: usize| {
        let rows = stand.get(&format!("{APPS}?{query}")).await.json();
        assert_eq!(rows.as_array().unwrap().len(), count, "{query}");
    };
    check("name=work*", 3).await;
    check("name=work", 0).await;
    check("name=*work*", 4).await;
    check("auth_method=8", 4).await;
    check("auth_method=2", 0).await;
    check("connector_id=108419", 4).await;
    check("fields=name", 4).await;
    let text = "invalid value in \"auth_method\"";
    stand.get(&format!("{APPS}?auth_method=x")).await.refuses(422, "UnprocessableEntityError", text);
    stand.put("/_emulator/switches", json!({"servers_in_apps": true})).await;
    let rows = stand.get(&format!("{APPS}?auth_method=9&name=Contacts")).await.json();
    assert_eq!(rows[0]["id"], server);
}

#[tokio::test]
async fn parameters_are_added_kept_and_deleted() {
    let stand = Stand::start().await;
    let made = stand.app("Web").await;
    let path = format!("{APPS}/{}", made["id"]);
    let groups = made["parameters"]["groups"]["id"].clone();
    let put =
        stand.put(&path, json!({"parameters": {"mail": {"user_attribute_mappings": "email", "values": ["a"]}}})).await;
    let read = put.json();
    assert_eq!(read["parameters"]["groups"]["id"], groups);
    assert_eq!(read["parameters"]["mail"]["values"], json!(["a"]));
    let mail = read["parameters"]["mail"]["id"].clone();
    let refused = stand.delete(&format!("{path}/parameters/{groups}")).await;
    let body = json!({
        "message": "Not allowed to destroy specified resource", "name": "ForbiddenError", "statusCode": 403,
    });
    refused.is(403, body);
    assert_eq!(stand.delete(&format!("{path}/parameters/{mail}")).await.status, 204);
    assert_eq!(stand.get(&path).await.json()["parameters"].get("mail"), None);
    stand.delete(&format!("{path}/parameters/{mail}")).await.refuses(404, "NotFoundError", NOT_FOUND);
}

#[tokio::test]
async fn deleting_an_app_takes_bindings_and_roles_along() {
    for (setting, status) in [("cascade", 204), ("422", 422)] {
        let stand = Stand::switched(json!({"delete_bound_app": setting})).await;
        let server = stand.server("n", "https://n").await;
        let role = stand.post("/api/2/roles", json!({"name": "r"})).await.made(201);
        let mut body = app_body("Web");
        body["role_ids"] = json!([role]);
        let app = stand.post(APPS, body).await.json()["id"].clone();
        let clients = format!("/api/2/api_authorizations/{server}/clients");
        stand.post(&clients, json!({"app_id": app, "scopes": []})).await;
        assert_eq!(stand.delete(&format!("{APPS}/{app}")).await.status, status, "{setting}");
        let left = usize::from(status == 422);
        assert_eq!(stand.get(&clients).await.json().as_array().unwrap().len(), left);
        assert_eq!(stand.get(&format!("/api/2/roles/{role}/apps")).await.json().as_array().unwrap().len(), left);
    }
}

#[tokio::test]
async fn pages_follow_cursors_and_refuse_both_at_once() {
    let stand = Stand::start().await;
    for number in 0..7 {
        stand.app(&format!("App {number}")).await;
    }
    let first = stand.get(&format!("{APPS}?limit=3")).await;
    assert_eq!(first.header("total-count"), Some("7"));
    assert_eq!(first.header("total-pages"), Some("3"));
    assert_eq!(first.header("current-page"), Some("1"));
    assert_eq!(first.header("page-items"), Some("3"));
    assert_eq!(first.header("before-cursor"), None);
    let mut seen = Vec::new();
    let mut reply = first;
    loop {
        seen.extend(reply.json().as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()));
        match reply.header("after-cursor") {
            Some(cursor) => reply = stand.get(&format!("{APPS}?cursor={cursor}")).await,
            None => break,
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    let refused = |text: &str| json!({"status": 400, "error": "BadRequestError", "description": text});
    let both = "Requests can only have cursor xor pagination arguments";
    stand.get(&format!("{APPS}?limit=2&cursor=bGltaXQ9MSZwYWdlPTI=")).await.is(400, refused(both));
    stand.get(&format!("{APPS}?cursor=bogus")).await.is(400, refused("Invalid pagination cursor"));
}
