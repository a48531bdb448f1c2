//! Comments that speak to the program: `# gatewright: allow CODE reason`.

use super::nearest::nearest;
use super::tree::{Node, Value};
use crate::diagnostic::{Allowance, Code, Covers, Diagnostic, Origin, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// What such a comment begins with.
pub(super) const MARK: &str = "gatewright:";

/// The sections whose keys are entries.
const SECTIONS: [&str; 4] = ["roles", "oidc_apps", "authorization_servers", "gateway_policies"];

/// A comment of a file, as the parser found it: never a part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    /// What follows the `#`.
    pub(super) text: String,
    /// The comment with its `#`.
    pub(super) origin: Origin,
}

/// Reads the comments of one file that speak to the program.
///
/// One at the end of a line covers the line. One on a line of its own covers the next line that is no comment, as long as
/// no empty line is between; where an entry begins there, all of the entry.
pub(super) fn allowances(
    comments: &[Comment],
    text: &str,
    root: &Node,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Allowance> {
    if comments.is_empty() {
        return Vec::new();
    }
    let entries = Entries::of(root);
    let lines = Lines::of(text);
    let mut allowances = Vec::new();
    for comment in comments {
        match read(comment) {
            None => {}
            Some(Ok((code, reason))) => {
                let covers = covers(&comment.origin, &lines, &entries);
                let reason = reason.to_owned();
                allowances.push(Allowance { code, reason, origin: comment.origin.clone(), covers });
            }
            Some(Err(problem)) => problems.push(problem),
        }
    }
    allowances
}

/// Reads a comment; `None` where it speaks to people.
fn read(comment: &Comment) -> Option<Result<(Code, &str), Diagnostic>> {
    let said = comment.text.trim().strip_prefix(MARK)?.trim_start();
    let complain = |message: String, hint: &str| {
        Err(Diagnostic::warning(Code::InvalidAllowance, comment.origin.clone(), message).with_hint(hint))
    };
    let form = "Write `# gatewright: allow CODE REASON`, and other comments without `gatewright:`.";
    let (word, rest) = first_word(said);
    if word != "allow" {
        return Some(complain(format!("`{MARK} {word}` says nothing to the program"), form));
    }
    let (code, reason) = first_word(rest);
    Some(match (Code::of(code), reason) {
        _ if code.is_empty() => complain("the comment names no code".to_owned(), form),
        (None, _) => {
            let warnings = Code::ALL.iter().filter(|code| is_allowable(**code)).map(|code| code.as_str());
            let hint = match nearest(code, warnings) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "`gatewright explain --codes` lists them.".to_owned(),
            };
            complain(format!("there is no code `{code}`"), &hint)
        }
        (Some(code), _) if !is_allowable(code) => {
            let message = format!("`{}` cannot be allowed", code.as_str());
            complain(message, "Only what works can be; remove the comment and mend the problem.")
        }
        (Some(code), "") => {
            let message = format!("the comment does not say why `{}` is allowed", code.as_str());
            complain(message, "Add the reason after the code, for whoever reads it next.")
        }
        (Some(code), reason) => Ok((code, reason)),
    })
}

fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

/// Says whether a comment may allow a code: what is about comments cannot be argued away by comments.
fn is_allowable(code: Code) -> bool {
    code.severity() == Severity::Warning && !matches!(code, Code::InvalidAllowance | Code::UnusedAllowance)
}

fn covers(comment: &Origin, lines: &Lines, entries: &Entries) -> Covers {
    match lines.kind(comment.line) {
        Line::Said | Line::Empty => Covers::Line(comment.line),
        Line::Comment { below: None } => Covers::Nothing,
        Line::Comment { below: Some(line) } => match entries.at(line) {
            None => Covers::Line(line),
            // Indented more than the key below, it is the end of the entry above and not the head of this one.
            Some((column, _)) if comment.column > column => Covers::Nothing,
            Some((_, last)) => Covers::Entry(line..=last),
        },
    }
}

/// What the lines of a file are.
struct Lines(Vec<Line>);

#[derive(Clone, Copy)]
enum Line {
    Empty,
    Said,
    /// Nothing but a comment; `below` is the line that the comments here stand above.
    Comment {
        below: Option<u32>,
    },
}

impl Lines {
    /// Goes from the last line to the first, so that a block of comments is gone through once.
    fn of(text: &str) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        let mut below = None;
        let number = u32::try_from(text.split('\n').count()).unwrap_or(u32::MAX);
        for (line, number) in text.rsplit('\n').zip((1..=number).rev()) {
            let line = line.trim();
            let kind = match line.starts_with('#') {
                true => Line::Comment { below },
                false if line.is_empty() => Line::Empty,
                false => Line::Said,
            };
            below = match kind {
                Line::Empty => None,
                Line::Said => Some(number),
                Line::Comment { below } => below,
            };
            lines.push(kind);
        }
        lines.reverse();
        Self(lines)
    }

    fn kind(&self, line: u32) -> Line {
        let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.0.get(index).copied().unwrap_or(Line::Empty)
    }
}

/// Where the entries of a file begin, and everything that ends one.
struct Entries {
    /// The lines on which an entry begins, each with the column of its key.
    begins: BTreeMap<u32, u32>,
    /// The lines on which an entry or a section begins.
    borders: BTreeSet<u32>,
}

