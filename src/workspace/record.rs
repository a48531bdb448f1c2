//! The record of one run, line by line.

use super::entry::{
    EndEntry, Entry, FORMAT_VERSION, FieldEntry, IntentEntry, ResultEntry, ResultKind, RunEntry, SecretEntry,
};
use super::folder::{create_new, make_private};
use super::{Workspace, WorkspaceError};
use crate::execute::{Intent, Outcome, RecordEntry, RecordedResult, WriteResult};
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The most records that may begin in one process within one millisecond.
const MOST_AT_ONCE: u32 = 1000;

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunHeader {
    /// The version of the program.
    pub program_version: String,
    /// The digest of the resolved file.
    pub config_digest: String,
    /// The tenant's host.
    pub tenant: String,
    /// The account id of the token answer.
    pub account_id: Option<u64>,
    /// The environment.
    pub environment: Option<String>,
    /// The run that it undoes, if it is an undo.
    pub undoes: Option<String>,
}

/// The record of a run that is under way.
///
/// A line is handed to the system before the call returns, so it outlives a killed process; it is synced to the disk at
/// the end.
#[derive(Debug)]
pub struct RunRecord {
    name: String,
    path: PathBuf,
    file: Mutex<Lines>,
    has_intents: AtomicBool,
    clock: fn() -> Timestamp,
}

/// The file, and where its last whole line ends.
#[derive(Debug)]
struct Lines {
    file: File,
    end: u64,
}

impl Lines {
    /// Appends a line, or nothing: a line after half a line would make the record unreadable for good.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        match self.file.write_all(line) {
            Ok(()) => {
                self.end = self.end.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
                Ok(())
            }
            Err(error) => {
                self.file.set_len(self.end)?;
                self.file.seek(SeekFrom::Start(self.end))?;
                Err(error)
            }
        }
    }
}

impl RunRecord {
    /// Begins a record.
    ///
    /// # Errors
    /// [`WorkspaceError`] where it cannot be written.
    pub fn begin(
        workspace: &Workspace,
        host: &str,
        header: &RunHeader,
        clock: fn() -> Timestamp,
    ) -> Result<Self, WorkspaceError> {
        let folder = workspace.runs(host);
        if let Some(parent) = folder.parent() {
            make_private(parent)?;
        }
        make_private(&folder)?;
        let (at, pid) = (clock(), std::process::id());
        let (name, path, file) = create(&folder, at, pid)?;
        let record =
            Self { name, path, file: Mutex::new(Lines { file, end: 0 }), has_intents: AtomicBool::new(false), clock };
        let RunHeader { program_version, config_digest, tenant, account_id, environment, undoes } = header.clone();
        let format_version = FORMAT_VERSION;
        record.append(&Entry::Run(RunEntry {
            format_version,
            program_version,
            config_digest,
            tenant,
            account_id,
            environment,
            undoes,
            pid,
            at,
        }))?;
        Ok(record)
    }

    /// Returns the name by which `undo` finds the run.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says whether anything was about to be written, and so may have been.
    pub fn has_intents(&self) -> bool {
        self.has_intents.load(Ordering::Relaxed)
    }

    /// Ends the record and syncs it.
    ///
    /// # Errors
    /// [`WorkspaceError`] where it cannot be written.
    pub fn finish(&self, outcome: &Outcome) -> Result<(), WorkspaceError> {
        let applied = outcome.steps.iter().filter(|step| step.result.is_applied()).count();
        let other = outcome.steps.len() - applied;
        self.append(&Entry::End(EndEntry { at: (self.clock)(), applied, other, interrupted: outcome.interrupted }))?;
        let lines = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        lines.file.sync_all().map_err(WorkspaceError::io("write", &self.path))
    }

    pub(super) fn record(&self, entry: &RecordEntry<'_>) -> Result<(), WorkspaceError> {
        let at = (self.clock)();
        let entry = match entry {
            RecordEntry::Intent(intent) => {
                self.has_intents.store(true, Ordering::Relaxed);
                Entry::Intent(Box::new(intent_entry(intent, at)))
            }
            RecordEntry::Result(result) => Entry::Result(result_entry(result, at)),
        };
        self.append(&entry)
    }

    fn append(&self, entry: &Entry) -> Result<(), WorkspaceError> {
        let mut line = serde_json::to_vec(entry)
            .map_err(|error| WorkspaceError::Malformed { path: self.path.clone(), reason: error.to_string() })?;
        line.push(b'\n');
        let mut lines = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        lines.append(&line).map_err(WorkspaceError::io("write", &self.path))
    }
}

fn create(folder: &Path, at: Timestamp, pid: u32) -> Result<(String, PathBuf, File), WorkspaceError> {
    let time = at.strftime("%Y%m%dT%H%M%S.%3fZ");
    let mut last = WorkspaceError::io("create", folder)(io::ErrorKind::AlreadyExists.into());
    for number in 1..=MOST_AT_ONCE {
        let name = match number {
            1 => format!("{time}-{pid}"),
            _ => format!("{time}-{pid}-{number:04}"),
        };
        let path = folder.join(format!("{name}.jsonl"));
        match create_new(&path) {
            Ok(file) => return Ok((name, path, file)),
            Err(error) => {
                let is_taken = error.kind() == io::ErrorKind::AlreadyExists;
                last = WorkspaceError::io("create", path)(error);
                if !is_taken {
                    break;
                }
            }
        }
    }
    Err(last)
}

fn intent_entry(intent: &Intent<'_>, at: Timestamp) -> IntentEntry {
    let Intent { write, address, action, key, id, fingerprint, fields, server, images } = intent;
    let field = |field: &crate::diff::FieldChange| FieldEntry {
        path: field.path.to_owned(),
        before: field.before.clone(),
        after: field.after.clone(),
    };
    IntentEntry {
        write: *write,
        at,
        address: address.to_string(),
        action: (*action).into(),
        key: key.clone().map(Into::into),
        id: id.map(|id| id.0),
        fingerprint: fingerprint.map(ToString::to_string),
        fields: fields.iter().map(field).collect(),
        server: server.map(|id| id.0),
        before: images.before.as_ref().map(Into::into),
        sent: images.sent.as_ref().map(Into::into),
    }
}

fn result_entry(result: &WriteResult<'_>, at: Timestamp) -> ResultEntry {
    let WriteResult { write, address, result } = result;
    let (kind, id, secret, error) = match result {
        RecordedResult::Done { id, secret } => {
            (ResultKind::Done, Some(id.0), secret.clone().map(SecretEntry::Stored), None)
        }
        RecordedResult::DoneSecretLost { id } => (ResultKind::Done, Some(id.0), Some(SecretEntry::Lost), None),
        RecordedResult::Failed { message } => (ResultKind::Failed, None, None, Some(message.clone())),
        RecordedResult::Unknown { message } => (ResultKind::Unknown, None, None, Some(message.clone())),
    };
    ResultEntry { write: *write, at, address: address.to_string(), result: kind, id, secret, error }
}
