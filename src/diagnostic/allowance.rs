//! Warnings that the file allows, and warnings that the user will not have.

use super::{Code, Diagnostic, Label, Origin, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A comment of the file that allows warnings of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The code; that of a warning.
    pub code: Code,
    /// Why it is allowed; not empty.
    pub reason: String,
    /// The comment.
    pub origin: Origin,
    /// What of its file it covers.
    pub covers: Covers,
}

/// The lines an allowance covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covers {
    /// One line.
    Line(u32),
    /// An entry, from the line of its key to its last. Entries of a file do not overlap.
    Entry(RangeInclusive<u32>),
    /// Nothing: no line follows the comment directly.
    Nothing,
}

/// Warnings that count as errors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denied {
    /// Every warning.
    pub all: bool,
    /// Those of these codes.
    pub codes: BTreeSet<Code>,
}

/// A problem that the file allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The problem.
    pub problem: Diagnostic,
    /// Why it is allowed.
    pub reason: String,
    /// The comment that allows it.
    pub comment: Origin,
}

/// What came of the problems of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The problems that count, sorted by place.
    pub problems: Vec<Diagnostic>,
    /// Those that the file allows, sorted by place.
    pub allowed: Vec<Allowed>,
}

/// Problems that nothing in the file was asked about.
impl From<Vec<Diagnostic>> for Judged {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self { problems, allowed: Vec::new() }
    }
}

impl Judged {
    /// Says whether a problem stops the run.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Diagnostic::is_error)
    }
}

/// Sorts out what the file allows, and makes errors of what is denied.
///
/// A warning is allowed by a comment that covers its place or one of the other places it names. With `is_whole` every
/// warning of the file is among the problems, so an allowance that met none of them is one itself; not so where an error
/// kept some checks from running.
pub fn judge(problems: Vec<Diagnostic>, allowances: &[Allowance], denied: &Denied, is_whole: bool) -> Judged {
    let index = Index::of(allowances);
    let mut used = BTreeSet::new();
    let mut judged = Judged::default();
    let is_whole = is_whole && !problems.iter().any(Diagnostic::is_error);
    for problem in problems {
        match index.find(&problem).and_then(|at| Some((at, allowances.get(at)?))) {
            Some((at, Allowance { code: _, reason, origin, covers: _ })) => {
                used.insert(at);
                judged.allowed.push(Allowed { problem, reason: reason.clone(), comment: origin.clone() });
            }
            None => judged.problems.push(problem),
        }
    }
    if is_whole {
        let unused = allowances.iter().enumerate().filter(|(at, _)| !used.contains(at));
        judged.problems.extend(unused.map(|(_, allowance)| allowance.unused()));
    }
    for problem in &mut judged.problems {
        if denied.all || denied.codes.contains(&problem.code) {
            problem.severity = Severity::Error;
        }
    }
    judged.problems.sort_by(|one, other| one.place().cmp(&other.place()));
    judged.allowed.sort_by(|one, other| one.problem.place().cmp(&other.problem.place()));
    judged
}

impl Allowance {
    fn unused(&self) -> Diagnostic {
        let message = match &self.covers {
            Covers::Line(_) | Covers::Entry(_) => format!("nothing here is `{}`", self.code.as_str()),
            Covers::Nothing => "the comment belongs to no line, so it allows nothing".to_owned(),
        };
        let hint = match &self.covers {
            Covers::Line(_) | Covers::Entry(_) => "Remove the comment.",
            Covers::Nothing => "Put it directly above the line that it is about, or at its end.",
        };
        Diagnostic::warning(Code::UnusedAllowance, self.origin.clone(), message).with_hint(hint)
    }
}

