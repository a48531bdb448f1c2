//! `gatewright explain`.

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::config::{self, KeyDoc};
use crate::report::{self, KeyText};
use clap::Args;

/// Explain a key of the configuration file
///
/// Without KEY it lists all keys.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright explain
  gatewright explain redirect_uris
  gatewright explain authorization_servers.contacts.clients")]
pub(in crate::cli) struct ExplainArgs {
    /// A key, or the way to it with dots between; for a name of your own any name will do
    key: Option<String>,
}

/// Prints what is known about a key.
pub(in crate::cli) fn run(args: &ExplainArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let ExplainArgs { key } = args;
    let Some(key) = key else {
        terminal.print(|out| config::keys().iter().try_for_each(|key| writeln!(out, "{}", key.path)))?;
        return Ok(Exit::Done);
    };
    let found = config::explain(key).map_err(|error| {
        let hint = error.nearest.as_ref().map_or_else(
            || "`gatewright explain` lists all keys.".to_owned(),
            |nearest| format!("Did you mean `{nearest}`? `gatewright explain` lists all keys."),
        );
        Failure::usage(error.to_string(), hint)
    })?;
    terminal.print(|out| report::write_keys(out, &found.iter().map(text).collect::<Vec<_>>()))?;
    Ok(Exit::Done)
}

fn text(key: &KeyDoc) -> KeyText<'_> {
    let KeyDoc { path, description, takes, choices, is_required, children } = key;
    KeyText { path, description, takes, choices, is_required: *is_required, children }
}
