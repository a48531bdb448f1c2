//! `gatewright render`.

use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::leftovers;
use crate::cli::policy_files;
use crate::cli::terminal::Terminal;
use crate::plan::FileAction;
use crate::report::{self, visible};
use clap::Args;
use std::path::PathBuf;

/// Write the gateways' policy files, and nothing else
///
/// No network is used: all they hold stands in the configuration. A file that no policy is written to any more is named and
/// stays, where it tells that it is one: Flex files name their policy, MuleSoft's JSON only tells while it holds what a policy is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright render --env prod
  gatewright render --env prod --check
  gatewright render --out-dir /tmp/policies")]
pub(in crate::cli) struct RenderArgs {
    /// Write nothing; show how files on disk differ and exit with 2 if one does
    #[arg(long)]
    check: bool,

    /// The folder that outputs are relative to [default: the folder of the configuration file]
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
}

/// Writes or compares the policy files.
pub(in crate::cli) fn run(
    args: &RenderArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let RenderArgs { check, out_dir } = args;
    let inputs = inputs::load(global, env, terminal)?;
    let folder = out_dir.as_deref().unwrap_or(&inputs.root);
    let changes = policy_files::compare(folder, &inputs.rendered)?;
    for note in leftovers::find(&inputs, folder, &inputs::variables(global), global, env) {
        terminal.tell(|err| report::write_note(err, &note.text))?;
    }
    if *check {
        terminal.print(|out| report::write_file_changes(out, &changes))?;
        return Ok(if changes.is_empty() { Exit::Done } else { Exit::Pending });
    }
    for change in &changes {
        policy_files::write(folder, change)?;
        let verb = match change.action {
            FileAction::Create => "created",
            FileAction::Update { .. } => "updated",
        };
        terminal.print(|out| writeln!(out, "{verb} {}", visible(&change.path)))?;
    }
    if changes.is_empty() {
        terminal.print(|out| writeln!(out, "No changes."))?;
    }
    Ok(Exit::Done)
}
