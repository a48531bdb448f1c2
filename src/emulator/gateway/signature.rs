//! Signing algorithms, the keys they take, and the check of a signature.

use aws_lc_rs::{
    hmac,
    signature::{self, ParsedPublicKey, RsaPublicKeyComponents},
};
use serde_json::Value;

use super::token::{Token, decode};

/// Family of a signing algorithm, the policy's `signingMethod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Rsa,
    Hmac,
    EllipticCurve,
}

/// Length of the hash, the policy's `signingKeyLength`. It says nothing about the size of an RSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HashBits {
    B256,
    B384,
    B512,
}

/// The one algorithm that a policy accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Algorithm {
    pub(super) family: Family,
    pub(super) bits: HashBits,
}

impl Algorithm {
    /// Returns the value a token's `alg` has to have.
    ///
    /// Source: RFC 7518, section 3.1.
    pub(super) fn name(self) -> &'static str {
        match (self.family, self.bits) {
            (Family::Rsa, HashBits::B256) => "RS256",
            (Family::Rsa, HashBits::B384) => "RS384",
            (Family::Rsa, HashBits::B512) => "RS512",
            (Family::Hmac, HashBits::B256) => "HS256",
            (Family::Hmac, HashBits::B384) => "HS384",
            (Family::Hmac, HashBits::B512) => "HS512",
            (Family::EllipticCurve, HashBits::B256) => "ES256",
            (Family::EllipticCurve, HashBits::B384) => "ES384",
            (Family::EllipticCurve, HashBits::B512) => "ES512",
        }
    }

    fn rsa(self) -> &'static signature::RsaParameters {
        match self.bits {
            HashBits::B256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            HashBits::B384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            HashBits::B512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        }
    }

    fn elliptic_curve(self) -> &'static signature::EcdsaVerificationAlgorithm {
        match self.bits {
            HashBits::B256 => &signature::ECDSA_P256_SHA256_FIXED,
            HashBits::B384 => &signature::ECDSA_P384_SHA384_FIXED,
            HashBits::B512 => &signature::ECDSA_P521_SHA512_FIXED,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self.bits {
            HashBits::B256 => hmac::HMAC_SHA256,
            HashBits::B384 => hmac::HMAC_SHA384,
            HashBits::B512 => hmac::HMAC_SHA512,
        }
    }

    /// Returns the curve of an elliptic-curve key, as a JWK writes it, and the bytes of one coordinate.
    fn curve(self) -> (&'static str, usize) {
        match self.bits {
            HashBits::B256 => ("P-256", 32),
            HashBits::B384 => ("P-384", 48),
            HashBits::B512 => ("P-521", 66),
        }
    }
}

/// A key that checks signatures.
pub(super) enum Key {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Public(ParsedPublicKey),
    Secret(Box<hmac::Key>),
}

impl Key {
    /// Makes a key from the policy's `textKey`.
    ///
    /// Returns none where the text is not a key of the algorithm: for `hmac` a secret of exactly 32, 48 or 64
    /// characters, otherwise the base64 of a public key (the PEM text without its BEGIN and END lines).
    pub(super) fn from_text(algorithm: Algorithm, text: &str) -> Option<Self> {
        if algorithm.family == Family::Hmac {
            let length = match algorithm.bits {
                HashBits::B256 => 32,
                HashBits::B384 => 48,
                HashBits::B512 => 64,
            };
            return (text.chars().count() == length)
                .then(|| Self::Secret(Box::new(hmac::Key::new(algorithm.hmac(), text.as_bytes()))));
        }
        let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, packed).ok()?;
        Self::public(algorithm, &der)
    }

    /// Makes a key from one entry of a key set, or none where it does not fit the algorithm.
    pub(super) fn from_jwk(algorithm: Algorithm, jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let is_for_signatures = text("use").is_none_or(|usage| usage == "sig");
        let is_for_algorithm = text("alg").is_none_or(|name| name == algorithm.name());
        if !is_for_signatures || !is_for_algorithm {
            return None;
        }
        match (algorithm.family, text("kty")?) {
            (Family::Rsa, "RSA") => Some(Self::Rsa { modulus: decode(text("n")?)?, exponent: decode(text("e")?)? }),
            (Family::EllipticCurve, "EC") => {
                let (curve, length) = algorithm.curve();
                let (x, y) = (decode(text("x")?)?, decode(text("y")?)?);
                if text("crv")? != curve || x.len() != length || y.len() != length {
                    return None;
                }
                // An uncompressed point: 4, then both coordinates (SEC 1, section 2.3.3).
                Self::public(algorithm, &[&[4], x.as_slice(), y.as_slice()].concat())
            }
            _ => None,
        }
    }

    fn public(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let parsed = match algorithm.family {
            Family::Rsa => ParsedPublicKey::new(algorithm.rsa(), bytes),
            Family::EllipticCurve => ParsedPublicKey::new(algorithm.elliptic_curve(), bytes),
            Family::Hmac => return None,
        };
        parsed.ok().map(Self::Public)
    }

    /// Tells whether this key made the signature of the token.
    pub(super) fn verifies(&self, algorithm: Algorithm, token: &Token) -> bool {
        match self {
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(algorithm.rsa(), &token.signed, &token.signature)
                .is_ok(),
            Self::Public(key) => key.verify_sig(&token.signed, &token.signature).is_ok(),
            Self::Secret(key) => hmac::verify(key, &token.signed, &token.signature).is_ok(),
        }
    }
}
