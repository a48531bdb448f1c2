//! Keys that stand some blanks too far right or left, so that YAML reads something else than was meant.
//!
//! Where it is certain what was meant, the key is put there: the shift is an error anyway, and nothing then seems to be
//! unknown, missing or set twice because of it.

use super::decode::{CLAIM_KEYS, SCOPE_KEYS, is_entry_key};
use super::frame::is_root_block;
use super::nearest;
use super::tree::{Node, Pair, Value};
use crate::diagnostic::{Code, Diagnostic, Sourced};
use std::collections::BTreeSet;

/// The fields whose keys are names of the user's own.
const BLOCKS: [&str; 4] = ["scopes", "claims", "clients", "require_claims"];
/// The fields that say which thing an entry is.
const IDENTITY: [&str; 5] = ["id", "name", "resource_identifier", "external", "gateway"];
/// How much deeper a level stands where no line shows it.
const STEP: u32 = 2;
/// The most keys of an entry that is looked at: no two entries have more, and the search is not linear.
const MAX_KEYS: usize = 64;

/// What was taken out of a mapping, and belongs to the mapping around it.
#[derive(Default)]
pub(super) struct Lifted {
    pub(super) pairs: Vec<Pair>,
    pub(super) problems: Vec<Diagnostic>,
}

/// Takes blocks of the root out of the block above them, among whose keys they stand.
///
/// `block` is the key of the mapping, `beside` what the root has.
pub(super) fn blocks(block: &Sourced<String>, beside: &[Pair], pairs: &mut Vec<Pair>) -> Lifted {
    let mut lifted = Lifted::default();
    let is_block = |pair: &Pair| {
        let name = &pair.key.value;
        is_root_block(name) && pair.value.is_null() && *name != block.value
    };
    let Some(start) = pairs.iter().skip(1).position(is_block).map(|place| place + 1) else { return lifted };
    let set: BTreeSet<&str> = beside.iter().map(|pair| pair.key.value.as_str()).collect();
    for mut pair in pairs.split_off(start) {
        let name = pair.key.value.as_str();
        if is_block(&pair) && !set.contains(name) && lifted.pairs.iter().all(|other| other.key.value != name) {
            lifted.problems.push(further_left(&pair.key, block, "this line"));
            pair.value = mapping(&pair.key, Vec::new());
            lifted.pairs.push(pair);
        } else if let Some(Value::Map(below)) = lifted.pairs.last_mut().map(|last| &mut last.value.value) {
            below.push(pair);
        } else {
            pairs.push(pair);
        }
    }
    lifted
}

/// Takes entries out of the entry above them, whose fields they stand beside.
///
/// `fields` are the keys that entries of the section take, `entry` is the key of the mapping.
pub(super) fn entries(fields: &[&str], entry: &Sourced<String>, pairs: &mut Vec<Pair>) -> Lifted {
    let mut lifted = Lifted::default();
    if pairs.len() > MAX_KEYS {
        return lifted;
    }
    for start in (1..pairs.len()).rev() {
        if !is_entry(fields, pairs, start) {
            continue;
        }
        let mut below = pairs.split_off(start);
        let mut found = below.remove(0);
        if found.value.is_null() {
            found.value = mapping(&found.key, below);
        } else {
            pairs.extend(below);
        }
        lifted.problems.push(further_left(&found.key, entry, "this entry"));
        lifted.pairs.insert(0, found);
    }
    lifted
}

/// Says whether a key begins an entry: nothing is called like it, and what stands below or behind it are fields.
fn is_entry(fields: &[&str], pairs: &[Pair], start: usize) -> bool {
    let (before, rest) = pairs.split_at(start);
    let Some((Pair { key, value }, behind)) = rest.split_first() else { return false };
    let name = key.value.as_str();
    let is_field = |pair: &Pair| fields.contains(&pair.key.value.as_str());
    if fields.contains(&name) || !is_entry_key(name) {
        return false;
    }
    let looks_like_entry = match &value.value {
        Value::Map(below) => {
            is_block(key, below) && below.iter().any(says_which) && below.first().is_some_and(is_field)
        }
        Value::Scalar(_) if value.is_null() => {
            let repeats = |pair: &Pair| before.iter().any(|other| other.key.value == pair.key.value);
            behind.first().is_some_and(is_field) && behind.iter().any(|pair| is_field(pair) && repeats(pair))
        }
        Value::Scalar(_) | Value::List(_) => false,
    };
    // A misspelt field is no entry.
    looks_like_entry && nearest::nearest(name, fields.iter().copied()).is_none()
}

