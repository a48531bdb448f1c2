//! What is wrong with the indentation of a line that the parser stopped at.

use std::collections::BTreeSet;

/// A line of a text without its line break.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// The offset of its first byte.
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn indent(self) -> usize {
        self.text.len() - self.content().len()
    }

    fn content(self) -> &'a str {
        self.text.trim_start_matches(' ')
    }

    fn says_something(self) -> bool {
        !self.content().trim().is_empty() && !self.content().starts_with('#')
    }

    /// Returns where keys of an item stand: behind its dashes.
    fn inner(self) -> usize {
        self.text.len() - self.text.trim_start_matches([' ', '-']).len()
    }
}

/// What to say of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    pub(super) message: String,
    pub(super) hint: String,
    /// The first byte of what the line says.
    pub(super) start: usize,
    /// The part of another line that takes part, and why.
    pub(super) other: Option<(usize, &'static str)>,
}

/// Explains a colon that stands where none may: its line continues the value of the line above.
pub(super) fn explain_colon(text: &str, offset: usize) -> Option<Misplaced> {
    let (line, above) = line_and_above(text, offset)?;
    let key = text.get(line.start..offset)?.trim();
    let is_first = !key.contains(": ") && !key.is_empty() && !key.contains(['"', '\'', '[', '{']);
    let start = line.start + line.indent();
    let is_plain = !above.content().starts_with(['"', '\'', '[', '{', '-']);
    if is_first && is_plain && line.indent() == above.indent() && text_above(text, offset).is_some() {
        return Some(Misplaced {
            message: "this line has no `: ` between a key and its value".to_owned(),
            hint: "Write `key: value`, with a colon and a blank after the key.".to_owned(),
            start: above.start + above.indent(),
            other: Some((start, "YAML reads this line as a part of it")),
        });
    }
    if !is_first || line.indent() <= above.indent() {
        return None;
    }
    let (before, rest) = match above.content().split_once(": ") {
        Some((before, rest)) => (before, rest.trim()),
        None => ("", above.content()),
    };
    if rest.is_empty() || rest.starts_with(['"', '\'', '[', '{', '|', '>', '#', '&', '*']) {
        return None;
    }
    let other = above.start + above.indent();
    if before.is_empty() {
        let name = rest.trim();
        if name.starts_with("- ") || name.contains(char::is_whitespace) || name.contains(':') {
            return None;
        }
        return Some(Misplaced {
            message: format!("the line above ends without a colon: `{name}`"),
            hint: format!("Write `{name}:` and a line break before what belongs to it."),
            start,
            other: Some((other, "the colon is missing here")),
        });
    }
    Some(Misplaced {
        message: format!(
            "the indentation does not fit: {} before `{key}`, {} before the line above, which has its value already",
            blanks(line.indent()),
            blanks(above.inner())
        ),
        hint: format!(
            "Give the line {}, to stand beside the line above; a text of several lines needs quotes.",
            blanks(above.inner())
        ),
        start,
        other: Some((other, "the line above")),
    })
}

/// Returns where the line of an offset begins.
pub(super) fn line_start(text: &str, offset: usize) -> Option<usize> {
    Some(text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1))
}

/// Returns where the line above an offset begins, if it is text that the line of the offset was read as a part of.
pub(super) fn text_above(text: &str, offset: usize) -> Option<usize> {
    let (_, above) = line_and_above(text, offset)?;
    // Below a key that has its value already, a line of text goes on with that value.
    let goes_on = lines_above(text, above.start).find(|line| line.says_something()).is_some_and(|before| {
        let has_value = before.content().split_once(": ").is_some_and(|(_, value)| !value.trim().is_empty());
        has_value && before.indent() < above.indent()
    });
    let is_text = !above.content().contains(": ") && !above.content().trim_end().ends_with(':');
    (!goes_on && is_text).then_some(above.start)
}

/// Explains a line whose indentation is that of no line above it.
pub(super) fn explain_level(text: &str, offset: usize) -> Option<Misplaced> {
    let (line, _) = line_and_above(text, offset)?;
    let indent = line.indent();
    let mut levels: BTreeSet<usize> = BTreeSet::new();
    let mut least = usize::MAX;
    for above in lines_above(text, line.start).filter(|line| line.says_something()) {
        levels.extend([above.inner(), above.indent()].into_iter().filter(|level| *level < least));
        least = least.min(above.indent());
        if least == 0 {
            break;
        }
    }
    if levels.contains(&indent) {
        return None;
    }
    // The levels next to it are what may be meant.
    let below = levels.range(..indent).next_back().copied();
    let over = levels.range(indent..).next().copied();
    let meant: Vec<String> = below.into_iter().chain(over).map(|level| level.to_string()).collect();
    if meant.is_empty() {
        return None;
    }
    Some(Misplaced {
        message: format!(
            "the indentation does not fit: {} before this line, which is the place of no mapping or list above",
            blanks(indent)
        ),
        hint: format!(
            "Give it {} blanks, as the lines have that it belongs to: keys of one mapping and items of one list stand \
             below one another.",
            meant.join(" or ")
        ),
        start: line.start + indent,
        other: None,
    })
}

fn blanks(count: usize) -> String {
    match count {
        0 => "no blank".to_owned(),
        1 => "1 blank".to_owned(),
        _ => format!("{count} blanks"),
    }
}

/// Returns the line of an offset and the one above that says something.
fn line_and_above(text: &str, offset: usize) -> Option<(Line<'_>, Line<'_>)> {
    let start = line_start(text, offset)?;
    let line = Line { start, text: text.get(start..)?.split('\n').next()? };
    let above = lines_above(text, start).find(|line| line.says_something())?;
    Some((line, above))
}

/// Iterates over the lines before an offset, the nearest first.
fn lines_above(text: &str, start: usize) -> impl Iterator<Item = Line<'_>> {
    let mut end = start.checked_sub(1);
    std::iter::from_fn(move || {
        let stop = end?;
        let before = text.get(..stop)?;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        end = start.checked_sub(1);
        Some(Line { start, text: before.get(start..)?.trim_end_matches('\r') })
    })
}
