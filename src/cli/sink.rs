//! Where the secrets of new apps go when they do not go to files.

use super::args::GlobalArgs;
use super::failure::Failure;
use super::inputs::ProcessEnv;
use crate::diff::Change;
use crate::model::Note;
use crate::plan::Plan;
use crate::workspace::SecretsCommand;

/// The variable that CI systems set.
const CI: &str = "CI";

/// The variable that stands in for `--secrets-command`.
const VARIABLE: &str = "GATEWRIGHT_SECRETS_COMMAND";

/// Returns the command line that takes secrets: the flag's, else the variable's.
///
/// A variable that is set to nothing is how many CI systems say that it is not set; a flag without a command is a mistake,
/// and is kept for [`command`] to refuse.
pub(super) fn line(flag: Option<&str>, env: ProcessEnv<'_>) -> Option<String> {
    flag.map(str::to_owned).or_else(|| env(VARIABLE).filter(|line| !line.is_empty()))
}

/// Reads the command that takes secrets, before anything is asked of anybody.
pub(super) fn command(
    flag: Option<&str>,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
) -> Result<Option<SecretsCommand>, Failure> {
    let Some(line) = line(flag, env) else { return Ok(None) };
    let command = SecretsCommand::parse(&line, global.timeout()).map_err(|error| {
        Failure::usage(
            error.to_string(),
            format!("Give a program and its arguments in `--secrets-command` or {VARIABLE}; no shell reads them."),
        )
    })?;
    Ok(Some(command))
}

/// Notes which secrets would die with the machine: those of new apps, where a CI system runs the program and no command takes
/// them.
pub(super) fn note_short_lived(plan: &mut Plan, flag: Option<&str>, env: ProcessEnv<'_>) {
    let is_ci = env(CI).is_some_and(|value| !value.is_empty());
    if !is_ci || line(flag, env).is_some() {
        return;
    }
    let note = |change: &Change| Note {
        origin: change.origin.clone(),
        text: format!(
            "{} gets a secret, which is kept in a file that dies with this CI runner: give `--secrets-command` or {VARIABLE}",
            change.address
        ),
    };
    let notes: Vec<Note> = plan.new_secrets().map(note).collect();
    plan.add_notes(notes);
}
