//! Secrets of apps, one file each, never overwritten.

use super::WorkspaceError;
use super::folder::{
    create_new, create_part, make_private, read_regular, refuse_symlink, refuse_symlinks, sync_folder,
};
use crate::execute::NewSecret;
use crate::model::{EntryKey, RemoteId};
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The most files one app may have: ids are never given twice, so a second one is an accident already.
const MOST_FILES: u32 = 100;

/// How much room is made for a secret before it is known: many times what OneLogin's own take, with all that lies beside it.
const ROOM_BYTES: usize = 4096;

/// The longest file that can be a stored secret, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The stored secrets of one host.
#[derive(Debug, Clone)]
pub struct SecretFiles {
    folder: PathBuf,
}

/// The credentials of an app, as stored.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// The OAuth client id.
    pub client_id: Option<String>,
    /// The OAuth client secret.
    pub client_secret: SecretString,
    /// The file.
    pub path: PathBuf,
}

/// The shape of a stored secret, and of what the secrets command reads.
#[derive(Serialize)]
pub(super) struct SecretJson<'a> {
    format_version: u32,
    app: &'a str,
    id: u64,
    name: &'a str,
    host: &'a str,
    created_at: String,
    client_id: Option<&'a str>,
    client_secret: &'a str,
}

/// What is read back of it.
#[derive(Deserialize)]
struct SecretRead {
    client_id: Option<String>,
    client_secret: String,
}

/// Returns a secret as JSON with a line break at the end; wiped when it is dropped.
pub(super) fn to_json(secret: &NewSecret, host: &str, now: Timestamp) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let NewSecret { app, id, name, client_id, client_secret } = secret;
    let json = SecretJson {
        format_version: 1,
        app: app.as_str(),
        id: id.0,
        name,
        host,
        created_at: now.to_string(),
        client_id: client_id.as_deref(),
        client_secret: client_secret.expose_secret(),
    };
    // Room for all of it, so that no half-written copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024 + 2 * name.len() + 2 * json.client_secret.len()));
    serde_json::to_writer_pretty(&mut *bytes, &json)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Room for a secret that is yet to come; given up where it is not used.
#[derive(Debug)]
pub(super) struct Room {
    /// The file that keeps it; `None` once it is that of a secret.
    part: Option<PathBuf>,
    file: File,
}

impl Room {
    /// Writes a secret over the room and gives it its name.
    fn become_file(mut self, path: &Path, json: &[u8]) -> Result<(), WorkspaceError> {
        let file = &mut self.file;
        let length = u64::try_from(json.len()).unwrap_or(u64::MAX);
        let written = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(json))
            .and_then(|()| file.set_len(length))
            .and_then(|()| file.sync_all());
        written.map_err(WorkspaceError::io("write", path))?;
        if let Some(part) = &self.part {
            fs::rename(part, path).map_err(WorkspaceError::io("create", path))?;
        }
        self.part = None;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Half a secret is of no use to anybody; that it cannot be removed is no reason to stop.
        if let Some(part) = &self.part {
            let _unremoved = fs::remove_file(part);
        }
    }
}

impl SecretFiles {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Makes sure that the folder, if it is there, is one of ours: before an app is made whose secret goes there.
    ///
    /// # Errors
    /// [`WorkspaceError::Symlink`] where it leads elsewhere.
    pub fn check(&self) -> Result<(), WorkspaceError> {
        refuse_symlinks(&self.folder)
    }

    /// Makes room for a secret on the disk, in a file that no one else can read.
    ///
    /// # Errors
    /// [`WorkspaceError`] where there is none.
    pub(super) fn reserve(&self, app: &EntryKey) -> Result<Room, WorkspaceError> {
        if let Some(parent) = self.folder.parent() {
            make_private(parent)?;
        }
        make_private(&self.folder)?;
        let created = create_part(&self.folder.join(app.as_str()), create_new);
        let (part, mut file) = created.map_err(WorkspaceError::io("make room for a secret in", &self.folder))?;
        let filled = file.write_all(&[b' '; ROOM_BYTES]).and_then(|()| file.sync_all());
        let room = Room { part: Some(part), file };
        filled.map_err(WorkspaceError::io("make room for a secret in", &self.folder))?;
        sync_folder(&self.folder)?;
        Ok(room)
    }

