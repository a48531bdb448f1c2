//! What the YAML parser refuses, in our words.

use super::document::Places;
use crate::diagnostic::{Code, Diagnostic, Origin};
use granit_parser::{ErrorKind, ScanError};

/// Explains where and why the parser stopped.
pub(crate) fn explain(error: &ScanError, places: &Places<'_>) -> Diagnostic {
    let origin = places.at(error.marker());
    if let Some(diagnostic) = flow_variable(origin.start, places, error) {
        return diagnostic;
    }
    let (message, hint) = words(error.kind());
    let message = message.unwrap_or_else(|| error.kind().to_string());
    let opening = opening(error.kind(), origin.start, places);
    let diagnostic = Diagnostic::error(Code::Syntax, origin, message).with_hint(hint);
    match opening {
        Some(opening) => diagnostic.with_related(opening, "opened here"),
        None => diagnostic,
    }
}

/// Finds the bracket that a list or mapping was opened with; quoted brackets may mislead it, which costs a label only.
fn opening(kind: &ErrorKind, offset: usize, places: &Places<'_>) -> Option<Origin> {
    let (open, close) = match kind {
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => ('[', ']'),
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => ('{', '}'),
        _ => return None,
    };
    let before = places.text.get(..offset)?;
    let mut depth = 0usize;
    let (start, _) = before.char_indices().rev().find(|(_, character)| {
        if *character == close {
            depth += 1;
        } else if *character == open {
            match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            }
        }
        false
    })?;
    let line_start = before.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    Some(Origin {
        file: places.file.clone(),
        line: u32::try_from(before.get(..start)?.matches('\n').count() + 1).ok()?,
        column: u32::try_from(before.get(line_start..start)?.chars().count() + 1).ok()?,
        start,
        end: start + 1,
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
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabAtBlockScalarStart
        | E::TabInPlainScalar => {
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
        E::UnclosedQuotedScalar => (said("the quote is never closed"), "Add the closing quote."),
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
