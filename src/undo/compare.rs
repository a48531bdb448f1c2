//! Compares the inverse with the account.

use super::Inverse;
use crate::diff::{self, ClientOperation, Diff, Edit, ObjectRef, Reason, Refusal, RefusalKind};
use crate::model::{LiveState, RemoteId};

/// Compares, and says of all it finds that it comes from the undo and from no line of a file.
///
/// Shape: as of any comparison, but there are no problems: what cannot be told apart is refused.
pub fn compare(inverse: &Inverse, live: &LiveState) -> Diff {
    let Diff { mut changes, mut notes, mut remarks, mut refusals, problems, totals } =
        diff::diff(&inverse.desired, live);
    // A complete list without them would take them away.
    changes.retain(|change| !unbinds(&change.edit).is_some_and(|binding| inverse.unnamed.contains(&binding)));
    for change in &mut changes {
        change.origin = None;
        change.reason = Reason::Undo;
    }
    refusals.extend(problems.into_iter().map(|problem| Refusal {
        address: problem.address,
        origin: None,
        kind: RefusalKind::Identity(problem.kind),
    }));
    for refusal in &mut refusals {
        refusal.origin = None;
    }
    refusals.sort_by(|one, other| one.address.cmp(&other.address));
    for note in notes.iter_mut().chain(remarks.iter_mut().map(|remark| &mut remark.note)) {
        note.origin = None;
    }
    notes.extend(inverse.notes.iter().cloned());
    notes.sort();
    notes.dedup();
    Diff { changes, notes, remarks, refusals, problems: Vec::new(), totals }
}

/// Returns the binding that a change takes away, by server and app.
const fn unbinds(edit: &Edit) -> Option<(RemoteId, RemoteId)> {
    match edit {
        Edit::Client {
            server: ObjectRef::Live(server),
            app: ObjectRef::Live(app),
            operation: ClientOperation::Unbind,
        } => Some((*server, *app)),
        _ => None,
    }
}
