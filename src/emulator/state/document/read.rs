//! Document to state: ids drawn, references resolved, secrets hashed, a fresh account's furniture added.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::fresh::{built_in_server, groups_fields, tester};
use super::references::{app_named, members, role_named, scope_named};
use super::{
    AppDocument, CredentialDocument, Document, DocumentError, Purpose, RoleDocument, ServerDocument, UserDocument,
};
use crate::emulator::ids;
use crate::emulator::random;
use crate::emulator::state::tables::{
    App, Binding, Claim, Connector, Credential, Level, Parameter, Role, Scope, Server, State, User,
};

/// Connector an app of a seed has unless it says otherwise. Source: reference section 5.6, US catalogue.
const OIDC_CONNECTOR: u64 = 108_419;
/// `auth_method` of OpenID Connect. Source: the app resource page.
const OPENID_CONNECT: u64 = 8;
/// "API Authorization (Generic)". Source: reference section 5.6.
const SERVER_CONNECTOR: u64 = 123_215;

/// Returns the SHA-256 of a text in lower-case hex.
pub(crate) fn sha256_hex(text: &str) -> String {
    random::hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref())
}

pub(super) fn state(document: Document, account_id: u64, purpose: Purpose) -> Result<State, DocumentError> {
    let fresh = purpose == Purpose::Seed;
    let now = Timestamp::now().as_millisecond();
    let mut reader = Reader { taken: BTreeSet::new(), next_id: ids::FIRST, now };
    reader.reserve(&document)?;
    if let Some(next) = document.next_id {
        reader.next_id = next.max(reader.next_id);
    }
    let mut state = State {
        instance_id: match document.instance_id {
            Some(id) => id,
            None => random::hex(&random::bytes::<8>().ok_or(DocumentError::NoRandomness)?),
        },
        account_id: document.account_id.unwrap_or(account_id),
        next_id: ids::FIRST,
        signing_key: document.signing_key,
        credentials: credentials(document.credentials, fresh),
        connectors: BTreeMap::new(),
        servers: BTreeMap::new(),
        scopes: BTreeMap::new(),
        claims: BTreeMap::new(),
        bindings: BTreeMap::new(),
        apps: BTreeMap::new(),
        roles: BTreeMap::new(),
        users: BTreeMap::new(),
    };
    for connector in document.connectors.unwrap_or_default() {
        let row = Connector {
            name: connector.name,
            auth_method: connector.auth_method,
            allows_new_parameters: connector.allows_new_parameters,
        };
        state.connectors.insert(connector.id, row);
    }
    let memberships = reader.users(&mut state, document.users, fresh);
    let grants = reader.apps(&mut state, document.apps.unwrap_or_default())?;
    reader.roles(&mut state, document.roles.unwrap_or_default())?;
    reader.join(&mut state, memberships, grants)?;
    let servers = match document.authorization_servers {
        Some(servers) => servers,
        None if fresh => vec![built_in_server()],
        None => Vec::new(),
    };
    for server in servers {
        reader.server(&mut state, server)?;
    }
    // Ids drawn later must not meet one that the document gives.
    let highest = reader.taken.last().map_or(0, |&id| ids::after(id));
    state.next_id = reader.next_id.max(highest);
    Ok(state)
}

fn credentials(listed: Option<Vec<CredentialDocument>>, fresh: bool) -> BTreeMap<String, Credential> {
    let mut all = BTreeMap::new();
    if fresh {
        // The pair the program prints at start and uses by itself.
        let row = Credential { secret_sha256: sha256_hex("emulator-secret"), level: Level::ManageAll };
        all.insert("emulator".to_owned(), row);
    }
    for credential in listed.unwrap_or_default() {
        let hash = secret_hash(credential.client_secret, credential.client_secret_sha256);
        all.insert(credential.client_id, Credential { secret_sha256: hash, level: credential.level });
    }
    all
}

