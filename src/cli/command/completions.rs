//! `gatewright completions`.

use crate::cli::Exit;
use crate::cli::args::Cli;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright completions bash > ~/.local/share/bash-completion/completions/gatewright
  gatewright completions zsh > ~/.zfunc/_gatewright")]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions.
pub(in crate::cli) fn run(args: &CompletionsArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let CompletionsArgs { shell } = args;
    // The generator panics where its writer fails, so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut Cli::command(), "gatewright", &mut script);
    terminal.print(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
