//! References of a document: an id, or the name of what is meant.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::DocumentError;
use crate::emulator::state::tables::State;

/// Returns the members a role lists, and when each was added.
pub(super) fn members(state: &State, listed: &[Value]) -> Result<BTreeMap<u64, i64>, DocumentError> {
    let mut all = BTreeMap::new();
    for entry in listed {
        let (user, added) = match entry {
            Value::Object(fields) => {
                let added =
                    fields.get("added_at").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
                (fields.get("user").unwrap_or(&Value::Null), added.map_or(0, Timestamp::as_millisecond))
            }
            reference => (reference, 0),
        };
        all.insert(user_named(state, user)?, added);
    }
    Ok(all)
}

fn dangling(kind: &'static str, reference: &Value) -> DocumentError {
    DocumentError::Dangling { kind, name: reference.to_string() }
}

pub(super) fn app_named(state: &State, reference: &Value) -> Result<u64, DocumentError> {
    let found = match reference {
        Value::String(name) => state.apps.iter().find(|(_, app)| app.name == *name).map(|(&id, _)| id),
        other => other.as_u64().filter(|id| state.apps.contains_key(id)),
    };
    found.ok_or_else(|| dangling("app", reference))
}

pub(super) fn role_named(state: &State, reference: &Value) -> Result<u64, DocumentError> {
    let found = match reference {
        Value::String(name) => state.roles.iter().find(|(_, role)| role.name == *name).map(|(&id, _)| id),
        other => other.as_u64().filter(|id| state.roles.contains_key(id)),
    };
    found.ok_or_else(|| dangling("role", reference))
}

pub(super) fn user_named(state: &State, reference: &Value) -> Result<u64, DocumentError> {
    let found = match reference {
        Value::String(name) => state
            .users
            .iter()
            .find(|(_, user)| user.email.as_ref() == Some(name) || user.username.as_ref() == Some(name))
            .map(|(&id, _)| id),
        other => other.as_u64().filter(|id| state.users.contains_key(id)),
    };
    found.ok_or_else(|| dangling("user", reference))
}

pub(super) fn scope_named(state: &State, server: u64, reference: &Value) -> Result<u64, DocumentError> {
    let found = match reference {
        Value::String(value) => state.scopes_of(server).find(|(_, scope)| scope.value == *value).map(|(id, _)| id),
        other => other.as_u64().filter(|&id| state.scopes.contains_key(&(server, id))),
    };
    found.ok_or_else(|| dangling("scope", reference))
}
