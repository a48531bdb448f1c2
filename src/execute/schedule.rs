//! Which steps may start.

use crate::plan::Step;
use std::collections::BTreeSet;

/// The steps of a plan and how far they are.
///
/// Shape: steps become ready in the order of the plan, each when all it waits for went well.
pub(super) struct Schedule {
    /// How many steps each one still waits for.
    waits_for: Vec<usize>,
    /// The steps that wait for each one.
    dependents: Vec<Vec<usize>>,
    is_over: Vec<bool>,
    ready: BTreeSet<usize>,
}

impl Schedule {
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut dependents = vec![Vec::new(); steps.len()];
        for (index, step) in steps.iter().enumerate() {
            for &earlier in &step.after {
                if let Some(list) = dependents.get_mut(earlier) {
                    list.push(index);
                }
            }
        }
        let waits_for: Vec<usize> = steps.iter().map(|step| step.after.len()).collect();
        let ready = waits_for.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| index).collect();
        Self { waits_for, dependents, is_over: vec![false; steps.len()], ready }
    }

    /// Takes the next step that may start.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }

    /// Notes that a step went well: those that waited for it alone are ready.
    pub(super) fn went_well(&mut self, index: usize) {
        self.end(index);
        for dependent in self.dependents.get(index).cloned().unwrap_or_default() {
            if let Some(count) = self.waits_for.get_mut(dependent) {
                *count = count.saturating_sub(1);
                if *count == 0 && !self.is_over.get(dependent).copied().unwrap_or(true) {
                    self.ready.insert(dependent);
                }
            }
        }
    }

    /// Notes that a step did not go well. Returns, in order, all steps that wait for it and so will not be done.
    pub(super) fn went_wrong(&mut self, index: usize) -> BTreeSet<usize> {
        self.end(index);
        let mut skipped = BTreeSet::new();
        let mut open = vec![index];
        while let Some(current) = open.pop() {
            for dependent in self.dependents.get(current).cloned().unwrap_or_default() {
                if !self.is_over.get(dependent).copied().unwrap_or(true) {
                    self.end(dependent);
                    skipped.insert(dependent);
                    open.push(dependent);
                }
            }
        }
        skipped
    }

    fn end(&mut self, index: usize) {
        if let Some(is_over) = self.is_over.get_mut(index) {
            *is_over = true;
        }
        self.ready.remove(&index);
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;
    use crate::diff::{Along, Change, Edit, Impact, Operation, Reason};
    use crate::model::{Address, EntryKey, RemoteId};
    use crate::plan::Step;

    fn steps(after: &[&[usize]]) -> Vec<Step> {
        let change = Change {
            address: Address::Role(EntryKey::new("r")),
            origin: None,
            impact: Impact::Cosmetic,
            reason: Reason::StateAbsent,
            fingerprint: None,
            along: Along::default(),
            fields: Vec::new(),
            edit: Edit::Role(Operation::Delete { id: RemoteId(1) }),
        };
        after.iter().map(|after| Step { change: change.clone(), after: after.to_vec() }).collect()
    }

    fn ready(schedule: &mut Schedule) -> Vec<usize> {
        std::iter::from_fn(|| schedule.next()).collect()
    }

    #[test]
    fn steps_start_when_all_they_wait_for_went_well() {
        let mut schedule = Schedule::new(&steps(&[&[], &[], &[0, 1], &[2], &[]]));
        assert_eq!(ready(&mut schedule), [0, 1, 4]);
        schedule.went_well(1);
        assert_eq!(ready(&mut schedule), [0; 0]);
        schedule.went_well(0);
        assert_eq!(ready(&mut schedule), [2]);
        schedule.went_well(2);
        assert_eq!(ready(&mut schedule), [3]);
    }

    #[test]
    fn a_failure_skips_what_waits_for_it_and_nothing_else() {
        let mut schedule = Schedule::new(&steps(&[&[], &[], &[0], &[2], &[1]]));
        assert_eq!(ready(&mut schedule), [0, 1]);
        assert_eq!(schedule.went_wrong(0).into_iter().collect::<Vec<_>>(), [2, 3]);
        schedule.went_well(1);
        assert_eq!(ready(&mut schedule), [4]);
    }

    #[test]
    fn a_step_is_skipped_once() {
        let mut schedule = Schedule::new(&steps(&[&[], &[], &[0, 1]]));
        assert_eq!(ready(&mut schedule), [0, 1]);
        assert_eq!(schedule.went_wrong(0).len(), 1);
        assert_eq!(schedule.went_wrong(1).len(), 0);
        assert_eq!(ready(&mut schedule), [0; 0]);
    }
}
