//! Between the objects of a record and the images that an execution knows.

use super::{
    AppFields, ApplicationTypeEntry, AuthMethodEntry, ChildrenEntry, ClaimEntry, ClaimFields, ClientEntry,
    ClientFields, GrantEntry, ObjectEntry, RoleFields, ScopeEntry, ScopeFields, ServerFields, SourceEntry,
};
use crate::execute::{Children, Image};
use crate::model::{
    AppPatch, ApplicationType, ClaimName, ClaimPatch, ClaimSource, LiveClaim, LiveClient, LiveClientScope, LiveScope,
    RawObject, RemoteId, RolePatch, ScopePatch, ScopeValue, ServerPatch, TokenEndpointAuthMethod,
};
use std::collections::BTreeSet;

impl From<&Image> for ObjectEntry {
    fn from(image: &Image) -> Self {
        match image {
            Image::Role(RolePatch { name, add_members }) => {
                Self::Role(RoleFields { name: name.clone(), members: add_members.iter().map(|id| id.0).collect() })
            }
            Image::App { fields, roles, connector } => Self::OidcApp(Box::new(app_entry(fields, roles, connector))),
            Image::Server { fields, children } => Self::AuthorizationServer(server_entry(fields, children.as_ref())),
            Image::Scope { fields: ScopePatch { value, description }, holders } => Self::Scope(ScopeFields {
                value: value.as_ref().map(ToString::to_string),
                description: description.clone(),
                holders: holders.iter().map(|id| id.0).collect(),
            }),
            Image::Claim(ClaimPatch { name, source, transformation }) => Self::Claim(ClaimFields {
                name: name.as_ref().map(ToString::to_string),
                source: source.as_ref().map(SourceEntry::from),
                transformation: transformation.clone(),
            }),
            Image::Client(scopes) => {
                Self::Client(ClientFields { scopes: scopes.iter().map(GrantEntry::from).collect() })
            }
        }
    }
}

fn app_entry(fields: &AppPatch, roles: &Option<BTreeSet<RemoteId>>, connector: &Option<RemoteId>) -> AppFields {
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
    } = fields.clone();
    AppFields {
        name,
        description,
        notes,
        visible,
        application_type: application_type.map(|kind| match kind {
            ApplicationType::Web => ApplicationTypeEntry::Web,
            ApplicationType::Native => ApplicationTypeEntry::Native,
        }),
        token_endpoint_auth_method: token_endpoint_auth_method.map(|method| match method {
            TokenEndpointAuthMethod::Basic => AuthMethodEntry::Basic,
            TokenEndpointAuthMethod::Post => AuthMethodEntry::Post,
            TokenEndpointAuthMethod::None => AuthMethodEntry::None,
        }),
        redirect_uris,
        post_logout_redirect_uris,
        login_url,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        roles: roles.as_ref().map(|roles| roles.iter().map(|id| id.0).collect()),
        connector_id: connector.map(|id| id.0),
    }
}

