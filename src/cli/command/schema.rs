//! `gatewright schema`.

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::config;
use crate::report;
use crate::workspace;
use clap::{Args, ValueEnum};

/// Print the JSON Schema of a format, for editors and other programs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright schema > gatewright.schema.json
  gatewright schema include > include.schema.json
  gatewright schema plan")]
pub(in crate::cli) struct SchemaArgs {
    /// Which format
    #[arg(value_enum, default_value = "config")]
    format: Format,
}

/// The formats with a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The configuration file
    Config,
    /// A file that the configuration file includes
    Include,
    /// What `plan --format json` writes and `apply PLAN` reads
    Plan,
    /// What `access --format json` writes
    Access,
    /// What `diff --format json` writes
    Diff,
    /// What `snapshot` writes and `plan --snapshot` reads
    Snapshot,
    /// What `validate --format json` writes
    Problems,
    /// What `verify --format json` writes
    Verify,
    /// One line of a run record, `.gatewright/runs/<host>/*.jsonl`
    Run,
}

/// Prints a schema.
pub(in crate::cli) fn run(args: &SchemaArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let SchemaArgs { format } = args;
    let schema = match format {
        Format::Config => config::schema(),
        Format::Include => config::include_schema(),
        Format::Plan => report::plan_schema(),
        Format::Access => report::access_schema(),
        Format::Diff => report::contrast_schema(),
        Format::Snapshot => report::snapshot_schema(),
        Format::Problems => report::problems_schema(),
        Format::Verify => report::verify_schema(),
        Format::Run => workspace::run_schema(),
    };
    terminal.print(|out| writeln!(out, "{schema:#}"))?;
    Ok(Exit::Done)
}
