//! What newcomers get wrong, and what the program says to that: one screen, with a place and a way out.
//!
//! A mistake is a configuration in `tests/mistakes` (or none at all) beside a text of the same name: the command line, and
//! all that it answers.

use crate::support::{Program, compare, root};
use std::collections::BTreeSet;
use std::path::Path;

/// The lines and columns of a small terminal.
const LINES: usize = 24;
const COLUMNS: usize = 80;

/// Lists the mistakes by name.
fn mistakes(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// Returns what the program answers to a mistake, below the command line.
fn answer(folder: &Path, name: &str) -> String {
    let mut program = Program::new();
    if let Ok(text) = std::fs::read_to_string(folder.join(format!("{name}.yaml"))) {
        program.write("gatewright.yaml", &text);
    }
    let told = std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap_or_default();
    let line = told.lines().next().and_then(|line| line.strip_prefix("$ ")).unwrap_or("gatewright validate");
    let words: Vec<&str> = line.split_whitespace().collect();
    let command = words.iter().position(|word| *word == "gatewright").unwrap();
    for variable in &words[..command] {
        let (name, value) = variable.split_once('=').unwrap();
        program.set(name, value);
    }
    let run = program.run_args(&words[command + 1..]);
    assert_ne!(run.code, 0, "{name} is no mistake");
    format!("$ {line}\n{}", run.block())
}

#[test]
fn every_mistake_is_answered_on_one_screen() {
    let folder = root().join("tests/mistakes");
    let names = mistakes(&folder);
    assert!(names.len() >= 40, "{} mistakes", names.len());
    for name in &names {
        let answer = answer(&folder, name);
        compare(&folder.join(format!("{name}.txt")), &answer);
        let lines: Vec<&str> = answer.lines().filter(|line| !line.starts_with("---")).collect();
        assert!(lines.len() <= LINES, "{name} takes {} lines", lines.len());
        let wide = lines.iter().find(|line| line.chars().count() > COLUMNS);
        assert_eq!(wide, None, "{name} is too wide");
        let has_way_out = ["= help: ", "hint: "].iter().any(|mark| answer.contains(mark));
        assert!(has_way_out, "{name} has no way out:\n{answer}");
        // What is missing altogether has no line; what is on the command line is quoted instead.
        let has_place = answer.contains("--> gatewright.yaml:") || answer.contains("error: ") || answer.contains("`--");
        assert!(has_place || name == "there-is-no-file", "{name} names no place:\n{answer}");
    }
}
