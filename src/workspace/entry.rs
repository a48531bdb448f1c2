//! The lines of a record as JSON.
//!
//! Their shape is a format of its own, with a version and a published schema: a record is read by later versions of the
//! program. What was added to version 1 since is optional, so that older records can be read.

use super::object::ObjectEntry;
use crate::diff::Action;
use crate::execute::{NaturalKey, WriteAction};
use crate::model::{ClaimName, RemoteId, ScopeValue};
use jiff::Timestamp;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format.
pub(super) const FORMAT_VERSION: u32 = 1;

/// One line of a run record of gatewright: `.gatewright/runs/<host>/<time>-<process id>.jsonl`. The first line is a `run`; an
/// `intent` stands before every write, a `result` after it; the last line is an `end`, unless the process died.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(title = "gatewright run record")]
pub(super) enum Entry {
    /// What the run is about; the first line.
    Run(RunEntry),
    /// Something is about to be written. Without a result, nobody knows what became of it.
    Intent(Box<IntentEntry>),
    /// What became of a write; of several the last one counts.
    Result(ResultEntry),
    /// The last line.
    End(EndEntry),
}

/// Returns the JSON Schema of one line of a record, draft-07: what editors understand.
pub fn run_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Entry>().to_value()
}

/// What a run is about.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct RunEntry {
    /// The version of this format.
    pub(super) format_version: u32,
    /// The version of the program.
    pub(super) program_version: String,
    /// The digest of the resolved configuration.
    pub(super) config_digest: String,
    /// The host of the tenant.
    pub(super) tenant: String,
    /// The id of the account; a run of another account cannot be undone with this one.
    pub(super) account_id: Option<u64>,
    /// The environment; null where the file has none.
    pub(super) environment: Option<String>,
    /// The run that it undoes, if it is an undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undoes: Option<String>,
    /// The process id.
    pub(super) pid: u32,
    /// When it began, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
}

/// What is about to be written.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct IntentEntry {
    /// The number of the write in this run, from 0.
    pub(super) write: u64,
    /// When, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    /// The address of the object.
    pub(super) address: String,
    /// What happens to it.
    pub(super) action: ActionEntry,
    /// What it can be found by, if it is being made.
    pub(super) key: Option<KeyEntry>,
    /// The id of the live object, if there is one; of a binding, that of the app.
    pub(super) id: Option<u64>,
    /// The id of the server that has the scope, claim or binding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<u64>,
    /// The digest of the live object the change was computed from.
    pub(super) fingerprint: Option<String>,
    /// What was planned, field by field as plans show it.
    pub(super) fields: Vec<FieldEntry>,
    /// The whole object as it was right before; absent where it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<ObjectEntry>,
    /// The fields that the write sets; absent where the object is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<ObjectEntry>,
}

/// What happens to an object.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActionEntry {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted.
    Delete,
}

/// What a thing that is being made can be found by while its id is not known.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum KeyEntry {
    /// A role.
    Role {
        /// Its name.
        name: String,
    },
    /// An OIDC app.
    OidcApp {
        /// Its name.
        name: String,
    },
    /// An authorization server.
    AuthorizationServer {
        /// Its name.
        name: String,
        /// Its resource identifier.
        resource_identifier: String,
    },
    /// A scope.
    Scope {
        /// The id of its server.
        server: u64,
        /// Its value.
        value: String,
    },
    /// A claim.
    Claim {
        /// The id of its server.
        server: u64,
        /// Its name.
        name: String,
    },
    /// A client binding.
    Client {
        /// The id of its server.
        server: u64,
        /// The id of its app.
        app: u64,
    },
}

/// One planned field.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct FieldEntry {
    /// The field as the file names it.
    pub(super) path: String,
    /// What live held; null where there was nothing.
    pub(super) before: Value,
    /// What it was to hold; null where there was to be nothing.
    pub(super) after: Value,
}

/// What became of a write.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ResultEntry {
    /// The number of the intent.
    pub(super) write: u64,
    /// When, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    /// The address of the object.
    pub(super) address: String,
    /// What became of it.
    pub(super) result: ResultKind,
    /// The id of the live object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    /// What became of the secret of an app that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<SecretEntry>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResultKind {
    /// It was done.
    Done,
    /// It was not done.
    Failed,
    /// The run could not find out.
    Unknown,
}

/// Where a secret is; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecretEntry {
    /// The file or the command that took it.
    Stored(String),
    /// Nobody has it.
    Lost,
}

/// How the run came to its end.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct EndEntry {
    /// When, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    /// How many steps were applied.
    pub(super) applied: usize,
    /// How many were not.
    pub(super) other: usize,
    /// Whether the user broke it off.
    pub(super) interrupted: bool,
}

impl From<WriteAction> for ActionEntry {
    fn from(action: WriteAction) -> Self {
        match action {
            WriteAction::Create => Self::Create,
            WriteAction::Update => Self::Update,
            WriteAction::Delete => Self::Delete,
        }
    }
}

impl From<ActionEntry> for Action {
    fn from(action: ActionEntry) -> Self {
        match action {
            ActionEntry::Create => Self::Create,
            ActionEntry::Update => Self::Update,
            ActionEntry::Delete => Self::Delete,
        }
    }
}

impl From<NaturalKey> for KeyEntry {
    fn from(key: NaturalKey) -> Self {
        match key {
            NaturalKey::Role { name } => Self::Role { name },
            NaturalKey::App { name } => Self::OidcApp { name },
            NaturalKey::Server { name, resource_identifier } => Self::AuthorizationServer { name, resource_identifier },
            NaturalKey::Scope { server, value } => Self::Scope { server: server.0, value: value.to_string() },
            NaturalKey::Claim { server, name } => Self::Claim { server: server.0, name: name.to_string() },
            NaturalKey::Client { server, app } => Self::Client { server: server.0, app: app.0 },
        }
    }
}

impl From<KeyEntry> for NaturalKey {
    fn from(key: KeyEntry) -> Self {
        match key {
            KeyEntry::Role { name } => Self::Role { name },
            KeyEntry::OidcApp { name } => Self::App { name },
            KeyEntry::AuthorizationServer { name, resource_identifier } => Self::Server { name, resource_identifier },
            KeyEntry::Scope { server, value } => {
                Self::Scope { server: RemoteId(server), value: ScopeValue::new(value) }
            }
            KeyEntry::Claim { server, name } => Self::Claim { server: RemoteId(server), name: ClaimName::new(name) },
            KeyEntry::Client { server, app } => Self::Client { server: RemoteId(server), app: RemoteId(app) },
        }
    }
}
