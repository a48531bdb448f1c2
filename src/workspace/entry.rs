//! The lines of a record as JSON.
//!
//! Their shape is a format of its own, with a version: a record is read by later versions of the program.

use crate::diff::Action;
use crate::execute::{NaturalKey, WriteAction};
use crate::model::{ClaimName, RemoteId, ScopeValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format.
pub(super) const FORMAT_VERSION: u32 = 1;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Entry {
    Run(RunEntry),
    Intent(IntentEntry),
    Result(ResultEntry),
    End(EndEntry),
}

/// What a run is about; the first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RunEntry {
    pub(super) format_version: u32,
    pub(super) program_version: String,
    pub(super) config_digest: String,
    pub(super) tenant: String,
    pub(super) account_id: Option<u64>,
    pub(super) environment: Option<String>,
    pub(super) pid: u32,
    pub(super) at: Timestamp,
}

/// What is about to be written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IntentEntry {
    pub(super) write: u64,
    pub(super) at: Timestamp,
    pub(super) address: String,
    pub(super) action: ActionEntry,
    pub(super) key: Option<KeyEntry>,
    pub(super) id: Option<u64>,
    pub(super) fingerprint: Option<String>,
    pub(super) fields: Vec<FieldEntry>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActionEntry {
    Create,
    Update,
    Delete,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum KeyEntry {
    Role { name: String },
    OidcApp { name: String },
    AuthorizationServer { name: String, resource_identifier: String },
    Scope { server: u64, value: String },
    Claim { server: u64, name: String },
    Client { server: u64, app: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FieldEntry {
    pub(super) path: String,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// What became of a write; of several the last one counts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ResultEntry {
    pub(super) write: u64,
    pub(super) at: Timestamp,
    pub(super) address: String,
    pub(super) result: ResultKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<SecretEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResultKind {
    Done,
    Failed,
    Unknown,
}

/// Where a secret is; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecretEntry {
    Stored(String),
    Lost,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EndEntry {
    pub(super) at: Timestamp,
    pub(super) applied: usize,
    pub(super) other: usize,
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
