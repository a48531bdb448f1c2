//! Texts as YAML that every reader understands alike, YAML 1.1 included.

use crate::config::decode::is_hidden;
use crate::config::tree::CoreType;

/// Words that YAML 1.1 reads as truth values.
const OLD_TRUTHS: [&str; 6] = ["yes", "no", "on", "off", "y", "n"];

/// Returns a value on one line: plain where that is safe, else in double quotes; `${` is escaped.
pub(super) fn value(text: &str) -> String {
    let escaped = text.replace("${", "$${");
    if is_plain(&escaped) { escaped } else { quoted(&escaped) }
}

/// Returns a key; variables are not replaced in keys, so nothing is escaped.
pub(super) fn key(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Returns a text of several lines as a literal block below its key, or a value on one line.
pub(super) fn text(text: &str, indent: usize) -> String {
    if !is_literal(text) {
        return value(text);
    }
    let (mark, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    let mut block = mark.to_owned();
    for line in body.replace("${", "$${").split('\n') {
        block.push('\n');
        if !line.is_empty() {
            block.push_str(&" ".repeat(indent + 2));
            block.push_str(line);
        }
    }
    block
}

/// Returns a text for a comment: one line, and nothing hidden in it.
pub(super) fn comment(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) || is_unusual(character) {
            shown.push_str(&format!("\\u{{{:X}}}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

fn is_plain(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | '/' | '@' | ':' | '+' | '-') || is_letter(c)
    };
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphabetic() || is_letter(first));
    let is_word = OLD_TRUTHS.contains(&text.to_ascii_lowercase().as_str());
    starts_well
        && text.chars().all(allowed)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !is_word
        && CoreType::of(text) == CoreType::Text
}

fn is_letter(character: char) -> bool {
    !character.is_ascii() && character.is_alphabetic() && !is_hidden(character)
}

fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_shown = |c: char| c == '\n' || !(is_hidden(c) || is_unusual(c));
    body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.chars().all(is_shown)
        && body.split('\n').all(|line| !line.ends_with(' '))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) || is_unusual(c) => quoted.push_str(&escape(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Says whether YAML readers disagree on a character, or an editor may change it: odd blanks, private and unassigned ones.
fn is_unusual(character: char) -> bool {
    (character.is_whitespace() && character != ' ')
        || matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{FFF0}'..='\u{FFFF}' | '\u{F0000}'..='\u{10FFFF}')
}

fn escape(character: char) -> String {
    let code = u32::from(character);
    match code {
        0..=0xFF => format!("\\x{code:02X}"),
        0x100..=0xFFFF => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{comment, key, text, value};

    #[test]
    fn values_are_quoted_where_a_reader_could_err() {
        let check = |input: &str, expected: &str| assert_eq!(value(input), expected, "{input:?}");
        check("Contacts API", "Contacts API");
        check("contacts:read", "contacts:read");
        check("https://contacts.example.com/v1", "https://contacts.example.com/v1");
        check("tester@example.com", "tester@example.com");
        check("Über uns", "Über uns");
        for risky in
            ["", " x", "x ", "a: b", "a #b", "a:", "yes", "No", "null", "true", "123", "1.4", "2024-01-01", "12:30"]
        {
            check(risky, &format!("\"{risky}\""));
        }
        for sign in
            ["*", "&a", "!x", "%x", "@x", "`x", "- x", "? x", "[x]", "{x}", "a, b", "#x", "|", ">", "'x'", "~", "<<"]
        {
            check(sign, &format!("\"{sign}\""));
        }
        check("R&D \"x\" \\", "\"R&D \\\"x\\\" \\\\\"");
        check("a\u{202E}b\u{1F}", "\"a\\u202Eb\\x1F\"");
        check("${x} $${y} $z", "\"$${x} $$${y} $z\"");
        check("😀", "\"😀\"");
    }

    #[test]
    fn keys_are_not_escaped() {
        assert_eq!(key("contacts:read"), "contacts:read");
        assert_eq!(key("a$b"), "\"a$b\"");
    }

    #[test]
    fn texts_of_several_lines_are_blocks() {
        let check = |input: &str, expected: &str| assert_eq!(text(input, 4), expected, "{input:?}");
        check("one", "one");
        check("one\ntwo", "|-\n      one\n      two");
        check("one\n\n  two: ${x}\n", "|\n      one\n\n        two: $${x}");
        check(" one\ntwo", "\" one\\ntwo\"");
        check("one \ntwo", "\"one \\ntwo\"");
        check("one\n\n", "\"one\\n\\n\"");
        check("one\r\ntwo", "\"one\\r\\ntwo\"");
    }

    #[test]
    fn comments_stay_on_their_line() {
        assert_eq!(comment("a\nroles:\u{2028}\u{202E}"), "a\\u{A}roles:\\u{2028}\\u{202E}");
    }
}
