//! Roles.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A role, listed or read. Some tenants put the members beside it; they are not read from there.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Role {
    pub(in crate::api) id: u64,
    pub(in crate::api) name: String,
}

/// A role's name, to make or to rename it. Members and apps have requests of their own.
#[derive(Debug, Serialize)]
pub(in crate::api) struct RoleName<'a> {
    pub(in crate::api) name: &'a str,
}

/// Reads the id of a new role: an object live, an array of one in the documentation's sample.
pub(in crate::api) fn created_id(body: &[u8]) -> Option<u64> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let object = match &answer {
        Value::Array(rows) => match rows.as_slice() {
            [row] => row,
            _ => return None,
        },
        object => object,
    };
    object.get("id")?.as_u64()
}
