//! OIDC apps: the clients of an API.

use super::server::settable_minutes;
use super::{EntryKey, Field, Fingerprint, RemoteId, text};
use crate::diagnostic::{Origin, Sourced};
use std::collections::BTreeSet;

/// Where an app runs.
///
/// Source: `oidc_application_type`, 0 web and 1 native; the API may leave a 0 out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApplicationType {
    /// Runs on a server.
    Web,
    /// Runs on a user's device.
    Native,
}

impl ApplicationType {
    /// Returns the word used in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }
}

/// How an app proves itself at the token endpoint.
///
/// Source: `token_endpoint_auth_method`, 0 basic, 1 post, 2 none (PKCE); the API may leave a 0 out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenEndpointAuthMethod {
    /// In the `Authorization` header.
    Basic,
    /// In the body.
    Post,
    /// Not at all: a public client.
    None,
}

impl TokenEndpointAuthMethod {
    /// Returns the word used in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Post => "post",
            Self::None => "none",
        }
    }
}

/// An OIDC app as the file desires it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Where the entry stands.
    pub origin: Origin,
    /// The pinned id.
    pub id: Field<RemoteId>,
    /// The name it had before.
    pub renamed_from: Field<String>,
    /// The name, exact; unique among OIDC apps as far as we are concerned, though OneLogin allows twins.
    pub name: Field<String>,
    /// The description.
    pub description: Field<String>,
    /// Notes for administrators.
    pub notes: Field<String>,
    /// Whether the portal shows a tile.
    pub visible: Field<bool>,
    /// Where it runs.
    pub application_type: Field<ApplicationType>,
    /// How it proves itself at the token endpoint.
    pub token_endpoint_auth_method: Field<TokenEndpointAuthMethod>,
    /// Redirect URIs; complete, order without meaning.
    pub redirect_uris: Field<Vec<String>>,
    /// Post-logout redirect URIs; complete, order without meaning.
    pub post_logout_redirect_uris: Field<Vec<String>>,
    /// The portal's launch URL.
    pub login_url: Field<String>,
    /// Lifetime of plain access tokens in minutes.
    pub access_token_expiration_minutes: Field<u32>,
    /// Lifetime of refresh tokens in minutes.
    pub refresh_token_expiration_minutes: Field<u32>,
    /// The roles that get the app; complete.
    pub roles: Field<Vec<Sourced<EntryKey>>>,
    /// The connector to create it from; `None`: looked up by name.
    pub connector_id: Field<RemoteId>,
}

/// An app of the account, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSummary {
    /// The id.
    pub id: RemoteId,
    /// The name.
    pub name: String,
    /// How users sign in to it; 8 is OpenID Connect, 9 an authorization server's row.
    pub auth_method: u64,
}

impl AppSummary {
    /// The `auth_method` of OIDC apps.
    pub const OPENID_CONNECT: u64 = 8;

    /// Says whether the app is an OIDC app.
    pub fn is_oidc(&self) -> bool {
        self.auth_method == Self::OPENID_CONNECT
    }
}

/// An OIDC app of the account, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveApp {
    /// The id.
    pub id: RemoteId,
    /// The name, as answered (it may hold HTML entities).
    pub name: String,
    /// The description; `None` for null.
    pub description: Option<String>,
    /// The notes; `None` for null.
    pub notes: Option<String>,
    /// Whether the portal shows a tile.
    pub visible: bool,
    /// Where it runs; a missing value is read as web.
    pub application_type: ApplicationType,
    /// How it proves itself; a missing value is read as basic.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Redirect URIs in answered order.
    pub redirect_uris: Vec<String>,
    /// Post-logout redirect URIs in answered order.
    pub post_logout_redirect_uris: Vec<String>,
    /// The portal's launch URL.
    pub login_url: Option<String>,
    /// Lifetime of plain access tokens in minutes; `None`: the account's default.
    pub access_token_expiration_minutes: Option<u64>,
    /// Lifetime of refresh tokens in minutes; `None`: the account's default.
    pub refresh_token_expiration_minutes: Option<u64>,
    /// The roles that get the app.
    pub role_ids: BTreeSet<RemoteId>,
    /// The connector it was made from.
    pub connector_id: Option<RemoteId>,
    /// The OAuth client id, as in the `azp` claim.
    pub client_id: Option<String>,
}

