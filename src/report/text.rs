//! A plan as text.

use super::facts::facts;
use super::fields::write_field;
use super::likewise::told;
use super::refusal::refusal_advice;
use super::style::{ADDED, CHANGED, ERROR, FAINT, HEADING, REMOVED, of_action, of_impact};
use super::words::{WIDTH, wrap};
use super::{PlanView, count, visible};
use crate::access::AccessChange;
use crate::diagnostic::Origin;
use crate::diff::{Change, Impact};
use crate::model::{Note, Targets};
use crate::plan::{Context, FileAction, FileChange, NotTargeted, Plan, Summary};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes a plan: what it means for access, the changes field by field, the policy files, notes, refusals, one line.
///
/// Access comes first, the worst of it on top: it is what a reviewer has to know if they read no further.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_plan_text(out: &mut dyn Write, view: &PlanView<'_>) -> io::Result<()> {
    let PlanView { plan, access, graph: _, files, has_files_base: _, variables: _ } = view;
    // One that says no more than that there is nothing to do is one line.
    if !view.is_empty() || !access.is_empty() || !plan.notes.is_empty() || plan.is_refused() {
        write_heading(out, &plan.context)?;
    }
    if plan.is_refused() {
        let refusals = count(plan.refusals.len(), "refusal", None);
        let text = format!("Cannot be applied as it stands: {refusals}, at the end.");
        writeln!(out, "{ERROR}{}{ERROR:#}\n", wrap(&text, 0, "  "))?;
    }
    write_access(out, access)?;
    for change in plan.changes() {
        write_change(out, change)?;
    }
    for file in *files {
        write_file(out, file)?;
    }
    write_notes(out, &plan.notes)?;
    write_refusals(out, plan)?;
    write_summary(out, plan, files)
}

fn write_heading(out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let Context { tenant, account_id, environment, config_digest: _, replaces: _, targets, destroy } = context;
    write!(out, "{HEADING}Plan for {}", visible(tenant))?;
    if let Some(id) = account_id {
        write!(out, ", account {id}")?;
    }
    if let Some(environment) = environment {
        write!(out, ", environment {}", visible(environment))?;
    }
    writeln!(out, "{HEADING:#}")?;
    if *destroy {
        writeln!(out, "{DESTROYS}")?;
    }
    if let Some(limited) = limited_to(targets) {
        writeln!(out, "{}", wrap(&visible(&limited), 0, "  "))?;
    }
    writeln!(out)
}

/// Says what a plan to destroy does.
pub(super) const DESTROYS: &str = "Destroys the servers, apps and roles that the file lists";

/// Says what a plan is limited to; nothing where it is whole.
pub(super) fn limited_to(targets: &Targets) -> Option<String> {
    const MOST: usize = 8;
    let mut names: Vec<String> = targets.addresses().take(MOST).map(ToString::to_string).collect();
    if let Some(more) = targets.addresses().count().checked_sub(MOST).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    (!names.is_empty()).then(|| format!("Limited to {}", names.join(", ")))
}

fn write_change(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    let Change { address, origin: _, impact, reason: _, fingerprint: _, along: _, fields, edit } = change;
    let action = edit.action();
    let (paint, impact_paint) = (of_action(action), of_impact(*impact));
    let head = format!("{} {}", action.symbol(), visible(&address.to_string()));
    let facts = facts(change);
    let width = 2 + head.chars().count() + 2 + facts.len() + 2 + impact.as_str().len();
    let gap = if width <= WIDTH { " " } else { "\n      " };
    write!(out, "  {paint}{head}{paint:#}:{gap}{facts}, ")?;
    writeln!(out, "{impact_paint}{}{impact_paint:#}", impact.as_str())?;
    for field in fields {
        write_field(out, field)?;
    }
    writeln!(out)
}

/// Writes what changes about access, or `No changes.`
///
/// # Errors
/// Whatever the writer answers.
pub fn write_access_changes(out: &mut dyn Write, access: &[AccessChange]) -> io::Result<()> {
    if access.is_empty() {
        return writeln!(out, "No changes.");
    }
    write_access_lines(out, access)
}

fn write_access(out: &mut dyn Write, access: &[AccessChange]) -> io::Result<()> {
    if access.is_empty() {
        return Ok(());
    }
    writeln!(out, "{HEADING}Access changes{HEADING:#}: {}", impact_counts(access))?;
    write_access_lines(out, access)?;
    writeln!(out)
}

/// Counts access changes by what they mean, the worst first: `1 breaks, 3 widens`.
pub(super) fn impact_counts(access: &[AccessChange]) -> String {
    let mut counts: BTreeMap<Impact, usize> = BTreeMap::new();
    for change in access {
        *counts.entry(change.impact).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(impact, number)| format!("{number} {}", impact.as_str())).collect();
    parts.join(", ")
}

fn write_access_lines(out: &mut dyn Write, access: &[AccessChange]) -> io::Result<()> {
    for line in told(access) {
        let impact = line.change.impact;
        let paint = of_impact(impact);
        let sentence = wrap(&visible(&line.sentence()), 4 + impact.as_str().len(), "    ");
        writeln!(out, "  {paint}{}{paint:#}: {sentence}", impact.as_str())?;
    }
    Ok(())
}

