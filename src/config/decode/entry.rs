//! What entries of every kind share: keys, pinned ids, `state`, `external`.

use super::decoder::{At, Decoder, Fields, TextRule};
use crate::diagnostic::{Code, Diagnostic, Origin};
use crate::model::{Entry, External, ExternalBy};

/// Says whether a text can be the key of an entry, an environment or a variable.
pub(crate) fn is_entry_key(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    starts_well && text.len() <= 63 && text.bytes().all(allowed)
}

/// Reads `state`; `true` for `absent`.
pub(crate) fn is_absent(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> bool {
    let state = fields.get("state").and_then(|at| decoder.choice(at, &[("absent", true), ("present", false)]));
    state.unwrap_or(false)
}

/// Wraps what was read by what has to become of it; reports an entry that nothing can be found by.
pub(crate) fn managed<T, E>(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_>,
    found_by: &[&'static str],
    value: T,
) -> Option<Entry<T, E>> {
    let is_absent = is_absent(decoder, fields);
    if !found_by.iter().any(|key| fields.get(key).is_some()) {
        let names: Vec<String> = found_by.iter().map(|key| format!("`{key}`")).collect();
        let message = match is_absent {
            true => "the entry to be deleted cannot be found: it says neither its name nor its id",
            false => "the entry cannot be found: it says neither its name nor its id",
        };
        decoder.error(Code::MissingKey, fields.origin(), message, format!("Add one of {}.", names.join(", ")));
    }
    Some(if is_absent { Entry::Absent(value) } else { Entry::Present(value) })
}

/// Reads an external entry: what it is found by, and what the file declares of it.
///
/// `natural` is the key that names it (`name` or `resource_identifier`), `declarable` what may stand beside `external`.
pub(crate) fn external<'t, E>(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'t>,
    at: At<'t>,
    natural: &'static str,
    declarable: &[&str],
    declared: impl FnOnce(&mut Decoder<'_>, &Fields<'t>) -> E,
) -> Option<External<E>> {
    for pair in fields.iter() {
        let key = pair.key.value.as_str();
        if !matches!(key, "external" | "only") && !declarable.contains(&key) {
            let message = format!("`{key}` stands on an external entry, which is never changed");
            decoder.error(
                Code::InvalidValue,
                &pair.key.origin,
                message,
                "Remove the key, or remove `external` to own the entry.",
            );
        }
    }
    let by = decoder.fields(at, if natural == "name" { &["id", "name"] } else { &["id", "resource_identifier"] })?;
    let declared = declared(decoder, fields);
    let by = match (by.get("id"), by.get(natural)) {
        (Some(id), None) => ExternalBy::Id(decoder.remote_id(id)?),
        (None, Some(name)) => {
            let rule = if natural == "name" { TextRule::Name } else { TextRule::Line };
            ExternalBy::Name(decoder.text(name, rule)?)
        }
        (Some(_), Some(second)) => {
            let message = format!("`external` says both `id` and `{natural}`");
            decoder.error(Code::InvalidValue, second.origin, message, "Keep one of the two; the id is exact.");
            return None;
        }
        (None, None) => {
            let message = format!("`external` says neither `id` nor `{natural}`");
            let hint = format!("Write `external: {{ {natural}: … }}` or `external: {{ id: … }}`.");
            decoder.error(Code::MissingKey, at.origin, message, hint);
            return None;
        }
    };
    Some(External { origin: fields.origin().clone(), by, declared })
}

/// Refuses a `renamed_from` that says what is said anyway.
pub(crate) fn refuse_same_name(decoder: &mut Decoder<'_>, old: At<'_>, is_same: bool) {
    if is_same {
        let hint = "Write the name it had before, or remove the line.";
        decoder.error(Code::InvalidValue, &old.node.origin, "`renamed_from` says the name it has now", hint);
    }
}

/// Refuses to rename what the file also keeps under its old name.
pub(crate) fn refuse_kept_old_name(decoder: &mut Decoder<'_>, old: &str, origin: &Origin, kept: &Origin) {
    let diagnostic =
        Diagnostic::error(Code::InvalidValue, origin.clone(), format!("`{old}` is renamed, and listed too"))
            .with_related(kept.clone(), "listed here")
            .with_hint("Remove `renamed_from` to keep both, or the old entry to rename it.");
    decoder.problems.push(diagnostic);
}
