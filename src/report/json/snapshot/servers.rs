//! Servers and their children, there and back.

use super::v1::{ClaimV1, ClientV1, GrantV1, ScopeV1, ServerV1, SourceV1};
use super::{SnapshotError, each_once};
use crate::model::{
    ClaimName, ClaimSource, LiveClaim, LiveClient, LiveClientScope, LiveScope, LiveServer, RawObject, RemoteId,
    ScopeValue,
};

impl ServerV1 {
    /// Makes it of a server that is read whole.
    pub(super) fn of(listed: bool, server: LiveServer) -> Self {
        let LiveServer {
            id,
            name,
            description,
            resource_identifier,
            audiences,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
            built_in,
            // Holds whatever OneLogin answers; no plan looks into it.
            raw: _,
            scopes,
            claims,
            clients,
        } = server;
        Self {
            id: id.0,
            listed,
            name,
            description,
            resource_identifier,
            audiences,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
            built_in,
            scopes: scopes.into_iter().flatten().map(ScopeV1::from).collect(),
            claims: claims.into_iter().flatten().map(ClaimV1::from).collect(),
            clients: clients.into_iter().flatten().map(ClientV1::from).collect(),
        }
    }
}

impl TryFrom<ServerV1> for LiveServer {
    type Error = SnapshotError;

    fn try_from(server: ServerV1) -> Result<Self, SnapshotError> {
        let ServerV1 {
            id,
            listed: _,
            name,
            description,
            resource_identifier,
            audiences,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
            built_in,
            scopes,
            claims,
            clients,
        } = server;
        let mut scopes: Vec<LiveScope> = scopes.into_iter().map(LiveScope::from).collect();
        scopes.sort_by(|one, other| (&one.value, one.id).cmp(&(&other.value, other.id)));
        each_once("scope", &scopes, |scope| scope.id)?;
        let mut claims: Vec<LiveClaim> = claims.into_iter().map(LiveClaim::from).collect();
        claims.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        each_once("claim", &claims, |claim| claim.id)?;
        let mut clients: Vec<LiveClient> = clients.into_iter().map(LiveClient::from).collect();
        clients.sort_by_key(|client| client.app_id);
        each_once("the binding of app", &clients, |client| client.app_id)?;
        Ok(Self {
            id: RemoteId(id),
            name,
            description,
            resource_identifier,
            audiences,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
            built_in,
            raw: RawObject::default(),
            scopes: Some(scopes),
            claims: Some(claims),
            clients: Some(clients),
        })
    }
}

impl From<LiveScope> for ScopeV1 {
    fn from(scope: LiveScope) -> Self {
        let LiveScope { id, value, description, inherited, raw: _ } = scope;
        Self { id: id.0, value: value.to_string(), description, inherited }
    }
}

impl From<ScopeV1> for LiveScope {
    fn from(scope: ScopeV1) -> Self {
        let ScopeV1 { id, value, description, inherited } = scope;
        Self { id: RemoteId(id), value: ScopeValue::new(value), description, inherited, raw: RawObject::default() }
    }
}

impl From<LiveClaim> for ClaimV1 {
    fn from(claim: LiveClaim) -> Self {
        let LiveClaim { id, name, source, transformation, inherited, raw: _ } = claim;
        let source = source.map(|source| match source {
            ClaimSource::UserAttribute(name) => SourceV1::UserAttribute(name),
            ClaimSource::CustomAttribute(short) => SourceV1::CustomAttribute(short),
            ClaimSource::Macro(template) => SourceV1::Macro(template),
        });
        Self { id: id.0, name: name.to_string(), source, transformation, inherited }
    }
}

impl From<ClaimV1> for LiveClaim {
    fn from(claim: ClaimV1) -> Self {
        let ClaimV1 { id, name, source, transformation, inherited } = claim;
        let source = source.map(|source| match source {
            SourceV1::UserAttribute(name) => ClaimSource::UserAttribute(name),
            SourceV1::CustomAttribute(short) => ClaimSource::CustomAttribute(short),
            SourceV1::Macro(template) => ClaimSource::Macro(template),
        });
        let raw = RawObject::default();
        Self { id: RemoteId(id), name: ClaimName::new(name), source, transformation, inherited, raw }
    }
}

impl From<LiveClient> for ClientV1 {
    fn from(client: LiveClient) -> Self {
        let LiveClient { app_id, app_name, scopes } = client;
        let scopes =
            scopes.into_iter().map(|LiveClientScope { value, id }| GrantV1 { id: id.0, value: value.to_string() });
        Self { app_id: app_id.0, app_name, scopes: scopes.collect() }
    }
}

impl From<ClientV1> for LiveClient {
    fn from(client: ClientV1) -> Self {
        let ClientV1 { app_id, app_name, scopes } = client;
        let scopes = scopes
            .into_iter()
            .map(|GrantV1 { id, value }| LiveClientScope { value: ScopeValue::new(value), id: RemoteId(id) });
        let mut scopes: Vec<LiveClientScope> = scopes.collect();
        scopes.sort();
        Self { app_id: RemoteId(app_id), app_name, scopes }
    }
}
