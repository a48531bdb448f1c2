//! Claims.

use super::{Mismatch, with_raw, writable};
use crate::api::wire::claim as wire;
use crate::model::{ClaimName, ClaimPatch, ClaimSource, LiveClaim, NewClaim, RemoteId};
use serde_json::{Map, Value};

/// What only OneLogin writes; `label` echoes the name.
const READ_ONLY: &[&str] = &["id", "label", "inherited", "safe_entitlements_enabled", "created_at", "updated_at"];

/// The name that older clients give to `attributes_transformations`; read, never sent.
const SINGULAR: &str = "attribute_transformations";

/// Reads a claim as listed.
pub(in crate::api) fn from_wire(answer: Value) -> Result<LiveClaim, Mismatch> {
    let (claim, raw) = with_raw(answer)?;
    let wire::Claim {
        id,
        name,
        user_attribute_mappings,
        user_attribute_macros,
        attributes_transformations,
        attribute_transformations,
        inherited,
    } = claim;
    Ok(LiveClaim {
        id: RemoteId(id),
        name: ClaimName::new(name),
        source: ClaimSource::from_mapping(user_attribute_mappings.as_deref(), user_attribute_macros.as_deref()),
        transformation: attributes_transformations.or(attribute_transformations),
        inherited: inherited.unwrap_or(false),
        raw,
    })
}

/// Makes the body that makes a claim and hands it on; the source's words live no longer.
pub(in crate::api) fn to_wire(claim: &NewClaim) -> Map<String, Value> {
    let NewClaim { name, source, transformation } = claim;
    let (mapping, macros) = source.to_mapping();
    let body = wire::NewClaim {
        name: name.as_str(),
        user_attribute_mappings: &mapping,
        user_attribute_macros: macros.as_deref(),
        attributes_transformations: transformation.as_deref().filter(|text| !text.is_empty()),
    };
    match serde_json::to_value(&body) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Returns the body that changes a claim: the live object with the changes laid over it.
pub(in crate::api) fn patched(live: &LiveClaim, patch: &ClaimPatch) -> Map<String, Value> {
    let ClaimPatch { name, source, transformation } = patch;
    let mut object = writable(&live.raw, READ_ONLY);
    object.remove(SINGULAR);
    object.insert("name".to_owned(), name.as_ref().unwrap_or(&live.name).as_str().into());
    if let Some(source) = source {
        let (mapping, macros) = source.to_mapping();
        object.insert("user_attribute_mappings".to_owned(), mapping.into());
        object.insert("user_attribute_macros".to_owned(), macros.into());
    }
    let transformation = transformation.as_ref().or(live.transformation.as_ref());
    let transformation = transformation.filter(|text| !text.is_empty());
    object.insert("attributes_transformations".to_owned(), transformation.cloned().into());
    object
}
