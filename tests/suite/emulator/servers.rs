//! Authorization servers: create, read, update, delete, and every refusal on the way.

use serde_json::{Value, json};

use super::stand::{Stand, server_body};

const LIST: &str = "/api/2/api_authorizations";
const NOT_FOUND: &str = "The resource with the given id could not be found";

#[tokio::test]
async fn a_server_from_birth_to_death() {
    let stand = Stand::start().await;
    let id = stand.post(LIST, server_body("Contacts API", "https://example.com/contacts")).await.made(201);
    let path = format!("{LIST}/{id}");
    let expected = json!({
        "id": id, "name": "Contacts API", "description": "This is an api",
        "configuration": {
            "resource_identifier": "https://example.com/contacts", "audiences": ["https://example.com/contacts"],
            "access_token_expiration_minutes": 10, "refresh_token_expiration_minutes": 30,
        },
        "onelogin": false,
    });
    stand.get(&path).await.is(200, expected);
    let mut changed = server_body("Contacts", "https://example.com/contacts/2");
    changed["id"] = json!(id);
    changed["configuration"]["unheard_of"] = json!("dropped");
    assert_eq!(stand.put(&path, changed).await.made(200), id);
    let read = stand.get(&path).await.json();
    assert_eq!(read["name"], "Contacts");
    assert_eq!(read["configuration"]["resource_identifier"], "https://example.com/contacts/2");
    assert_eq!(read["configuration"].get("unheard_of"), None);
    let gone = stand.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    stand.get(&path).await.refuses(404, "NotFoundError", NOT_FOUND);
    stand.delete(&path).await.refuses(404, "NotFoundError", NOT_FOUND);
    stand.put(&path, server_body("n", "i")).await.refuses(404, "NotFoundError", NOT_FOUND);
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused() {
    let stand = Stand::start().await;
    let missing = json!({
        "field": "name", "message": "Missing required field", "statusCode": 400, "name": "BadRequestError",
    });
    let mut unnamed = server_body("n", "https://n");
    unnamed.as_object_mut().unwrap().remove("name");
    stand.post(LIST, unnamed.clone()).await.is(400, missing.clone());
    let blank = "Validation failed: Resource identifier can't be blank, Audiences can't be blank";
    stand.post(LIST, json!({"name": "n"})).await.refuses(422, "UnprocessableEntityError", blank);
    let empty = json!({"name": "n", "configuration": {"resource_identifier": "", "audiences": []}});
    stand.post(LIST, empty).await.refuses(422, "UnprocessableEntityError", blank);
    for key in ["audience", "audiences", "resource_identifier"] {
        let mut body = server_body("n", "https://n");
        body[key] = json!("https://n");
        assert_eq!(stand.post(LIST, body).await.status, 400, "{key}");
    }
    let id = stand.server("n", "https://n").await;
    stand.put(&format!("{LIST}/{id}"), unnamed).await.is(400, missing);
    assert_eq!(stand.get(LIST).await.json().as_array().unwrap().len(), 2, "refused ones left nothing behind");
}

#[tokio::test]
async fn inline_children_are_made_on_create_and_ignored_on_update() {
    let stand = Stand::start().await;
    let mut body = server_body("n", "https://n");
    body["scopes"] = json!([{"value": "read", "description": "Read"}]);
    body["claims"] = json!([{"name": "mail", "user_attribute_mappings": "email"}]);
    let id = stand.post(LIST, body.clone()).await.made(201);
    let scopes = stand.get(&format!("{LIST}/{id}/scopes")).await.json();
    assert_eq!((scopes.as_array().unwrap().len(), &scopes[0]["value"]), (1, &json!("read")));
    assert_eq!(stand.get(&format!("{LIST}/{id}/claims")).await.json()[0]["name"], "mail");
    body["scopes"] = json!([{"value": "write"}]);
    assert_eq!(stand.put(&format!("{LIST}/{id}"), body).await.made(200), id);
    assert_eq!(stand.get(&format!("{LIST}/{id}/scopes")).await.json(), scopes);

    let mut twice = server_body("m", "https://m");
    twice["scopes"] = json!([{"value": "a"}, {"value": "a"}]);
    assert_eq!(stand.post(LIST, twice).await.status, 422);
    assert_eq!(stand.get(&format!("{LIST}?name=m")).await.json(), json!([]), "nothing of it was kept");
}

#[tokio::test]
async fn the_list_has_no_lifetimes_and_an_order_of_its_own() {
    let stand = Stand::start().await;
    let mut made = Vec::new();
    for number in 0..12 {
        made.push(stand.server(&format!("API {number}"), &format!("https://{number}")).await);
    }
    let ids = |body: Value| body.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect::<Vec<_>>();
    let first = stand.get(LIST).await.json();
    assert_eq!(first[0]["configuration"].get("access_token_expiration_minutes"), None);
    assert!(first[0]["configuration"]["audiences"].is_array());
    let mut listed = ids(first);
    assert_eq!(listed, ids(stand.get(LIST).await.json()), "the order is stable");
    listed.retain(|id| made.contains(id));
    assert_ne!(listed, made, "the order is not that of creation");
    listed.sort_unstable();
    assert_eq!(listed, made);
    assert!(made.windows(2).all(|pair| pair[1] > pair[0] + 1), "ids have holes: {made:?}");

    stand.put("/_emulator/switches", json!({"list_cap": 5, "list_expirations": true})).await;
    let capped = stand.get(LIST).await.json();
    assert_eq!(capped.as_array().unwrap().len(), 5);
    assert!(capped[0]["configuration"]["access_token_expiration_minutes"].is_u64());
}

#[tokio::test]
async fn the_name_filter_follows_its_switch() {
    let stand = Stand::start().await;
    stand.server("Contacts API", "https://1").await;
    stand.server("contacts admin", "https://2").await;
    let check = async |setting: &str, filter: &str, found: usize| {
        stand.put("/_emulator/switches", json!({"server_name_filter": setting})).await;
        let rows = stand.get(&format!("{LIST}?name={filter}")).await.json();
        assert_eq!(rows.as_array().unwrap().len(), found, "{setting} {filter}");
    };
    check("substring", "contacts", 2).await;
    check("substring", "contacts*", 0).await;
    check("case_sensitive", "Contacts", 1).await;
    check("wildcard", "contacts*", 2).await;
    check("wildcard", "contacts", 0).await;
}

#[tokio::test]
async fn what_a_put_leaves_out_follows_its_switch() {
    let check = async |setting: &str, expected: Result<Value, &str>| {
        let stand = Stand::switched(json!({"put_omitted": setting})).await;
        let id = stand.server("n", "https://n").await;
        let path = format!("{LIST}/{id}");
        let partial = json!({"name": "n", "configuration": {"resource_identifier": "https://n", "audiences": ["a"]}});
        let reply = stand.put(&path, partial).await;
        match expected {
            Ok(expected) => {
                assert_eq!(reply.made(200), id);
                let read = stand.get(&path).await.json();
                let minutes = &read["configuration"]["access_token_expiration_minutes"];
                assert_eq!(json!([read["description"], minutes]), expected, "{setting}");
            }
            Err(field) => {
                assert_eq!((reply.status, &reply.json()["field"]), (400, &json!(field)), "{setting}");
            }
        }
    };
    check("keep", Ok(json!(["This is an api", 10]))).await;
    check("null", Ok(json!([null, null]))).await;
    check("reject", Err("description")).await;
}

#[tokio::test]
async fn duplicates_follow_their_switches() {
    let stand = Stand::start().await;
    stand.server("one", "https://1").await;
    let taken = "Validation failed: Resource identifier has already been taken";
    stand.post(LIST, server_body("two", "https://1")).await.refuses(422, "UnprocessableEntityError", taken);
    stand.post(LIST, server_body("one", "https://2")).await.made(201);
    stand.put("/_emulator/switches", json!({"duplicate_identifier": "allow", "duplicate_server_name": 422})).await;
    stand.post(LIST, server_body("two", "https://1")).await.made(201);
    let taken = "Validation failed: Name has already been taken";
    stand.post(LIST, server_body("one", "https://3")).await.refuses(422, "UnprocessableEntityError", taken);
}

#[tokio::test]
async fn audiences_and_lifetimes_are_stored_as_their_switches_say() {
    let stored = async |switches: Value, configuration: Value| {
        let stand = Stand::switched(switches).await;
        let mut body = server_body("n", "https://n");
        body["configuration"] = configuration;
        body["configuration"]["resource_identifier"] = json!("https://n");
        let reply = stand.post(LIST, body).await;
        if reply.status != 201 {
            return json!(reply.status);
        }
        stand.get(&format!("{LIST}/{}", reply.made(201))).await.json()["configuration"].clone()
    };
    let check = async |switches: Value, audiences: Value, expected: Value| {
        let stored = stored(switches.clone(), json!({"audiences": audiences})).await;
        assert_eq!(stored.get("audiences").unwrap_or(&stored), &expected, "{switches}");
    };
    check(json!({}), json!(["b", "a", "b"]), json!(["b", "a", "b"])).await;
    check(json!({"audiences": "sorted"}), json!(["b", "a", "b"]), json!(["a", "b", "b"])).await;
    check(json!({"audiences": "sorted_unique"}), json!(["b", "a", "b"]), json!(["a", "b"])).await;
    check(json!({}), json!("a,b"), json!(422)).await;
    check(json!({"audiences_string": "split"}), json!("a,b\nc"), json!(["a", "b", "c"])).await;

    let minutes = async |switches: Value, given: Value| {
        let mut configuration = json!({"audiences": ["a"]});
        if !given.is_null() {
            configuration["access_token_expiration_minutes"] = given;
        }
        stored(switches, configuration).await.get("access_token_expiration_minutes").cloned()
    };
    assert_eq!(minutes(json!({}), json!(0)).await, Some(json!(0)), "0 is stored as 0");
    assert_eq!(minutes(json!({}), Value::Null).await, None);
    assert_eq!(minutes(json!({"default_expirations": "null"}), Value::Null).await, Some(Value::Null));
    assert_eq!(minutes(json!({"default_expirations": "filled"}), Value::Null).await, Some(json!(60)));
}

#[tokio::test]
async fn what_onelogin_owns_cannot_be_written() {
    let stand = Stand::start().await;
    let built_in = stand.get(LIST).await.json()[0].clone();
    assert_eq!(built_in["onelogin"], true);
    let path = format!("{LIST}/{}", built_in["id"]);
    let replies = [
        stand.put(&path, server_body("n", "https://n")).await,
        stand.delete(&path).await,
        stand.post(&format!("{path}/scopes"), json!({"value": "a"})).await,
        stand.post(&format!("{path}/claims"), json!({"name": "a"})).await,
        stand.post(&format!("{path}/clients"), json!({"app_id": 1, "scopes": []})).await,
    ];
    for reply in replies {
        assert_eq!((reply.status, &reply.json()["name"]), (403, &json!("ForbiddenError")));
    }
}

#[tokio::test]
async fn deleting_a_server_takes_its_children_along() {
    for (setting, status) in [("cascade", 204), ("422", 422)] {
        let stand = Stand::switched(json!({"delete_bound_server": setting})).await;
        let id = stand.server("n", "https://n").await;
        let scope = stand.post(&format!("{LIST}/{id}/scopes"), json!({"value": "a"})).await.made(200);
        let app = stand.app("App").await["id"].clone();
        let bound = stand.post(&format!("{LIST}/{id}/clients"), json!({"app_id": app, "scopes": [scope]})).await;
        assert_eq!(bound.status, 201);
        assert_eq!(stand.delete(&format!("{LIST}/{id}")).await.status, status, "{setting}");
        let left = stand.get("/_emulator/state").await.json();
        let servers = left["authorization_servers"].as_array().unwrap();
        assert_eq!(servers.iter().any(|server| server["id"] == id), status == 422);
    }
}

#[tokio::test]
async fn html_comes_back_escaped_where_the_switch_says_so() {
    let stand = Stand::switched(json!({"html_escape": true, "crlf_notes": true})).await;
    let id = stand.server("R&D <API>", "https://n").await;
    assert_eq!(stand.get(&format!("{LIST}/{id}")).await.json()["name"], "R&amp;D &lt;API&gt;");
    let mut app = super::stand::app_body("Tom's \"app\"");
    app["notes"] = json!("one\ntwo");
    let made = stand.post("/api/2/apps", app).await.json();
    assert_eq!(made["name"], "Tom&#39;s &quot;app&quot;");
    assert_eq!(made["notes"], "one\r\ntwo");
}
