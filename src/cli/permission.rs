//! What a saved plan permits of what would be done now.
//!
//! It is a permission and never an instruction: what is executed is always a part of today's plan.

use super::args::GlobalArgs;
use super::failure::Failure;
use super::inputs::Inputs;
use super::planning::{self, Planned};
use super::state_file::MOST_BYTES;
use super::terminal::Terminal;
use crate::access::AccessChange;
use crate::diff::{Action, Change, FieldChange, Impact};
use crate::execute::{FieldView, Moved, MovedWhy, StepOutcome, StepResult};
use crate::plan::{FileChange, Permitted, Plan, Withheld};
use crate::report::{self, SavedAccess, SavedChange, SavedField, SavedFile, SavedPlan, SavedPlanError};
use crate::workspace::read_regular;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const AGAIN: &str = "Plan again, have a look, and apply that plan.";

fn refused(message: String) -> Failure {
    Failure::Refused { message, hint: Some(AGAIN.to_owned()) }
}

/// Reads a saved plan, which brings along what it is for; others are wrong usage.
pub(super) fn read(path: &Path, global: &GlobalArgs, decides_what: bool) -> Result<SavedPlan, Failure> {
    if global.env.is_some() || !global.variables.is_empty() || decides_what {
        return Err(Failure::usage(
            "a saved plan brings along what it is for: environment, variables, targets, replacements, destruction",
            "Leave `--env`, `--var`, `--target`, `--replace` and `--destroy` out, or leave the plan out.",
        ));
    }
    let bytes = read_regular(path, MOST_BYTES).with_context(|| format!("cannot read {}", path.display()))?;
    match report::read_plan(&bytes) {
        Err(error @ SavedPlanError::Version { .. }) => Err(refused(error.to_string())),
        read => Ok(read.with_context(|| format!("cannot apply {}", path.display()))?),
    }
}

/// Compares what a saved plan was made from with what there is now, before the account is asked anything.
pub(super) fn check_origin(saved: &SavedPlan, inputs: &Inputs) -> Result<(), Failure> {
    let program_version = env!("CARGO_PKG_VERSION");
    let host = inputs.desired.tenant.host();
    if saved.program_version != program_version {
        let made_by = &saved.program_version;
        return Err(refused(format!("the plan was made by gatewright {made_by}, and this is {program_version}")));
    }
    if saved.tenant != host {
        return Err(refused(format!("the plan was made for {}, and the file is about {host}", saved.tenant)));
    }
    if saved.config_digest != inputs.desired.config_digest {
        return Err(Failure::Refused {
            message: "the configuration is not the one the plan was made from".to_owned(),
            hint: Some(format!("Give the `-f` that the plan was made with. Is the file another one now? {AGAIN}")),
        });
    }
    Ok(())
}

/// Compares the account the plan was made for with the one that answers.
pub(super) fn check_account(saved: &SavedPlan, plan: &Plan) -> Result<(), Failure> {
    let now = plan.context.account_id;
    if saved.account_id == now {
        return Ok(());
    }
    let name = |id: Option<u64>| id.map_or_else(|| "an unnamed account".to_owned(), |id| format!("account {id}"));
    Err(refused(format!("the plan was made for {}, and {} answers", name(saved.account_id), name(now))))
}

/// Returns what of the plan may be executed: all of it where nobody saved one, else what the saved one lists identically.
///
/// A change that the saved plan lists and that is not there any more is no matter: it was done already.
pub(super) fn filter(saved: Option<&SavedPlan>, plan: &Plan) -> Permitted {
    plan.permitted(|change| saved.is_none_or(|saved| listed(saved, change) == Some(&SavedChange::from(change))))
}

/// What of today's plan a saved one does not permit.
#[derive(Debug, Default)]
pub(super) struct HeldBack {
    /// What becomes of the steps, by their index in the whole plan.
    pub(super) steps: BTreeMap<usize, StepOutcome>,
    /// The policy files by path.
    pub(super) files: BTreeMap<String, MovedWhy>,
}

/// Returns what is held back; without a saved plan nothing is.
pub(super) fn held_back(saved: Option<&SavedPlan>, planned: &Planned, permitted: &Permitted) -> HeldBack {
    let Some(saved) = saved else { return HeldBack::default() };
    let why = |change: &FileChange| match saved.files.get(&change.path) {
        None => Some(MovedWhy::NotListed),
        Some(listed) if saved.has_files_base || *listed == SavedFile::from(change) => None,
        Some(_) => Some(MovedWhy::Changed),
    };
    HeldBack {
        steps: withheld(saved, &planned.plan, permitted),
        files: planned.files.iter().filter_map(|change| Some((change.path.clone(), why(change)?))).collect(),
    }
}

