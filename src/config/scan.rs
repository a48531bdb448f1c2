//! Quotes and brackets of a text that is not YAML, so that a message can point at the one that is never closed.
//!
//! The scan is simpler than YAML: callers compare what it finds with where the parser stopped, and say less where the two
//! do not agree.

/// What stands in a text up to an offset and up to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// The quoted text that ends last before the offset, its quotes included.
    pub(super) quoted: Option<(usize, usize)>,
    /// The offset of the innermost bracket that is open at the offset.
    pub(super) innermost: Option<usize>,
    /// The offsets of brackets that are open at the end; `None` where the text ends inside quotes.
    pub(super) unclosed: Option<Vec<usize>>,
}

/// Scans a text once.
pub(super) fn scan(text: &str, offset: usize) -> Scan {
    let mut scanner = Scanner { text, at: 0, open: Vec::new(), starts_token: true };
    let mut scan = Scan::default();
    let mut is_before = true;
    while let Some(character) = scanner.peek() {
        if is_before && scanner.at >= offset {
            is_before = false;
            scan.innermost = scanner.open.last().copied();
        }
        let start = scanner.at;
        if scanner.starts_token && matches!(character, '"' | '\'') {
            if !scanner.skip_quoted(character) {
                return scan;
            }
            if scanner.at <= offset {
                scan.quoted = Some((start, scanner.at));
            }
        } else {
            scanner.step(character);
        }
    }
    if is_before {
        scan.innermost = scanner.open.last().copied();
    }
    scan.unclosed = Some(scanner.open);
    scan
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<usize>,
    /// Whether a value or key may begin here, so that a quote or bracket means something.
    starts_token: bool,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips a quoted text; `false` where it never ends.
    fn skip_quoted(&mut self, quote: char) -> bool {
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((index, character)) = characters.next() {
            let is_doubled = quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == quote);
            if (quote == '"' && character == '\\') || (character == quote && is_doubled) {
                characters.next();
            } else if character == quote {
                self.at += index + 1;
                self.starts_token = false;
                return true;
            }
        }
        false
    }

    fn step(&mut self, character: char) {
        let before = self.text.get(..self.at).and_then(|before| before.chars().next_back());
        let is_after_blank = before.is_none_or(char::is_whitespace);
        let next = self.rest().chars().nth(1);
        let is_indicator = next.is_none_or(char::is_whitespace);
        match character {
            '#' if is_after_blank => return self.skip_line(),
            '\n' => self.starts_token = true,
            '|' | '>' if self.starts_token && self.open.is_empty() => return self.skip_block(),
            '[' | '{' if self.starts_token => self.open.push(self.at),
            ']' | '}' if !self.open.is_empty() => {
                self.open.pop();
                self.starts_token = false;
            }
            ',' if !self.open.is_empty() => self.starts_token = true,
            ':' if is_indicator || (!self.open.is_empty() && matches!(before, Some('"' | '\''))) => {
                self.starts_token = true;
            }
            '-' | '?' if self.starts_token && is_indicator => {}
            '&' | '!' if self.starts_token => return self.skip_word(),
            _ if character.is_whitespace() => {}
            _ => self.starts_token = false,
        }
        self.at += character.len_utf8();
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn skip_word(&mut self) {
        self.at += self.rest().find(char::is_whitespace).unwrap_or(self.rest().len());
    }

    /// Skips a block scalar: the lines that are indented deeper than the key or item it belongs to.
    fn skip_block(&mut self) {
        let line_start =
            self.text.get(..self.at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let own =
            self.text.get(line_start..self.at).map_or(0, |line| line.len() - line.trim_start_matches([' ', '-']).len());
        self.skip_line();
        while let Some(line) = self.rest().strip_prefix('\n').and_then(|rest| rest.split('\n').next()) {
            let indent = line.len() - line.trim_start().len();
            if !line.trim().is_empty() && indent <= own {
                break;
            }
            self.at += 1 + line.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scan;

    /// Scans up to the `^` of a text, which is taken out.
    fn check(marked: &str, quoted: Option<&str>, innermost: Option<usize>, unclosed: Option<&[usize]>) {
        let offset = marked.find('^').unwrap();
        let text = marked.replacen('^', "", 1);
        let found = scan(&text, offset);
        assert_eq!(found.quoted.and_then(|(start, end)| text.get(start..end)), quoted, "{marked}");
        assert_eq!(found.innermost, innermost, "{marked}");
        assert_eq!(found.unclosed.as_deref(), unclosed, "{marked}");
    }

    #[test]
    fn quotes_and_brackets_are_found_where_yaml_reads_them() {
        check("a: \"b\"^c", Some("\"b\""), None, Some(&[]));
        check("a: \"b\\\"c\"^", Some("\"b\\\"c\""), None, Some(&[]));
        check("a: 'it''s'^", Some("'it''s'"), None, Some(&[]));
        check("a: it's [b\nc: \"d\"^", Some("\"d\""), None, Some(&[]));
        check("# \"a\nb: [c^]", None, Some(8), Some(&[]));
        check("a: [b, {c: d^", None, Some(7), Some(&[3, 7]));
        check("a: {\"b\":\"c\"^", Some("\"c\""), Some(3), Some(&[3]));
        check("a: |\n  \"b [\n\n  c\nd: [^", None, Some(20), Some(&[20]));
        check("- a: >-\n    \"b\n  c: \"d\"^", Some("\"d\""), None, Some(&[]));
        check("a: &x \"b\"^", Some("\"b\""), None, Some(&[]));
        check("^a: \"b", None, None, None);
        check("a: [b^\nc: [d]\n", None, Some(3), Some(&[3]));
    }
}