fn says_which(pair: &Pair) -> bool {
    IDENTITY.contains(&pair.key.value.as_str())
}

/// Takes fields of the entry out of one of its blocks of names.
pub(super) fn fields(fields: &[&str], block: &Sourced<String>, beside: &[Pair], pairs: &mut Vec<Pair>) -> Lifted {
    let mut lifted = Lifted::default();
    let is_field = |pair: &Pair| fields.contains(&pair.key.value.as_str());
    if !BLOCKS.contains(&block.value.as_str()) || !pairs.iter().any(is_field) {
        return lifted;
    }
    let is_set = |name: &str| name == block.value || beside.iter().any(|pair| pair.key.value == name);
    let mut free: Vec<&str> = fields.iter().copied().filter(|name| !is_set(name)).collect();
    let mut rest = std::mem::take(pairs).into_iter().peekable();
    while let Some(mut pair) = rest.next() {
        let place = free.iter().position(|name| *name == pair.key.value);
        let Some((place, name)) = place.and_then(|place| Some((place, *free.get(place)?))) else {
            pairs.push(pair);
            continue;
        };
        if pair.value.is_null() {
            let mut below = Vec::new();
            while let Some(child) = rest.next_if(|child| is_child(name, child) && !is_child(&block.value, child)) {
                below.push(child);
            }
            if !below.is_empty() {
                pair.value = mapping(&pair.key, below);
            }
        }
        let belongs_here = pair.value.is_null() || is_child(&block.value, &pair) || !fits(fields, &pair);
        if !belongs_here && !pairs.is_empty() {
            free.remove(place);
            lifted.problems.push(further_left(&pair.key, block, "this line"));
            lifted.pairs.push(pair);
        } else {
            pairs.push(pair);
        }
    }
    lifted
}

/// Puts fields that stand beside entries into the entry above them.
pub(super) fn into_entries(fields: &[&str], pairs: &mut Vec<Pair>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if !pairs.iter().any(|pair| fields.contains(&pair.key.value.as_str())) {
        return problems;
    }
    let mut moved: Vec<Sourced<String>> = Vec::new();
    for pair in std::mem::take(pairs) {
        match pairs.last_mut() {
            Some(entry) if is_moved(fields, entry, &pair) => {
                moved.push(pair.key.clone());
                match &mut entry.value.value {
                    Value::Map(own) => own.push(pair),
                    Value::Scalar(_) | Value::List(_) => entry.value = mapping(&entry.key, vec![pair]),
                }
            }
            _ => {
                problems.extend(further_right(pairs.last(), &moved));
                moved.clear();
                pairs.push(pair);
            }
        }
    }
    problems.extend(further_right(pairs.last(), &moved));
    problems
}

fn is_moved(fields: &[&str], entry: &Pair, pair: &Pair) -> bool {
    // An entry may be called like a field.
    if !fields.contains(&pair.key.value.as_str()) || pair.value.is_null() || !fits(fields, pair) {
        return false;
    }
    match &entry.value.value {
        Value::Map(own) => {
            let is_free = own.len() <= MAX_KEYS && own.iter().all(|other| other.key.value != pair.key.value);
            is_free && is_block(&entry.key, own)
        }
        Value::Scalar(_) => entry.value.is_null(),
        Value::List(_) => false,
    }
}

/// Says whether what a key says fits the field of that name, and could not be an entry.
fn fits(fields: &[&str], pair: &Pair) -> bool {
    let Value::Map(below) = &pair.value.value else { return !BLOCKS.contains(&pair.key.value.as_str()) };
    let name = pair.key.value.as_str();
    let is_like_entry = below.iter().any(|pair| fields.contains(&pair.key.value.as_str()));
    match name {
        "clients" | "claims" => below.iter().all(|child| is_child(name, child)),
        _ if BLOCKS.contains(&name) => !is_like_entry && below.iter().all(|child| is_child(name, child)),
        _ => !is_like_entry,
    }
}

