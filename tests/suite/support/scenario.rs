//! Stories: a folder of data, played against a living emulator and compared with what was said last time.
//!
//! A story is `seed.json` (optional, the account it starts from), `desired.yaml` (and others, which `!use` puts in its
//! place), `commands.txt` and `transcript.txt`. A line of the commands is a command line, a `#` comment, or one of
//!
//! ```text
//! !use FILE                the configuration from now on
//! !fault RULES             the faults from now on, a JSON list
//! !switch SETTINGS         a guess of the emulator, a JSON object
//! !edit POINTER JSON       a change behind our back; without JSON the value is taken away
//! !clock SECONDS           time passes
//! !forget                  the folder of secrets and records is lost
//! !writes                  the writing requests since the last time
//! !show FILE               a file of the working folder
//! ```
//!
//! In a command line `@2` is the name of the second run that is recorded.
//!
//! To every story the harness adds what must hold whatever it tells: a plan and a validation write nothing, after an apply
//! that succeeded a second plan of the same targets is empty, and after one that failed a run without faults converges. No secret shows in what
//! is said or left behind, see [`Program`].
//!
//! A story is also played loudly, under other guesses of the emulator: then what is said differs from case to case and is
//! not compared, and all of the above has to hold all the same.

use super::{Emulator, Program, compare, root};
use serde_json::{Value, json};
use std::path::PathBuf;

/// How a story is played.
#[derive(Clone, Copy)]
pub(crate) enum Manner<'a> {
    /// As it was written; what is said is compared with last time.
    Compared,
    /// With all log lines, under settings of switches that hold from the start.
    Loud { switches: &'a Value, format: &'a str },
}

struct Story<'a> {
    folder: PathBuf,
    manner: Manner<'a>,
    program: Program,
    emulator: Emulator,
    transcript: String,
    writes_shown: usize,
    /// The flags of the last apply, if it failed.
    failed_apply: Option<String>,
}

/// Plays one story.
pub(crate) fn play(name: &str, manner: Manner<'_>) {
    let folder = root().join("tests/scenarios").join(name);
    let commands = std::fs::read_to_string(folder.join("commands.txt")).unwrap();
    let seed = folder.join("seed.json");
    let emulator = Emulator::start(&folder, seed.exists().then_some(seed.as_path()));
    let program = Program::on(&emulator);
    if let Manner::Loud { switches, .. } = manner {
        emulator.set_switches(switches);
    }
    let (transcript, failed_apply) = (String::new(), None);
    let mut story = Story { folder, manner, program, emulator, transcript, writes_shown: 0, failed_apply };
    story.use_file("desired.yaml");
    for line in commands.lines().filter(|line| !line.trim().is_empty()) {
        story.line(line);
    }
    if let Some(flags) = story.failed_apply.take() {
        story.must_converge(&flags);
    }
    // Time may have passed, and with it the token that was known from the start.
    story.program.guard("admin token", &story.emulator.ask_for_token());
    if matches!(manner, Manner::Compared) {
        story.compare();
    }
}