/// Refuses a plan whose changes are those of the saved one but would break or let in somebody of whom that one says nothing.
pub(super) fn check_access(
    saved: Option<&SavedPlan>,
    (planned, permitted): (&Planned, &Permitted),
    held_back: &HeldBack,
    inputs: &Inputs,
) -> Result<(), Failure> {
    let Some(saved) = saved else { return Ok(()) };
    let changes: Vec<&Change> = permitted.plan.changes().collect();
    // What a policy file comes to ask for is told against the one it was compared with.
    let is_compared = |file: &&FileChange| !saved.has_files_base && !held_back.files.contains_key(&file.path);
    let files = planned.files.iter().filter(is_compared);
    let access = planning::access_of(inputs, &planned.live, &changes, files);
    let listed: BTreeSet<(&str, &str)> =
        saved.changes.iter().map(|change| (change.address.as_str(), change.action.as_str())).collect();
    let told: BTreeMap<(&str, Option<&str>), Vec<&SavedAccess>> =
        saved.access.iter().fold(BTreeMap::new(), |mut told, access| {
            told.entry((access.server.as_str(), access.client.as_deref())).or_insert_with(Vec::new).push(access);
            told
        });
    let is_news = |change: &&AccessChange| {
        let change = SavedAccess::from(*change);
        let place = (change.server.as_str(), change.client.as_deref());
        !told.get(&place).is_some_and(|told| told.iter().any(|told| told.covers(&change)))
            && !is_listed(&change, &listed)
    };
    let is_grave = |change: &&AccessChange| matches!(change.impact, Impact::Breaks | Impact::Widens);
    let news: Vec<&AccessChange> = access.changes.iter().filter(is_grave).filter(is_news).collect();
    let Some(first) = news.first() else { return Ok(()) };
    let more = match news.len() {
        1 => String::new(),
        number => format!(", and {} more", number - 1),
    };
    let word = first.impact.as_str();
    Err(refused(format!(
        "the saved plan does not say what it means for access by now: {word}: {}{more}",
        first.sentence
    )))
}

/// Says whether something follows from changes that the saved plan lists one by one, whatever a run before has done of them.
fn is_listed(change: &SavedAccess, listed: &BTreeSet<(&str, &str)>) -> bool {
    let server = format!("authorization_server/{}", change.server);
    match (&change.client, &change.policy) {
        // What a policy file asks for stands in its difference, which is as it was.
        (None, Some(_)) => true,
        // Nobody gets tokens of a server that goes; its clients may have gone before it.
        (None, None) => listed.contains(&(server.as_str(), "delete")),
        // What a client that the plan binds gets, and who refuses it, is no news about anybody else.
        (Some(client), _) => {
            let address = format!("{server}/client/{client}");
            ["create", "update"].iter().any(|action| listed.contains(&(address.as_str(), *action)))
        }
    }
}

fn withheld(saved: &SavedPlan, plan: &Plan, permitted: &Permitted) -> BTreeMap<usize, StepOutcome> {
    let outcome = |(index, why): (&usize, &Withheld)| {
        let change = &plan.steps.get(*index)?.change;
        let result = match why {
            Withheld::NotPermitted => StepResult::Moved(moved(listed(saved, change), change)),
            Withheld::DependsOn(because) => StepResult::Skipped { because: because.clone() },
        };
        let (address, action) = (change.address.clone(), change.action());
        Some((*index, StepOutcome { address, action, result, secret: None }))
    };
    permitted.withheld.iter().filter_map(outcome).collect()
}

/// Says what to do about what was held back.
pub(super) fn tell_held_back(held_back: &HeldBack, terminal: &Terminal) -> Result<(), Failure> {
    if !held_back.steps.is_empty() || !held_back.files.is_empty() {
        terminal.tell(|err| report::write_hint(err, AGAIN))?;
    }
    Ok(())
}

fn listed<'a>(saved: &'a SavedPlan, change: &Change) -> Option<&'a SavedChange> {
    let address = change.address.to_string();
    saved.changes.iter().find(|saved| saved.address == address)
}

