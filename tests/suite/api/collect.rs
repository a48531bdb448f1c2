//! Reading the account takes the requests it needs and no more.

use super::responder::{Reply, Responder, Seen};
use gatewright::api::Reader;
use gatewright::diagnostic::{Origin, Sourced};
use gatewright::live::{CollectError, Deletions, collect, collect_all, consequences};
use gatewright::model::{
    App, ClientIdCheck, DesiredState, Entry, EntryKey, External, ExternalBy, ExternalServer, Field, Flex, FlexStyle,
    Gateway, Kind, Policy, RemoteId, Replaces, Role, ScopeValue, Server, Tenant, Unmanaged, UserRef,
};
use std::collections::{BTreeMap, BTreeSet};

fn origin() -> Origin {
    Origin { file: "gatewright.yaml".into(), line: 1, column: 1, start: 0, end: 0 }
}

fn sourced<T>(value: T) -> Sourced<T> {
    Sourced::new(value, origin())
}

fn field<T>(value: T) -> Field<T> {
    Some(sourced(value))
}

fn server(identifier: &str) -> Server {
    Server {
        origin: origin(),
        id: None,
        renamed_from: None,
        name: None,
        description: None,
        resource_identifier: field(identifier.to_owned()),
        audiences: None,
        share_audience_with: vec![],
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        scopes: None,
        inherited_scopes: vec![],
        claims: None,
        clients: None,
        unmanaged: Unmanaged::Delete,
    }
}

fn app(name: &str) -> App {
    App {
        origin: origin(),
        id: None,
        renamed_from: None,
        name: field(name.to_owned()),
        description: None,
        notes: None,
        visible: None,
        application_type: None,
        token_endpoint_auth_method: None,
        redirect_uris: None,
        post_logout_redirect_uris: None,
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        roles: None,
        connector_id: None,
    }
}

fn role(name: &str, users: &[&str]) -> Role {
    let users = users.iter().map(|user| sourced(UserRef::parse(user))).collect();
    Role { origin: origin(), id: None, renamed_from: None, name: field(name.to_owned()), ensure_users: field(users) }
}

fn policy(server: &str, scopes: &[&str]) -> Policy {
    Policy {
        origin: origin(),
        authorization_server: sourced(EntryKey::new(server)),
        require_scopes: scopes.iter().map(|scope| sourced(ScopeValue::new(*scope))).collect(),
        require_any_scope: vec![],
        require_claims: BTreeMap::new(),
        audiences: None,
        jwks_ttl_minutes: None,
        client_id: ClientIdCheck::Skip,
        routes: vec![],
        open: true,
        output: sourced("p.yaml".into()),
        probes: vec![],
        gateway: Gateway::Flex(Flex {
            style: FlexStyle::Binding,
            api_instance: None,
            namespace: None,
            address: None,
            upstream: None,
        }),
    }
}

fn external<E>(by: ExternalBy, declared: E) -> External<E> {
    External { origin: origin(), by, declared }
}

fn nothing() -> DesiredState {
    DesiredState {
        tenant: Tenant { subdomain: "acme".into(), account_id: None, base_url: None },
        environment: None,
        config_digest: String::new(),
        roles: BTreeMap::new(),
        apps: BTreeMap::new(),
        servers: BTreeMap::new(),
        policies: BTreeMap::new(),
        replaces: Replaces::default(),
        notes: vec![],
    }
}

fn keyed<T, const N: usize>(entries: [(&str, T); N]) -> BTreeMap<EntryKey, T> {
    entries.into_iter().map(|(key, value)| (EntryKey::new(key), value)).collect()
}

