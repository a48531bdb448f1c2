//! The eleven situations in which the official Terraform provider fails, each told as a story.

use super::each;
use crate::support::{Manner, play};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

/// What happens, and the story that tells it.
const SITUATIONS: &[(&str, &str)] = &[
    ("a failed read-back plans no destruction", "16-unreadable-account"),
    ("a lost answer makes no duplicate", "14-lost-answer"),
    ("a saved plan undoes no console edit", "18-moved-since-plan"),
    ("one 429 does not end the run", "08-rate-limit"),
    ("an expired token is renewed", "09-expired-token"),
    ("an object deleted by hand breaks neither plan nor destroy", "17-deleted-by-hand"),
    ("a field nulled by hand is seen", "19-nulled-by-hand"),
    ("a null lifetime crashes nothing", "19-nulled-by-hand"),
    ("reordered audiences are no change", "13-defaults-and-order"),
    ("lost local state duplicates nothing", "20-lost-state"),
    ("a renamed entry is renamed in place", "02-rename"),
];

/// Returns the stories that are told here.
pub(super) fn stories() -> BTreeSet<&'static str> {
    SITUATIONS.iter().map(|(_, story)| *story).collect()
}

#[test]
fn the_eleven_situations_are_handled() {
    let stories: Vec<&str> = stories().into_iter().collect();
    let failures = each(&stories, |story| play(story, Manner::Compared));
    let failure = |story: &str| stories.iter().zip(&failures).find(|(name, _)| **name == story)?.1.as_ref();
    let mut table = String::from("\n  #  situation                                                  story\n");
    for (number, (situation, story)) in (1..).zip(SITUATIONS) {
        let verdict = if failure(story).is_some() { "FAILED" } else { "handled" };
        writeln!(table, " {number:>2}  {situation:<57}  {story:<23}{verdict}").unwrap();
    }
    // The test runner holds back what `print!` says of tests that pass.
    writeln!(std::io::stderr().lock(), "{table}").unwrap();
    let failed: Vec<String> =
        stories.iter().filter_map(|story| Some(format!("{story}: {}", failure(story)?))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
