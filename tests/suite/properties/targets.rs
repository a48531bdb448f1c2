//! The laws of plans for targets.

use super::account::apply;
use super::worlds::{World, world};
use gatewright::diff::{Action, Change, FieldChange, diff};
use gatewright::model::{Address, App, DesiredState, Replaces, Targets, identify, targetable};
use gatewright::plan::{Context, Drift, Plan, SafetyLimits, plan};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Plans for targets, with limits that allow all deletes; `None` where the whole file cannot be carried out.
fn planned(world: &World, targets: &Targets) -> Option<Plan> {
    planned_in(world, Context { targets: targets.clone(), ..Context::default() })
}

fn destroyed(world: &World) -> Option<Plan> {
    planned_in(world, Context { destroy: true, ..Context::default() })
}

fn planned_in(world: &World, context: Context) -> Option<Plan> {
    let diff = diff(&world.desired, &world.live);
    if !diff.problems.is_empty() {
        return None;
    }
    let limits = SafetyLimits { allow_destroy: true, max_deletes: Some(usize::MAX) };
    let plan = plan(diff, context, &limits);
    (!plan.is_refused()).then_some(plan)
}

fn whole(world: &World) -> Option<Plan> {
    planned(world, &Targets::default())
}

fn targets(world: &World, addresses: impl IntoIterator<Item = Address>) -> Targets {
    let mut targets = Targets::default();
    for address in addresses {
        targets.add(address, &world.desired).unwrap();
    }
    assert_eq!(targets.find(&world.desired, &world.live), Ok(()));
    targets
}

/// Some of all that can be targeted, mostly of what changes.
fn picked(world: &World, whole: &Plan, picks: &[Index]) -> Targets {
    let changed: Vec<&Address> = whole.changes().map(|change| &change.address).collect();
    let known: Vec<Address> = targetable(&world.desired, Some(&world.live)).into_iter().collect();
    let pick = |(place, pick): (usize, &Index)| match place % 3 == 0 || changed.is_empty() {
        true => (!known.is_empty()).then(|| pick.get(&known).clone()),
        false => Some((*pick.get(&changed)).clone()),
    };
    targets(world, picks.iter().enumerate().filter_map(pick))
}

/// What a change does, less what the account may word otherwise in the meantime: the name of an app that is let go, and
/// what a deleted object held, since a scope of it may have been renamed.
fn deed(change: &Change) -> (Address, Action, Vec<&FieldChange>) {
    let is_worded = |field: &&FieldChange| change.action() != Action::Delete && field.path != "app";
    (change.address.clone(), change.action(), change.fields.iter().filter(is_worded).collect())
}

/// The file with the replacements that are still to come.
fn settled(desired: &DesiredState, done: &Plan) -> DesiredState {
    let mut settled = DesiredState { replaces: Replaces::default(), ..desired.clone() };
    for address in desired.replaces.addresses() {
        // An app that was not live is made once, too.
        let is_made = |change: &Change| matches!(change.action(), Action::Create | Action::Replace);
        if !done.changes().any(|change| is_made(change) && change.address == address) {
            settled.replace(&address).unwrap();
        }
    }
    settled
}

