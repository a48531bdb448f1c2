//! Apps, there and back.

use super::SnapshotError;
use super::v1::{AppV1, ApplicationTypeV1, AuthMethodV1, OidcV1};
use crate::model::{AppSummary, ApplicationType, LiveApp, RemoteId, TokenEndpointAuthMethod};

impl AppV1 {
    /// Makes it of an app as listed, and whole where it is an OIDC app.
    pub(super) fn of(whole: Option<LiveApp>, app: AppSummary) -> Self {
        let AppSummary { id, name, auth_method } = app;
        Self { id: id.0, name, auth_method, oidc: whole.map(OidcV1::from) }
    }

    /// Returns the app as listed, and an OIDC app whole as well.
    pub(super) fn split(self) -> Result<(AppSummary, Option<LiveApp>), SnapshotError> {
        let Self { id, name, auth_method, oidc } = self;
        let app = AppSummary { id: RemoteId(id), name, auth_method };
        if app.is_oidc() != oidc.is_some() {
            return Err(SnapshotError::App(id));
        }
        let whole = oidc.map(|oidc| oidc.into_app(app.id, app.name.clone()));
        Ok((app, whole))
    }
}

impl From<LiveApp> for OidcV1 {
    fn from(app: LiveApp) -> Self {
        let LiveApp {
            // Both stand beside it.
            id: _,
            name: _,
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
            connector_id,
            // No plan compares it.
            client_id: _,
        } = app;
        Self {
            description,
            notes,
            visible,
            application_type: match application_type {
                ApplicationType::Web => ApplicationTypeV1::Web,
                ApplicationType::Native => ApplicationTypeV1::Native,
            },
            token_endpoint_auth_method: match token_endpoint_auth_method {
                TokenEndpointAuthMethod::Basic => AuthMethodV1::Basic,
                TokenEndpointAuthMethod::Post => AuthMethodV1::Post,
                TokenEndpointAuthMethod::None => AuthMethodV1::None,
            },
            redirect_uris,
            post_logout_redirect_uris,
            login_url,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
            role_ids: role_ids.into_iter().map(|id| id.0).collect(),
            connector_id: connector_id.map(|id| id.0),
        }
    }
}

impl OidcV1 {
    fn into_app(self, id: RemoteId, name: String) -> LiveApp {
        let Self {
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
            connector_id,
        } = self;
        LiveApp {
            id,
            name,
            description,
            notes,
            visible,
            application_type: match application_type {
                ApplicationTypeV1::Web => ApplicationType::Web,
                ApplicationTypeV1::Native => ApplicationType::Native,
            },
            token_endpoint_auth_method: match token_endpoint_auth_method {
                AuthMethodV1::Basic => TokenEndpointAuthMethod::Basic,
                AuthMethodV1::Post => TokenEndpointAuthMethod::Post,
                AuthMethodV1::None => TokenEndpointAuthMethod::None,
            },
            redirect_uris,
            post_logout_redirect_uris,
            login_url,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
            role_ids: role_ids.into_iter().map(RemoteId).collect(),
            connector_id: connector_id.map(RemoteId),
            client_id: None,
        }
    }
}
