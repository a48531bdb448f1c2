//! State to document.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    AppDocument, ClaimDocument, ClientDocument, ConnectorDocument, CredentialDocument, Document, RoleDocument,
    ScopeDocument, ServerConfigurationDocument, ServerDocument, UserDocument,
};
use crate::emulator::state::tables::{App, Parameter, Role, Server, State, User};

pub(super) fn document(state: &State) -> Document {
    Document {
        instance_id: Some(state.instance_id.clone()),
        account_id: Some(state.account_id),
        next_id: Some(state.next_id),
        revision: None,
        signing_key: None,
        credentials: Some(credentials(state)),
        connectors: Some(connectors(state)),
        users: Some(state.users.iter().map(|(&id, user)| user_document(id, user)).collect()),
        roles: Some(state.roles.iter().map(|(&id, role)| role_document(id, role)).collect()),
        apps: Some(state.apps.iter().map(|(&id, app)| app_document(id, app)).collect()),
        authorization_servers: Some(
            state.servers.iter().map(|(&id, server)| server_document(state, id, server)).collect(),
        ),
    }
}

fn credentials(state: &State) -> Vec<CredentialDocument> {
    let one = |(client_id, credential): (&String, &super::super::tables::Credential)| CredentialDocument {
        client_id: client_id.clone(),
        client_secret: None,
        client_secret_sha256: Some(credential.secret_sha256.clone()),
        level: credential.level,
    };
    state.credentials.iter().map(one).collect()
}

fn connectors(state: &State) -> Vec<ConnectorDocument> {
    let one = |(&id, connector): (&u64, &super::super::tables::Connector)| ConnectorDocument {
        id,
        name: connector.name.clone(),
        auth_method: connector.auth_method,
        allows_new_parameters: connector.allows_new_parameters,
    };
    state.connectors.iter().map(one).collect()
}

fn time(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

fn user_document(id: u64, user: &User) -> UserDocument {
    UserDocument {
        id: Some(id),
        username: user.username.clone(),
        email: user.email.clone(),
        password: None,
        password_sha256: user.password_sha256.clone(),
        firstname: None,
        lastname: None,
        fields: user.fields.clone(),
        custom_attributes: user.custom_attributes.clone(),
        roles: Vec::new(),
        created_at: time(user.created_at),
        updated_at: time(user.updated_at),
    }
}

fn role_document(id: u64, role: &Role) -> RoleDocument {
    let members = |members: &std::collections::BTreeMap<u64, i64>| {
        members.iter().map(|(user, &added)| json!({"user": user, "added_at": time(added)})).collect()
    };
    RoleDocument {
        id: Some(id),
        name: role.name.clone(),
        users: members(&role.users),
        admins: members(&role.admins),
        apps: role.apps.iter().map(|&app| Value::from(app)).collect(),
    }
}

fn app_document(id: u64, app: &App) -> AppDocument {
    AppDocument {
        id: Some(id),
        name: app.name.clone(),
        connector_id: Some(app.connector_id),
        auth_method: Some(app.auth_method),
        description: app.description.clone(),
        notes: app.notes.clone(),
        visible: app.visible,
        policy_id: app.policy_id,
        brand_id: app.brand_id,
        tab_id: app.tab_id,
        allow_assumed_signin: app.allow_assumed_signin,
        configuration: app.configuration.clone(),
        parameters: app.parameters.iter().map(|(name, parameter)| (name.clone(), parameter_value(parameter))).collect(),
        roles: Vec::new(),
        client_id: Some(app.client_id.clone()),
        client_secret: None,
        client_secret_sha256: Some(app.secret_sha256.clone()),
        created_at: time(app.created_at),
        updated_at: time(app.updated_at),
    }
}

fn parameter_value(parameter: &Parameter) -> Value {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), parameter.id.into());
    fields.insert("connector_level".to_owned(), parameter.connector_level.into());
    fields.extend(parameter.fields.clone());
    Value::Object(fields)
}

fn server_document(state: &State, id: u64, server: &Server) -> ServerDocument {
    ServerDocument {
        id: Some(id),
        name: server.name.clone(),
        description: server.description.clone(),
        configuration: ServerConfigurationDocument {
            resource_identifier: server.resource_identifier.clone(),
            audiences: server.audiences.clone(),
            access_token_expiration_minutes: server.access_minutes,
            refresh_token_expiration_minutes: server.refresh_minutes,
        },
        connector_id: Some(server.connector_id),
        onelogin: server.onelogin,
        scopes: state
            .scopes_of(id)
            .map(|(id, scope)| ScopeDocument {
                id: Some(id),
                value: scope.value.clone(),
                description: scope.description.clone(),
                inherited: scope.inherited,
            })
            .collect(),
        claims: state
            .claims_of(id)
            .map(|(id, claim)| ClaimDocument {
                id: Some(id),
                name: claim.name.clone(),
                label: claim.label.clone(),
                user_attribute_mappings: claim.mapping.clone(),
                user_attribute_macros: claim.macros.clone(),
                attributes_transformations: claim.transformation.clone(),
                inherited: claim.inherited,
            })
            .collect(),
        clients: state
            .bindings_of(id)
            .map(|(app, binding)| ClientDocument {
                app_id: app.into(),
                scopes: binding.scopes.iter().map(|&scope| scope.into()).collect(),
            })
            .collect(),
    }
}
