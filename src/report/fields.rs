//! One field, old and new.

use super::style::{ADDED, REMOVED};
use super::visible;
use super::words::WIDTH;
use crate::diff::FieldChange;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::borrow::Cow;
use std::io::{self, Write};

/// How long a text with blanks is before it is shown as a word diff.
const LONG: usize = 40;
const INDENT: &str = "      ";
const DEEPER: &str = "        ";

/// How a field is best shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape<'a> {
    /// Element by element.
    List { before: &'a [Value], after: &'a [Value] },
    /// Word by word.
    Words { before: &'a str, after: &'a str },
    /// As it is and stays.
    Same(&'a Value),
    /// As what comes; there is nothing before.
    New(&'a Value),
    /// As what goes; there is nothing after.
    Gone(&'a Value),
    /// One after the other.
    Other { before: &'a Value, after: &'a Value },
}

impl<'a> Shape<'a> {
    pub(super) fn of(field: &'a FieldChange) -> Self {
        match (&field.before, &field.after) {
            (Value::Array(before), Value::Array(after)) => Self::List { before, after },
            (Value::Array(before), Value::Null) => Self::List { before, after: &[] },
            (Value::Null, Value::Array(after)) => Self::List { before: &[], after },
            (Value::String(before), Value::String(after)) if is_long(before) || is_long(after) => {
                Self::Words { before, after }
            }
            (before, after) if before == after => Self::Same(after),
            (Value::Null, after) => Self::New(after),
            (before, Value::Null) => Self::Gone(before),
            (before, after) => Self::Other { before, after },
        }
    }
}

/// What becomes of the elements of a list.
pub(super) struct ListParts<'a> {
    pub(super) removed: Vec<&'a Value>,
    pub(super) added: Vec<&'a Value>,
    /// How many stay.
    pub(super) kept: usize,
}

impl<'a> ListParts<'a> {
    pub(super) fn of(before: &'a [Value], after: &'a [Value]) -> Self {
        let removed: Vec<&Value> = before.iter().filter(|value| !after.contains(value)).collect();
        let added = after.iter().filter(|value| !before.contains(value)).collect();
        Self { kept: before.len() - removed.len(), removed, added }
    }
}

/// Writes one field of a change.
pub(super) fn write_field(out: &mut dyn Write, field: &FieldChange) -> io::Result<()> {
    let path = field.path;
    match Shape::of(field) {
        Shape::List { before, after } => write_list(out, path, before, after),
        Shape::Words { before, after } => write_words(out, path, before, after),
        Shape::Same(value) => writeln!(out, "{INDENT}{path}: {} (unchanged)", shown(value)),
        Shape::New(value) => writeln!(out, "{INDENT}{path}: {}", shown(value)),
        Shape::Gone(value) => writeln!(out, "{INDENT}{path}: {} → (none)", shown(value)),
        Shape::Other { before, after } => {
            let (before, after) = (shown(before), shown(after));
            let width = INDENT.len() + path.len() + 2 + before.chars().count() + 3 + after.chars().count();
            if width <= WIDTH {
                writeln!(out, "{INDENT}{path}: {before} → {after}")
            } else {
                writeln!(out, "{INDENT}{path}:")?;
                writeln!(out, "{DEEPER}{REMOVED}- {before}{REMOVED:#}")?;
                writeln!(out, "{DEEPER}{ADDED}+ {after}{ADDED:#}")
            }
        }
    }
}

/// Writes the value of a field of something that is deleted or made.
pub(super) fn shown(value: &Value) -> Cow<'static, str> {
    match value {
        Value::Null => Cow::Borrowed("(none)"),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::String(text) => Cow::Owned(format!("\"{}\"", visible(text))),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(shown).collect();
            Cow::Owned(format!("[{}]", items.join(", ")))
        }
        Value::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{}: {}", visible(key), shown(value))).collect();
            Cow::Owned(format!("{{ {} }}", fields.join(", ")))
        }
    }
}

fn is_long(text: &str) -> bool {
    text.contains('\n') || (text.chars().count() > LONG && text.contains(' '))
}

/// Writes the removed and the added elements of a list; those that stay are counted.
fn write_list(out: &mut dyn Write, path: &str, before: &[Value], after: &[Value]) -> io::Result<()> {
    let ListParts { removed, added, kept } = ListParts::of(before, after);
    match (removed.as_slice(), added.as_slice()) {
        ([], []) if before.is_empty() => return writeln!(out, "{INDENT}{path}: (empty)"),
        ([], []) if before == after => return writeln!(out, "{INDENT}{path}: ({kept} unchanged)"),
        ([], []) => return writeln!(out, "{INDENT}{path}: another order"),
        _ if kept > 0 => writeln!(out, "{INDENT}{path}: ({kept} unchanged)")?,
        _ => writeln!(out, "{INDENT}{path}:")?,
    }
    for value in removed {
        writeln!(out, "{DEEPER}{REMOVED}- {}{REMOVED:#}", shown(value))?;
    }
    for value in added {
        writeln!(out, "{DEEPER}{ADDED}+ {}{ADDED:#}", shown(value))?;
    }
    Ok(())
}

