//! What the YAML parser refuses, in our words.

use super::document::Places;
use super::explain::keys;
use super::{colon, layout, scan};
use crate::diagnostic::{Code, Diagnostic, Origin};
use granit_parser::{ErrorKind, ScanError};

/// Explains where and why the parser stopped.
pub(crate) fn explain(error: &ScanError, places: &Places<'_>) -> Diagnostic {
    let origin = places.at(error.marker());
    if let Some(diagnostic) = flow_variable(origin.start, places, error) {
        return diagnostic;
    }
    let better = tab(error.kind(), &origin, places)
        .or_else(|| no_colon(error.kind(), &origin, places))
        .or_else(|| unclosed(error.kind(), &origin, places))
        .or_else(|| misplaced(error, &origin, places));
    if let Some(diagnostic) = better {
        return diagnostic;
    }
    let (message, hint) = words(error.kind());
    let message = message.unwrap_or_else(|| error.kind().to_string());
    let opening = opening(error.kind(), origin.start, places);
    let diagnostic = Diagnostic::error(Code::Syntax, origin, message).with_hint(hint);
    match opening {
        Some((opening, text)) => diagnostic.with_related(opening, text),
        None => diagnostic,
    }
}

/// Points at the tab itself: the parser stops at a value before it or at what stands behind it.
fn tab(kind: &ErrorKind, origin: &Origin, places: &Places<'_>) -> Option<Diagnostic> {
    if !is_about_tabs(kind) {
        return None;
    }
    let line_start = layout::line_start(places.text, origin.start)?;
    let mut at = line_start;
    for line in places.text.get(line_start..)?.split_inclusive('\n') {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line.get(..blanks)?.find('\t') {
            let hint = "Replace the tab by blanks, as many as the lines beside it have; most editors can be told to \
                        indent with blanks.";
            let message = "a tab indents this line, and YAML allows blanks only";
            return Some(Diagnostic::error(Code::Syntax, places.sign(at + tab)?, message).with_hint(hint));
        }
        at += line.len();
    }
    None
}

const fn is_about_tabs(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(
        kind,
        E::TabNotAllowed
            | E::TabInBlockIndentation
            | E::TabInIndentation
            | E::TabAtBlockScalarStart
            | E::TabInPlainScalar
    )
}

/// Recognizes a line that was meant to say `key: value`, at which the parser stopped or right below which.
fn no_colon(kind: &ErrorKind, origin: &Origin, places: &Places<'_>) -> Option<Diagnostic> {
    use ErrorKind as E;
    let start = match kind {
        E::MappingValueNotAllowed => layout::text_above(places.text, origin.start)?,
        E::SimpleKeyExpected
        | E::InvalidSimpleKey
        | E::InvalidTrailingDoubleQuotedScalar
        | E::InvalidTrailingSingleQuotedScalar => layout::line_start(places.text, origin.start)?,
        _ => return None,
    };
    let line = places.text.get(start..)?.lines().next()?;
    let keys = keys();
    let lacking = colon::lacking(line, keys.iter().filter_map(|key| key.path.rsplit('.').next()))?;
    let place = places.sign(start + line.find(lacking.key.as_str())?)?;
    Some(Diagnostic::error(Code::Syntax, place, lacking.message()).with_hint(lacking.hint()))
}

/// Finds what was opened and is still open: the bracket of a list or mapping, the quote of a text.
fn opening(kind: &ErrorKind, offset: usize, places: &Places<'_>) -> Option<(Origin, &'static str)> {
    let scan = scan::scan(places.text, offset);
    let bracket = |wanted: char| {
        let start = scan.innermost.filter(|start| places.text.get(*start..).is_some_and(|s| s.starts_with(wanted)))?;
        Some((places.sign(start)?, "opened here"))
    };
    match kind {
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => bracket('['),
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => bracket('{'),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            let (start, end) = scan.quoted?;
            (end == offset).then(|| Some((places.sign(start)?, "the quote was opened here")))?
        }
        _ => None,
    }
}

/// Points at a quote or bracket that is never closed, where that is certain.
fn unclosed(kind: &ErrorKind, origin: &Origin, places: &Places<'_>) -> Option<Diagnostic> {
    match kind {
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            unclosed_quote(origin, places)
        }
        ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::InvalidColonPlacement => unclosed_bracket(origin, places),
        _ => None,
    }
}

