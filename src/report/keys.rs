//! What is known about keys of the configuration file.

use super::style::HEADING;
use super::words::wrap;
use std::io::{self, Write};

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct KeyText<'a> {
    /// The way to it.
    pub path: &'a str,
    /// What it says.
    pub description: &'a str,
    /// What it takes.
    pub takes: &'a str,
    /// The words it takes, each with what it means.
    pub choices: &'a [(String, String)],
    /// Whether it has to be there.
    pub is_required: bool,
    /// What counts where it is absent.
    pub default: Option<&'a str>,
    /// Lines of a file that use it; may be empty.
    pub example: &'a str,
    /// The keys below it.
    pub children: &'a [String],
}

/// Writes what is known about keys, one after the other.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_keys(out: &mut dyn Write, keys: &[KeyText<'_>]) -> io::Result<()> {
    for (place, key) in keys.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        write_key(out, key)?;
    }
    Ok(())
}

fn write_key(out: &mut dyn Write, key: &KeyText<'_>) -> io::Result<()> {
    let KeyText { path, description, takes, choices, is_required, default, example, children } = *key;
    writeln!(out, "{HEADING}{path}{HEADING:#}")?;
    for paragraph in description.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        writeln!(out, "  {}", wrap(&paragraph.replace('\n', " "), 2, "  "))?;
    }
    let needed = if is_required { "; it has to be there" } else { "" };
    writeln!(out, "  Takes {}.", wrap(&format!("{takes}{needed}"), 8, "  "))?;
    for (word, meaning) in choices {
        let colon = if meaning.is_empty() { "" } else { ": " };
        writeln!(out, "    {}", wrap(&format!("{word}{colon}{meaning}"), 4, "      "))?;
    }
    if let Some(default) = default {
        writeln!(out, "  Default: {default}")?;
    }
    if !children.is_empty() {
        writeln!(out, "  Keys: {}", wrap(&children.join(", "), 8, "    "))?;
    }
    if !example.is_empty() {
        writeln!(out, "  Example:")?;
        example.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    Ok(())
}
