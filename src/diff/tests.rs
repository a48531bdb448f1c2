//! Small files against small accounts: what changes, what it means, and what is refused.

use super::{
    Action, AppCreate, AppOperation, ClientOperation, Diff, Edit, Impact, ObjectRef, Reason, RefusalKind, ScopeRef,
    diff,
};
use crate::diagnostic::Sourced;
use crate::model::sample::{
    account, app, at, claims, clients, file, file_of_servers, key, live_app, live_claim, live_client, live_scope,
    live_server, role, scopes, server, text,
};
use crate::model::{
    Address, App, ApplicationType, Claim, ClaimName, DesiredState, Entry, LiveApp, LiveScope, LiveServer, LiveState,
    NewApp, RemoteId, Role, Scope, ScopeValue, Server, TokenEndpointAuthMethod, Unmanaged,
};
use std::collections::{BTreeMap, BTreeSet};

const URL: &str = "https://a";

/// Compares, and expects these changes, as `action address (impact)` without the server's own address before a child's.
fn check(case: &str, desired: &DesiredState, live: &LiveState, expected: &[&str]) -> Diff {
    let found = diff(desired, live);
    assert_eq!(found.problems, vec![], "{case}");
    assert_eq!(found.refusals, vec![], "{case}");
    assert_eq!(lines(&found), expected, "{case}");
    found
}

fn lines(found: &Diff) -> Vec<String> {
    let line = |change: &super::Change| {
        let address = change.address.to_string().replace("authorization_server/x/", "");
        format!("{} {address} ({})", change.action().as_str(), change.impact.as_str())
    };
    found.changes.iter().map(line).collect()
}

/// Expects exactly these refusals and no change of the refused object.
fn refused(case: &str, desired: &DesiredState, live: &LiveState, expected: &[RefusalKind]) -> Diff {
    let found = diff(desired, live);
    let kinds: Vec<&RefusalKind> = found.refusals.iter().map(|refusal| &refusal.kind).collect();
    assert_eq!(kinds, expected.iter().collect::<Vec<_>>(), "{case}");
    found
}

fn notes(found: &Diff) -> Vec<&str> {
    let remarks = found.remarks.iter().map(|remark| &remark.note);
    let mut notes: Vec<&str> = found.notes.iter().chain(remarks).map(|note| note.text.as_str()).collect();
    notes.sort_unstable();
    notes
}

fn one(server: Server) -> DesiredState {
    file_of_servers([("x", server)])
}

fn with_apps(desired: DesiredState, names: &[&str]) -> DesiredState {
    let apps = names.iter().map(|name| (key(name), Entry::Present(app(name)))).collect();
    DesiredState { apps, ..desired }
}

fn renamed_scope(value: &str, old: &str) -> Option<Sourced<BTreeMap<ScopeValue, Scope>>> {
    let mut scopes = scopes(&[value]);
    for scope in scopes.iter_mut().flat_map(|scopes| scopes.value.values_mut()) {
        scope.renamed_from = Some(at(ScopeValue::new(old)));
    }
    scopes
}

fn with_scopes(live: &[LiveScope]) -> LiveServer {
    LiveServer { scopes: Some(live.to_vec()), ..live_server(1, "API", URL) }
}