/// Writes a long text as a word diff: `[-removed-]` and `{+added+}`.
fn write_words(out: &mut dyn Write, path: &str, before: &str, after: &str) -> io::Result<()> {
    writeln!(out, "{INDENT}{path}:")?;
    let mut lines = Wrapped { lines: vec![String::new()], width: 0 };
    for (tag, text) in word_runs(before, after) {
        let (open, close) = match tag {
            ChangeTag::Equal => (String::new(), String::new()),
            ChangeTag::Delete => (format!("{REMOVED}[-"), format!("-]{REMOVED:#}")),
            ChangeTag::Insert => (format!("{ADDED}{{+"), format!("+}}{ADDED:#}")),
        };
        let marks = if tag == ChangeTag::Equal { 0 } else { 4 };
        lines.push(&text, &open, &close, marks);
    }
    for line in lines.lines {
        writeln!(out, "{DEEPER}{}", line.trim_end())?;
    }
    Ok(())
}

/// Compares two texts word by word and joins neighbours that fare alike.
pub(super) fn word_runs(before: &str, after: &str) -> Vec<(ChangeTag, String)> {
    let diff = TextDiff::from_words(before, after);
    let mut runs: Vec<(ChangeTag, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        match runs.last_mut() {
            Some((tag, text)) if *tag == change.tag() => text.push_str(change.value()),
            _ => runs.push((change.tag(), change.value().to_owned())),
        }
    }
    runs
}

/// Lines that are broken at blanks before they grow too wide.
struct Wrapped {
    lines: Vec<String>,
    width: usize,
}

impl Wrapped {
    /// Adds a run; its marks are never torn from its words, and are repeated on each line it reaches.
    fn push(&mut self, run: &str, open: &str, close: &str, marks: usize) {
        for (index, line) in run.split('\n').enumerate() {
            if index > 0 {
                self.lines.push(String::new());
                self.width = 0;
            }
            let mut pending = String::new();
            for word in line.split_inclusive(' ') {
                let length = word.chars().count();
                let taken = self.width + pending.chars().count() + marks;
                if taken > 0 && DEEPER.len() + taken + length > WIDTH {
                    self.write(&pending, open, close, marks);
                    pending.clear();
                    self.lines.push(String::new());
                    self.width = 0;
                }
                pending.push_str(word);
            }
            self.write(&pending, open, close, marks);
        }
    }

    fn write(&mut self, text: &str, open: &str, close: &str, marks: usize) {
        if text.is_empty() {
            return;
        }
        if let Some(line) = self.lines.last_mut() {
            let shown = visible(text);
            self.width += shown.chars().count() + marks;
            line.push_str(open);
            line.push_str(&shown);
            line.push_str(close);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::write_field;
    use crate::diff::FieldChange;
    use serde_json::{Value, json};

    fn check(before: Value, after: Value, expected: &str) {
        let mut out = anstream::StripStream::new(Vec::new());
        write_field(&mut out, &FieldChange { path: "field", before, after }).unwrap();
        assert_eq!(String::from_utf8(out.into_inner()).unwrap(), expected);
    }

    #[test]
    fn short_values_stand_in_one_line() {
        check(json!(10), json!(60), "      field: 10 → 60\n");
        check(json!("a"), json!("b\u{202E}"), "      field: \"a\" → \"b\\u{202E}\"\n");
        check(Value::Null, json!("web"), "      field: \"web\"\n");
        check(json!(true), Value::Null, "      field: true → (none)\n");
        check(json!(true), json!(true), "      field: true (unchanged)\n");
        check(Value::Null, json!({"macro": "{x}"}), "      field: { macro: \"{x}\" }\n");
    }

    #[test]
    fn wide_values_stand_below_each_other() {
        let url = |host: &str| format!("https://{host}.a-rather-long-domain.example.com");
        check(
            json!(url("a")),
            json!(url("b")),
            "      field:\n        - \"https://a.a-rather-long-domain.example.com\"\n        + \"https://b.a-rather-long-domain.example.com\"\n",
        );
    }

    #[test]
    fn lists_show_what_goes_and_comes() {
        check(
            json!(["a", "b", "c"]),
            json!(["c", "b", "d"]),
            "      field: (2 unchanged)\n        - \"a\"\n        + \"d\"\n",
        );
        check(Value::Null, json!(["a"]), "      field:\n        + \"a\"\n");
        check(json!(["a", "b"]), json!(["b", "a"]), "      field: another order\n");
        check(json!(["a", "b"]), json!(["a", "b"]), "      field: (2 unchanged)\n");
        check(Value::Null, json!([]), "      field: (empty)\n");
    }

    #[test]
    fn long_texts_are_compared_by_words() {
        check(
            json!("The contacts of all customers, behind MuleSoft, for partners only and nobody else"),
            json!("The contacts of all customers, behind Flex Gateway, for partners only\nand nobody else"),
            "      field:\n        The contacts of all customers, behind [-MuleSoft,-]{+Flex Gateway,+}\n        for partners only[- -]\n        and nobody else\n",
        );
    }
}
