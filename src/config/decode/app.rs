//! `oidc_apps`.

use super::decoder::{At, Decoder, TextRule};
use super::{entry, uri};
use crate::diagnostic::{Code, Origin};
use crate::model::{App, ApplicationType, Entry, TokenEndpointAuthMethod};

pub(super) const KEYS: [&str; 18] = [
    "only",
    "state",
    "external",
    "id",
    "renamed_from",
    "name",
    "description",
    "notes",
    "visible",
    "application_type",
    "token_endpoint_auth_method",
    "redirect_uris",
    "post_logout_redirect_uris",
    "login_url",
    "access_token_expiration_minutes",
    "refresh_token_expiration_minutes",
    "roles",
    "connector_id",
];

/// Reads an OIDC app.
pub(crate) fn app(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Entry<App, ()>> {
    let fields = decoder.fields(at, &KEYS)?;
    if let Some(external) = fields.get("external") {
        return entry::external(decoder, &fields, external, "name", &[], |_, _| ()).map(Entry::External);
    }
    let application_type = decoder.field(&fields, "application_type", application_type);
    let kind = match (&application_type, fields.get("application_type")) {
        (Some(kind), _) => kind.value,
        // What is written and cannot be read was reported; it may say `native`.
        (None, Some(_)) => ApplicationType::Native,
        (None, None) => ApplicationType::Web,
    };
    let app = App {
        origin: at.origin.clone(),
        id: decoder.field(&fields, "id", Decoder::remote_id),
        renamed_from: decoder.field(&fields, "renamed_from", |decoder, at| decoder.text(at, TextRule::Line)),
        name: decoder.field(&fields, "name", |decoder, at| decoder.text(at, TextRule::Name)),
        description: decoder.field(&fields, "description", |decoder, at| decoder.text(at, TextRule::Free)),
        notes: decoder.field(&fields, "notes", |decoder, at| decoder.text(at, TextRule::Free)),
        visible: decoder.field(&fields, "visible", Decoder::boolean),
        application_type,
        token_endpoint_auth_method: decoder.field(&fields, "token_endpoint_auth_method", auth_method),
        redirect_uris: decoder.field(&fields, "redirect_uris", |decoder, at| uris(decoder, at, kind)),
        post_logout_redirect_uris: decoder
            .field(&fields, "post_logout_redirect_uris", |decoder, at| uris(decoder, at, kind)),
        login_url: decoder.field(&fields, "login_url", login_url),
        access_token_expiration_minutes: decoder.field(&fields, "access_token_expiration_minutes", Decoder::minutes),
        refresh_token_expiration_minutes: decoder.field(&fields, "refresh_token_expiration_minutes", Decoder::minutes),
        roles: decoder.field(&fields, "roles", Decoder::keys),
        connector_id: decoder.field(&fields, "connector_id", Decoder::remote_id),
    };
    if let (Some(old), Some(was), Some(is)) = (fields.get("renamed_from"), &app.renamed_from, &app.name) {
        entry::refuse_same_name(decoder, old, was.value == is.value);
    }
    entry::managed(decoder, &fields, &["id", "name"], app)
}

fn application_type(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<ApplicationType> {
    let words = [ApplicationType::Web, ApplicationType::Native].map(|value| (value.as_str(), value));
    decoder.choice(at, &words)
}

fn auth_method(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<TokenEndpointAuthMethod> {
    use TokenEndpointAuthMethod::{Basic, None, Post};
    decoder.choice(at, &[Basic, Post, None].map(|value| (value.as_str(), value)))
}

/// Reads where the portal's tile leads; `""` empties it.
fn login_url(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<String> {
    if at.node.scalar().is_some_and(|scalar| scalar.text.is_empty()) && !at.node.is_null() {
        return Some(String::new());
    }
    let url = decoder.text(at, TextRule::Url)?;
    check(decoder, &at.what(), &at.node.origin, uri::check_callback(&url, None));
    Some(url)
}

/// Reads URIs of an app.
fn uris(decoder: &mut Decoder<'_>, at: At<'_>, kind: ApplicationType) -> Option<Vec<String>> {
    let uris = decoder.texts(at, TextRule::Url)?;
    for uri in &uris {
        let what = format!("an item of `{}`", at.name);
        check(decoder, &what, &uri.origin, uri::check_callback(&uri.value, Some(kind)));
    }
    Some(uris.into_iter().map(|uri| uri.value).collect())
}

fn check(decoder: &mut Decoder<'_>, what: &str, origin: &Origin, checked: Result<(), uri::Fault>) {
    if let Err(uri::Fault { message, hint }) = checked {
        decoder.error(Code::InvalidValue, origin, format!("{what} {message}"), hint);
    }
}
