//! What became of a plan.

use super::style::{ADDED, ERROR, HEADING, REMOVED};
use super::words::wrap;
use super::{count, visible, write_hint};
use crate::diff::Action;
use crate::execute::{Doubt, Fatal, FieldView, How, Moved, MovedWhy, Outcome, SecretFate, StepOutcome, StepResult};
use crate::model::RemoteId;
use serde_json::Value;
use std::error::Error;
use std::io::{self, Write};

/// What became of the policy files of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilesOutcome {
    /// Paths that were written.
    pub written: Vec<String>,
    /// Paths that were not, each with the reason, a lowercase fragment.
    pub left: Vec<(String, String)>,
    /// Paths that a saved plan does not permit to write, each with the reason.
    pub not_permitted: Vec<(String, MovedWhy)>,
}

/// Writes what became of every step and file, then one line.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_outcome(out: &mut dyn Write, outcome: &Outcome, files: &FilesOutcome) -> io::Result<()> {
    let Outcome { steps, wrote: _, interrupted, fatal, created: _ } = outcome;
    writeln!(out)?;
    for step in steps {
        write_step(out, step)?;
    }
    let FilesOutcome { written, left, not_permitted } = files;
    for path in written {
        writeln!(out, "  {ADDED}wrote{ADDED:#} {}", visible(path))?;
    }
    let not_permitted = not_permitted.iter().map(|(path, why)| (path, moved_words(why)));
    for (path, reason) in left.iter().map(|(path, reason)| (path, reason.clone())).chain(not_permitted) {
        writeln!(out, "  {ERROR}not written{ERROR:#} {}", wrap(&format!("{}: {reason}", visible(path)), 14, "    "))?;
    }
    if let Some(fatal) = fatal {
        write_fatal(out, fatal)?;
    }
    if *interrupted {
        writeln!(out, "\nThe run was broken off; run it again to do the rest.")?;
    }
    write_summary(out, steps, files, *interrupted)
}

fn write_step(out: &mut dyn Write, step: &StepOutcome) -> io::Result<()> {
    let StepOutcome { address, action, result, secret } = step;
    let paint = if result.is_applied() { super::style::of_action(*action) } else { ERROR };
    let head = format!("{} {}", action.symbol(), visible(&address.to_string()));
    let words = result_words(*action, result);
    write!(out, "  {paint}{head}{paint:#}: ")?;
    writeln!(out, "{}", wrap(&words, 4 + head.chars().count(), "      "))?;
    match result {
        StepResult::Failed { error, .. } => write_causes(out, error)?,
        StepResult::Unknown { error, .. } => write_because(out, error.as_ref())?,
        StepResult::Moved(Moved { why: _, fields }) => write_sides(out, fields)?,
        StepResult::Unseen { doubt: Doubt::Differs(fields), .. } => write_sides(out, fields)?,
        StepResult::Unseen { doubt: Doubt::Unreadable(error), .. } => write_because(out, error.as_ref())?,
        StepResult::Unseen { .. }
        | StepResult::Applied { .. }
        | StepResult::Skipped { .. }
        | StepResult::NotAttempted => {}
    }
    match secret {
        Some(SecretFate::Stored(at)) => writeln!(out, "      secret in {}", visible(&at.to_string())),
        Some(SecretFate::Lost) => writeln!(out, "      {ERROR}its secret is lost{ERROR:#}"),
        Some(SecretFate::None) | None => Ok(()),
    }
}

/// Returns what was done, in the past.
const fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Delete => "deleted",
        Action::Replace => "replaced by",
    }
}

/// Says how something came to be, where it is not the plain way.
fn how_words(how: How) -> String {
    match how {
        How::Written => String::new(),
        How::Found | How::FoundFromEarlierRun | How::AlreadyGone => format!(", {how}"),
    }
}

