//! Apps: `/api/2/apps`.

use serde::{Deserialize, Deserializer, Serialize};

/// An app as listed.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct AppRow {
    pub(in crate::api) id: u64,
    pub(in crate::api) name: String,
    pub(in crate::api) auth_method: u64,
}

/// An OIDC app, read whole.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct App {
    pub(in crate::api) id: u64,
    pub(in crate::api) name: String,
    pub(in crate::api) description: Option<String>,
    pub(in crate::api) notes: Option<String>,
    pub(in crate::api) visible: bool,
    /// Null is an empty list, but a missing key is not: the list is replaced whole, so a wrong guess takes access away.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(in crate::api) role_ids: Option<Vec<u64>>,
    pub(in crate::api) connector_id: Option<u64>,
    pub(in crate::api) sso: Option<Sso>,
    pub(in crate::api) configuration: Configuration,
}

/// The part of `sso` that reads carry.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Sso {
    pub(in crate::api) client_id: Option<String>,
}

/// The configuration of an OIDC app. Zeros may be left out.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Configuration {
    #[serde(default, deserialize_with = "one_or_many")]
    pub(in crate::api) redirect_uri: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(in crate::api) post_logout_redirect_uri: Vec<String>,
    pub(in crate::api) login_url: Option<String>,
    pub(in crate::api) oidc_application_type: Option<u64>,
    pub(in crate::api) token_endpoint_auth_method: Option<u64>,
    pub(in crate::api) access_token_expiration_minutes: Option<u64>,
    pub(in crate::api) refresh_token_expiration_minutes: Option<u64>,
}

/// The answer to a new app: the one place that ever holds the secret, so it cannot be printed.
#[derive(Deserialize)]
pub(in crate::api) struct CreatedApp {
    pub(in crate::api) id: u64,
    pub(in crate::api) sso: Option<CreatedSso>,
}

/// The `sso` of a new app.
#[derive(Deserialize)]
pub(in crate::api) struct CreatedSso {
    pub(in crate::api) client_id: Option<String>,
    pub(in crate::api) client_secret: Option<String>,
}

/// An app to be made, or the keys of one that change: what is left out stays.
#[derive(Debug, Default, Serialize)]
pub(in crate::api) struct WriteApp<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) connector_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) notes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) visible: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) role_ids: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) configuration: Option<WriteConfiguration<'a>>,
}

/// The configuration of an app to be written. Any key the connector does not know is a 400.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::api) struct WriteConfiguration<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) post_logout_redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) login_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) oidc_application_type: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) token_endpoint_auth_method: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) access_token_expiration_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) refresh_token_expiration_minutes: Option<u32>,
}

/// Reads URIs: one string separated by newlines or commas, or the array that a corrupt app answers with.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Uris {
        One(String),
        Many(Vec<String>),
    }
    let texts = match Option::<Uris>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Uris::One(text)) => vec![text],
        Some(Uris::Many(texts)) => texts,
    };
    let pieces = texts.iter().flat_map(|text| text.split(['\n', '\r', ',']));
    Ok(pieces.map(str::trim).filter(|piece| !piece.is_empty()).map(str::to_owned).collect())
}

/// Returns URIs as they are written: an array would corrupt the app.
pub(in crate::api) fn joined(uris: &[String]) -> String {
    uris.join("\n")
}
