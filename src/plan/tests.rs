//! Order, safety limits and request counts of small plans.

use super::{Context, Plan, SafetyLimits, plan};
use crate::diff::{RefusalKind, diff};
use crate::model::sample::{
    account, app, at, claims, clients, file, file_of_servers, key, live_app, live_claim, live_client, live_scope,
    live_server, role, scopes, server, text,
};
use crate::model::{
    Address, App, DesiredState, Entry, Kind, LiveScope, LiveServer, LiveState, LiveUser, RemoteId, Role, Server,
    Unmanaged, UserRef,
};

const URL: &str = "https://a";
const ALL: SafetyLimits = SafetyLimits { allow_destroy: true, max_deletes: Some(usize::MAX) };

fn planned(desired: &DesiredState, live: &LiveState, limits: &SafetyLimits) -> Plan {
    let found = diff(desired, live);
    assert_eq!(found.problems, vec![]);
    plan(found, Context::default(), limits)
}

/// Expects these steps, each with the steps it waits for.
fn check_order(case: &str, desired: &DesiredState, live: &LiveState, expected: &[(&str, &[usize])]) {
    let plan = planned(desired, live, &ALL);
    assert_eq!(plan.refusals, vec![], "{case}");
    let line =
        |step: &super::Step| (format!("{} {}", step.change.action().symbol(), step.change.address), step.after.clone());
    let steps: Vec<(String, Vec<usize>)> = plan.steps.iter().map(line).collect();
    let expected: Vec<(String, Vec<usize>)> =
        expected.iter().map(|(line, after)| ((*line).to_owned(), after.to_vec())).collect();
    assert_eq!(steps, expected, "{case}");
}

fn apps(entries: Vec<(&str, Entry<App, ()>)>) -> DesiredState {
    DesiredState { apps: entries.into_iter().map(|(name, app)| (key(name), app)).collect(), ..file() }
}

fn pinned(id: u64, name: &str) -> App {
    App { id: Some(at(RemoteId(id))), ..app(name) }
}

#[test]
fn a_name_is_freed_before_it_is_taken() {
    let live = account(Vec::new(), vec![live_app(1, "A"), live_app(2, "R&amp;D")], &[]);
    let taken = apps(vec![("a", Entry::Present(pinned(1, "R&amp;D"))), ("b", Entry::Present(pinned(2, "C")))]);
    check_order("rename", &taken, &live, &[("~ oidc_app/b", &[]), ("~ oidc_app/a", &[0])]);
    let gone = apps(vec![("a", Entry::Present(pinned(1, "R&D"))), ("b", Entry::Absent(pinned(2, "R&D")))]);
    check_order("delete", &gone, &live, &[("- oidc_app/b", &[]), ("~ oidc_app/a", &[0])]);

    let twins = account(Vec::new(), vec![live_app(1, "A"), live_app(2, "A"), live_app(3, "Y")], &[]);
    let third = apps(vec![
        ("a", Entry::Present(pinned(1, "B"))),
        ("b", Entry::Absent(pinned(2, "A"))),
        ("c", Entry::Present(pinned(3, "A"))),
    ]);
    check_order("twins", &third, &twins, &[("~ oidc_app/a", &[]), ("- oidc_app/b", &[]), ("~ oidc_app/c", &[0, 1])]);
}

#[test]
fn names_that_go_in_a_circle_are_refused() {
    let live = account(Vec::new(), vec![live_app(1, "A"), live_app(2, "B"), live_app(3, "C")], &[]);
    let swap = apps(vec![
        ("a", Entry::Present(pinned(1, "B"))),
        ("b", Entry::Present(pinned(2, "A"))),
        ("c", Entry::Present(pinned(3, "D"))),
    ]);
    let plan = planned(&swap, &live, &ALL);
    assert_eq!(plan.refusals.len(), 1);
    assert!(matches!(&plan.refusals[0].kind, RefusalKind::Cycle { addresses } if addresses.len() == 2));
    assert_eq!(plan.steps.len(), 3, "all steps are shown");

    let live = account(vec![live_server(1, "A", "https://a"), live_server(2, "B", "https://b")], Vec::new(), &[]);
    let swap = file_of_servers([("a", server("B", "https://a")), ("b", server("A", "https://b"))]);
    assert_eq!(planned(&swap, &live, &ALL).refusals, vec![], "names of servers may be twins for a while");
}

