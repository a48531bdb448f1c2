//! Whether a saved plan permits what would be done now.

use super::args::GlobalArgs;
use super::failure::Failure;
use super::inputs::Inputs;
use super::planning::Planned;
use super::terminal::Terminal;
use crate::report::{self, Disagreement, SavedChange, SavedPlan};
use anyhow::Context;
use std::path::Path;

const AGAIN: &str = "Plan again, have a look, and apply that plan.";

fn refused(message: String) -> Failure {
    Failure::Refused { message, hint: Some(AGAIN.to_owned()) }
}

/// Reads a saved plan, which brings its own environment and variables.
pub(super) fn read(path: &Path, global: &GlobalArgs) -> Result<SavedPlan, Failure> {
    if global.env.is_some() || !global.variables.is_empty() {
        return Err(Failure::usage(
            "a saved plan brings its own environment and variables",
            "Leave `--env` and `--var` out, or leave the plan out.",
        ));
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(report::read_plan(&text).with_context(|| format!("cannot apply {}", path.display()))?)
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

/// Refuses what the saved plan does not permit, and what safety forbids.
pub(super) fn check(saved: Option<&SavedPlan>, planned: &Planned, terminal: &Terminal) -> Result<(), Failure> {
    if let Some(saved) = saved {
        check_account(saved, planned)?;
        let disagreements = disagreements(saved, planned);
        if !disagreements.is_empty() {
            terminal.tell(|err| report::write_disagreements(err, &disagreements))?;
            let number = report::count(disagreements.len(), "change", None);
            return Err(refused(format!("the saved plan does not permit {number}; nothing was written")));
        }
    }
    if planned.plan.is_refused() {
        let number = report::count(planned.plan.refusals.len(), "refusal", None);
        return Err(Failure::Refused { message: format!("nothing was written because of {number}"), hint: None });
    }
    Ok(())
}

/// Compares the account the plan was made for with the one that answers.
fn check_account(saved: &SavedPlan, planned: &Planned) -> Result<(), Failure> {
    let now = planned.plan.context.account_id;
    if saved.account_id == now {
        return Ok(());
    }
    let name = |id: Option<u64>| id.map_or_else(|| "an unnamed account".to_owned(), |id| format!("account {id}"));
    Err(refused(format!("the plan was made for {}, and {} answers", name(saved.account_id), name(now))))
}

/// Returns the changes of now that the saved plan does not list identically.
///
/// A change that the saved plan lists and that is not there any more is no matter: it was done already.
fn disagreements(saved: &SavedPlan, planned: &Planned) -> Vec<Disagreement> {
    let mut found = Vec::new();
    for change in planned.plan.changes() {
        let now = SavedChange::from(change);
        let permitted = saved.changes.iter().find(|saved| saved.address == now.address);
        if permitted != Some(&now) {
            found.push(Disagreement { saved: permitted.cloned(), now });
        }
    }
    found
}
