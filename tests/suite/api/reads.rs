//! What reads send, and what they make of the answers.

use super::responder::{Reply, Responder, Seen};
use gatewright::api::{ApiError, Reader};
use gatewright::model::{AppSummary, ClaimSource, RemoteId, UserRef};
use std::collections::BTreeSet;

fn reader(host: &Responder) -> Reader {
    Reader::new(host.config()).unwrap()
}

/// Starts a host that answers GETs by target.
fn answers(table: &'static [(&'static str, &'static str)]) -> Responder {
    Responder::start(move |request, _| {
        let found = table.iter().find(|(target, _)| *target == request.target);
        found.map(|(_, body)| Reply::json(200, *body))
    })
}

#[tokio::test]
async fn a_reader_sends_nothing_but_get_and_the_token_post() {
    let host = Responder::start(|request, _| match request.method.as_str() {
        "GET" if request.target.starts_with("/auth/rate_limit") => Some(Reply::json(
            200,
            r#"{"data":{"X-RateLimit-Limit":5000,"X-RateLimit-Remaining":4988,"X-RateLimit-Reset":832}}"#,
        )),
        "GET" if request.target.ends_with("/1") => None,
        "GET" => Some(Reply::json(200, "[]")),
        _ => None,
    });
    let reader = reader(&host);
    let id = RemoteId(1);
    reader.account_id().await.unwrap();
    assert_eq!(reader.rate_limit().await.unwrap().remaining, 4988);
    assert_eq!(reader.quota().unwrap().reset.as_secs(), 832);
    reader.list_servers().await.unwrap();
    reader.servers_named("a").await.unwrap();
    assert!(reader.server(id).await.unwrap().is_none());
    reader.scopes(id).await.unwrap();
    reader.claims(id).await.unwrap();
    reader.clients(id).await.unwrap();
    reader.list_apps().await.unwrap();
    reader.apps_named("a").await.unwrap();
    assert!(reader.app(id).await.unwrap().is_none());
    reader.list_roles().await.unwrap();
    reader.roles_named("a").await.unwrap();
    assert!(reader.role(id).await.unwrap().is_none());
    reader.role_members(id).await.unwrap();
    reader.role_apps(id).await.unwrap();
    reader.users(&UserRef::parse("a@example.com")).await.unwrap();
    assert!(matches!(reader.oidc_connector().await, Err(ApiError::Connector { .. })));
    let writes: Vec<String> = host.lines().into_iter().filter(|line| !line.starts_with("GET ")).collect();
    assert_eq!(writes, ["POST /auth/oauth2/v2/token"]);
    let expected = [
        "GET /api/2/api_authorizations",
        "GET /api/2/api_authorizations/1",
        "GET /api/2/api_authorizations/1/claims",
        "GET /api/2/api_authorizations/1/clients",
        "GET /api/2/api_authorizations/1/scopes",
        "GET /api/2/api_authorizations?name=a",
        "GET /api/2/apps/1",
        "GET /api/2/apps?limit=1000",
        "GET /api/2/apps?name=a&limit=1000",
        "GET /api/2/connectors?name=OpenId+Connect*&auth_method=8&limit=1000",
        "GET /api/2/roles/1",
        "GET /api/2/roles/1/apps?limit=100",
        "GET /api/2/roles/1/users?limit=100",
        "GET /api/2/roles?limit=100",
        "GET /api/2/roles?name=a&limit=100",
        "GET /api/2/users?email=a%40example.com&limit=50",
        "GET /auth/rate_limit",
        "POST /auth/oauth2/v2/token",
    ];
    assert_eq!(host.line_set(), expected.map(str::to_owned).into());
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let host = Responder::start(|request, _| {
        let page =
            |body: &str, cursor: &str| Reply::json(200, body).with("After-Cursor", cursor).with("Total-Count", "3");
        match request.target.as_str() {
            "/api/2/roles?name=R&limit=100" => {
                Some(page(r#"[{"id":3,"name":"R"},{"id":1,"name":"R"}]"#, "Y3Vyc29yPTI="))
            }
            // The filter stays, the page size goes: both together are a 400. One row has moved and comes twice.
            "/api/2/roles?name=R&cursor=Y3Vyc29yPTI%3D" => {
                Some(page(r#"[{"id":1,"name":"R"},{"id":2,"name":"r"}]"#, ""))
            }
            _ => None,
        }
    });
    let roles = reader(&host).roles_named("R").await.unwrap();
    assert_eq!(roles.iter().map(|role| role.id.0).collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test]
async fn a_cursor_that_leads_nowhere_ends() {
    let host = Responder::start(|request, _| {
        (request.method == "GET").then(|| Reply::json(200, "[]").with("After-Cursor", "same"))
    });
    let error = reader(&host).list_apps().await.unwrap_err();
    assert!(matches!(error, ApiError::Unreadable { .. }), "{error:?}");
    assert_eq!(host.lines().len(), 3);
}

/// Answers two pages of roles; the count on the second is one less for the first so many readings.
fn moving(readings: usize) -> Responder {
    Responder::start(move |request: &Seen, earlier| match request.target.as_str() {
        "/api/2/roles?limit=100" => {
            Some(Reply::json(200, r#"[{"id":1,"name":"a"}]"#).with("After-Cursor", "2").with("Total-Count", "2"))
        }
        "/api/2/roles?cursor=2" => {
            let count = if earlier < readings { "1" } else { "2" };
            Some(Reply::json(200, r#"[{"id":2,"name":"b"}]"#).with("Total-Count", count))
        }
        _ => None,
    })
}

#[tokio::test]
async fn a_list_that_moves_is_read_again_and_never_returned_short() {
    assert_eq!(reader(&moving(1)).list_roles().await.unwrap().len(), 2);
    assert!(matches!(reader(&moving(9)).list_roles().await, Err(ApiError::Unreadable { .. })));
}

#[tokio::test]
async fn the_documented_objects_are_read() {
    let host = answers(&[
        (
            "/api/2/api_authorizations/1022697",
            r#"{"id":1022697,"name":"R&amp;D API","description":null,"onelogin":false,"extra":[1],
                "configuration":{"resource_identifier":"https://example.com/contacts","audiences":["b","a"],
                "access_token_expiration_minutes":10,"refresh_token_expiration_minutes":null}}"#,
        ),
        (
            "/api/2/api_authorizations/1022697/scopes",
            r#"[{"id":2,"value":"b","description":null},{"id":1,"value":"a","description":"A","inherited":true}]"#,
        ),
        (
            "/api/2/api_authorizations/1022697/claims",
            r#"[{"id":120,"label":"sn","name":"sn","user_attribute_mappings":"_macro_","user_attribute_macros":"{x}",
                "attribute_transformations":"t","skip_if_blank":false,"values":null,"inherited":false}]"#,
        ),
        (
            "/api/2/api_authorizations/1022697/clients",
            r#"[{"app_id":9,"api_auth_id":1022697,"name":"W","scopes":[{"id":2,"value":"b"},{"id":1,"value":"a"}]},
                {"app_id":8,"api_auth_id":1022697,"name":"V","scopes":[]}]"#,
        ),
        (
            "/api/2/apps/775664",
            r#"{"id":775664,"name":"My app","visible":true,"description":null,"notes":null,"auth_method":8,
                "connector_id":108419,"role_ids":[2,1],"sso":{"client_id":"78d1","client_secret":""},
                "configuration":{"redirect_uri":"https://a/cb\nhttps://b/cb,https://c/cb","include_amr_claims":false}}"#,
        ),
    ]);
    let reader = reader(&host);
    let id = RemoteId(1_022_697);
    let server = reader.server(id).await.unwrap().unwrap();
    assert_eq!((server.name.as_str(), server.description.as_deref()), ("R&amp;D API", None));
    assert_eq!(server.audiences, ["b", "a"]);
    assert_eq!(server.access_token_expiration_minutes, Some(10));
    assert_eq!(server.refresh_token_expiration_minutes, None);
    assert!(server.raw.0.contains_key("extra") && server.scopes.is_none());
    let scopes = reader.scopes(id).await.unwrap();
    assert_eq!(scopes.iter().map(|scope| (scope.id.0, scope.inherited)).collect::<Vec<_>>(), [(1, true), (2, false)]);
    let claims = reader.claims(id).await.unwrap();
    assert_eq!(claims[0].source, Some(ClaimSource::Macro("{x}".into())));
    assert_eq!(claims[0].transformation.as_deref(), Some("t"));
    let clients = reader.clients(id).await.unwrap();
    assert_eq!(clients.iter().map(|client| client.app_id.0).collect::<Vec<_>>(), [8, 9]);
    assert_eq!(clients[1].scopes.iter().map(|scope| scope.value.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let app = reader.app(RemoteId(775_664)).await.unwrap().unwrap();
    assert_eq!(app.redirect_uris, ["https://a/cb", "https://b/cb", "https://c/cb"]);
    assert_eq!(app.role_ids, BTreeSet::from([RemoteId(1), RemoteId(2)]));
    assert_eq!((app.application_type.as_str(), app.token_endpoint_auth_method.as_str()), ("web", "basic"));
    assert_eq!(app.client_id.as_deref(), Some("78d1"));
}

#[tokio::test]
async fn an_app_without_its_roles_is_unreadable() {
    let host = answers(&[(
        "/api/2/apps/1",
        r#"{"id":1,"name":"n","visible":true,"auth_method":8,"configuration":{"redirect_uri":["https://a"]}}"#,
    )]);
    assert!(matches!(reader(&host).app(RemoteId(1)).await, Err(ApiError::Unreadable { .. })));
}

#[tokio::test]
async fn a_full_server_list_may_be_cut_off() {
    let rows = |count: u64| {
        let row = |id| {
            format!(r#"{{"id":{id},"name":"n","configuration":{{"resource_identifier":"r{id}","audiences":[]}}}}"#)
        };
        format!("[{}]", (0..count).rev().map(row).collect::<Vec<_>>().join(","))
    };
    let check = async |count, truncated| {
        let body = rows(count);
        let host =
            Responder::start(move |request, _| (request.method == "GET").then(|| Reply::json(200, body.clone())));
        let list = reader(&host).list_servers().await.unwrap();
        assert_eq!((list.servers.len() as u64, list.truncated), (count, truncated));
        assert!(list.servers.is_sorted_by_key(|server| server.id));
    };
    check(999, false).await;
    check(1000, true).await;
}

#[tokio::test]
async fn names_are_compared_by_meaning_and_users_without_case() {
    let host = answers(&[
        (
            "/api/2/apps?name=R%26D&limit=1000",
            r#"[{"id":1,"name":"R&amp;D","auth_method":8},{"id":2,"name":"R&D web","auth_method":8},{"id":3,"name":"R&D","auth_method":2}]"#,
        ),
        (
            "/api/2/users?email=Tester%40example.com&limit=50",
            r#"[{"id":7,"email":"tester@Example.com","username":null},{"id":8,"email":"other-tester@example.com"}]"#,
        ),
        ("/api/2/users?username=tester&limit=50", r#"[{"id":7,"email":"t@example.com","username":"Tester"}]"#),
    ]);
    let reader = reader(&host);
    let apps = reader.apps_named("R&D").await.unwrap();
    assert_eq!(
        apps.iter().map(|app| (app.id.0, AppSummary::is_oidc(app))).collect::<Vec<_>>(),
        [(1, true), (3, false)]
    );
    let ids = async |name| {
        reader.users(&UserRef::parse(name)).await.unwrap().iter().map(|user| user.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids("Tester@example.com").await, [7]);
    assert_eq!(ids("tester").await, [7]);
}

#[tokio::test]
async fn the_connector_is_found_by_name_once() {
    let host = answers(&[(
        "/api/2/connectors?name=OpenId+Connect*&auth_method=8&limit=1000",
        r#"[{"id":38568,"name":"OpenId Connect (OIDC)","auth_method":8},{"id":2,"name":"OpenId Connect (old)","auth_method":8}]"#,
    )]);
    let reader = reader(&host);
    assert_eq!(reader.oidc_connector().await.unwrap(), RemoteId(38568));
    assert_eq!(reader.clone().oidc_connector().await.unwrap(), RemoteId(38568));
    assert_eq!(host.lines().len(), 2);
}

#[test]
fn the_way_that_writes_opens_for_the_writer_alone() {
    let reader = include_str!("../../../src/api/reader.rs");
    for word in ["WriteLink", "WriteKey", "Transport", "reqwest"] {
        assert!(!reader.contains(word), "the reader knows `{word}`");
    }
    let link = include_str!("../../../src/api/link.rs");
    let (reads, writes) = link.split_once("impl WriteLink").unwrap();
    assert!(writes.contains("fn new(link: &ReadLink, _: WriteKey)"));
    assert_eq!(reads.split("impl ReadLink").nth(1).unwrap().matches("Method::").collect::<Vec<_>>(), ["Method::"]);
    assert!(reads.contains("method: Method::GET"));
    let writer = include_str!("../../../src/api/writer.rs");
    assert!(writer.contains("pub(super) struct WriteKey(());"), "its field is private");
}