#[test]
fn what_is_let_go_is_deleted_after() {
    let [read, write] = [live_scope(11, "read"), live_scope(12, "write")];
    let bound = LiveServer {
        clients: Some(vec![live_client(5, "web", &[&read, &write]), live_client(6, "batch", &[&write])]),
        scopes: Some(vec![read, write]),
        ..live_server(1, "API", URL)
    };
    let mut live = account(vec![bound], vec![live_app(5, "web"), live_app(6, "batch")], &[(3, "Testers")]);
    live.apps.get_mut(&RemoteId(5)).unwrap().role_ids.insert(RemoteId(3));
    let desired = DesiredState {
        roles: [(key("testers"), Entry::Absent(role("Testers")))].into(),
        apps: [
            (key("web"), Entry::Present(App { roles: Some(at(Vec::new())), ..app("web") })),
            (key("batch"), Entry::Absent(app("batch"))),
        ]
        .into(),
        servers: [(
            key("x"),
            Entry::Present(Server {
                scopes: scopes(&["read"]),
                clients: clients(&[("web", &["read"])]),
                ..server("API", URL)
            }),
        )]
        .into(),
        ..file()
    };
    check_order(
        "all",
        &desired,
        &live,
        &[
            ("~ oidc_app/web", &[]),
            ("~ authorization_server/x/client/web", &[]),
            ("- authorization_server/x/client/batch", &[]),
            ("- authorization_server/x/scope/write", &[1, 2]),
            ("- oidc_app/batch", &[2]),
            ("- role/testers", &[0, 4]),
        ],
    );
}

/// A server with this many live scopes of which the file keeps some, and nothing else.
fn scopes_kept(live: usize, kept: usize) -> (DesiredState, LiveState) {
    let values: Vec<String> = (0..live).map(|n| format!("s{n:02}")).collect();
    let scope = |(value, id): (&String, u64)| LiveScope { description: Some(String::new()), ..live_scope(id, value) };
    let there =
        LiveServer { scopes: Some(values.iter().zip(100..).map(scope).collect()), ..live_server(1, "API", URL) };
    let kept: Vec<&str> = values.iter().take(kept).map(String::as_str).collect();
    let desired = file_of_servers([("x", Server { scopes: scopes(&kept), ..server("API", URL) })]);
    (desired, account(vec![there], Vec::new(), &[]))
}

#[test]
fn deletes_have_limits() {
    let none = SafetyLimits::default();
    let most = |max_deletes| SafetyLimits { allow_destroy: false, max_deletes: Some(max_deletes) };
    let check =
        |case: &str, (desired, live): &(DesiredState, LiveState), limits: &SafetyLimits, expected: &[RefusalKind]| {
            let kinds: Vec<RefusalKind> =
                planned(desired, live, limits).refusals.into_iter().map(|refusal| refusal.kind).collect();
            assert_eq!(kinds, expected, "{case}");
        };
    let many = |deletes| RefusalKind::ManyChildren { deletes };
    let share = |deletes, live| RefusalKind::LargeShare { kind: Kind::Scope, deletes, live };
    check("three children", &scopes_kept(9, 6), &none, &[]);
    check("four children", &scopes_kept(9, 5), &none, &[many(4)]);
    check("30 % of ten", &scopes_kept(10, 7), &none, &[]);
    check("40 % of ten", &scopes_kept(10, 6), &none, &[many(4), share(4, 10)]);
    check("a third of nine", &scopes_kept(9, 6), &none, &[]);
    check("30 % of twenty", &scopes_kept(20, 14), &none, &[many(6)]);
    check("35 % of twenty", &scopes_kept(20, 13), &none, &[many(7), share(7, 20)]);
    check("emptied", &scopes_kept(1, 0), &none, &[RefusalKind::Emptied { children: Kind::Scope }]);
    check("nothing to empty", &scopes_kept(0, 0), &none, &[]);
    check("as many as allowed", &scopes_kept(10, 0), &most(10), &[]);
    check(
        "one more than allowed",
        &scopes_kept(10, 0),
        &most(9),
        &[RefusalKind::TooManyDeletes { deletes: 10, limit: 9 }],
    );
    check("none allowed", &scopes_kept(2, 1), &most(0), &[RefusalKind::TooManyDeletes { deletes: 1, limit: 0 }]);
}

