//! Makes a plan out of a comparison.

use super::order::Order;
use super::target::{self, Limited};
use super::{Context, Drift, NotTargeted, Plan, SafetyLimits, Summary, requests, safety};
use crate::diff::{Change, Diff, Reason};

/// Limits the changes to the targets, if there are any, orders them, judges them against the limits and counts.
///
/// The comparison's problems are not the plan's business: the caller shows them and makes no plan.
pub fn plan(mut diff: Diff, context: Context, limits: &SafetyLimits) -> Plan {
    if context.destroy {
        diff.changes.iter_mut().for_each(|change| change.reason = Reason::Destroy);
    }
    let order = Order::of(&diff.changes);
    let Limited { diff, mut order, left_out } = target::limit(diff, order, &context.targets);
    let Diff { changes, mut notes, remarks, mut refusals, problems: _, totals } = diff;
    notes.extend(remarks.into_iter().map(|remark| remark.note));
    notes.sort();
    notes.dedup();
    refusals.extend(safety::judge(&changes, &totals, limits));
    refusals.append(&mut order.circles);
    refusals.sort_by(|one, other| (&one.origin, &one.address).cmp(&(&other.origin, &other.address)));
    let summary = Summary::of(changes.iter(), totals.kept);
    let drift = drift(&changes);
    let apply_requests = requests::count(&changes);
    let steps = order.into_steps(changes);
    let not_targeted = NotTargeted { changes: left_out, files: 0 };
    Plan { context, steps, notes, refusals, drift, summary, not_targeted, apply_requests }
}

fn drift(changes: &[Change]) -> Drift {
    let mut drift = Drift::default();
    for change in changes {
        match change.reason {
            Reason::MissingLive => drift.missing_live += 1,
            Reason::Differs | Reason::Renamed => drift.differs += 1,
            Reason::OnlyLive | Reason::StateAbsent => drift.only_live += 1,
            Reason::Replaced => {}
            // What a run did is no drift, nor what is destroyed on purpose.
            Reason::Undo | Reason::Destroy => {}
        }
    }
    drift
}
