//! How the folder can fail.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A failure of the `.gatewright` folder.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// A path is a symbolic link, so what is written there would end up elsewhere.
    #[error("{path} is a symbolic link; it has to be a real folder or file")]
    Symlink {
        /// The path.
        path: PathBuf,
    },
    /// A path is something else than it should be.
    #[error("{path} is not a folder")]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder is tracked by git, so secrets in it would be published.
    #[error("{path} is tracked by git; take it out with `git rm -r --cached {path}`")]
    Tracked {
        /// The path.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Another process held the lock for too long.
    #[error("{} holds {path}, for more than the {} s allowed", holder(.pid), .waited.as_secs())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, if it said so.
        pid: Option<u32>,
        /// How long was waited.
        waited: Duration,
    },
    /// A stored secret or a record cannot be understood.
    #[error("{path} cannot be understood: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, without what the file holds.
        reason: String,
    },
    /// The command that takes secrets did not take one.
    #[error("the secrets command `{program}` {reason}")]
    Command {
        /// The program.
        program: String,
        /// What went wrong, secrets masked.
        reason: String,
    },
    /// The command line of the secrets command is empty or has an open quote.
    #[error("the secrets command {reason}")]
    CommandLine {
        /// What is wrong with it.
        reason: &'static str,
    },
}

fn holder(pid: &Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl WorkspaceError {
    /// Makes the error of a failed file operation.
    pub(super) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