/// Says in which way an object is not what the saved plan saw, with the sides of every field.
fn moved(saved: Option<&SavedChange>, now: &Change) -> Moved {
    let Some(saved) = saved else {
        let view = |field: &FieldChange| FieldView {
            path: field.path.into(),
            plan: None,
            live: Some(field.before.clone()),
            desired: Some(field.after.clone()),
        };
        return Moved { why: MovedWhy::NotListed, fields: now.fields.iter().map(view).collect() };
    };
    let why = match (saved.id, now.edit.id()) {
        (None, Some(id)) => MovedWhy::Appeared { ids: vec![id] },
        (Some(_), None) => MovedWhy::Gone,
        (Some(_), Some(_)) | (None, None) => MovedWhy::Changed,
    };
    // Where both change the object in place, a field that only one of them names was as desired for the other.
    let is_update = saved.action == now.action().as_str() && now.action() == Action::Update;
    let mut fields: Vec<FieldView> = Vec::new();
    if let (Some(planned), Some(id)) = (saved.id, now.edit.id())
        && planned != id.0
    {
        // What was made anew is another object, however alike.
        let (plan, live) = (Some(planned.into()), Some(id.0.into()));
        fields.push(FieldView { path: "id".into(), plan, live, desired: None });
    }
    for FieldChange { path, before, after } in &now.fields {
        let listed = saved.fields.iter().find(|field| field.path == *path);
        let plan = listed.map(|field| field.before.clone()).or_else(|| is_update.then(|| after.clone()));
        // A replacement lists what stays as well.
        if before == after && plan.as_ref() == Some(before) {
            continue;
        }
        fields.push(FieldView { path: (*path).into(), plan, live: Some(before.clone()), desired: Some(after.clone()) });
    }
    for SavedField { path, before, after } in &saved.fields {
        if !now.fields.iter().any(|field| field.path == *path) {
            let (plan, live) = (Some(before.clone()), is_update.then(|| after.clone()));
            fields.push(FieldView { path: path.clone().into(), plan, live, desired: Some(after.clone()) });
        }
    }
    // The saved plan holds no more than a digest of what goes along.
    let along = now.along.all().into_iter();
    fields.extend(along.map(|(part, all)| FieldView {
        path: part.as_str().into(),
        plan: None,
        live: Some(all.into()),
        desired: None,
    }));
    Moved { why, fields }
}

#[cfg(test)]
mod tests {
    use super::moved;
    use crate::diff::{Along, Change, Edit, FieldChange, Impact, Operation, Reason};
    use crate::execute::MovedWhy;
    use crate::model::{Address, EntryKey, NewRole, RemoteId, RolePatch};
    use crate::report::{SavedChange, SavedField};
    use serde_json::{Value, json};

    fn change(edit: Edit, fields: &[(&'static str, &str, &str)]) -> Change {
        let field = |(path, before, after): &(&'static str, &str, &str)| FieldChange {
            path,
            before: json!(before),
            after: json!(after),
        };
        Change {
            address: Address::Role(EntryKey::new("r")),
            origin: None,
            impact: Impact::Cosmetic,
            reason: Reason::Differs,
            fingerprint: None,
            along: Along::default(),
            fields: fields.iter().map(field).collect(),
            edit,
        }
    }

    #[test]
    fn what_moved_is_shown_from_three_sides() {
        let update = || Edit::Role(Operation::Update { id: RemoteId(7), patch: RolePatch::default() });
        let create = || Edit::Role(Operation::Create(NewRole { name: "R".to_owned(), members: Vec::new() }));
        let saved = |action: &str, id, fields: &[(&str, &str, &str)]| SavedChange {
            address: "role/r".to_owned(),
            action: action.to_owned(),
            id,
            fingerprint: None,
            fields: fields
                .iter()
                .map(|(path, before, after)| SavedField {
                    path: (*path).to_owned(),
                    before: json!(before),
                    after: json!(after),
                })
                .collect(),
        };
        let check =
            |saved: Option<&SavedChange>, now: &Change, why: MovedWhy, expected: &[(&str, [Option<&str>; 3])]| {
                let moved = moved(saved, now);
                assert_eq!(moved.why, why);
                let word = |value: &Option<Value>| value.as_ref().map(|value| value.as_str().unwrap().to_owned());
                let sides = |view: &crate::execute::FieldView| {
                    (view.path.to_string(), [&view.plan, &view.live, &view.desired].map(word))
                };
                let expected: Vec<_> = expected
                    .iter()
                    .map(|(path, sides)| ((*path).to_owned(), sides.map(|side| side.map(str::to_owned))))
                    .collect();
                assert_eq!(moved.fields.iter().map(sides).collect::<Vec<_>>(), expected);
            };
        let now = change(update(), &[("a", "a2", "a3"), ("b", "b2", "b3")]);
        check(
            None,
            &now,
            MovedWhy::NotListed,
            &[("a", [None, Some("a2"), Some("a3")]), ("b", [None, Some("b2"), Some("b3")])],
        );
        check(
            Some(&saved("update", Some(7), &[("a", "a1", "a3"), ("c", "c1", "c3")])),
            &now,
            MovedWhy::Changed,
            &[
                ("a", [Some("a1"), Some("a2"), Some("a3")]),
                ("b", [Some("b3"), Some("b2"), Some("b3")]),
                ("c", [Some("c1"), Some("c3"), Some("c3")]),
            ],
        );
        check(
            Some(&saved("update", Some(7), &[("a", "a1", "a3")])),
            &change(create(), &[]),
            MovedWhy::Gone,
            &[("a", [Some("a1"), None, Some("a3")])],
        );
        check(
            Some(&saved("create", None, &[])),
            &now,
            MovedWhy::Appeared { ids: vec![RemoteId(7)] },
            &[("a", [None, Some("a2"), Some("a3")]), ("b", [None, Some("b2"), Some("b3")])],
        );
    }
}
