//! The token: one for all, checked first, renewed once.

use super::responder::{ADMIN_SECRET, Reply, Responder, TOKEN};
use gatewright::api::{ApiError, ClientConfig, Reader, Writer};
use gatewright::model::RemoteId;

const TOKEN_LINE: &str = "POST /auth/oauth2/v2/token";
const ROLE: &str = r#"{"id":1,"name":"r"}"#;

#[tokio::test]
async fn one_token_serves_all_callers() {
    let host = Responder::start(|request, _| (request.method == "GET").then(|| Reply::json(200, ROLE)));
    let reader = Reader::new(host.config()).unwrap();
    let (one, other, account) = tokio::join!(reader.role(RemoteId(1)), reader.role(RemoteId(1)), reader.account_id());
    assert_eq!((one.unwrap().unwrap().name, other.unwrap().unwrap().name), ("r".into(), "r".into()));
    assert_eq!(account.unwrap(), Some(555_555));
    assert_eq!(host.count(TOKEN_LINE), 1);
    let seen = host.seen();
    // Basic base64("admin:admin-s3cret"), as official clients send it.
    assert_eq!(seen[0].authorization, "Basic YWRtaW46YWRtaW4tczNjcmV0");
    assert_eq!(seen[0].body, r#"{"grant_type":"client_credentials"}"#);
    assert_eq!(seen[1].authorization, format!("Bearer {TOKEN}"));
    assert_eq!(reader.requests_made(), 3);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all() {
    let host = Responder::start(|request, earlier| match request.target.as_str() {
        "/auth/oauth2/v2/token" if earlier > 0 => Some(Reply::json(200, r#"{"access_token":"new"}"#)),
        "/auth/oauth2/v2/token" => None,
        _ if request.authorization == "Bearer new" => Some(Reply::json(200, ROLE)),
        _ => Some(Reply::json(401, r#"{"message":"Unauthorized","statusCode":401,"name":"UnauthorizedError"}"#)),
    });
    let reader = Reader::new(host.config()).unwrap();
    let (one, other) = tokio::join!(reader.role(RemoteId(1)), reader.role(RemoteId(1)));
    assert!(one.unwrap().is_some() && other.unwrap().is_some());
    assert_eq!(host.count(TOKEN_LINE), 2);
}

#[tokio::test]
async fn a_token_refused_twice_is_an_error() {
    let host = Responder::start(|request, _| (request.method == "GET").then(|| Reply::json(401, "{}")));
    let reader = Reader::new(host.config()).unwrap();
    let error = reader.role(RemoteId(1)).await.unwrap_err();
    assert!(matches!(error, ApiError::Rejected { status: 401, .. }), "{error:?}");
    assert_eq!((host.count(TOKEN_LINE), host.count("GET /api/2/roles/1")), (2, 2));
}

#[tokio::test]
async fn refused_credentials_are_told_and_not_shown() {
    let echo = format!(r#"{{"status":{{"error":true,"code":401,"message":"no such pair {ADMIN_SECRET}"}}}}"#);
    let host = Responder::start(move |_, _| Some(Reply::json(401, echo.clone()).with("x-request-id", "req-1")));
    let reader = Reader::new(host.config()).unwrap();
    let error = reader.account_id().await.unwrap_err();
    assert!(matches!(error, ApiError::Credentials { status: 401, .. }), "{error:?}");
    assert_eq!(error.to_string(), "the credentials were not accepted with 401: no such pair *** (request id req-1)");
    assert!(!format!("{error:?} {:?}", host.config()).contains(ADMIN_SECRET));
    assert!(!error.may_have_run());
    assert_eq!(host.lines(), [TOKEN_LINE]);
}

#[tokio::test]
async fn another_account_is_refused_before_anything_else() {
    let check = async |body: &'static str, actual: Option<u64>| {
        let host = Responder::start(move |request, _| (request.method == "POST").then(|| Reply::json(200, body)));
        let reader = Reader::new(ClientConfig { expected_account_id: Some(7), ..host.config() }).unwrap();
        let error = reader.list_servers().await.unwrap_err();
        match error {
            ApiError::AccountMismatch { expected: 7, actual: found } => assert_eq!(found, actual),
            other => panic!("{other:?}"),
        }
        assert_eq!(host.lines(), [TOKEN_LINE]);
    };
    check(r#"{"access_token":"a","account_id":8}"#, Some(8)).await;
    check(r#"{"access_token":"a"}"#, None).await;
}

#[tokio::test]
async fn an_unreadable_token_answer_is_not_quoted() {
    let host = Responder::start(|_, _| Some(Reply::json(200, r#"{"access_token":["hush"]}"#)));
    let error = Reader::new(host.config()).unwrap().account_id().await.unwrap_err();
    assert!(matches!(error, ApiError::Unreadable { .. }));
    assert!(!format!("{error} {error:?}").contains("hush"));
}

#[tokio::test]
async fn a_write_without_a_token_has_not_run() {
    let check = async |reply: fn() -> Reply| {
        let host = Responder::start(move |_, _| Some(reply()));
        let writer = Writer::new(Reader::new(host.config()).unwrap());
        let error = writer.create_role("r").await.unwrap_err();
        assert!(!error.may_have_run(), "{error:?}");
        assert_eq!(host.lines(), [TOKEN_LINE]);
    };
    check(|| Reply::json(200, "{}")).await;
    check(|| Reply::json(302, "").with("location", "https://elsewhere.example.com/")).await;
}