#[test]
fn children_of_several_servers_count_apart_and_in_all_kinds() {
    let there = |id: u64| LiveServer {
        scopes: Some(vec![live_scope(id * 10, "a"), live_scope(id * 10 + 1, "b"), live_scope(id * 10 + 2, "k")]),
        claims: Some(vec![live_claim(id * 10 + 3, "c"), live_claim(id * 10 + 4, "d")]),
        ..live_server(id, &format!("API {id}"), &format!("https://{id}"))
    };
    let listed = |id: u64, names: &[&str]| Server {
        scopes: scopes(&["k"]),
        claims: claims(names),
        ..server(&format!("API {id}"), &format!("https://{id}"))
    };
    let live = account(vec![there(1), there(2)], Vec::new(), &[]);
    let kinds = |desired: DesiredState| -> Vec<RefusalKind> {
        let refusals = planned(&desired, &live, &SafetyLimits::default()).refusals;
        refusals.into_iter().map(|refusal| refusal.kind).collect()
    };
    assert_eq!(kinds(file_of_servers([("a", listed(1, &["c"])), ("b", listed(2, &["c"]))])), vec![]);
    let more = file_of_servers([("a", listed(1, &[])), ("b", listed(2, &["c"]))]);
    assert_eq!(kinds(more), [RefusalKind::ManyChildren { deletes: 4 }]);
}

#[test]
fn clients_are_emptied_only_where_some_were() {
    let bound = LiveServer { clients: Some(vec![live_client(5, "Web", &[])]), ..live_server(1, "API", URL) };
    let live = account(vec![bound], vec![live_app(5, "Web")], &[]);
    let kinds = |server: Server| -> Vec<RefusalKind> {
        let refusals = planned(&file_of_servers([("x", server)]), &live, &SafetyLimits::default()).refusals;
        refusals.into_iter().map(|refusal| refusal.kind).collect()
    };
    let empty = || Server { clients: clients(&[]), ..server("API", URL) };
    assert_eq!(kinds(empty()), [RefusalKind::Emptied { children: Kind::Client }]);
    assert_eq!(kinds(Server { unmanaged: Unmanaged::Keep, ..empty() }), vec![]);
}

#[test]
fn roots_are_deleted_only_when_that_is_said() {
    let gone = DesiredState {
        roles: [(key("r"), Entry::Absent(role("Testers")))].into(),
        apps: [(key("a"), Entry::Absent(app("Web")))].into(),
        servers: [(key("s"), Entry::Absent(server("API", URL)))].into(),
        ..file()
    };
    let live = account(vec![live_server(1, "API", URL)], vec![live_app(5, "Web")], &[(3, "Testers")]);
    let refusals =
        |allow_destroy, max_deletes| planned(&gone, &live, &SafetyLimits { allow_destroy, max_deletes }).refusals.len();
    assert_eq!(refusals(false, None), 3);
    assert_eq!(refusals(false, Some(9)), 3, "a number is no permission to destroy");
    assert_eq!(refusals(true, None), 0);
    assert_eq!(refusals(true, Some(2)), 1);
}

#[test]
fn requests_are_those_that_execution_makes() {
    let check = |case: &str, desired: &DesiredState, live: &LiveState, expected: u64| {
        assert_eq!(planned(desired, live, &ALL).apply_requests, expected, "{case}");
    };
    let nothing = account(Vec::new(), Vec::new(), &[]);
    let user = UserRef::parse("a@b");
    let mut people = nothing.clone();
    people
        .users
        .insert(user.clone(), vec![LiveUser { id: RemoteId(1), email: "a@b".to_owned(), username: "a".to_owned() }]);
    people.lists.roles.push(crate::model::LiveRole { id: RemoteId(3), name: "Old".to_owned() });
    let roles = |role: Role| DesiredState { roles: [(key("r"), Entry::Present(role))].into(), ..file() };
    let members = || Some(at(vec![at(user.clone())]));
    check("role: look-up, make, list", &roles(role("R")), &nothing, 3);
    check(
        "role with members: two writes, and their page",
        &roles(Role { ensure_users: members(), ..role("R") }),
        &people,
        5,
    );
    check("role: read, rename, read", &roles(Role { renamed_from: text("Old"), ..role("R") }), &people, 3);
    check("role: read, add members, their page", &roles(Role { ensure_users: members(), ..role("Old") }), &people, 3);
    let made = apps(vec![("a", Entry::Present(app("A"))), ("b", Entry::Present(app("B")))]);
    check("two apps: connectors once; look-up, make, read, look-up for twins", &made, &nothing, 9);
    let changed = apps(vec![("a", Entry::Present(App { notes: text("n"), ..app("A") }))]);
    check("app: read, change, read", &changed, &account(Vec::new(), vec![live_app(1, "A")], &[]), 3);
    let gone = apps(vec![("a", Entry::Absent(app("A")))]);
    check("app: read, delete, read", &gone, &account(Vec::new(), vec![live_app(1, "A")], &[]), 3);

    let whole = || Server {
        scopes: scopes(&["a"]),
        claims: claims(&["b"]),
        clients: clients(&[("w", &["a"])]),
        ..server("API", URL)
    };
    let with_app = |server: Server| DesiredState {
        apps: [(key("w"), Entry::Present(app("w")))].into(),
        ..file_of_servers([("x", server)])
    };
    let there = |server: LiveServer| account(vec![server], vec![live_app(5, "w")], &[]);
    let bare = account(Vec::new(), vec![live_app(5, "w")], &[]);
    check("server: look-up, four writes, four reads, look-up for twins", &with_app(whole()), &bare, 10);
    check(
        "children: the server and three lists, three writes, three lists",
        &with_app(whole()),
        &there(live_server(1, "API", URL)),
        10,
    );
    let described = Server { description: text("d"), ..server("API", URL) };
    check("server: read, change, read", &file_of_servers([("x", described)]), &there(live_server(1, "API", URL)), 3);
    let bound = LiveServer { clients: Some(vec![live_client(5, "w", &[])]), ..live_server(1, "API", URL) };
    let unbound = with_app(Server { clients: clients(&[]), ..server("API", URL) });
    check("binding: two reads, one write, one read", &unbound, &there(bound), 4);
    let gone = DesiredState { servers: [(key("x"), Entry::Absent(server("API", URL)))].into(), ..file() };
    check("server: four reads for the record, delete, read", &gone, &there(live_server(1, "API", URL)), 6);
}