/// Recognizes a quote that ended lines later, at a quote that itself stands where a text begins.
fn unclosed_quote(origin: &Origin, places: &Places<'_>) -> Option<Diagnostic> {
    let (start, end) = scan::scan(places.text, origin.start).quoted?;
    let before = places.text.get(..end - 1)?;
    let opens_a_text = before.trim_end_matches(' ').ends_with([':', '-', ',', '[', '{', '\n']);
    let spans_lines = places.text.get(start..end)?.contains('\n');
    if end != origin.start || !spans_lines || !opens_a_text {
        return None;
    }
    Some(
        Diagnostic::error(Code::Syntax, places.sign(start)?, "this quote is never closed")
            .with_related(places.sign(end - 1)?, "YAML takes this quote for its end")
            .with_hint("Add the closing quote."),
    )
}

/// Recognizes a bracket that is open still at the end of the file.
fn unclosed_bracket(origin: &Origin, places: &Places<'_>) -> Option<Diagnostic> {
    let scan = scan::scan(places.text, origin.start);
    let start = scan.innermost.filter(|start| scan.unclosed.as_ref().is_some_and(|open| open.contains(start)))?;
    let open = places.text.get(start..)?.chars().next()?;
    let close = if open == '[' { ']' } else { '}' };
    let diagnostic =
        Diagnostic::error(Code::Syntax, places.sign(start)?, format!("the bracket `{open}` is never closed"))
            .with_hint(closing(close));
    Some(match origin.start < places.text.trim_end().len() {
        true => diagnostic.with_related(origin.clone(), "YAML reads this as a part of it"),
        false => diagnostic,
    })
}

/// Points at a line whose indentation does not fit.
fn misplaced(error: &ScanError, origin: &Origin, places: &Places<'_>) -> Option<Diagnostic> {
    use ErrorKind as E;
    let layout::Misplaced { message, hint, start, other } = match error.kind() {
        E::MappingValueNotAllowed => layout::explain_colon(places.text, origin.start)?,
        E::InvalidIndentation
        | E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::MappingKeyNotAllowed
        | E::BlockSequenceEntryNotAllowed => layout::explain_level(places.text, origin.start)?,
        _ => return None,
    };
    let diagnostic = Diagnostic::error(Code::Syntax, places.sign(start)?, message).with_hint(hint);
    Some(match other {
        Some((other, text)) => diagnostic.with_related(places.sign(other)?, text),
        None => diagnostic,
    })
}

/// Recognizes `[${name}]` and `{key: ${name}}`: in flow style YAML reads the `{` as a mapping.
fn flow_variable(offset: usize, places: &Places<'_>, error: &ScanError) -> Option<Diagnostic> {
    let line_start = places.text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = places.text.get(offset..)?.find('\n').map_or(places.text.len(), |length| offset + length);
    let line = places.text.get(line_start..line_end)?;
    let is_at_brace = places.text.get(..=offset).is_some_and(|before| before.ends_with("${"));
    let dollar = match is_at_brace {
        true => offset - line_start - 1,
        false => unquoted_variable(line)?,
    };
    // The whole value needs the quotes, not the variable alone.
    let start = line.get(..dollar)?.rfind([' ', '[', '{', ',']).map_or(0, |separator| separator + 1);
    let close = line.get(dollar..)?.find('}').map_or(line.len(), |length| dollar + length + 1);
    let end = line.get(close..)?.find([' ', ',', ']', '}']).map_or(line.len(), |length| close + length);
    let value = line.get(start..end)?;
    let mut origin = places.at(error.marker());
    origin.column = u32::try_from(line.get(..start)?.chars().count() + 1).ok()?;
    origin.start = line_start + start;
    origin.end = line_start + end;
    Some(
        Diagnostic::error(Code::Syntax, origin, format!("`{value}` needs quotes inside `[…]` or `{{…}}`"))
            .with_hint(format!("YAML reads the `{{` as the start of a mapping; write \"{value}\" in double quotes.")),
    )
}

