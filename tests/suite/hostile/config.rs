//! Configurations that are too deep, too wide, too long, or that grow while they are read.

use super::{make_pipe, run_bounded};
use crate::support::{Program, root};
use gatewright::config::{LoadOptions, load, load_all};
use gatewright::diagnostic::{Denied, judge};
use gatewright::report::write_diagnostics;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeMap;
use std::path::Path;

const HEAD: &str = "version: 1\ntenant: { subdomain: acme }\n";

/// Loads all environments of a file, and shows what is wrong as the program does.
fn read(path: &Path) -> (bool, String) {
    let variables = BTreeMap::new();
    let options = LoadOptions { environment: None, variables: &variables, process_env: &|_| None };
    let loaded = load_all(path, &options);
    let mut shown = anstream::StripStream::new(Vec::new());
    let judged = judge(loaded.diagnostics, &loaded.allowances, &Denied::default(), true);
    write_diagnostics(&mut shown, &judged, &loaded.sources, 100).unwrap();
    (!judged.has_errors(), String::from_utf8(shown.into_inner()).unwrap())
}

fn check(text: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatewright.yaml");
    std::fs::write(&path, text).unwrap();
    let (is_sound, shown) = read(&path);
    let start: String = text.chars().take(120).collect();
    assert_eq!(is_sound, expected.is_empty(), "{start}\n{shown}");
    assert!(shown.contains(expected), "{start}\nshould say: {expected}\n{shown}");
    assert!(shown.len() < 500_000, "{start}\nsays {} bytes", shown.len());
}

/// Repeats a piece for every number.
fn each(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

#[test]
fn nesting_ends_somewhere() {
    let deep = "the file is nested too deeply";
    for (open, before) in [("[", ""), ("{a: ", ""), ("- ", "\n  "), ("? ", "\n  ")] {
        check(&format!("{HEAD}roles: {before}{}", open.repeat(100_000)), deep);
    }
    check(&format!("{HEAD}{}", each(1000, |level| format!("{}a:\n", " ".repeat(level)))), deep);
}

#[test]
fn aliases_repeat_a_bounded_number_of_values_and_bytes() {
    let wide = each(40, |line| format!("  k{line}: &k{line} [{}]\n", format!("*k{}, ", line.max(1) - 1).repeat(9)));
    check(
        &format!("{HEAD}variables:\n  k: x\nroles:\n  r: &k0 [x, x]\n{}", wide.replace("&k0 [*k0", "&z [*k0")),
        "stand for more than 100000 values",
    );
    let long = "A".repeat(1 << 20);
    let names = each(100, |number| format!("  r{number}: {{ name: *long }}\n"));
    check(&format!("{HEAD}roles:\n  a: {{ name: &long {long} }}\n{names}"), "repeat takes more than 67108864 bytes");
    // Every anchor keeps what it holds, and anchors can stand inside anchors.
    let nested = format!("{}{long}{long}{}", each(60, |number| format!("&a{number} [")), "]".repeat(60));
    check(&format!("{HEAD}roles: {nested}\n"), "repeat takes more than 67108864 bytes");
}

#[test]
fn variables_stand_for_a_bounded_number_of_bytes() {
    let doubling = |depth: usize| each(depth, |level| format!("  v{level}: ${{v{0}}}${{v{0}}}\n", level + 1));
    check(&format!("{HEAD}variables:\n{}  v60: x\n", doubling(60)), "more than 32 variables refer to one another");
    check(&format!("{HEAD}variables:\n{}  v30: x\n", doubling(30)), "the text grows beyond 65536 bytes");
    let long = "B".repeat(65_000);
    let copies = each(550, |number| format!("  v{number}: ${{long}}\n"));
    let text = format!("{HEAD}variables:\n  long: {long}\n{copies}");
    check(&text, "variables stand for more than 33554432 bytes of text in all");
    let uses = each(550, |number| format!("  s{number}: {{ name: n{number}, description: \"${{long}}{number}\" }}\n"));
    let text = format!("{HEAD}variables:\n  long: {long}\nauthorization_servers:\n{uses}");
    check(&text, "variables stand for more than 33554432 bytes of text in all");
    check(&format!("{HEAD}variables:\n  long: {}\n", "B".repeat(65_537)), "the text grows beyond 65536 bytes");
}

#[test]
fn what_is_given_for_a_variable_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatewright.yaml");
    std::fs::write(&path, format!("{HEAD}variables:\n  a: x\n  b: ${{env:LONG}}\n")).unwrap();
    let variables = BTreeMap::from([("a".to_owned(), "x".repeat(65_537))]);
    let options = LoadOptions { environment: None, variables: &variables, process_env: &|_| Some("x".repeat(65_537)) };
    let said: Vec<String> = load(&path, &options).diagnostics.into_iter().map(|problem| problem.message).collect();
    assert_eq!(said, ["`--var a=…` is longer than 65536 bytes", "the text grows beyond 65536 bytes"]);
}

