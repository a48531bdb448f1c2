//! The recorded runs: listed, and found by name.

use super::failure::Failure;
use super::home::Home;
use super::terminal::Terminal;
use crate::diff::Action;
use crate::model::Address;
use crate::report;
use crate::workspace::{History, RecordedRun, RunHeader, WriteState};
use anyhow::Context;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Lists the runs of an account on stdout, newest first.
pub(super) fn list(history: &History, terminal: &Terminal) -> Result<(), Failure> {
    if history.runs.is_empty() {
        terminal.tell(|err| writeln!(err, "No run of this account is recorded here."))?;
        return Ok(());
    }
    let runs: Vec<&RecordedRun> = history.runs.iter().collect();
    terminal.print(|out| write(out, &runs))?;
    terminal.tell(|err| {
        report::write_hint(err, "Undo one with `gatewright undo RUN`; the beginning of its name will do.")
    })?;
    Ok(())
}

/// Finds the run to undo; where there is none, or several, says which there are.
pub(super) fn find<'a>(
    home: &Home,
    history: &'a History,
    name: &str,
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
    let elsewhere =
        History::find_elsewhere(&home.workspace, name).context("cannot read the records of earlier runs")?;
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
    Err(Failure::hinted(error, "Give one of those above, or the beginning of one; `gatewright undo` lists them."))
}

/// Returns when a run began.
pub(super) fn time(run: &RecordedRun) -> String {
    run.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Writes runs, one a line: name, time, environment, what was written.
fn write(out: &mut dyn Write, runs: &[&RecordedRun]) -> io::Result<()> {
    let environment = |run: &RecordedRun| run.header.environment.clone().unwrap_or_else(|| "-".to_owned());
    let environment_width = runs.iter().map(|run| environment(run).chars().count()).max().unwrap_or_default();
    for run in runs.iter().rev() {
        let (name, time, environment) = (report::visible(&run.name), time(run), environment(run));
        writeln!(out, "{name}  {time}  {environment:environment_width$}  {}", words(run))?;
    }
    Ok(())
}

/// Says what a run wrote, and how it ended.
fn words(run: &RecordedRun) -> String {
    let done = |action: Action| {
        let written = run.writes.iter().filter(|write| write.action == action && write.state != WriteState::Failed);
        written.map(|write| &write.address).collect::<BTreeSet<&Address>>().len()
    };
    let counts = [(Action::Create, "created"), (Action::Update, "updated"), (Action::Delete, "deleted")];
    let counts = counts.map(|(action, word)| (done(action), word));
    let some = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let mut words: Vec<String> = some.collect();
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
