//! What is known about the codes of problems.

use super::style::{FAINT, HEADING};
use super::words::wrap;
use crate::diagnostic::{Code, Severity};
use std::io::{self, Write};

/// The width of the column of codes in the list.
const COLUMN: usize = 26;

/// Writes what a code means, why it matters and what to do.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_code(out: &mut dyn Write, code: Code) -> io::Result<()> {
    writeln!(out, "{HEADING}{}{HEADING:#} {FAINT}({}){FAINT:#}", code.as_str(), severity_word(code.severity()))?;
    for text in [code.meaning(), code.reason(), code.way_out()] {
        writeln!(out, "  {}", wrap(text, 2, "  "))?;
    }
    if code.severity() == Severity::Warning {
        let control = format!(
            "`validate --deny {code}` makes an error of it; `# gatewright: allow {code} REASON` above the line, or at \
             its end, allows it there.",
            code = code.as_str()
        );
        writeln!(out, "  {}", wrap(&control, 2, "  "))?;
    }
    Ok(())
}

/// Writes every code with its severity and what it means, one a line.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_codes(out: &mut dyn Write) -> io::Result<()> {
    for code in Code::ALL {
        let lead = format!("{:COLUMN$}{:9}", code.as_str(), severity_word(code.severity()));
        let meaning = wrap(code.meaning(), lead.len(), &" ".repeat(lead.len()));
        writeln!(out, "{lead}{meaning}")?;
    }
    Ok(())
}

/// Returns the word for a severity.
pub(super) const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests {
    use super::{COLUMN, write_codes};
    use crate::diagnostic::Code;

    #[test]
    fn the_list_fits_its_columns() {
        let mut out = anstream::StripStream::new(Vec::new());
        write_codes(&mut out).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(Code::ALL.iter().all(|code| code.as_str().len() < COLUMN));
    }
}