/// Words a result.
pub(super) fn result_words(action: Action, result: &StepResult) -> String {
    match result {
        StepResult::Applied { id, how } => format!("{} {id}{}", done(action), how_words(*how)),
        StepResult::Failed { error, wrote } => {
            let part = if *wrote { " (a part of it was written)" } else { "" };
            format!("failed: {}{part}", visible(&error.to_string()))
        }
        StepResult::Moved(Moved { why, fields: _ }) => format!("not written: {}", moved_words(why)),
        StepResult::Unseen { id, doubt } => format!("{} {id}, {}", done(action), doubt_words(doubt)),
        StepResult::Unknown { key, found, error: _ } => match found.as_slice() {
            [] => format!("nobody knows whether it was made: no {} is there", visible(&key.to_string())),
            several => format!("nobody knows which was made: {} are {}", ids(several), visible(&key.to_string())),
        },
        StepResult::Skipped { because } => format!("not tried: it waits for {}", visible(&because.to_string())),
        StepResult::NotAttempted => "not tried: the run was over".to_owned(),
    }
}

fn moved_words(why: &MovedWhy) -> String {
    match why {
        MovedWhy::Appeared { ids: found } => format!("it was absent when planned, and {} is there now", ids(found)),
        MovedWhy::Gone => "it was there when planned, and is gone".to_owned(),
        MovedWhy::Changed => "it is not what it was when planned".to_owned(),
        MovedWhy::Attached => "something hangs on it that was not there when planned, and would go with it".to_owned(),
        MovedWhy::BuiltIn => "it is OneLogin's own now, and those are never changed".to_owned(),
        MovedWhy::NotListed => "the saved plan does not list it".to_owned(),
        MovedWhy::ScopesMoved => "a scope it was to be granted is gone or means something else".to_owned(),
    }
}

fn doubt_words(doubt: &Doubt) -> String {
    let seen = match doubt {
        Doubt::NotReadBack => return "not read back".to_owned(),
        Doubt::Differs(_) => "it was read back and differs".to_owned(),
        Doubt::WrongPresence => "it was read back, and its presence is not as planned".to_owned(),
        Doubt::Twins(others) => format!("others of its name are there too: {}", ids(others)),
        Doubt::Unreadable(_) => "it could not be read back".to_owned(),
    };
    format!("and not seen to be: {seen}")
}

fn ids(ids: &[RemoteId]) -> String {
    ids.iter().map(RemoteId::to_string).collect::<Vec<_>>().join(", ")
}

fn write_causes(out: &mut dyn Write, error: &dyn Error) -> io::Result<()> {
    error.source().map_or(Ok(()), |cause| write_because(out, cause))
}

fn write_because(out: &mut dyn Write, error: &dyn Error) -> io::Result<()> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = format!("because {}", visible(&error.to_string()));
        writeln!(out, "      {}", wrap(&text, 6, "        "))?;
        cause = error.source();
    }
    Ok(())
}

/// Writes fields as plan, live and desired see them.
fn write_sides(out: &mut dyn Write, fields: &[FieldView]) -> io::Result<()> {
    for FieldView { path, plan, live, desired } in fields {
        writeln!(out, "      {}:", visible(path))?;
        for (side, value) in [("planned from", plan), ("live now", live), ("desired", desired)] {
            if let Some(value) = value {
                writeln!(out, "        {side}: {}", visible(&value_words(value)))?;
            }
        }
    }
    Ok(())
}

fn value_words(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        value => value.to_string(),
    }
}

fn write_fatal(out: &mut dyn Write, fatal: &Fatal) -> io::Result<()> {
    writeln!(out, "\n{ERROR}stopped{ERROR:#}: {}", visible(&fatal.to_string()))?;
    write_causes(out, fatal)?;
    match fatal {
        Fatal::NoQuota(_) => write_hint(out, "Run it again later to do the rest, or give it longer with `--max-wait`."),
        Fatal::Record(_) => write_hint(out, "Make room for the record, and run it again to do the rest."),
        Fatal::SecretFellBack { .. } => {
            write_hint(out, "Take the secret from that file, see to the command, and run it again to do the rest.")
        }
        // Whoever knows the command line names the way out of a lost secret.
        Fatal::SecretLost { .. } => Ok(()),
    }
}

