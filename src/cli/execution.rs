//! Executes a plan, writes the policy files of what was seen, and says what became of it all.

use super::Exit;
use super::again::Invocation;
use super::connect::Connection;
use super::failure::Failure;
use super::home::Home;
use super::inputs::Inputs;
use super::permission::HeldBack;
use super::planning::Planned;
use super::policy_files;
use super::stop::Stop;
use super::terminal::{Drawn, Terminal};
use crate::api::Writer;
use crate::execute::{ExecuteOptions, ExitClass, MovedWhy, Outcome, SecretFate, StepError, StepResult, execute};
use crate::model::Address;
use crate::plan::{Permitted, Plan};
use crate::report::{self, FilesOutcome, Progress};
use crate::workspace::{BreakingOff, History, RunHeader, RunHost, RunRecord, Secrets, SecretsCommand};
use anyhow::Context;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long reading back waits for what was written to show.
///
/// Source: memberships of roles are known to lag by seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an execution needs beside the plan.
pub(super) struct Execution<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) connection: &'a Connection,
    pub(super) home: &'a Home,
    /// What earlier runs recorded.
    pub(super) history: &'a History,
    /// What takes the secrets of new apps; without it they go to files.
    pub(super) secrets: Option<&'a SecretsCommand>,
    /// The run that it undoes.
    pub(super) undoes: Option<&'a str>,
    pub(super) stop: &'a Stop,
    pub(super) invocation: Invocation<'a>,
    pub(super) terminal: &'a Terminal,
}

/// How writing to the account came to its end.
enum Written {
    /// Every step has its result.
    ToTheEnd(Outcome),
    /// The user did not wait for what was under way, which the next run looks up.
    EndedAtOnce {
        /// Whether anything may have been written.
        wrote: bool,
    },
}

impl Execution<'_> {
    /// Performs what is permitted of a plan.
    pub(super) async fn perform(
        &self,
        planned: &Planned,
        permitted: &Permitted,
        held_back: &HeldBack,
    ) -> Result<Exit, Failure> {
        let outcome = match permitted.plan.has_changes() {
            true => match self.write_account(&permitted.plan).await? {
                Written::ToTheEnd(outcome) => outcome,
                Written::EndedAtOnce { wrote } => return self.ended_at_once(wrote),
            },
            false => Outcome::nothing(),
        };
        let outcome = outcome.with_withheld(held_back.steps.clone());
        let files = write_files(planned, self.inputs, &outcome, &held_back.files);
        let said = self.terminal.print(|out| report::write_outcome(out, &outcome, &files));
        let said = said.map_err(Failure::from).and_then(|()| self.tell_ways_out(&outcome));
        let exit = exit(&outcome, &files);
        match (said, exit) {
            // What was written stays written, whoever can hear of it.
            (Err(failure), Exit::Done | Exit::Partial) => {
                let _unheard = failure.tell(&|_| None, self.terminal);
                Ok(Exit::Partial)
            }
            (Err(failure), _) => Err(failure),
            (Ok(()), exit) => Ok(exit),
        }
    }

    /// Says on stderr how to go on where running it again is not all there is to do.
    fn tell_ways_out(&self, outcome: &Outcome) -> Result<(), Failure> {
        for step in &outcome.steps {
            let hint = match (&step.address, &step.secret, &step.result) {
                (Address::OidcApp(app), Some(SecretFate::Lost), _) => self.invocation.way_out(app),
                (app, _, StepResult::Failed { error: StepError::HalfReplaced { .. }, .. }) => {
                    format!(
                        "This makes {app} as the file says:\n{}",
                        self.invocation.line("apply", std::iter::empty::<&str>())
                    )
                }
                _ => continue,
            };
            self.terminal.tell(|err| report::write_hint(err, &hint))?;
        }
        Ok(())
    }

    async fn write_account(&self, plan: &Plan) -> Result<Written, Failure> {
        let host = self.begin(plan)?;
        let options = ExecuteOptions {
            settle: self.invocation.global.settle(),
            patience: PATIENCE.min(self.invocation.global.settle()),
            max_in_flight: usize::from(self.invocation.global.max_in_flight),
            pending: self.history.pending(Timestamp::now()),
        };
        let terminal = self.terminal;
        let show = if terminal.is_interactive() { Progress::bar } else { Progress::lines };
        let progress = show(terminal.progress_lines(), self.invocation.global.settle());
        let drawn = progress.drawn().map(Drawn::new);
        let writer = Writer::new(self.connection.reader.clone());
        let tell = |event| progress.tell(&event);
        let execution = execute(plan, &writer, &host, &options, self.stop.is_requested(), &tell);
        // What is under way may take long still; what waits for quota is not sent any more.
        let ended_at_once = async {
            self.stop.first().await;
            self.connection.reader.break_off();
            progress.say("breaking off; once more ends the program at once");
            self.stop.second().await;
            // A secret that is not safe yet is told by nobody again.
            host.stored().await;
        };
        let outcome = tokio::select! {
            outcome = execution => outcome,
            () = ended_at_once => return Ok(Written::EndedAtOnce { wrote: host.record.has_intents() }),
        };
        drop(drawn);
        if let Err(error) = host.record.finish(&outcome) {
            // What was written is written: the outcome is still what has to be said.
            let error = anyhow::Error::from(error).context("cannot finish the record of the run");
            terminal.tell(|err| report::write_error(err, error.as_ref(), None))?;
        }
        Ok(Written::ToTheEnd(outcome))
    }

    fn ended_at_once(&self, wrote: bool) -> Result<Exit, Failure> {
        if !wrote {
            return Err(Failure::from(anyhow::anyhow!("ended at once; nothing was written")));
        }
        let error = anyhow::anyhow!("ended at once; what was under way may have been written or not");
        let hint = "Run it again: it looks up what was left open, and does the rest.";
        self.terminal.tell(|err| report::write_error(err, error.as_ref(), Some(hint)))?;
        Ok(Exit::Partial)
    }

    /// Begins the record of the run.
    fn begin(&self, plan: &Plan) -> Result<RunHost, Failure> {
        let home = self.home;
        let header = RunHeader {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            config_digest: plan.context.config_digest.clone(),
            tenant: plan.context.tenant.clone(),
            account_id: plan.context.account_id,
            environment: plan.context.environment.clone(),
            undoes: self.undoes.map(str::to_owned),
        };
        let files = home.workspace.secrets(&home.host);
        files.check().context("cannot use the folder of secrets")?;
        let begun = RunRecord::begin(&home.workspace, &home.host, &header, Timestamp::now);
        Ok(RunHost {
            record: begun.context("cannot begin the record of the run")?,
            files,
            command: self.secrets.cloned(),
            host: home.host.clone(),
            secrets: Secrets::default(),
            stop: BreakingOff {
                first: self.stop.is_requested().clone(),
                second: self.stop.is_requested_again().clone(),
            },
            clock: Timestamp::now,
        })
    }
}

