//! Executes a plan, writes the policy files of what was seen, and says what became of it all.

use super::Exit;
use super::args::GlobalArgs;
use super::connect::Connection;
use super::failure::Failure;
use super::home::Home;
use super::inputs::Inputs;
use super::planning::Planned;
use super::policy_files;
use super::stop;
use super::terminal::{Drawn, Terminal};
use crate::api::Writer;
use crate::execute::{ExecuteOptions, ExitClass, Outcome, execute};
use crate::model::Address;
use crate::report::{self, FilesOutcome, Progress};
use crate::workspace::{History, RunHeader, RunHost, RunRecord};
use anyhow::Context;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;

/// How long reading back waits for what was written to show.
///
/// Source: memberships of roles are known to lag by seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Performs a plan that was permitted.
pub(super) async fn perform(
    planned: &Planned,
    inputs: &Inputs,
    connection: &Connection,
    home: &Home,
    history: &History,
    global: &GlobalArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let outcome = if planned.plan.has_changes() {
        write_account(planned, connection, home, history, global, terminal).await?
    } else {
        Outcome { steps: Vec::new(), wrote: false, interrupted: false, fatal: None, created: BTreeMap::new() }
    };
    let files = write_files(planned, inputs, &outcome);
    terminal.print(|out| report::write_outcome(out, &outcome, &files))?;
    Ok(exit(&outcome, &files))
}

async fn write_account(
    planned: &Planned,
    connection: &Connection,
    home: &Home,
    history: &History,
    global: &GlobalArgs,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let plan = &planned.plan;
    let header = RunHeader {
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        config_digest: plan.context.config_digest.clone(),
        tenant: plan.context.tenant.clone(),
        account_id: plan.context.account_id,
        environment: plan.context.environment.clone(),
    };
    let begun = RunRecord::begin(&home.workspace, &home.host, &header, Timestamp::now);
    let host = RunHost {
        record: begun.context("cannot begin the record of the run")?,
        files: home.workspace.secrets(&home.host),
        command: None,
        host: home.host.clone(),
        clock: Timestamp::now,
    };
    let options = ExecuteOptions {
        settle: global.settle(),
        patience: PATIENCE.min(global.settle()),
        max_in_flight: usize::from(global.max_in_flight),
        pending: history.pending(Timestamp::now()),
    };
    let show = if terminal.is_interactive() { Progress::bar } else { Progress::lines };
    let progress = show(terminal.stderr(), global.settle());
    let drawn = progress.drawn().map(Drawn::new);
    let (cancel, canceled) = watch::channel(false);
    let stopped = stop::requested().context("cannot listen for signals")?;
    let watcher = tokio::spawn(async move {
        stopped.await;
        // Nobody is left to hear it only when the run is over.
        let _over = cancel.send(true);
        std::future::pending::<()>().await;
    });
    let writer = Writer::new(connection.reader.clone());
    let outcome = execute(plan, &writer, &host, &options, &canceled, &|event| progress.tell(&event)).await;
    watcher.abort();
    drop(drawn);
    if let Err(error) = host.record.finish(&outcome) {
        // What was written is written: the outcome is still what has to be said.
        let error = anyhow::Error::from(error).context("cannot finish the record of the run");
        terminal.tell(|err| report::write_error(err, error.as_ref(), None))?;
    }
    Ok(outcome)
}

/// Writes the policy files whose servers are as planned.
fn write_files(planned: &Planned, inputs: &Inputs, outcome: &Outcome) -> FilesOutcome {
    let mut files = FilesOutcome::default();
    for change in &planned.files {
        let server = inputs.desired.policies.get(&change.policy).map(|policy| &policy.authorization_server.value);
        let owner = server.map(|key| Address::Server(key.clone()));
        match owner.filter(|owner| !outcome.is_seen(owner)) {
            Some(owner) if outcome.interrupted => {
                files.left.push((change.path.clone(), format!("{owner} was not finished")));
            }
            Some(owner) => files.left.push((change.path.clone(), format!("{owner} is not as planned"))),
            None => match policy_files::write(&inputs.root, change) {
                Ok(()) => files.written.push(change.path.clone()),
                Err(error) => files.left.push((change.path.clone(), format!("{error:#}"))),
            },
        }
    }
    files
}

fn exit(outcome: &Outcome, files: &FilesOutcome) -> Exit {
    let wrote = outcome.wrote || !files.written.is_empty();
    match (outcome.exit_class(), files.left.is_empty()) {
        (ExitClass::Done, true) => Exit::Done,
        (ExitClass::Done, false) | (ExitClass::Partial, _) if wrote => Exit::Partial,
        (ExitClass::Done | ExitClass::Partial, _) => Exit::Failed,
        (ExitClass::NothingWritten | ExitClass::Refused, _) if wrote => Exit::Partial,
        (ExitClass::NothingWritten, _) => Exit::Failed,
        (ExitClass::Refused, _) => Exit::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::exit;
    use crate::cli::Exit;
    use crate::diff::Action;
    use crate::execute::{How, Moved, MovedWhy, Outcome, StepOutcome, StepResult};
    use crate::model::{Address, EntryKey, RemoteId};
    use crate::report::FilesOutcome;
    use std::collections::BTreeMap;

    #[test]
    fn exits_say_whether_anything_was_written() {
        let applied = || StepResult::Applied { id: RemoteId(1), how: How::Written };
        let moved = || StepResult::Moved(Moved { why: MovedWhy::Gone, fields: Vec::new() });
        let check = |results: Vec<StepResult>, written: usize, left: usize, expected: Exit| {
            let wrote = results.iter().any(StepResult::may_have_written);
            let address = Address::Role(EntryKey::new("r"));
            let step = |result| StepOutcome { address: address.clone(), action: Action::Update, result, secret: None };
            let steps = results.into_iter().map(step).collect();
            let outcome = Outcome { steps, wrote, interrupted: false, fatal: None, created: BTreeMap::new() };
            let files = FilesOutcome {
                written: vec![String::new(); written],
                left: vec![(String::new(), String::new()); left],
            };
            assert_eq!(exit(&outcome, &files), expected);
        };
        check(vec![applied()], 1, 0, Exit::Done);
        check(vec![], 1, 0, Exit::Done);
        check(vec![applied()], 0, 1, Exit::Partial);
        check(vec![], 0, 1, Exit::Failed);
        check(vec![], 1, 1, Exit::Partial);
        check(vec![applied(), StepResult::NotAttempted], 0, 0, Exit::Partial);
        check(vec![StepResult::NotAttempted], 0, 0, Exit::Failed);
        check(vec![moved()], 0, 0, Exit::Refused);
        check(vec![moved()], 1, 0, Exit::Partial);
        check(vec![moved(), applied()], 0, 0, Exit::Partial);
    }
}
