//! Who may use a client, and how it gets its tokens.

use super::change::{AccessChange, list};
use super::state::{Access, Labels};
use crate::diff::{AppOperation, Change, Edit, FieldChange, Impact};
use serde_json::Value;
use std::collections::BTreeSet;

/// Finds what a plan changes about the roles that open clients, the places their tokens are sent to, and how they sign in.
///
/// Shape: for each API that the client is bound to before and after; elsewhere its grants say all there is to say.
pub(super) fn find(before: &Access, after: &Access, labels: &Labels<'_>, changes: &[&Change]) -> Vec<AccessChange> {
    let mut found = Vec::new();
    for change in changes {
        let Edit::App(AppOperation::Update { id, .. }) = &change.edit else { continue };
        let client = labels.app(*id);
        let stays = |server: &&String| is_bound(before, server, &client) && is_bound(after, server, &client);
        for server in before.servers.keys().filter(stays) {
            let said = change.fields.iter().flat_map(|field| sentences(field, &client, server));
            found.extend(said.map(|(impact, sentence)| AccessChange {
                impact,
                server: server.clone(),
                client: Some(client.clone()),
                policy: None,
                scopes: Vec::new(),
                sentence,
            }));
        }
    }
    found
}

/// Says whether a client is bound to a server.
pub(super) fn is_bound(access: &Access, server: &str, client: &str) -> bool {
    let clients = access.servers.get(server).and_then(|server| server.clients.as_ref());
    clients.is_some_and(|clients| clients.contains_key(client))
}

fn sentences(field: &FieldChange, client: &str, server: &str) -> Vec<(Impact, String)> {
    let FieldChange { path, before, after } = field;
    let (gained, lost) = (more(after, before), more(before, after));
    let (more, less): (Said, Said) = match *path {
        "roles" => (
            (Impact::Widens, format!("`{client}`, a client of `{server}`, opens to role")),
            (Impact::Narrows, format!("`{client}`, a client of `{server}`, closes to role")),
        ),
        "redirect_uris" => (
            (Impact::Widens, format!("`{client}` may take tokens for `{server}` at")),
            (Impact::Breaks, format!("`{client}` no longer takes tokens for `{server}` at")),
        ),
        "application_type" | "token_endpoint_auth_method" => {
            let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let sentence = format!(
                "`{client}` gets tokens for `{server}` only with {path} `{}`, not `{}` as today",
                words(after),
                words(before)
            );
            return vec![(Impact::Breaks, sentence)];
        }
        _ => return Vec::new(),
    };
    let say = |(impact, words): Said, names: Vec<&str>| {
        (!names.is_empty()).then(|| (impact, format!("{words} {}", list(names))))
    };
    say(more, gained).into_iter().chain(say(less, lost)).collect()
}

type Said = (Impact, String);

/// Returns what one list of texts holds and another does not.
fn more<'a>(one: &'a Value, other: &Value) -> Vec<&'a str> {
    let other: BTreeSet<&str> = other.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let one = one.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.filter(|text| !other.contains(text)).collect()
}
