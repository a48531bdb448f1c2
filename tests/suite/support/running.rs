//! A run that is under way while the test goes on.

use super::Program;
use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

/// A run under way.
pub(crate) struct Running<'p> {
    program: &'p Program,
    process: Child,
    lines: Lines<BufReader<ChildStderr>>,
    stdout: JoinHandle<String>,
    stderr: String,
}

/// How a run ended, and what it said.
pub(crate) struct Ended {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl<'p> Running<'p> {
    /// Starts a command line, words separated by blanks.
    pub(crate) fn start(program: &'p Program, line: &str) -> Self {
        Self::spawn(program, program.command(&line.split_whitespace().collect::<Vec<_>>()))
    }

    /// Starts what was prepared.
    pub(crate) fn spawn(program: &'p Program, mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut pipe = process.stdout.take().unwrap();
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).unwrap();
            text
        });
        Self { program, process, lines, stdout, stderr: String::new() }
    }

    /// Reads stderr up to a line that says this.
    pub(crate) fn hear(&mut self, words: &str) {
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            let is_it = line.contains(words);
            self.stderr.push_str(&line);
            self.stderr.push('\n');
            if is_it {
                return;
            }
        }
        panic!("{words} was never said:\n{}", self.stderr);
    }

    /// Sends a signal by its name: `INT`, `TERM` or `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    }

    /// Reads the rest.
    pub(crate) fn end(mut self) -> Ended {
        for line in self.lines {
            self.stderr.push_str(&line.unwrap());
            self.stderr.push('\n');
        }
        let status: ExitStatus = self.process.wait().unwrap();
        let stdout = self.stdout.join().unwrap();
        self.program.heard(&stdout);
        self.program.heard(&self.stderr);
        Ended { code: status.code(), stdout, stderr: self.stderr }
    }
}

impl Ended {
    /// Returns all of it as one block.
    pub(crate) fn block(&self) -> String {
        let Self { code, stdout, stderr } = self;
        format!("{stdout}--- stderr\n{stderr}--- exit {code:?}\n")
    }
}
