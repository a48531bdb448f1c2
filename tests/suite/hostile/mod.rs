//! Input that means harm, or that nobody meant: everything ends, in bounded room, with a word about what is wrong.

mod config;
mod crash;
mod files;
mod live_names;
mod saved_plan;
mod snapshot;

use crate::support::{Program, Run};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a run may take before it counts as one that never ends; far longer than any of them takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the program; a run that hangs is ended, and the test with it.
fn run_bounded(program: &Program, line: &str) -> Run {
    let words: Vec<&str> = line.split_whitespace().collect();
    let child = program.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(PATIENCE) else {
        let _ended = Command::new("kill").arg("-KILL").arg(pid.to_string()).status();
        panic!("`{line}` does not end");
    };
    let output = output.unwrap();
    Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().expect("the program ends by itself"),
    }
}

/// Makes a pipe that nobody writes to.
fn make_pipe(program: &Program, path: &str) {
    let path = program.folder().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
}

/// Says whether a character moves, hides or reorders what a terminal shows.
fn is_hidden(character: char) -> bool {
    character.is_control() && character != '\n'
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{AD}'
            | '\u{E0000}'..='\u{E007F}')
}