/// Writes how policy files differ from those on disk, or `No changes.`
///
/// # Errors
/// Whatever the writer answers.
pub fn write_file_changes(out: &mut dyn Write, files: &[FileChange]) -> io::Result<()> {
    if files.is_empty() {
        return writeln!(out, "No changes.");
    }
    for file in files {
        write_file(out, file)?;
    }
    writeln!(out, "{} to write.", count(files.len(), "policy file", None))
}

fn write_file(out: &mut dyn Write, file: &FileChange) -> io::Result<()> {
    let (sign, word, paint) = match &file.action {
        FileAction::Create => ("+", "create", ADDED),
        FileAction::Update { .. } => ("~", "update", CHANGED),
    };
    writeln!(out, "  {paint}{sign} {}{paint:#}: {word} {}", file.address(), visible(&file.path))?;
    for line in file_diff(file).lines() {
        let paint = match line.as_bytes().first() {
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            _ => FAINT,
        };
        writeln!(out, "      {paint}{}{paint:#}", visible(line))?;
    }
    writeln!(out)
}

/// Returns the unified diff of a policy file against what is there.
pub(super) fn file_diff(file: &FileChange) -> String {
    let FileChange { policy: _, path, action, after } = file;
    let (before, old) = match action {
        FileAction::Create => ("", "/dev/null".to_owned()),
        FileAction::Update { before } => (before.as_str(), format!("a/{path}")),
    };
    let diff = TextDiff::from_lines(before, after.as_str());
    diff.unified_diff().context_radius(3).header(&old, &format!("b/{path}")).to_string()
}

/// Writes `file:line:column`, the way editors and terminals understand it.
pub(super) fn place(origin: &Origin) -> String {
    let Origin { file, line, column, start: _, end: _ } = origin;
    format!("{}:{line}:{column}", visible(file))
}

fn write_notes(out: &mut dyn Write, notes: &[Note]) -> io::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{HEADING}Notes{HEADING:#}")?;
    for Note { origin, text } in notes {
        let place = origin.as_ref().map_or_else(String::new, |origin| format!("{}: ", place(origin)));
        writeln!(out, "  {}", wrap(&format!("{place}{}", visible(text)), 2, "    "))?;
    }
    writeln!(out)
}

fn write_refusals(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    if plan.refusals.is_empty() {
        return Ok(());
    }
    writeln!(out, "{HEADING}Refused{HEADING:#}")?;
    for refusal in &plan.refusals {
        let advice = refusal_advice(refusal, plan.summary.delete);
        let sentence = format!("{}: {}", visible(&refusal.address.to_string()), advice.message);
        writeln!(out, "  {}", wrap(&sentence, 2, "    "))?;
        if let Some(origin) = &refusal.origin {
            writeln!(out, "    at {}", place(origin))?;
        }
        if let Some(hint) = advice.hint {
            writeln!(out, "    {}", wrap(&format!("hint: {hint}"), 4, "      "))?;
        }
    }
    writeln!(out)
}

fn write_summary(out: &mut dyn Write, plan: &Plan, files: &[FileChange]) -> io::Result<()> {
    let line = summary_line(plan, files);
    match line.strip_prefix("Plan: ") {
        Some(rest) => writeln!(out, "{HEADING}Plan{HEADING:#}: {}", wrap(rest, 6, "  ")),
        None => writeln!(out, "{line}"),
    }
}

/// Says in one line what a plan comes to.
pub(super) fn summary_line(plan: &Plan, files: &[FileChange]) -> String {
    let Summary { create, update, delete, replace, keep } = plan.summary;
    let left_out = not_targeted(&plan.not_targeted);
    if !plan.has_changes() && files.is_empty() && !plan.is_refused() {
        return left_out.map_or_else(|| "No changes.".to_owned(), |left_out| format!("No changes; {left_out}."));
    }
    // Replacements are rare, and asked for.
    let replaces = if replace > 0 { format!("{replace} to replace, ") } else { String::new() };
    let counts = format!("{create} to create, {update} to update, {delete} to delete, {replaces}{keep} unchanged");
    let mut parts = vec![counts];
    if !files.is_empty() {
        parts.push(format!("{} to write", count(files.len(), "policy file", None)));
    }
    parts.extend(left_out);
    if plan.is_refused() {
        parts.push(format!("{} to resolve first", count(plan.refusals.len(), "refusal", None)));
    }
    if plan.has_changes() {
        let requests = usize::try_from(plan.apply_requests).unwrap_or(usize::MAX);
        parts.push(format!("apply makes {}", count(requests, "request", None)));
    }
    format!("Plan: {}.", parts.join("; "))
}

/// Says how much is left out because no target names it; nothing where nothing is.
fn not_targeted(left_out: &NotTargeted) -> Option<String> {
    let NotTargeted { changes, files } = *left_out;
    let changes = (changes > 0).then(|| count(changes, "change", None));
    let files = (files > 0).then(|| count(files, "policy file", None));
    let both: Vec<String> = changes.into_iter().chain(files).collect();
    (!both.is_empty()).then(|| format!("{} not targeted", both.join(" and ")))
}
