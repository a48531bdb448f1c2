//! Asks for tokens and opens them.

use super::subject::{Credentials, Subject};
use crate::api::{Grant, Jwk, OidcClient, TokenReply};
use crate::model::ScopeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

/// A token, opened.
pub(super) struct Opened {
    pub(super) token: SecretString,
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
}

impl Opened {
    /// Opens a token without believing it; `None` where it is no JWT.
    pub(super) fn read(token: SecretString) -> Option<Self> {
        let (header, claims) = {
            let mut parts = token.expose_secret().split('.');
            let part = |text: Option<&str>| -> Option<Map<String, Value>> {
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text?).ok()?).ok()
            };
            let opened = (part(parts.next())?, part(parts.next())?);
            (parts.count() == 1).then_some(opened)?
        };
        Some(Self { token, header, claims })
    }

    /// Returns the words of the `scope` claim.
    pub(super) fn scopes(&self) -> Vec<&str> {
        self.claims.get("scope").and_then(Value::as_str).unwrap_or_default().split_whitespace().collect()
    }
}

/// Asks for a token; without a resource it is a plain one. The error says what came instead.
pub(super) async fn mint(
    oidc: &OidcClient,
    subject: &Subject<'_>,
    credentials: &Credentials,
    resource: Option<&str>,
    scopes: &[ScopeValue],
) -> Result<SecretString, String> {
    let words = scopes.iter().map(ScopeValue::as_str);
    let resource = resource.map(str::to_owned);
    let grant = match (&credentials.password, &subject.probe.user) {
        (Some(password), Some(user)) => Grant::Password {
            username: user.name.value.clone(),
            password: password.clone(),
            resource,
            // Source: the password grant is refused without `openid`.
            scope: std::iter::once("openid").chain(words).collect::<Vec<_>>().join(" "),
        },
        _ => {
            let scope = (!scopes.is_empty()).then(|| words.collect::<Vec<_>>().join(" "));
            Grant::ClientCredentials { resource, scope }
        }
    };
    match oidc.token(&credentials.app, &grant).await {
        Ok(TokenReply::Granted(answer)) => Ok(answer.access_token),
        Ok(TokenReply::Refused(refusal)) => {
            let description = refusal.description.map(|text| format!(": {text}")).unwrap_or_default();
            Err(format!("{} {}{description}", refusal.status, refusal.error))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Checks a token's signature against the tenant's keys; the error says what is wrong with it.
pub(super) fn check_signature(token: &SecretString, keys: &[Jwk]) -> Result<String, String> {
    let token = token.expose_secret();
    let header = decode_header(token).map_err(|_| "the header is no JWT header".to_owned())?;
    if header.alg != Algorithm::RS256 {
        return Err(format!("it is signed with {:?}", header.alg));
    }
    let fits = |key: &&Jwk| key.kty == "RSA" && (header.kid.is_none() || key.kid == header.kid);
    let key = keys.iter().find(fits).ok_or_else(|| match &header.kid {
        Some(kid) => format!("no key has the id `{kid}`"),
        None => "there is no RSA key".to_owned(),
    })?;
    let (Some(n), Some(e)) = (&key.n, &key.e) else { return Err("the key has no modulus or exponent".to_owned()) };
    let decoding = DecodingKey::from_rsa_components(n, e).map_err(|_| "the key cannot be read".to_owned())?;
    // Only the signature is asked for: the claims are checked one by one, so that each is reported.
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    match decode::<Map<String, Value>>(token, &decoding, &validation) {
        Ok(_) => Ok(format!("RS256, key `{}`", key.kid.as_deref().unwrap_or_default())),
        Err(_) => Err("the signature does not fit the key".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Opened, check_signature};
    use crate::api::Jwk;
    use crate::verify::sign::{ForeignKey, without_signature};
    use aws_lc_rs::hmac;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;
    use secrecy::{ExposeSecret, SecretString};
    use serde_json::{Map, Value, json};
    use std::sync::LazyLock;

    /// The tenant's key, another one, and a token of the first.
    static STAGE: LazyLock<(ForeignKey, ForeignKey, String)> = LazyLock::new(|| {
        let (own, other) = (ForeignKey::generate().unwrap(), ForeignKey::generate().unwrap());
        let token = own.sign(&header("RS256", json!("own")), &claims()).unwrap();
        (own, other, token.expose_secret().to_owned())
    });

    fn header(algorithm: &str, kid: Value) -> Map<String, Value> {
        Map::from_iter([("alg".to_owned(), algorithm.into()), ("kid".to_owned(), kid)])
    }

    fn claims() -> Map<String, Value> {
        Map::from_iter([("iss".to_owned(), "https://acme.onelogin.com/oidc/2".into()), ("exp".to_owned(), 1.into())])
    }

    fn keys() -> Vec<Jwk> {
        let (n, e) = STAGE.0.public();
        let jwk = |kid: &str, kty: &str, n: Option<String>| Jwk {
            kty: kty.to_owned(),
            kid: Some(kid.to_owned()),
            usage: Some("sig".to_owned()),
            alg: None,
            n,
            e: Some(e.clone()),
        };
        let noise = jwk("noise", "RSA", Some("not base64!".to_owned()));
        vec![jwk("own", "EC", None), noise, jwk("own", "RSA", Some(n)), jwk("bare", "RSA", None)]
    }

    fn accepts(token: &str) -> bool {
        check_signature(&SecretString::from(token.to_owned()), &keys()).is_ok()
    }

    #[test]
    fn only_the_tenants_signature_counts() {
        let (own, other, token) = &*STAGE;
        assert!(accepts(token));
        let signed = |key: &ForeignKey, header: &Map<String, Value>| {
            key.sign(header, &claims()).unwrap().expose_secret().to_owned()
        };
        let mut refused = vec![
            signed(other, &header("RS256", json!("own"))),
            signed(own, &header("RS384", json!("own"))),
            signed(own, &header("none", json!("own"))),
            signed(own, &header("HS256", json!("own"))),
            signed(own, &header("RS256", json!("bare"))),
            signed(own, &header("RS256", json!("noise"))),
            signed(own, &header("RS256", json!("nobody"))),
            signed(own, &header("RS256", json!(["own"]))),
            signed(own, &header("RS256", json!(7))),
            without_signature(&claims()).expose_secret().to_owned(),
        ];
        // A shared secret that is public: the modulus.
        let input = token.rsplit_once('.').unwrap().0.split_once('.').unwrap().1;
        let head = URL_SAFE_NO_PAD.encode(Value::Object(header("HS256", json!("own"))).to_string());
        let input = format!("{head}.{input}");
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, STAGE.0.public().0.as_bytes()), input.as_bytes());
        refused.push(format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac)));
        for end in ["", ".", ".x", "=", " ", "\n", "AA"] {
            refused.push(format!("{token}{end}x"));
            if !end.is_empty() {
                refused.push(format!("{token}{end}"));
                refused.push(format!("{end}{token}"));
            }
        }
        refused.push(format!("{}.{}", "A".repeat(1 << 20), token));
        refused.push(".".repeat(1 << 20));
        for token in refused {
            assert!(!accepts(&token), "{}", token.get(..200).unwrap_or(&token));
        }
        // A key set without the key, or without anything.
        let secret = SecretString::from(token.clone());
        assert!(check_signature(&secret, &[]).is_err());
        assert!(keys().iter().all(|key| key.kty == "RSA" && key.kid.as_deref() == Some("own") && key.n.is_some()
            || check_signature(&secret, std::slice::from_ref(key)).is_err()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// A token that is not the very one that was signed is not accepted, and nothing breaks down over it.
        #[test]
        fn a_damaged_token_is_not_accepted(
            edits in prop::collection::vec((any::<prop::sample::Index>(), "[A-Za-z0-9_=.+/ \u{e9}-]{0,3}", 0..3_usize), 1..3),
        ) {
            let token = &STAGE.2;
            let mut damaged: Vec<char> = token.chars().collect();
            for (place, text, drop) in edits {
                let at = place.index(damaged.len() + 1);
                let end = (at + drop).min(damaged.len());
                damaged.splice(at..end, text.chars());
            }
            let damaged: String = damaged.into_iter().collect();
            prop_assert_eq!(accepts(&damaged), damaged == *token);
            if let Some(opened) = Opened::read(damaged.into()) {
                let _words = opened.scopes();
            }
        }

        #[test]
        fn any_text_is_opened_or_not(text in "\\PC{0,40}\\.?\\PC{0,40}\\.?\\PC{0,40}") {
            prop_assert!(!accepts(&text));
            let _opened = Opened::read(text.into());
        }
    }
}
