//! What goes wrong, and what is done about it.

use super::responder::{Reply, Responder};
use gatewright::api::{ApiError, ClientConfig, Reader, Reroute, Writer};
use gatewright::model::RemoteId;
use std::time::Duration;
use url::Url;

const ROLE: &str = r#"{"id":1,"name":"r"}"#;

fn reader(host: &Responder) -> Reader {
    Reader::new(host.config()).unwrap()
}

#[tokio::test]
async fn reads_are_repeated() {
    let host = Responder::start(|request, earlier| match (request.method.as_str(), earlier) {
        ("GET", 0) => Some(Reply::Drop),
        ("GET", 1) => Some(Reply::json(502, "<html><title>502 Bad Gateway</title>")),
        ("GET", _) => Some(Reply::json(200, ROLE)),
        _ => None,
    });
    assert_eq!(reader(&host).role(RemoteId(1)).await.unwrap().unwrap().name, "r");
    assert_eq!(host.count("GET /api/2/roles/1"), 3);
}

#[tokio::test]
async fn replaces_and_deletes_are_repeated_and_a_gone_object_is_deleted() {
    let host = Responder::start(|request, earlier| match (request.method.as_str(), earlier) {
        ("PUT" | "DELETE", 0) => Some(Reply::json(503, "")),
        ("PUT", _) => Some(Reply::json(200, r#"{"id":1}"#)),
        _ => None,
    });
    let writer = Writer::new(reader(&host));
    writer.rename_role(RemoteId(1), "new").await.unwrap();
    writer.delete_role(RemoteId(1)).await.unwrap();
    assert_eq!((host.count("PUT /api/2/roles/1"), host.count("DELETE /api/2/roles/1")), (2, 2));
}

#[tokio::test]
async fn a_delete_is_not_done_because_a_proxy_has_no_page() {
    let host = Responder::start(|request, _| {
        (request.method == "DELETE").then(|| Reply::Answer {
            status: 404,
            headers: vec![],
            body: "<h1>Nope</h1>".into(),
        })
    });
    let error = Writer::new(reader(&host)).delete_role(RemoteId(1)).await.unwrap_err();
    assert!(matches!(error, ApiError::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_post_of_unknown_outcome_is_sent_once() {
    let check = async |reply: fn() -> Reply, expected: &str| {
        let host = Responder::start(move |request, _| (request.target == "/api/2/roles").then(reply));
        let config = ClientConfig { timeout: Duration::from_millis(300), ..host.config() };
        let writer = Writer::new(Reader::new(config).unwrap());
        let error = writer.create_role("r").await.unwrap_err();
        assert!(error.may_have_run(), "{error:?}");
        assert_eq!(error.to_string(), expected);
        assert_eq!(host.count("POST /api/2/roles"), 1, "{expected}");
    };
    check(|| Reply::Drop, "POST /api/2/roles failed: the connection was lost").await;
    check(|| Reply::Hang, "POST /api/2/roles failed: no answer within 0.3 s").await;
    check(
        || Reply::json(504, "<h1>Gateway\u{202e} Timeout</h1>").with("x-request-id", "abc"),
        "POST /api/2/roles failed: 504: Gateway\\u{202E} Timeout (request id abc)",
    )
    .await;
    check(
        || Reply::json(201, r#"{"ok":true}"#),
        "POST /api/2/roles was answered unreadably: it does not hold the new role's id",
    )
    .await;
}

#[tokio::test]
async fn a_rejected_post_has_not_run() {
    let host = Responder::start(|request, _| {
        let body = r#"{"message":"Validation failed: Name has already been taken","statusCode":422,"name":"UnprocessableEntityError"}"#;
        (request.target == "/api/2/roles").then(|| Reply::json(422, body))
    });
    let error = Writer::new(reader(&host)).create_role("r").await.unwrap_err();
    assert!(!error.may_have_run());
    assert_eq!(error.status(), Some(422));
    assert_eq!(
        error.to_string(),
        "POST /api/2/roles was rejected with 422: Validation failed: Name has already been taken"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_never_sent_has_not_run() {
    // A port that was free a moment ago, with nobody behind it.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let host = Responder::start(|_, _| None);
    let url = Url::parse(&format!("http://{free}")).unwrap();
    let reader = Reader::new(ClientConfig { admin_base: url, ..host.config() }).unwrap();
    let error = Writer::new(reader).create_role("r").await.unwrap_err();
    assert!(matches!(error, ApiError::Unwell { may_have_run: false, source: None, .. }), "{error:?}");
    assert!(!error.may_have_run());
    assert!(error.to_string().contains("no connection could be made: Connection refused"), "{error}");
}

#[tokio::test]
async fn a_429_is_waited_for_as_told_and_then_sent_again() {
    let host = Responder::start(|request, earlier| match (request.target.as_str(), earlier) {
        ("/api/2/roles", 0) => Some(Reply::json(429, "{}").with("X-RateLimit-Reset", "1")),
        ("/api/2/roles", _) => Some(Reply::json(201, r#"[{"id":9}]"#)),
        _ => None,
    });
    let start = std::time::Instant::now();
    assert_eq!(Writer::new(reader(&host)).create_role("r").await.unwrap(), RemoteId(9));
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(host.count("POST /api/2/roles"), 2);
}

#[tokio::test]
async fn a_429_without_a_word_is_asked_about() {
    let limit = r#"{"data":{"X-RateLimit-Limit":5000,"X-RateLimit-Remaining":0,"X-RateLimit-Reset":1}}"#;
    let host = Responder::start(move |request, earlier| match (request.target.as_str(), earlier) {
        ("/auth/rate_limit", _) => Some(Reply::json(200, limit)),
        ("/api/2/roles/1", 0 | 1) => Some(Reply::json(429, "")),
        ("/api/2/roles/1", _) => Some(Reply::json(200, ROLE)),
        _ => None,
    });
    let reader = reader(&host);
    let (one, other) = tokio::join!(reader.role(RemoteId(1)), reader.role(RemoteId(1)));
    assert!(one.unwrap().is_some() && other.unwrap().is_some());
    assert_eq!(host.count("GET /auth/rate_limit"), 1, "one task asks for all");
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_an_error() {
    let host = Responder::start(|request, _| {
        (request.method == "GET").then(|| Reply::json(429, "").with("retry-after", "101"))
    });
    let error = reader(&host).role(RemoteId(1)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /api/2/roles/1 has to wait 101 s for OneLogin's quota, more than the 100 s allowed"
    );
}

#[tokio::test]
async fn an_unreadable_answer_is_not_absence() {
    let check = async |reply: fn() -> Reply| {
        let host = Responder::start(move |request, _| (request.method == "GET").then(reply));
        let error = reader(&host).server(RemoteId(1)).await.unwrap_err();
        assert!(matches!(error, ApiError::Unreadable { .. }), "{error:?}");
        assert_eq!(host.count("GET /api/2/api_authorizations/1"), 1);
    };
    check(|| Reply::json(200, "")).await;
    check(|| Reply::json(200, "[]")).await;
    check(|| Reply::json(200, "null")).await;
    check(|| Reply::json(200, r#"{"id":1,"name":"n"}"#)).await;
    check(|| Reply::json(200, r#"{"id":2,"name":"n","configuration":{"resource_identifier":"r","audiences":[]}}"#))
        .await;
    check(|| Reply::json(404, "<html>not here</html>")).await;
    check(|| Reply::json(302, "").with("location", "/elsewhere")).await;
    check(|| Reply::json(204, "")).await;
}

#[tokio::test]
async fn a_list_has_to_be_a_list() {
    let host = Responder::start(|request, _| (request.method == "GET").then(|| Reply::json(200, r#"{"scopes":[]}"#)));
    let reader = reader(&host);
    assert!(matches!(reader.scopes(RemoteId(1)).await, Err(ApiError::Unreadable { .. })));
    assert!(matches!(reader.claims(RemoteId(1)).await, Err(ApiError::Unreadable { .. })));
    assert!(matches!(reader.clients(RemoteId(1)).await, Err(ApiError::Unreadable { .. })));
    assert!(matches!(reader.list_servers().await, Err(ApiError::Unreadable { .. })));
    assert!(matches!(reader.list_apps().await, Err(ApiError::Unreadable { .. })));
    assert!(matches!(reader.list_roles().await, Err(ApiError::Unreadable { .. })));
}

#[test]
fn requests_go_nowhere_else() {
    let host = Responder::start(|_, _| None);
    let check = |base: &str, reroute: Reroute| {
        let config = ClientConfig { admin_base: Url::parse(base).unwrap(), reroute, ..host.config() };
        assert!(matches!(Reader::new(config), Err(ApiError::RefusedOrigin { .. })), "{base}");
    };
    check("http://acme.onelogin.com", Reroute::None);
    let to = host.url.clone();
    let reroute = Reroute::Emulator { tenant_origin: "https://acme.onelogin.com".into(), to };
    check("https://api.us.onelogin.com", reroute.clone());
    check(host.url.as_str(), reroute);
}

#[tokio::test]
async fn under_an_emulator_the_tenant_is_the_emulator() {
    let host = Responder::start(|_, _| None);
    let tenant = "https://acme.onelogin.com";
    let reroute = Reroute::Emulator { tenant_origin: tenant.into(), to: host.url.clone() };
    let config = ClientConfig { admin_base: Url::parse(tenant).unwrap(), reroute, ..host.config() };
    assert_eq!(Reader::new(config).unwrap().account_id().await.unwrap(), Some(555_555));
    assert_eq!(host.lines(), ["POST /auth/oauth2/v2/token"]);
}

#[test]
fn there_are_no_more_connections_than_slots() {
    let host = Responder::start(|request, _| (request.method == "GET").then(|| Reply::json(200, ROLE)));
    let reader = reader(&host);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let reads = (0..400).map(|_| reader.role(RemoteId(1)));
        futures_util::future::try_join_all(reads).await.unwrap();
    });
    assert!(host.connections() <= host.config().max_in_flight, "{} connections", host.connections());
}
