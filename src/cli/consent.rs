//! Whether a plan may be carried out: what safety says, and what the user says.

use super::failure::Failure;
use super::stop::Stop;
use super::terminal::Terminal;
use crate::plan::Plan;
use crate::report;
use anyhow::Context;

/// Refuses what safety forbids, as it is judged now and with the flags of now.
pub(super) fn check_refusals(plan: &Plan) -> Result<(), Failure> {
    if !plan.is_refused() {
        return Ok(());
    }
    let number = report::count(plan.refusals.len(), "refusal", None);
    Err(Failure::Refused { message: format!("nothing was written because of {number}"), hint: None })
}

/// Asks whether to go on; to break off is to decline.
pub(super) async fn ask(stop: &Stop, terminal: &Terminal) -> Result<(), Failure> {
    let asker = *terminal;
    let answer = tokio::task::spawn_blocking(move || asker.ask("Do this?"));
    let is_yes = tokio::select! {
        answer = answer => answer.context("the question broke off")??,
        () = stop.first() => {
            // The question stands on the line still.
            terminal.tell(|err| writeln!(err))?;
            false
        }
    };
    match is_yes {
        true => Ok(()),
        false => Err(Failure::Refused { message: "declined; nothing was written".to_owned(), hint: None }),
    }
}
