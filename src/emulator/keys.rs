//! Signing keys: one RSA key an account, its public half as a JWK, and tokens signed with it.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// An RSA key that signs RS256 tokens.
pub(crate) struct SigningKey {
    pair: KeyPair,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    kid: String,
}

impl SigningKey {
    /// Makes a new key.
    pub(crate) fn generate() -> Option<SigningKey> {
        Some(SigningKey::new(KeyPair::generate(KeySize::Rsa2048).ok()?))
    }

    /// Reads a key from base64 of PKCS#8.
    pub(crate) fn from_text(text: &str) -> Option<SigningKey> {
        let der = STANDARD.decode(text).ok()?;
        Some(SigningKey::new(KeyPair::from_pkcs8(&der).ok()?))
    }

    /// Returns the key as base64 of PKCS#8.
    pub(crate) fn to_text(&self) -> Option<String> {
        Some(STANDARD.encode(self.pair.as_der().ok()?.as_ref()))
    }

    fn new(pair: KeyPair) -> SigningKey {
        let modulus = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
        let exponent = pair.public_key().exponent().big_endian_without_leading_zero().to_vec();
        let kid = thumbprint(&modulus, &exponent);
        SigningKey { pair, modulus, exponent, kid }
    }

    /// Returns the key id: the RFC 7638 thumbprint. Source: reference section 7.2, computed from a live key set.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the public half, with the members the vendor shows and no `alg`. Source: reference section 7.2.
    pub(crate) fn jwk(&self) -> Value {
        json!({
            "kty": "RSA", "e": URL_SAFE_NO_PAD.encode(&self.exponent), "use": "sig", "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(&self.modulus), "status": "active",
        })
    }

    /// Signs a token with the header and claims as given.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Option<String> {
        let input = unsigned(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).ok()?;
        Some(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Signs claims the way the vendor does. Source: reference section 7.4.
    pub(crate) fn mint(&self, claims: &Value) -> Option<String> {
        self.sign(&json!({"alg": "RS256", "typ": "JWT", "kid": self.kid}), claims)
    }

    /// Returns the claims of a token that this key signed.
    pub(crate) fn verified(&self, token: &str) -> Option<Map<String, Value>> {
        let (input, signature) = token.rsplit_once('.')?;
        let public = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        public.verify(&RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &signature).ok()?;
        let (_, claims) = input.split_once('.')?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

/// Returns the first two parts of a token.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn thumbprint(modulus: &[u8], exponent: &[u8]) -> String {
    let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprint_follows_the_example_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb\
                 9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls\
                 1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let n = URL_SAFE_NO_PAD.decode(n).unwrap();
        assert_eq!(thumbprint(&n, &[1, 0, 1]), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_key_knows_its_own_tokens_only() {
        let (own, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let token = own.mint(&json!({"sub": "1"})).unwrap();
        assert_eq!(own.verified(&token).unwrap().get("sub"), Some(&json!("1")));
        assert!(other.verified(&token).is_none());
        let again = SigningKey::from_text(&own.to_text().unwrap()).unwrap();
        assert_eq!(again.kid(), own.kid());
    }
}
