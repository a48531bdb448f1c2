//! The folder itself: private, real, and not in git.

use super::{Lock, SecretFiles, WorkspaceError};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use url::Url;

/// The most unfinished files that killed processes may have left of one file.
const MOST_PARTS: u32 = 1000;

/// The `.gatewright` folder, or the folder of one emulator.
#[derive(Debug, Clone)]
pub struct Workspace {
    path: PathBuf,
}

impl Workspace {
    /// The name of the folder beside the root configuration file.
    pub const NAME: &'static str = ".gatewright";

    /// Opens the folder at a path and makes it, and the folders above it, where they are missing.
    ///
    /// # Errors
    /// [`WorkspaceError::Symlink`], [`WorkspaceError::NotAFolder`] and [`WorkspaceError::Tracked`] where secrets would not
    /// be safe in it, [`WorkspaceError::Io`] where it cannot be made.
    pub fn open(path: &Path) -> Result<Self, WorkspaceError> {
        make_private(path)?;
        refuse_tracked(path)?;
        let ignore = path.join(".gitignore");
        refuse_symlink(&ignore)?;
        // One that is empty ignores nothing: a full disk leaves such a thing.
        if !fs::metadata(&ignore).is_ok_and(|metadata| metadata.len() > 0) {
            write_whole(&ignore, b"*\n")?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Finds the folder where there is one; nothing is made or changed.
    ///
    /// # Errors
    /// [`WorkspaceError::Symlink`] and [`WorkspaceError::NotAFolder`] where what stands there is none of ours.
    pub fn find(path: &Path) -> Result<Option<Self>, WorkspaceError> {
        refuse_symlink(path)?;
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(Some(Self { path: path.to_owned() })),
            Ok(_) => Err(WorkspaceError::NotAFolder { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(WorkspaceError::io("read", path)(error)),
        }
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lock of the folder, waiting at most `max_wait`; `on_wait` is told once for which process.
    ///
    /// # Errors
    /// [`WorkspaceError::Locked`] where another process holds it for too long, [`WorkspaceError::Io`].
    pub async fn lock(&self, max_wait: Duration, on_wait: &dyn Fn(Option<u32>)) -> Result<Lock, WorkspaceError> {
        Lock::take(&self.path.join("lock"), max_wait, on_wait).await
    }

    /// Returns the stored secrets of a host; see [`host_folder`].
    pub fn secrets(&self, host: &str) -> SecretFiles {
        SecretFiles::new(self.path.join("secrets").join(host))
    }

    /// Makes the folder of the emulated account of a host, and returns it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn emulator(&self, host: &str) -> Result<PathBuf, WorkspaceError> {
        let folder = self.emulator_of(host);
        if let Some(above) = folder.parent() {
            make_private(above)?;
        }
        make_private(&folder)?;
        Ok(folder)
    }

    /// Returns the folder of the emulated account of a host, whether it is there or not.
    pub fn emulator_of(&self, host: &str) -> PathBuf {
        self.path.join("emulator").join(host)
    }

    /// Returns the folder of the run records of a host.
    pub(super) fn runs(&self, host: &str) -> PathBuf {
        self.all_runs().join(host)
    }

    /// Returns the folder of the folders of run records.
    pub(super) fn all_runs(&self) -> PathBuf {
        self.path.join("runs")
    }
}

/// Returns the folder name of the API host that is called: `acme.onelogin.com`, with `_<port>` where one was given.
pub fn host_folder(url: &Url) -> String {
    let host = url.host_str().unwrap_or("unknown");
    // The brackets and colons of an IPv6 address have no place in a file name everywhere.
    let host: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' }).collect();
    url.port().map_or_else(|| host.clone(), |port| format!("{host}_{port}"))
}

/// Makes a folder that only its owner can look into.
pub(super) fn make_private(path: &Path) -> Result<(), WorkspaceError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    set_private(&mut builder);
    builder.create(path).or_else(|error| match fs::symlink_metadata(path) {
        Ok(_) => Ok(()),
        Err(_) => Err(WorkspaceError::io("create", path)(error)),
    })?;
    refuse_symlink(path)?;
    let metadata = fs::symlink_metadata(path).map_err(WorkspaceError::io("read", path))?;
    if !metadata.is_dir() {
        return Err(WorkspaceError::NotAFolder { path: path.to_owned() });
    }
    close_to_others(path, &metadata)
}

/// Reads a regular file of at most so many bytes, whole: a pipe that nobody writes to would never end, nor would a device.
///
/// # Errors
/// Whatever the system says, and where it is no such file.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let is_regular = |metadata: fs::Metadata| match metadata.is_file() {
        true => Ok(()),
        false => Err(io::Error::other("it is not a regular file")),
    };
    // Looked at before it is opened, since opening a pipe waits, and after, since it may be another one then.
    is_regular(fs::metadata(path)?)?;
    let file = File::open(path)?;
    is_regular(file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= most => Ok(bytes),
        _ => Err(io::Error::other(format!("it is larger than {most} bytes"))),
    }
}

pub(super) fn refuse_symlink(path: &Path) -> Result<(), WorkspaceError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(WorkspaceError::Symlink { path: path.to_owned() }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(WorkspaceError::io("read", path)(error)),
    }
}

