//! The laws of comparing and planning.

use super::account::{FIRST_MADE, apply, apply_in_order};
use super::worlds::{World, world};
use gatewright::diff::{Action, Diff, diff};
use gatewright::model::{
    Address, App, DesiredState, Entry, EntryKey, LiveApp, LiveState, Pairing, RemoteId, Replaces, Server, Unmanaged,
    identify, text,
};
use gatewright::plan::{Context, Plan, SafetyLimits, plan};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeSet;

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Plans with limits that allow all deletes, so that only what is impossible is refused.
fn planned(diff: Diff) -> Plan {
    plan(diff, Context::default(), &SafetyLimits { allow_destroy: true, max_deletes: Some(usize::MAX) })
}

/// Compares and plans; `None` where the file cannot be carried out on this account at all.
fn executable(world: &World) -> Option<Plan> {
    let diff = diff(&world.desired, &world.live);
    if !diff.problems.is_empty() {
        return None;
    }
    let plan = planned(diff);
    (!plan.is_refused()).then_some(plan)
}

/// Carries a plan out, and asks for no replacement any more.
fn carried_out(world: &World, plan: &Plan) -> World {
    World { desired: settled(&world.desired), live: apply(&world.live, plan) }
}

/// The file alone: a replacement is asked for once.
fn settled(desired: &DesiredState) -> DesiredState {
    DesiredState { replaces: Replaces::default(), ..desired.clone() }
}

