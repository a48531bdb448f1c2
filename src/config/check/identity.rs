//! Two entries that would be one live object.

use crate::diagnostic::{Code, Diagnostic, Origin};
use crate::model::{App, DesiredState, Entry, ExternalBy, Role, Server, text};
use std::collections::HashMap;

/// What an entry is found by, as far as the file tells.
struct Found<'a> {
    id: Option<(u64, &'a Origin)>,
    /// The natural key, exact.
    key: Option<(&'a str, &'a Origin)>,
}

/// Reports entries of one kind that share an id or a natural key.
pub(super) fn check(desired: &DesiredState, problems: &mut Vec<Diagnostic>) {
    refuse_twins("role", "name", desired.roles.values().map(role), problems);
    refuse_twins("OIDC app", "name", desired.apps.values().map(app), problems);
    refuse_twins("server", "identifier", desired.servers.values().map(server_by_identifier), problems);
    refuse_twins("server", "name", desired.servers.values().map(server_by_name), problems);
}

fn role(entry: &Entry<Role, ()>) -> Found<'_> {
    match entry {
        Entry::Present(Role { id, name, .. }) | Entry::Absent(Role { id, name, .. }) => Found {
            id: id.as_ref().map(|id| (id.value.0, &id.origin)),
            key: name.as_ref().map(|name| (name.value.as_str(), &name.origin)),
        },
        Entry::External(external) => by(&external.by, &external.origin),
    }
}

fn app(entry: &Entry<App, ()>) -> Found<'_> {
    match entry {
        Entry::Present(App { id, name, .. }) | Entry::Absent(App { id, name, .. }) => Found {
            id: id.as_ref().map(|id| (id.value.0, &id.origin)),
            key: name.as_ref().map(|name| (name.value.as_str(), &name.origin)),
        },
        Entry::External(external) => by(&external.by, &external.origin),
    }
}

/// Identifiers are unique in a tenant, so even pinned servers cannot share one.
fn server_by_identifier<E>(entry: &Entry<Server, E>) -> Found<'_> {
    match entry {
        Entry::Present(server) | Entry::Absent(server) => Found {
            id: None,
            key: server.resource_identifier.as_ref().map(|found| (found.value.as_str(), &found.origin)),
        },
        Entry::External(external) => Found { id: None, ..by(&external.by, &external.origin) },
    }
}

/// Names find a server only where it declares no identifier.
fn server_by_name<E>(entry: &Entry<Server, E>) -> Found<'_> {
    match entry {
        Entry::Present(server) | Entry::Absent(server) => Found {
            id: server.id.as_ref().map(|id| (id.value.0, &id.origin)),
            key: match &server.resource_identifier {
                Some(_) => None,
                None => server.name.as_ref().map(|name| (name.value.as_str(), &name.origin)),
            },
        },
        Entry::External(external) => Found { key: None, ..by(&external.by, &external.origin) },
    }
}

fn by<'a>(by: &'a ExternalBy, origin: &'a Origin) -> Found<'a> {
    match by {
        ExternalBy::Id(id) => Found { id: Some((id.0, origin)), key: None },
        ExternalBy::Name(name) => Found { id: None, key: Some((name, origin)) },
    }
}

fn refuse_twins<'a>(
    noun: &str,
    key_noun: &str,
    entries: impl Iterator<Item = Found<'a>>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut by_id: HashMap<u64, &Origin> = HashMap::new();
    let mut by_key: HashMap<String, (&Origin, bool)> = HashMap::new();
    for Found { id, key } in entries {
        if let Some((id, origin)) = id {
            match by_id.get(&id) {
                Some(first) => problems.push(twin(noun, "id", &id.to_string(), origin, first)),
                None => {
                    by_id.insert(id, origin);
                }
            }
        }
        let Some((name, origin)) = key else { continue };
        match by_key.get(text::canonical(name).as_ref()) {
            // Two live objects of one name are told apart by their pinned ids.
            Some((_, true)) if id.is_some() => {}
            Some((first, _)) => problems.push(twin(noun, key_noun, name, origin, first)),
            None => {
                by_key.insert(text::canonical(name).into_owned(), (origin, id.is_some()));
            }
        }
    }
}

fn twin(noun: &str, key: &str, value: &str, origin: &Origin, first: &Origin) -> Diagnostic {
    let (first, origin) = if first > origin { (origin, first) } else { (first, origin) };
    let hint = match key {
        "identifier" => "An identifier names one server: give one of the two another, or remove it.",
        "id" => "One object is one entry: remove one of the two.",
        _ => "Give one of the two another name, or pin both with `id:`.",
    };
    Diagnostic::error(Code::DuplicateIdentity, origin.clone(), format!("duplicate {noun} {key} `{value}`"))
        .with_related(first.clone(), "first used here")
        .with_hint(hint)
}
