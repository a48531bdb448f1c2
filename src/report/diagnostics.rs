//! Problems in the user's files, in the look of a compiler's errors.

use super::error::write_hint;
use super::mask::masked;
use super::refusal::identity_advice;
use super::visible::visible_lines;
use super::words::fit;
use super::{count, visible};
use crate::diagnostic::{Code, Diagnostic, Judged, Label, Origin, Severity, SourceFiles};
use crate::model::{IdentityProblem, IdentityProblemKind};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// The most problems that are shown; nobody reads more, and a file can hold millions.
pub(super) const MOST_SHOWN: usize = 1000;

/// The longest piece of a file that is quoted from at once, in bytes: a longer line is not quoted, and places further apart
/// are quoted apart. The renderer goes through all it is given, for every problem.
const QUOTED_BYTES: usize = 16 * 1024;

/// Writes the first thousand problems with the lines they are about, then how many there are, those included that the
/// file allows.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_diagnostics(out: &mut dyn Write, judged: &Judged, sources: &SourceFiles, width: usize) -> io::Result<()> {
    let Judged { problems: diagnostics, allowed } = judged;
    let texts: BTreeMap<Arc<str>, Quoted> =
        sources.iter().map(|(file, text)| (Arc::clone(file), Quoted::new(text))).collect();
    let renderer = Renderer::styled().term_width(width);
    for diagnostic in diagnostics.iter().take(MOST_SHOWN) {
        let group = group(diagnostic, &texts, width);
        writeln!(out, "{}", renderer.render(&[group]))?;
        if let (None, Some(hint)) = (&diagnostic.primary, &diagnostic.hint) {
            // Without a source line there is no gutter to hang it on.
            write_hint(out, hint)?;
        }
        writeln!(out)?;
    }
    if let Some(more @ 1..) = diagnostics.len().checked_sub(MOST_SHOWN) {
        writeln!(out, "{} not shown\n", count(more, "further problem", None))?;
    }
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let counts = [(errors, "error"), (diagnostics.len() - errors, "warning")];
    let mut counts: Vec<String> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun, None)).collect();
    match (allowed.len(), counts.is_empty()) {
        (0, true) => return Ok(()),
        (0, false) => {}
        (number, true) => counts.push(format!("{} allowed", count(number, "warning", None))),
        (number, false) => counts.push(format!("{number} allowed")),
    }
    writeln!(out, "{}", counts.join(", "))
}

/// A file to quote from: its text without secrets, and where its lines begin.
struct Quoted {
    text: String,
    lines: Vec<usize>,
}

/// A piece of a file, whole lines.
struct Piece<'a> {
    text: &'a str,
    start: usize,
    line: usize,
}

