//! What is shown together: the plan, and what it means for access and for the policy files.

use crate::access::{AccessChange, GraphApi};
use crate::plan::{FileChange, Plan};
use std::collections::BTreeMap;

/// A plan with what lies beside it.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it means for access, worst first.
    pub access: &'a [AccessChange],
    /// What that touches, and the grants around it.
    pub graph: &'a [GraphApi],
    /// The policy files that will be written, by path.
    pub files: &'a [FileChange],
    /// Whether they were compared with those of another folder than they are written to.
    pub has_files_base: bool,
    /// The variables given on the command line; a saved plan is applied with the same ones.
    pub variables: &'a BTreeMap<String, String>,
}

impl PlanView<'_> {
    /// Says whether nothing has to be written, neither to the account nor to a file.
    pub fn is_empty(&self) -> bool {
        !self.plan.has_changes() && self.files.is_empty()
    }
}
