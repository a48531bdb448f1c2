//! A proof as JUnit, which CI systems show as tests.
//!
//! One suite for the tenant and one a probe, one test case a check. Times are left at 0, so that the same proof gives the
//! same bytes.
//!
//! Source: the schema that Jenkins publishes for its xUnit plug-in, junit-10.xsd.

use super::visible;
use crate::verify::{Check, Outcome, VerifyReport};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes a proof as JUnit; what was not run is an error unless skips are allowed.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_verify_junit(out: &mut dyn Write, report: &VerifyReport, allow_skips: bool) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="gatewright verify"{} time="0">"#, totals(&report.checks, allow_skips))?;
    for suite in report.checks.chunk_by(|one, next| one.probe == next.probe) {
        let name = suite.first().and_then(|check| check.probe.as_ref());
        let name = escaped(&name.map_or_else(|| "tenant".to_owned(), ToString::to_string));
        let skipped = suite.iter().filter(|check| matches!(result(check, allow_skips), Result::Skipped(_))).count();
        let totals = totals(suite, allow_skips);
        writeln!(out, r#"  <testsuite name="{name}"{totals} skipped="{skipped}" time="0">"#)?;
        suite.iter().try_for_each(|check| write_case(out, check, &name, allow_skips))?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn write_case(out: &mut dyn Write, check: &Check, suite: &str, allow_skips: bool) -> io::Result<()> {
    let name = escaped(&check.kind.to_string());
    write!(out, r#"    <testcase classname="gatewright.{suite}" name="{name}" time="0""#)?;
    let (element, message) = match result(check, allow_skips) {
        Result::Passed => return writeln!(out, "/>"),
        Result::Failure(message) => ("failure", message),
        Result::Error(message) => ("error", message),
        Result::Skipped(message) => ("skipped", message),
    };
    let kind = if element == "skipped" { "" } else { r#" type="verify""# };
    writeln!(out, ">\n      <{element}{kind} message=\"{}\"/>\n    </testcase>", escaped(&message))
}

/// What JUnit makes of a check.
enum Result {
    Passed,
    Failure(String),
    Error(String),
    Skipped(String),
}

fn result(check: &Check, allow_skips: bool) -> Result {
    let seen = if check.seen.is_empty() { "nothing" } else { &check.seen };
    match &check.outcome {
        Outcome::Passed => Result::Passed,
        Outcome::Failed => Result::Failure(format!("expected {}; seen {seen}", check.expected)),
        Outcome::NotRun(reason) if allow_skips => Result::Skipped(format!("not run: {reason}")),
        Outcome::NotRun(reason) => Result::Error(format!("not run: {reason}")),
        Outcome::NotCheckable(reason) => Result::Skipped(format!("not checkable: {reason}")),
    }
}

/// Counts checks as the attributes of a suite.
fn totals(checks: &[Check], allow_skips: bool) -> String {
    let count = |fits: fn(&Result) -> bool| checks.iter().filter(|check| fits(&result(check, allow_skips))).count();
    let failures = count(|result| matches!(result, Result::Failure(_)));
    let errors = count(|result| matches!(result, Result::Error(_)));
    format!(r#" tests="{}" failures="{failures}" errors="{errors}""#, checks.len())
}

/// Escapes text for an attribute; characters that XML cannot hold are shown as their code.
fn escaped(text: &str) -> String {
    let shown = visible(text);
    let mut escaped = String::with_capacity(shown.len());
    for character in shown.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Source: XML 1.0, production 2; the other characters it forbids are made visible above.
            '\u{FFFE}' | '\u{FFFF}' => {
                // Writing to a string cannot fail.
                let _infallible = write!(escaped, "\\u{{{:04X}}}", u32::from(character));
            }
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::write_verify_junit;
    use crate::model::EntryKey;
    use crate::verify::{Check, CheckKind, Outcome, ProbeName, VerifyReport};

    fn report() -> VerifyReport {
        let check = |probe: Option<usize>, kind, outcome, seen: &str| Check {
            probe: probe.map(|number| ProbeName { policy: EntryKey::new("contacts"), number, of: 2 }),
            kind,
            expected: "a < b & \"c\"".to_owned(),
            seen: seen.to_owned(),
            outcome,
            is_isolated: true,
            body_digest: None,
        };
        VerifyReport {
            checks: vec![
                check(None, CheckKind::DiscoveredIssuer, Outcome::Passed, "x"),
                check(Some(1), CheckKind::NoToken, Outcome::Failed, "200\u{0}\u{202E}\u{FFFE}"),
                check(Some(1), CheckKind::Expired, Outcome::NotCheckable("no key".to_owned()), ""),
                check(Some(2), CheckKind::Probe, Outcome::NotRun("no secret".to_owned()), ""),
            ],
        }
    }

    #[test]
    fn checks_are_test_cases() {
        let junit = |allow_skips| {
            let mut out = Vec::new();
            write_verify_junit(&mut out, &report(), allow_skips).unwrap();
            String::from_utf8(out).unwrap()
        };
        insta::assert_snapshot!(junit(false));
        assert!(
            junit(true).contains(r#"<testsuites name="gatewright verify" tests="4" failures="1" errors="0" time="0">"#)
        );
        assert!(junit(true).contains(r#"<skipped message="not run: no secret"/>"#));
    }
}
