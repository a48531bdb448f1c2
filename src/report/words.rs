//! Counting in words, and fitting words into lines.

/// The width that text is kept within where its words allow it.
pub(super) const WIDTH: usize = 80;

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

#[cfg(test)]
mod tests {
    use super::{WIDTH, count, wrap};

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
