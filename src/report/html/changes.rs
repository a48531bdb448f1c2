//! What is folded away: the changes field by field, the policy files and the notes.

use super::access::{SHOWN, TELLINGS, badge, list};
use super::graph::{added, removed};
use super::markup::{Attr, Html};
use crate::diff::{Change, FieldChange};
use crate::model::Note;
use crate::plan::{FileAction, FileChange, Plan};
use crate::report::facts::facts;
use crate::report::fields::{ListParts, Shape, shown, word_runs};
use crate::report::text::{file_diff, place};
use serde_json::Value;
use similar::ChangeTag;
use std::io;

/// How many changes are unfolded from the start; with more of them a reader picks.
const UNFOLDED: usize = 12;

/// Writes the changes by impact, the worst first; within one impact in the order of the plan.
pub(super) fn changes_section(html: &mut Html<'_>, plan: &Plan) -> io::Result<()> {
    let total = plan.changes().count();
    if total == 0 {
        return Ok(());
    }
    html.element("section", &[Attr::Id("changes"), Attr::LabelledBy("changes-title")], |html| {
        html.leaf("h2", &[Attr::Id("changes-title")], &format!("Changes field by field ({total})"))?;
        for telling in &TELLINGS {
            let changes: Vec<&Change> = plan.changes().filter(|change| change.impact == telling.impact).collect();
            let (shown, rest) = changes.split_at(changes.len().min(SHOWN));
            shown.iter().try_for_each(|change| change_block(html, change, total <= UNFOLDED))?;
            if !rest.is_empty() {
                html.element("details", &[Attr::Class("more")], |html| {
                    html.element("summary", &[], |html| {
                        html.text(&format!("{} more: ", rest.len()))?;
                        badge(html, telling.impact)
                    })?;
                    rest.iter().try_for_each(|change| change_block(html, change, false))
                })?;
            }
        }
        Ok(())
    })
}

fn change_block(html: &mut Html<'_>, change: &Change, is_open: bool) -> io::Result<()> {
    let Change { address, origin, impact, reason: _, fingerprint: _, along: _, fields, edit } = change;
    let attributes: &[Attr<'_>] = if is_open { &[Attr::Open] } else { &[] };
    html.element("details", attributes, |html| {
        html.element("summary", &[], |html| {
            html.leaf("span", &[Attr::Class("sign")], edit.action().symbol())?;
            html.text(" ")?;
            html.code(&address.to_string())?;
            html.text(&format!(": {} ", facts(change)))?;
            badge(html, *impact)
        })?;
        if !fields.is_empty() {
            html.element("dl", &[Attr::Class("fields")], |html| {
                fields.iter().try_for_each(|field| field_entry(html, field))
            })?;
        }
        match origin {
            Some(origin) => html.element("p", &[Attr::Class("quiet")], |html| {
                html.text("Asked for at ")?;
                html.code(&place(origin))
            }),
            None => Ok(()),
        }
    })
}

fn field_entry(html: &mut Html<'_>, field: &FieldChange) -> io::Result<()> {
    html.element("div", &[], |html| {
        html.element("dt", &[], |html| html.code(field.path))?;
        html.element("dd", &[], |html| match Shape::of(field) {
            Shape::List { before, after } => list_field(html, before, after),
            Shape::Words { before, after } => words_field(html, before, after),
            Shape::Same(value) => {
                html.code(&shown(value))?;
                html.leaf("span", &[Attr::Class("quiet")], " (unchanged)")
            }
            Shape::New(value) => added(html, "added", &shown(value)),
            Shape::Gone(value) => removed(html, "removed", &shown(value)),
            Shape::Other { before, after } => {
                removed(html, "before", &shown(before))?;
                html.text(" → ")?;
                added(html, "after", &shown(after))
            }
        })
    })
}

fn list_field(html: &mut Html<'_>, before: &[Value], after: &[Value]) -> io::Result<()> {
    let ListParts { removed: gone, added: come, kept } = ListParts::of(before, after);
    if gone.is_empty() && come.is_empty() {
        let words = match (before == after, kept) {
            (_, 0) => "(empty)".to_owned(),
            (true, kept) => format!("({kept} unchanged)"),
            (false, _) => "another order".to_owned(),
        };
        return html.leaf("span", &[Attr::Class("quiet")], &words);
    }
    html.element("ul", &[Attr::Class("chips")], |html| {
        for value in gone {
            html.element("li", &[], |html| removed(html, "removed", &shown(value)))?;
        }
        for value in come {
            html.element("li", &[], |html| added(html, "added", &shown(value)))?;
        }
        match kept {
            0 => Ok(()),
            kept => html.leaf("li", &[Attr::Class("quiet")], &format!("{kept} unchanged")),
        }
    })
}

/// Writes a long text with what goes and what comes in its place.
fn words_field(html: &mut Html<'_>, before: &str, after: &str) -> io::Result<()> {
    html.element("p", &[Attr::Class("words")], |html| {
        for (tag, text) in word_runs(before, after) {
            let (name, word) = match tag {
                ChangeTag::Equal => {
                    html.lines(&text)?;
                    continue;
                }
                ChangeTag::Delete => ("del", "removed: "),
                ChangeTag::Insert => ("ins", "added: "),
            };
            html.element(name, &[], |html| {
                html.leaf("span", &[Attr::Class("unseen")], word)?;
                html.lines(&text)
            })?;
        }
        Ok(())
    })
}

/// Writes the policy files as diffs against the disk.
pub(super) fn files_section(html: &mut Html<'_>, files: &[FileChange]) -> io::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    html.element("section", &[Attr::Id("files"), Attr::LabelledBy("files-title")], |html| {
        html.leaf("h2", &[Attr::Id("files-title")], &format!("Policy files ({})", files.len()))?;
        files.iter().try_for_each(|file| file_block(html, file, files.len() <= UNFOLDED))
    })
}

fn file_block(html: &mut Html<'_>, file: &FileChange, is_open: bool) -> io::Result<()> {
    let attributes: &[Attr<'_>] = if is_open { &[Attr::Open] } else { &[] };
    let (sign, word) = match file.action {
        FileAction::Create => ("+", "create"),
        FileAction::Update { .. } => ("~", "update"),
    };
    html.element("details", attributes, |html| {
        html.element("summary", &[], |html| {
            html.leaf("span", &[Attr::Class("sign")], sign)?;
            html.text(" ")?;
            html.code(&file.address().to_string())?;
            html.text(&format!(": {word} "))?;
            html.code(&file.path)
        })?;
        html.element("pre", &[Attr::Class("diff")], |html| {
            file_diff(file).lines().try_for_each(|line| diff_line(html, line))
        })
    })
}

fn diff_line(html: &mut Html<'_>, line: &str) -> io::Result<()> {
    match line.as_bytes().first() {
        Some(b'+') => html.leaf("ins", &[], line)?,
        Some(b'-') => html.leaf("del", &[], line)?,
        _ => html.text(line)?,
    }
    html.fixed("\n")
}

/// Writes what is worth saying and changes nothing.
pub(super) fn notes_section(html: &mut Html<'_>, notes: &[Note]) -> io::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    html.element("section", &[Attr::Id("notes"), Attr::LabelledBy("notes-title")], |html| {
        html.leaf("h2", &[Attr::Id("notes-title")], &format!("Notes ({})", notes.len()))?;
        list(html, "lines", notes, |html, Note { origin, text }| {
            if let Some(origin) = origin {
                html.code(&place(origin))?;
                html.text(": ")?;
            }
            html.sentence(text)
        })
    })
}