fn write_summary(
    out: &mut dyn Write,
    steps: &[StepOutcome],
    files: &FilesOutcome,
    is_interrupted: bool,
) -> io::Result<()> {
    let number = |fits: &dyn Fn(&StepOutcome) -> bool| steps.iter().filter(|step| fits(step)).count();
    let applied = |wanted: Action| number(&|step| step.action == wanted && step.result.is_applied());
    let unread = number(&|step| matches!(step.result, StepResult::Unseen { doubt: Doubt::NotReadBack, .. }));
    let unseen = number(&|step| matches!(step.result, StepResult::Unseen { .. })) - unread;
    let undone = number(&|step| !step.result.is_applied()) - unseen - unread;
    let mut counts = format!(
        "{} created, {} updated, {} deleted",
        applied(Action::Create),
        applied(Action::Update),
        applied(Action::Delete)
    );
    // As in the plan: replacements are rare.
    match applied(Action::Replace) {
        0 => {}
        replaced => counts.push_str(&format!(", {replaced} replaced")),
    }
    let mut parts = vec![counts];
    if !files.written.is_empty() {
        parts.push(format!("{} written", count(files.written.len(), "policy file", None)));
    }
    let left = undone + files.left.len() + files.not_permitted.len();
    if unread > 0 {
        let why = if is_interrupted { " (the run was interrupted)" } else { "" };
        parts.push(format!("{unread} written and not read back{why}"));
    }
    if unseen > 0 {
        parts.push(format!("{unseen} written and not seen to be as planned"));
    }
    let has_written = !files.written.is_empty() || steps.iter().any(|step| step.result.may_have_written());
    let (paint, word) = match (left + unseen + unread == 0, has_written) {
        (true, _) => (HEADING, "Applied"),
        (false, true) => (REMOVED, "Applied in part"),
        (false, false) => (REMOVED, "Nothing written"),
    };
    if left > 0 {
        parts.push(format!("{} not done", count(left, "thing", None)));
    }
    writeln!(out, "\n{paint}{word}{paint:#}: {}.", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::{FilesOutcome, write_outcome};
    use crate::api::ApiError;
    use crate::diff::Action;
    use crate::execute::{Doubt, FieldView, How, Moved, MovedWhy, NaturalKey, Outcome, StepOutcome, StepResult};
    use crate::model::{Address, RemoteId};
    use serde_json::json;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    #[test]
    fn every_result_is_told() {
        let step = |address: &str, action, result| StepOutcome {
            address: Address::parse(address).unwrap(),
            action,
            result,
            secret: None,
        };
        let (plan, live, desired) = (Some(json!("a")), Some(json!("b")), Some(json!("c")));
        let moved =
            Moved { why: MovedWhy::Changed, fields: vec![FieldView { path: "name".into(), plan, live, desired }] };
        let because = Address::parse("oidc_app/web").unwrap();
        let lost = || Arc::new(ApiError::Setup { reason: "x".into(), source: None });
        let key = NaturalKey::Role { name: "F".into() };
        let steps = vec![
            step("role/a", Action::Create, StepResult::Applied { id: RemoteId(1), how: How::Found }),
            step("oidc_app/web", Action::Update, StepResult::Moved(moved)),
            step("role/b", Action::Delete, StepResult::Unseen { id: RemoteId(2), doubt: Doubt::NotReadBack }),
            step("role/d", Action::Delete, StepResult::Unseen { id: RemoteId(3), doubt: Doubt::WrongPresence }),
            step("authorization_server/s/client/web", Action::Create, StepResult::Skipped { because }),
            step("role/c", Action::Create, StepResult::NotAttempted),
            step("role/e", Action::Create, StepResult::Unseen { id: RemoteId(4), doubt: Doubt::Unreadable(lost()) }),
            step("role/f", Action::Create, StepResult::Unknown { key, found: Vec::new(), error: lost() }),
        ];
        let outcome = Outcome { steps, wrote: true, interrupted: true, fatal: None, created: BTreeMap::new() };
        let files = FilesOutcome {
            written: vec!["policies/a.json".into()],
            left: vec![("policies/b.json".into(), "authorization_server/s was not finished".into())],
            not_permitted: vec![("policies/c.json".into(), MovedWhy::NotListed)],
        };
        let mut out = anstream::StripStream::new(Vec::new());
        write_outcome(&mut out, &outcome, &files).unwrap();
        insta::assert_snapshot!(String::from_utf8(out.into_inner()).unwrap());
    }
}