/// Refuses a folder of a host that is a link, or that is reached through one inside the workspace.
pub(super) fn refuse_symlinks(folder: &Path) -> Result<(), WorkspaceError> {
    folder.parent().map_or(Ok(()), refuse_symlink)?;
    refuse_symlink(folder)
}

/// Opens a file that must not exist yet, readable by its owner alone.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private_file(&mut options);
    let file = options.open(path)?;
    set_private_file(&file)?;
    Ok(file)
}

/// Sets the mode that was asked for: a mask may have taken the owner's own rights from it.
#[cfg(unix)]
fn set_private_file(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn set_private_file(_: &File) -> io::Result<()> {
    Ok(())
}

/// Writes a file that is there as a whole or not at all, readable by its owner alone, and on the disk on return.
///
/// What has the name already is replaced. A process that is killed here leaves a file beside it that ends in `.part`.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WorkspaceError> {
    let (part, mut file) = create_part(path, create_new).map_err(WorkspaceError::io("create", path))?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(WorkspaceError::io("write", path))
        .and_then(|()| fs::rename(&part, path).map_err(WorkspaceError::io("create", path)));
    if written.is_err() {
        // Half a file is of no use, and may hold half a secret; the failure above is what has to be said.
        let _unremoved = fs::remove_file(&part);
    }
    written
}

/// Opens a new file beside the one that it is to become, and returns its path too. In a container every process has the same
/// id, so what a killed one left may have the first name.
///
/// # Errors
/// Whatever `create` says of a file that is not there yet.
pub fn create_part(path: &Path, create: impl Fn(&Path) -> io::Result<File>) -> io::Result<(PathBuf, File)> {
    let mut number = 0_u32;
    loop {
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}.{number}.part", std::process::id()));
        let part = PathBuf::from(part);
        match create(&part) {
            Ok(file) => return Ok((part, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_PARTS => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Makes sure that a new name is still in its folder after a power cut.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> Result<(), WorkspaceError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(WorkspaceError::io("write", folder))
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> Result<(), WorkspaceError> {
    Ok(())
}

#[cfg(unix)]
fn set_private(builder: &mut DirBuilder) {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
}

#[cfg(unix)]
pub(super) fn private_file(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(unix)]
fn close_to_others(path: &Path, metadata: &fs::Metadata) -> Result<(), WorkspaceError> {
    use std::os::unix::fs::PermissionsExt;
    if metadata.permissions().mode() & 0o777 == 0o700 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(WorkspaceError::io("close to others", path))
}

#[cfg(not(unix))]
fn set_private(_: &mut DirBuilder) {}

#[cfg(not(unix))]
pub(super) fn private_file(_: &mut OpenOptions) {}

#[cfg(not(unix))]
fn close_to_others(_: &Path, _: &fs::Metadata) -> Result<(), WorkspaceError> {
    Ok(())
}

/// Asks git whether it tracks anything in the folder. Without git, or outside a repository, nothing is tracked.
fn refuse_tracked(path: &Path) -> Result<(), WorkspaceError> {
    let listed = Command::new("git")
        // A repository may name a program of its own as file monitor; it has no business here.
        .args(["-c", "core.fsmonitor=false", "ls-files", "-z", "--", "."])
        .current_dir(path)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            Err(WorkspaceError::Tracked { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Workspace, host_folder};
    use crate::workspace::WorkspaceError;
    use std::fs;
    use std::process::Command;
    use url::Url;

    #[test]
    fn hosts_become_folders() {
        let check = |url: &str, expected: &str| assert_eq!(host_folder(&Url::parse(url).unwrap()), expected);
        check("https://acme.onelogin.com", "acme.onelogin.com");
        check("https://acme.onelogin.com:443/x", "acme.onelogin.com");
        check("http://127.0.0.1:4010", "127.0.0.1_4010");
        check("http://[::1]:4010", "___1__4010");
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_private_and_ignored() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(".gatewright");
        assert!(Workspace::find(&path).unwrap().is_none());
        for _ in 0..2 {
            Workspace::open(&path).unwrap();
            assert!(Workspace::find(&path).unwrap().is_some());
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
            assert_eq!(fs::read_to_string(path.join(".gitignore")).unwrap(), "*\n");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_symlink_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(".gatewright");
        std::os::unix::fs::symlink(root.path(), &path).unwrap();
        assert!(matches!(Workspace::open(&path), Err(WorkspaceError::Symlink { .. })));
        assert!(matches!(Workspace::find(&path), Err(WorkspaceError::Symlink { .. })));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(matches!(Workspace::open(&path), Err(WorkspaceError::NotAFolder { .. })));
    }

    #[test]
    fn a_tracked_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let git = |args: &[&str]| {
            Command::new("git").args(args).current_dir(root.path()).output().is_ok_and(|output| output.status.success())
        };
        if !git(&["init", "-q"]) {
            return;
        }
        let path = root.path().join(".gatewright");
        Workspace::open(&path).unwrap();
        fs::write(path.join("note"), "x").unwrap();
        Workspace::open(&path).unwrap();
        assert!(git(&["add", "-f", ".gatewright/note"]));
        assert!(matches!(Workspace::open(&path), Err(WorkspaceError::Tracked { .. })));
    }
}
