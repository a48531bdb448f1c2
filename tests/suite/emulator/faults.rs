//! Faults: what they do to answers, and what they leave of effects.

use serde_json::{Value, json};

use super::stand::{Stand, server_body};

const LIST: &str = "/api/2/api_authorizations";

async fn with_fault(when: Value, fault: Value) -> Stand {
    let stand = Stand::start().await;
    let rules = json!({"rules": [{"match": when, "fault": fault}]});
    assert_eq!(stand.put("/_emulator/faults", rules).await.status, 200);
    stand.post("/_emulator/reset", json!({})).await;
    stand
}

async fn names(stand: &Stand) -> Vec<String> {
    let state = stand.get("/_emulator/state").await.json();
    let servers = state["authorization_servers"].as_array().unwrap();
    let mine = servers.iter().filter(|server| server["onelogin"] == false);
    mine.map(|server| server["name"].as_str().unwrap().to_owned()).collect()
}

async fn last_entry(stand: &Stand) -> (Value, Value, Value) {
    let journal = stand.get("/_emulator/journal").await.json();
    let last = journal.as_array().unwrap().last().unwrap().clone();
    (last["status"].clone(), last["write"].clone(), last["effect"].clone())
}

#[tokio::test]
async fn a_status_stands_in_for_the_request() {
    let check = async |fault: Value, status: u16, part: &str| {
        let stand = with_fault(json!({"method": "POST", "path": LIST, "nth": 1}), fault).await;
        let reply = stand.post(LIST, server_body("n", "https://n")).await;
        assert_eq!(reply.status, status);
        assert!(reply.text.contains(part), "{}", reply.text);
        assert_eq!(last_entry(&stand).await, (json!(status), json!(true), json!(false)));
        assert_eq!(names(&stand).await, [""; 0]);
        stand.post(LIST, server_body("n", "https://n")).await.made(201);
    };
    check(json!({"status": 502}), 502, "<html>").await;
    check(json!({"status": 401}), 401, "UnauthorizedError").await;
    check(json!({"status": 429}), 429, "Rate limit exceeded").await;
    check(json!({"status": 418, "body": {"a": 1}}), 418, r#"{"a":1}"#).await;
    check(json!({"status": 500, "body": "plain"}), 500, "plain").await;
}

#[tokio::test]
async fn body_and_headers_change_an_answer_but_not_the_effect() {
    let fault = json!({"body": "not json", "headers": {"retry-after": "7"}});
    let stand = with_fault(json!({"method": "POST", "path": LIST}), fault).await;
    let reply = stand.post(LIST, server_body("n", "https://n")).await;
    assert_eq!((reply.status, reply.text.as_str(), reply.header("retry-after")), (201, "not json", Some("7")));
    assert_eq!(names(&stand).await, ["n"]);
}

#[tokio::test]
async fn dropped_connections_lose_the_answer_and_keep_or_lose_the_effect() {
    for (cut, left) in [("before", 0), ("after", 1)] {
        let stand = with_fault(json!({"method": "POST", "path": LIST}), json!({"drop": cut})).await;
        let request = stand.http.post(stand.url(LIST)).bearer_auth(&stand.token).json(&server_body("n", "https://n"));
        let error = request.send().await.unwrap_err();
        assert!(error.is_request(), "{error:?}");
        assert_eq!(last_entry(&stand).await, (json!(0), json!(true), json!(left == 1)), "{cut}");
        assert_eq!(names(&stand).await.len(), left, "{cut}");
    }
}

#[tokio::test]
async fn an_answer_can_be_held_back_after_its_effect() {
    let stand = with_fault(json!({"method": "POST", "path": LIST}), json!({"delay_ms": 60_000})).await;
    let request = stand.http.post(stand.url(LIST)).bearer_auth(&stand.token).json(&server_body("n", "https://n"));
    let impatient = request.timeout(std::time::Duration::from_millis(300)).send().await.unwrap_err();
    assert!(impatient.is_timeout());
    assert_eq!(names(&stand).await, ["n"], "created although the client gave up");
}

/// Waits for an effect that comes by itself.
async fn names_in_the_end(stand: &Stand) -> Vec<String> {
    for _ in 0..200 {
        let found = names(stand).await;
        if !found.is_empty() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    Vec::new()
}

#[tokio::test]
async fn an_effect_can_come_after_the_answer() {
    let fault = json!({"effect_delay_ms": 150});
    let stand = with_fault(json!({"method": "POST", "path": LIST, "nth": 1}), fault).await;
    let promised = stand.post(LIST, server_body("late", "https://late")).await.made(201);
    assert_eq!(names(&stand).await, [""; 0], "the answer came first");
    assert_eq!(last_entry(&stand).await, (json!(201), json!(true), json!(false)));
    let other = stand.post(LIST, server_body("other", "https://other")).await.made(201);
    assert_ne!(promised, other);
    stand.delete(&format!("{LIST}/{other}")).await;
    assert_eq!(names_in_the_end(&stand).await, ["late"]);
    assert_eq!(stand.get(&format!("{LIST}/{promised}")).await.json()["name"], "late", "it keeps the promised id");
    assert_eq!(stand.get("/_emulator/journal").await.json()[0]["effect"], true);
}

#[tokio::test]
async fn an_error_can_hide_a_late_effect_which_is_judged_when_it_comes() {
    let fault = json!({"status": 504, "effect_delay_ms": 150});
    let stand = with_fault(json!({"method": "POST", "path": LIST, "nth": 1}), fault).await;
    assert_eq!(stand.post(LIST, server_body("n", "https://n")).await.status, 504);
    assert_eq!(names(&stand).await, [""; 0]);
    assert_eq!(names_in_the_end(&stand).await, ["n"]);

    let fault = json!({"drop": "after", "effect_delay_ms": 100});
    let stand = with_fault(json!({"method": "POST", "path": LIST, "nth": 1}), fault).await;
    let request =
        stand.http.post(stand.url(LIST)).bearer_auth(&stand.token).json(&server_body("contested", "https://n"));
    assert!(request.send().await.is_err());
    let own = stand.post(LIST, server_body("contested", "https://n")).await.made(201);
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    let servers = stand.get(&format!("{LIST}?name=contested")).await.json();
    let ids: Vec<&Value> = servers.as_array().unwrap().iter().map(|server| &server["id"]).collect();
    assert_eq!(ids, [&json!(own)], "the identifier is taken by then");
}

#[tokio::test]
async fn a_stale_answer_is_that_of_before_the_last_write() {
    let stand =
        with_fault(json!({"method": "GET", "path": "/api/2/api_authorizations/**"}), json!({"stale": true})).await;
    let id = stand.server("before", "https://n").await;
    let path = format!("{LIST}/{id}");
    assert_eq!(stand.get(&path).await.status, 404);
    stand.put(&path, server_body("after", "https://n")).await.made(200);
    assert_eq!(stand.get(&path).await.json()["name"], "before");
    assert_eq!(names(&stand).await, ["after"]);
    stand.put("/_emulator/faults", json!({"rules": []})).await;
    assert_eq!(stand.get(&path).await.json()["name"], "after");
}

#[tokio::test]
async fn reads_can_lag_behind_every_write() {
    let stand = Stand::switched(json!({"stale_reads_ms": 60_000})).await;
    let id = stand.server("n", "https://n").await;
    assert_eq!(stand.get(&format!("{LIST}/{id}")).await.status, 404);
    stand.post("/_emulator/clock", json!({"seconds": 61})).await;
    assert_eq!(stand.get(&format!("{LIST}/{id}")).await.status, 200);
}

#[tokio::test]
async fn latency_delays_all_answers_side_by_side() {
    use gatewright::emulator::Options;
    let latency = std::time::Duration::from_millis(150);
    let stand = Stand::with(Options { latency, ..Options::in_memory() }).await;
    let began = std::time::Instant::now();
    let all = futures_util::future::join_all((0..8).map(|_| stand.get("/api/2/apps"))).await;
    assert!(all.iter().all(|reply| reply.status == 200));
    let took = began.elapsed().as_millis();
    assert!((150..900).contains(&took), "{took} ms");
}