/// Everything of a live state that the file says nothing about: unlisted roots, and children of blocks it does not declare.
fn unmanaged(world: &World, live: &LiveState) -> Vec<String> {
    let World { desired, live: before } = world;
    let identities = identify(desired, &before.lists);
    let ids = |pairing: &Pairing| pairing.values().filter_map(|found| found.id()).collect::<BTreeSet<_>>();
    let (servers, apps) = (ids(&identities.servers), ids(&identities.apps));
    let is_old = |id: &RemoteId| id.0 < FIRST_MADE;
    let mut seen = Vec::new();
    for server in live.servers.values() {
        if is_old(&server.id) && !servers.contains(&server.id) {
            let mut server = server.clone();
            // A deleted app takes its bindings along wherever they are.
            server.clients.iter_mut().flatten().for_each(|client| client.app_name.clear());
            server
                .clients
                .as_mut()
                .unwrap()
                .retain(|client| live.apps.contains_key(&client.app_id) && before.apps.contains_key(&client.app_id));
            seen.push(format!("{server:?}"));
        }
        for scope in server.scopes.iter().flatten().filter(|scope| scope.inherited) {
            seen.push(format!("{scope:?}"));
        }
    }
    let unlisted = live.apps.values().filter(|app| is_old(&app.id) && !apps.contains(&app.id));
    seen.extend(unlisted.map(|app| format!("{app:?}")));
    seen
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn applying_a_plan_leaves_nothing_to_plan(world in world()) {
        let Some(plan) = executable(&world) else { return Ok(()) };
        let after = carried_out(&world, &plan);
        let again = diff(&after.desired, &after.live);
        prop_assert_eq!(again.problems, vec![]);
        prop_assert_eq!(again.changes, vec![]);
    }

    #[test]
    fn any_order_that_the_waits_allow_comes_to_the_same(world in world(), picks in vec(any::<Index>(), 40)) {
        let Some(plan) = executable(&world) else { return Ok(()) };
        let mut picks = picks.iter().cycle();
        let live = apply_in_order(&world.live, &plan, |ready| picks.next().map_or(0, |pick| pick.index(ready)));
        let again = diff(&settled(&world.desired), &live);
        prop_assert_eq!(again.problems, vec![]);
        prop_assert_eq!(again.changes, vec![]);
    }

    #[test]
    fn no_plan_of_plain_limits_deletes_more_than_they_say(world in world()) {
        let found = diff(&world.desired, &world.live);
        let plan = plan(found, Context::default(), &SafetyLimits::default());
        if plan.is_refused() {
            return Ok(());
        }
        let gone: Vec<&Address> =
            plan.changes().filter(|change| change.action() == Action::Delete).map(|change| &change.address).collect();
        prop_assert!(gone.iter().all(|address| address.owner() != **address), "no server, app or role goes");
        for address in &gone {
            prop_assert!(gone.iter().filter(|other| other.owner() == address.owner()).count() <= 3);
        }
    }

    #[test]
    fn what_is_live_already_needs_no_change(world in world()) {
        let Some(plan) = executable(&world) else { return Ok(()) };
        let after = carried_out(&world, &plan);
        let kept = diff(&after.desired, &after.live);
        let live: usize = kept.totals.live.values().sum();
        prop_assert_eq!(kept.totals.kept, live, "every live object the file manages is kept");
    }

    #[test]
    fn what_is_made_anew_is_like_what_it_was(world in world(), is_silent in any::<bool>()) {
        let world = all_made_anew(world, is_silent);
        let Some(plan) = executable(&world) else { return Ok(()) };
        let after = apply(&world.live, &plan);
        for change in plan.changes().filter(|change| change.action() == Action::Replace) {
            let Address::OidcApp(key) = &change.address else { panic!("{} is no app", change.address) };
            let (old, new) = made_anew(&world, key, &after);
            prop_assert!(!after.apps.contains_key(&old.id) && new.id.0 >= FIRST_MADE);
            let asked = world.desired.apps[key].present().unwrap();
            let of_old = like_the_old(asked, old, new, &after);
            prop_assert_eq!(&of_old, new);
            let identities = identify(&world.desired, &world.live.lists);
            for (name, server) in &world.desired.servers {
                let (Some(server), Some(id)) = (server.present(), identities.servers.get(name).and_then(|it| it.id())) else {
                    continue;
                };
                // Where the file lists bindings, they are what it says; that a second plan is empty shows it.
                if server.clients.is_none() || (server.unmanaged == Unmanaged::Keep && !is_listed(server, key)) {
                    prop_assert_eq!(granted(&after, id, new.id, &after), granted(&world.live, id, old.id, &after));
                }
            }
        }
    }

    #[test]
    fn what_the_file_does_not_list_is_never_touched(world in world()) {
        let Some(plan) = executable(&world) else { return Ok(()) };
        let after = apply(&world.live, &plan);
        let before_gone = apply_deletes_of_apps(&world, &after);
        prop_assert_eq!(unmanaged(&world, &before_gone), unmanaged(&world, &after));
    }

    #[test]
    fn order_of_the_lists_never_matters(world in world(), seed in any::<u64>()) {
        let mut shuffled = world.live.clone();
        let turn = |length: usize| if length == 0 { 0 } else { usize::try_from(seed % length as u64).unwrap() };
        let LiveState { lists, servers, .. } = &mut shuffled;
        let (roles, apps, listed) = (turn(lists.roles.len()), turn(lists.apps.len()), turn(lists.servers.len()));
        lists.roles.rotate_left(roles);
        lists.apps.rotate_left(apps);
        lists.servers.rotate_left(listed);
        for server in servers.values_mut() {
            server.audiences.reverse();
            server.scopes.as_mut().unwrap().reverse();
            server.claims.as_mut().unwrap().reverse();
            server.clients.as_mut().unwrap().reverse();
        }
        let (one, other) = (diff(&world.desired, &world.live), diff(&world.desired, &shuffled));
        prop_assert_eq!(planned(one), planned(other));
    }

    #[test]
    fn the_same_input_gives_the_same_plan(world in world()) {
        let once = format!("{:?}", planned(diff(&world.desired, &world.live)));
        let twice = format!("{:?}", planned(diff(&world.desired, &world.live)));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn every_step_stands_after_what_it_waits_for(world in world()) {
        let plan = planned(diff(&world.desired, &world.live));
        for (index, step) in plan.steps.iter().enumerate() {
            if !plan.is_refused() {
                prop_assert!(step.after.iter().all(|&earlier| earlier < index));
            }
        }
        let kinds = |action: Action| -> Vec<_> {
            plan.changes().filter(|change| change.action() == action).map(|change| &change.address).collect()
        };
        let position = |address: &Address| plan.changes().position(|change| change.address == *address);
        for gone in kinds(Action::Delete) {
            if gone.owner() != *gone && let Some(owner) = position(&gone.owner()) {
                prop_assert!(plan.steps[owner].change.action() != Action::Delete, "children go with their server");
            }
        }
        for made in kinds(Action::Create) {
            if gone_before(&plan, made) {
                prop_assert!(position(&made.owner()) < position(made));
            }
        }
    }

    #[test]
    fn meaning_is_canonical_after_one_pass(words in proptest::collection::vec(prop_oneof!["[a-z ]{0,3}", Just("\r\n".to_owned()), Just("&lt;".to_owned()), Just("\"".to_owned())], 0..6)) {
        let given = words.concat();
        let once = text::canonical(&given).into_owned();
        prop_assert_eq!(text::canonical(&once).into_owned(), once.clone());
        prop_assert!(text::is_same(&given, &once));
    }
}

/// Says whether a made thing has an owner that the same plan makes.
fn gone_before(plan: &Plan, made: &Address) -> bool {
    let owner = made.owner();
    owner != *made && plan.changes().any(|change| change.address == owner && change.action() == Action::Create)
}

/// The account before the plan, less the apps that it deletes, which take their bindings along.
fn apply_deletes_of_apps(world: &World, after: &LiveState) -> LiveState {
    let mut before = world.live.clone();
    before.apps.retain(|id, _| after.apps.contains_key(id));
    for server in before.servers.values_mut() {
        server.clients.as_mut().unwrap().retain(|client| after.apps.contains_key(&client.app_id));
    }
    let roles: BTreeSet<_> = after.lists.roles.iter().map(|role| role.id).collect();
    before.apps.values_mut().for_each(|app| app.role_ids.retain(|role| roles.contains(role)));
    // Servers that `state: absent` deletes are the file's business, inherited scopes and all.
    before.servers.retain(|id, _| after.servers.contains_key(id));
    before
}

/// The same world with every app made anew that can be; `is_silent`: the file leaves all bindings alone.
fn all_made_anew(mut world: World, is_silent: bool) -> World {
    for key in world.desired.apps.keys().cloned().collect::<Vec<_>>() {
        // What is pinned or has to be gone cannot be.
        let _is_refused = world.desired.replace(&Address::OidcApp(key)).is_err();
    }
    for entry in world.desired.servers.values_mut().filter(|_| is_silent) {
        if let Entry::Present(server) = entry {
            server.clients = None;
        }
    }
    world
}

/// The app before and after.
fn made_anew<'a>(world: &'a World, key: &EntryKey, after: &'a LiveState) -> (&'a LiveApp, &'a LiveApp) {
    let id = |live: &LiveState| identify(&world.desired, &live.lists).apps[key].id().unwrap();
    (&world.live.apps[&id(&world.live)], &after.apps[&id(after)])
}

