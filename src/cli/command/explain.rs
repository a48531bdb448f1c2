//! `gatewright explain`.

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::config::{self, KeyDoc, UnknownKey, nearest};
use crate::diagnostic::Code;
use crate::diff::Impact;
use crate::report::{self, KeyText};
use clap::Args;

/// Explain a key of the configuration file, the code of a problem, or a word of a plan
///
/// Without KEY it lists all keys.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright explain
  gatewright explain redirect_uris
  gatewright explain authorization_servers.contacts.clients
  gatewright explain oidc_app/contacts-web
  gatewright explain mulesoft
  gatewright explain lint-refused-client
  gatewright explain widens
  gatewright explain --codes")]
pub(in crate::cli) struct ExplainArgs {
    /// A key, the way to it with dots between, an address, a word that a key takes, the code of a problem, or what a plan says of a
    /// change
    key: Option<String>,

    /// List the codes of all problems instead, each with its severity
    #[arg(long, conflicts_with = "key")]
    codes: bool,
}

/// What may be asked about.
const TAKES: &str = "Ask for a key of the format, such as `redirect_uris`, or the way to it, such as \
                     `oidc_apps.contacts-web.redirect_uris`. `gatewright explain` lists all keys, `gatewright explain \
                     --codes` all codes of problems.";

/// Prints what is known about a key, a code or a word of a plan.
pub(in crate::cli) fn run(args: &ExplainArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let ExplainArgs { key, codes } = args;
    if *codes {
        terminal.print(|out| report::write_codes(out))?;
        return Ok(Exit::Done);
    }
    let Some(key) = key else {
        terminal.print(|out| config::keys().iter().try_for_each(|key| writeln!(out, "{}", key.path)))?;
        return Ok(Exit::Done);
    };
    let code = Code::of(key);
    let impact = Impact::ALL.into_iter().find(|impact| impact.as_str() == key);
    let found = match config::explain(key) {
        Ok(found) => found,
        Err(_) if code.is_some() || impact.is_some() => Vec::new(),
        Err(error) => return Err(unknown(&error)),
    };
    terminal.print(|out| {
        report::write_keys(out, &found.iter().map(text).collect::<Vec<_>>())?;
        match code {
            Some(_) if !found.is_empty() => writeln!(out)?,
            _ => {}
        }
        code.map_or(Ok(()), |code| report::write_code(out, code))?;
        impact.map_or(Ok(()), |impact| report::write_impact(out, impact))
    })?;
    Ok(Exit::Done)
}

fn unknown(error: &UnknownKey) -> Failure {
    let words = Code::ALL.iter().map(|code| code.as_str()).chain(Impact::ALL.map(Impact::as_str));
    let near = match error.near.as_slice() {
        [] => nearest(&error.wanted, words).into_iter().collect(),
        near => near.iter().map(String::as_str).collect::<Vec<_>>(),
    };
    let meant = match near.as_slice() {
        [] => String::new(),
        near => format!("Did you mean `{}`? ", near.join("` or `")),
    };
    Failure::usage(error.to_string(), format!("{meant}{TAKES}"))
}

fn text(key: &KeyDoc) -> KeyText<'_> {
    let KeyDoc { path, description, takes, choices, is_required, default, example, children } = key;
    let default = default.as_deref();
    KeyText { path, description, takes, choices, is_required: *is_required, default, example, children }
}
