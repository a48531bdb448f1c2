//! Live objects field by field, named as the file names them.

use crate::model::{ClaimSource, LiveApp, LiveClaim, LiveClient, LiveRole, LiveScope, LiveServer, text};
use serde_json::{Value, json};

/// The fields of a live object in the order of the file format.
pub(super) type LiveFields = Vec<(&'static str, Value)>;

fn text_of(text: &str) -> Value {
    Value::from(text::canonical(text).into_owned())
}

fn optional(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| text_of(text))
}

fn sorted<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    Value::from(texts)
}

pub(super) fn of_role(role: &LiveRole) -> LiveFields {
    let LiveRole { id: _, name } = role;
    vec![("name", text_of(name))]
}

pub(super) fn of_app(app: &LiveApp) -> LiveFields {
    let LiveApp {
        id: _,
        name,
        description,
        notes,
        visible,
        application_type,
        token_endpoint_auth_method,
        redirect_uris,
        post_logout_redirect_uris,
        login_url,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        role_ids,
        connector_id: _,
        client_id: _,
    } = app;
    let roles: Vec<String> = role_ids.iter().map(|id| format!("id {id}")).collect();
    vec![
        ("name", text_of(name)),
        ("description", optional(description.as_ref())),
        ("notes", optional(notes.as_ref())),
        ("visible", json!(visible)),
        ("application_type", json!(application_type.as_str())),
        ("token_endpoint_auth_method", json!(token_endpoint_auth_method.as_str())),
        ("redirect_uris", sorted(redirect_uris.iter().map(String::as_str))),
        ("post_logout_redirect_uris", sorted(post_logout_redirect_uris.iter().map(String::as_str))),
        ("login_url", optional(login_url.as_ref())),
        ("access_token_expiration_minutes", json!(access_token_expiration_minutes)),
        ("refresh_token_expiration_minutes", json!(refresh_token_expiration_minutes)),
        ("roles", json!(roles)),
    ]
}

pub(super) fn of_server(server: &LiveServer) -> LiveFields {
    let LiveServer {
        id: _,
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        built_in: _,
        raw: _,
        scopes: _,
        claims: _,
        clients: _,
    } = server;
    vec![
        ("name", text_of(name)),
        ("description", optional(description.as_ref())),
        ("resource_identifier", json!(resource_identifier)),
        ("audiences", sorted(audiences.iter().map(String::as_str))),
        ("access_token_expiration_minutes", json!(access_token_expiration_minutes)),
        ("refresh_token_expiration_minutes", json!(refresh_token_expiration_minutes)),
    ]
}

pub(super) fn of_scope(scope: &LiveScope) -> LiveFields {
    let LiveScope { id: _, value, description, inherited: _, raw: _ } = scope;
    vec![("value", json!(value.as_str())), ("description", optional(description.as_ref()))]
}

pub(super) fn of_claim(claim: &LiveClaim) -> LiveFields {
    let LiveClaim { id: _, name, source, transformation, inherited: _, raw: _ } = claim;
    vec![
        ("name", json!(name.as_str())),
        ("source", source.as_ref().map_or(Value::Null, source_value)),
        ("transformation", optional(transformation.as_ref())),
    ]
}

/// Returns a claim's source as the file writes it.
pub(super) fn source_value(source: &ClaimSource) -> Value {
    match source {
        ClaimSource::UserAttribute(name) => json!({ "user_attribute": name }),
        ClaimSource::CustomAttribute(name) => json!({ "custom_attribute": name }),
        ClaimSource::Macro(template) => json!({ "macro": template }),
    }
}

pub(super) fn of_client(client: &LiveClient) -> LiveFields {
    let LiveClient { app_id: _, app_name: _, scopes } = client;
    vec![("scopes", sorted(scopes.iter().map(|scope| scope.value.as_str())))]
}
