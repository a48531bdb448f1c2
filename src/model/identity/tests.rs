//! Which entry is which object, kind by kind.

use super::{IdentityProblemKind, Match, identify};
use crate::model::sample::{account, app, at, file, file_of_servers, key, live_app, live_server, role, server, text};
use crate::model::{
    App, AppSummary, DesiredState, Entry, EntryKey, External, ExternalBy, ExternalServer, LiveLists, RemoteId, Role,
    Server, ServerRename,
};

/// What became of one entry: how it was matched, the word for its problem, and the number of notes.
#[derive(Debug, PartialEq)]
enum Found {
    Live(u64),
    Renamed(u64),
    Missing,
    Problem(&'static str),
}
use Found::{Live, Missing, Problem, Renamed};

fn word(kind: &IdentityProblemKind) -> &'static str {
    match kind {
        IdentityProblemKind::Ambiguous { .. } => "ambiguous",
        IdentityProblemKind::NearMiss { .. } => "near miss",
        IdentityProblemKind::PinnedMissing { .. } => "pinned missing",
        IdentityProblemKind::PinnedOtherKind { .. } => "pinned other kind",
        IdentityProblemKind::SameObject { .. } => "same object",
        IdentityProblemKind::BothLive { .. } => "both live",
        IdentityProblemKind::NameTaken { .. } => "name taken",
        IdentityProblemKind::BuiltIn { .. } => "built in",
        IdentityProblemKind::ListTruncated => "list truncated",
        IdentityProblemKind::ExternalMissing { .. } => "external missing",
    }
}

/// Matches, and expects the given outcome of each entry of the one kind the file has, and this many notes.
fn check(case: &str, desired: &DesiredState, lists: &LiveLists, expected: &[(&str, Found)], notes: usize) {
    let identities = identify(desired, lists);
    let pairings = [&identities.roles, &identities.apps, &identities.servers];
    let found = |name: &str| {
        let problem = identities.problems.iter().find(|problem| problem.address.to_string().ends_with(name));
        if let Some(problem) = problem {
            return Problem(word(&problem.kind));
        }
        match pairings.iter().find_map(|pairing| pairing.get(&key(name))) {
            Some(Match::Live(id)) => Live(id.0),
            Some(Match::Renamed(id)) => Renamed(id.0),
            Some(Match::Missing) => Missing,
            None => panic!("{case}: `{name}` is neither matched nor a problem"),
        }
    };
    for (name, expected) in expected {
        assert_eq!(found(name), *expected, "{case}: {name}");
    }
    assert_eq!(identities.notes.len(), notes, "{case}: {:?}", identities.notes);
}

fn roles(entries: Vec<(&str, Role)>) -> DesiredState {
    let roles = entries.into_iter().map(|(name, role)| (key(name), Entry::Present(role))).collect();
    DesiredState { roles, ..file() }
}

fn apps(entries: Vec<(&str, App)>) -> DesiredState {
    let apps = entries.into_iter().map(|(name, app)| (key(name), Entry::Present(app))).collect();
    DesiredState { apps, ..file() }
}

fn renamed_role(name: &str, old: &str) -> Role {
    Role { renamed_from: text(old), ..role(name) }
}

fn renamed_app(name: &str, old: &str) -> App {
    App { renamed_from: text(old), ..app(name) }
}

fn renamed_server(name: &str, identifier: &str, old: ServerRename) -> Server {
    Server { renamed_from: Some(at(old)), ..server(name, identifier) }
}