    /// Stores a secret where there is room for it, and returns the path when it is on the disk. Nobody ever sees half of it.
    ///
    /// # Errors
    /// [`WorkspaceError`] where it cannot be stored.
    pub(super) fn store(
        &self,
        room: Room,
        app: &EntryKey,
        id: RemoteId,
        json: &[u8],
    ) -> Result<PathBuf, WorkspaceError> {
        // Whoever stores holds the lock, so what is not there now is not there either when it is written.
        let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
        let free = (1..=MOST_FILES).map(|number| self.path(app, id, number)).find(is_free);
        let taken =
            || WorkspaceError::io("create", self.path(app, id, MOST_FILES))(io::ErrorKind::AlreadyExists.into());
        let path = free.ok_or_else(taken)?;
        room.become_file(&path, json)?;
        // The folder took this when room was made. The secret is in its file: to call it lost would have the app thrown away.
        let _unsynced = sync_folder(&self.folder);
        Ok(path)
    }

    /// Returns the stored secret of an app; `None` where there is none. Of several the last one stored counts.
    ///
    /// # Errors
    /// [`WorkspaceError`] where it is there and cannot be read.
    pub fn secret_for(&self, app: &EntryKey, id: RemoteId) -> Result<Option<StoredSecret>, WorkspaceError> {
        self.check()?;
        let is_there = |number: &u32| fs::symlink_metadata(self.path(app, id, *number)).is_ok();
        let Some(number) = (1..=MOST_FILES).take_while(is_there).last() else { return Ok(None) };
        let path = self.path(app, id, number);
        refuse_symlink(&path)?;
        let text = Zeroizing::new(read_regular(&path, MOST_BYTES).map_err(WorkspaceError::io("read", &path))?);
        // The parser's own words could quote the secret.
        let SecretRead { client_id, client_secret } = serde_json::from_slice(&text).map_err(|_| {
            let reason = "it is not a stored secret".to_owned();
            WorkspaceError::Malformed { path: path.clone(), reason }
        })?;
        Ok(Some(StoredSecret { client_id, client_secret: client_secret.into(), path }))
    }

    fn path(&self, app: &EntryKey, id: RemoteId, number: u32) -> PathBuf {
        match number {
            1 => self.folder.join(format!("{app}.{id}.json")),
            _ => self.folder.join(format!("{app}.{id}.{number}.json")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SecretFiles, to_json};
    use crate::execute::NewSecret;
    use crate::model::{EntryKey, RemoteId};
    use jiff::Timestamp;
    use secrecy::{ExposeSecret, SecretString};
    use std::fs;

    fn secret(text: &str) -> NewSecret {
        NewSecret {
            app: EntryKey::new("web"),
            id: RemoteId(7),
            name: "Web \"App\"".to_owned(),
            client_id: Some("cid".to_owned()),
            client_secret: SecretString::from(text),
        }
    }

    #[test]
    fn secrets_are_kept_and_never_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let files = SecretFiles::new(root.path().join("secrets/acme.onelogin.com"));
        let app = EntryKey::new("web");
        let read = || files.secret_for(&app, RemoteId(7)).unwrap();
        assert!(read().is_none());
        for (text, name) in [("s3cret", "web.7.json"), ("second", "web.7.2.json")] {
            let json = to_json(&secret(text), "acme.onelogin.com", Timestamp::UNIX_EPOCH).unwrap();
            drop(files.reserve(&app).unwrap());
            let path = files.store(files.reserve(&app).unwrap(), &app, RemoteId(7), &json).unwrap();
            let entries = fs::read_dir(path.parent().unwrap()).unwrap();
            assert!(entries.map(|entry| entry.unwrap().path()).all(|path| path.extension().unwrap() == "json"));
            assert_eq!(path.file_name().unwrap(), name);
            let stored = read().unwrap();
            assert_eq!(stored.client_secret.expose_secret(), text);
            assert_eq!(stored.client_id.as_deref(), Some("cid"));
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
                assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
            }
        }
        assert!(files.secret_for(&app, RemoteId(8)).unwrap().is_none());
    }

    #[test]
    fn a_broken_secret_is_an_error_that_does_not_quote_it() {
        let root = tempfile::tempdir().unwrap();
        let files = SecretFiles::new(root.path().to_owned());
        fs::write(root.path().join("web.7.json"), "{\"client_secret\": \"s3cret").unwrap();
        let error = files.secret_for(&EntryKey::new("web"), RemoteId(7)).unwrap_err();
        assert!(!error.to_string().contains("s3cret"));
    }
}
