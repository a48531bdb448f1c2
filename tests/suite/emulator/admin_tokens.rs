//! Admin tokens, revocation, levels and the quota.

use gatewright::emulator::Options;
use reqwest::Method;
use serde_json::{Value, json};

use super::stand::{Stand, send};

const GRANT: &str = r#"{"grant_type":"client_credentials"}"#;

fn v1_error(code: u16, kind: &str, message: &str) -> Value {
    json!({"status": {"error": true, "code": code, "type": kind, "message": message}})
}

#[tokio::test]
async fn all_four_forms_give_the_same_live_token_on_both_paths() {
    let stand = Stand::start().await;
    let url = stand.url("/auth/oauth2/v2/token");
    let post = || stand.http.post(&url);
    let json_body = ("content-type", "application/json");
    let forms = [
        post()
            .header("authorization", "client_id:emulator, client_secret:emulator-secret")
            .header(json_body.0, json_body.1)
            .body(GRANT),
        post().basic_auth("emulator", Some("emulator-secret")).header(json_body.0, json_body.1).body(GRANT),
        post().form(&[
            ("grant_type", "client_credentials"),
            ("client_id", "emulator"),
            ("client_secret", "emulator-secret"),
        ]),
        post().json(&json!({
            "grant_type": "client_credentials", "client_id": "emulator", "client_secret": "emulator-secret",
        })),
    ];
    let mut seen = Vec::new();
    for form in forms {
        let reply = send(form).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        seen.push(reply.json());
    }
    for other in &seen {
        assert_eq!(other, &seen[0]);
    }
    assert_eq!(seen[0]["expires_in"], 36000);
    assert_eq!(seen[0]["token_type"], "bearer");
    assert_eq!(seen[0]["account_id"], 555_555);

    let v1 = stand.http.post(stand.url("/auth/oauth2/token")).basic_auth("emulator", Some("emulator-secret"));
    let reply = send(v1.json(&json!({"grant_type": "client_credentials"}))).await;
    reply.is(
        200,
        json!({
            "status": {"error": false, "code": 200, "type": "success", "message": "Success"}, "data": [seen[0]],
        }),
    );
}

#[tokio::test]
async fn refused_token_requests_say_what_is_wrong_in_the_v1_envelope() {
    let stand = Stand::start().await;
    let url = stand.url("/auth/oauth2/v2/token");
    let post = || stand.http.post(&url);
    let checks = [
        (
            post().basic_auth("emulator", Some("wrong")).json(&json!({"grant_type": "client_credentials"})),
            401,
            v1_error(401, "Unauthorized", "Authentication Failure"),
        ),
        (
            post().json(&json!({"grant_type": "client_credentials"})),
            400,
            v1_error(400, "bad request", "The authorization information is missing"),
        ),
        (
            post().header("authorization", "nonsense").json(&json!({"grant_type": "client_credentials"})),
            400,
            v1_error(400, "bad request", "Authorization Information is incorrect"),
        ),
        (
            post().basic_auth("emulator", Some("emulator-secret")).json(&json!({"grant_type": "password"})),
            400,
            v1_error(400, "bad request", "grant_type is incorrect/absent"),
        ),
        (
            post().basic_auth("emulator", Some("emulator-secret")).body(GRANT),
            400,
            v1_error(
                400,
                "bad request",
                "Content Type is not specified or specified incorrectly. Content-Type header must be set to application/json",
            ),
        ),
        (stand.http.get(&url), 404, v1_error(404, "not found", "No Route Exists")),
    ];
    for (request, status, body) in checks {
        send(request).await.is(status, body);
    }
}