#[test]
fn an_app_made_anew_comes_after_what_lets_go_of_it_and_before_what_binds_it() {
    let [read, write] = [live_scope(11, "read"), live_scope(12, "write")];
    let bound = |id: u64, name: &str| LiveServer {
        clients: Some(vec![live_client(5, "web", &[&read, &write])]),
        scopes: Some(vec![read.clone(), write.clone()]),
        ..live_server(id, name, &format!("https://{id}"))
    };
    let mut live = account(vec![bound(1, "A"), bound(2, "B")], vec![live_app(5, "web")], &[(3, "Testers")]);
    live.apps.get_mut(&RemoteId(5)).unwrap().role_ids.insert(RemoteId(3));
    let again =
        Server { scopes: scopes(&["read"]), clients: clients(&[("web", &["read"])]), ..server("A", "https://1") };
    let let_go = Server { clients: clients(&[]), ..server("B", "https://2") };
    let mut desired = DesiredState {
        roles: [(key("testers"), Entry::Absent(role("Testers"))), (key("new"), Entry::Present(role("New")))].into(),
        apps: [(key("web"), Entry::Present(App { roles: Some(at(vec![at(key("new"))])), ..app("web") }))].into(),
        ..file_of_servers([("a", again), ("b", let_go)])
    };
    desired.replace(&Address::OidcApp(key("web"))).unwrap();
    check_order(
        "all",
        &desired,
        &live,
        &[
            ("+ role/new", &[]),
            ("- authorization_server/b/client/web", &[]),
            ("± oidc_app/web", &[0, 1]),
            ("+ authorization_server/a/client/web", &[2]),
            ("- authorization_server/a/scope/write", &[2]),
            ("- role/testers", &[2]),
        ],
    );
    let plan = planned(&desired, &live, &SafetyLimits { allow_destroy: false, max_deletes: Some(3) });
    let refused: Vec<String> =
        plan.refusals.iter().map(|refusal| format!("{} {:?}", refusal.address, refusal.kind)).collect();
    assert_eq!(refused, ["role/testers DestroyNotAllowed", "oidc_app/web ReplaceNotAllowed"]);
    assert_eq!((plan.summary.create, plan.summary.delete, plan.summary.replace), (2, 3, 1));
    assert_eq!(plan.new_secrets().count(), 1);
    // Nothing of it is drift.
    assert_eq!((plan.drift.missing_live, plan.drift.differs, plan.drift.only_live), (1, 0, 3));
}

#[test]
fn a_name_that_an_app_made_anew_gives_up_is_taken_after() {
    let live = account(Vec::new(), vec![live_app(1, "A"), live_app(2, "B")], &[]);
    let mut taken = apps(vec![
        ("a", Entry::Present(App { renamed_from: text("A"), ..app("C") })),
        ("b", Entry::Present(pinned(2, "A"))),
    ]);
    taken.replace(&Address::OidcApp(key("a"))).unwrap();
    check_order("renamed", &taken, &live, &[("± oidc_app/a", &[]), ("~ oidc_app/b", &[0])]);
}
