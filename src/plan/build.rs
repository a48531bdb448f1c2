//! Makes a plan out of a comparison.

use super::{Context, Drift, Plan, SafetyLimits, Summary, order, requests, safety};
use crate::diff::{Diff, Reason};

/// Orders the changes, judges them against the limits and counts.
///
/// The comparison's problems are not the plan's business: the caller shows them and makes no plan.
pub fn plan(diff: Diff, context: Context, limits: &SafetyLimits) -> Plan {
    let Diff { changes, notes, mut refusals, problems: _, totals } = diff;
    refusals.extend(safety::judge(&changes, &totals, limits));
    let summary = Summary::of(changes.iter(), totals.kept);
    let mut drift = Drift::default();
    for change in &changes {
        match change.reason {
            Reason::MissingLive => drift.missing_live += 1,
            Reason::Differs | Reason::Renamed => drift.differs += 1,
            Reason::OnlyLive | Reason::StateAbsent => drift.only_live += 1,
            Reason::Replaced => {}
            // What a run did is no drift.
            Reason::Undo => {}
        }
    }
    let apply_requests = requests::count(&changes);
    let (steps, cycles) = order::order(changes);
    refusals.extend(cycles);
    refusals.sort_by(|one, other| (&one.origin, &one.address).cmp(&(&other.origin, &other.address)));
    Plan { context, steps, notes, refusals, drift, summary, apply_requests }
}
