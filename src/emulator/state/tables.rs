//! The tables of the account, one row type a kind.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Everything the account holds.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Random name of this account, kept for its life.
    pub(crate) instance_id: String,
    /// Account number that token answers carry.
    pub(crate) account_id: u64,
    /// Where the next id is drawn from.
    pub(crate) next_id: u64,
    /// PKCS#8 of the key that signs OIDC tokens, base64; made when first needed.
    pub(crate) signing_key: Option<String>,
    /// API credential pairs by client id.
    pub(crate) credentials: BTreeMap<String, Credential>,
    /// Connectors that seeds added to the region's catalogue.
    pub(crate) connectors: BTreeMap<u64, Connector>,
    /// Authorization servers by id.
    pub(crate) servers: BTreeMap<u64, Server>,
    /// Scopes by server and id.
    pub(crate) scopes: BTreeMap<(u64, u64), Scope>,
    /// Claims by server and id.
    pub(crate) claims: BTreeMap<(u64, u64), Claim>,
    /// Client bindings by server and app.
    pub(crate) bindings: BTreeMap<(u64, u64), Binding>,
    /// Apps by id.
    pub(crate) apps: BTreeMap<u64, App>,
    /// Roles by id.
    pub(crate) roles: BTreeMap<u64, Role>,
    /// Users by id.
    pub(crate) users: BTreeMap<u64, User>,
}

impl State {
    /// Returns the scopes of one server, in id order.
    pub(crate) fn scopes_of(&self, server: u64) -> impl Iterator<Item = (u64, &Scope)> {
        self.scopes.range((server, 0)..=(server, u64::MAX)).map(|(&(_, id), scope)| (id, scope))
    }

    /// Returns the claims of one server, in id order.
    pub(crate) fn claims_of(&self, server: u64) -> impl Iterator<Item = (u64, &Claim)> {
        self.claims.range((server, 0)..=(server, u64::MAX)).map(|(&(_, id), claim)| (id, claim))
    }

    /// Returns the client bindings of one server, in app order.
    pub(crate) fn bindings_of(&self, server: u64) -> impl Iterator<Item = (u64, &Binding)> {
        self.bindings.range((server, 0)..=(server, u64::MAX)).map(|(&(_, app), binding)| (app, binding))
    }

    /// Returns the ids of the roles that give access to an app.
    pub(crate) fn roles_of_app(&self, app: u64) -> impl Iterator<Item = u64> {
        self.roles.iter().filter(move |(_, role)| role.apps.contains(&app)).map(|(&id, _)| id)
    }
}

/// What an API credential pair may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Level {
    /// Only the authentication endpoints.
    #[serde(rename = "Authentication Only")]
    AuthenticationOnly,
    /// Users, roles and groups, read.
    #[serde(rename = "Read Users")]
    ReadUsers,
    /// Users and groups, read and written.
    #[serde(rename = "Manage Users")]
    ManageUsers,
    /// Everything, read.
    #[serde(rename = "Read All")]
    ReadAll,
    /// Everything.
    #[serde(rename = "Manage All")]
    ManageAll,
}

/// An API credential pair.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Credential {
    pub(crate) secret_sha256: String,
    pub(crate) level: Level,
}

/// An entry of the connector catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Connector {
    pub(crate) name: String,
    pub(crate) auth_method: u64,
    pub(crate) allows_new_parameters: bool,
}

/// An authorization server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) resource_identifier: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) access_minutes: Option<u64>,
    pub(crate) refresh_minutes: Option<u64>,
    pub(crate) connector_id: u64,
    /// Whether OneLogin owns the server.
    pub(crate) onelogin: bool,
}

/// A scope of a server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) value: String,
    pub(crate) description: Option<String>,
    pub(crate) inherited: bool,
}

/// An access-token claim of a server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) name: String,
    pub(crate) label: Option<String>,
    pub(crate) mapping: Option<String>,
    pub(crate) macros: Option<String>,
    pub(crate) transformation: Option<String>,
    pub(crate) inherited: bool,
}

/// A client app bound to a server, with the scopes it was granted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Binding {
    /// Scope ids in the order they were given.
    pub(crate) scopes: Vec<u64>,
    /// When it last changed, milliseconds since the epoch.
    pub(crate) changed_at: i64,
    /// What it granted before, absent when it was not there.
    pub(crate) before: Option<Vec<u64>>,
}

/// An app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) connector_id: u64,
    pub(crate) auth_method: u64,
    pub(crate) description: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) visible: bool,
    pub(crate) policy_id: Option<u64>,
    pub(crate) brand_id: Option<u64>,
    pub(crate) tab_id: Option<u64>,
    pub(crate) allow_assumed_signin: bool,
    pub(crate) configuration: Map<String, Value>,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) client_id: String,
    pub(crate) secret_sha256: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A parameter of an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) id: u64,
    /// Whether the connector brings it; such a one cannot be removed.
    pub(crate) connector_level: bool,
    /// The fields as they are shown, `id` left out.
    pub(crate) fields: Map<String, Value>,
}

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) apps: BTreeSet<u64>,
    /// Members, and when each was added in milliseconds since the epoch.
    pub(crate) users: BTreeMap<u64, i64>,
    pub(crate) admins: BTreeMap<u64, i64>,
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) username: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) password_sha256: Option<String>,
    /// The other fields of the user resource, as they are shown.
    pub(crate) fields: Map<String, Value>,
    pub(crate) custom_attributes: Map<String, Value>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl User {
    /// Returns a text field of the user by the name the API gives it.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match name {
            "username" => self.username.as_deref(),
            "email" => self.email.as_deref(),
            other => self.fields.get(other).and_then(Value::as_str),
        }
    }
}