/// An account with servers 10 to 15 (identifiers `r10` to `r15`), apps 20 to 22 (`a20` to `a22`; 22 is no OIDC app),
/// roles 30 and 31.
fn account(request: &Seen, _: usize) -> Option<Reply> {
    let server = |id: u64| {
        format!(
            r#"{{"id":{id},"name":"s{id}","configuration":{{"resource_identifier":"r{id}","audiences":["r{id}"]}}}}"#
        )
    };
    let path = request.target.split('?').next().unwrap();
    let parts: Vec<&str> = path.trim_start_matches("/api/2/").split('/').collect();
    let body = match parts.as_slice() {
        ["", "auth", "rate_limit"] => {
            r#"{"data":{"X-RateLimit-Limit":5000,"X-RateLimit-Remaining":4000,"X-RateLimit-Reset":9}}"#.to_owned()
        }
        ["api_authorizations"] => format!("[{}]", (10..16).map(server).collect::<Vec<_>>().join(",")),
        ["api_authorizations", id] => server(id.parse().unwrap()),
        ["api_authorizations", _, "scopes"] => r#"[{"id":1,"value":"read","description":""}]"#.to_owned(),
        ["api_authorizations", _, "claims"] => "[]".to_owned(),
        ["api_authorizations", "13", "clients"] => {
            r#"[{"app_id":20,"name":"a20","scopes":[]},{"app_id":21,"name":"a21","scopes":[]}]"#.to_owned()
        }
        ["api_authorizations", _, "clients"] => "[]".to_owned(),
        ["apps"] => {
            let row = |(id, method)| format!(r#"{{"id":{id},"name":"a{id}","auth_method":{method}}}"#);
            format!("[{}]", [(20, 8), (21, 8), (22, 2)].map(row).join(","))
        }
        ["apps", id] => {
            format!(r#"{{"id":{id},"name":"a{id}","visible":true,"role_ids":[],"configuration":{{}}}}"#)
        }
        ["roles"] => r#"[{"id":30,"name":"r30"},{"id":31,"name":"r31"}]"#.to_owned(),
        ["roles", _, "users"] => r#"[{"id":40},{"id":41}]"#.to_owned(),
        ["roles", _, "apps"] => r#"[{"id":21}]"#.to_owned(),
        ["users"] => r#"[{"id":40,"email":"u@example.com","username":"u"}]"#.to_owned(),
        _ => return None,
    };
    (request.method == "GET").then(|| Reply::json(200, body))
}

/// Returns what was asked, without the token, the quota, the lists and the page sizes.
fn details(host: &Responder) -> BTreeSet<String> {
    let lines = host.line_set();
    lines.into_iter().filter_map(|line| Some(line.strip_prefix("GET /api/2/")?.to_owned())).collect()
}

async fn check(desired: &DesiredState, expected: &[&str]) {
    let host = Responder::start(account);
    let reader = Reader::new(host.config()).unwrap();
    collect(&reader, desired).await.unwrap();
    assert_eq!(details(&host), expected.iter().map(|line| (*line).to_owned()).collect());
    // Each thing is asked once, and beside them the token and the quota.
    assert_eq!(host.lines().len(), expected.len() + 2);
    assert!(host.lines().starts_with(&["POST /auth/oauth2/v2/token".to_owned()]));
}

const SERVERS: &str = "api_authorizations";
const APPS: &str = "apps?limit=1000";
const ROLES: &str = "roles?limit=100";

#[tokio::test]
async fn lists_are_read_where_the_file_speaks_of_them() {
    check(&nothing(), &[]).await;
    let by_name = |name: &str| ExternalBy::Name(name.into());
    let external_app = Entry::External(external(by_name("a20"), ()));
    check(&DesiredState { apps: keyed([("a", external_app)]), ..nothing() }, &[APPS]).await;
    let rolled = App { roles: field(vec![]), ..app("a99") };
    check(&DesiredState { apps: keyed([("a", Entry::Present(rolled))]), ..nothing() }, &[APPS, ROLES]).await;
    let external_role = Entry::External(external(by_name("r30"), ()));
    check(&DesiredState { roles: keyed([("r", external_role)]), ..nothing() }, &[ROLES]).await;
    let external_server = Entry::External(external(by_name("r10"), ExternalServer::default()));
    check(&DesiredState { servers: keyed([("s", external_server)]), ..nothing() }, &[SERVERS]).await;
}

#[tokio::test]
async fn children_are_read_where_the_file_declares_them() {
    let one = async |entry: Entry<Server, ExternalServer>, policies: Vec<Policy>, children: &[&str]| {
        let policies = policies.into_iter().map(|policy| (EntryKey::new("p"), policy)).collect();
        let desired = DesiredState { servers: keyed([("s", entry)]), policies, ..nothing() };
        let mut expected = vec![SERVERS];
        expected.extend_from_slice(children);
        check(&desired, &expected).await;
    };
    const SELF: &str = "api_authorizations/10";
    const SCOPES: &str = "api_authorizations/10/scopes";
    const CLAIMS: &str = "api_authorizations/10/claims";
    const CLIENTS: &str = "api_authorizations/10/clients";
    let bare = || server("r10");
    let scope = |value| {
        (ScopeValue::new(value), gatewright::model::Scope { origin: origin(), description: None, renamed_from: None })
    };
    let with_scopes = || Server { scopes: field([scope("read")].into()), ..bare() };
    let theirs = |scopes: Option<BTreeSet<ScopeValue>>| {
        Entry::External(external(ExternalBy::Name("r10".into()), ExternalServer { audiences: None, scopes }))
    };
    one(Entry::Present(bare()), vec![], &[SELF]).await;
    one(Entry::Present(with_scopes()), vec![], &[SELF, SCOPES]).await;
    let with_claims = Server { claims: field(BTreeMap::new()), ..bare() };
    one(Entry::Present(with_claims), vec![], &[SELF, CLAIMS]).await;
    let with_clients = Server { clients: field(BTreeMap::new()), ..bare() };
    one(Entry::Present(with_clients), vec![], &[SELF, SCOPES, CLIENTS]).await;
    let inheriting = Server { inherited_scopes: vec![sourced(ScopeValue::new("openid"))], ..bare() };
    one(Entry::Present(inheriting), vec![], &[SELF, SCOPES]).await;
    one(Entry::Present(bare()), vec![policy("s", &[])], &[SELF, CLIENTS]).await;
    one(Entry::Present(bare()), vec![policy("s", &["read"])], &[SELF, SCOPES, CLIENTS]).await;
    one(Entry::Present(with_scopes()), vec![policy("s", &["read"])], &[SELF, SCOPES, CLIENTS]).await;
    one(Entry::Absent(bare()), vec![], &[SELF, SCOPES, CLAIMS, CLIENTS]).await;
    one(Entry::Present(server("r99")), vec![], &[]).await;
    // A near miss is a problem, and what has a problem is not read.
    one(Entry::Present(server("R10")), vec![], &[]).await;
    one(theirs(None), vec![], &[]).await;
    one(theirs(None), vec![policy("s", &["read"])], &[SELF, SCOPES, CLIENTS]).await;
    one(theirs(Some(BTreeSet::new())), vec![policy("s", &["read"])], &[SELF, CLIENTS]).await;
}

#[tokio::test]
async fn apps_members_and_users_are_read_once() {
    let roles = keyed([
        ("one", Entry::Present(role("r30", &["u@example.com", "u"]))),
        ("two", Entry::Present(role("r99", &["u@example.com"]))),
        ("three", Entry::Present(role("r31", &[]))),
    ]);
    let apps = keyed([
        ("ours", Entry::Present(app("a20"))),
        ("gone", Entry::Absent(app("a21"))),
        ("new", Entry::Present(app("a22"))),
    ]);
    let expected = [
        APPS,
        ROLES,
        "apps/20",
        "apps/21",
        "roles/30/users?limit=100",
        "users?email=u%40example.com&limit=50",
        "users?username=u&limit=50",
        // The app that goes takes its bindings along, on whatever server.
        SERVERS,
        "api_authorizations/10/clients",
        "api_authorizations/11/clients",
        "api_authorizations/12/clients",
        "api_authorizations/13/clients",
        "api_authorizations/14/clients",
        "api_authorizations/15/clients",
    ];
    check(&DesiredState { roles, apps, ..nothing() }, &expected).await;
}

#[tokio::test]
async fn what_was_read_is_sorted_and_whole() {
    let host = Responder::start(account);
    let reader = Reader::new(host.config()).unwrap();
    let roles = keyed([("one", Entry::Present(role("r30", &["u@example.com"])))]);
    let servers = keyed([("s", Entry::Absent(server("r13")))]);
    let live = collect(&reader, &DesiredState { roles, servers, ..nothing() }).await.unwrap();
    assert_eq!(live.account_id, Some(555_555));
    assert_eq!(live.lists.servers.len(), 6);
    assert_eq!(live.role_members[&RemoteId(30)], BTreeSet::from([RemoteId(40), RemoteId(41)]));
    assert_eq!(live.users[&UserRef::Email("u@example.com".into())][0].id, RemoteId(40));
    let server = &live.servers[&RemoteId(13)];
    assert_eq!(server.clients.as_ref().unwrap().len(), 2);
    assert_eq!((server.scopes.as_ref().map(Vec::len), server.claims.as_ref().map(Vec::len)), (Some(1), Some(0)));
}

#[tokio::test]
async fn an_export_reads_everything_but_people() {
    let host = Responder::start(account);
    let live = collect_all(&Reader::new(host.config()).unwrap()).await.unwrap();
    assert_eq!((live.servers.len(), live.apps.len(), live.lists.roles.len()), (6, 2, 2));
    assert_eq!(host.lines().len(), 2 + 3 + 4 * 6 + 2);
}

#[tokio::test]
async fn what_vanishes_meanwhile_is_told() {
    let check = async |gone: &'static str, desired: DesiredState, expected: (Kind, u64)| {
        let host = Responder::start(
            move |request, earlier| {
                if request.target.starts_with(gone) { None } else { account(request, earlier) }
            },
        );
        let error = collect(&Reader::new(host.config()).unwrap(), &desired).await.unwrap_err();
        match error {
            CollectError::Moved { kind, id, name: _ } => assert_eq!((kind, id.0), expected),
            other => panic!("{other:?}"),
        }
    };
    let servers = || DesiredState { servers: keyed([("s", Entry::Absent(server("r10")))]), ..nothing() };
    check("/api/2/api_authorizations/10", servers(), (Kind::AuthorizationServer, 10)).await;
    check("/api/2/api_authorizations/10/claims", servers(), (Kind::AuthorizationServer, 10)).await;
    let apps = DesiredState { apps: keyed([("a", Entry::Present(app("a20")))]), ..nothing() };
    check("/api/2/apps/20", apps, (Kind::OidcApp, 20)).await;
    let roles = DesiredState { roles: keyed([("r", Entry::Present(role("r30", &["u"])))]), ..nothing() };
    check("/api/2/roles/30/users", roles, (Kind::Role, 30)).await;
}

#[tokio::test]
async fn what_deletes_take_along_costs_a_request_a_server() {
    let host = Responder::start(account);
    let reader = Reader::new(host.config()).unwrap();
    let desired = DesiredState {
        apps: keyed([("a", Entry::Absent(app("a20")))]),
        servers: keyed([("s", Entry::Absent(server("r10")))]),
        ..nothing()
    };
    let live = collect(&reader, &desired).await.unwrap();
    let before = host.lines().len();
    let none = consequences(&reader, &desired, &live, &Deletions::default()).await.unwrap();
    assert_eq!((none.bindings.len(), none.role_apps.len(), host.lines().len()), (0, 0, before));
    let deletions = Deletions { apps: [RemoteId(20)].into(), roles: [RemoteId(31)].into() };
    let found = consequences(&reader, &desired, &live, &deletions).await.unwrap();
    // Five servers are not listed; the listed one has been read. The apps and the members of the role are a list each.
    assert_eq!(host.lines().len(), before + 5 + 2);
    let bindings: Vec<(u64, u64)> = found
        .bindings
        .iter()
        .flat_map(|(server, clients)| clients.iter().map(|one| (server.0, one.app_id.0)))
        .collect();
    assert_eq!(bindings, [(13, 20)]);
    assert_eq!(found.role_members.keys().collect::<Vec<_>>(), [&RemoteId(31)]);
    assert_eq!(found.role_members[&RemoteId(31)].len(), 2);
    assert_eq!(found.role_apps, BTreeMap::from([(RemoteId(31), BTreeSet::from([RemoteId(21)]))]));
}

#[test]
fn a_read_can_be_handed_to_another_thread() {
    let is_send = |_: &(dyn Send + Sync)| ();
    let host = Responder::start(account);
    let reader = Reader::new(host.config()).unwrap();
    is_send(&reader);
    let desired = nothing();
    let read: Box<dyn Future<Output = _> + Send> = Box::new(collect(&reader, &desired));
    drop(read);
}

#[tokio::test]
async fn a_pinned_server_is_looked_for_beyond_a_full_list() {
    let host = Responder::start(|request, earlier| {
        if request.target != "/api/2/api_authorizations" {
            return account(request, earlier);
        }
        let row = |id| {
            format!(r#"{{"id":{id},"name":"n","configuration":{{"resource_identifier":"x{id}","audiences":[]}}}}"#)
        };
        Some(Reply::json(200, format!("[{}]", (1000..2000).map(row).collect::<Vec<_>>().join(","))))
    });
    let reader = Reader::new(host.config()).unwrap();
    let pinned = |id| Server { id: field(RemoteId(id)), ..server("r") };
    let desired = |id| DesiredState { servers: keyed([("s", Entry::Present(pinned(id)))]), ..nothing() };
    let live = collect(&reader, &desired(15)).await.unwrap();
    assert!(live.lists.servers_truncated && live.servers.contains_key(&RemoteId(15)));
    let host = Responder::start(|request, earlier| match request.target.as_str() {
        "/api/2/api_authorizations/16" => None,
        "/api/2/api_authorizations" => {
            let row = r#"{"id":1,"name":"n","configuration":{"resource_identifier":"x","audiences":[]}}"#;
            Some(Reply::json(200, format!("[{}]", vec![row; 1000].join(","))))
        }
        _ => account(request, earlier),
    });
    let error = collect(&Reader::new(host.config()).unwrap(), &desired(16)).await.unwrap_err();
    assert!(matches!(error, CollectError::PinnedMissing { id: RemoteId(16) }), "{error:?}");
}
