//! The rules of the house that the compiler cannot keep.

use crate::support::root;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rooms and what each may import; this table is the truth. `*` is everything.
const ROOMS: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("model", &["diagnostic"]),
    ("config", &["diagnostic", "model"]),
    ("api", &["model"]),
    ("live", &["api", "diagnostic", "model"]),
    ("diff", &["diagnostic", "model"]),
    ("plan", &["diagnostic", "diff", "model"]),
    ("access", &["diagnostic", "diff", "model"]),
    ("execute", &["api", "diagnostic", "diff", "model", "plan"]),
    ("workspace", &["diff", "execute", "model", "plan"]),
    ("undo", &["diagnostic", "diff", "execute", "model", "workspace"]),
    ("render", &["diagnostic", "model"]),
    ("contrast", &["access", "diagnostic", "model", "render"]),
    ("verify", &["api", "diagnostic", "model"]),
    ("report", &["access", "api", "contrast", "diagnostic", "diff", "execute", "model", "plan", "verify"]),
    ("emulator", &[]),
    ("cli", &["*"]),
];

/// Modules that only tests are compiled with.
const TEST_MODULES: &[&str] = &["sample.rs", "tests.rs", "testing.rs"];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the source without comments and without the unit tests, which stand at the end of a file.
fn code_of(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Returns the rooms that `crate::` paths name, in a `use` of several as well as in a path.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let mut depth = 0_usize;
        let mut word = String::new();
        let mut is_first = true;
        for character in rest.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                c if c.is_alphanumeric() || c == '_' => {
                    word.push(c);
                    continue;
                }
                _ => {}
            }
            if !word.is_empty() {
                if is_first {
                    named.insert(std::mem::take(&mut word));
                }
                word.clear();
                is_first = false;
            }
            match (depth, character) {
                (0, c) if !c.is_whitespace() || !is_first => break,
                (1, ',' | '{') => is_first = true,
                _ => {}
            }
        }
    }
    named
}

#[test]
fn paths_are_read_in_all_their_forms() {
    let check = |code: &str, expected: &[&str]| {
        let named: Vec<String> = rooms_named(code).into_iter().collect();
        assert_eq!(named, expected, "{code}");
    };
    check("use crate::model::{Address, Kind};", &["model"]);
    check("use crate::{api::{Reader, Writer}, model::Address,\n  plan};", &["api", "model", "plan"]);
    check("let x = crate::report::visible(text);", &["report"]);
    check("use super::x; use std::fmt;", &[]);
}

#[test]
fn rooms_import_only_what_they_may() {
    let source = root().join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&source).unwrap();
        let mut parts = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let (Some(room), Some(_)) = (parts.next(), parts.next()) else { continue };
        if TEST_MODULES.iter().any(|name| relative.ends_with(name)) {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: no room of that name", relative.display()));
            continue;
        };
        for named in rooms_named(&code_of(&std::fs::read_to_string(&file).unwrap())) {
            let is_room = ROOMS.iter().any(|(name, _)| *name == named);
            if is_room && named != room && !allowed.contains(&"*") && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}: {room} must not import {named}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_test_file_is_part_of_the_suite() {
    let suite = root().join("tests/suite");
    let main = std::fs::read_to_string(suite.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(&suite).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let module = name.trim_end_matches(".rs");
        if module != "main" && module != "snapshots" {
            assert!(main.contains(&format!("mod {module};")), "tests/suite/{name} is not run");
        }
    }
}

#[test]
fn doors_of_rooms_hold_no_logic() {
    for (room, _) in ROOMS {
        let door = root().join("src").join(room).join("mod.rs");
        let code = code_of(&std::fs::read_to_string(&door).unwrap_or_default());
        assert!(!code.contains("fn "), "{} holds logic", door.display());
    }
}
