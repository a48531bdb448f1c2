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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::emulator::gateway::testing::encode;

    fn compact(header: &str, claims: &str) -> String {
        format!("{}.{}.AAAA", encode(header), encode(claims))
    }

    #[test]
    fn well_formed_tokens() {
        let token = Token::parse(&compact(r#"{"alg":"RS256","kid":"k"}"#, r#"{"a":1}"#)).unwrap();
        assert_eq!(token.algorithm, "RS256");
        assert_eq!(token.key_id.as_deref(), Some("k"));
        assert_eq!(json!(token.claims), json!({"a": 1}));
        let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode("{}"));
        assert!(Token::parse(&unsigned).is_some_and(|token| token.signature.is_empty()));
    }

    #[test]
    fn malformed_tokens() {
        let good = compact(r#"{"alg":"RS256"}"#, "{}");
        assert!(Token::parse(&good).is_some());
        let two_parts = good.rsplit_once('.').unwrap().0;
        let bad = [
            String::new(),
            "a.b.c".to_owned(),
            two_parts.to_owned(),
            format!("{good}.AAAA"),
            format!("{good}="),
            format!("{good} "),
            format!(" {good}"),
            // Trailing bits that are not zero.
            format!("{two_parts}.AAB"),
            compact(r#"{"alg":"RS256","alg":"none"}"#, "{}"),
            compact(r#"{"alg":"RS256"}"#, r#"{"exp":1,"exp":2}"#),
            compact(r#"{"alg":"RS256"}"#, "[]"),
            compact(r#"{"alg":256}"#, "{}"),
            compact("{}", "{}"),
            compact(r#"{"alg":"RS256","kid":1}"#, "{}"),
            compact(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}"),
            compact(r#"{"alg":"RS256"}"#, &format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST_BYTES))),
        ];
        for token in bad {
            assert!(Token::parse(&token).is_none(), "{token}");
        }
    }

    proptest! {
        #[test]
        fn a_token_has_one_spelling(signature in "[A-Za-z0-9_=+/.-]{0,12}") {
            let signed = format!("{}.{}", encode(r#"{"alg":"RS256"}"#), encode("{}"));
            let text = format!("{signed}.{signature}");
            if let Some(token) = Token::parse(&text) {
                prop_assert_eq!(&token.signed, signed.as_bytes());
                prop_assert_eq!(encode(&token.signature), signature);
            }
        }
    }
}