#[test]
fn an_absent_block_is_left_alone_and_a_present_one_is_complete() {
    let [read, write] = [live_scope(11, "read"), live_scope(12, "write")];
    let bound = LiveServer {
        claims: Some(vec![live_claim(21, "email")]),
        clients: Some(vec![live_client(5, "web", &[&read]), live_client(6, "batch", &[&write])]),
        ..with_scopes(&[read.clone(), write.clone()])
    };
    let live = account(vec![bound], vec![live_app(5, "web"), live_app(6, "batch")], &[]);
    let of = |server: Server| with_apps(one(server), &["web", "batch"]);
    let bare = || server("API", URL);

    let found = check("absent", &of(bare()), &live, &[]);
    assert_eq!(notes(&found).iter().filter(|note| note.contains("stay in force")).count(), 3);
    check(
        "empty",
        &of(Server { scopes: scopes(&[]), ..bare() }),
        &live,
        &["delete scope/read (breaks)", "delete scope/write (breaks)"],
    );
    check("claims", &of(Server { claims: claims(&[]), ..bare() }), &live, &["delete claim/email (breaks)"]);
    let bindings = &["delete client/batch (breaks)", "update client/web (widens)"];
    let listed = || clients(&[("web", &["read", "write"])]);
    check("clients", &of(Server { clients: listed(), ..bare() }), &live, bindings);
    let keep = Server {
        clients: listed(),
        claims: claims(&[]),
        scopes: scopes(&["read"]),
        unmanaged: Unmanaged::Keep,
        ..bare()
    };
    check("a listed client is complete all the same", &of(keep), &live, &["update client/web (widens)"]);
    let less = Server { clients: clients(&[("web", &[]), ("batch", &["write"])]), ..bare() };
    check("less", &of(less), &live, &["update client/web (narrows)"]);
}

#[test]
fn a_granted_value_is_the_files_or_live() {
    let inherited = LiveScope { inherited: true, ..live_scope(12, "openid") };
    let live = account(vec![with_scopes(&[live_scope(11, "read"), inherited])], vec![live_app(5, "web")], &[]);
    let of = |server: Server| with_apps(one(server), &["web"]);
    let grants = |value: &'static str| Server { clients: clients(&[("web", &[value])]), ..server("API", URL) };
    let keep = |server: Server| Server { scopes: scopes(&[]), unmanaged: Unmanaged::Keep, ..server };
    let bind = &["create client/web (widens)"];
    check("no scopes listed", &of(grants("read")), &live, bind);
    check("kept", &of(keep(grants("read"))), &live, bind);
    let supplied = Server { inherited_scopes: vec![at(ScopeValue::new("openid"))], ..grants("openid") };
    check("inherited", &of(supplied), &live, bind);
    let not_live = |value: &str, nearest: Option<&str>| RefusalKind::ScopeNotLive {
        value: value.to_owned(),
        nearest: nearest.map(str::to_owned),
    };
    refused("not live", &of(grants("reed")), &live, &[not_live("reed", Some("read"))]);
    refused("kept, not live", &of(keep(grants("write"))), &live, &[not_live("write", None)]);
    let wrong = Server { inherited_scopes: vec![at(ScopeValue::new("email"))], ..server("API", URL) };
    refused("inherited, not live", &of(wrong), &live, &[not_live("email", None)]);
}

#[test]
fn what_onelogin_supplies_is_never_touched() {
    let scope = LiveScope { inherited: true, ..live_scope(11, "openid") };
    let claim = crate::model::LiveClaim { inherited: true, ..live_claim(21, "sub") };
    let supplied = LiveServer { claims: Some(vec![claim]), ..with_scopes(&[scope]) };
    let live = account(vec![supplied], Vec::new(), &[]);
    let empty = Server { scopes: scopes(&[]), claims: claims(&[]), ..server("API", URL) };
    let found = check("beyond the file", &one(empty), &live, &[]);
    assert_eq!(found.totals.emptied, vec![], "nothing is emptied");
    let renamed = Server { scopes: renamed_scope("oidc", "openid"), ..server("API", URL) };
    refused("renamed", &one(renamed), &live, &[RefusalKind::Inherited]);

    let mut live = account(vec![live_server(1, "API", URL)], Vec::new(), &[]);
    live.servers.get_mut(&RemoteId(1)).unwrap().built_in = true;
    let own = Server { description: text("mine"), ..server("API", URL) };
    let found = diff(&one(own), &live);
    assert_eq!((lines(&found), found.refusals.len()), (vec![], 1), "the read object says it is OneLogin's own");
}

