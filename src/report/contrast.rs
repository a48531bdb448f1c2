//! How two environments differ, as text.

use super::fields::shown;
use super::style::{ADDED, FAINT, HEADING, REMOVED};
use super::words::{WIDTH, wrap};
use super::{count, visible};
use crate::access::Side;
use crate::contrast::{Contrast, FieldContrast, FileContrast, ValueContrast};
use serde_json::Value;
use similar::TextDiff;
use std::borrow::Cow;
use std::io::{self, Write};

/// Writes how two environments differ: access, what only one of them has, tenant and variables, fields, policy files.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_contrast(out: &mut dyn Write, contrast: &Contrast) -> io::Result<()> {
    if contrast.is_empty() {
        return writeln!(out, "No differences.");
    }
    let names = Names::new(contrast);
    write_access(out, contrast)?;
    for side in Side::BOTH {
        let addresses = side.of(&contrast.only);
        write_heading(out, &format!("Only in {}", side.of(&names.shown)), addresses.len())?;
        for address in addresses {
            writeln!(out, "  {}", visible(&address.to_string()))?;
        }
        end(out, addresses.len())?;
    }
    for (heading, values) in [("Tenant", &contrast.tenant), ("Variables", &contrast.variables)] {
        write_heading(out, heading, values.len())?;
        for ValueContrast { name, values } in values {
            names.write_values(out, "  ", &visible(name), values)?;
        }
        end(out, values.len())?;
    }
    write_fields(out, &names, &contrast.fields)?;
    write_heading(out, "Policy files", contrast.files.len())?;
    for file in &contrast.files {
        write_file(out, &names, file)?;
    }
    end(out, contrast.files.len())?;
    writeln!(out, "{}", wrap(&summary(&names, contrast), 0, "  "))
}

fn write_heading(out: &mut dyn Write, heading: &str, number: usize) -> io::Result<()> {
    if number == 0 { Ok(()) } else { writeln!(out, "{HEADING}{heading}{HEADING:#}") }
}

/// Parts a section from the next one, unless it was left out.
fn end(out: &mut dyn Write, number: usize) -> io::Result<()> {
    if number == 0 { Ok(()) } else { writeln!(out) }
}

fn write_access(out: &mut dyn Write, contrast: &Contrast) -> io::Result<()> {
    let [first, second] = &contrast.names;
    write_heading(out, "Access", contrast.access.len())?;
    for difference in &contrast.access {
        let sentence = difference.sentence(&[first, second]);
        writeln!(out, "  {}", wrap(&visible(&sentence), 2, "    "))?;
    }
    end(out, contrast.access.len())
}

fn write_fields(out: &mut dyn Write, names: &Names, fields: &[FieldContrast]) -> io::Result<()> {
    write_heading(out, "Fields", fields.len())?;
    let mut last = None;
    for FieldContrast { address, path, values, variables } in fields {
        if last != Some(address) {
            writeln!(out, "  {}", visible(&address.to_string()))?;
            last = Some(address);
        }
        let variables: Vec<String> = variables.iter().map(|name| format!("${{{name}}}")).collect();
        let head = match variables.is_empty() {
            true => Cow::Borrowed(*path),
            false => Cow::Owned(format!("{path} {FAINT}by {}{FAINT:#}", visible(&variables.join(", ")))),
        };
        names.write_values(out, "    ", &head, values)?;
    }
    end(out, fields.len())
}

fn write_file(out: &mut dyn Write, names: &Names, file: &FileContrast) -> io::Result<()> {
    let FileContrast { policy, paths, contents: [one, other] } = file;
    writeln!(out, "  gateway_policy/{}", visible(policy.as_str()))?;
    let header = Side::BOTH.map(|side| format!("{}: {}", side.of(&names.shown), side.of(paths)));
    let diff = TextDiff::from_lines(one.as_str(), other.as_str());
    let diff = diff.unified_diff().context_radius(1).header(&header[0], &header[1]).to_string();
    for line in diff.lines() {
        let paint = match line.as_bytes().first() {
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            _ => FAINT,
        };
        writeln!(out, "    {paint}{}{paint:#}", visible(line))?;
    }
    Ok(())
}

fn summary(names: &Names, contrast: &Contrast) -> String {
    let Contrast { names: _, access, tenant, variables, only, fields, files } = contrast;
    let mut parts = Vec::new();
    let mut add = |number: usize, words: String| {
        if number > 0 {
            parts.push(words);
        }
    };
    add(access.len(), format!("{} in access", count(access.len(), "difference", None)));
    for side in Side::BOTH {
        let number = side.of(only).len();
        add(number, format!("{number} only in {}", side.of(&names.shown)));
    }
    let settings = tenant.len() + variables.len();
    add(settings, count(settings, "setting", None));
    let explained = fields.iter().filter(|field| !field.variables.is_empty()).count();
    let by = if explained > 0 { format!(" ({explained} by variables alone)") } else { String::new() };
    add(fields.len(), format!("{}{by}", count(fields.len(), "field", None)));
    add(files.len(), count(files.len(), "policy file", None));
    let [first, second] = &names.shown;
    format!("{first} and {second} differ: {}.", parts.join("; "))
}

/// The names of the two environments, as they are shown.
struct Names {
    shown: [String; 2],
    /// The columns of the longer one.
    width: usize,
}

impl Names {
    fn new(contrast: &Contrast) -> Self {
        let [first, second] = &contrast.names;
        let shown = [first, second].map(|name| visible(name).into_owned());
        let width = shown.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        Self { shown, width }
    }

    /// Writes both values below one another; of two lists what the other lacks.
    fn write_values(&self, out: &mut dyn Write, indent: &str, head: &str, values: &[Value; 2]) -> io::Result<()> {
        let (texts, note) = match values {
            [Value::Array(one), Value::Array(other)] => {
                let same = one.iter().filter(|item| other.contains(item)).count();
                let note = if same > 0 { format!(" ({same} the same)") } else { String::new() };
                ([without(one, other), without(other, one)], note)
            }
            values => (Side::BOTH.map(|side| said(side.of(values))), String::new()),
        };
        writeln!(out, "{indent}{head}{note}:")?;
        for side in Side::BOTH {
            let name = side.of(&self.shown);
            let gap = " ".repeat(self.width.saturating_sub(name.chars().count()));
            let lead = indent.len() + 2 + self.width + 2;
            let deeper = " ".repeat(lead);
            let text = side.of(&texts);
            let text = if lead + text.chars().count() > WIDTH { wrap(text, lead, &deeper) } else { text.clone() };
            writeln!(out, "{indent}  {name}: {gap}{text}")?;
        }
        Ok(())
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "(not said)".to_owned(),
        value => shown(value).into_owned(),
    }
}

fn without(items: &[Value], others: &[Value]) -> String {
    let items: Vec<_> = items.iter().filter(|item| !others.contains(item)).map(shown).collect();
    if items.is_empty() { "(none)".to_owned() } else { items.join(", ") }
}