/// Says how much deeper a key belongs that stands right behind a block of names, not in it.
pub(super) fn too_far_left(key: &Sourced<String>, beside: &[Pair]) -> Option<String> {
    let before = beside.iter().take_while(|pair| pair.key.origin != key.origin).last()?;
    let Value::Map(below) = &before.value.value else { return None };
    let block = before.key.value.as_str();
    let pair = beside.iter().find(|pair| pair.key.origin == key.origin)?;
    let deeper = below.first()?.key.origin.column.checked_sub(key.origin.column).filter(|deeper| *deeper > 0)?;
    let is_below = below.first()?.key.origin.line > before.key.origin.line;
    let blanks = if deeper == 1 { "blank" } else { "blanks" };
    (is_child(block, pair) && is_below)
        .then(|| format!("It stands beside `{block}`; give it {deeper} more {blanks} to stand below it."))
}

/// Says whether a pair may stand in a block of names.
fn is_child(block: &str, pair: &Pair) -> bool {
    let has_only = |below: &[Pair], keys: &[&str]| below.iter().all(|pair| keys.contains(&pair.key.value.as_str()));
    match (block, &pair.value.value) {
        (_, Value::Scalar(_)) if pair.value.is_null() => false,
        ("scopes", Value::Scalar(_)) | ("clients", Value::List(_)) => true,
        ("require_claims", Value::Scalar(_) | Value::List(_)) => true,
        ("scopes", Value::Map(below)) => has_only(below, &SCOPE_KEYS),
        ("claims", Value::Map(below)) => has_only(below, &CLAIM_KEYS),
        _ => false,
    }
}

/// Says whether a mapping stands below its key: only then can it go on there.
fn is_block(key: &Sourced<String>, below: &[Pair]) -> bool {
    below.first().is_some_and(|first| first.key.origin.line > key.origin.line)
}

/// Makes a mapping of what stands below a key; like every block it stands where its first key does.
fn mapping(key: &Sourced<String>, pairs: Vec<Pair>) -> Node {
    let origin = pairs.first().map_or(&key.origin, |pair| &pair.key.origin).clone();
    Node { value: Value::Map(pairs), origin }
}

fn further_left(key: &Sourced<String>, beside: &Sourced<String>, what: &str) -> Diagnostic {
    let by = key.origin.column.saturating_sub(beside.origin.column);
    let (name, other) = (&key.value, &beside.value);
    let message = format!("`{name}` belongs {} further left, beside `{other}`", blanks(by));
    let hint = format!("Give its line {}, as `{other}` has.", blanks(beside.origin.column.saturating_sub(1)));
    Diagnostic::error(Code::UnknownKey, key.origin.clone(), message)
        .with_related(beside.origin.clone(), format!("beside {what}"))
        .with_hint(hint)
}

fn further_right(entry: Option<&Pair>, moved: &[Sourced<String>]) -> Option<Diagnostic> {
    let (entry, first) = (entry?, moved.first()?);
    // What was moved stands in the entry by now.
    let sibling = match &entry.value.value {
        Value::Map(own) => own.first().filter(|own| own.key.origin != first.origin),
        Value::Scalar(_) | Value::List(_) => None,
    };
    let column = sibling.map_or(entry.key.origin.column + STEP, |sibling| sibling.key.origin.column);
    let by = blanks(column.saturating_sub(first.origin.column));
    let names = nearest::list(moved.iter().map(|key| key.value.as_str()))?;
    let verb = if moved.len() == 1 { "belongs" } else { "belong" };
    let message = format!("{names} {verb} {by} further right, below `{}`", entry.key.value);
    let like = sibling.map(|sibling| format!(", as `{}` has", sibling.key.value)).unwrap_or_default();
    let line = if moved.len() == 1 { "its line" } else { "each of these lines" };
    let hint = format!("Give {line} {}{like}.", blanks(column.saturating_sub(1)));
    let diagnostic = Diagnostic::error(Code::UnknownKey, first.origin.clone(), message).with_hint(hint);
    Some(diagnostic.with_related(entry.key.origin.clone(), "below this entry"))
}