#[test]
fn children_are_found_by_their_exact_key() {
    let check_scopes = |case: &str, listed, live: &[&str], expected: Result<&[&str], &str>| {
        let live: Vec<LiveScope> = live.iter().zip(11..).map(|(value, id)| live_scope(id, value)).collect();
        let live = account(vec![with_scopes(&live)], Vec::new(), &[]);
        let found = diff(&one(Server { scopes: listed, ..server("API", URL) }), &live);
        match expected {
            Ok(changes) => assert_eq!(
                (lines(&found), found.problems),
                (changes.iter().map(|line| (*line).to_owned()).collect(), vec![]),
                "{case}"
            ),
            Err(problem) => assert!(format!("{:?}", found.problems).contains(problem), "{case}: {:?}", found.problems),
        }
    };
    check_scopes("exact", scopes(&["read"]), &["read"], Ok(&[]));
    check_scopes("missing", scopes(&["read"]), &[], Ok(&["create scope/read (cosmetic)"]));
    check_scopes("case", scopes(&["Read"]), &["read"], Err("NearMiss"));
    check_scopes("both listed", scopes(&["Read", "read"]), &["read"], Ok(&["create scope/Read (cosmetic)"]));
    check_scopes("only old", renamed_scope("new", "old"), &["old"], Ok(&["update scope/new (breaks)"]));
    check_scopes("only new", renamed_scope("new", "old"), &["new"], Ok(&[]));
    check_scopes("both", renamed_scope("new", "old"), &["new", "old"], Err("BothLive"));
    check_scopes("neither", renamed_scope("new", "old"), &[], Ok(&["create scope/new (cosmetic)"]));
    check_scopes("neither, one near", renamed_scope("new", "old"), &["New"], Err("NearMiss"));
    check_scopes("by case", renamed_scope("new", "New"), &["New"], Ok(&["update scope/new (breaks)"]));
    check_scopes("by case, done", renamed_scope("new", "New"), &["new"], Ok(&[]));
    let mut both = renamed_scope("new", "old");
    both.as_mut().unwrap().value.extend(scopes(&["old"]).unwrap().value);
    check_scopes("two on one", both.clone(), &["old"], Err("SameObject"));
    check_scopes("the old name is another's now", both, &["new", "old"], Ok(&[]));

    let mut listed = claims(&["mail"]);
    listed.as_mut().unwrap().value.values_mut().for_each(|claim: &mut Claim| {
        claim.renamed_from = Some(at(ClaimName::new("email")));
    });
    let old = LiveServer { claims: Some(vec![live_claim(21, "email")]), ..live_server(1, "API", URL) };
    let renamed = one(Server { claims: listed, ..server("API", URL) });
    check("claim", &renamed, &account(vec![old], Vec::new(), &[]), &["update claim/mail (breaks)"]);
    let near = LiveServer { claims: Some(vec![live_claim(21, "E Mail")]), ..live_server(1, "API", URL) };
    let found =
        diff(&one(Server { claims: claims(&["email"]), ..server("API", URL) }), &account(vec![near], Vec::new(), &[]));
    assert_eq!(found.problems.len(), 1, "a claim near by blanks");
}

#[test]
fn texts_and_lists_mean_what_they_mean() {
    let live = LiveServer {
        name: "R&amp;D".to_owned(),
        description: Some("one\r\ntwo".to_owned()),
        audiences: vec!["b".to_owned(), "a".to_owned()],
        access_token_expiration_minutes: Some(10),
        ..live_server(1, "", URL)
    };
    let live = account(vec![live], Vec::new(), &[]);
    let listed = |audiences: &[&str]| Some(at(audiences.iter().map(|audience| at((*audience).to_owned())).collect()));
    let same = Server {
        description: text("one\ntwo"),
        audiences: listed(&["a", "b"]),
        access_token_expiration_minutes: Some(at(10)),
        ..server("R&D", URL)
    };
    check("same", &one(same.clone()), &live, &[]);
    let update = |impact: &str| format!("update authorization_server/x ({impact})");
    let server = |change: &dyn Fn(&mut Server)| {
        let mut server = same.clone();
        change(&mut server);
        one(server)
    };
    check("text", &server(&|s| s.description = text("")), &live, &[&update("cosmetic")]);
    check("longer", &server(&|s| s.access_token_expiration_minutes = Some(at(11))), &live, &[&update("widens")]);
    check("shorter", &server(&|s| s.access_token_expiration_minutes = Some(at(9))), &live, &[&update("narrows")]);
    check(
        "a default made plain",
        &server(&|s| s.refresh_token_expiration_minutes = Some(at(1))),
        &live,
        &[&update("widens")],
    );
    check("audience more", &server(&|s| s.audiences = listed(&["a", "b", "c"])), &live, &[&update("widens")]);
    check("audience less", &server(&|s| s.audiences = listed(&["a"])), &live, &[&update("breaks")]);
    check(
        "identifier",
        &server(&|s| {
            s.resource_identifier = text("https://b");
            s.id = Some(at(RemoteId(1)));
        }),
        &live,
        &[&update("breaks")],
    );
}

