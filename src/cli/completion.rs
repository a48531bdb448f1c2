//! Completions that know the file: what a word of the command line may be.
//!
//! The shell asks on every press of Tab, so this reads the file and the names of records, asks nobody, writes nothing and
//! says nothing of what is wrong: where something cannot be read there is nothing to choose from.

use super::again::is_plain;
use super::args::Cli;
use super::home;
use crate::config::{self, Outline};
use crate::emulator;
use crate::model::{Address, Kind};
use crate::workspace::{History, Workspace};
use clap::{Arg, Command, CommandFactory};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter};
use clap_complete::env::Shells;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The variable by which a shell's script asks for completions, with the name of the shell.
pub(super) const VARIABLE: &str = "GATEWRIGHT_COMPLETE";

/// Answers a shell that asks for completions, on stdout. Returns whether one did.
pub(super) fn answer(args: &[OsString]) -> bool {
    let Some(shell) = std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty()) else { return false };
    let words: Vec<OsString> = args.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let shells = Shells::builtins();
    let Some(shell) = shell.to_str().and_then(|name| shells.completer(name)) else { return true };
    if words.is_empty() {
        return true;
    }
    let mut command = knowing(Cli::command(), &Given::of(&words));
    let mut found = Vec::new();
    let here = std::env::current_dir().ok();
    // What cannot be completed is left to the user, without a word.
    if shell.write_complete(&mut command, words, here.as_deref(), &mut found).is_ok() {
        let _unheard = std::io::stdout().write_all(&found);
    }
    true
}

/// What the command line says already that values depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Given {
    file: Option<PathBuf>,
    /// The state of the emulator, where one is asked for.
    emulator: Option<Option<PathBuf>>,
}

impl Given {
    fn of(words: &[OsString]) -> Self {
        let mut given = Self::default();
        let mut words = words.iter().map(|word| unquoted(&word.to_string_lossy()));
        while let Some(word) = words.next() {
            match word.as_str() {
                "-f" | "--file" => given.file = words.next().map(PathBuf::from),
                "--emulator" => given.emulator = Some(None),
                word => {
                    let after = |option: &str| word.strip_prefix(option).map(PathBuf::from);
                    given.file = after("--file=").or_else(|| after("-f=")).or_else(|| after("-f")).or(given.file);
                    given.emulator = after("--emulator=").map(Some).or(given.emulator);
                }
            }
        }
        given
    }

    fn outline(&self) -> Outline {
        config::outline(self.file())
    }

    fn file(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new("gatewright.yaml"))
    }

    /// Returns the names of the recorded runs, newest first.
    fn runs(&self) -> Vec<String> {
        let folders = match &self.emulator {
            None => vec![home::folder_beside(self.root())],
            Some(Some(state)) => {
                let instance = emulator::state_instance(state).ok().flatten();
                instance.map(|instance| state.with_file_name(instance)).into_iter().collect()
            }
            // The tenant stands in the file with variables in it, so whichever is there is taken.
            Some(None) => {
                below(&home::folder_beside(self.root()).join("emulator")).iter().flat_map(|host| below(host)).collect()
            }
        };
        let workspaces = folders.iter().filter_map(|folder| Workspace::find(folder).ok().flatten());
        let mut names: Vec<String> = workspaces.filter_map(|it| History::names(&it).ok()).flatten().collect();
        names.sort();
        names.reverse();
        names
    }

    fn root(&self) -> &Path {
        self.file().parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// Takes the quotes out of a word, which shells leave in.
fn unquoted(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut characters = word.chars();
    let mut quote = None;
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None | Some('"'), '\\') => plain.extend(characters.next()),
            (_, character) => plain.push(character),
        }
    }
    match (plain.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => plain,
    }
}

/// Where values come from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Environments,
    Variables,
    Addresses,
    /// The addresses of apps.
    Apps,
    /// The keys of entries of one kind.
    Keys(Kind),
    /// The keys of the file's format.
    Documented,
    Runs,
}

/// Says where the values of an argument come from; `None` for those that clap knows or nobody does.
fn source(command: &str, argument: &str) -> Option<Source> {
    match (command, argument) {
        (_, "env" | "environments") => Some(Source::Environments),
        (_, "variables") => Some(Source::Variables),
        (_, "target" | "targets") => Some(Source::Addresses),
        (_, "replace" | "replaces") => Some(Source::Apps),
        ("access", "client") => Some(Source::Keys(Kind::OidcApp)),
        ("access", "api") => Some(Source::Keys(Kind::AuthorizationServer)),
        ("explain", "key") => Some(Source::Documented),
        ("undo", "run") => Some(Source::Runs),
        _ => None,
    }
}