/// Finds the dollar sign of a `${` after the first bracket that no quotes enclose.
fn unquoted_variable(line: &str) -> Option<usize> {
    let flow = line.find(['[', '{'])?;
    let mut quote = None;
    let mut previous = ' ';
    for (index, character) in line.char_indices().skip_while(|(index, _)| *index < flow) {
        match (quote, character) {
            (None, '"' | '\'') if !previous.is_alphanumeric() => quote = Some(character),
            (Some(open), _) if open == character && previous != '\\' => quote = None,
            // The dollar sign is one byte long.
            (None, '{') if previous == '$' => return index.checked_sub(1),
            _ => {}
        }
        previous = character;
    }
    None
}

/// Returns the message, where the parser's own is not good enough, and what to do.
fn words(kind: &ErrorKind) -> (Option<String>, &'static str) {
    use ErrorKind as E;
    let said = |message: &str| Some(message.to_owned());
    match kind {
        kind if is_about_tabs(kind) => {
            (said("a tab stands where YAML allows blanks only"), "Replace the tab by blanks; two a level are usual.")
        }
        E::UnclosedFlowCollection { open } => {
            let close = if *open == '[' { ']' } else { '}' };
            (Some(format!("the bracket `{open}` is never closed")), closing(close))
        }
        E::UnexpectedEofFlowSequence | E::ExpectedFlowSequenceSeparator => {
            (said("expected `,` or `]` in this list"), "Close the list with `]`, or put a comma between its items.")
        }
        E::UnexpectedEofFlowMapping | E::ExpectedFlowMappingSeparator | E::UnexpectedEofImplicitFlowMapping => (
            said("expected `,` or `}` in this mapping"),
            "Close the mapping with `}`, or put a comma between its keys.",
        ),
        E::MismatchedFlowCollectionEnd { open, close } => (
            Some(format!("the bracket `{open}` is closed by `{close}`")),
            "Close a list with `]` and a mapping with `}`.",
        ),
        E::MisplacedFlowCollectionEnd => {
            (said("this bracket closes nothing"), "Remove it, or open it first; a text with brackets needs quotes.")
        }
        E::UnclosedQuotedScalar => (said("this quote is never closed"), "Add the closing quote."),
        E::InvalidTrailingDoubleQuotedScalar | E::InvalidTrailingSingleQuotedScalar => (
            said("text follows the closing quote"),
            "Put the whole value in one pair of quotes; inside double quotes write `\\\"` for a quote.",
        ),
        E::UnknownQuotedScalarEscape => (
            said("unknown escape in a double-quoted text"),
            "Write `\\\\` for a backslash, or use single quotes, which know no escapes.",
        ),
        E::InvalidIndentation
        | E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::MappingKeyNotAllowed
        | E::BlockSequenceEntryNotAllowed => (
            said("the line does not fit the indentation around it"),
            "Give the keys of one mapping, and the `-` of one list, the same indentation.",
        ),
        E::MappingValueNotAllowed => (
            said("a second `: ` stands in one line"),
            "Put a text that holds `: ` in quotes; every line of a mapping needs a `key:` of its own.",
        ),
        E::SimpleKeyExpected | E::InvalidSimpleKey => (
            said("expected `key: value`"),
            "Add the colon and a blank after the key, or quote a text of several lines.",
        ),
        E::UnexpectedCharacter { character } => {
            (Some(format!("a value cannot begin with `{}`", character.escape_default())), "Put the value in quotes.")
        }
        E::UnknownAnchor => (
            said("the alias refers to no anchor"),
            "Put quotes around a text that begins with `*`, or define `&name` first.",
        ),
        E::MissingAnchorOrAliasName => {
            (said("a value cannot begin with a bare `*` or `&`"), "Put the value in quotes.")
        }
        E::RecursionLimitExceeded => (said("the file is nested too deeply"), "The grammar needs seven levels."),
        E::CommentNotSeparated => {
            (said("a `#` follows a value directly"), "Put a blank before a comment, or quote the value.")
        }
        _ => (None, "The file has to be YAML 1.2; quotes help where a text holds signs that YAML reads."),
    }
}

const fn closing(close: char) -> &'static str {
    match close {
        ']' => "Add the closing `]`.",
        _ => "Add the closing `}`.",
    }
}
