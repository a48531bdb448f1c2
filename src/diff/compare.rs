//! The comparison as a whole.

use super::sides::{Findings, Sides};
use super::{Diff, apps, roles, servers};
use crate::model::{DesiredState, LiveState, identify};

/// Compares a file with an account.
///
/// Shape: changes sorted by address, notes and refusals by text and place. Where [`Diff::problems`] is not empty the entries
/// they name are left out, so nothing else of the answer may be acted on.
pub fn diff(desired: &DesiredState, live: &LiveState) -> Diff {
    let identities = identify(desired, &live.lists);
    let mut findings = Findings::default();
    findings.notes.extend(desired.notes.iter().cloned());
    findings.notes.extend(identities.notes.iter().cloned());
    for problem in &identities.problems {
        findings.problem(problem.clone());
    }
    let sides = Sides::new(desired, live, &identities);
    roles::compare(&sides, &mut findings);
    apps::compare(&sides, &mut findings);
    servers::compare(&sides, &mut findings);
    findings.into_diff()
}