fn server_entry(fields: &ServerPatch, children: Option<&Children>) -> ServerFields {
    let ServerPatch {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = fields.clone();
    ServerFields {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        children: children.map(ChildrenEntry::from),
    }
}

impl From<&Children> for ChildrenEntry {
    fn from(children: &Children) -> Self {
        let Children { scopes, claims, clients } = children;
        let scope = |scope: &LiveScope| {
            let LiveScope { id, value, description, inherited, raw: _ } = scope;
            ScopeEntry { id: id.0, value: value.to_string(), description: description.clone(), inherited: *inherited }
        };
        let claim = |claim: &LiveClaim| {
            let LiveClaim { id, name, source, transformation, inherited, raw: _ } = claim;
            ClaimEntry {
                id: id.0,
                name: name.to_string(),
                source: source.as_ref().map(SourceEntry::from),
                transformation: transformation.clone(),
                inherited: *inherited,
            }
        };
        let client = |client: &LiveClient| {
            let LiveClient { app_id, app_name, scopes } = client;
            let scopes = scopes.iter().map(GrantEntry::from).collect();
            ClientEntry { app: app_id.0, app_name: app_name.clone(), scopes }
        };
        Self {
            scopes: scopes.iter().map(scope).collect(),
            claims: claims.iter().map(claim).collect(),
            clients: clients.iter().map(client).collect(),
        }
    }
}

impl From<&ClaimSource> for SourceEntry {
    fn from(source: &ClaimSource) -> Self {
        match source.clone() {
            ClaimSource::UserAttribute(name) => Self::UserAttribute(name),
            ClaimSource::CustomAttribute(name) => Self::CustomAttribute(name),
            ClaimSource::Macro(template) => Self::Macro(template),
        }
    }
}

impl From<&LiveClientScope> for GrantEntry {
    fn from(scope: &LiveClientScope) -> Self {
        let LiveClientScope { value, id } = scope;
        Self { id: id.0, value: value.to_string() }
    }
}

impl From<ObjectEntry> for Image {
    fn from(entry: ObjectEntry) -> Self {
        match entry {
            ObjectEntry::Role(RoleFields { name, members }) => {
                Self::Role(RolePatch { name, add_members: members.into_iter().map(RemoteId).collect() })
            }
            ObjectEntry::OidcApp(fields) => app_image(*fields),
            ObjectEntry::AuthorizationServer(fields) => server_image(fields),
            ObjectEntry::Scope(ScopeFields { value, description, holders }) => Self::Scope {
                fields: ScopePatch { value: value.map(ScopeValue::new), description },
                holders: holders.into_iter().map(RemoteId).collect(),
            },
            ObjectEntry::Claim(ClaimFields { name, source, transformation }) => Self::Claim(ClaimPatch {
                name: name.map(ClaimName::new),
                source: source.map(ClaimSource::from),
                transformation,
            }),
            ObjectEntry::Client(ClientFields { scopes }) => {
                Self::Client(scopes.into_iter().map(LiveClientScope::from).collect())
            }
        }
    }
}

fn app_image(fields: AppFields) -> Image {
    let AppFields {
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
        roles,
        connector_id,
    } = fields;
    Image::App {
        fields: Box::new(AppPatch {
            name,
            description,
            notes,
            visible,
            application_type: application_type.map(|kind| match kind {
                ApplicationTypeEntry::Web => ApplicationType::Web,
                ApplicationTypeEntry::Native => ApplicationType::Native,
            }),
            token_endpoint_auth_method: token_endpoint_auth_method.map(|method| match method {
                AuthMethodEntry::Basic => TokenEndpointAuthMethod::Basic,
                AuthMethodEntry::Post => TokenEndpointAuthMethod::Post,
                AuthMethodEntry::None => TokenEndpointAuthMethod::None,
            }),
            redirect_uris,
            post_logout_redirect_uris,
            login_url,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
        }),
        roles: roles.map(|roles| roles.into_iter().map(RemoteId).collect()),
        connector: connector_id.map(RemoteId),
    }
}

fn server_image(fields: ServerFields) -> Image {
    let ServerFields {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        children,
    } = fields;
    Image::Server {
        fields: ServerPatch {
            name,
            description,
            resource_identifier,
            audiences,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
        },
        children: children.map(Children::from),
    }
}

impl From<ChildrenEntry> for Children {
    fn from(entry: ChildrenEntry) -> Self {
        let ChildrenEntry { scopes, claims, clients } = entry;
        let scope = |ScopeEntry { id, value, description, inherited }| LiveScope {
            id: RemoteId(id),
            value: ScopeValue::new(value),
            description,
            inherited,
            raw: RawObject::default(),
        };
        let claim = |ClaimEntry { id, name, source, transformation, inherited }| LiveClaim {
            id: RemoteId(id),
            name: ClaimName::new(name),
            source: source.map(ClaimSource::from),
            transformation,
            inherited,
            raw: RawObject::default(),
        };
        let client = |ClientEntry { app, app_name, scopes }| LiveClient {
            app_id: RemoteId(app),
            app_name,
            scopes: scopes.into_iter().map(LiveClientScope::from).collect(),
        };
        Self {
            scopes: scopes.into_iter().map(scope).collect(),
            claims: claims.into_iter().map(claim).collect(),
            clients: clients.into_iter().map(client).collect(),
        }
    }
}

impl From<SourceEntry> for ClaimSource {
    fn from(entry: SourceEntry) -> Self {
        match entry {
            SourceEntry::UserAttribute(name) => Self::UserAttribute(name),
            SourceEntry::CustomAttribute(name) => Self::CustomAttribute(name),
            SourceEntry::Macro(template) => Self::Macro(template),
        }
    }
}

impl From<GrantEntry> for LiveClientScope {
    fn from(entry: GrantEntry) -> Self {
        let GrantEntry { id, value } = entry;
        Self { value: ScopeValue::new(value), id: RemoteId(id) }
    }
}