fn secret_hash(plain: Option<String>, hash: Option<String>) -> String {
    match (plain, hash) {
        (Some(plain), _) => sha256_hex(&plain),
        (None, Some(hash)) => hash,
        // Nobody knows the secret of such a client, as after a lost answer.
        (None, None) => String::new(),
    }
}

struct Reader {
    taken: BTreeSet<u64>,
    next_id: u64,
    now: i64,
}

impl Reader {
    /// Notes the ids the document gives, so that drawn ones do not meet them.
    fn reserve(&mut self, document: &Document) -> Result<(), DocumentError> {
        let apps = document.apps.iter().flatten().map(|app| app.id);
        let roles = document.roles.iter().flatten().map(|role| role.id);
        let users = document.users.iter().flatten().map(|user| user.id);
        let servers = document.authorization_servers.iter().flatten();
        let children = servers.flat_map(|server| {
            let scopes = server.scopes.iter().map(|scope| scope.id);
            let claims = server.claims.iter().map(|claim| claim.id);
            std::iter::once(server.id).chain(scopes).chain(claims)
        });
        for id in apps.chain(roles).chain(users).chain(children).flatten() {
            if !self.taken.insert(id) {
                return Err(DocumentError::DuplicateId { id });
            }
        }
        match self.taken.last().copied().max(document.next_id) {
            Some(id) if id > ids::LARGEST => Err(DocumentError::LargeId { id }),
            _ => Ok(()),
        }
    }

    fn id(&mut self, given: Option<u64>) -> u64 {
        if let Some(id) = given {
            return id;
        }
        loop {
            let id = self.next_id;
            self.next_id = ids::after(id);
            if self.taken.insert(id) {
                return id;
            }
        }
    }

    fn time(&self, given: Option<Timestamp>) -> i64 {
        given.map_or(self.now, Timestamp::as_millisecond)
    }

    /// Adds the users and returns the roles each wants to join.
    fn users(&mut self, state: &mut State, listed: Option<Vec<UserDocument>>, fresh: bool) -> Vec<(u64, Vec<Value>)> {
        let mut listed = listed.unwrap_or_default();
        if fresh && !listed.iter().any(|user| user.email.as_deref() == Some("tester@example.com")) {
            listed.insert(0, tester());
        }
        let mut memberships = Vec::new();
        for user in listed {
            let id = self.id(user.id);
            let mut fields = user.fields;
            for (name, value) in [("firstname", user.firstname), ("lastname", user.lastname)] {
                if let Some(value) = value {
                    fields.insert(name.to_owned(), value.into());
                }
            }
            let row = User {
                username: user.username.or_else(|| user.email.clone()),
                email: user.email,
                password_sha256: user.password.map(|plain| sha256_hex(&plain)).or(user.password_sha256),
                fields,
                custom_attributes: user.custom_attributes,
                created_at: self.time(user.created_at),
                updated_at: self.time(user.updated_at),
            };
            state.users.insert(id, row);
            memberships.push((id, user.roles));
        }
        memberships
    }

    /// Adds the apps and returns the roles that shall give access to each.
    fn apps(&mut self, state: &mut State, listed: Vec<AppDocument>) -> Result<Vec<(u64, Vec<Value>)>, DocumentError> {
        let mut grants = Vec::new();
        for app in listed {
            let id = self.id(app.id);
            let connector_id = app.connector_id.unwrap_or(OIDC_CONNECTOR);
            let known = state.connectors.get(&connector_id).map(|connector| connector.auth_method);
            let auth_method = app.auth_method.or(known).unwrap_or(OPENID_CONNECT);
            let parameters = self.parameters(app.parameters, auth_method);
            let row = App {
                name: app.name,
                connector_id,
                auth_method,
                description: app.description,
                notes: app.notes,
                visible: app.visible,
                policy_id: app.policy_id,
                brand_id: app.brand_id,
                tab_id: app.tab_id,
                allow_assumed_signin: app.allow_assumed_signin,
                configuration: app.configuration,
                parameters,
                client_id: match app.client_id {
                    Some(client_id) => client_id,
                    None => random::client_id(id).ok_or(DocumentError::NoRandomness)?,
                },
                secret_sha256: secret_hash(app.client_secret, app.client_secret_sha256),
                created_at: self.time(app.created_at),
                updated_at: self.time(app.updated_at),
            };
            state.apps.insert(id, row);
            grants.push((id, app.roles));
        }
        Ok(grants)
    }

