//! Problems in the user's files, in the look of a compiler's errors.

use super::mask::masked;
use super::refusal::identity_advice;
use super::{count, visible};
use crate::diagnostic::{Code, Diagnostic, Label, Origin, Severity, SourceFiles};
use crate::model::{IdentityProblem, IdentityProblemKind};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes every problem with the lines it is about, then how many there are.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_diagnostics(
    out: &mut dyn Write,
    diagnostics: &[Diagnostic],
    sources: &SourceFiles,
    width: usize,
) -> io::Result<()> {
    let texts: BTreeMap<Arc<str>, String> =
        sources.iter().map(|(file, text)| (Arc::clone(file), masked(text))).collect();
    let renderer = Renderer::styled().term_width(width);
    for diagnostic in diagnostics {
        let group = group(diagnostic, &texts);
        writeln!(out, "{}\n", renderer.render(&[group]))?;
    }
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.len() - errors;
    match (errors, warnings) {
        (0, 0) => Ok(()),
        (0, _) => writeln!(out, "{}", count(warnings, "warning", None)),
        (_, 0) => writeln!(out, "{}", count(errors, "error", None)),
        _ => writeln!(out, "{}, {}", count(errors, "error", None), count(warnings, "warning", None)),
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, texts: &'a BTreeMap<Arc<str>, String>) -> Group<'a> {
    let Diagnostic { code, severity, message, primary, related, hint } = diagnostic;
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(visible(message)).id(code.as_str()));
    for (file, labels) in by_file(primary.as_ref(), related) {
        let mut snippet = match texts.get(file) {
            Some(text) => Snippet::source(text.as_str()).path(file),
            None => {
                for (_, label) in labels {
                    let Origin { file, line, column, start: _, end: _ } = &label.origin;
                    group = group.element(
                        annotate_snippets::Origin::path(file.as_ref())
                            .line(*line as usize)
                            .char_column(*column as usize),
                    );
                }
                continue;
            }
        };
        let text = texts.get(file).map_or("", String::as_str);
        for (kind, label) in labels {
            let span = span(text, &label.origin);
            let annotation = kind.span(span);
            snippet = snippet.annotation(match label.text.as_str() {
                "" => annotation,
                words => annotation.label(visible(words)),
            });
        }
        group = group.element(snippet);
    }
    match hint {
        Some(hint) => group.element(Level::HELP.message(visible(hint))),
        None => group,
    }
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

/// Returns a span that lies inside the text, on character boundaries, of one line and at least one character where it can.
fn span(text: &str, origin: &Origin) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(origin.start);
    let rest = text.get(start..).unwrap_or_default();
    let line_end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
    let end = floor(origin.end).clamp(start, line_end.max(start));
    match rest.chars().next() {
        Some(first) if end == start && start < line_end => start..start + first.len_utf8(),
        _ => start..end,
    }
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
    use crate::diagnostic::{Code, Diagnostic, Origin, SourceFiles};

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
        write_diagnostics(&mut out, diagnostics, &sources, 80).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn problems_show_their_lines() {
        let problems = [
            Diagnostic::error(Code::UnknownKey, at("naem"), "unknown key `naem`")
                .with_related(at("name"), "the nearest")
                .with_hint("did you mean `name`?"),
            Diagnostic::warning(Code::UnknownKey, at("client_secret"), "no field takes a secret"),
            Diagnostic::unplaced(Code::FileUnreadable, "cannot read `x\u{202E}.yaml`"),
            Diagnostic::error(Code::Syntax, Origin { start: 9000, end: 9001, ..at("Ä") }, "ends too early"),
        ];
        insta::assert_snapshot!(written(&problems));
    }
}
