//! Foreign text inside Markdown: always text, never markup.

use crate::report::visible;

/// Returns a code span that shows the text as it is, whatever it holds.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    // A span that begins or ends with a backtick, or is blank, needs blanks that are not shown.
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Returns a code block of a language; its fence is longer than any in the text.
pub(super) fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    let line = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{line}{fence}\n")
}

/// Returns a sentence of ours in which names stand between backticks: those become code, the rest plain text.
///
/// A name that holds backticks itself shifts which parts are code; all of it stays text.
pub(super) fn sentence(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(place, part)| if place % 2 == 1 { code(part) } else { plain(part) }).collect()
}

/// Returns text without any meaning in Markdown, and without mentions and references.
pub(super) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            // An empty comment keeps `@name` and `#12` from being taken for somebody or something.
            '@' | '#' => escaped.extend([character, '<', '!', '-', '-', ' ', '-', '-', '>']),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '~' | '!' | '&' | '$' => {
                escaped.extend(['\\', character]);
            }
            _ => escaped.push(character),
        }
    }
    // Renderers make links of what looks like an address.
    escaped.replace("://", ":<!-- -->//").replace("www.", "www<!-- -->.")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{block, code, plain, sentence};

    #[test]
    fn names_cannot_leave_their_span() {
        let check = |text: &str, expected: &str| assert_eq!(code(text), expected, "{text:?}");
        check("web", "`web`");
        check("a`b", "``a`b``");
        check("`a", "`` `a ``");
        check("a\n# b", "`a\\u{000A}# b`");
        assert_eq!(block("diff", "- ```\n"), "````diff\n- ```\n````\n");
        assert_eq!(block("diff", "a"), "```diff\na\n```\n");
    }

    #[test]
    fn sentences_keep_their_code_and_nothing_else() {
        assert_eq!(sentence("`web` may get `a:b` on `s`"), "`web` may get `a:b` on `s`");
        assert_eq!(sentence("`a`<b>`c` is *gone*"), "`a`\\<b\\>`c` is \\*gone\\*");
        assert_eq!(plain("https://a.example and www.a.example"), "https:<!-- -->//a.example and www<!-- -->.a.example");
        assert_eq!(plain("@team #1 [x](y)"), "@<!-- -->team #<!-- -->1 \\[x\\](y)");
    }
}
