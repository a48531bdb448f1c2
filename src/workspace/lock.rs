//! One apply at a time in one folder.

use super::WorkspaceError;
use super::folder::{private_file, refuse_symlink};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How often a held lock is tried: it is the operating system's, which tells nobody when it is free.
const RETRY: Duration = Duration::from_millis(200);

/// The lock of a folder; free again when it is dropped or the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    pub(super) async fn take(
        path: &Path,
        max_wait: Duration,
        on_wait: &dyn Fn(Option<u32>),
    ) -> Result<Self, WorkspaceError> {
        refuse_symlink(path)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private_file(&mut options);
        let mut file = options.open(path).map_err(WorkspaceError::io("open", path))?;
        let began = Instant::now();
        let mut is_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(WorkspaceError::io("lock", path)(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            let pid = holder(&mut file);
            if !std::mem::replace(&mut is_told, true) {
                on_wait(pid);
            }
            let waited = began.elapsed();
            let Some(left) = max_wait.checked_sub(waited).filter(|left| !left.is_zero()) else {
                return Err(WorkspaceError::Locked { path: path.to_owned(), pid, waited: max_wait });
            };
            tokio::time::sleep(RETRY.min(left)).await;
        }
        let pid = std::process::id();
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{pid}")
        };
        write(&mut file).map_err(WorkspaceError::io("write", path))?;
        Ok(Self { _file: file })
    }
}

/// Reads who holds the lock; `None` where it is not said, or not yet.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Lock;
    use crate::workspace::WorkspaceError;
    use std::cell::RefCell;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_second_taker_waits_and_is_told_for_whom() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let told = RefCell::new(Vec::new());
        let tell = |pid| told.borrow_mut().push(pid);
        let held = Lock::take(&path, Duration::ZERO, &tell).await.unwrap();
        assert!(told.borrow().is_empty());
        let refused = Lock::take(&path, Duration::from_secs(5), &tell).await.unwrap_err();
        let own = std::process::id();
        assert!(matches!(refused, WorkspaceError::Locked { pid: Some(pid), .. } if pid == own));
        assert_eq!(*told.borrow(), [Some(own)]);

        let (second, ()) = tokio::join!(Lock::take(&path, Duration::from_secs(5), &tell), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(held);
        });
        second.unwrap();
    }
}
