//! Scopes.

use super::{Mismatch, with_raw, writable};
use crate::api::wire::scope as wire;
use crate::model::{LiveScope, NewScope, RemoteId, ScopePatch, ScopeValue, text};
use serde_json::{Map, Value};

/// What only OneLogin writes.
const READ_ONLY: &[&str] = &["id", "inherited", "created_at", "updated_at"];

/// Reads a scope as listed.
pub(in crate::api) fn from_wire(answer: Value) -> Result<LiveScope, Mismatch> {
    let (wire::Scope { id, value, description, inherited }, raw) = with_raw(answer)?;
    let inherited = inherited.unwrap_or(false);
    Ok(LiveScope { id: RemoteId(id), value: ScopeValue::new(value), description, inherited, raw })
}

/// Returns the body that makes a scope.
pub(in crate::api) fn to_wire(scope: &NewScope) -> wire::NewScope<'_> {
    let NewScope { value, description } = scope;
    wire::NewScope { value: value.as_str(), description }
}

/// Returns the body that changes a scope: the live object with the changes laid over it.
pub(in crate::api) fn patched(live: &LiveScope, patch: &ScopePatch) -> Map<String, Value> {
    let ScopePatch { value, description } = patch;
    let mut object = writable(&live.raw, READ_ONLY);
    let live_description = text::canonical(live.description.as_deref().unwrap_or_default());
    let description = description.clone().unwrap_or_else(|| live_description.into_owned());
    object.insert("value".to_owned(), value.as_ref().unwrap_or(&live.value).as_str().into());
    object.insert("description".to_owned(), description.into());
    object
}