impl LiveApp {
    /// Returns the digest of what a plan relied on.
    pub fn fingerprint(&self) -> Fingerprint {
        let Self {
            id,
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
        } = self;
        let texts = (name, description.as_deref().unwrap_or_default(), notes.as_deref().unwrap_or_default(), login_url);
        let uris: (BTreeSet<_>, BTreeSet<_>) =
            (redirect_uris.iter().collect(), post_logout_redirect_uris.iter().collect());
        let kind = (visible, application_type.as_str(), token_endpoint_auth_method.as_str());
        let minutes = (access_token_expiration_minutes, refresh_token_expiration_minutes);
        let roles: Vec<u64> = role_ids.iter().map(|role| role.0).collect();
        Fingerprint::of(&(id.0, texts, uris, kind, minutes, roles))
    }
}

/// An app to be made; its roles travel beside it, since some may have to be made first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    /// The name.
    pub name: String,
    /// The description, if the file gives one.
    pub description: Option<String>,
    /// The notes, if the file gives any.
    pub notes: Option<String>,
    /// Whether the portal shows a tile, if the file says so.
    pub visible: Option<bool>,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// How it proves itself at the token endpoint.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Redirect URIs in written order.
    pub redirect_uris: Vec<String>,
    /// Post-logout redirect URIs in written order, if the file gives any.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// The portal's launch URL, if the file gives one.
    pub login_url: Option<String>,
    /// Lifetime of plain access tokens in minutes, if the file gives one: a 0 would be stored as 0.
    pub access_token_expiration_minutes: Option<u32>,
    /// Lifetime of refresh tokens in minutes, if the file gives one.
    pub refresh_token_expiration_minutes: Option<u32>,
    /// The connector; `None`: looked up by name when the app is made.
    pub connector_id: Option<RemoteId>,
}

/// What changes on an app; only these keys are sent, since OneLogin merges them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppPatch {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// The new notes.
    pub notes: Option<String>,
    /// Whether the portal shows a tile from now on.
    pub visible: Option<bool>,
    /// Where it runs from now on.
    pub application_type: Option<ApplicationType>,
    /// How it proves itself from now on.
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// All redirect URIs.
    pub redirect_uris: Option<Vec<String>>,
    /// All post-logout redirect URIs.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// The new launch URL.
    pub login_url: Option<String>,
    /// The new lifetime of plain access tokens in minutes.
    pub access_token_expiration_minutes: Option<u32>,
    /// The new lifetime of refresh tokens in minutes.
    pub refresh_token_expiration_minutes: Option<u32>,
}

impl From<&LiveApp> for AppPatch {
    /// Makes the patch that brings an app back to what it is now; the account's default lifetime cannot be set.
    fn from(app: &LiveApp) -> Self {
        let given = |text: &Option<String>| Some(text::canonical(text.as_deref().unwrap_or_default()).into_owned());
        Self {
            name: Some(text::canonical(&app.name).into_owned()),
            description: given(&app.description),
            notes: given(&app.notes),
            visible: Some(app.visible),
            application_type: Some(app.application_type),
            token_endpoint_auth_method: Some(app.token_endpoint_auth_method),
            redirect_uris: Some(app.redirect_uris.clone()),
            post_logout_redirect_uris: Some(app.post_logout_redirect_uris.clone()),
            login_url: Some(app.login_url.clone().unwrap_or_default()),
            access_token_expiration_minutes: settable_minutes(app.access_token_expiration_minutes),
            refresh_token_expiration_minutes: settable_minutes(app.refresh_token_expiration_minutes),
        }
    }
}
