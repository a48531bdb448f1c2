//! Keys, tokens and files of the gateway's tests.

use std::sync::OnceLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{self, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The moment at which the tests take place.
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) const ISSUER: &str = "https://acme.onelogin.com/oidc/2";
pub(super) const JWKS_URL: &str = "https://acme.onelogin.com/oidc/2/certs";
pub(super) const AUDIENCE: &str = "https://contacts.example.com";

/// Makes an RSA key once a test binary; it takes a tenth of a second.
fn rsa(key: &'static OnceLock<KeyPair>) -> &'static KeyPair {
    key.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

/// The key of the tenant.
pub(super) fn own_key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    rsa(&KEY)
}

/// A key of somebody else.
pub(super) fn foreign_key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    rsa(&KEY)
}

/// An elliptic-curve key of the tenant.
pub(super) fn curve_key() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The tenant's key set.
pub(super) fn key_set() -> Value {
    let key = own_key().public_key();
    let point = curve_key().public_key().as_ref();
    json!({"keys": [
        {
            "kty": "RSA", "use": "sig", "kid": "own",
            "n": encode(key.modulus().big_endian_without_leading_zero()),
            "e": encode(key.exponent().big_endian_without_leading_zero()),
        },
        {"kty": "EC", "crv": "P-256", "kid": "curve", "x": encode(&point[1..33]), "y": encode(&point[33..65])},
    ]})
}

/// Answers with the tenant's key set, to its URL only.
pub(super) fn keys(url: &str) -> Option<Value> {
    (url == JWKS_URL).then(key_set)
}

/// The claims of a token that every policy of the tests accepts.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "7",
        "exp": NOW + 600,
        "nbf": NOW - 10,
        "scope": "contacts:read contacts:write",
        "client_id": "batch",
        "tier": "gold",
    })
}

/// The claims with one of them changed, or removed by null.
pub(super) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let object = claims.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    claims
}

fn signing_input(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
}

/// Signs with an RSA key and SHA-256, whatever the header says.
pub(super) fn sign(key: &KeyPair, header: &Value, claims: &Value) -> String {
    let input = signing_input(header, claims);
    let mut made = vec![0; key.public_modulus_len()];
    let random = SystemRandom::new();
    key.sign(&signature::RSA_PKCS1_SHA256, &random, input.as_bytes(), &mut made).unwrap();
    format!("{input}.{}", encode(made))
}

/// Signs with the elliptic-curve key.
pub(super) fn sign_curve(header: &Value, claims: &Value) -> String {
    let input = signing_input(header, claims);
    let made = curve_key().sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", encode(made))
}

/// Signs with a shared secret.
pub(super) fn sign_secret(secret: &str, header: &Value, claims: &Value) -> String {
    let input = signing_input(header, claims);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let made = aws_lc_rs::hmac::sign(&key, input.as_bytes());
    format!("{input}.{}", encode(made))
}

/// An unsigned token.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.", signing_input(header, claims))
}

/// A token of the tenant with these claims.
pub(super) fn token(claims: &Value) -> String {
    sign(own_key(), &json!({"alg": "RS256", "typ": "JWT", "kid": "own"}), claims)
}

/// The configuration that a policy for the tests' API has.
pub(super) fn config() -> Value {
    json!({
        "jwtOrigin": "httpBearerAuthenticationHeader",
        "signingMethod": "rsa",
        "signingKeyLength": 256,
        "jwtKeyOrigin": "jwks",
        "jwksUrl": JWKS_URL,
        "jwksServiceTimeToLive": 60,
        "jwksServiceConnectionTimeout": 10000,
        "skipClientIdValidation": true,
        "validateAudClaim": true,
        "mandatoryAudClaim": true,
        "supportedAudiences": AUDIENCE,
        "mandatoryExpClaim": true,
        "mandatoryNbfClaim": false,
        "validateCustomClaim": true,
        "mandatoryCustomClaims": [
            {"key": "iss", "value": ISSUER},
            {"key": "scope", "value": "#[(vars.claimSet.scope splitBy ' ') contains 'contacts:read']"},
        ],
        "nonMandatoryCustomClaims": [],
    })
}

/// The configuration with one key changed, or removed by null.
pub(super) fn config_with(changes: &[(&str, Value)]) -> Value {
    let mut config = config();
    let object = config.as_object_mut().unwrap();
    for (key, value) in changes {
        if value.is_null() {
            object.remove(*key);
        } else {
            object.insert((*key).to_owned(), value.clone());
        }
    }
    config
}
