//! The recorded runs: listed, and found by name.

use super::Exit;
use super::again::{self, Invocation};
use super::args::GlobalArgs;
use super::failure::Failure;
use super::home::{self, Home};
use super::inputs::{Inputs, ProcessEnv};
use super::terminal::Terminal;
use crate::diff::Action;
use crate::model::Address;
use crate::report;
use crate::workspace::{History, RecordedRun, RecordedWrite, RunHeader, WriteState};
use anyhow::Context;
use std::collections::BTreeSet;
use std::io::{self, Write};

const UNREADABLE: &str = "cannot read the records of earlier runs";

/// Lists the runs of the file's tenant on stdout, newest first; only records are read, and nobody is asked anything.
pub(super) fn list(
    inputs: &Inputs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let tenant = &inputs.desired.tenant;
    let history = match home::find(inputs, global, env)? {
        Some(home) => History::of_tenant(&home.workspace, &home.host, tenant).context(UNREADABLE)?,
        None => History::default(),
    };
    if history.runs.is_empty() {
        terminal.tell(|err| writeln!(err, "No run of {} is recorded here.", tenant.host()))?;
        return Ok(Exit::Done);
    }
    let runs: Vec<&RecordedRun> = history.runs.iter().collect();
    terminal.print(|out| write(out, &runs))?;
    let undo = again::again(global, "undo", ["RUN"]);
    let hint = format!("Undo one with `{undo}`; the beginning of its name will do.");
    terminal.tell(|err| report::write_hint(err, &hint))?;
    Ok(Exit::Done)
}

/// Finds the run to undo; where there is none, or several, says which there are.
pub(super) fn find<'a>(
    home: &Home,
    history: &'a History,
    name: &str,
    invocation: &Invocation<'_>,
    terminal: &Terminal,
) -> Result<&'a RecordedRun, Failure> {
    let fitting = match history.run(name) {
        Ok(run) => return Ok(run),
        Err(fitting) => fitting,
    };
    let shown = report::visible(name);
    if !fitting.is_empty() {
        terminal.tell(|err| write(err, &fitting))?;
        let error = anyhow::anyhow!("several runs begin with `{shown}`");
        return Err(Failure::hinted(error, "Give more of the name."));
    }
    let elsewhere = History::find_elsewhere(&home.workspace, name).context(UNREADABLE)?;
    if let Some(run) = elsewhere {
        let RunHeader { tenant, account_id, .. } = &run.header;
        let account = account_id.map_or_else(|| "an unnamed account".to_owned(), |id| format!("account {id}"));
        return Err(Failure::Refused {
            message: format!(
                "run {} is one of {account} of {}, and another one answers",
                run.name,
                report::visible(tenant)
            ),
            hint: Some("Undo it with the file, the environment and the credentials it was made with.".to_owned()),
        });
    }
    let runs: Vec<&RecordedRun> = history.runs.iter().collect();
    terminal.tell(|err| write(err, &runs))?;
    let error = anyhow::anyhow!("no run of this account is named `{shown}`");
    let list = invocation.line("undo", std::iter::empty::<&str>());
    Err(Failure::hinted(error, format!("Give one of those above, or the beginning of one; `{list}` lists them.")))
}

/// Returns when a run began.
pub(super) fn time(run: &RecordedRun) -> String {
    run.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Writes runs, one a line: name, time, environment, what was written.
fn write(out: &mut dyn Write, runs: &[&RecordedRun]) -> io::Result<()> {
    let environment = |run: &RecordedRun| run.header.environment.clone().unwrap_or_else(|| "-".to_owned());
    let accounts: BTreeSet<Option<u64>> = runs.iter().map(|run| run.header.account_id).collect();
    let environment_width = runs.iter().map(|run| environment(run).chars().count()).max().unwrap_or_default();
    for run in runs.iter().rev() {
        let (name, time, environment) = (report::visible(&run.name), time(run), environment(run));
        let whose = run.header.account_id.filter(|_| accounts.len() > 1);
        let whose = whose.map_or_else(String::new, |id| format!(", of account {id}"));
        writeln!(out, "{name}  {time}  {environment:environment_width$}  {}{whose}", words(run))?;
    }
    Ok(())
}

/// Says what a run wrote, and how it ended.
fn words(run: &RecordedRun) -> String {
    let objects = |fits: &dyn Fn(&RecordedWrite) -> bool| {
        let writes = run.writes.iter().filter(|write| fits(write));
        writes.map(|write| &write.address).collect::<BTreeSet<&Address>>().len()
    };
    let done = |action| objects(&|write| write.action == action && matches!(write.state, WriteState::Done { .. }));
    let counts = [(Action::Create, "created"), (Action::Update, "updated"), (Action::Delete, "deleted")];
    let counts = counts.map(|(action, word)| (done(action), word));
    let some = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let mut words: Vec<String> = some.collect();
    let open = objects(&|write| matches!(write.state, WriteState::Open | WriteState::Unknown));
    if open > 0 {
        words.push(format!("{} of unknown outcome", report::count(open, "write", None)));
    }
    if words.is_empty() {
        words.push("nothing written".to_owned());
    }
    if !run.is_ended {
        words.push("broken off".to_owned());
    }
    if let Some(undone) = &run.header.undoes {
        words.push(format!("undo of {undone}"));
    }
    words.join(", ")
}
