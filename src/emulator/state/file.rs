//! The state file: a snapshot, a journal of what changed since, and the lock on both.
//!
//! A write is answered once its journal line is on disk. Lines of requests that wait together are written together,
//! so many small writes cost few disk syncs. The snapshot is only ever replaced whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;

use super::document::{Document, DocumentError, Purpose};
use super::{Change, State};

/// How often a held lock is tried again.
const LOCK_POLL: Duration = Duration::from_millis(25);

/// The largest snapshot, and the longest line of a journal, that is read: an account of a million objects.
const LARGEST_BYTES: u64 = 1 << 30;

/// Why a state file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// The operating system refused.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The file is not a state.
    #[error("{path} is not a state of the emulator")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: DocumentError,
    },
    /// A journal line is broken, and not merely cut off at the end.
    #[error("line {line} of {path} is not a change of the state")]
    Journal {
        /// The journal.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// A line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    revision: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replace: Option<Value>,
}

/// The open state file.
pub(crate) struct Log {
    sender: Option<mpsc::Sender<Pending>>,
    writer: Option<thread::JoinHandle<File>>,
    paths: Paths,
    /// Held for as long as the file is open; the operating system lets go of it when the process dies.
    lock: File,
    revision: u64,
}

struct Pending {
    bytes: Vec<u8>,
    done: oneshot::Sender<io::Result<()>>,
}

#[derive(Clone)]
struct Paths {
    snapshot: PathBuf,
    journal: PathBuf,
    lock: PathBuf,
}

impl Paths {
    fn of(snapshot: &Path) -> Paths {
        let beside = |suffix: &str| {
            let mut name = snapshot.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Paths { snapshot: snapshot.to_owned(), journal: beside(".journal"), lock: beside(".lock") }
    }
}

/// Opens a state file, waiting for as long as another process has it, and fills a fresh one.
///
/// # Errors
/// `Io` where the file cannot be read or written, `Malformed` and `Journal` where it is not a state.
pub(crate) async fn open(
    path: &Path,
    fresh: impl FnOnce() -> Result<State, DocumentError>,
    account_id: u64,
) -> Result<(State, Log), StateFileError> {
    let paths = Paths::of(path);
    make_folder(path)?;
    for path in [&paths.snapshot, &paths.journal, &paths.lock] {
        refuse_special(path)?;
    }
    let lock = take_lock(&paths.lock).await?;
    let (mut state, mut revision) = match read_regular(&paths.snapshot) {
        Ok(bytes) => read_snapshot(&paths.snapshot, &bytes, account_id)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let malformed = |source| StateFileError::Malformed { path: paths.snapshot.clone(), source };
            // A journal without its snapshot belongs to a state that somebody removed.
            remove_if_there(&paths.journal)?;
            (fresh().map_err(malformed)?, 0)
        }
        Err(source) => return Err(failed("read", &paths.snapshot, source)),
    };
    replay(&paths.journal, &mut state, &mut revision, account_id)?;
    write_snapshot(&paths.snapshot, &state, revision)?;
    let journal = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&paths.journal)
        .map_err(|source| failed("open", &paths.journal, source))?;
    let (sender, receiver) = mpsc::channel();
    let writer = thread::Builder::new()
        .name("emulator-journal".to_owned())
        .spawn(move || write_lines(journal, &receiver))
        .map_err(|source| failed("start the writer of", &paths.journal, source))?;
    Ok((state, Log { sender: Some(sender), writer: Some(writer), paths, lock, revision }))
}

/// Returns the process that holds a state file, as far as its lock file says.
pub fn state_holder(path: &Path) -> Option<u32> {
    let lock = Paths::of(path).lock;
    refuse_special(&lock).ok()?;
    let mut text = String::new();
    File::open(lock).ok()?.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Returns the random id of the account that a state file holds; `None` where no account is kept there yet.
///
/// The lock is not taken: the snapshot is replaced whole, and its id never changes.
///
/// # Errors
/// Whatever the system answers, and where the file is no state.
pub fn state_instance(path: &Path) -> io::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Instance {
        instance_id: String,
    }
    match read_regular(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice::<Instance>(&bytes)?.instance_id)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Log {
    /// Hands changes over to be written down; the answer comes when they are on disk.
    ///
    /// Must be called in the order in which the changes were made.
    pub(crate) fn append(&mut self, changes: &[Change]) -> oneshot::Receiver<io::Result<()>> {
        self.send(Line { revision: 0, changes: changes.to_vec(), replace: None })
    }

    /// Hands over a whole new state.
    pub(crate) fn replace(&mut self, state: &State) -> oneshot::Receiver<io::Result<()>> {
        let document = serde_json::to_value(file_document(state, None)).unwrap_or(Value::Null);
        self.send(Line { revision: 0, changes: Vec::new(), replace: Some(document) })
    }

    fn send(&mut self, mut line: Line) -> oneshot::Receiver<io::Result<()>> {
        self.revision += 1;
        line.revision = self.revision;
        let (done, answer) = oneshot::channel();
        // Rows are plain data, which cannot fail to become JSON; were it to, nothing would be written and the
        // answer would say so.
        if let Ok(mut bytes) = serde_json::to_vec(&line) {
            bytes.push(b'\n');
            if let Some(sender) = &self.sender {
                let _gone = sender.send(Pending { bytes, done });
            }
        }
        answer
    }

    /// Folds the journal into the snapshot and lets go of the file.
    ///
    /// # Errors
    /// `Io` where the snapshot cannot be written; the journal then still holds every change.
    pub(crate) fn close(mut self, state: &State) -> Result<(), StateFileError> {
        drop(self.sender.take());
        if let Some(Ok(journal)) = self.writer.take().map(thread::JoinHandle::join) {
            write_snapshot(&self.paths.snapshot, state, self.revision)?;
            journal.set_len(0).map_err(|source| failed("empty", &self.paths.journal, source))?;
        }
        self.lock.unlock().map_err(|source| failed("unlock", &self.paths.lock, source))
    }
}

fn write_lines(mut journal: File, receiver: &mpsc::Receiver<Pending>) -> File {
    while let Ok(first) = receiver.recv() {
        let mut batch = vec![first];
        batch.extend(receiver.try_iter());
        let bytes: Vec<u8> = batch.iter().flat_map(|pending| pending.bytes.iter().copied()).collect();
        let written = journal.write_all(&bytes).and_then(|()| journal.sync_data());
        for pending in batch {
            let outcome = match &written {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            // Whoever asked may have gone away; the line is written all the same.
            let _gone = pending.done.send(outcome);
        }
    }
    journal
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> StateFileError {
    StateFileError::Io { action, path: path.to_owned(), source }
}

fn make_folder(path: &Path) -> Result<(), StateFileError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| failed("create", folder, source)),
        _ => Ok(()),
    }
}

