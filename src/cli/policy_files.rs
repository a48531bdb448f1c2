//! Policy files on disk: what is there, and how they are written.

use super::failure::Failure;
use crate::plan::{FileAction, FileChange};
use crate::render::RenderedFile;
use crate::workspace::{create_part, read_regular};
use anyhow::Context;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// The longest file that a policy file is compared with, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Compares rendered files with those below a folder; returns those that are new or different, in the same order.
pub(super) fn compare(folder: &Path, rendered: &[RenderedFile]) -> anyhow::Result<Vec<FileChange>> {
    let mut changes = Vec::new();
    for RenderedFile { policy, path, contents } in rendered {
        let file = inside(folder, path)?;
        let action = match read_regular(&file, MOST_BYTES) {
            Ok(bytes) if bytes == contents.as_bytes() => continue,
            Ok(bytes) => FileAction::Update { before: String::from_utf8_lossy(&bytes).into_owned() },
            Err(error) if error.kind() == io::ErrorKind::NotFound => FileAction::Create,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        changes.push(FileChange { policy: policy.clone(), path: path.clone(), action, after: contents.clone() });
    }
    Ok(changes)
}

/// Says whether anything lies where a rendered file would.
pub(super) fn is_there(folder: &Path, rendered: &RenderedFile) -> anyhow::Result<bool> {
    Ok(fs::symlink_metadata(inside(folder, &rendered.path)?).is_ok())
}

/// Writes one policy file: whole or not at all.
pub(super) fn write(folder: &Path, change: &FileChange) -> anyhow::Result<()> {
    let file = inside(folder, &change.path)?;
    replace(&file, change.after.as_bytes()).with_context(|| format!("cannot write {}", file.display()))
}

/// Writes a file beside its place and moves it there, so that a reader sees the old one or the new one.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(file, bytes, |path| fs::File::create_new(path))
}

/// Writes a file like [`replace`], readable by its owner alone.
pub(super) fn replace_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(file, bytes, create_private)
}

fn replace_by(file: &Path, bytes: &[u8], open: impl Fn(&Path) -> io::Result<fs::File>) -> io::Result<()> {
    let folder = folder_of(file);
    refuse_special(file)?;
    fs::create_dir_all(folder)?;
    let (beside, part) = create_part(file, open)?;
    let result = write_to(part, bytes).and_then(|()| fs::rename(&beside, file));
    if result.is_err() {
        // The first error is the one worth telling.
        let _ = fs::remove_file(&beside);
    }
    result
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that must not be there yet.
pub(super) fn create(file: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder_of(file))?;
    let result = fs::File::create_new(file).and_then(|file| write_to(file, bytes));
    if result.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        // The first error is the one worth telling.
        let _ = fs::remove_file(file);
    }
    result
}

/// Writes files below a folder that must not be there yet, in their order: all of them, or none.
pub(super) fn create_all<'a>(folder: &Path, files: impl Iterator<Item = (&'a str, &'a str)>) -> anyhow::Result<()> {
    let mut created: Vec<PathBuf> = Vec::new();
    for (path, contents) in files {
        let written = inside(folder, path).and_then(|file| {
            create(&file, contents.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
            Ok(file)
        });
        match written {
            Ok(file) => created.push(file),
            Err(error) => {
                for file in created {
                    // The first error is the one worth telling.
                    let _ = fs::remove_file(file);
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Refuses to put a file in the place of anything but a file: of a link, which leads elsewhere, or of a device.
pub(super) fn refuse_special(file: &Path) -> io::Result<()> {
    match fs::symlink_metadata(file) {
        Ok(metadata) if metadata.is_symlink() => Err(io::Error::other("it is a symbolic link")),
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Refuses a file that could not be written, before anything is asked of anybody: one in a folder that does not exist, which is
/// a slip of the pen more often than a wish, and whatever is no file.
pub(super) fn must_be_writable(file: &Path) -> Result<(), Failure> {
    let cannot = || format!("cannot write {}", file.display());
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        let error = anyhow::anyhow!("{}: the folder {} does not exist", cannot(), folder.display());
        return Err(Failure::hinted(error, "Correct the path of `--out`, or make the folder."));
    }
    Ok(refuse_special(file).with_context(cannot)?)
}

fn write_to(mut file: fs::File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

fn create_private(file: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Returns the place of a file; refuses one that a symlink leads elsewhere.
///
/// The configuration has been checked for paths that leave the folder by themselves; links are only known here.
pub(super) fn inside(folder: &Path, path: &str) -> anyhow::Result<PathBuf> {
    let mut place = folder.to_owned();
    for component in Path::new(path).components() {
        let Component::Normal(name) = component else { anyhow::bail!("`{path}` does not stay inside the folder") };
        place.push(name);
        match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_symlink() => {
                anyhow::bail!("{} is a symbolic link, and nothing is written through one", place.display())
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot look at {}", place.display())),
        }
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::{compare, write};
    use crate::model::EntryKey;
    use crate::plan::FileAction;
    use crate::render::RenderedFile;

    fn rendered(path: &str, contents: &str) -> RenderedFile {
        RenderedFile { policy: EntryKey::new("p"), path: path.into(), contents: contents.into() }
    }

    #[test]
    fn files_are_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = [rendered("a/b/one.json", "1\n")];
        let changes = compare(folder.path(), &files).unwrap();
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].action, FileAction::Create);
        write(folder.path(), &changes[0]).unwrap();
        assert_eq!(compare(folder.path(), &files).unwrap(), []);
        let changes = compare(folder.path(), &[rendered("a/b/one.json", "2\n")]).unwrap();
        assert_eq!(changes[0].action, FileAction::Update { before: "1\n".into() });
        write(folder.path(), &changes[0]).unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_of_the_same_id_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!("one.json.{}.0.part", std::process::id()));
        std::fs::write(&left, "half").unwrap();
        let changes = compare(folder.path(), &[rendered("one.json", "1\n")]).unwrap();
        write(folder.path(), &changes[0]).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("one.json")).unwrap(), "1\n");
        assert_eq!(std::fs::read_to_string(left).unwrap(), "half");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("out")).unwrap();
        let error = compare(folder.path(), &[rendered("out/one.json", "1\n")]).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }
}