#[test]
fn an_audience_of_an_unlisted_server_widens() {
    let neighbor = || live_server(2, "Neighbor", "https://n");
    let shares =
        |server: Server| Server { audiences: Some(at(vec![at("https://n".to_owned()), at(URL.to_owned())])), ..server };
    let desired = one(shares(server("API", URL)));
    let found = check(
        "made",
        &desired,
        &account(vec![neighbor()], Vec::new(), &[]),
        &["create authorization_server/x (widens)"],
    );
    assert!(notes(&found).iter().any(|note| note.starts_with("widens:")), "{:?}", notes(&found));
    let live = account(vec![live_server(1, "API", URL), neighbor()], Vec::new(), &[]);
    let found = check("changed", &desired, &live, &["update authorization_server/x (widens)"]);
    assert!(notes(&found).iter().any(|note| note.starts_with("widens:")), "{:?}", notes(&found));
    let alone = one(server("API", URL));
    check(
        "not shared",
        &alone,
        &account(vec![neighbor()], Vec::new(), &[]),
        &["create authorization_server/x (cosmetic)"],
    );
}

#[test]
fn apps_and_roles_change_access_in_their_own_ways() {
    let live = |app: LiveApp| account(Vec::new(), vec![app], &[(3, "Testers"), (4, "Staff")]);
    let two = live_app(5, "Web");
    let two = LiveApp { role_ids: [RemoteId(3)].into(), redirect_uris: vec!["a".to_owned(), "b".to_owned()], ..two };
    let of = |change: &dyn Fn(&mut App)| {
        let mut app = App { redirect_uris: Some(at(vec!["b".to_owned(), "a".to_owned()])), ..app("Web") };
        change(&mut app);
        let roles =
            [("testers", "Testers"), ("staff", "Staff")].map(|(at, name)| (key(at), Entry::Present(role(name))));
        DesiredState { roles: roles.into(), apps: [(key("x"), Entry::Present(app))].into(), ..file() }
    };
    let roles = |keys: &[&str]| Some(at(keys.iter().map(|role| at(key(role))).collect()));
    let uris = |uris: &[&str]| Some(at(uris.iter().map(|uri| (*uri).to_owned()).collect()));
    let check = |case: &str, change: &dyn Fn(&mut App), expected: &[&str]| {
        check(case, &of(change), &live(two.clone()), expected);
    };
    check("same", &|app| app.roles = roles(&["testers"]), &[]);
    check("role more", &|app| app.roles = roles(&["testers", "staff"]), &["update oidc_app/x (widens)"]);
    check("role less", &|app| app.roles = roles(&[]), &["update oidc_app/x (breaks)"]);
    check("URI more", &|app| app.redirect_uris = uris(&["a", "b", "c"]), &["update oidc_app/x (widens)"]);
    check("URI less", &|app| app.redirect_uris = uris(&["a"]), &["update oidc_app/x (breaks)"]);
    check("text", &|app| app.notes = text("n"), &["update oidc_app/x (cosmetic)"]);
    let method = Some(at(TokenEndpointAuthMethod::Post));
    check("method", &|app| app.token_endpoint_auth_method = method.clone(), &["update oidc_app/x (breaks)"]);
}

