//! `gatewright completions`.

use crate::cli::Exit;
use crate::cli::completion::VARIABLE;
use crate::cli::failure::Failure;
use crate::cli::man;
use crate::cli::policy_files;
use crate::cli::terminal::Terminal;
use crate::report;
use anyhow::Context;
use clap::{Args, ValueEnum};
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Zsh};
use std::path::{Path, PathBuf};

const NAME: &str = "gatewright";

/// Print shell completions or man pages
///
/// The completions know the environments, addresses and runs of the configuration in the folder, or of the one that -f
/// names; they ask the program on every Tab, which reads files and nothing else. Made anew by each shell, as below, they fit the
/// program after an upgrade.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(gatewright completions bash)          in ~/.bashrc
  source <(gatewright completions zsh)           in ~/.zshrc, below compinit
  gatewright completions fish | source           in ~/.config/fish/config.fish
  gatewright completions man --out-dir ~/.local/share/man/man1")]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell, or `man` for man pages
    #[arg(value_enum, value_name = "SHELL")]
    what: What,

    /// Write the man pages into this folder, one of the program and one a command [default: print that of the program]
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
}

/// What can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Completions for bash
    Bash,
    /// Completions for zsh
    Zsh,
    /// Completions for fish
    Fish,
    /// Completions for PowerShell
    Powershell,
    /// Completions for elvish
    Elvish,
    /// Man pages
    Man,
}

/// Bash takes words apart at `=` and `:`, which stand inside options and addresses, so they are put together again first, and
/// what stands before the last of them is taken off what is offered.
const BASH: &str = r#"_gatewright() {
    local IFS=$'\n' rest=${COMP_LINE:0:COMP_POINT} words=() count=0 i gap word
    for ((i = 0; i <= COMP_CWORD; i++)); do
        gap=${rest%%[! $'\t']*}
        rest=${rest#"$gap"}
        if ((i < COMP_CWORD)); then word=${COMP_WORDS[i]}; else word=$rest; fi
        rest=${rest#"$word"}
        if ((count > 0)) && [[ -z $gap ]]; then
            words[count - 1]+=$word
        else
            words[count++]=$word
        fi
    done
    local typed=${words[count - 1]} before= found
    if [[ $COMP_WORDBREAKS == *:* && $typed == *:* ]]; then before=${typed%"${typed##*:}"}; fi
    if [[ $COMP_WORDBREAKS == *=* && ${typed#"$before"} == *=* ]]; then before=${typed%"${typed##*=}"}; fi
    COMPREPLY=()
    while read -r found; do
        COMPREPLY+=("${found#"$before"}")
    done < <(VARIABLE=bash _CLAP_COMPLETE_INDEX=$((count - 1)) _CLAP_IFS=$'\n' gatewright -- "${words[@]}" 2>/dev/null; echo)
    i=$((${#COMPREPLY[@]} - 1))
    if ((i >= 0)) && [[ -z ${COMPREPLY[i]} ]]; then unset "COMPREPLY[i]"; fi
    if [[ ${COMPREPLY[0]-} == *[=/] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o bashdefault -F _gatewright gatewright
"#;

/// Prints completions or man pages.
pub(in crate::cli) fn run(args: &CompletionsArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let CompletionsArgs { what, out_dir } = args;
    let shell: &dyn EnvCompleter = match (what, out_dir) {
        (What::Man, folder) => return print_man(folder.as_deref(), terminal),
        (_, Some(_)) => {
            let hint = "Send what is printed to a file: `gatewright completions bash > FILE`.";
            return Err(Failure::usage("`--out-dir` is for man pages", hint));
        }
        (What::Bash, None) => {
            terminal.print(|out| out.write_all(BASH.replace("VARIABLE", VARIABLE).as_bytes()))?;
            return Ok(Exit::Done);
        }
        (What::Zsh, None) => &Zsh,
        (What::Fish, None) => &Fish,
        (What::Powershell, None) => &Powershell,
        (What::Elvish, None) => &Elvish,
    };
    terminal.print(|out| shell.write_registration(VARIABLE, NAME, NAME, NAME, out))?;
    Ok(Exit::Done)
}

fn print_man(folder: Option<&Path>, terminal: &Terminal) -> Result<Exit, Failure> {
    let pages = man::pages().context("cannot make man pages")?;
    let Some(folder) = folder else {
        terminal.print(|out| pages.first().map_or(Ok(()), |page| out.write_all(&page.text)))?;
        return Ok(Exit::Done);
    };
    for page in &pages {
        let path = folder.join(&page.file);
        policy_files::replace(&path, &page.text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let words = format!("wrote {} to {}", report::count(pages.len(), "man page", None), folder.display());
    terminal.tell(|err| writeln!(err, "{}", report::visible(&words)))?;
    Ok(Exit::Done)
}