impl Source {
    fn values(self, given: &Given) -> Vec<String> {
        let addresses = |fits: &dyn Fn(&Address) -> bool| -> Vec<Address> {
            given.outline().addresses.into_iter().filter(|address| fits(address)).collect()
        };
        let shown = |addresses: Vec<Address>| addresses.iter().map(ToString::to_string).collect();
        match self {
            Self::Environments => given.outline().environments,
            Self::Variables => given.outline().variables.iter().map(|name| format!("{name}=")).collect(),
            Self::Addresses => shown(addresses(&|_| true)),
            Self::Apps => shown(addresses(&|address| address.kind() == Kind::OidcApp)),
            Self::Keys(kind) => {
                let key = |address: &Address| match address {
                    Address::OidcApp(key) | Address::Server(key) => Some(key.to_string()),
                    _ => None,
                };
                addresses(&|address| address.kind() == kind).iter().filter_map(key).collect()
            }
            Self::Documented => documented(),
            Self::Runs => given.runs(),
        }
    }
}

/// Returns the names of keys alone, then the ways to them.
fn documented() -> Vec<String> {
    let paths: Vec<String> = config::keys().into_iter().map(|key| key.path).collect();
    let last = |path: &String| path.rsplit('.').next().map(str::to_owned);
    let mut names: Vec<String> = paths.iter().filter_map(last).collect();
    names.sort();
    names.dedup();
    names.extend(paths.iter().filter(|path| path.contains('.')).cloned());
    names
}

/// Tells a command and those below it where the values of their arguments come from.
fn knowing(command: Command, given: &Given) -> Command {
    let name = command.get_name().to_owned();
    command.mut_args(|argument| taught(argument, &name, given)).mut_subcommands(|below| knowing(below, given))
}

fn taught(argument: Arg, command: &str, given: &Given) -> Arg {
    match (source(command, argument.get_id().as_str()), argument.get_id().as_str()) {
        (Some(source), _) => {
            let given = given.clone();
            argument.add(ArgValueCandidates::new(move || candidates(source.values(&given))))
        }
        (None, "file") => argument.add(ArgValueCompleter::new(PathCompleter::any().filter(is_configuration))),
        (None, _) => argument,
    }
}

/// A value that a shell would take for more than a word is not offered: it would be run with the line.
fn candidates(values: Vec<String>) -> Vec<CompletionCandidate> {
    let values = values.into_iter().enumerate().filter(|(_, value)| value.chars().all(is_plain));
    values.map(|(place, value)| CompletionCandidate::new(value).display_order(Some(place))).collect()
}

fn is_configuration(path: &Path) -> bool {
    path.is_dir() || path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

#[cfg(test)]
mod tests {
    use super::{Given, source, unquoted};
    use crate::cli::args::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_file_and_the_account_are_found_on_the_line() {
        let check = |line: &str, file: &str, emulator: Option<Option<&str>>| {
            let words: Vec<_> = line.split(' ').map(Into::into).collect();
            let given = Given::of(&words);
            assert_eq!(given.file().to_str(), Some(file), "{line}");
            assert_eq!(given.emulator, emulator.map(|state| state.map(Into::into)), "{line}");
        };
        check("gatewright plan", "gatewright.yaml", None);
        check("gatewright -f a.yaml plan --emulator", "a.yaml", Some(None));
        check("gatewright plan --file=b.yaml --emulator=s.json --env", "b.yaml", Some(Some("s.json")));
        check("gatewright plan -fc.yaml -f 'd.yaml'", "d.yaml", None);
        check("gatewright plan -f", "gatewright.yaml", None);
    }

    #[test]
    fn quotes_are_taken_out() {
        let check = |word: &str, expected: &str| assert_eq!(unquoted(word), expected);
        check("'a b'", "a b");
        check("a\\ b", "a b");
        check("\"a\\\"b\"'\\'", "a\"b\\");
    }

    #[test]
    fn every_argument_that_is_named_exists() {
        let command = Cli::command();
        let mut found = 0;
        for below in command.get_subcommands().chain([&command]) {
            let arguments = below.get_arguments().map(|argument| argument.get_id().as_str());
            found += arguments.filter(|argument| source(below.get_name(), argument).is_some()).count();
        }
        assert!(found >= 8, "{found} arguments know their values");
    }
}
