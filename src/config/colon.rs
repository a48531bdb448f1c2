//! Lines that were meant to say `key: value` and lack the colon or the blank behind it.
//!
//! YAML reads such a line as text, and stops somewhere behind it or not at all. No value is quoted: it may be a secret.

/// What a line lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// The key that the line begins with.
    pub(crate) key: String,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Blank,
    Colon,
}

impl Lacking {
    /// Says what is wrong.
    pub(crate) fn message(&self) -> String {
        match self.what {
            What::Blank => format!("a blank is missing after `{}:`", self.key),
            What::Colon => format!("a colon is missing after `{}`", self.key),
        }
    }

    /// Says what to write.
    pub(crate) fn hint(&self) -> String {
        format!("Write `{}: ` before the value, with the colon and a blank.", self.key)
    }
}

/// Finds out what a line lacks that begins with one of the keys that may stand there.
pub(crate) fn lacking<'k>(line: &str, keys: impl IntoIterator<Item = &'k str>) -> Option<Lacking> {
    let line = line.trim();
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start();
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-')).unwrap_or(line.len());
    let (key, rest) = line.split_at_checked(end)?;
    if !keys.into_iter().any(|known| known == key) {
        return None;
    }
    let what = match rest.strip_prefix(':') {
        Some(value) if value.is_empty() || value.starts_with(char::is_whitespace) => return None,
        Some(_) => What::Blank,
        None if rest.is_empty() || rest.starts_with(char::is_whitespace) => What::Colon,
        None => return None,
    };
    Some(Lacking { key: key.to_owned(), what })
}

#[cfg(test)]
mod tests {
    use super::lacking;

    #[test]
    fn what_is_missing_is_named() {
        let check = |line: &str, expected: Option<&str>| {
            let found = lacking(line, ["name", "redirect_uris"]).map(|lacking| lacking.message());
            assert_eq!(found.as_deref(), expected, "{line}");
        };
        check("    name:Contacts", Some("a blank is missing after `name:`"));
        check("  - name:\"Contacts\"", Some("a blank is missing after `name:`"));
        check("redirect_uris:[a]", Some("a blank is missing after `redirect_uris:`"));
        check("  name Contacts", Some("a colon is missing after `name`"));
        check("name", Some("a colon is missing after `name`"));
        check("name: Contacts", None);
        check("name:", None);
        check("names:x", None);
        check("https://name:x", None);
        check("name/x", None);
        check("", None);
    }
}