#[test]
fn environments_multiply_what_is_checked() {
    let environments = each(300, |number| format!("  e{number}: {{}}\n"));
    let comment = format!("# {}\n", "x".repeat(1 << 20));
    check(&format!("{HEAD}environments:\n{environments}{comment}"), "300 environments of 10");
}

#[test]
fn long_and_wide_files_are_read() {
    check(&format!("{HEAD}roles: {{ a: {{ name: \"{}\" }} }}\n", "x".repeat(5 << 20)), "");
    check(&format!("{HEAD}roles:\n{}", each(10_000, |number| format!("  k{number}: {{ name: n{number} }}\n"))), "");
}

/// Thousands of problems are found in a time that grows as the file does, and a thousand are shown.
#[test]
fn thousands_of_problems_are_counted() {
    let roles = |entry: &dyn Fn(usize) -> String| format!("{HEAD}roles:\n{}", each(5000, entry));
    let more = "4000 further problems not shown";
    check(&roles(&|number| format!("  k{number}: {{ name: n{number}, foo: 1 }}\n")), more);
    check(&roles(&|number| format!("  K{number}: {{ name: n{number} }}\n")), more);
    check(&roles(&|number| format!("  k: {{ name: n{number} }}\n")), "3999 further problems not shown");
    let variables = each(2000, |number| format!("  role{number}: x\n"));
    let unknown = each(3000, |number| format!("  k{number}: {{ name: \"${{rule{number}}}\" }}\n"));
    check(&format!("{HEAD}variables:\n{variables}roles:\n{unknown}"), "2000 further problems not shown");
    let line = each(3000, |number| format!("K{number}: {{ name: n{number} }}, "));
    check(&format!("{HEAD}roles: {{ {line} }}\n"), "2000 further problems not shown");
}

#[test]
fn a_file_that_includes_itself_is_read_once() {
    let program = Program::new();
    program.write("a/one.yaml", "roles:\n  one: { name: One }\n");
    program.write("gatewright.yaml", &format!("{HEAD}include: [gatewright.yaml, '*.yaml', ./a/*.yaml, a/one.yaml]\n"));
    let run = run_bounded(&program, "validate");
    assert_eq!((run.code, run.stdout.contains("1 role")), (0, true), "{}", run.block());
    program.write("a/one.yaml", "include: [../gatewright.yaml]\nroles:\n  one: { name: One }\n");
    let run = run_bounded(&program, "validate");
    assert!(run.code == 1 && run.stderr.contains("`include` stands in an included file"), "{}", run.block());
}

#[cfg(unix)]
#[test]
fn circles_of_links_are_not_followed() {
    let program = Program::new();
    program.write("a/one.yaml", "roles:\n  one: { name: One }\n");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, program.folder().join(name)).unwrap();
    link(".", "a/again");
    link("../gatewright.yaml", "a/root.yaml");
    link("loop2.yaml", "loop1.yaml");
    link("loop1.yaml", "loop2.yaml");
    for (pattern, place) in [
        ("a/again/again/one.yaml", "a/again"),
        ("a/*/*/one.yaml", "a/again"),
        ("a/root.yaml", "a/root.yaml"),
        ("loop*.yaml", "loop1.yaml"),
    ] {
        program.write("gatewright.yaml", &format!("{HEAD}include: ['{pattern}']\n"));
        let run = run_bounded(&program, "validate");
        let expected = format!("{place} is a symbolic link");
        assert!(run.code == 1 && run.stderr.contains(&expected), "{pattern}\n{}", run.block());
    }
    link("circle", "circle");
    let run = run_bounded(&program, "validate -f circle");
    assert!(run.code == 1 && run.stderr.contains("cannot read circle"), "{}", run.block());
}

#[test]
fn ten_thousand_files_are_the_most() {
    let program = Program::new();
    std::fs::create_dir(program.folder().join("a")).unwrap();
    for number in 0..=10_000 {
        std::fs::write(program.folder().join(format!("a/{number}.yaml")), "roles: {}\n").unwrap();
    }
    program.write("gatewright.yaml", &format!("{HEAD}include: [a/*.yaml]\n"));
    let run = run_bounded(&program, "validate");
    assert!(run.code == 1 && run.stderr.contains("`include` names more than 10000 files"), "{}", run.block());
}

#[cfg(unix)]
#[test]
fn a_configuration_is_a_regular_file_of_bounded_size() {
    let program = Program::new();
    make_pipe(&program, "pipe.yaml");
    std::fs::create_dir(program.folder().join("folder.yaml")).unwrap();
    std::fs::File::create(program.folder().join("sparse.yaml")).unwrap().set_len(1 << 40).unwrap();
    let kinds = [("pipe.yaml", "regular file"), ("folder.yaml", "regular file"), ("sparse.yaml", "too large")];
    for (file, expected) in kinds.into_iter().chain([("/dev/zero", "regular file")]) {
        let run = run_bounded(&program, &format!("validate -f {file}"));
        assert!(run.code == 1 && run.stderr.contains(expected), "{file}\n{}", run.block());
    }
    for (file, expected) in kinds {
        program.write("gatewright.yaml", &format!("{HEAD}include: [{file}]\n"));
        let run = run_bounded(&program, "validate");
        assert!(run.code == 1 && run.stderr.contains(expected), "{file}\n{}", run.block());
    }
}