/// Writes the policy files whose servers are as planned, less those that a saved plan does not permit.
fn write_files(
    planned: &Planned,
    inputs: &Inputs,
    outcome: &Outcome,
    held_back: &BTreeMap<String, MovedWhy>,
) -> FilesOutcome {
    let not_permitted = held_back.iter().map(|(path, why)| (path.clone(), why.clone())).collect();
    let mut files = FilesOutcome { not_permitted, ..FilesOutcome::default() };
    for change in planned.files.iter().filter(|change| !held_back.contains_key(&change.path)) {
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
        (ExitClass::Done, true) if files.not_permitted.is_empty() => Exit::Done,
        (ExitClass::Done, true) if !wrote => Exit::Refused,
        (ExitClass::Done, true) => Exit::Partial,
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
        let exit_of = |results: Vec<StepResult>, [written, left, not_permitted]: [usize; 3]| {
            let wrote = results.iter().any(StepResult::may_have_written);
            let address = Address::Role(EntryKey::new("r"));
            let step = |result| StepOutcome { address: address.clone(), action: Action::Update, result, secret: None };
            let steps = results.into_iter().map(step).collect();
            let outcome = Outcome { steps, wrote, interrupted: false, fatal: None, created: BTreeMap::new() };
            let files = FilesOutcome {
                written: vec![String::new(); written],
                left: vec![(String::new(), String::new()); left],
                not_permitted: vec![(String::new(), MovedWhy::NotListed); not_permitted],
            };
            exit(&outcome, &files)
        };
        let check = |results, written, left, expected| assert_eq!(exit_of(results, [written, left, 0]), expected);
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
        assert_eq!(exit_of(vec![], [0, 0, 1]), Exit::Refused);
        assert_eq!(exit_of(vec![], [1, 0, 1]), Exit::Partial);
        assert_eq!(exit_of(vec![applied()], [0, 0, 1]), Exit::Partial);
        assert_eq!(exit_of(vec![StepResult::NotAttempted], [0, 0, 1]), Exit::Failed);
        assert_eq!(exit_of(vec![moved()], [0, 0, 1]), Exit::Refused);
    }
}
