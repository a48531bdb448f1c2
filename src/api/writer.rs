//! Writes to the account. Only `execute` is handed a writer.

use super::convert;
use super::error::ApiError;
use super::failure::json_reason;
use super::link::{Exchange, WriteLink, WriteMethod};
use super::reader::Reader;
use super::wire;
use crate::model::{
    AppPatch, ClaimPatch, LiveClaim, LiveScope, LiveServer, NewApp, NewClaim, NewScope, NewServer, RemoteId,
    ScopePatch, ServerPatch,
};
use secrecy::SecretString;
use serde::Serialize;
use std::collections::BTreeSet;

/// Opens the way that writes. Its field is private, so that nothing outside this file can make one.
pub(super) struct WriteKey(());

/// Writes to the account, one object a call.
///
/// # Errors
/// Every method fails with any [`ApiError`]; a create or another POST that failed may have run, see
/// [`ApiError::may_have_run`]. A delete of what is gone already is done.
pub struct Writer {
    reader: Reader,
    link: WriteLink,
}

/// An app that was just made.
#[derive(Debug)]
pub struct CreatedApp {
    /// Its id.
    pub id: RemoteId,
    /// The OAuth client id.
    pub client_id: Option<String>,
    /// The OAuth client secret: told now and never again; public clients may have none.
    pub client_secret: Option<SecretString>,
}

impl Writer {
    /// Makes a writer that shares token, quota gate and bound in flight with a reader.
    pub fn new(reader: Reader) -> Self {
        let link = WriteLink::new(reader.link(), WriteKey(()));
        Self { reader, link }
    }

    /// Returns the reader beside it.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Makes a server.
    pub async fn create_server(&self, server: &NewServer) -> Result<RemoteId, ApiError> {
        self.create("/api/2/api_authorizations", &convert::server::to_wire(server)).await
    }

    /// Changes a server: the whole live object goes back with the changes laid over it.
    pub async fn update_server(&self, live: &LiveServer, patch: &ServerPatch) -> Result<(), ApiError> {
        self.put(&format!("/api/2/api_authorizations/{}", live.id), &convert::server::patched(live, patch)).await
    }

    /// Deletes a server, its scopes, claims and bindings.
    pub async fn delete_server(&self, id: RemoteId) -> Result<(), ApiError> {
        self.delete(&format!("/api/2/api_authorizations/{id}")).await
    }

    /// Makes a scope.
    pub async fn create_scope(&self, server: RemoteId, scope: &NewScope) -> Result<RemoteId, ApiError> {
        self.create(&format!("/api/2/api_authorizations/{server}/scopes"), &convert::scope::to_wire(scope)).await
    }

    /// Changes a scope; its id and so its grants stay.
    pub async fn update_scope(&self, server: RemoteId, live: &LiveScope, patch: &ScopePatch) -> Result<(), ApiError> {
        let path = format!("/api/2/api_authorizations/{server}/scopes/{}", live.id);
        self.put(&path, &convert::scope::patched(live, patch)).await
    }

    /// Deletes a scope.
    pub async fn delete_scope(&self, server: RemoteId, id: RemoteId) -> Result<(), ApiError> {
        self.delete(&format!("/api/2/api_authorizations/{server}/scopes/{id}")).await
    }

    /// Makes a claim.
    pub async fn create_claim(&self, server: RemoteId, claim: &NewClaim) -> Result<RemoteId, ApiError> {
        self.create(&format!("/api/2/api_authorizations/{server}/claims"), &convert::claim::to_wire(claim)).await
    }

    /// Changes a claim.
    pub async fn update_claim(&self, server: RemoteId, live: &LiveClaim, patch: &ClaimPatch) -> Result<(), ApiError> {
        let path = format!("/api/2/api_authorizations/{server}/claims/{}", live.id);
        self.put(&path, &convert::claim::patched(live, patch)).await
    }

    /// Deletes a claim.
    pub async fn delete_claim(&self, server: RemoteId, id: RemoteId) -> Result<(), ApiError> {
        self.delete(&format!("/api/2/api_authorizations/{server}/claims/{id}")).await
    }

    /// Binds an app to a server and grants it scopes.
    pub async fn bind_client(&self, server: RemoteId, app: RemoteId, scopes: &[RemoteId]) -> Result<(), ApiError> {
        let path = format!("/api/2/api_authorizations/{server}/clients");
        let body = wire::client::NewClient { app_id: app.0, scopes: numbers(scopes) };
        let exchange = self.send(WriteMethod::Post, &path, &body).await?;
        let bound: wire::client::BoundClient = read(&exchange)?;
        if bound.app_id != app.0 {
            return Err(exchange.unreadable(format!("it is about app {}, not {app}", bound.app_id)));
        }
        Ok(())
    }