#[tokio::test]
async fn bearer_is_taken_in_every_documented_form() {
    let stand = Stand::start().await;
    for value in ["bearer {}", "Bearer {}", "bearer:{}"] {
        let header = value.replace("{}", &stand.token);
        let request = stand.http.get(stand.url("/auth/rate_limit")).header("authorization", header);
        assert_eq!(send(request).await.status, 200, "{value}");
    }
    let request = stand.http.get(stand.url("/api/2/apps")).header("authorization", "bearer wrong");
    send(request).await.refuses(401, "UnauthorizedError", "Unauthorized");
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_the_next_one_is_new() {
    let stand = Stand::start().await;
    let revoke = |body: Value| {
        let request = stand.http.post(stand.url("/auth/oauth2/revoke"));
        send(request.basic_auth("emulator", Some("emulator-secret")).json(&body))
    };
    revoke(json!({})).await.is(400, v1_error(400, "bad request", "Access Token Missing"));
    let success = json!({"status": {"error": false, "code": 200, "type": "success", "message": "Success"}});
    revoke(json!({"access_token": stand.token})).await.is(200, success);
    assert_eq!(stand.get("/api/2/apps").await.status, 401);
    assert_ne!(stand.new_token().await, stand.token);
}

#[tokio::test]
async fn a_token_expires_after_ten_hours() {
    let stand = Stand::start().await;
    stand.post("/_emulator/clock", json!({"seconds": 35_990})).await;
    assert_eq!(stand.get("/api/2/apps").await.status, 200);
    stand.post("/_emulator/clock", json!({"seconds": 20})).await;
    assert_eq!(stand.get("/api/2/apps").await.status, 401);
    assert_ne!(stand.new_token().await, stand.token);
}

async fn status_at_level(weak: &str, level: &str, method: Method, path: &str) -> u16 {
    let seed = json!({"credentials": [{"client_id": "other", "client_secret": "s", "level": level}]});
    let switches = Some(json!({"weak_credential": weak}));
    let stand = Stand::with(Options { seed: Some(seed), switches, ..Options::in_memory() }).await;
    let request = stand.http.post(stand.url("/auth/oauth2/v2/token")).basic_auth("other", Some("s"));
    let token = send(request.json(&json!({"grant_type": "client_credentials"}))).await.json();
    let token = token["access_token"].as_str().unwrap();
    send(stand.http.request(method, stand.url(path)).bearer_auth(token).json(&json!({}))).await.status
}

#[tokio::test]
async fn levels_are_enforced_with_the_status_of_the_switch() {
    let check = async |level: &str, method: Method, path: &str, allowed: bool| {
        for (weak, refused) in [("401", 401), ("403", 403)] {
            let status = status_at_level(weak, level, method.clone(), path).await;
            assert_eq!(status != refused, allowed, "{level} {method} {path}: {status}");
        }
    };
    check("Read All", Method::GET, "/api/2/api_authorizations", false).await;
    check("Read All", Method::GET, "/api/2/apps", true).await;
    check("Read All", Method::POST, "/api/2/apps", false).await;
    check("Manage Users", Method::GET, "/api/2/apps", false).await;
    check("Read Users", Method::GET, "/api/2/roles", true).await;
    check("Authentication Only", Method::GET, "/api/2/users", false).await;
    check("Manage All", Method::GET, "/api/2/api_authorizations", true).await;
}

#[tokio::test]
async fn the_quota_counts_calls_and_turns_every_hour() {
    for (shape, body) in [
        ("v1", v1_error(429, "Too Many Requests", "Rate limit exceeded")),
        ("v2", json!({"message": "Rate limit exceeded", "statusCode": 429, "name": "TooManyRequestsError"})),
    ] {
        let switches = Some(json!({"rate_limit_body": shape, "retry_after": shape == "v2"}));
        let stand = Stand::with(Options { quota: 2, switches, ..Options::in_memory() }).await;
        let first = stand.get("/api/2/apps").await;
        assert_eq!(first.status, 200);
        assert_eq!(first.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(first.header("x-ratelimit-remaining"), Some("1"));
        assert!(first.header("x-request-id").is_some());
        assert_eq!(stand.get("/api/2/apps").await.status, 200);
        let spent = stand.get("/api/2/apps").await;
        assert_eq!((spent.status, spent.json()), (429, body));
        assert_eq!(spent.header("x-ratelimit-remaining"), Some("0"));
        assert_eq!(spent.header("retry-after").is_some(), shape == "v2");
        let told = stand.get("/auth/rate_limit").await.json();
        assert_eq!(told["data"]["X-RateLimit-Remaining"], 0);
        stand.post("/_emulator/clock", json!({"seconds": 3600})).await;
        assert_eq!(stand.get("/api/2/apps").await.status, 200);
    }
}

#[tokio::test]
async fn rate_limit_headers_can_be_switched_off() {
    let stand = Stand::switched(json!({"rate_limit_headers": false})).await;
    assert_eq!(stand.get("/api/2/apps").await.header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn routes_that_do_not_exist_answer_as_the_vendor_does() {
    let stand = Stand::start().await;
    stand.get("/api/2/groups").await.refuses(401, "UnauthorizedError", "Unauthorized");
    let add = stand.put("/api/2/users/1/add_roles", json!({"role_id_array": []})).await;
    add.refuses(401, "UnauthorizedError", "Unauthorized");
    let message = "The resource with the given id could not be found";
    stand.get("/api/2/api_authorizations/clients").await.refuses(404, "NotFoundError", message);
    for (method, path) in [
        (Method::DELETE, "/api/2/api_authorizations/clients"),
        (Method::PATCH, "/api/2/api_authorizations/1"),
        (Method::POST, "/api/2/apps/1"),
    ] {
        let reply = stand.send(method, path, None).await;
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.header("content-type").unwrap().starts_with("text/html"), "{path}");
    }
}
