//! Reading records back, line by line.

use super::{RecordedRun, RecordedWrite, WriteState};
use crate::execute::Images;
use crate::model::{Address, Fingerprint, RemoteId};
use crate::workspace::entry::{Entry, FORMAT_VERSION, IntentEntry, ResultEntry, ResultKind, RunEntry, SecretEntry};
use crate::workspace::folder::{read_regular, refuse_symlink};
use crate::workspace::{RunHeader, WorkspaceError};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The longest record that is read, in bytes: a few hundred thousand writes.
const MOST_BYTES: u64 = 256 << 20;

/// Lists a folder, sorted; one that is not there holds nothing.
pub(super) fn listed(folder: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(WorkspaceError::io("read", folder)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(WorkspaceError::io("read", folder))?.path());
    }
    // By name without the ending: the second record of one moment is named like the first and longer.
    paths.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
    Ok(paths)
}

/// Reads the records of one host, oldest first.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<RecordedRun>, WorkspaceError> {
    let mut runs = Vec::new();
    for path in listed(folder)? {
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            runs.extend(read_run(&path)?);
        }
    }
    Ok(runs)
}

/// Reads one record; `None` where the process was killed before it had a first line.
fn read_run(path: &Path) -> Result<Option<RecordedRun>, WorkspaceError> {
    refuse_symlink(path)?;
    let bytes = read_regular(path, MOST_BYTES).map_err(WorkspaceError::io("read", path))?;
    let text = String::from_utf8(bytes).map_err(|error| WorkspaceError::io("read", path)(io::Error::other(error)))?;
    let malformed = |number: usize, reason: String| WorkspaceError::Malformed {
        path: path.to_owned(),
        reason: format!("line {}: {reason}", number + 1),
    };
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
    let mut run: Option<RecordedRun> = None;
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    for (number, line) in whole.lines().enumerate() {
        let entry: Entry = serde_json::from_str(line).map_err(|error| malformed(number, error.to_string()))?;
        match (entry, &mut run) {
            (Entry::Run(entry), None) if entry.format_version != FORMAT_VERSION => {
                return Err(malformed(
                    number,
                    format!("format version {}, not {FORMAT_VERSION}", entry.format_version),
                ));
            }
            (Entry::Run(entry), None) => run = Some(begun(path, entry)),
            (Entry::Intent(entry), Some(run)) => {
                places.insert(entry.write, run.writes.len());
                let write = intended(*entry).ok_or_else(|| malformed(number, "an unknown address".to_owned()))?;
                run.writes.push(write);
            }
            (Entry::Result(entry), Some(run)) => {
                let place = places.get(&entry.write).and_then(|place| run.writes.get_mut(*place));
                let write = place.ok_or_else(|| malformed(number, "a result without an intent".to_owned()))?;
                write.state = state(&entry);
            }
            (Entry::End(end), Some(run)) => {
                run.is_ended = true;
                run.is_complete = end.other == 0;
            }
            (Entry::Run(_), Some(_)) => return Err(malformed(number, "a second header".to_owned())),
            (_, None) => return Err(malformed(number, "no header".to_owned())),
        }
    }
    Ok(run)
}

fn begun(path: &Path, entry: RunEntry) -> RecordedRun {
    let RunEntry {
        format_version: _,
        program_version,
        config_digest,
        tenant,
        account_id,
        environment,
        undoes,
        pid: _,
        at,
    } = entry;
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let header = RunHeader { program_version, config_digest, tenant, account_id, environment, undoes };
    RecordedRun { name, header, at, writes: Vec::new(), is_ended: false, is_complete: false }
}

fn intended(entry: IntentEntry) -> Option<RecordedWrite> {
    let IntentEntry { write: _, at, address, action, key, id, server, fingerprint, fields, before, sent } = entry;
    Some(RecordedWrite {
        address: Address::parse(&address).ok()?,
        action: action.into(),
        key: key.map(Into::into),
        id: id.map(RemoteId),
        fingerprint: fingerprint.map(Fingerprint::from_saved),
        fields: fields.into_iter().map(|field| (field.path, field.before, field.after)).collect(),
        server: server.map(RemoteId),
        images: Images { before: before.map(Into::into), sent: sent.map(Into::into) },
        at,
        state: WriteState::Open,
    })
}

fn state(entry: &ResultEntry) -> WriteState {
    match entry.result {
        ResultKind::Done => {
            WriteState::Done { id: entry.id.map(RemoteId), is_secret_lost: entry.secret == Some(SecretEntry::Lost) }
        }
        ResultKind::Failed => WriteState::Failed,
        ResultKind::Unknown => WriteState::Unknown,
    }
}