#[test]
fn what_is_made_has_to_be_described() {
    let nothing = account(Vec::new(), Vec::new(), &[]);
    let missing = |missing: &[&'static str]| RefusalKind::IncompleteCreate { missing: missing.to_vec() };
    let bare = Server { name: None, audiences: None, ..server("", URL) };
    refused("server", &one(bare), &nothing, &[missing(&["name", "audiences"])]);
    let bare = App { application_type: None, token_endpoint_auth_method: None, redirect_uris: None, ..app("Web") };
    let desired = DesiredState { apps: [(key("x"), Entry::Present(bare))].into(), ..file() };
    refused(
        "app",
        &desired,
        &nothing,
        &[missing(&["application_type", "token_endpoint_auth_method", "redirect_uris"])],
    );
    let found = check("defaults", &one(server("API", URL)), &nothing, &["create authorization_server/x (cosmetic)"]);
    assert_eq!(notes(&found).len(), 3, "description and two lifetimes: {:?}", notes(&found));
}

#[test]
fn what_was_not_read_is_not_absent() {
    let whole = || account(vec![live_server(1, "API", URL)], vec![live_app(5, "Web")], &[]);
    let not_read = |part| RefusalKind::NotRead { part };
    let mut live = whole();
    live.servers.clear();
    let found = refused("server", &one(server("API", URL)), &live, &[not_read("fields")]);
    assert_eq!(lines(&found), [""; 0]);
    let mut live = whole();
    live.apps.clear();
    let desired = DesiredState { apps: [(key("x"), Entry::Present(app("Web")))].into(), ..file() };
    let found = refused("app", &desired, &live, &[not_read("fields")]);
    assert_eq!(lines(&found), [""; 0]);
    let mut live = whole();
    let server_read = live.servers.get_mut(&RemoteId(1)).unwrap();
    (server_read.scopes, server_read.claims, server_read.clients) = (None, None, None);
    check("not needed", &one(server("API", URL)), &live, &[]);
    let all = Server { scopes: scopes(&["a"]), claims: claims(&["b"]), clients: clients(&[]), ..server("API", URL) };
    let found = refused("children", &one(all), &live, &[not_read("scopes"), not_read("claims"), not_read("bindings")]);
    assert_eq!(lines(&found), [""; 0]);
}

#[test]
fn absent_entries_go_once() {
    let gone = DesiredState {
        roles: [(key("r"), Entry::Absent(role("Testers")))].into(),
        apps: [(key("a"), Entry::Absent(app("Web")))].into(),
        servers: [(key("s"), Entry::Absent(server("API", URL)))].into(),
        ..file()
    };
    let live = account(vec![live_server(1, "API", URL)], vec![live_app(5, "Web")], &[(3, "Testers")]);
    let found = check(
        "live",
        &gone,
        &live,
        &["delete role/r (breaks)", "delete oidc_app/a (breaks)", "delete authorization_server/s (breaks)"],
    );
    assert!(found.changes.iter().all(|change| change.action() == Action::Delete && change.impact == Impact::Breaks));
    check("gone", &gone, &account(Vec::new(), Vec::new(), &[]), &[]);
    let bare = Role { renamed_from: text("Old"), ..role("New") };
    let renamed = DesiredState { roles: [(key("r"), Entry::Present(bare))].into(), ..file() };
    check("renamed role", &renamed, &account(Vec::new(), Vec::new(), &[(3, "Old")]), &["update role/r (cosmetic)"]);
}

#[test]
fn what_goes_along_is_named() {
    let read = live_scope(11, "read");
    let bound = |id: u64, name: &str| LiveServer {
        scopes: Some(vec![read.clone()]),
        clients: Some(vec![live_client(5, "web", &[&read])]),
        ..live_server(id, name, &format!("https://{id}"))
    };
    let servers = vec![bound(1, "Shown"), bound(2, "Left alone"), bound(3, "Neighbor")];
    let mut live = account(servers, vec![live_app(5, "web"), live_app(6, "other")], &[(3, "Testers")]);
    live.consequences.bindings.insert(RemoteId(4), vec![live_client(5, "web", &[]), live_client(6, "other", &[])]);
    live.consequences.role_apps.insert(RemoteId(3), [RemoteId(5), RemoteId(6), RemoteId(7)].into());
    let shown = Server { clients: clients(&[]), ..server("Shown", "https://1") };
    let servers = [("shown", shown), ("alone", server("Left alone", "https://2"))];
    let desired = DesiredState {
        roles: [(key("testers"), Entry::Absent(role("Testers")))].into(),
        apps: [(key("web"), Entry::Absent(app("web")))].into(),
        ..file_of_servers(servers)
    };
    let found = diff(&desired, &live);
    let breaks: Vec<&str> = notes(&found).into_iter().filter(|note| note.starts_with("breaks: ")).collect();
    assert_eq!(
        breaks,
        [
            "breaks: with oidc_app/web goes its binding (`read`) on `Neighbor` (id 3), which the file does not list",
            "breaks: with oidc_app/web goes its binding (`read`) on `alone`",
            "breaks: with oidc_app/web goes its binding (no scopes) on id 4, which the file does not list",
            "breaks: with role/testers its members lose the app `other` (id 6), which the file does not list",
            "breaks: with role/testers its members lose the app id 7, which the file does not list",
        ]
    );
}

/// A file with these apps made anew.
fn replacing(mut desired: DesiredState, apps: &[&str]) -> DesiredState {
    for app in apps {
        desired.replace(&Address::OidcApp(key(app))).unwrap();
    }
    desired
}

#[test]
fn what_the_file_leaves_alone_is_carried_over_to_an_app_made_anew() {
    let old = LiveApp {
        description: Some("one\r\ntwo &amp; three".to_owned()),
        notes: Some(String::new()),
        visible: false,
        application_type: ApplicationType::Native,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Post,
        post_logout_redirect_uris: vec!["https://out".to_owned()],
        login_url: Some("https://in".to_owned()),
        access_token_expiration_minutes: Some(7),
        refresh_token_expiration_minutes: Some(u64::from(u32::MAX) + 1),
        role_ids: [RemoteId(3), RemoteId(4)].into(),
        connector_id: Some(RemoteId(9)),
        ..live_app(5, "R&amp;D")
    };
    let live = account(Vec::new(), vec![old], &[(3, "Testers"), (4, "Gone")]);
    let silent = App {
        application_type: None,
        token_endpoint_auth_method: None,
        redirect_uris: None,
        login_url: text("https://mine"),
        ..app("R&D")
    };
    let desired = DesiredState {
        roles: [(key("gone"), Entry::Absent(role("Gone")))].into(),
        apps: [(key("rd"), Entry::Present(silent))].into(),
        ..file()
    };
    let found = check(
        "replaced",
        &replacing(desired, &["rd"]),
        &live,
        &["delete role/gone (breaks)", "replace oidc_app/rd (breaks)"],
    );
    let Edit::App(AppOperation::Replace { id, new: AppCreate { app, roles } }) = &found.changes[1].edit else {
        panic!("{:?}", found.changes)
    };
    assert_eq!((*id, roles), (RemoteId(5), &Some([ObjectRef::Live(RemoteId(3))].into())));
    let expected = NewApp {
        name: "R&D".to_owned(),
        description: Some("one\ntwo & three".to_owned()),
        notes: None,
        visible: Some(false),
        application_type: ApplicationType::Native,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Post,
        redirect_uris: vec!["https://a.example/cb".to_owned()],
        post_logout_redirect_uris: Some(vec!["https://out".to_owned()]),
        login_url: Some("https://mine".to_owned()),
        access_token_expiration_minutes: Some(7),
        refresh_token_expiration_minutes: None,
        connector_id: Some(RemoteId(9)),
    };
    assert_eq!(*app, expected);
    let cannot = "`refresh_token_expiration_minutes` of oidc_app/rd is 4294967296, too long to be carried over: OneLogin \
                  chooses it";
    assert!(notes(&found).contains(&cannot), "{:?}", notes(&found));
    let drift = found.changes.iter().filter(|change| change.reason == Reason::Replaced).count();
    assert_eq!((drift, found.totals.kept), (1, 0));
}

#[test]
fn bindings_of_an_app_made_anew_are_made_again_on_the_files_servers() {
    let [read, write] = [live_scope(11, "read"), live_scope(12, "write")];
    let bound = |id: u64, name: &str| LiveServer {
        scopes: Some(vec![read.clone(), write.clone()]),
        clients: Some(vec![live_client(5, "web", &[&read]), live_client(6, "other", &[&read])]),
        ..live_server(id, name, &format!("https://{id}"))
    };
    let unread = |server: LiveServer| LiveServer { scopes: None, clients: None, ..server };
    let servers = vec![
        bound(1, "Listed"),
        unread(bound(2, "Silent")),
        bound(3, "Kept"),
        bound(4, "Dropped"),
        bound(5, "Neighbor"),
    ];
    let mut live = account(servers, vec![live_app(5, "web"), live_app(6, "other")], &[]);
    live.consequences.bindings.insert(RemoteId(2), vec![live_client(5, "web", &[&read])]);
    let check = |listed: &'static [&'static str], impact: &str| {
        let listed =
            Server { clients: clients(&[("web", listed), ("other", &["read"])]), ..server("Listed", "https://1") };
        let kept = Server {
            scopes: scopes(&["write"]),
            clients: clients(&[]),
            unmanaged: Unmanaged::Keep,
            ..server("Kept", "https://3")
        };
        let dropped = Server { clients: clients(&[("other", &["read"])]), ..server("Dropped", "https://4") };
        let servers = [("x", listed), ("silent", server("Silent", "https://2")), ("kept", kept), ("dropped", dropped)];
        let desired = with_apps(file_of_servers(servers), &["web", "other"]);
        let found = diff(&replacing(desired, &["web"]), &live);
        assert_eq!((found.refusals.len(), found.problems.len()), (0, 0));
        assert_eq!(
            lines(&found),
            [
                "replace oidc_app/web (breaks)",
                "delete authorization_server/dropped/client/web (breaks)",
                "create authorization_server/kept/client/web (cosmetic)",
                "create authorization_server/silent/client/web (cosmetic)",
                &format!("create client/web ({impact})"),
            ]
        );
        let grants: Vec<&BTreeSet<ScopeRef>> = found
            .changes
            .iter()
            .filter_map(|change| match &change.edit {
                Edit::Client { app: ObjectRef::Planned(_), operation: ClientOperation::Bind(scopes), .. } => {
                    Some(scopes)
                }
                _ => None,
            })
            .collect();
        assert_eq!(grants[..2], [&BTreeSet::from([ScopeRef::Live(RemoteId(11))]); 2]);
        let losses: Vec<&str> = notes(&found).into_iter().filter(|note| note.contains("does not get its")).collect();
        assert_eq!(
            losses,
            [
                "breaks: the new oidc_app/web does not get its binding (`read`) on `Neighbor` (id 5), which the file does not list"
            ]
        );
    };
    check(&["read"], "cosmetic");
    check(&["read", "write"], "widens");
    check(&[], "narrows");
}

#[test]
fn what_is_not_live_is_made_and_not_made_anew() {
    let desired = replacing(with_apps(file(), &["web"]), &["web"]);
    let found = check("made", &desired, &account(Vec::new(), Vec::new(), &[]), &["create oidc_app/web (cosmetic)"]);
    assert_eq!(notes(&found), ["oidc_app/web is not live: there is nothing to replace"]);
    assert_eq!(found.changes[0].reason, Reason::MissingLive);
}
