//! Whether a live object is still what the plan saw.

use super::fields::LiveFields;
use super::{FieldView, Moved, MovedWhy};
use crate::diff::{Action, Along, Change, Unseen};
use crate::model::{Fingerprint, RemoteId, ScopeValue};
use std::collections::BTreeSet;

/// What a fresh read means for a change.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// Live is what the plan saw.
    Go,
    /// It was to be deleted and is gone.
    AlreadyGone,
    /// Live is something else.
    Moved(Moved),
}

/// Judges an update or a deletion by what is live now.
pub(super) fn judge(change: &Change, live: Option<(Fingerprint, LiveFields)>) -> Verdict {
    match live {
        None if change.action() == Action::Delete => Verdict::AlreadyGone,
        None => Verdict::Moved(moved(MovedWhy::Gone, change, None)),
        Some((fingerprint, _)) if change.fingerprint.as_ref() == Some(&fingerprint) => Verdict::Go,
        Some((_, fields)) => Verdict::Moved(moved(MovedWhy::Changed, change, Some(fields))),
    }
}

/// Judges a deletion by what would go along with it now: what the plan did not see must not.
pub(super) fn judge_along(change: &Change, now: &Along) -> Result<(), Moved> {
    let view = |Unseen { part, seen, now }| FieldView {
        path: part.as_str().into(),
        plan: Some(seen.into()),
        live: Some(now.into()),
        desired: None,
    };
    match change.along.unseen(now) {
        unseen if unseen.is_empty() => Ok(()),
        unseen => Err(Moved { why: MovedWhy::Attached, fields: unseen.into_iter().map(view).collect() }),
    }
}

/// Lays plan, live and desired side by side.
pub(super) fn moved(why: MovedWhy, change: &Change, live: Option<LiveFields>) -> Moved {
    let mut views: Vec<FieldView> = Vec::new();
    for (path, value) in live.into_iter().flatten() {
        let field = change.fields.iter().find(|field| field.path == path);
        views.push(FieldView {
            path: path.into(),
            plan: field.map(|field| field.before.clone()),
            live: Some(value),
            desired: field.map(|field| field.after.clone()),
        });
    }
    for field in &change.fields {
        if !views.iter().any(|view| view.path == field.path) {
            let (plan, desired) = (Some(field.before.clone()), Some(field.after.clone()));
            views.push(FieldView { path: field.path.into(), plan, live: None, desired });
        }
    }
    Moved { why, fields: views }
}

/// Says that something stands where the change was to make it.
pub(super) fn appeared(change: &Change, mut ids: Vec<RemoteId>, live: Option<LiveFields>) -> Moved {
    ids.sort_unstable();
    moved(MovedWhy::Appeared { ids }, change, live)
}

/// Returns the scope values that a binding was planned to grant; `None` where the plan does not say.
pub(super) fn planned_grant(change: &Change) -> Option<BTreeSet<ScopeValue>> {
    let field = change.fields.iter().find(|field| field.path == "scopes")?;
    let values = field.after.as_array()?;
    Some(values.iter().filter_map(|value| value.as_str()).map(ScopeValue::new).collect())
}

#[cfg(test)]
mod tests {
    use super::{Verdict, appeared, judge};
    use crate::diff::{Along, Change, Edit, FieldChange, Impact, Operation, Reason};
    use crate::execute::fields::of_role;
    use crate::execute::{FieldView, MovedWhy};
    use crate::model::{Address, EntryKey, LiveRole, RemoteId, RolePatch};
    use serde_json::{Value, json};

    fn role(name: &str) -> LiveRole {
        LiveRole { id: RemoteId(7), name: name.to_owned() }
    }

    fn change(edit: Edit) -> Change {
        Change {
            address: Address::Role(EntryKey::new("r")),
            origin: None,
            impact: Impact::Cosmetic,
            reason: Reason::Differs,
            fingerprint: Some(role("Old").fingerprint()),
            along: Along::default(),
            fields: vec![FieldChange { path: "name", before: json!("Old"), after: json!("New") }],
            edit,
        }
    }

    #[test]
    fn only_what_the_plan_saw_is_written() {
        let update = || change(Edit::Role(Operation::Update { id: RemoteId(7), patch: RolePatch::default() }));
        let delete = || change(Edit::Role(Operation::Delete { id: RemoteId(7) }));
        let live = |name| Some((role(name).fingerprint(), of_role(&role(name))));
        assert_eq!(judge(&update(), live("Old")), Verdict::Go);
        assert_eq!(judge(&delete(), live("Old")), Verdict::Go);
        assert_eq!(judge(&delete(), None), Verdict::AlreadyGone);
        for (change, live, why) in [
            (update(), live("Other"), MovedWhy::Changed),
            (delete(), live("Other"), MovedWhy::Changed),
            (update(), None, MovedWhy::Gone),
        ] {
            let Verdict::Moved(moved) = judge(&change, live) else { panic!("it moved") };
            assert_eq!(moved.why, why);
        }
    }

    #[test]
    fn a_change_without_a_fingerprint_is_never_written() {
        let mut update = change(Edit::Role(Operation::Update { id: RemoteId(7), patch: RolePatch::default() }));
        update.fingerprint = None;
        let live = (role("Old").fingerprint(), of_role(&role("Old")));
        assert!(matches!(judge(&update, Some(live)), Verdict::Moved(_)));
    }

    #[test]
    fn three_sides_stand_side_by_side() {
        let update = change(Edit::Role(Operation::Delete { id: RemoteId(7) }));
        let live = vec![("name", json!("Live")), ("notes", json!("n"))];
        let moved = appeared(&update, vec![RemoteId(9), RemoteId(8)], Some(live));
        assert_eq!(moved.why, MovedWhy::Appeared { ids: vec![RemoteId(8), RemoteId(9)] });
        let view = |path: &'static str, plan: Option<Value>, live: Option<Value>, desired: Option<Value>| FieldView {
            path: path.into(),
            plan,
            live,
            desired,
        };
        assert_eq!(
            moved.fields,
            [
                view("name", Some(json!("Old")), Some(json!("Live")), Some(json!("New"))),
                view("notes", None, Some(json!("n")), None),
            ]
        );
    }
}