impl Quoted {
    fn new(text: &str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text: masked(text), lines }
    }

    /// Returns the lines from the one of `start` to the one of `end`.
    fn piece(&self, start: usize, end: usize) -> Piece<'_> {
        // The end of the file belongs to its last line, not to an empty one behind it.
        let behind = |place: usize| self.lines.partition_point(|line| *line <= place && *line < self.text.len());
        let first = behind(start).saturating_sub(1);
        let start = self.lines.get(first).copied().unwrap_or_default();
        let end = self.lines.get(behind(end)).copied().unwrap_or(self.text.len());
        Piece { text: self.text.get(start..end).unwrap_or_default(), start, line: first + 1 }
    }

    /// Returns a span that lies inside the text, on character boundaries, of one line and at least one character where it
    /// can.
    fn span(&self, origin: &Origin) -> Range<usize> {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(origin.start);
        let next = self.lines.partition_point(|line| *line <= start);
        let rest = self.text.get(start..self.lines.get(next).copied().unwrap_or(self.text.len())).unwrap_or_default();
        let line_end = start + rest.trim_end_matches(['\n', '\r']).len();
        let end = floor(origin.end).clamp(start, line_end.max(start));
        match rest.chars().next() {
            Some(first) if end == start && start < line_end => start..start + first.len_utf8(),
            _ => start..end,
        }
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, texts: &'a BTreeMap<Arc<str>, Quoted>, width: usize) -> Group<'a> {
    let Diagnostic { code, severity, message, primary, related, hint } = diagnostic;
    let (level, word) = match severity {
        Severity::Error => (Level::ERROR, "error"),
        Severity::Warning => (Level::WARNING, "warning"),
    };
    // `error[code]: ` stands before the first line, blanks before the others.
    let before = word.len() + code.as_str().len() + "[]: ".len();
    let title = fit(&visible(message), width.saturating_sub(before));
    let mut group = Group::with_title(level.primary_title(title).id(code.as_str()));
    for (file, labels) in by_file(primary.as_ref(), related) {
        group = match texts.get(file) {
            Some(quoted) => quote(group, file, quoted, labels),
            None => labels.into_iter().fold(group, |group, (_, label)| group.element(unquoted(&label.origin))),
        };
    }
    match (primary, hint) {
        (Some(label), Some(hint)) => {
            let lines = related.iter().map(|label| label.origin.line).fold(label.origin.line, u32::max);
            let before = lines.to_string().len() + " = help: ".len();
            group.element(Level::HELP.message(fit(&visible(hint), width.saturating_sub(before))))
        }
        _ => group,
    }
}

/// Adds the lines of a file that labels are about.
fn quote<'a>(group: Group<'a>, file: &'a str, quoted: &'a Quoted, labels: Labels<'a>) -> Group<'a> {
    let spans: Vec<Range<usize>> = labels.iter().map(|(_, label)| quoted.span(&label.origin)).collect();
    let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end).max().unwrap_or_default();
    let piece = quoted.piece(start, end);
    if piece.text.len() > QUOTED_BYTES {
        return match labels.as_slice() {
            [(_, label)] => group.element(unquoted(&label.origin)),
            _ => labels.into_iter().fold(group, |group, label| quote(group, file, quoted, vec![label])),
        };
    }
    // Hidden characters are spelt out, so the places behind them move.
    let shown = visible_lines(piece.text);
    let place = |at: usize| {
        let before = piece.text.get(..at - piece.start).unwrap_or_default();
        visible_lines(before).len().min(shown.len())
    };
    let spans: Vec<Range<usize>> = spans.into_iter().map(|span| place(span.start)..place(span.end)).collect();
    let mut snippet = Snippet::source(shown).path(visible(file)).line_start(piece.line);
    for ((kind, label), span) in labels.into_iter().zip(spans) {
        let annotation = kind.span(span);
        snippet = snippet.annotation(match label.text.as_str() {
            "" => annotation,
            words => annotation.label(visible(words)),
        });
    }
    group.element(snippet)
}

fn unquoted(origin: &Origin) -> annotate_snippets::Origin<'_> {
    let Origin { file, line, column, start: _, end: _ } = origin;
    annotate_snippets::Origin::path(visible(file)).line(*line as usize).char_column(*column as usize)
}

type Labels<'a> = Vec<(AnnotationKind, &'a Label)>;

/// Puts the labels of one file together, the primary one's file first.
fn by_file<'a>(primary: Option<&'a Label>, related: &'a [Label]) -> Vec<(&'a str, Labels<'a>)> {
    let mut files: Vec<(&str, Labels<'a>)> = Vec::new();
    let all = primary.map(|label| (AnnotationKind::Primary, label)).into_iter();
    for (kind, label) in all.chain(related.iter().map(|label| (AnnotationKind::Context, label))) {
        let file: &str = &label.origin.file;
        match files.iter_mut().find(|(name, _)| *name == file) {
            Some((_, labels)) => labels.push((kind, label)),
            None => files.push((file, vec![(kind, label)])),
        }
    }
    files
}

