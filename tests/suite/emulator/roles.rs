//! Roles, their members, and users.

use gatewright::emulator::Options;
use reqwest::Method;
use serde_json::{Value, json};

use super::stand::Stand;

const ROLES: &str = "/api/2/roles";
const NOT_FOUND: &str = "The resource with the given id could not be found";

async fn tester(stand: &Stand) -> u64 {
    let found = stand.get("/api/2/users?email=tester@example.com").await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    found[0]["id"].as_u64().unwrap()
}

#[tokio::test]
async fn a_role_from_birth_to_death() {
    let stand = Stand::start().await;
    let id = stand.post(ROLES, json!({"name": "API Testers"})).await.made(201);
    let path = format!("{ROLES}/{id}");
    stand.get(&path).await.is(200, json!({"id": id, "name": "API Testers"}));
    assert_eq!(stand.put(&path, json!({"name": "Testers"})).await.made(200), id);
    stand.get(ROLES).await.is(200, json!([{"id": id, "name": "Testers"}]));
    let taken = "Validation failed: Name has already been taken";
    stand.post(ROLES, json!({"name": "Testers"})).await.refuses(422, "UnprocessableEntityError", taken);
    assert_eq!(stand.post(ROLES, json!({})).await.json()["field"], "name");
    assert_eq!(stand.put(&path, json!({"id": id, "name": "x"})).await.status, 400);
    assert_eq!(stand.put(&path, json!({"name": "x", "users": []})).await.status, 400);
    assert_eq!(stand.delete(&path).await.status, 204);
    stand.get(&path).await.refuses(404, "NotFoundError", NOT_FOUND);
}

#[tokio::test]
async fn members_come_and_go_in_raw_arrays() {
    let stand = Stand::start().await;
    let user = tester(&stand).await;
    let role = stand.post(ROLES, json!({"name": "r"})).await.made(201);
    let users = format!("{ROLES}/{role}/users");
    stand.post(&users, json!({"users": [user]})).await.refuses(400, "BadRequestError", "Expected array in request");
    stand.post(&users, json!([1])).await.refuses(404, "NotFoundError", NOT_FOUND);
    stand.post(&users, json!([user])).await.is(200, json!([{"id": user}]));
    let row = stand.get(&users).await.json()[0].clone();
    let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "name", "username", "added_by", "added_at", "assigned"]);
    assert_eq!((&row["id"], &row["assigned"]), (&json!(user), &json!(true)));
    let object = stand.send(Method::DELETE, &users, Some(json!({"users": [user]}))).await;
    object.refuses(400, "BadRequestError", "Expected array in request");
    assert_eq!(stand.send(Method::DELETE, &users, Some(json!([user]))).await.status, 204);
    stand.get(&users).await.is(200, json!([]));
    let unassigned = stand.get(&format!("{users}?include_unassigned=true")).await.json();
    assert_eq!(unassigned[0]["assigned"], false);
    let admins = format!("{ROLES}/{role}/admins");
    stand.post(&admins, json!([user])).await.is(200, json!([{"id": user}]));
    assert_eq!(stand.get(&admins).await.json()[0]["id"], user);
}

#[tokio::test]
async fn apps_of_a_role_are_replaced_whole() {
    let stand = Stand::start().await;
    let (one, two) = (stand.app("one").await["id"].clone(), stand.app("two").await["id"].clone());
    let role = stand.post(ROLES, json!({"name": "r", "apps": [one]})).await.made(201);
    let apps = format!("{ROLES}/{role}/apps");
    stand.put(&apps, json!([two])).await.is(200, json!([{"id": two}]));
    let rows = stand.get(&apps).await.json();
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["name"]), (1, &json!("two")));
    assert_eq!(stand.get(&format!("{apps}?assigned=false")).await.json()[0]["id"], one);
    stand.put(&apps, json!([one, 1])).await.refuses(404, "NotFoundError", NOT_FOUND);
    stand.put(&apps, json!({"apps": [one]})).await.refuses(400, "BadRequestError", "Expected array in request");
    let by_app = stand.get(&format!("{ROLES}?app_id={two}")).await.json();
    assert_eq!(by_app[0]["id"], role);
    stand.get(&format!("{ROLES}?app_id={one}")).await.is(200, json!([]));
}

#[tokio::test]
async fn a_user_has_an_app_through_a_role() {
    let stand = Stand::start().await;
    let user = tester(&stand).await;
    let app = stand.app("Web").await["id"].clone();
    let role = stand.post(ROLES, json!({"name": "r", "apps": [app]})).await.made(201);
    let apps = format!("/api/2/users/{user}/apps?ignore_visibility=true");
    stand.get(&apps).await.is(200, json!([]));
    let success = json!({"status": {"error": false, "code": 200, "type": "success", "message": "Success"}});
    let body = json!({"role_id_array": [role]});
    stand.put(&format!("/api/1/users/{user}/add_roles"), body.clone()).await.is(200, success.clone());
    let row = stand.get(&apps).await.json()[0].clone();
    assert_eq!(row["id"], app);
    let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    let expected = [
        "id",
        "icon_url",
        "extension",
        "login_id",
        "name",
        "provisioning_status",
        "provisioning_state",
        "provisioning_enabled",
    ];
    assert_eq!(keys, expected);
    assert_eq!(stand.get(&format!("/api/2/apps/{app}/users")).await.json()[0]["email"], "tester@example.com");
    stand.put(&format!("/api/1/users/{user}/remove_roles"), body).await.is(200, success);
    stand.get(&apps).await.is(200, json!([]));
}