impl Entries {
    fn of(root: &Node) -> Self {
        let mut entries = Self { begins: BTreeMap::new(), borders: BTreeSet::new() };
        let Value::Map(sections) = &root.value else { return entries };
        for section in sections {
            entries.borders.insert(section.key.origin.line);
            if let (Value::Map(pairs), true) = (&section.value.value, SECTIONS.contains(&section.key.value.as_str())) {
                entries.begins.extend(pairs.iter().map(|pair| (pair.key.origin.line, pair.key.origin.column)));
            }
        }
        entries.borders.extend(entries.begins.keys());
        entries
    }

    /// Returns the column and the last line of the entry that begins on a line.
    fn at(&self, line: u32) -> Option<(u32, u32)> {
        self.begins.get(&line).map(|column| {
            let next = self.borders.range(line + 1..).next();
            (*column, next.map_or(u32::MAX, |next| next - 1))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::document::{self, Parsed};
    use crate::diagnostic::{Allowance, Code, Covers, Diagnostic};

    fn parsed(text: &str) -> (Vec<Allowance>, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let Parsed { tree: _, allowances } = document::parse(&"a.yaml".into(), text, &mut problems).unwrap();
        (allowances, problems)
    }

    fn check(text: &str, expected: &[Covers]) {
        let (allowances, problems) = parsed(text);
        let covers: Vec<Covers> = allowances.into_iter().map(|allowance| allowance.covers).collect();
        assert_eq!((covers.as_slice(), problems), (expected, Vec::new()), "{text}");
    }

    #[test]
    fn comments_cover_a_line_or_an_entry() {
        let allow = "# gatewright: allow lint-macro why";
        check(&format!("a: 1 {allow}\nb: 2\n"), &[Covers::Line(1)]);
        check(&format!("a: 1\n{allow}\nb: 2\n"), &[Covers::Line(3)]);
        check(&format!("a:\n  {allow}\n  # more words\n  b: 2\n"), &[Covers::Line(4)]);
        check(&format!("{allow}\n\na: 1\n{allow}\n"), &[Covers::Nothing, Covers::Nothing]);
        check(&format!("{allow}\r\na: 1\r\n"), &[Covers::Line(2)]);
        check(&format!("a: [1, {allow}\n  2]\n"), &[Covers::Line(1)]);
        let roles =
            format!("roles:\n  {allow}\n  a:\n    name: x\n  {allow}\n  b: {{}}\ntenant:\n  {allow}\n  c: {{}}\n");
        check(&roles, &[Covers::Entry(3..=5), Covers::Entry(6..=6), Covers::Line(9)]);
        // Only the line, not the entry that begins on it.
        check(&format!("roles:\n  a: {allow}\n    name: x\n"), &[Covers::Line(2)]);
        check(&format!("roles:\n  {allow}\n  a:\n    name: x\n"), &[Covers::Entry(3..=u32::MAX)]);
    }

    #[test]
    fn texts_are_no_comments() {
        let allow = "# gatewright: allow lint-macro why";
        check(&format!("a: \"x {allow}\"\nb: 'x {allow}'\n"), &[]);
        check(&format!("a: |\n  x\n  {allow}\nb: >-\n  {allow}\n\n  {allow}\n"), &[]);
        check(&format!("a: \"x\n  {allow}\n  y\"\n"), &[]);
        check("a: x#gatewright:allow lint-macro why\n", &[]);
        check(&format!("a: |\n  x {allow}\n{allow}\nb: 1\n"), &[Covers::Line(4)]);
        check("# gatewright allow lint-macro why\n# See gatewright: allow lint-macro\na: 1\n", &[]);
    }

    #[test]
    fn the_reason_is_what_follows_the_code() {
        let text = "a: 1 #gatewright:allow  lint-macro   agreed in #4 # gatewright: allow lint-macro x\n";
        let (allowances, _) = parsed(text);
        let [Allowance { code: Code::LintMacro, reason, origin, covers: Covers::Line(1) }] = allowances.as_slice()
        else {
            panic!("{allowances:?}")
        };
        assert_eq!(reason, "agreed in #4 # gatewright: allow lint-macro x");
        assert_eq!((origin.line, origin.column, origin.start, origin.end), (1, 6, 5, text.len() - 1));
    }

    #[test]
    fn comments_that_allow_nothing_are_reported() {
        let check = |comment: &str, expected: &str| {
            let (allowances, problems) = parsed(&format!("a: 1 # {comment}\n"));
            let [problem] = problems.as_slice() else { panic!("{comment}: {problems:?}") };
            assert_eq!((problem.code, allowances.len()), (Code::InvalidAllowance, 0));
            let said = format!("{}. {}", problem.message, problem.hint.as_deref().unwrap());
            assert!(said.contains(expected), "{comment}: {said}");
            let origin = &problem.primary.as_ref().unwrap().origin;
            assert_eq!((origin.line, origin.column), (1, 6));
        };
        check("gatewright:", "`gatewright: ` says nothing");
        check("gatewright: alow lint-macro why", "`gatewright: alow` says nothing");
        check("gatewright: allow", "names no code");
        check("gatewright: allow lint-macro", "does not say why `lint-macro`");
        check("gatewright: allow lint-marco why", "Did you mean `lint-macro`?");
        check("gatewright: allow 4711 why", "explain --codes");
        check("gatewright: allow unknown-key why", "`unknown-key` cannot be allowed");
        check("gatewright: allow unused-allowance why", "`unused-allowance` cannot be allowed");
    }

    #[test]
    fn a_block_of_many_comments_is_gone_through_once() {
        let text = "# gatewright: allow lint-macro why\n".repeat(50_000) + "a: 1\n";
        let (allowances, problems) = parsed(&text);
        assert_eq!((allowances.len(), problems.len()), (50_000, 0));
        assert!(allowances.iter().all(|allowance| allowance.covers == Covers::Line(50_001)));
    }
}
