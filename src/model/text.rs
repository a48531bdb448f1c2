//! When two texts mean the same, and how a count reads.

use std::borrow::Cow;

/// Says whether two names, descriptions or notes mean the same: HTML entities decoded and CRLF read as LF on both sides.
///
/// Source: OneLogin may answer texts HTML-escaped, and notes with `\r\n`, whatever was sent.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || canonical(one) == canonical(other)
}

/// Returns the text with HTML entities decoded once and CRLF read as LF.
pub fn canonical(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '\r']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(decode_entities(&text.replace("\r\n", "\n")))
}

/// Returns the text without its blanks and in lower case: names that are equal then were probably meant to be equal.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_lowercase()
}

/// Returns a name as it stands between backticks in a sentence, where a backtick of its own would end it.
pub fn between_backticks(name: &str) -> Cow<'_, str> {
    if name.contains('`') { Cow::Owned(name.replace('`', "'")) } else { Cow::Borrowed(name) }
}

/// Returns a count with its noun: `1 scope`, `2 scopes`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, from) = rest.split_at(start);
        decoded.push_str(before);
        match entity(from) {
            Some((character, length)) => {
                decoded.push(character);
                rest = from.get(length..).unwrap_or_default();
            }
            None => {
                decoded.push('&');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// Reads the entity a text begins with: the character and the bytes it took.
fn entity(text: &str) -> Option<(char, usize)> {
    // The longest entity we know is `&#1114111;`.
    let end = text.bytes().take(11).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::{canonical, fold, is_same};

    #[test]
    fn case_and_blanks_fold_away() {
        let check = |input: &str, expected: &str| assert_eq!(fold(input), expected, "{input:?}");
        check("Contacts Web", "contactsweb");
        check(" contacts\u{a0}web\t", "contactsweb");
        check("ÄPI", "äpi");
        check("", "");
    }

    #[test]
    fn entities_are_decoded_once() {
        let check = |input: &str, expected: &str| assert_eq!(canonical(input), expected, "{input:?}");
        check("plain", "plain");
        check("R&amp;D", "R&D");
        check("R&D", "R&D");
        check("a &lt;b&gt; &quot;c&quot; &#39;d&#x27;", "a <b> \"c\" 'd'");
        check("&amp;amp;", "&amp;");
        check("&unknown; & &#xZZ; &#1114112;", "&unknown; & &#xZZ; &#1114112;");
        check("one\r\ntwo", "one\ntwo");
        check("é&", "é&");
    }

    #[test]
    fn texts_are_compared_by_meaning() {
        assert!(is_same("R&D\nteam", "R&amp;D\r\nteam"));
        assert!(!is_same("R&D", "R & D"));
        assert!(!is_same("name", "Name"));
    }
}
