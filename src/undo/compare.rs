//! Compares the inverse with the account.

use super::Inverse;
use crate::diff::{self, Diff, Reason, Refusal, RefusalKind};
use crate::model::LiveState;

/// Compares, and says of all it finds that it comes from the undo and from no line of a file.
///
/// Shape: as of any comparison, but there are no problems: what cannot be told apart is refused.
pub fn compare(inverse: &Inverse, live: &LiveState) -> Diff {
    let Diff { mut changes, mut notes, mut remarks, mut refusals, problems, totals } =
        diff::diff(&inverse.desired, live);
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
