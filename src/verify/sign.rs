//! Makes tokens that no provider would: with a key of our own, or without one.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// A key that is not the tenant's.
pub(super) struct ForeignKey(KeyPair);

impl ForeignKey {
    /// Makes a new key; `None` where the system has no randomness.
    pub(super) fn generate() -> Option<Self> {
        KeyPair::generate(KeySize::Rsa2048).ok().map(Self)
    }

    /// Returns modulus and exponent, base64url.
    #[cfg(test)]
    pub(super) fn public(&self) -> (String, String) {
        use aws_lc_rs::signature::KeyPair as _;
        let key = self.0.public_key();
        let (n, e) = (key.modulus(), key.exponent());
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        (encode(n.big_endian_without_leading_zero()), encode(e.big_endian_without_leading_zero()))
    }

    /// Signs claims under a header that still names the tenant's key, so that the signature is all that differs.
    pub(super) fn sign(&self, header: &Map<String, Value>, claims: &Map<String, Value>) -> Option<SecretString> {
        let input = unsigned(header, claims);
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).ok()?;
        Some(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

/// Returns the claims under `alg: none`, with an empty signature.
pub(super) fn without_signature(claims: &Map<String, Value>) -> SecretString {
    let header = Map::from_iter([("alg".to_owned(), "none".into()), ("typ".to_owned(), "JWT".into())]);
    format!("{}.", unsigned(&header, claims)).into()
}

fn unsigned(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    let part = |map: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(map.clone()).to_string());
    format!("{}.{}", part(header), part(claims))
}
