//! The plan, the worst first, within the size of a comment.

use super::mermaid::{LEGEND, Picture, picture};
use super::page::{Page, Section};
use super::span::{block, code, plain, sentence};
use crate::diff::{Change, FieldChange, Impact, Refusal};
use crate::model::Note;
use crate::plan::{Context, FileChange, Plan};
use crate::report::facts::facts;
use crate::report::fields::shown;
use crate::report::html::escaped;
use crate::report::likewise::{Told, told};
use crate::report::refusal::refusal_advice;
use crate::report::text::{DESTROYS, file_diff, limited_to, place, summary_line};
use crate::report::{PlanView, count, visible};
use serde_json::Value;
use std::io::{self, Write};

/// Bytes kept for what says how much was left out.
const RESERVE: usize = 1024;

/// The most bytes of the sections that come before the details, so that none of them pushes out the others.
const REFUSAL_SHARE: usize = 8_000;
const PICTURE_SHARE: usize = 8_000;

/// The most bytes of one change or one file; what is longer is cut.
const BLOCK: usize = 6_000;

/// The impacts in the order they are told, and the most bytes of each: much that breaks must not hide who gains.
const IMPACTS: [(Impact, usize); 4] =
    [(Impact::Breaks, 14_000), (Impact::Widens, 10_000), (Impact::Narrows, 5_000), (Impact::Cosmetic, 1_000)];

/// Writes a plan as Markdown of at most 65,536 bytes: access first and the worst of it on top, then what is refused, a
/// picture, the changes and files folded away, and how much was left out.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_plan_markdown(out: &mut dyn Write, view: &PlanView<'_>) -> io::Result<()> {
    let PlanView { plan, access, graph, files, has_files_base: _, variables: _ } = view;
    let mut page = Page::default();
    page.push(&heading(&plan.context));
    page.push(&format!("{}\n", plain(&summary_line(plan, files))));
    let mut left_out = LeftOut::default();
    let mut refusals = plan.refusals.iter().map(|refusal| refusal_block(refusal, plan));
    let section = frame("\n**Refused**\n", &mut refusals, "", REFUSAL_SHARE);
    left_out.note(page.section(section, RESERVE), "refusal", None);
    for (impact, share) in IMPACTS {
        let of_impact: Vec<_> = access.iter().filter(|change| change.impact == impact).collect();
        let open = format!("\n**{}** ({})\n", impact_heading(impact), of_impact.len());
        let lines = told(of_impact);
        let mut blocks = lines.iter().map(access_block);
        let hidden = page.section(frame(open, &mut blocks, "", share), RESERVE);
        left_out.note(lines.iter().rev().take(hidden).map(Told::number).sum(), "access change", None);
    }
    if let Some(Picture { text, changes_left_out, kept_left_out }) = picture(graph) {
        left_out.note(changes_left_out, "changed arrow of the picture", Some("changed arrows of the picture"));
        left_out.note(kept_left_out, "plain arrow of the picture", Some("plain arrows of the picture"));
        let mut blocks = std::iter::once(block("mermaid", &text));
        let section = frame(format!("\n{LEGEND}\n\n"), &mut blocks, "", PICTURE_SHARE);
        left_out.note(page.section(section, RESERVE), "picture", None);
    }
    details(&mut page, view, &mut left_out);
    page.push(&left_out.sentence());
    out.write_all(page.into_text().as_bytes())
}

/// Adds what is folded away: changes, files and notes.
fn details(page: &mut Page, view: &PlanView<'_>, left_out: &mut LeftOut) {
    let PlanView { plan, access: _, graph: _, files, has_files_base: _, variables: _ } = view;
    let mut changes: Vec<&Change> = plan.changes().collect();
    // Within one impact the order of the plan stays.
    changes.sort_by_key(|change| change.impact);
    let open = folded(&count(changes.len(), "change", None));
    let mut blocks = changes.iter().map(|change| change_block(change));
    left_out.note(page.section(frame(open, &mut blocks, FOLDED, usize::MAX), RESERVE), "change", None);
    let open = folded(&count(files.len(), "policy file", None));
    let mut blocks = files.iter().map(file_block);
    left_out.note(page.section(frame(open, &mut blocks, FOLDED, usize::MAX), RESERVE), "policy file", None);
    let open = folded(&count(plan.notes.len(), "note", None));
    let mut blocks = plan.notes.iter().map(note_block);
    left_out.note(page.section(frame(open, &mut blocks, FOLDED, usize::MAX), RESERVE), "note", None);
}

fn frame<'a>(
    open: impl Into<String>,
    blocks: &'a mut dyn Iterator<Item = String>,
    close: &'a str,
    share: usize,
) -> Section<'a> {
    Section { open: open.into(), blocks, close, share }
}

