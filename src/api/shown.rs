//! Makes foreign text safe to show.

/// The longest piece of foreign text in an error, in characters: enough for every message OneLogin documents.
const LIMIT: usize = 400;

/// Returns the text on one line with what cannot be seen spelt out, cut to a readable length.
///
/// Control, bidirectional and zero-width characters become `\u{202E}` and the like, never dropped.
pub(crate) fn shown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len().min(LIMIT));
    for (count, character) in text.trim().chars().enumerate() {
        if count == LIMIT {
            safe.push('…');
            break;
        }
        if is_hidden(character) {
            safe.push_str(&format!("\\u{{{:X}}}", u32::from(character)));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Source: Unicode bidirectional controls (UAX 9), zero-width and other invisible format characters.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Returns the first line of a body that may be HTML, its tags taken out.
pub(super) fn first_line(body: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for character in body.chars().take(20_000) {
        match character {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                text.push('\n');
            }
            _ if is_tag => {}
            _ => text.push(character),
        }
    }
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    shown(line.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{first_line, shown};

    #[test]
    fn hidden_characters_are_spelt_out() {
        let check = |input: &str, expected: &str| assert_eq!(shown(input), expected, "{input:?}");
        check("plain é", "plain é");
        check("a\u{202E}b\u{200B}", "a\\u{202E}b\\u{200B}");
        check("a\nb\u{1b}[31m", "a\\u{A}b\\u{1B}[31m");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), 401);
    }

    #[test]
    fn the_first_line_of_a_page_is_its_text() {
        let check = |input: &str, expected: &str| assert_eq!(first_line(input), expected, "{input:?}");
        check("<html>\n<head><title>502 Bad Gateway</title></head>\n<body>…", "502 Bad Gateway");
        check("upstream timed out\nmore", "upstream timed out");
        check("", "");
        check("<br>", "");
    }
}
