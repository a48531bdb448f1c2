//! Problems as annotations of GitHub Actions.

use super::ProblemsView;
use super::place::Region;
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::diagnostics::MOST_SHOWN;
use crate::report::{count, visible};
use std::io::{self, Write};

/// Writes one workflow command a problem: `::error file=…,line=…::message`. What the file allows is left out.
///
/// Source: GitHub's toolkit, `core/src/command.ts`, for the form and the escapes. A command ends with its line, so of more
/// than a thousand the rest is counted.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_problems_github(out: &mut dyn Write, view: &ProblemsView<'_>) -> io::Result<()> {
    let problems = &view.judged.problems;
    for problem in problems.iter().take(MOST_SHOWN) {
        writeln!(out, "{}", command(problem, view))?;
    }
    if let Some(more @ 1..) = problems.len().checked_sub(MOST_SHOWN) {
        writeln!(out, "::notice::{} not shown", count(more, "further problem", None))?;
    }
    Ok(())
}

fn command(problem: &Diagnostic, view: &ProblemsView<'_>) -> String {
    let Diagnostic { code, severity, message, primary, related: _, hint } = problem;
    let kind = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(label) = primary {
        let Region { line, column, end_line, end_column } = Region::of(&label.origin, view.sources);
        properties.push(format!("file={}", property(&view.path(&label.origin.file))));
        properties.push(format!("line={line}"));
        properties.push(format!("endLine={end_line}"));
        // GitHub takes columns of one line only, and counts the last one in.
        if line == end_line {
            properties.push(format!("col={column}"));
            properties.push(format!("endColumn={}", end_column.saturating_sub(1).max(column)));
        }
    }
    properties.push(format!("title={}", property(code.as_str())));
    let hint = hint.as_ref().map(|hint| format!("%0A{}", data(hint))).unwrap_or_default();
    format!("::{kind} {}::{}{hint}", properties.join(","), data(message))
}

/// Escapes a message.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%: a,b\u{1b}::error::\u{202E}"), "100%25: a,b\\u{001B}::error::\\u{202E}");
        assert_eq!(data("a\r\nb"), "a\\u{000D}\\u{000A}b");
        assert_eq!(property("50%,a:b.yaml"), "50%25%2Ca%3Ab.yaml");
    }
}
