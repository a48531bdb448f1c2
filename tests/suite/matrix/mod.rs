//! The crash matrix: the built program applies a change set that makes, changes, renames and deletes something of every
//! kind, and at each of its requests something goes wrong. Whatever it is, running it again leaves the account as if nothing
//! had.
//!
//! ```text
//!   rich ──── the account before, and the file        lab ───── one emulated account, and the program against it
//!   outcome ─ an account without ids and times        cell ──── one fault at one request, played and judged
//!   exhaustive: every request with every fault        random: schedules of several faults, shrunk when they fail
//! ```
//!
//! `cargo test` plays a part of it, drawn with the seed in `GATEWRIGHT_SEED`; with `GATEWRIGHT_MATRIX=full` all of it.

mod cell;
mod exhaustive;
mod lab;
mod outcome;
mod random;
mod rich;

use std::io::Write;

/// Returns whether everything is to be played rather than a part.
fn is_full() -> bool {
    std::env::var("GATEWRIGHT_MATRIX").is_ok_and(|extent| extent == "full")
}

/// Returns the seed that draws the part and the schedules; any text is one.
fn seed() -> String {
    std::env::var("GATEWRIGHT_SEED").ok().filter(|seed| !seed.is_empty()).unwrap_or_else(|| "1".to_owned())
}

/// Says something even when the test goes well.
fn say(line: &str) {
    // The capture of the test runner only knows the print macros.
    let _unheard = writeln!(std::io::stderr().lock(), "{line}");
}