/// Allowances by what they cover.
#[derive(Default)]
struct Index<'a> {
    lines: BTreeMap<(&'a str, Code, u32), usize>,
    /// By the first line; the last one stands beside the allowance.
    entries: BTreeMap<(&'a str, Code, u32), (u32, usize)>,
}

impl<'a> Index<'a> {
    fn of(allowances: &'a [Allowance]) -> Self {
        let mut index = Self::default();
        for (at, Allowance { code, reason: _, origin, covers }) in allowances.iter().enumerate() {
            let file: &Arc<str> = &origin.file;
            match covers {
                Covers::Line(line) => {
                    index.lines.entry((file, *code, *line)).or_insert(at);
                }
                Covers::Entry(lines) => {
                    index.entries.entry((file, *code, *lines.start())).or_insert((*lines.end(), at));
                }
                Covers::Nothing => {}
            }
        }
        index
    }

    /// Finds what allows a problem: for its line first, then for its entry.
    fn find(&self, problem: &Diagnostic) -> Option<usize> {
        let places = problem.primary.iter().chain(&problem.related);
        places
            .clone()
            .find_map(|place| self.on_line(problem.code, place))
            .or_else(|| places.clone().find_map(|place| self.on_entry(problem.code, place)))
    }

    fn on_line(&self, code: Code, place: &Label) -> Option<usize> {
        let Label { origin, text: _ } = place;
        self.lines.get(&(&*origin.file, code, origin.line)).copied()
    }

    fn on_entry(&self, code: Code, place: &Label) -> Option<usize> {
        let Label { origin, text: _ } = place;
        let file: &str = &origin.file;
        let (_, (last, at)) = self.entries.range((file, code, 0)..=(file, code, origin.line)).next_back()?;
        (origin.line <= *last).then_some(*at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowance, Covers, Denied, Judged, judge};
    use crate::diagnostic::{Code, Diagnostic, Origin, Severity};

    fn at(file: &str, line: u32) -> Origin {
        Origin { file: file.into(), line, column: 1, start: 0, end: 1 }
    }

    fn allow(code: Code, line: u32, covers: Covers) -> Allowance {
        Allowance { code, reason: "agreed".to_owned(), origin: at("a.yaml", line), covers }
    }

    fn warning(line: u32) -> Diagnostic {
        Diagnostic::warning(Code::LintAnyClient, at("a.yaml", line), format!("problem {line}"))
    }

    /// Says which lines are still warned of, which are allowed, and which comments allow nothing.
    fn check(allowances: &[Allowance], problems: Vec<Diagnostic>, expected: (&[u32], &[u32], &[u32])) {
        let Judged { problems, allowed } = judge(problems, allowances, &Denied::default(), true);
        let line = |problem: &Diagnostic| problem.primary.as_ref().map_or(0, |label| label.origin.line);
        let lines = |is_unused: bool| -> Vec<u32> {
            problems.iter().filter(|it| (it.code == Code::UnusedAllowance) == is_unused).map(line).collect()
        };
        let allowed: Vec<u32> = allowed.iter().map(|allowed| line(&allowed.problem)).collect();
        assert_eq!((lines(false), allowed, lines(true)), (expected.0.into(), expected.1.into(), expected.2.into()));
    }

    #[test]
    fn a_comment_allows_its_code_on_its_lines() {
        let line = |code, line| allow(code, line - 1, Covers::Line(line));
        let entry = || allow(Code::LintAnyClient, 1, Covers::Entry(2..=6));
        let problems = || vec![warning(5), warning(9)];
        check(&[], problems(), (&[5, 9], &[], &[]));
        check(&[line(Code::LintAnyClient, 5)], problems(), (&[9], &[5], &[]));
        check(&[line(Code::LintMacro, 5)], problems(), (&[5, 9], &[], &[4]));
        check(&[entry()], problems(), (&[9], &[5], &[]));
        check(&[entry(), allow(Code::LintAnyClient, 7, Covers::Entry(8..=9))], problems(), (&[], &[5, 9], &[]));
        // The nearer one counts, and a second one for the same line allows nothing.
        check(&[entry(), line(Code::LintAnyClient, 5)], problems(), (&[9], &[5], &[1]));
        check(&[line(Code::LintAnyClient, 5), line(Code::LintAnyClient, 5)], problems(), (&[9], &[5], &[4]));
        check(&[allow(Code::LintAnyClient, 4, Covers::Nothing)], problems(), (&[5, 9], &[], &[4]));
    }

    #[test]
    fn other_places_of_a_problem_count_and_other_files_do_not() {
        let allowances = [allow(Code::LintAnyClient, 4, Covers::Line(5))];
        check(&allowances, vec![warning(20).with_related(at("a.yaml", 5), "here")], (&[], &[20], &[]));
        let elsewhere = Diagnostic::warning(Code::LintAnyClient, at("b.yaml", 5), "x");
        check(&allowances, vec![elsewhere], (&[5], &[], &[4]));
    }

    #[test]
    fn an_allowance_is_unused_only_where_everything_was_checked() {
        let allowances = [allow(Code::LintAnyClient, 4, Covers::Line(5))];
        let error = || Diagnostic::error(Code::Syntax, at("a.yaml", 1), "broken");
        assert_eq!(judge(vec![error()], &allowances, &Denied::default(), true).problems, [error()]);
        assert_eq!(judge(Vec::new(), &allowances, &Denied::default(), false).problems, []);
    }

    #[test]
    fn what_is_denied_is_an_error_unless_it_is_allowed() {
        let severities = |denied: &Denied, allowances: &[Allowance]| -> Vec<Severity> {
            let judged = judge(vec![warning(5)], allowances, denied, true);
            assert_eq!(judged.has_errors(), judged.problems.iter().any(|it| it.severity == Severity::Error));
            judged.problems.iter().map(|problem| problem.severity).collect()
        };
        let one = |code| Denied { all: false, codes: [code].into() };
        let all = Denied { all: true, codes: [].into() };
        let allowance = [allow(Code::LintAnyClient, 4, Covers::Line(5))];
        assert_eq!(severities(&one(Code::LintAnyClient), &[]), [Severity::Error]);
        assert_eq!(severities(&one(Code::LintMacro), &[]), [Severity::Warning]);
        assert_eq!(severities(&all, &[]), [Severity::Error]);
        assert_eq!(severities(&all, &allowance), []);
        let unused = [allow(Code::LintMacro, 4, Covers::Line(5))];
        assert_eq!(severities(&one(Code::UnusedAllowance), &unused), [Severity::Error, Severity::Warning]);
    }
}