/// The same table holds for whatever is found by its name.
#[test]
fn names_are_exact_and_renames_are_told_apart() {
    type Entries<'a> = Vec<(&'a str, &'a str, Option<&'a str>)>;
    let check = |case: &str, entries: Entries<'_>, live: &[(u64, &str)], expected: &[(&str, Found)], notes| {
        let as_role = |(key, name, old): &(&'static str, &str, Option<&str>)| {
            (*key, old.map_or_else(|| role(name), |old| renamed_role(name, old)))
        };
        let as_app = |(key, name, old): &(&'static str, &str, Option<&str>)| {
            (*key, old.map_or_else(|| app(name), |old| renamed_app(name, old)))
        };
        let entries: Vec<(&'static str, &str, Option<&str>)> =
            entries.into_iter().map(|(key, name, old)| (if key == "x" { "x" } else { "y" }, name, old)).collect();
        let of_roles = account(Vec::new(), Vec::new(), live);
        check(case, &roles(entries.iter().map(as_role).collect()), &of_roles.lists, expected, notes);
        let live = live.iter().map(|(id, name)| live_app(*id, name)).collect();
        let of_apps = account(Vec::new(), live, &[]);
        check(case, &apps(entries.iter().map(as_app).collect()), &of_apps.lists, expected, notes);
    };
    check("exact", vec![("x", "Web", None)], &[(1, "Web"), (2, "Webs")], &[("x", Live(1))], 0);
    check("entities mean themselves", vec![("x", "R&D", None)], &[(1, "R&amp;D")], &[("x", Live(1))], 0);
    check("missing", vec![("x", "Web", None)], &[(2, "Webs")], &[("x", Missing)], 0);
    check("two", vec![("x", "Web", None)], &[(1, "Web"), (2, "Web")], &[("x", Problem("ambiguous"))], 0);
    check("case", vec![("x", "Web", None)], &[(1, "web")], &[("x", Problem("near miss"))], 0);
    check("blanks", vec![("x", "My Web", None)], &[(1, "MyWeb ")], &[("x", Problem("near miss"))], 0);
    check(
        "what another entry is cannot be meant",
        vec![("x", "Web", None), ("y", "web", None)],
        &[(1, "Web")],
        &[("x", Live(1)), ("y", Missing)],
        0,
    );

    check("only old", vec![("x", "New", Some("Old"))], &[(1, "Old")], &[("x", Renamed(1))], 0);
    check("only new", vec![("x", "New", Some("Old"))], &[(1, "New")], &[("x", Live(1))], 1);
    check("both", vec![("x", "New", Some("Old"))], &[(1, "Old"), (2, "New")], &[("x", Problem("both live"))], 0);
    check("neither", vec![("x", "New", Some("Old"))], &[(1, "Other")], &[("x", Missing)], 0);
    check("by case", vec![("x", "web", Some("Web"))], &[(1, "Web")], &[("x", Renamed(1))], 0);
    check("by case, done", vec![("x", "web", Some("Web"))], &[(1, "web")], &[("x", Live(1))], 1);
    check(
        "neither, and one near the new",
        vec![("x", "New", Some("Old"))],
        &[(1, "new")],
        &[("x", Problem("near miss"))],
        0,
    );
    check(
        "neither, and one near the old",
        vec![("x", "New", Some("Old"))],
        &[(1, "old")],
        &[("x", Problem("near miss"))],
        0,
    );
    check("two old", vec![("x", "New", Some("Old"))], &[(1, "Old"), (2, "Old")], &[("x", Problem("ambiguous"))], 0);
    check(
        "the old name has gone to another entry",
        vec![("x", "New", Some("Old")), ("y", "Old", None)],
        &[(1, "New"), (2, "Old")],
        &[("x", Live(1)), ("y", Live(2))],
        1,
    );
    check(
        "two entries on one object",
        vec![("x", "New", Some("Old")), ("y", "Old", None)],
        &[(1, "Old")],
        &[("x", Renamed(1)), ("y", Problem("same object"))],
        0,
    );
}

#[test]
fn a_pinned_id_is_that_object_or_an_error() {
    let pin = |id: u64| Some(at(RemoteId(id)));
    let mut live = account(vec![live_server(7, "API", "https://a")], vec![live_app(5, "Web")], &[(5, "Testers")]);
    live.lists.apps.push(AppSummary { id: RemoteId(6), name: "Wiki".to_owned(), auth_method: 2 });
    let web = |id| App { id: pin(id), ..app("Web 2") };
    let api = |id| Server { id: pin(id), ..server("API", "https://b") };
    let one = |id| apps(vec![("x", web(id))]);
    check("app", &one(5), &live.lists, &[("x", Live(5))], 0);
    check("app, not live", &one(4), &live.lists, &[("x", Problem("pinned missing"))], 0);
    check("app, SAML", &one(6), &live.lists, &[("x", Problem("pinned other kind"))], 0);
    check("app, a server", &one(7), &live.lists, &[("x", Problem("pinned other kind"))], 0);
    let one = |id| file_of_servers([("x", api(id))]);
    check("server", &one(7), &live.lists, &[("x", Live(7))], 0);
    check("server, not live", &one(8), &live.lists, &[("x", Problem("pinned missing"))], 0);
    check("server, an app", &one(5), &live.lists, &[("x", Problem("pinned other kind"))], 0);
    let one = |id| roles(vec![("x", Role { id: pin(id), ..role("Others") })]);
    check("role", &one(5), &live.lists, &[("x", Live(5))], 0);
    check("role, not live", &one(6), &live.lists, &[("x", Problem("pinned missing"))], 0);

    let gone = |id| DesiredState { apps: [(key("x"), Entry::Absent(web(id)))].into(), ..file() };
    check("gone app", &gone(4), &live.lists, &[("x", Missing)], 0);
    check("app to be gone, SAML", &gone(6), &live.lists, &[("x", Problem("pinned other kind"))], 0);
}

#[test]
fn apps_of_other_kinds_are_a_note() {
    let mut live = account(Vec::new(), vec![live_app(5, "Web")], &[]);
    live.lists.apps.push(AppSummary { id: RemoteId(6), name: "Web".to_owned(), auth_method: 2 });
    check("app", &apps(vec![("x", app("Web"))]), &live.lists, &[("x", Live(5))], 1);
}

