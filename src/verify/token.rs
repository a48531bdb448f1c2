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
