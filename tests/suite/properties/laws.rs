//! The laws of comparing and planning.

use super::account::apply;
use super::worlds::{World, world};
use gatewright::diff::{Action, Diff, diff};
use gatewright::model::{Address, Entry, LiveState, text};
use gatewright::plan::{Context, Plan, SafetyLimits, plan};
use proptest::prelude::*;
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

/// Everything of a live state that the file says nothing about: unlisted roots, and children of blocks it does not declare.
fn unmanaged(world: &World, live: &LiveState) -> Vec<String> {
    let World { desired, live: before } = world;
    let listed: BTreeSet<String> = desired
        .servers
        .values()
        .filter_map(Entry::managed)
        .filter_map(|server| Some(server.resource_identifier.as_ref()?.value.clone()))
        .collect();
    let apps: BTreeSet<&str> = desired
        .apps
        .values()
        .filter_map(Entry::managed)
        .filter_map(|app| Some(app.name.as_ref()?.value.as_str()))
        .collect();
    let mut seen = Vec::new();
    for server in live.servers.values() {
        if !listed.contains(&server.resource_identifier) {
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
    seen.extend(live.apps.values().filter(|app| !apps.contains(app.name.as_str())).map(|app| format!("{app:?}")));
    seen
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn applying_a_plan_leaves_nothing_to_plan(world in world()) {
        let Some(plan) = executable(&world) else { return Ok(()) };
        let after = World { desired: world.desired.clone(), live: apply(&world.live, &plan) };
        let again = diff(&after.desired, &after.live);
        prop_assert_eq!(again.problems, vec![]);
        prop_assert_eq!(again.changes, vec![]);
    }

    #[test]
    fn what_is_live_already_needs_no_change(world in world()) {
        let Some(plan) = executable(&world) else { return Ok(()) };
        let kept = diff(&world.desired, &apply(&world.live, &plan));
        let live: usize = kept.totals.live.values().sum();
        prop_assert_eq!(kept.totals.kept, live, "every live object the file manages is kept");
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
