//! OIDC apps.

use super::Mismatch;
use crate::api::wire::app as wire;
use crate::model::{AppPatch, AppSummary, ApplicationType, LiveApp, NewApp, RemoteId, TokenEndpointAuthMethod};
use std::collections::BTreeSet;

/// Reads a row of the list.
pub(in crate::api) fn summary_from_wire(app: wire::AppRow) -> AppSummary {
    let wire::AppRow { id, name, auth_method } = app;
    AppSummary { id: RemoteId(id), name, auth_method }
}

/// Reads a whole app.
pub(in crate::api) fn from_wire(app: wire::App) -> Result<LiveApp, Mismatch> {
    let wire::App { id, name, description, notes, visible, role_ids, connector_id, sso, configuration } = app;
    let wire::Configuration {
        redirect_uri,
        post_logout_redirect_uri,
        login_url,
        oidc_application_type,
        token_endpoint_auth_method,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = configuration;
    Ok(LiveApp {
        id: RemoteId(id),
        name,
        description,
        notes,
        visible,
        application_type: application_type(id, oidc_application_type)?,
        token_endpoint_auth_method: auth_method(id, token_endpoint_auth_method)?,
        redirect_uris: redirect_uri,
        post_logout_redirect_uris: post_logout_redirect_uri,
        login_url,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        role_ids: role_ids.unwrap_or_default().into_iter().map(RemoteId).collect(),
        connector_id: connector_id.map(RemoteId),
        client_id: sso.and_then(|sso| sso.client_id).filter(|id| !id.is_empty()),
    })
}

fn application_type(id: u64, number: Option<u64>) -> Result<ApplicationType, Mismatch> {
    match number {
        None | Some(0) => Ok(ApplicationType::Web),
        Some(1) => Ok(ApplicationType::Native),
        Some(other) => Err(Mismatch(format!("app {id} has the unknown `oidc_application_type` {other}"))),
    }
}

fn auth_method(id: u64, number: Option<u64>) -> Result<TokenEndpointAuthMethod, Mismatch> {
    match number {
        None | Some(0) => Ok(TokenEndpointAuthMethod::Basic),
        Some(1) => Ok(TokenEndpointAuthMethod::Post),
        Some(2) => Ok(TokenEndpointAuthMethod::None),
        Some(other) => Err(Mismatch(format!("app {id} has the unknown `token_endpoint_auth_method` {other}"))),
    }
}

const fn type_number(application_type: ApplicationType) -> u64 {
    match application_type {
        ApplicationType::Web => 0,
        ApplicationType::Native => 1,
    }
}

const fn method_number(method: TokenEndpointAuthMethod) -> u64 {
    match method {
        TokenEndpointAuthMethod::Basic => 0,
        TokenEndpointAuthMethod::Post => 1,
        TokenEndpointAuthMethod::None => 2,
    }
}

/// Returns the body that makes an app.
pub(in crate::api) fn to_wire<'a>(
    app: &'a NewApp,
    connector: RemoteId,
    role_ids: &BTreeSet<RemoteId>,
) -> wire::WriteApp<'a> {
    let NewApp {
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
        connector_id: _, // The caller has settled which connector it is.
    } = app;
    wire::WriteApp {
        connector_id: Some(connector.0),
        name: Some(name),
        description: description.as_deref(),
        notes: notes.as_deref(),
        visible: *visible,
        role_ids: (!role_ids.is_empty()).then(|| numbers(role_ids)),
        configuration: Some(wire::WriteConfiguration {
            redirect_uri: Some(wire::joined(redirect_uris)),
            post_logout_redirect_uri: post_logout_redirect_uris.as_deref().map(wire::joined),
            login_url: login_url.as_deref(),
            oidc_application_type: Some(type_number(*application_type)),
            token_endpoint_auth_method: Some(method_number(*token_endpoint_auth_method)),
            access_token_expiration_minutes: *access_token_expiration_minutes,
            refresh_token_expiration_minutes: *refresh_token_expiration_minutes,
        }),
    }
}

/// Returns the body that changes an app: only what changes, since OneLogin merges it, and the roles whole.
pub(in crate::api) fn patched<'a>(patch: &'a AppPatch, role_ids: Option<&BTreeSet<RemoteId>>) -> wire::WriteApp<'a> {
    let AppPatch {
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
    } = patch;
    let configuration = wire::WriteConfiguration {
        redirect_uri: redirect_uris.as_deref().map(wire::joined),
        post_logout_redirect_uri: post_logout_redirect_uris.as_deref().map(wire::joined),
        login_url: login_url.as_deref(),
        oidc_application_type: application_type.map(type_number),
        token_endpoint_auth_method: token_endpoint_auth_method.map(method_number),
        access_token_expiration_minutes: *access_token_expiration_minutes,
        refresh_token_expiration_minutes: *refresh_token_expiration_minutes,
    };
    wire::WriteApp {
        connector_id: None,
        name: name.as_deref(),
        description: description.as_deref(),
        notes: notes.as_deref(),
        visible: *visible,
        role_ids: role_ids.map(numbers),
        configuration: (configuration != wire::WriteConfiguration::default()).then_some(configuration),
    }
}

fn numbers(ids: &BTreeSet<RemoteId>) -> Vec<u64> {
    ids.iter().map(|id| id.0).collect()
}