/// Says what is wrong with an entry that cannot be matched with the account, at its line.
pub fn identity_problem(problem: &IdentityProblem) -> Diagnostic {
    let IdentityProblem { address, origin, kind } = problem;
    let advice = identity_advice(kind);
    let code = match kind {
        IdentityProblemKind::SameObject { .. } => Code::DuplicateIdentity,
        _ => Code::Identity,
    };
    let diagnostic = Diagnostic::error(code, origin.clone(), format!("{address}: {}", advice.message));
    let diagnostic = match kind {
        IdentityProblemKind::SameObject { other, other_origin, .. } => {
            diagnostic.with_related(other_origin.clone(), format!("{other} is the same live object"))
        }
        _ => diagnostic,
    };
    match advice.hint {
        Some(hint) => diagnostic.with_hint(hint),
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::write_diagnostics;
    use crate::diagnostic::{Code, Diagnostic, Judged, Origin, SourceFiles};

    const TEXT: &str = "version: 1\nroles:\n  a:\n    name: Ä\n    client_secret: hunter2\n    naem: x\n";

    fn at(needle: &str) -> Origin {
        let start = TEXT.find(needle).unwrap();
        let before = &TEXT[..start];
        let line = u32::try_from(before.matches('\n').count()).unwrap() + 1;
        let column = u32::try_from(before.rsplit('\n').next().unwrap().chars().count()).unwrap() + 1;
        Origin { file: "gatewright.yaml".into(), line, column, start, end: start + needle.len() }
    }

    fn written(diagnostics: &[Diagnostic]) -> String {
        let mut sources = SourceFiles::default();
        sources.insert("gatewright.yaml".into(), TEXT.into());
        let mut out = anstream::StripStream::new(Vec::new());
        let judged = Judged { problems: diagnostics.to_vec(), allowed: Vec::new() };
        write_diagnostics(&mut out, &judged, &sources, 80).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn problems_beyond_a_thousand_are_counted() {
        let mut problems: Vec<Diagnostic> = (0..1003)
            .map(|number| Diagnostic::error(Code::UnknownKey, at("naem"), format!("problem {number}")))
            .collect();
        let text = written(&problems);
        assert!(text.contains("problem 999\n") && !text.contains("problem 1000\n"), "{text}");
        assert!(text.ends_with("3 further problems not shown\n\n1003 errors\n"), "{text}");
        problems.truncate(1000);
        assert!(!written(&problems).contains("further"));
    }

    #[test]
    fn a_line_of_megabytes_is_named_and_not_quoted() {
        let text = format!("roles: {{a: {}}}\nname: Ä\n", "x".repeat(1 << 20));
        let place = |needle: &str, line| {
            let start = text.find(needle).unwrap();
            Origin { file: "gatewright.yaml".into(), line, column: 9, start, end: start + 1 }
        };
        let mut sources = SourceFiles::default();
        sources.insert("gatewright.yaml".into(), text.as_str().into());
        let problem =
            Diagnostic::error(Code::UnknownKey, place("name", 2), "wrong").with_related(place("a:", 1), "defined here");
        let mut out = anstream::StripStream::new(Vec::new());
        let judged = Judged { problems: vec![problem], allowed: Vec::new() };
        write_diagnostics(&mut out, &judged, &sources, 80).unwrap();
        let shown = String::from_utf8(out.into_inner()).unwrap();
        assert!(shown.len() < 500 && shown.contains("2 | name: Ä") && shown.contains("gatewright.yaml:1:9"), "{shown}");
    }

    #[test]
    fn problems_show_their_lines() {
        let problems = [
            Diagnostic::error(Code::UnknownKey, at("naem"), "unknown key `naem`")
                .with_related(at("name"), "the nearest")
                .with_hint("did you mean `name`?"),
            Diagnostic::warning(Code::LintMacro, at("client_secret"), "no field takes a secret"),
            Diagnostic::unplaced(Code::FileUnreadable, "cannot read `x\u{202E}.yaml`"),
            Diagnostic::error(Code::Syntax, Origin { start: 9000, end: 9001, ..at("Ä") }, "ends too early"),
        ];
        insta::assert_snapshot!(written(&problems));
    }
}