/// Refuses what is there and no file of its own: a link, which leads elsewhere, a pipe, which may never end, or a device.
fn refuse_special(path: &Path) -> Result<(), StateFileError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            Err(failed("use", path, io::Error::other("it is not a regular file, or a link to one")))
        }
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed("look at", path, source)),
        _ => Ok(()),
    }
}

fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= LARGEST_BYTES => Ok(bytes),
        _ => Err(io::Error::other(format!("it is larger than {LARGEST_BYTES} bytes"))),
    }
}

fn remove_if_there(path: &Path) -> Result<(), StateFileError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, source)),
        _ => Ok(()),
    }
}

async fn take_lock(path: &Path) -> Result<File, StateFileError> {
    // The lock has a file of its own: the snapshot is replaced, and a lock would stay with the old one.
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|source| failed("open", path, source))?;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_POLL).await,
            Err(TryLockError::Error(source)) => return Err(failed("lock", path, source)),
        }
    }
    let noted = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| writeln!(file, "{}", std::process::id()));
    noted.map_err(|source| failed("write", path, source))?;
    Ok(file)
}

fn read_snapshot(path: &Path, bytes: &[u8], account_id: u64) -> Result<(State, u64), StateFileError> {
    let malformed = |source| StateFileError::Malformed { path: path.to_owned(), source };
    let value = serde_json::from_slice(bytes).map_err(|error| malformed(DocumentError::Malformed(error)))?;
    let document = Document::from_json(value).map_err(malformed)?;
    let revision = document.revision.unwrap_or(0);
    let state = document.into_state(account_id, Purpose::Whole).map_err(malformed)?;
    Ok((state, revision))
}

fn replay(path: &Path, state: &mut State, revision: &mut u64, account_id: u64) -> Result<(), StateFileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed("read", path, source)),
    };
    let mut reader = BufReader::new(file);
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = (&mut reader)
            .take(LARGEST_BYTES)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| failed("read", path, source))?;
        // A last line without its end was cut off by a crash, before its request was answered.
        if read == 0 || bytes.last() != Some(&b'\n') {
            break;
        }
        let parsed: Line = serde_json::from_slice(&bytes).map_err(|source| StateFileError::Journal {
            path: path.to_owned(),
            line,
            source,
        })?;
        // A crash between the new snapshot and the empty journal leaves lines the snapshot already has.
        if parsed.revision <= *revision {
            continue;
        }
        *revision = parsed.revision;
        if let Some(document) = parsed.replace {
            let malformed = |source| StateFileError::Malformed { path: path.to_owned(), source };
            let document = Document::from_json(document).map_err(malformed)?;
            *state = document.into_state(account_id, Purpose::Whole).map_err(malformed)?;
        }
        for change in parsed.changes {
            state.apply(change);
        }
    }
    Ok(())
}

fn file_document(state: &State, revision: Option<u64>) -> Document {
    let mut document = Document::of(state);
    document.signing_key.clone_from(&state.signing_key);
    document.revision = revision;
    document
}

fn write_snapshot(path: &Path, state: &State, revision: u64) -> Result<(), StateFileError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    let document = file_document(state, Some(revision));
    // What a killed process left behind; a link that somebody put there must not be written through.
    remove_if_there(&temporary)?;
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(|source| failed("write", &temporary, source))?;
    let bytes =
        serde_json::to_vec_pretty(&document).map_err(|error| failed("write", &temporary, io::Error::other(error)))?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|source| failed("write", &temporary, source))?;
    fs::rename(&temporary, path).map_err(|source| failed("replace", path, source))?;
    // The new name must be on disk too before the journal may be emptied.
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| failed("sync", folder, source))
}
