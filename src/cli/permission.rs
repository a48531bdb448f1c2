//! Whether a saved plan permits what would be done now.

use super::failure::Failure;
use super::inputs::Inputs;
use super::planning::Planned;
use crate::report::{Disagreement, SavedChange, SavedPlan};

const AGAIN: &str = "Plan again, have a look, and apply that plan.";

fn refused(message: String) -> Failure {
    Failure::Refused { message, hint: Some(AGAIN.to_owned()) }
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
        return Err(refused("the configuration is not the one the plan was made from".to_owned()));
    }
    Ok(())
}

/// Compares the account the plan was made for with the one that answers.
pub(super) fn check_account(saved: &SavedPlan, planned: &Planned) -> Result<(), Failure> {
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
pub(super) fn disagreements(saved: &SavedPlan, planned: &Planned) -> Vec<Disagreement> {
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
