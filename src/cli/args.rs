//! The command line as clap reads it; the comments of this file are the help.

use super::command::{
    access, apply, completions, diff, emulator, explain, export, init, plan, render, schema, snapshot, undo, validate,
    verify,
};
use anstream::ColorChoice;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Provision API authorization as code: OneLogin authorization servers, and the gateways in front of the APIs
///
/// One YAML file says which authorization servers, scopes, claims, OIDC apps, client bindings and gateway policies should
/// exist. Start with `gatewright plan`, or without any account with `gatewright plan --emulator`.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, max_term_width = 100, subcommand_required = true, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   done, nothing pending
  1   failed, nothing written
  2   changes pending (`plan --detailed-exitcode`, `render --check`, `undo RUN` unasked)
  3   something was written and something was not
  4   nothing written: refused by a safety rule, live moved, or declined
  5   verification failed
  64  wrong usage";

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(init::InitArgs),
    Validate(validate::ValidateArgs),
    Plan(plan::PlanArgs),
    Apply(apply::ApplyArgs),
    Render(render::RenderArgs),
    Export(export::ExportArgs),
    Verify(verify::VerifyArgs),
    Access(access::AccessArgs),
    Diff(diff::DiffArgs),
    Undo(undo::UndoArgs),
    Snapshot(snapshot::SnapshotArgs),
    Emulator(emulator::EmulatorArgs),
    Explain(explain::ExplainArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
}

/// The longest time an option takes, in seconds: a year. Beyond what a clock can count the program could not add it to now.
const MOST_SECONDS: u64 = 31_536_000;

/// The heading of [`GlobalArgs`] in every help.
pub(super) const GLOBAL_OPTIONS: &str = "Global options";

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = GLOBAL_OPTIONS)]
pub(super) struct GlobalArgs {
    /// The configuration file [default: gatewright.yaml]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    /// The environment of the file
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) env: Option<String>,

    /// Give a declared variable another value (can be repeated)
    #[arg(long = "var", global = true, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(super) variables: Vec<(String, String)>,

    /// Run against the embedded emulator instead of OneLogin
    /// [default state: .gatewright/emulator/<tenant host>/state.json]
    #[arg(long, global = true, value_name = "STATE_FILE", num_args = 0..=1, require_equals = true)]
    pub(super) emulator: Option<Option<PathBuf>>,

    /// Fill a fresh emulator state from this file
    #[arg(long, global = true, value_name = "FILE", requires = "emulator")]
    pub(super) emulator_seed: Option<PathBuf>,

    /// When to colour output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,

    /// How to write log lines on stderr; what is said to you stays text
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,

    /// Log more (can be repeated)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,

    /// The most requests on their way at one time
    #[arg(long, global = true, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) max_in_flight: u16,

    /// How long one request may take
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS))]
    timeout: u64,

    /// The longest single wait for quota or a lock
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 3700, value_parser = clap::value_parser!(u64).range(..=MOST_SECONDS))]
    max_wait: u64,

    /// How long a write whose answer was lost is looked up
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=MOST_SECONDS))]
    settle: u64,
}

impl GlobalArgs {
    /// Returns the configuration file.
    pub(super) fn file(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new("gatewright.yaml"))
    }

    /// Returns how long one request may take.
    pub(super) const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Returns the longest single wait.
    pub(super) const fn max_wait(&self) -> Duration {
        Duration::from_secs(self.max_wait)
    }

    /// Returns how long a lost answer is looked up.
    pub(super) const fn settle(&self) -> Duration {
        Duration::from_secs(self.settle)
    }
}

/// When to colour output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal that can, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
