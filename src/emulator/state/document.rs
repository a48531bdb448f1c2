//! The state as one JSON document: what seeds are written in, what the control API shows and the file holds.
//!
//! Every field may be left out but those an object cannot be without. A reference to an app, role, user or scope is
//! its id or its name (for a user the email or username, for a scope the value), so a seed needs no ids at all.
//!
//! ```json
//! {"credentials": [{"client_id": "ci", "client_secret": "s", "level": "Read All"}],
//!  "users": [{"email": "ann@example.com", "password": "p", "roles": ["Testers"]}],
//!  "roles": [{"name": "Testers"}],
//!  "apps": [{"name": "Web", "roles": ["Testers"], "client_secret": "s2", "configuration": {"redirect_uri": "https://a/cb"}}],
//!  "authorization_servers": [{"name": "Contacts",
//!     "configuration": {"resource_identifier": "https://c", "audiences": ["https://c"]},
//!     "scopes": [{"value": "read", "description": "Read"}],
//!     "claims": [{"name": "mail", "user_attribute_mappings": "email"}],
//!     "clients": [{"app_id": "Web", "scopes": ["read"]}]}]}
//! ```

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::tables::{Level, State};

mod fresh;
mod read;
mod references;
mod write;

pub(crate) use fresh::groups_fields;
pub(crate) use read::sha256_hex;

/// What a document is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A fresh account: what a fresh account always has is added.
    Seed,
    /// The whole account, as it was written.
    Whole,
}

/// Why a document is not a state.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The JSON does not have the shape of a state.
    #[error("state document is malformed: {}", shape_words(.0))]
    Malformed(serde_json::Error),
    /// A reference names nothing in the document.
    #[error("state document refers to {kind} {name}, which it does not hold")]
    Dangling {
        /// What kind of object was meant.
        kind: &'static str,
        /// The id or name as written.
        name: String,
    },
    /// Two objects have one id.
    #[error("state document gives the id {id} to two objects")]
    DuplicateId {
        /// The id.
        id: u64,
    },
    /// An id is so large that there would be none after it.
    #[error("state document gives the id {id}, and the largest is {}", crate::emulator::ids::LARGEST)]
    LargeId {
        /// The id.
        id: u64,
    },
    /// The randomness of the system is not available.
    #[error("no random numbers for a fresh state")]
    NoRandomness,
}

/// Fields that only a written state holds; nobody who writes a seed has a use for them.
const OWN_FIELDS: &[&str] = &[
    "instance_id",
    "next_id",
    "revision",
    "signing_key",
    "client_secret_sha256",
    "password_sha256",
    "inherited",
    "onelogin",
    "created_at",
    "updated_at",
];

/// Says what is wrong with a shape, naming of the fields that fit only those a person writes.
fn shape_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let Some((lead, fields)) = text.split_once(", expected one of ") else { return text };
    let is_public = |field: &&str| !OWN_FIELDS.contains(&field.trim_matches('`'));
    let public: Vec<&str> = fields.split(", ").filter(is_public).collect();
    format!("{lead}; there are {}", public.join(", "))
}

/// The state document.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_id: Option<u64>,
    /// How many changes the document includes; only in the state file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<u64>,
    /// The signing key; only in the state file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signing_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Vec<CredentialDocument>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connectors: Option<Vec<ConnectorDocument>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<UserDocument>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<RoleDocument>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apps: Option<Vec<AppDocument>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_servers: Option<Vec<ServerDocument>>,
}

impl Document {
    /// Reads a document from JSON.
    ///
    /// # Errors
    /// `Malformed` where the shape does not fit.
    pub(crate) fn from_json(value: Value) -> Result<Document, DocumentError> {
        serde_json::from_value(value).map_err(DocumentError::Malformed)
    }

    /// Fills a state from the document.
    ///
    /// # Errors
    /// `Dangling` and `DuplicateId` where the document contradicts itself.
    pub(crate) fn into_state(self, account_id: u64, purpose: Purpose) -> Result<State, DocumentError> {
        read::state(self, account_id, purpose)
    }