/// The new app with what the file says nothing about as it was in the old one.
fn like_the_old(asked: &App, old: &LiveApp, new: &LiveApp, after: &LiveState) -> LiveApp {
    let kept = |is_silent: bool, old: Option<u64>, new: Option<u64>| if is_silent { old } else { new };
    let is_there = |role: &&RemoteId| after.lists.roles.iter().any(|there| there.id == **role);
    let held = old.description.as_deref().map(text::canonical).filter(|held| !held.is_empty());
    LiveApp {
        description: match asked.description {
            None => held.map(|held| held.into_owned()),
            Some(_) => new.description.clone(),
        },
        visible: if asked.visible.is_none() { old.visible } else { new.visible },
        access_token_expiration_minutes: kept(
            asked.access_token_expiration_minutes.is_none(),
            old.access_token_expiration_minutes,
            new.access_token_expiration_minutes,
        ),
        role_ids: match asked.roles {
            None => old.role_ids.iter().filter(is_there).copied().collect(),
            Some(_) => new.role_ids.clone(),
        },
        ..new.clone()
    }
}

fn is_listed(server: &Server, app: &EntryKey) -> bool {
    server.clients.as_ref().is_some_and(|clients| clients.value.contains_key(app))
}

/// The ids of the scopes that an app holds and that are there afterwards; `None` where it is not bound.
fn granted(live: &LiveState, server: RemoteId, app: RemoteId, after: &LiveState) -> Option<BTreeSet<RemoteId>> {
    let bound = live.servers[&server].clients.iter().flatten().find(|client| client.app_id == app)?;
    let there: BTreeSet<RemoteId> = after.servers[&server].scopes.iter().flatten().map(|scope| scope.id).collect();
    Some(bound.scopes.iter().map(|scope| scope.id).filter(|id| there.contains(id)).collect())
}