/// Says whether nothing is renamed from what the file lists beside it: once that one is made, and the other is not yet, the
/// file is ambiguous, and says so.
fn is_plain(desired: &DesiredState) -> bool {
    let apps: Vec<&App> = desired.apps.values().filter_map(|entry| entry.managed()).collect();
    let names: Vec<&str> = apps.iter().filter_map(|app| Some(app.name.as_ref()?.value.as_str())).collect();
    let mut old_names = apps.iter().filter_map(|app| Some(app.renamed_from.as_ref()?.value.as_str()));
    let are_apps_plain = old_names.all(|old| !names.contains(&old));
    are_apps_plain
        && desired.servers.values().filter_map(|entry| entry.present()).all(|server| {
            let scopes =
                server.scopes.iter().flat_map(|scopes| scopes.value.values().map(move |scope| (scopes, scope)));
            let claims =
                server.claims.iter().flat_map(|claims| claims.value.values().map(move |claim| (claims, claim)));
            let mut old_scopes = scopes.filter_map(|(all, scope)| Some((all, scope.renamed_from.as_ref()?)));
            let mut old_claims = claims.filter_map(|(all, claim)| Some((all, claim.renamed_from.as_ref()?)));
            old_scopes.all(|(all, old)| !all.value.contains_key(&old.value))
                && old_claims.all(|(all, old)| !all.value.contains_key(&old.value))
        })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn targeting_everything_is_the_whole_plan(world in world()) {
        let Some(whole) = whole(&world) else { return Ok(()) };
        let known = targetable(&world.desired, Some(&world.live));
        let limited = planned(&world, &targets(&world, known.into_iter().filter(|one| one.owner() == *one))).unwrap();
        prop_assert_eq!(Plan { context: Context::default(), ..limited }, whole);
    }

    #[test]
    fn a_targeted_plan_is_a_part_of_the_whole_in_its_order(world in world(), picks in vec(any::<Index>(), 1..4)) {
        let Some(whole) = whole(&world) else { return Ok(()) };
        let targets = picked(&world, &whole, &picks);
        let limited = planned(&world, &targets).unwrap();
        let kept = |change: &&Change| limited.changes().any(|one| one.address == change.address);
        prop_assert_eq!(limited.changes().collect::<Vec<_>>(), whole.changes().filter(kept).collect::<Vec<_>>());
        prop_assert_eq!(limited.not_targeted.changes + limited.steps.len(), whole.steps.len());
        for step in whole.steps.iter().filter(|step| targets.cover(&step.change.address)) {
            prop_assert!(kept(&&step.change), "{} is targeted", step.change.address);
        }
        for change in limited.changes().filter(|change| !targets.cover(&change.address)) {
            let taken = format!("{} is taken along: ", change.address);
            prop_assert_eq!(limited.notes.iter().filter(|note| note.text.starts_with(&taken)).count(), 1);
        }
        // Nothing waits for what is later, and for nothing that it does not wait for in the whole plan.
        for (index, step) in limited.steps.iter().enumerate() {
            let of_whole = whole.steps.iter().find(|one| one.change == step.change).unwrap();
            let before: Vec<&Change> = of_whole.after.iter().map(|&earlier| &whole.steps[earlier].change).collect();
            let before: Vec<&Change> = before.into_iter().filter(|change| kept(change)).collect();
            prop_assert_eq!(step.after.iter().map(|&earlier| &limited.steps[earlier].change).collect::<Vec<_>>(), before);
            prop_assert!(step.after.iter().all(|&earlier| earlier < index));
        }
    }

    #[test]
    fn after_a_targeted_apply_the_rest_is_left_to_plan(world in world(), picks in vec(any::<Index>(), 1..4)) {
        let Some(whole) = whole(&world).filter(|_| is_plain(&world.desired)) else { return Ok(()) };
        let limited = planned(&world, &picked(&world, &whole, &picks)).unwrap();
        let after = World { desired: settled(&world.desired, &limited), live: apply(&world.live, &limited) };
        let rest = diff(&after.desired, &after.live);
        prop_assert_eq!(rest.problems, vec![]);
        let left = |change: &&Change| !limited.changes().any(|one| one.address == change.address);
        let mut expected: Vec<_> = whole.changes().filter(left).map(deed).collect();
        expected.sort_by(|one, other| one.0.cmp(&other.0));
        prop_assert_eq!(rest.changes.iter().map(deed).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn destroying_deletes_what_is_listed_and_nothing_else(world in world()) {
        let mut world = world;
        world.desired.replaces = Replaces::default();
        world.desired.destroy(&Targets::default());
        let identities = identify(&world.desired, &world.live.lists);
        let Some(whole) = destroyed(&world) else { return Ok(()) };
        let listed = [&identities.roles, &identities.apps, &identities.servers];
        let live = listed.iter().flat_map(|kind| kind.values()).filter(|found| found.id().is_some()).count();
        prop_assert_eq!((whole.steps.len(), whole.summary.delete, whole.drift), (live, live, Drift::default()));
        let after = World { live: apply(&world.live, &whole), ..world };
        prop_assert_eq!(destroyed(&after).unwrap().steps, vec![]);
    }
}
