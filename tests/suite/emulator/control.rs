//! The control API.

use gatewright::emulator::Options;
use reqwest::Method;
use serde_json::{Value, json};

use super::oidc;
use super::stand::{Stand, send, server_body};

const LIST: &str = "/api/2/api_authorizations";

#[tokio::test]
async fn the_journal_tells_writes_from_effects() {
    let stand = Stand::start().await;
    stand.post("/_emulator/reset", json!({})).await;
    let id = stand.server("n", "https://n").await;
    stand.post(LIST, server_body("n", "https://n")).await;
    stand.get(&format!("{LIST}?name=n")).await;
    stand.new_token().await;
    stand.delete(&format!("{LIST}/{id}")).await;
    let journal = stand.get("/_emulator/journal").await.json();
    let rows: Vec<Value> = journal
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["n"], row["method"], row["path"], row["status"], row["write"], row["effect"]]))
        .collect();
    let expected = [
        json!([1, "POST", LIST, 201, true, true]),
        json!([2, "POST", LIST, 422, true, false]),
        json!([3, "GET", LIST, 200, false, false]),
        json!([4, "POST", "/auth/oauth2/v2/token", 200, false, false]),
        json!([5, "DELETE", format!("{LIST}/{id}"), 204, true, true]),
    ];
    assert_eq!(rows, expected);
    assert_eq!(journal[2]["query"], "name=n");
    let last = stand.get("/api/2/apps").await;
    let noted = stand.get("/_emulator/journal").await.json()[5]["request_id"].clone();
    assert_eq!(last.header("x-request-id"), noted.as_str());
}

#[tokio::test]
async fn counters_count_and_reset_forgets() {
    let stand = Stand::start().await;
    stand.post("/_emulator/reset", json!({})).await;
    stand.server("n", "https://n").await;
    stand.get(LIST).await;
    stand.get(LIST).await;
    stand.new_token().await;
    let counters = stand.get("/_emulator/counters").await.json();
    assert_eq!(counters["requests"], 4);
    assert_eq!(counters["writes"], 1);
    assert_eq!(counters["tokens"], 1);
    assert_eq!(counters["max_in_flight"], 1);
    assert_eq!(counters["by_route"][&format!("GET {LIST}")], 2);
    assert_eq!(stand.post("/_emulator/reset", json!({})).await.status, 204);
    assert_eq!(stand.get("/_emulator/counters").await.json()["requests"], 0);
    assert_eq!(stand.get(LIST).await.json().as_array().unwrap().len(), 2, "the objects stay");
    stand.post("/_emulator/reset?state=true", json!({})).await;
    assert_eq!(stand.get(LIST).await.status, 401, "a fresh account has no live token");
}

#[tokio::test]
async fn connections_and_requests_in_flight_are_counted_truly() {
    let stand = Stand::start().await;
    let delay = json!({"rules": [{"match": {"path": LIST}, "fault": {"delay_ms": 2_000}}]});
    stand.put("/_emulator/faults", delay).await;
    stand.post("/_emulator/reset", json!({})).await;
    let clients: Vec<reqwest::Client> =
        (0..3).map(|_| reqwest::Client::builder().no_proxy().build().unwrap()).collect();
    let asked: Vec<_> = clients
        .iter()
        .map(|client| tokio::spawn(client.get(stand.url(LIST)).bearer_auth(&stand.token).send()))
        .collect();
    for one in asked {
        assert_eq!(one.await.unwrap().unwrap().status(), 200);
    }
    let onlooker = reqwest::Client::builder().no_proxy().build().unwrap();
    let counters = send(onlooker.get(stand.url("/_emulator/counters"))).await.json();
    assert_eq!((&counters["connections"], &counters["max_in_flight"]), (&json!(3), &json!(3)));
    assert_eq!(send(onlooker.get(stand.url("/api/2/apps"))).await.status, 401);
    assert_eq!(stand.get("/_emulator/counters").await.json()["connections"], 4, "it is no longer an onlooker only");
}

#[tokio::test]
async fn the_state_goes_out_and_in_whole() {
    let stand = oidc::stand().await;
    let out = stand.get("/_emulator/state").await.json();
    assert_eq!(out["instance_id"], stand.emulator.instance_id());
    for secret in ["machine-secret", "emulator-secret", "tester-password", "signing_key"] {
        assert!(!out.to_string().contains(secret), "{secret}");
    }
    let other = Stand::start().await;
    assert_eq!(other.put("/_emulator/state", out.clone()).await.status, 204);
    assert_eq!(other.get("/_emulator/state").await.json(), out);
    let grant = [("grant_type", "client_credentials")];
    assert_eq!(other.form(oidc::TOKEN, Some(oidc::BASIC), &grant).await.status, 200, "hashes are secrets enough");
    let refused = other.put("/_emulator/state", json!({"aps": []})).await;
    assert!(refused.status == 400 && refused.json()["error"].as_str().unwrap().contains("aps"), "{}", refused.text);
    let dangling = json!({"roles": [{"name": "r", "apps": ["nowhere"]}]});
    assert!(other.put("/_emulator/state", dangling).await.text.contains("nowhere"));
    assert_eq!(other.get("/_emulator/state").await.json(), out, "refused ones change nothing");
}