    /// Writes a state down, without the signing key and with secrets as hashes only.
    pub(crate) fn of(state: &State) -> Document {
        write::document(state)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialDocument {
    client_id: String,
    #[serde(default, skip_serializing)]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret_sha256: Option<String>,
    #[serde(default = "manage_all")]
    level: Level,
}

fn manage_all() -> Level {
    Level::ManageAll
}

fn yes() -> bool {
    true
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectorDocument {
    id: u64,
    name: String,
    auth_method: u64,
    #[serde(default = "yes")]
    allows_new_parameters: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct UserDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing)]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firstname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lastname: Option<String>,
    /// The other fields of the user resource.
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    custom_attributes: Map<String, Value>,
    /// Roles to join, beside those whose `users` name this one.
    #[serde(skip_serializing)]
    roles: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    name: String,
    /// References, or `{"user": reference, "added_at": time}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    users: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    admins: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    apps: Vec<Value>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    name: String,
    /// Left out: the generic OIDC connector of the United States.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connector_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_method: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(default = "yes")]
    visible: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    brand_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tab_id: Option<u64>,
    #[serde(default)]
    allow_assumed_signin: bool,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    configuration: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
    /// Roles that give access, beside those whose `apps` name this one.
    #[serde(default, skip_serializing, alias = "role_ids")]
    roles: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing)]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    configuration: ServerConfigurationDocument,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connector_id: Option<u64>,
    #[serde(default)]
    onelogin: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<ScopeDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claims: Vec<ClaimDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clients: Vec<ClientDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerConfigurationDocument {
    resource_identifier: String,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token_expiration_minutes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token_expiration_minutes: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default)]
    inherited: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_attribute_mappings: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_attribute_macros: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attributes_transformations: Option<String>,
    #[serde(default)]
    inherited: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientDocument {
    app_id: Value,
    #[serde(default)]
    scopes: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use super::{Document, Purpose};
    use serde_json::{Value, json};

    #[test]
    fn unknown_fields_are_answered_with_those_a_person_writes() {
        let check = |document: Value, expected: &str| {
            assert_eq!(Document::from_json(document).unwrap_err().to_string(), expected);
        };
        check(
            json!({"servers": []}),
            "state document is malformed: unknown field `servers`; there are `account_id`, `credentials`, \
             `connectors`, `users`, `roles`, `apps`, `authorization_servers`",
        );
        check(
            json!({"roles": [{"name": "a", "members": []}]}),
            "state document is malformed: unknown field `members`; there are `id`, `name`, `users`, `admins`, `apps`",
        );
        check(json!({"roles": [{}]}), "state document is malformed: missing field `name`");
    }

    /// Every line of a seed, taken out or given another value: it fills an account, or is refused in words.
    #[test]
    fn damaged_documents_are_read_or_refused() {
        let seed = json!({
            "account_id": 7, "credentials": [{"client_id": "c", "client_secret": "s"}],
            "users": [{"id": 1, "email": "ann@example.com", "username": "ann", "password": "p", "roles": ["Testers"]}],
            "roles": [{"id": 2, "name": "Testers", "apps": ["Web"]}],
            "apps": [{"id": 3, "name": "Web", "roles": ["Testers"], "client_secret": "s",
                "configuration": {"redirect_uri": "https://localhost/x", "oidc_application_type": 0}}],
            "authorization_servers": [{"id": 4, "name": "Contacts",
                "configuration": {"resource_identifier": "https://c", "audiences": ["https://c"],
                    "access_token_expiration_minutes": 10},
                "scopes": [{"id": 5, "value": "read", "description": "Read"}],
                "claims": [{"id": 6, "name": "mail", "user_attribute_mappings": "email"}],
                "clients": [{"app_id": "Web", "scopes": ["read"]}]}],
        });
        let text = serde_json::to_string_pretty(&seed).unwrap();
        let fill = |text: &str| {
            let Ok(value) = serde_json::from_str(text) else { return };
            let state = Document::from_json(value).and_then(|document| document.into_state(7, Purpose::Seed));
            match state {
                Ok(state) => drop(serde_json::to_string(&Document::of(&state)).unwrap()),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        };
        fill(&text);
        let lines: Vec<&str> = text.lines().collect();
        for number in 0..lines.len() {
            let mut damaged = lines.clone();
            damaged.remove(number);
            fill(&damaged.join("\n"));
            let (key, value) = lines[number].rsplit_once(": ").unwrap_or(("", lines[number]));
            let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
            for intruder in
                ["null", "-1", "1e300", "18446744073709551615", "\"x\"", "\"\"", "[]", "{}", "true", "[[1]]"]
            {
                let line = format!("{key}{intruder}{}", if value.ends_with(',') { "," } else { "" });
                damaged = lines.clone();
                damaged[number] = &line;
                fill(&damaged.join("\n"));
            }
        }
    }
}
