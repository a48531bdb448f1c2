//! One error, as the last thing a run says.

use super::style::{ERROR, HINT, NOTE, WARNING};
use super::visible;
use super::words::{WIDTH, fit};
use std::error::Error;
use std::io::{self, Write};

/// The most of one cause that is shown. What is longer quotes a value that is not meant to be read.
const MOST_CHARACTERS: usize = 1000;

/// Writes an error: heading, the chain of its causes, then what to do.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_error(out: &mut dyn Write, error: &(dyn Error + 'static), hint: Option<&str>) -> io::Result<()> {
    writeln!(out, "{ERROR}error{ERROR:#}: {}", said(error, "error: "))?;
    let mut source = error.source();
    while let Some(cause) = source {
        writeln!(out, "  caused by: {}", said(cause, "  caused by: "))?;
        source = cause.source();
    }
    match hint {
        Some(hint) => write_hint(out, hint),
        None => Ok(()),
    }
}

/// Writes what to do, after a blank line.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_hint(out: &mut dyn Write, hint: &str) -> io::Result<()> {
    writeln!(out, "\n{HINT}hint{HINT:#}: {}", lines(hint, "hint: "))
}

/// Writes something worth knowing that stops nothing.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_note(out: &mut dyn Write, note: &str) -> io::Result<()> {
    writeln!(out, "{NOTE}note{NOTE:#}: {}", lines(note, "note: "))
}

/// Writes what somebody has to see to, though it stops nothing now.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_warning(out: &mut dyn Write, warning: &str) -> io::Result<()> {
    writeln!(out, "{WARNING}warning{WARNING:#}: {}", lines(warning, "warning: "))
}

/// Makes every line visible, keeps it within the width, and indents those after the first, which stands behind `before`.
fn lines(text: &str, before: &str) -> String {
    let fitted = |line: &str| match line.starts_with("gatewright ") {
        // A command is there to be pasted.
        true => visible(line).into_owned(),
        false => fit(&visible(line), WIDTH - before.len()),
    };
    let shown: Vec<String> = text.trim_end().lines().map(fitted).collect();
    shown.join("\n").replace('\n', "\n    ")
}

/// Returns what an error says, without most of what it quotes beyond all measure.
fn said(error: &dyn Error, before: &str) -> String {
    let text = error.to_string();
    match text.char_indices().nth(MOST_CHARACTERS).and_then(|(end, _)| text.get(..end)) {
        Some(start) => lines(&format!("{start}…"), before),
        None => lines(&text, before),
    }
}

#[cfg(test)]
mod tests {
    use super::{write_error, write_hint};

    #[derive(Debug, thiserror::Error)]
    #[error("outer {0}")]
    struct Outer(&'static str, #[source] std::io::Error);

    #[test]
    fn the_chain_and_the_hint_are_written() {
        let error = Outer("a\u{202E}b", std::io::Error::other("first\nsecond"));
        let mut out = anstream::StripStream::new(Vec::new());
        write_error(&mut out, &error, Some("do this")).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert_eq!(text, "error: outer a\\u{202E}b\n  caused by: first\n    second\n\nhint: do this\n");
        let mut out = Vec::new();
        write_error(&mut out, &std::io::Error::other("é".repeat(1_000_000)), None).unwrap();
        assert!(out.len() < 2300 && out.ends_with("…\n".as_bytes()), "{}", out.len());
    }

    #[test]
    fn long_lines_are_broken_at_blanks() {
        let mut out = anstream::StripStream::new(Vec::new());
        write_hint(&mut out, &"word ".repeat(40)).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert!(text.lines().count() > 2 && text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.split_whitespace().count(), 41);
    }
}
