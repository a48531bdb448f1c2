//! Runs the built program in a folder of its own.

use super::scrub::scrub;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the root of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program in a temporary folder, with an environment that holds nothing but what the test puts there.
pub(crate) struct Program {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// What a run said, and how it ended.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    /// Returns the folder it runs in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable for all runs from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(existing, _)| existing != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Reads a file of the folder.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Returns the records of runs against real accounts, oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let list = |folder: &Path| -> Vec<PathBuf> {
            let listed = std::fs::read_dir(folder).into_iter().flatten();
            listed.map(|entry| entry.unwrap().path()).collect()
        };
        let mut runs: Vec<PathBuf> =
            list(&self.folder().join(".gatewright/runs")).iter().flat_map(|host| list(host)).collect();
        runs.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
        runs
    }

    /// Runs a command line, words separated by blanks.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Prepares a run with these arguments, without a terminal.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command
            .args(args)
            .current_dir(self.folder())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with these arguments, without a terminal.
    pub(crate) fn run_args(&self, args: &[&str]) -> Run {
        let output = self.command(args).output().unwrap();
        Run {
            stdout: scrub(&String::from_utf8(output.stdout).unwrap(), self.folder()),
            stderr: scrub(&String::from_utf8(output.stderr).unwrap(), self.folder()),
            code: output.status.code().expect("the program ends by itself"),
        }
    }
}

impl Run {
    /// Returns stdout, stderr and the exit code as one block.
    pub(crate) fn block(&self) -> String {
        let Self { stdout, stderr, code } = self;
        let mut block = stdout.clone();
        if !stderr.is_empty() {
            block.push_str("--- stderr\n");
            block.push_str(stderr);
        }
        block.push_str(&format!("--- exit {code}\n"));
        block
    }
}
