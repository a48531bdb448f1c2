//! Where a saved plan does not permit what would be done now.

use super::style::HEADING;
use super::{SavedChange, SavedField, visible};
use serde_json::Value;
use std::io::{self, Write};

/// A change of now that a saved plan does not list like this.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    /// What the saved plan lists for the object; `None`: nothing.
    pub saved: Option<SavedChange>,
    /// What would be done now.
    pub now: SavedChange,
}

/// Writes each disagreement with what the plan and the account say.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_disagreements(out: &mut dyn Write, disagreements: &[Disagreement]) -> io::Result<()> {
    writeln!(out, "{HEADING}Not as the saved plan lists it{HEADING:#}")?;
    for Disagreement { saved, now } in disagreements {
        let SavedChange { address, action, id: _, fingerprint: _, fields } = now;
        writeln!(out, "  {}", visible(address))?;
        match saved {
            None => {
                writeln!(out, "    saved plan: nothing")?;
                writeln!(out, "    now: {action}")?;
                write_fields(out, fields)?;
            }
            Some(saved) => write_both(out, saved, now)?,
        }
    }
    writeln!(out)
}

fn write_both(out: &mut dyn Write, saved: &SavedChange, now: &SavedChange) -> io::Result<()> {
    let SavedChange { address: _, action, id, fingerprint, fields } = saved;
    if (action, id) != (&now.action, &now.id) {
        writeln!(out, "    saved plan: {}", target(action, *id))?;
        writeln!(out, "    now: {}", target(&now.action, now.id))?;
    }
    if fingerprint != &now.fingerprint {
        writeln!(out, "    the live object is not the one the plan saw")?;
    }
    if fields != &now.fields {
        writeln!(out, "    saved plan:")?;
        write_fields(out, fields)?;
        writeln!(out, "    now:")?;
        write_fields(out, &now.fields)?;
    }
    Ok(())
}

fn target(action: &str, id: Option<u64>) -> String {
    id.map_or_else(|| visible(action).into_owned(), |id| format!("{} {id}", visible(action)))
}

fn write_fields(out: &mut dyn Write, fields: &[SavedField]) -> io::Result<()> {
    for SavedField { path, before, after } in fields {
        writeln!(out, "      {}: {} → {}", visible(path), value(before), value(after))?;
    }
    Ok(())
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        value => visible(&value.to_string()).into_owned(),
    }
}
