//! A process that breaks down.

use crate::support::{Emulator, Program};
use std::process::Command;

/// Set in the process that breaks down on purpose.
const CHILD: &str = "GATEWRIGHT_TEST_BREAKS_DOWN";

/// What a panic is about may be a secret; where it happened is not.
#[test]
fn a_panic_says_where_and_not_about_what() {
    if std::env::var_os(CHILD).is_some() {
        let exit = gatewright::cli::run(["gatewright", "--version"].map(Into::into));
        assert_eq!(exit, gatewright::cli::Exit::Done);
        let broken = std::thread::spawn(|| panic!("a text with s3cret-canary in it")).join();
        assert!(broken.is_err());
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::crash::a_panic_says_where_and_not_about_what", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("broke down at ") && said.contains("crash.rs"), "{said}");
    assert!(!said.contains("s3cret-canary"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn no_core_is_dumped() {
    let program = Program::new();
    let emulator = Emulator::start(program.folder(), None);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", emulator.process_id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let numbers: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
}