/// Names of included files are shown like any other foreign text.
#[cfg(unix)]
#[test]
fn a_file_name_cannot_write_to_the_terminal() {
    let program = Program::new();
    program.write("gatewright.yaml", &format!("{HEAD}include: [a/*.yaml]\n"));
    program.write("a/\u{1b}[31m\u{202E}\n+ role.yaml", "roles: { a: { nam: x } }\n");
    let run = run_bounded(&program, "validate");
    assert!(run.code == 1 && run.stderr.contains("a/\\u{001B}[31m\\u{202E}\\u{000A}+ role.yaml"), "{}", run.block());
    assert!(!run.stderr.chars().any(super::is_hidden), "{}", run.block());
}

/// What one change does to a text.
#[derive(Debug, Clone)]
enum Mutation {
    Insert(usize, &'static str),
    Delete(usize, usize),
    Double(usize, usize),
    Swap(usize, usize),
    Repeat(usize, u8, u16),
    Byte(usize, u8),
}

const PIECES: &[&str] = &[
    "&a ",
    "*a",
    "!t ",
    "!!str ",
    "<<: ",
    "? ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "#",
    "|",
    ">-",
    "\"",
    "'",
    "\t",
    "\r\n",
    "\n",
    "\u{FEFF}",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202E}",
    "\u{200B}",
    "é日本",
    "${",
    "${environment}",
    "$${",
    "${env:X}",
    "${contacts_url}",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "99999999999999999999999999",
    "-1",
    "1e999",
    "0x",
    "null",
    "~",
    "true",
    "  ",
    "\n\n\n",
    "*",
    "**/../",
    "environments: { x: {} }\n",
];

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let at = || 0..6000_usize;
    let one = prop_oneof![
        4 => (at(), prop::sample::select(PIECES)).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        2 => (at(), 1..80_usize).prop_map(|(at, length)| Mutation::Delete(at, length)),
        1 => (at(), 1..80_usize).prop_map(|(at, length)| Mutation::Double(at, length)),
        1 => (0..150_usize, 0..150_usize).prop_map(|(one, other)| Mutation::Swap(one, other)),
        1 => (at(), prop::sample::select(b"[{-? \t\"'#x".as_slice()), 1..2000_u16).prop_map(|(at, byte, count)| Mutation::Repeat(at, byte, count)),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Byte(at, byte)),
    ];
    prop::collection::vec(one, 1..5)
}

fn mutate(text: &[u8], mutation: &Mutation) -> Vec<u8> {
    let at = |at: usize| at % (text.len() + 1);
    let insert = |place: usize, bytes: &[u8]| [&text[..place], bytes, &text[place..]].concat();
    match *mutation {
        Mutation::Insert(place, piece) => insert(at(place), piece.as_bytes()),
        Mutation::Delete(place, length) => {
            let start = at(place);
            [&text[..start], &text[(start + length).min(text.len())..]].concat()
        }
        Mutation::Double(place, length) => {
            let start = at(place);
            insert(start, &text[start..(start + length).min(text.len())])
        }
        Mutation::Swap(one, other) => {
            let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let count = lines.len().max(1);
            if !lines.is_empty() {
                lines.swap(one % count, other % count);
            }
            lines.concat()
        }
        Mutation::Repeat(place, byte, count) => insert(at(place), &vec![byte; usize::from(count)]),
        Mutation::Byte(place, byte) => insert(at(place), &[byte]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/suite/hostile/config.regressions"))),
        ..ProptestConfig::default()
    })]

    /// A file that was damaged is read, or what is wrong with it is said, and nothing else happens.
    #[test]
    fn damaged_files_are_read_or_explained(
        every_key in any::<bool>(),
        windows in any::<bool>(),
        mutations in mutations(),
    ) {
        let name = if every_key { "every_key" } else { "contacts" };
        let sample = std::fs::read_to_string(root().join(format!("tests/fixtures/config/valid/{name}.yaml"))).unwrap();
        let sample = if windows { sample.replace('\n', "\r\n") } else { sample };
        let bytes = mutations.iter().fold(sample.into_bytes(), |bytes, mutation| mutate(&bytes, mutation));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatewright.yaml");
        std::fs::write(&path, &bytes).unwrap();
        let (is_sound, shown) = read(&path);
        prop_assert!(is_sound || shown.contains("error["), "{}", shown);
        prop_assert!(!shown.chars().any(super::is_hidden), "{:?}", shown);
    }
}