    fn parameters(&mut self, listed: Map<String, Value>, auth_method: u64) -> BTreeMap<String, Parameter> {
        let mut all = BTreeMap::new();
        if auth_method == OPENID_CONNECT && !listed.contains_key("groups") {
            let id = self.id(None);
            all.insert("groups".to_owned(), Parameter { id, connector_level: true, fields: groups_fields() });
        }
        for (name, value) in listed {
            let mut fields = match value {
                Value::Object(fields) => fields,
                _ => Map::new(),
            };
            let given = fields.shift_remove("id").and_then(|id| id.as_u64());
            let level = fields.shift_remove("connector_level").and_then(|level| level.as_bool());
            let id = self.id(given);
            all.insert(name, Parameter { id, connector_level: level.unwrap_or(false), fields });
        }
        all
    }

    fn roles(&mut self, state: &mut State, listed: Vec<RoleDocument>) -> Result<(), DocumentError> {
        for role in listed {
            let id = self.id(role.id);
            let apps = role.apps.iter().map(|app| app_named(state, app)).collect::<Result<_, _>>()?;
            let users = members(state, &role.users)?;
            let admins = members(state, &role.admins)?;
            state.roles.insert(id, Role { name: role.name, apps, users, admins });
        }
        Ok(())
    }

    fn join(
        &self,
        state: &mut State,
        memberships: Vec<(u64, Vec<Value>)>,
        grants: Vec<(u64, Vec<Value>)>,
    ) -> Result<(), DocumentError> {
        for (user, roles) in memberships {
            for role in roles {
                let id = role_named(state, &role)?;
                if let Some(role) = state.roles.get_mut(&id) {
                    role.users.entry(user).or_insert(0);
                }
            }
        }
        for (app, roles) in grants {
            for role in roles {
                let id = role_named(state, &role)?;
                if let Some(role) = state.roles.get_mut(&id) {
                    role.apps.insert(app);
                }
            }
        }
        Ok(())
    }

    fn server(&mut self, state: &mut State, server: ServerDocument) -> Result<(), DocumentError> {
        let id = self.id(server.id);
        for scope in server.scopes {
            let key = (id, self.id(scope.id));
            let row = Scope { value: scope.value, description: scope.description, inherited: scope.inherited };
            state.scopes.insert(key, row);
        }
        for claim in server.claims {
            let key = (id, self.id(claim.id));
            let row = Claim {
                label: claim.label.or_else(|| Some(claim.name.clone())),
                name: claim.name,
                mapping: claim.user_attribute_mappings,
                macros: claim.user_attribute_macros,
                transformation: claim.attributes_transformations,
                inherited: claim.inherited,
            };
            state.claims.insert(key, row);
        }
        for client in server.clients {
            let app = app_named(state, &client.app_id)?;
            let scopes = client.scopes.iter().map(|scope| scope_named(state, id, scope)).collect::<Result<_, _>>()?;
            state.bindings.insert((id, app), Binding { scopes, changed_at: 0, before: None });
        }
        let row = Server {
            name: server.name,
            description: server.description,
            resource_identifier: server.configuration.resource_identifier,
            audiences: server.configuration.audiences,
            access_minutes: server.configuration.access_token_expiration_minutes,
            refresh_minutes: server.configuration.refresh_token_expiration_minutes,
            connector_id: server.connector_id.unwrap_or(SERVER_CONNECTOR),
            onelogin: server.onelogin,
        };
        state.servers.insert(id, row);
        Ok(())
    }
}