fn blanks(count: u32) -> String {
    match count {
        0 => "no blank".to_owned(),
        1 => "1 blank".to_owned(),
        _ => format!("{count} blanks"),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::document::parse;
    use std::sync::Arc;

    /// Parses a file and tells its problems, each as the line and the message.
    fn problems(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        let file: Arc<str> = Arc::from("gatewright.yaml");
        assert!(parse(&file, text, &mut problems).is_some(), "{text}");
        let line = |problem: &crate::diagnostic::Diagnostic| problem.primary.as_ref().map_or(0, |at| at.origin.line);
        problems.iter().map(|problem| format!("{}: {}", line(problem), problem.message)).collect()
    }

    #[test]
    fn a_shifted_key_is_one_problem() {
        let check = |text: &str, expected: &[&str]| assert_eq!(problems(text), expected, "{text}");
        check(
            "roles:\n  a:\n    name: A\n    b:\n    name: B\n    c:\n    name: C\n",
            &["6: `c` belongs 2 blanks further left, beside `a`", "4: `b` belongs 2 blanks further left, beside `a`"],
        );
        check(
            "roles:\n  a:\n    name: A\n    b:\n      name: B\n",
            &["4: `b` belongs 2 blanks further left, beside `a`"],
        );
        check(
            "oidc_apps:\n  a:\n  name: A\n  roles: [r]\n  b: { name: B }\n",
            &["3: `name`, `roles` belong 2 blanks further right, below `a`"],
        );
        check(
            "authorization_servers:\n a:\n     name: A\n claims:\n   name: { macro: x }\n",
            &["4: `claims` belongs 4 blanks further right, below `a`"],
        );
        check(
            "authorization_servers:\n  a:\n    clients:\n      b: [s]\n      unmanaged: keep\n      scopes:\n      s: S\n",
            &[
                "5: `unmanaged` belongs 2 blanks further left, beside `clients`",
                "6: `scopes` belongs 2 blanks further left, beside `clients`",
            ],
        );
        check(
            "authorization_servers:\n  a:\n    scopes:\n      s: S\n      clients:\n        b: [s]\n",
            &["5: `clients` belongs 2 blanks further left, beside `scopes`"],
        );
    }

    #[test]
    fn a_shifted_block_of_the_root_is_one_problem() {
        let check = |text: &str, expected: &[&str]| assert_eq!(problems(text), expected, "{text}");
        check(
            "roles:\n  a:\n    name: A\n  oidc_apps:\n  b:\n    name: B\n",
            &["4: `oidc_apps` belongs 2 blanks further left, beside `roles`"],
        );
        check(
            "tenant:\n  subdomain: acme\n  variables:\n  a: b\n  roles:\n  c: { name: C }\n",
            &[
                "3: `variables` belongs 2 blanks further left, beside `tenant`",
                "5: `roles` belongs 2 blanks further left, beside `tenant`",
            ],
        );
        check("roles:\n  oidc_apps:\n  a:\n", &[]);
        check("roles:\n  a:\n  variables:\n    name: V\n", &[]);
    }

    #[test]
    fn nothing_is_said_of_shifts_where_the_parser_stops() {
        let mut problems = Vec::new();
        let text = "roles:\n    a:\n    name: A\n  b:\n    name: B\n";
        assert!(parse(&Arc::from("gatewright.yaml"), text, &mut problems).is_none());
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    #[test]
    fn names_of_ones_own_may_be_those_of_fields() {
        let check = |text: &str| assert_eq!(problems(text), Vec::<String>::new(), "{text}");
        check("authorization_servers:\n  a:\n    name: A\n  clients:\n    name: B\n  scopes: { name: C }\n");
        check("authorization_servers:\n  a:\n    scopes:\n      name: Name\n      claims:\n        description: C\n");
        check("authorization_servers:\n  a:\n    claims:\n      b: { macro: b }\n      name: { macro: name }\n");
        check("authorization_servers:\n  a:\n    clients:\n      b: [s]\n      scopes: [s]\n");
        check("gateway_policies:\n  a:\n    require_claims:\n      b: c\n      format: [d]\n");
        check("roles:\n  a:\n    name: A\n    nmae:\n    ensure_users: []\n");
        check("roles:\n  a:\n    name: A\n    external:\n      name: B\n");
        check("variables:\n  a:\n    name: A\n    b:\n      name: B\n");
    }
}
