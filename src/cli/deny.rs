//! Which warnings count as errors.

use crate::config::nearest;
use crate::diagnostic::{Code, Denied, Severity};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use std::ffi::OsStr;

/// The word for all warnings.
const WARNINGS: &str = "warnings";

/// Warnings that the run does not put up with.
#[derive(Debug, Clone, Args)]
pub(super) struct DenyArgs {
    /// Make an error of the warning CODE; `warnings` is all of them (can be repeated)
    #[arg(long = "deny", value_name = "CODE", value_parser = DenyParser, hide_possible_values = true)]
    denied: Vec<Deny>,
}

/// What one `--deny` says.
#[derive(Debug, Clone, Copy)]
enum Deny {
    Warnings,
    Code(Code),
}

impl DenyArgs {
    /// Returns what counts as an error.
    pub(super) fn denied(&self) -> Denied {
        let mut denied = Denied::default();
        for deny in &self.denied {
            match deny {
                Deny::Warnings => denied.all = true,
                Deny::Code(code) => {
                    denied.codes.insert(*code);
                }
            }
        }
        denied
    }
}

/// Takes every code, and knows those of warnings, so that shells complete them.
#[derive(Debug, Clone)]
struct DenyParser;

impl TypedValueParser for DenyParser {
    type Value = Deny;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Deny, clap::Error> {
        let text = value.to_string_lossy();
        if text == WARNINGS {
            return Ok(Deny::Warnings);
        }
        Code::of(&text).map(Deny::Code).ok_or_else(|| {
            let way_out = match nearest(&text, words()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`gatewright explain --codes` lists them".to_owned(),
            };
            let message = format!("`--deny {text}` names no code; {way_out}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(words().map(PossibleValue::new)))
    }
}

fn words() -> impl Iterator<Item = &'static str> + Clone {
    let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
    std::iter::once(WARNINGS).chain(warnings.map(|code| code.as_str()))
}