#[tokio::test]
async fn new_members_show_late_where_the_switch_says_so() {
    let stand = Stand::switched(json!({"membership_lag_seconds": 2, "role_inline_members": true})).await;
    let user = tester(&stand).await;
    let role = stand.post(ROLES, json!({"name": "r"})).await.made(201);
    stand.post(&format!("{ROLES}/{role}/users"), json!([user])).await.is(200, json!([{"id": user}]));
    stand.get(&format!("{ROLES}/{role}/users")).await.is(200, json!([]));
    assert_eq!(stand.get(&format!("{ROLES}/{role}")).await.json()["users"], json!([]));
    stand.post("/_emulator/clock", json!({"seconds": 2})).await;
    assert_eq!(stand.get(&format!("{ROLES}/{role}/users")).await.json()[0]["id"], user);
    assert_eq!(stand.get(&format!("{ROLES}/{role}")).await.json()["users"], json!([user]));
}

#[tokio::test]
async fn users_are_found_by_their_fields_and_come_in_pages() {
    let users: Vec<Value> = (0..60)
        .map(|number| {
            json!({
                "email": format!("user{number}@example.com"), "username": format!("u{number}"), "firstname": "Uma",
                "custom_attributes": {"team": format!("t{}", number % 2)},
            })
        })
        .collect();
    let stand = Stand::with(Options { seed: Some(json!({"users": users})), ..Options::in_memory() }).await;
    let page = stand.get("/api/2/users").await;
    assert_eq!(page.json().as_array().unwrap().len(), 50);
    assert_eq!(page.header("total-count"), Some("61"), "the tester is there as well");
    let check = async |query: &str, total: &str| {
        let reply = stand.get(&format!("/api/2/users?{query}")).await;
        assert_eq!(reply.header("total-count"), Some(total), "{query}");
    };
    check("username=u7", "1").await;
    check("username=u*", "60").await;
    check("email=USER7@example.com", "1").await;
    check("firstname=Uma&username=u1*", "11").await;
    check("custom_attributes.team=t1", "30").await;
    check("limit=1000", "61").await;
    let id = stand.get("/api/2/users?username=u7").await.json()[0]["id"].clone();
    assert_eq!(stand.get(&format!("/api/2/users/{id}")).await.json()["custom_attributes"]["team"], "t1");
    assert!(!stand.get(&format!("/api/2/users/{id}")).await.text.contains("password_sha256"));
}

#[tokio::test]
async fn users_are_made_changed_and_deleted() {
    let stand = Stand::start().await;
    let body = json!({"email": "bo@example.com", "username": "bo", "firstname": "Bo", "password": "pw"});
    let made = stand.post("/api/2/users", body.clone()).await;
    assert_eq!((made.status, &made.json()["firstname"]), (201, &json!("Bo")));
    assert!(!made.text.contains("pw"));
    let path = format!("/api/2/users/{}", made.json()["id"]);
    let taken = "Validation failed: Email must be unique within 127, Username must be unique within 127";
    stand.post("/api/2/users", body).await.refuses(422, "UnprocessableEntityError", taken);
    let changed = stand.put(&path, json!({"lastname": "Li", "custom_attributes": {"team": "a"}})).await.json();
    assert_eq!((&changed["firstname"], &changed["lastname"]), (&json!("Bo"), &json!("Li")));
    assert_eq!(stand.post("/api/2/users", json!({"firstname": "x"})).await.status, 400);
    let role = stand.post(ROLES, json!({"name": "r", "users": [changed["id"]]})).await.made(201);
    assert_eq!(stand.delete(&path).await.status, 204);
    stand.get(&format!("{ROLES}/{role}/users")).await.is(200, json!([]));
    stand.get(&path).await.refuses(404, "NotFoundError", NOT_FOUND);
}

#[tokio::test]
async fn empty_arrays_in_a_role_put_follow_their_switch() {
    for (setting, status, members) in [("400", 400, 1), ("clear", 200, 0), ("ignore", 200, 1)] {
        let stand = Stand::switched(json!({"role_put_empty": setting})).await;
        let user = tester(&stand).await;
        let role = stand.post(ROLES, json!({"name": "r", "users": [user]})).await.made(201);
        let put = stand.put(&format!("{ROLES}/{role}"), json!({"name": "r", "users": []})).await;
        assert_eq!(put.status, status, "{setting}");
        let left = stand.get(&format!("{ROLES}/{role}/users")).await.json();
        assert_eq!(left.as_array().unwrap().len(), members, "{setting}");
        let whole = stand.get(&format!("{ROLES}?fields=users,apps")).await.json();
        assert_eq!(whole[0], json!({"id": role, "name": "r", "apps": [], "users": whole[0]["users"]}));
    }
}