    /// Replaces the scopes of a binding.
    pub async fn update_client(&self, server: RemoteId, app: RemoteId, scopes: &[RemoteId]) -> Result<(), ApiError> {
        let path = format!("/api/2/api_authorizations/{server}/clients/{app}");
        self.put(&path, &wire::client::ClientScopes { scopes: numbers(scopes) }).await
    }

    /// Takes an app off a server.
    pub async fn unbind_client(&self, server: RemoteId, app: RemoteId) -> Result<(), ApiError> {
        self.delete(&format!("/api/2/api_authorizations/{server}/clients/{app}")).await
    }

    /// Makes an OIDC app. Its answer is the only one that ever holds the secret.
    pub async fn create_app(
        &self,
        app: &NewApp,
        connector: RemoteId,
        role_ids: &BTreeSet<RemoteId>,
    ) -> Result<CreatedApp, ApiError> {
        let body = convert::app::to_wire(app, connector, role_ids);
        let exchange = self.send(WriteMethod::Post, "/api/2/apps", &body).await?;
        // The parser's own words could quote the secret.
        let created: wire::app::CreatedApp = serde_json::from_slice(&exchange.answer.body)
            .map_err(|_| exchange.unreadable("it does not hold the new app's id"))?;
        let wire::app::CreatedApp { id, sso } = created;
        let (client_id, client_secret) = sso.map_or((None, None), |sso| (sso.client_id, sso.client_secret));
        Ok(CreatedApp {
            id: RemoteId(id),
            client_id: client_id.filter(|id| !id.is_empty()),
            client_secret: client_secret.filter(|secret| !secret.is_empty()).map(SecretString::from),
        })
    }

    /// Changes an app; what the patch leaves out stays. Roles, where given, are replaced whole.
    pub async fn update_app(
        &self,
        id: RemoteId,
        patch: &AppPatch,
        role_ids: Option<&BTreeSet<RemoteId>>,
    ) -> Result<(), ApiError> {
        self.put(&format!("/api/2/apps/{id}"), &convert::app::patched(patch, role_ids)).await
    }

    /// Deletes an app and its bindings.
    pub async fn delete_app(&self, id: RemoteId) -> Result<(), ApiError> {
        self.delete(&format!("/api/2/apps/{id}")).await
    }

    /// Makes a role without members.
    pub async fn create_role(&self, name: &str) -> Result<RemoteId, ApiError> {
        let exchange = self.send(WriteMethod::Post, "/api/2/roles", &wire::role::RoleName { name }).await?;
        let id = wire::role::created_id(&exchange.answer.body);
        id.map(RemoteId).ok_or_else(|| exchange.unreadable("it does not hold the new role's id"))
    }

    /// Renames a role.
    pub async fn rename_role(&self, id: RemoteId, name: &str) -> Result<(), ApiError> {
        self.put(&format!("/api/2/roles/{id}"), &wire::role::RoleName { name }).await
    }

    /// Makes users members of a role.
    pub async fn add_role_members(&self, id: RemoteId, users: &[RemoteId]) -> Result<(), ApiError> {
        // The body is a bare array; an object is a 400.
        self.send(WriteMethod::Post, &format!("/api/2/roles/{id}/users"), &numbers(users)).await.map(drop)
    }

    /// Deletes a role.
    pub async fn delete_role(&self, id: RemoteId) -> Result<(), ApiError> {
        self.delete(&format!("/api/2/roles/{id}")).await
    }

    async fn create(&self, path: &str, body: &impl Serialize) -> Result<RemoteId, ApiError> {
        let exchange = self.send(WriteMethod::Post, path, body).await?;
        let wire::Created { id } = read(&exchange)?;
        Ok(RemoteId(id))
    }

    async fn put(&self, path: &str, body: &impl Serialize) -> Result<(), ApiError> {
        self.send(WriteMethod::Put, path, body).await.map(drop)
    }

    async fn delete(&self, path: &str) -> Result<(), ApiError> {
        match self.link.write(WriteMethod::Delete, path, None).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    async fn send(&self, method: WriteMethod, path: &str, body: &impl Serialize) -> Result<Exchange, ApiError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| ApiError::Setup { reason: format!("a body has no JSON form: {error}"), source: None })?;
        self.link.write(method, path, Some(body)).await
    }
}

fn read<T: serde::de::DeserializeOwned>(exchange: &Exchange) -> Result<T, ApiError> {
    serde_json::from_slice(&exchange.answer.body).map_err(|error| exchange.unreadable(json_reason(&error)))
}

fn numbers(ids: &[RemoteId]) -> Vec<u64> {
    ids.iter().map(|id| id.0).collect()
}
