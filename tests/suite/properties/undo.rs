//! The laws of taking a run back.

use super::account::record;
use super::worlds::{World, world};
use gatewright::diff::{Action, Diff, diff};
use gatewright::model::{Address, LiveState, Note, RemoteId, text};
use gatewright::plan::{Context, Plan, SafetyLimits, plan};
use gatewright::undo::{Inverse, Recorded, compare, inverse};
use gatewright::workspace::{RecordedRun, RecordedWrite, RunHeader};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::{BTreeMap, BTreeSet};

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

fn planned(diff: Diff) -> Plan {
    plan(diff, Context::default(), &SafetyLimits { allow_destroy: true, max_deletes: Some(usize::MAX) })
}

fn run(writes: Vec<RecordedWrite>) -> RecordedRun {
    let header = RunHeader {
        program_version: String::new(),
        config_digest: String::new(),
        tenant: String::new(),
        account_id: None,
        environment: None,
        undoes: None,
    };
    let (name, at) = (String::new(), Timestamp::UNIX_EPOCH);
    RecordedRun { name, header, at, writes, is_ended: true, is_complete: true }
}

/// Carries out what a file asks for, and returns the account after it and the record; `None` where it cannot be done.
fn applied(world: &World) -> Option<(LiveState, RecordedRun)> {
    let diff = diff(&world.desired, &world.live);
    if !diff.problems.is_empty() {
        return None;
    }
    let plan = planned(diff);
    // An app that is made anew is left alone, and its bindings with it.
    if plan.is_refused() || plan.changes().any(|change| change.action() == Action::Replace) {
        return None;
    }
    let (live, writes) = record(&world.live, &plan);
    Some((live, run(writes)))
}

/// Plans the inverse of a run.
fn undo(world: &World, live: &LiveState, run: &RecordedRun) -> (Inverse, Plan) {
    let inverse = inverse(&Recorded { run, undos: Vec::new() }, live, &world.desired);
    let mut ready = live.clone();
    ready.users.extend(inverse.users.clone());
    let plan = planned(compare(&inverse, &ready));
    (inverse, plan)
}

/// An app without its id: name, description, whether it shows, URIs, the names of its roles.
type App = (String, String, bool, BTreeSet<String>, BTreeSet<String>);

/// A server without its id: name, description, audiences, scopes, claims, and the scopes of its clients by app.
type Server = (
    String,
    String,
    BTreeSet<String>,
    BTreeMap<String, String>,
    BTreeMap<String, String>,
    BTreeSet<(String, BTreeSet<String>)>,
);

/// An account without ids, without what OneLogin supplies, and without lifetimes, which are compared apart.
#[derive(Debug, PartialEq)]
struct Shape {
    roles: BTreeSet<String>,
    apps: Vec<App>,
    servers: BTreeMap<String, Server>,
}

fn canonical(text: Option<&str>) -> String {
    text::canonical(text.unwrap_or_default()).into_owned()
}

fn shape(live: &LiveState) -> Shape {
    let role_names: BTreeMap<RemoteId, &str> =
        live.lists.roles.iter().map(|role| (role.id, role.name.as_str())).collect();
    let mut apps: Vec<App> = live
        .apps
        .values()
        .map(|app| {
            let roles =
                app.role_ids.iter().filter_map(|id| role_names.get(id)).map(|name| (*name).to_owned()).collect();
            let uris = app.redirect_uris.iter().cloned().collect();
            (app.name.clone(), canonical(app.description.as_deref()), app.visible, uris, roles)
        })
        .collect();
    apps.sort();
    let server = |server: &gatewright::model::LiveServer| {
        let inherited: BTreeSet<RemoteId> =
            server.scopes.iter().flatten().filter(|scope| scope.inherited).map(|scope| scope.id).collect();
        let scopes = server.scopes.iter().flatten().filter(|scope| !scope.inherited);
        let claims = server.claims.iter().flatten().filter(|claim| !claim.inherited);
        let clients = server.clients.iter().flatten().map(|client| {
            let granted = client.scopes.iter().filter(|scope| !inherited.contains(&scope.id));
            (live.apps[&client.app_id].name.clone(), granted.map(|scope| scope.value.to_string()).collect())
        });
        (
            server.name.clone(),
            canonical(server.description.as_deref()),
            server.audiences.iter().cloned().collect(),
            scopes.map(|scope| (scope.value.to_string(), canonical(scope.description.as_deref()))).collect(),
            claims.map(|claim| (claim.name.to_string(), format!("{:?}", claim.source))).collect(),
            clients.collect(),
        )
    };
    Shape {
        roles: role_names.values().map(|name| (*name).to_owned()).collect(),
        apps,
        servers: live.servers.values().map(|one| (one.resource_identifier.clone(), server(one))).collect(),
    }
}

/// The account of before, less what is declared as lost: what a deleted app or role took along without a change of its own.
fn recoverable(live: &LiveState, run: &RecordedRun) -> LiveState {
    let deleted = |is_kind: fn(&Address) -> bool| -> BTreeSet<RemoteId> {
        let gone = run.writes.iter().filter(|write| is_kind(&write.address) && write.images.sent.is_none());
        gone.filter_map(|write| write.id).collect()
    };
    let apps = deleted(|address| matches!(address, Address::OidcApp(_)));
    let roles = deleted(|address| matches!(address, Address::Role(_)));
    let servers = deleted(|address| matches!(address, Address::Server(_)));
    let is_written = |id: RemoteId, server: RemoteId| {
        run.writes.iter().any(|write| write.server == Some(server) && write.id == Some(id))
    };
    let mut live = live.clone();
    for server in live.servers.values_mut() {
        let (id, clients) = (server.id, server.clients.as_mut().unwrap());
        clients
            .retain(|client| !apps.contains(&client.app_id) || servers.contains(&id) || is_written(client.app_id, id));
    }
    let gives_roles = |id: RemoteId| {
        run.writes.iter().any(|write| {
            let image = write.images.sent.as_ref().or(write.images.before.as_ref());
            write.id == Some(id) && matches!(image, Some(gatewright::execute::Image::App { roles: Some(_), .. }))
        })
    };
    for app in live.apps.values_mut() {
        if !gives_roles(app.id) {
            app.role_ids.retain(|role| !roles.contains(role));
        }
    }
    live
}

