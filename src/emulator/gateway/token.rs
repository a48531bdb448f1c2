//! Compact signed tokens, taken apart strictly.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::document::object_from_json;

/// Longest token that is read; headers of this size are refused by most gateways anyway.
const LONGEST_BYTES: usize = 64 * 1024;

/// A token whose parts are well-formed and whose signature nobody has checked yet.
#[derive(Debug)]
pub(super) struct Token {
    /// Value of the header's `alg`.
    pub(super) algorithm: String,
    /// Value of the header's `kid`.
    pub(super) key_id: Option<String>,
    /// The claims, as the token says them.
    pub(super) claims: Map<String, Value>,
    /// The bytes that are signed.
    pub(super) signed: Vec<u8>,
    /// The signature; empty in an unsigned token.
    pub(super) signature: Vec<u8>,
}

impl Token {
    /// Takes a compact token apart.
    ///
    /// Returns none where it is not three base64url parts without padding, where header or claims are not JSON
    /// objects with unique keys, or where the header asks for an extension (`crit`), which nothing here knows.
    pub(super) fn parse(compact: &str) -> Option<Self> {
        if compact.len() > LONGEST_BYTES {
            return None;
        }
        let (signed, signature) = compact.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if claims.contains('.') {
            return None;
        }
        let header = object_from_json(&decode(header)?)?;
        if header.contains_key("crit") {
            return None;
        }
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(key_id)) => Some(key_id.clone()),
            Some(_) => return None,
        };
        Some(Self {
            algorithm: header.get("alg")?.as_str()?.to_owned(),
            key_id,
            claims: object_from_json(&decode(claims)?)?,
            signed: signed.as_bytes().to_vec(),
            signature: decode(signature)?,
        })
    }
}

/// Decodes base64url without padding; trailing bits have to be zero.
pub(super) fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