#[tokio::test]
async fn any_token_can_be_signed() {
    let stand = oidc::stand().await;
    let sign =
        async |body: Value| stand.post("/_emulator/token", body).await.json()["token"].as_str().unwrap().to_owned();
    let claims = json!({"iss": "https://other", "sub": "1"});
    let certs = send(stand.http.get(stand.url("/oidc/2/certs"))).await.json();
    let kid = certs["keys"][0]["kid"].clone();
    let own = sign(json!({"claims": claims})).await;
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": kid});
    assert_eq!(oidc::parts(&own), (header.clone(), claims.clone()));
    let foreign = sign(json!({"claims": claims, "key": "foreign"})).await;
    assert_eq!(oidc::parts(&foreign), (header, claims.clone()));
    assert_ne!(own, foreign);
    let none = sign(json!({"claims": claims, "key": "none", "header": {"typ": null, "kid": "k"}})).await;
    assert_eq!(oidc::parts(&none), (json!({"alg": "none", "kid": "k"}), claims));
    assert!(none.ends_with('.'));
}

#[tokio::test]
async fn the_clock_runs_faster_and_tells_waits_in_our_seconds() {
    let stand = Stand::with(Options { quota: 1, ..Options::in_memory() }).await;
    stand.put("/_emulator/switches", json!({"retry_after": true})).await;
    let told = stand.post("/_emulator/clock", json!({"seconds": 60, "rate": 3600})).await.json();
    assert_eq!(told["rate"], 3600);
    // An hour passes in a second, so every wait is a second at most.
    let began = std::time::Instant::now();
    let mut turns = 0;
    let mut is_spent = false;
    while turns < 2 {
        let reply = stand.get(LIST).await;
        match reply.status {
            429 => {
                assert_eq!((reply.header("retry-after"), reply.header("x-ratelimit-reset")), (Some("1"), Some("1")));
                let limit = stand.get("/auth/rate_limit").await.json();
                assert_eq!(limit["data"]["X-RateLimit-Reset"], 1, "{turns}: {limit}");
                is_spent = true;
            }
            status => {
                assert_eq!(status, 200);
                turns += i32::from(std::mem::take(&mut is_spent));
            }
        }
    }
    let later = stand.post("/_emulator/clock", json!({"rate": 1})).await.json();
    let hours = |told: &Value| told["now"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second() / 3600;
    let passed = hours(&later) - hours(&told);
    let real = i64::try_from(began.elapsed().as_secs()).unwrap();
    assert!((2..=real + 2).contains(&passed), "{passed} hours in {real} s");
}

#[tokio::test]
async fn misspelt_control_calls_say_so() {
    let stand = Stand::start().await;
    let check = async |method: Method, path: &str, body: Value, status: u16, part: &str| {
        let reply = stand.send(method, path, Some(body)).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.json()["error"].as_str().unwrap().contains(part), "{}", reply.text);
    };
    check(Method::PUT, "/_emulator/switches", json!({"put_ommitted": "keep"}), 400, "put_ommitted").await;
    check(Method::PUT, "/_emulator/switches", json!({"put_omitted": "never"}), 400, "never").await;
    check(Method::PUT, "/_emulator/faults", json!({"rules": [{"fault": {"stat": 1}}]}), 400, "stat").await;
    check(Method::POST, "/_emulator/clock", json!({"seconds": -1}), 400, "-1").await;
    check(Method::POST, "/_emulator/clock", json!({"rate": 0}), 400, "nonzero").await;
    check(Method::POST, "/_emulator/clock", json!({}), 400, "seconds or rate").await;
    check(Method::POST, "/_emulator/nothing", json!({}), 404, "no such call").await;
    let counters = stand.get("/_emulator/counters").await.json();
    assert_eq!(counters["requests"], 1, "only the token; control calls leave no trace");
}

#[tokio::test]
async fn the_journal_can_be_waited_for() {
    let stand = Stand::start().await;
    stand.post("/_emulator/reset", json!({})).await;
    let waiting = stand.get("/_emulator/journal?wait=2");
    let calls = async {
        stand.get(LIST).await;
        stand.get(LIST).await;
    };
    let (journal, ()) = tokio::join!(waiting, calls);
    assert_eq!(journal.json().as_array().unwrap().len(), 2);
    assert_eq!(stand.get("/_emulator/journal?wait=1").await.json().as_array().unwrap().len(), 2);
}
