//! Counting in words, and fitting words into lines.

/// The width that text is kept within where its words allow it.
pub const WIDTH: usize = 80;

/// Says how many there are: `1 scope`, `2 scopes`.
///
/// Every plural of the program is made here; the plural is given where it is not the singular with an `s`.
pub fn count(number: usize, singular: &str, plural: Option<&str>) -> String {
    match (number, plural) {
        (1, _) => format!("1 {singular}"),
        (_, Some(plural)) => format!("{number} {plural}"),
        (_, None) => format!("{number} {singular}s"),
    }
}

/// Breaks a sentence at blanks so that it stays within [`WIDTH`]; lines after the first start with `indent`.
///
/// Shape: `lead` is how many columns stand before the sentence on its first line.
pub(super) fn wrap(sentence: &str, lead: usize, indent: &str) -> String {
    let mut wrapped = String::with_capacity(sentence.len());
    let mut column = lead;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if !wrapped.is_empty() && column + 1 + length > WIDTH {
            wrapped.push('\n');
            wrapped.push_str(indent);
            column = indent.chars().count();
        } else if !wrapped.is_empty() {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

/// Breaks a text at blanks so that its lines stay within a width; what stands between backticks is kept together where it
/// fits a line, and a word that is longer has a line of its own.
pub(super) fn fit(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut fitted = String::with_capacity(line.len());
        let mut column = 0;
        for word in pieces(line, width) {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > width {
                lines.push(std::mem::take(&mut fitted));
                column = 0;
            } else if column > 0 {
                fitted.push(' ');
                column += 1;
            }
            fitted.push_str(&word);
            column += length;
        }
        lines.push(fitted);
    }
    lines.join("\n")
}

/// Splits a line at the blanks that it may be broken at.
fn pieces(line: &str, width: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for word in line.split(' ') {
        let turns = word.matches('`').count() % 2 == 1;
        if open.is_empty() && !turns {
            pieces.push(word.to_owned());
            continue;
        }
        open.push(word);
        if turns && open.len() > 1 {
            let whole = open.join(" ");
            match whole.chars().count() <= width {
                true => pieces.push(whole),
                false => pieces.extend(open.iter().map(|word| (*word).to_owned())),
            }
            open.clear();
        }
    }
    pieces.extend(open.into_iter().map(str::to_owned));
    pieces
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, count, fit, wrap};

    #[test]
    fn texts_fit_a_width() {
        assert_eq!(fit("one two three", 7), "one two\nthree");
        assert_eq!(fit("one\ntwo three", 20), "one\ntwo three");
        assert_eq!(fit("https://example.com/ is long", 5), "https://example.com/\nis\nlong");
        assert_eq!(fit("", 5), "");
        assert_eq!(fit("write `a: b` or `c`", 10), "write\n`a: b` or\n`c`");
        assert_eq!(fit("`too long for it`, but ` open", 10), "`too long\nfor it`,\nbut ` open");
    }

    #[test]
    fn sentences_are_broken_at_blanks() {
        let sentence = "word ".repeat(30);
        let wrapped = wrap(sentence.trim_end(), 10, "    ");
        assert_eq!(wrapped.split_whitespace().count(), 30);
        assert!(wrapped.lines().enumerate().all(|(n, line)| line.len() + if n == 0 { 10 } else { 0 } <= WIDTH));
        assert_eq!(wrap("short", 0, "  "), "short");
    }

    #[test]
    fn plurals_follow_the_number() {
        assert_eq!(count(0, "scope", None), "0 scopes");
        assert_eq!(count(1, "scope", None), "1 scope");
        assert_eq!(count(2, "policy file", None), "2 policy files");
        assert_eq!(count(3, "gateway policy", Some("gateway policies")), "3 gateway policies");
    }
}