impl Shape {
    /// Takes the roles and bindings of apps out that had to wait for the second undo, which says that they are lost.
    fn forget(&mut self, apps: &BTreeSet<&str>) {
        for (name, .., roles) in &mut self.apps {
            if apps.contains(name.as_str()) {
                roles.clear();
            }
        }
        for (.., clients) in self.servers.values_mut() {
            clients.retain(|(app, _)| !apps.contains(app.as_str()));
        }
    }
}

/// Returns the names of deleted apps of which an undo says that a role or a binding is lost.
fn said_lost<'a>(world: &'a World, run: &RecordedRun, notes: &[Note]) -> BTreeSet<&'a str> {
    let gone = run.writes.iter().filter(|write| write.images.sent.is_none());
    let is_said = |id: RemoteId, address: &Address| {
        notes.iter().any(|note| {
            note.text.starts_with(&format!("cannot come back: the binding of app {id},"))
                || note.text.starts_with("cannot come back: the role") && note.text.contains(&address.to_string())
        })
    };
    let lost = gone.filter_map(|write| Some((write.id?, &write.address))).filter(|(id, address)| is_said(*id, address));
    lost.filter_map(|(id, _)| Some(world.live.apps.get(&id)?.name.as_str())).collect()
}

/// Says whether a deleted server granted scopes that OneLogin supplies, which a new one may not have.
fn granted_inherited(world: &World, run: &RecordedRun) -> bool {
    let gone =
        run.writes.iter().filter(|write| matches!(write.address, Address::Server(_)) && write.images.sent.is_none());
    gone.filter_map(|write| world.live.servers.get(&write.id?)).any(|server| {
        let inherited: BTreeSet<RemoteId> =
            server.scopes.iter().flatten().filter(|scope| scope.inherited).map(|scope| scope.id).collect();
        server.clients.iter().flatten().flat_map(|client| &client.scopes).any(|scope| inherited.contains(&scope.id))
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_run_that_is_undone_leaves_the_account_as_it_was(world in world()) {
        let Some((after, run)) = applied(&world) else { return Ok(()) };
        if granted_inherited(&world, &run) {
            return Ok(());
        }
        let (inverse, plan) = undo(&world, &after, &run);
        prop_assert_eq!(&plan.refusals, &vec![]);
        let left = inverse.notes.iter().filter(|note| note.text.starts_with("left alone"));
        prop_assert!(left.clone().all(|note| note.text.contains("once more")), "{:#?}", inverse.notes);
        let takes_two = left.count() > 0;
        let (mut back, writes) = record(&after, &plan);
        let mut lost = BTreeSet::new();
        if takes_two {
            let (second, plan) = undo(&world, &back, &run);
            back = record(&back, &plan).0;
            lost = said_lost(&world, &run, &[inverse.notes, second.notes].concat());
        }
        let (mut expected, mut found) = (shape(&recoverable(&world.live, &run)), shape(&back));
        expected.forget(&lost);
        found.forget(&lost);
        prop_assert_eq!(expected, found);
        for server in world.live.servers.values() {
            let again = back.servers.values().find(|one| one.resource_identifier == server.resource_identifier).unwrap();
            let minutes = server.access_token_expiration_minutes;
            prop_assert!(minutes.is_none() || again.access_token_expiration_minutes == minutes);
        }
        for role in &world.live.lists.roles {
            let again = back.lists.roles.iter().find(|one| one.name == role.name).unwrap();
            prop_assert!(world.live.role_members[&role.id].is_subset(&back.role_members[&again.id]));
        }

        // A second time there is nothing to do, and the undo can be undone like any run.
        let (_, again) = undo(&world, &back, &run);
        prop_assert_eq!(again.changes().collect::<Vec<_>>(), Vec::<&gatewright::diff::Change>::new());
        let undone = self::run(writes);
        if takes_two || granted_inherited(&World { live: after.clone(), ..world.clone() }, &undone) {
            return Ok(());
        }
        let (inverse, plan) = undo(&world, &back, &undone);
        // The file may make twins of apps by pinning them; an undo does not.
        if inverse.notes.iter().any(|note| note.text.contains("has its old name by now")) {
            return Ok(());
        }
        let (redone, _) = record(&back, &plan);
        prop_assert_eq!(shape(&recoverable(&after, &undone)), shape(&redone));
    }

    #[test]
    fn what_the_run_did_not_touch_is_no_business_of_its_undo(world in world()) {
        let Some((after, run)) = applied(&world) else { return Ok(()) };
        let (_, plan) = undo(&world, &after, &run);
        let touched: BTreeSet<&Address> = run.writes.iter().map(|write| &write.address).collect();
        // A child of a deleted server is made again although no write of its own deleted it; a renamed one has its old name.
        let owners: BTreeSet<Address> = touched.iter().map(|address| address.owner()).collect();
        for change in plan.changes() {
            prop_assert!(owners.contains(&change.address.owner()), "{}", change.address);
        }
    }
}
