//! Between the wire and `model`, both ways, one file a kind.
//!
//! Nothing is guessed: what cannot be said in `model`'s words is a [`Mismatch`], which becomes an unreadable answer.

pub(super) mod app;
pub(super) mod claim;
pub(super) mod client;
pub(super) mod role;
pub(super) mod scope;
pub(super) mod server;
#[cfg(test)]
mod tests;

use crate::model::RawObject;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What an answer lacks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch(pub(super) String);

/// Reads a JSON object twice: as it is, and as what it should be.
fn with_raw<T: DeserializeOwned>(answer: Value) -> Result<(T, RawObject), Mismatch> {
    // The derived reader would take an array for the fields in their order.
    let Value::Object(object) = answer else { return Err(Mismatch("an object was expected".into())) };
    let read = T::deserialize(&object).map_err(|error| Mismatch(error.to_string()))?;
    Ok((read, RawObject(object)))
}

/// Returns a live object's keys without those that only OneLogin writes.
fn writable(raw: &RawObject, read_only: &[&str]) -> Map<String, Value> {
    raw.0.iter().filter(|(key, _)| !read_only.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Lays a value over an object, where there is one.
fn lay(object: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}
