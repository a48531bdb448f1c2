//! What a proof comes to.

use super::style::{ADDED, ERROR, FAINT, HEADING};
use super::visible;
use super::words::{WIDTH, count, wrap};
use crate::verify::{Check, CheckKind, Outcome, VerifyReport};
use anstyle::Style;
use std::borrow::Cow;
use std::io::{self, Write};

/// How wide the column of what was checked may become; longer ones push what was seen aside.
const MOST_CHECK_WIDTH: usize = 40;
/// How wide the column of the result is.
const RESULT_WIDTH: usize = 13;

/// Writes a table of the checks, one block for the tenant and one a probe, then one line.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_verify(out: &mut dyn Write, report: &VerifyReport) -> io::Result<()> {
    let VerifyReport { checks } = report;
    let width = checks.iter().map(|check| check.kind.to_string().chars().count()).max().unwrap_or_default();
    let width = width.min(MOST_CHECK_WIDTH);
    let mut block = None;
    for check in checks {
        let name = check.probe.as_ref().map_or_else(|| "tenant".to_owned(), ToString::to_string);
        if block.as_ref() != Some(&name) {
            let gap = if block.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}{HEADING}{}{HEADING:#}", visible(&name))?;
            block = Some(name);
        }
        write_check(out, check, width)?;
    }
    write_totals(out, checks)
}

fn write_check(out: &mut dyn Write, check: &Check, width: usize) -> io::Result<()> {
    let Check { probe: _, kind, expected, seen, outcome, is_isolated, body_digest: _ } = check;
    let (paint, word, reason) = result(outcome);
    let seen = seen_words(&in_minutes(kind, seen));
    let mut said = match (outcome, reason) {
        (_, Some(reason)) => visible(reason).into_owned(),
        (Outcome::Failed, None) => format!("expected {}; seen {}", visible(&in_minutes(kind, expected)), seen),
        (_, None) => seen,
    };
    if !is_isolated {
        said.push_str(" (differs in more than this)");
    }
    let kind = kind.to_string();
    let kind = visible(&kind);
    let indent = " ".repeat(2 + RESULT_WIDTH + 3);
    let lead = 2 + RESULT_WIDTH + 1 + kind.chars().count().max(width) + 1;
    write!(out, "  {paint}{word:RESULT_WIDTH$}{paint:#} ")?;
    if lead + said.chars().count() <= WIDTH {
        writeln!(out, "{kind:width$} {said}")
    } else {
        writeln!(out, "{kind}\n{indent}{}", wrap(&said, indent.len(), &indent))
    }
}

/// Words a lifetime, `N s`, as the file does: in minutes, where it is whole ones.
fn in_minutes<'a>(kind: &CheckKind, said: &'a str) -> Cow<'a, str> {
    let seconds = said.strip_suffix(" s").filter(|_| *kind == CheckKind::Lifetime);
    match seconds.and_then(|seconds| seconds.parse::<usize>().ok()) {
        Some(seconds) if seconds % 60 == 0 => count(seconds / 60, "minute", None).into(),
        _ => said.into(),
    }
}

fn seen_words(seen: &str) -> String {
    if seen.is_empty() { "nothing".to_owned() } else { visible(seen).into_owned() }
}

fn result(outcome: &Outcome) -> (Style, &'static str, Option<&str>) {
    match outcome {
        Outcome::Passed => (ADDED, "ok", None),
        Outcome::Failed => (ERROR, "FAILED", None),
        Outcome::NotRun(reason) => (ERROR, "not run", Some(reason)),
        Outcome::NotCheckable(reason) => (FAINT, "not checkable", Some(reason)),
    }
}

fn write_totals(out: &mut dyn Write, checks: &[Check]) -> io::Result<()> {
    if checks.is_empty() {
        return writeln!(out, "Nothing to verify: no gateway policy has a probe.");
    }
    let mut totals = [("ok", 0), ("failed", 0), ("not run", 0), ("not checkable", 0)];
    for check in checks {
        let place = match check.outcome {
            Outcome::Passed => 0,
            Outcome::Failed => 1,
            Outcome::NotRun(_) => 2,
            Outcome::NotCheckable(_) => 3,
        };
        totals.iter_mut().skip(place).take(1).for_each(|(_, number)| *number += 1);
    }
    let parts: Vec<String> =
        totals.iter().filter(|(_, number)| *number > 0).map(|(word, number)| format!("{number} {word}")).collect();
    writeln!(out, "\n{HEADING}Verified{HEADING:#}: {}.", parts.join(", "))
}
