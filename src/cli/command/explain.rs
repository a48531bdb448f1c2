//! `gatewright explain`.

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::config::{self, KeyDoc, UnknownKey, nearest};
use crate::diagnostic::Code;
use crate::report::{self, KeyText};
use clap::Args;

/// Explain a key of the configuration file, or the code of a problem
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
  gatewright explain --codes")]
pub(in crate::cli) struct ExplainArgs {
    /// A key, the way to it with dots between, an address, a word that a key takes, or the code of a problem
    key: Option<String>,

    /// List the codes of all problems instead, each with its severity
    #[arg(long, conflicts_with = "key")]
    codes: bool,
}

/// What may be asked about.
const TAKES: &str = "Ask for a key of the format, such as `redirect_uris`, or the way to it, such as \
                     `oidc_apps.contacts-web.redirect_uris`. `gatewright explain` lists all keys, `gatewright explain \
                     --codes` all codes of problems.";

/// Prints what is known about a key or a code.
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
    let found = match (config::explain(key), code) {
        (Ok(found), _) => found,
        (Err(_), Some(_)) => Vec::new(),
        (Err(error), None) => return Err(unknown(&error)),
    };
    terminal.print(|out| {
        report::write_keys(out, &found.iter().map(text).collect::<Vec<_>>())?;
        match code {
            Some(_) if !found.is_empty() => writeln!(out)?,
            _ => {}
        }
        code.map_or(Ok(()), |code| report::write_code(out, code))
    })?;
    Ok(Exit::Done)
}

fn unknown(error: &UnknownKey) -> Failure {
    let nearest_code = nearest(&error.wanted, Code::ALL.iter().map(|code| code.as_str()));
    let near = error.nearest.as_deref().or(nearest_code);
    let meant = near.map(|near| format!("Did you mean `{near}`? ")).unwrap_or_default();
    Failure::usage(error.to_string(), format!("{meant}{TAKES}"))
}

fn text(key: &KeyDoc) -> KeyText<'_> {
    let KeyDoc { path, description, takes, choices, is_required, default, example, children } = key;
    let default = default.as_deref();
    KeyText { path, description, takes, choices, is_required: *is_required, default, example, children }
}