#[test]
fn servers_are_found_by_identifier() {
    let live = account(vec![live_server(1, "API", "https://a"), live_server(2, "API", "https://b")], Vec::new(), &[]);
    let by_name = |name: &str| Server { resource_identifier: None, audiences: None, ..server(name, "") };
    let check = |case: &str, entry: Server, found: Found, notes| {
        check(case, &file_of_servers([("x", entry)]), &live.lists, &[("x", found)], notes);
    };
    let name = |name: &str| ServerRename::Name(name.to_owned());
    let identifier = |identifier: &str| ServerRename::ResourceIdentifier(identifier.to_owned());
    check("identifier", server("Other", "https://a"), Live(1), 0);
    check("near", server("Other", "https://A"), Problem("near miss"), 0);
    check("new", server("Other", "https://c"), Missing, 0);
    check("another environment's", server("API", "https://c"), Problem("name taken"), 0);
    check("name, two", by_name("API"), Problem("ambiguous"), 0);
    check("name, none", by_name("APIs"), Missing, 0);
    check("renamed", renamed_server("New", "https://n", identifier("https://a")), Renamed(1), 0);
    check("renamed, name taken", renamed_server("API", "https://n", identifier("https://a")), Renamed(1), 0);
    check("renamed, done", renamed_server("API", "https://a", identifier("https://o")), Live(1), 1);
    check("renamed, both", renamed_server("API", "https://a", identifier("https://b")), Problem("both live"), 0);
    check("renamed, neither", renamed_server("New", "https://n", identifier("https://o")), Missing, 0);
    check(
        "renamed, neither, name taken",
        renamed_server("API", "https://n", identifier("https://o")),
        Problem("name taken"),
        0,
    );
    check("by name, two", renamed_server("New", "https://n", name("API")), Problem("ambiguous"), 0);
    check("by name, neither", renamed_server("New", "https://n", name("Old")), Missing, 0);
    check("by name, done", renamed_server("New", "https://a", name("Old")), Live(1), 1);
}

#[test]
fn what_a_cut_off_list_lacks_may_exist() {
    let mut live = account(vec![live_server(1, "API", "https://a")], Vec::new(), &[]);
    live.lists.servers_truncated = true;
    let external = |by| -> Entry<Server, ExternalServer> {
        Entry::External(External { origin: at(()).origin, by, declared: ExternalServer::default() })
    };
    let check = |case: &str, entry: Entry<Server, ExternalServer>, found: Found| {
        let desired = DesiredState { servers: [(key("x"), entry)].into(), ..file() };
        check(case, &desired, &live.lists, &[("x", found)], 0);
    };
    let pinned = || Server { id: Some(at(RemoteId(9))), ..server("New", "https://n") };
    check("listed", Entry::Present(server("API", "https://a")), Live(1));
    check("not listed", Entry::Present(server("New", "https://n")), Problem("list truncated"));
    check("to be gone", Entry::Absent(server("New", "https://n")), Problem("list truncated"));
    check("pinned", Entry::Present(pinned()), Live(9));
    check("external", external(ExternalBy::Name("https://n".to_owned())), Problem("list truncated"));
    check("external by id", external(ExternalBy::Id(RemoteId(9))), Live(9));
}

#[test]
fn built_in_servers_may_be_referred_to_and_nothing_else() {
    let mut live = account(vec![live_server(1, "Users", "https://a")], Vec::new(), &[]);
    live.lists.servers[0].built_in = true;
    let check = |case: &str, entry: Entry<Server, ExternalServer>, found: Found| {
        let desired = DesiredState { servers: [(key("x"), entry)].into(), ..file() };
        check(case, &desired, &live.lists, &[("x", found)], 0);
    };
    check("present", Entry::Present(server("Users", "https://a")), Problem("built in"));
    check("absent", Entry::Absent(server("Users", "https://a")), Problem("built in"));
    let by = ExternalBy::Name("https://a".to_owned());
    let external = External { origin: at(()).origin, by, declared: ExternalServer::default() };
    check("external", Entry::External(external), Live(1));
}

#[test]
fn externals_are_never_made() {
    let live = account(Vec::new(), vec![live_app(5, "Web")], &[]);
    let check = |case: &str, by, found: Found| {
        let entry: Entry<App, ()> = Entry::External(External { origin: at(()).origin, by, declared: () });
        let desired = DesiredState { apps: [(EntryKey::new("x"), entry)].into(), ..file() };
        check(case, &desired, &live.lists, &[("x", found)], 0);
    };
    check("name", ExternalBy::Name("Web".to_owned()), Live(5));
    check("no name", ExternalBy::Name("Wiki".to_owned()), Problem("external missing"));
    check("near", ExternalBy::Name("web".to_owned()), Problem("near miss"));
    check("no id", ExternalBy::Id(RemoteId(4)), Problem("pinned missing"));
}
