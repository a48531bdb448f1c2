//! Entries of a desired state, made of patches.

use crate::diagnostic::{Origin, Sourced};
use crate::model::{App, AppPatch, EntryKey, Field, RemoteId, Role, Server, ServerPatch, Unmanaged, UserRef};

/// A place that no file has; it is taken out of what is shown.
pub(super) fn origin() -> Origin {
    Origin { file: "".into(), line: 0, column: 0, start: 0, end: 0 }
}

pub(super) fn at<T>(value: T) -> Sourced<T> {
    Sourced::new(value, origin())
}

fn field<T>(value: Option<T>) -> Field<T> {
    value.map(at)
}

fn pin(id: Option<RemoteId>) -> Field<RemoteId> {
    field(id)
}

/// Returns the fields of before among those that a write set.
pub(super) fn kept<T, U: Clone>(sent: &Option<T>, before: &Option<U>) -> Option<U> {
    sent.as_ref().and(before.clone())
}

pub(super) fn role(id: Option<RemoteId>, name: Option<String>, members: Vec<UserRef>) -> Role {
    let users = (!members.is_empty()).then(|| members.into_iter().map(at).collect());
    Role { origin: origin(), id: pin(id), renamed_from: None, name: field(name), ensure_users: field(users) }
}

pub(super) fn app(id: Option<RemoteId>, fields: AppPatch, roles: Option<Vec<EntryKey>>) -> App {
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
    } = fields;
    App {
        origin: origin(),
        id: pin(id),
        renamed_from: None,
        name: field(name),
        description: field(description),
        notes: field(notes),
        visible: field(visible),
        application_type: field(application_type),
        token_endpoint_auth_method: field(token_endpoint_auth_method),
        redirect_uris: field(redirect_uris),
        post_logout_redirect_uris: field(post_logout_redirect_uris),
        login_url: field(login_url),
        access_token_expiration_minutes: field(access_token_expiration_minutes),
        refresh_token_expiration_minutes: field(refresh_token_expiration_minutes),
        roles: field(roles.map(|roles| roles.into_iter().map(at).collect())),
        connector_id: None,
    }
}

/// Makes a server without children.
pub(super) fn server(id: Option<RemoteId>, fields: ServerPatch) -> Server {
    let ServerPatch {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = fields;
    Server {
        origin: origin(),
        id: pin(id),
        renamed_from: None,
        name: field(name),
        description: field(description),
        resource_identifier: field(resource_identifier),
        audiences: field(audiences.map(|audiences| audiences.into_iter().map(at).collect())),
        share_audience_with: Vec::new(),
        access_token_expiration_minutes: field(access_token_expiration_minutes),
        refresh_token_expiration_minutes: field(refresh_token_expiration_minutes),
        scopes: None,
        inherited_scopes: Vec::new(),
        claims: None,
        clients: None,
        unmanaged: Unmanaged::Delete,
    }
}

/// Returns the fields of before among those that a write set on an app.
pub(super) fn app_back(sent: &AppPatch, before: &AppPatch) -> AppPatch {
    AppPatch {
        name: kept(&sent.name, &before.name),
        description: kept(&sent.description, &before.description),
        notes: kept(&sent.notes, &before.notes),
        visible: kept(&sent.visible, &before.visible),
        application_type: kept(&sent.application_type, &before.application_type),
        token_endpoint_auth_method: kept(&sent.token_endpoint_auth_method, &before.token_endpoint_auth_method),
        redirect_uris: kept(&sent.redirect_uris, &before.redirect_uris),
        post_logout_redirect_uris: kept(&sent.post_logout_redirect_uris, &before.post_logout_redirect_uris),
        login_url: kept(&sent.login_url, &before.login_url),
        access_token_expiration_minutes: kept(
            &sent.access_token_expiration_minutes,
            &before.access_token_expiration_minutes,
        ),
        refresh_token_expiration_minutes: kept(
            &sent.refresh_token_expiration_minutes,
            &before.refresh_token_expiration_minutes,
        ),
    }
}

/// Returns the fields of before among those that a write set on a server.
pub(super) fn server_back(sent: &ServerPatch, before: &ServerPatch) -> ServerPatch {
    ServerPatch {
        name: kept(&sent.name, &before.name),
        description: kept(&sent.description, &before.description),
        resource_identifier: kept(&sent.resource_identifier, &before.resource_identifier),
        audiences: kept(&sent.audiences, &before.audiences),
        access_token_expiration_minutes: kept(
            &sent.access_token_expiration_minutes,
            &before.access_token_expiration_minutes,
        ),
        refresh_token_expiration_minutes: kept(
            &sent.refresh_token_expiration_minutes,
            &before.refresh_token_expiration_minutes,
        ),
    }
}

/// An app that is made again is sent only what it had: an empty text is what an absent one comes to.
pub(super) fn without_empty(fields: AppPatch) -> AppPatch {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    AppPatch {
        description: given(fields.description),
        notes: given(fields.notes),
        login_url: given(fields.login_url),
        post_logout_redirect_uris: fields.post_logout_redirect_uris.filter(|uris| !uris.is_empty()),
        ..fields
    }
}
