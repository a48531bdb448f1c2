//! What an execution needs from whoever runs it: a place for secrets and a record.

use super::{Images, NaturalKey};
use crate::diff::FieldChange;
use crate::model::{Address, EntryKey, Fingerprint, RemoteId};
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;

/// Keeps secrets and records; a failure of either stops the execution.
///
/// All but the storing of a secret may block: they are short writes.
pub trait Host: Sync {
    /// Makes room for the secret of an app that is about to be made.
    ///
    /// # Errors
    /// [`HostError`] where there is none: then the app must not be made.
    fn reserve_secret(&self, app: &EntryKey) -> Result<(), HostError>;

    /// Gives up the room for a secret that did not come; does nothing where it was used.
    fn release_secret(&self, app: &EntryKey);

    /// Stores the secret of an app that was just made. Ends only when it is safe.
    ///
    /// # Errors
    /// [`HostError`] where no place took it: then it is lost.
    fn store_secret<'a>(&'a self, secret: &'a NewSecret) -> BoxFuture<'a, Result<StoredAt, HostError>>;

    /// Records what is about to be written, or what became of it. Returns only when it is handed to the system.
    ///
    /// # Errors
    /// [`HostError`] where the record cannot be written.
    fn record(&self, entry: &RecordEntry<'_>) -> Result<(), HostError>;
}

/// A host that could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
pub struct HostError {
    /// What failed, a lowercase fragment without any secret.
    pub what: String,
    /// Why.
    #[source]
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// The credentials of an app that was just made: OneLogin never tells them again.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// The app's key in the file.
    pub app: EntryKey,
    /// The app's id.
    pub id: RemoteId,
    /// The app's name.
    pub name: String,
    /// The OAuth client id.
    pub client_id: Option<String>,
    /// The OAuth client secret.
    pub client_secret: SecretString,
}

/// Where a secret went.
#[derive(Debug, Clone)]
pub struct StoredAt {
    /// The place in words: a path, or the command that took it.
    pub place: String,
    /// Why it did not go where it should have gone; the execution stops.
    pub fallback: Option<HostError>,
}

impl fmt::Display for StoredAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// One entry of a run's record.
#[derive(Debug, Clone)]
pub enum RecordEntry<'a> {
    /// Something is about to be written.
    Intent(Intent<'a>),
    /// It is known what became of it.
    Result(WriteResult<'a>),
}

/// What is about to be written.
#[derive(Debug, Clone)]
pub struct Intent<'a> {
    /// The number of the write in this run, from 0.
    pub write: u64,
    /// The object.
    pub address: &'a Address,
    /// What is done to it.
    pub action: WriteAction,
    /// What it can be found by, if it is being made.
    pub key: Option<NaturalKey>,
    /// The live object, if there is one.
    pub id: Option<RemoteId>,
    /// The digest of the live object.
    pub fingerprint: Option<&'a Fingerprint>,
    /// Field by field.
    pub fields: &'a [FieldChange],
    /// The server that has it, if it is a scope, a claim or a binding.
    pub server: Option<RemoteId>,
    /// What it held, and what the write sets.
    pub images: &'a Images,
}

/// What one write does; a replacement is two writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteAction {
    /// It makes something.
    Create,
    /// It changes something in place.
    Update,
    /// It deletes something.
    Delete,
}

/// What became of a write.
#[derive(Debug, Clone)]
pub struct WriteResult<'a> {
    /// The number of the intent.
    pub write: u64,
    /// The object.
    pub address: &'a Address,
    /// What became of it.
    pub result: RecordedResult,
}

/// The ways a write can end, as recorded.
#[derive(Debug, Clone)]
pub enum RecordedResult {
    /// It was done.
    Done {
        /// The live object.
        id: RemoteId,
        /// Where the secret of an app went, if it has one.
        secret: Option<String>,
    },
    /// It was done, and the secret of the app is lost.
    DoneSecretLost {
        /// The app.
        id: RemoteId,
    },
    /// It was not done.
    Failed {
        /// What was said.
        message: String,
    },
    /// Nobody knows: to be looked up by the next run.
    Unknown {
        /// What was said.
        message: String,
    },
}
