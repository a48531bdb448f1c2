//! Characters that would lie on a terminal.

use std::borrow::Cow;

/// Shows control, bidirectional and zero-width characters as `\u{202E}`; everything else stays.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            shown.push_str(&format!("\\u{{{:04X}}}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Escapes the same characters in a JSON text, as JSON does it: the value stays what it is.
///
/// Such characters stand only inside strings there, and JSON escapes the ASCII ones already.
pub(super) fn visible_json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| is_hidden(character) && character != '\n') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) && character != '\n' {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Shows the same characters in lines of a file; line breaks and tabs stay.
pub(super) fn visible_lines(text: &str) -> Cow<'_, str> {
    let stays = |rest: &str| rest.starts_with(['\n', '\t']) || rest.starts_with("\r\n");
    if !text.chars().any(|character| is_hidden(character) && character != '\n') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for (at, character) in text.char_indices() {
        match text.get(at..) {
            Some(rest) if is_hidden(character) && !stays(rest) => {
                shown.push_str(&visible(character.encode_utf8(&mut [0; 4])));
            }
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Says whether a character moves, hides or reorders what stands around it.
///
/// Source: Unicode general categories Cc and Cf, the line and paragraph separators, and the invisible Hangul fillers.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_json};

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({"a": "x\u{202E}y\u{E0041}\n\u{1b}"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let shown = visible_json(&text);
        assert!(shown.is_ascii());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn hidden_characters_are_shown() {
        let check = |input: &str, expected: &str| assert_eq!(visible(input), expected);
        check("plain é 日本", "plain é 日本");
        check("a\u{202E}b", "a\\u{202E}b");
        check("\u{1b}[31m", "\\u{001B}[31m");
        check("zero\u{200B}width\u{FEFF}", "zero\\u{200B}width\\u{FEFF}");
        check("two\nlines", "two\\u{000A}lines");
        check("\u{E0041}", "\\u{E0041}");
    }
}