fn folded(what: &str) -> String {
    format!("\n<details><summary>{}</summary>\n\n", escaped(what))
}

const FOLDED: &str = "</details>\n";

fn heading(context: &Context) -> String {
    let Context { tenant, account_id, environment, config_digest: _, replaces: _, targets, destroy } = context;
    let mut heading = format!("### Plan for {}", code(tenant));
    if let Some(id) = account_id {
        heading.push_str(&format!(", account {id}"));
    }
    if let Some(environment) = environment {
        heading.push_str(&format!(", environment {}", code(environment)));
    }
    if *destroy {
        heading.push_str(&format!("\n\n**{DESTROYS}**"));
    }
    if let Some(limited) = limited_to(targets) {
        heading.push_str(&format!("\n\n{}", plain(&limited)));
    }
    heading + "\n\n"
}

const fn impact_heading(impact: Impact) -> &'static str {
    match impact {
        Impact::Breaks => "Breaks: somebody who gets in today may be kept out",
        Impact::Widens => "Widens: somebody gets in, or stays in longer",
        Impact::Narrows => "Narrows: somebody may do less",
        Impact::Cosmetic => "Cosmetic: nothing about access",
    }
}

fn access_block(line: &Told<'_>) -> String {
    cut(format!("- {}", sentence(&line.sentence()))) + "\n"
}

fn refusal_block(refusal: &Refusal, plan: &Plan) -> String {
    let advice = refusal_advice(refusal, plan.summary.delete);
    let mut line = format!("- {}: {}", code(&refusal.address.to_string()), sentence(&advice.message));
    if let Some(origin) = &refusal.origin {
        line.push_str(&format!(" ({})", code(&place(origin))));
    }
    if let Some(hint) = &advice.hint {
        line.push_str(&format!(" — {}", sentence(hint)));
    }
    cut(line) + "\n"
}

fn change_block(change: &Change) -> String {
    let Change { address, origin: _, impact, reason: _, fingerprint: _, along: _, fields, edit: _ } = change;
    let head = format!("**{}**, {}: {}\n", impact.as_str(), facts(change), code(&address.to_string()));
    let lines: String = fields.iter().flat_map(field_lines).collect();
    let body = if lines.is_empty() { String::new() } else { block("diff", &cut(lines)) };
    format!("{head}{body}\n")
}

/// Returns a field as lines of a diff: a list element by element.
fn field_lines(field: &FieldChange) -> Vec<String> {
    let FieldChange { path, before, after } = field;
    let elements = |value: &Value| match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    };
    let is_kept = before == after;
    let (before, after) = (elements(before), elements(after));
    let line = |sign: char, value: &Value| format!("{sign} {path}: {}\n", shown(value));
    let gone = before.iter().filter(|value| !after.contains(value)).map(|value| line('-', value));
    let come = after.iter().filter(|value| !before.contains(value)).map(|value| line('+', value));
    let stay = before.iter().filter(|_| is_kept).map(|value| line(' ', value));
    let mut lines: Vec<String> = gone.chain(come).chain(stay).collect();
    if lines.is_empty() {
        lines.push(format!("  {path}: another order, or empty\n"));
    }
    lines
}

fn file_block(file: &FileChange) -> String {
    let diff: String = file_diff(file).lines().map(|line| format!("{}\n", visible(line))).collect();
    format!("{}\n{}\n", code(&file.path), block("diff", &cut(diff)))
}

fn note_block(note: &Note) -> String {
    let Note { origin, text } = note;
    let place = origin.as_ref().map_or_else(String::new, |origin| format!("{}: ", code(&place(origin))));
    cut(format!("- {place}{}", sentence(text))) + "\n\n"
}

/// Cuts a text that is too long for its place at a character, and says so.
fn cut(text: String) -> String {
    if text.len() <= BLOCK {
        return text;
    }
    let end = (0..=BLOCK).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}… cut", text.get(..end).unwrap_or_default())
}

/// How much was left out, by what it is.
#[derive(Default)]
struct LeftOut(Vec<(usize, &'static str, Option<&'static str>)>);

impl LeftOut {
    fn note(&mut self, number: usize, singular: &'static str, plural: Option<&'static str>) {
        match self.0.iter_mut().find(|(_, known, _)| *known == singular) {
            Some((known, _, _)) => *known += number,
            None => self.0.push((number, singular, plural)),
        }
    }

    /// Says how much was left out; nothing where all is there.
    fn sentence(&self) -> String {
        let parts: Vec<String> = self
            .0
            .iter()
            .filter(|(number, _, _)| *number > 0)
            .map(|(number, singular, plural)| count(*number, singular, *plural))
            .collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!("\nLeft out, because a comment holds no more: {}.\n", parts.join(", ")),
        }
    }
}