impl Story<'_> {
    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if !line.starts_with('#') {
            self.transcript.push_str("$ ");
        }
        self.transcript.push_str(line);
        self.transcript.push('\n');
        let json = |text: &str| -> Value { serde_json::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}")) };
        match word {
            "#" => {}
            "!use" => self.use_file(rest),
            "!fault" => self.emulator.set_faults(json(rest)),
            "!switch" => self.emulator.set_switches(&json(rest)),
            "!clock" => self.emulator.advance(rest.parse().unwrap()),
            "!edit" => match rest.split_once(' ') {
                Some((pointer, value)) => self.emulator.edit(pointer, Some(json(value))),
                None => self.emulator.edit(rest, None),
            },
            "!forget" => std::fs::remove_dir_all(self.program.folder().join(".gatewright")).unwrap(),
            "!writes" => self.show_writes(),
            "!show" => self.transcript.push_str(&self.program.read(rest)),
            _ if word.starts_with('!') => panic!("no such control: {word}"),
            _ => self.command(line),
        }
        self.transcript.push('\n');
    }

    fn use_file(&mut self, name: &str) {
        let text = std::fs::read_to_string(self.folder.join(name)).unwrap();
        self.program.write("gatewright.yaml", &text);
    }

    /// One request at a time, so that ids and lines come in one order.
    fn run(&self, line: &str) -> super::Run {
        let volume = match self.manner {
            Manner::Compared => String::new(),
            Manner::Loud { switches: _, format } => format!(" -vvv --log-format {format}"),
        };
        self.program.run(&format!("{line} --max-in-flight 1 --settle 2 --max-wait 20{volume}"))
    }

    fn command(&mut self, line: &str) {
        let before = self.emulator.writes().len();
        let run = self.run(&self.with_runs(line));
        self.transcript.push_str(&run.block());
        assert!(matches!(run.code, 0..=4 | 64), "`{line}` ended with {}:\n{}", run.code, run.block());
        let word = line.split(' ').next().unwrap_or_default();
        if word == "undo" && line.contains("--auto-approve") {
            return;
        }
        if word != "apply" {
            assert_eq!(self.emulator.writes().len(), before, "`{line}` wrote");
            return;
        }
        match run.code {
            0 => {
                self.must_plan_empty(line, &self.limits(line));
                self.failed_apply = None;
            }
            1 | 3 => self.failed_apply = Some(permissions(line)),
            _ => {}
        }
    }

    /// Puts names of runs in the place of their numbers.
    fn with_runs(&self, line: &str) -> String {
        let named = |word: &str| match word.strip_prefix('@').map(|number| number.parse::<usize>().unwrap()) {
            Some(number) => self.program.runs()[number - 1].file_stem().unwrap().to_string_lossy().into_owned(),
            None => word.to_owned(),
        };
        line.split(' ').map(named).collect::<Vec<_>>().join(" ")
    }

    /// Returns what a line, or the saved plan that it names, limits its apply to, and whether it destroys.
    fn limits(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let limits = |of: Vec<&str>, destroys: bool| {
            let targets: String = of.iter().map(|target| format!(" --target {target}")).collect();
            if destroys { targets + " --destroy" } else { targets }
        };
        match words.get(1).filter(|word| !word.starts_with('-')) {
            Some(plan) => {
                let plan: Value = serde_json::from_str(&self.program.read(plan)).unwrap();
                let saved = plan["options"]["targets"].as_array().unwrap();
                let saved = saved.iter().map(|target| target.as_str().unwrap()).collect();
                limits(saved, plan["options"]["destroy"].as_bool().unwrap())
            }
            None => {
                let targets = words.windows(2).filter(|pair| pair[0] == "--target").map(|pair| pair[1]).collect();
                limits(targets, words.contains(&"--destroy"))
            }
        }
    }

    fn must_plan_empty(&self, after: &str, limits: &str) {
        let run = self.run(&format!("plan --detailed-exitcode{limits}"));
        if !limits.is_empty() && run.sentences().contains("neither the file nor the account has it") {
            // The target was only live, and is gone.
            return;
        }
        assert_eq!(run.code, 0, "after `{after}` the plan is not empty:\n{}", run.block());
    }

    fn must_converge(&self, flags: &str) {
        self.emulator.set_faults(json!([]));
        // By then the account shows what it was late with.
        self.emulator.advance(5);
        let run = self.run(&format!("apply --auto-approve{flags}"));
        assert_eq!(run.code, 0, "running it again does not converge:\n{}", run.block());
        self.must_plan_empty("apply, run again", "");
    }

    fn show_writes(&mut self) {
        let writes = self.emulator.writes();
        for write in writes.iter().skip(self.writes_shown) {
            self.transcript.push_str(write);
            self.transcript.push('\n');
        }
        self.writes_shown = writes.len();
    }

    fn compare(&self) {
        compare(&self.folder.join("transcript.txt"), &format!("{}\n", self.transcript.trim_end()));
    }
}

/// Returns the permissions that a command line gives.
fn permissions(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let given = words.iter().enumerate().filter(|(at, word)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        matches!(**word, "--allow-destroy" | "--max-deletes") || before == Some(&"--max-deletes")
    });
    given.map(|(_, word)| format!(" {word}")).collect()
}
