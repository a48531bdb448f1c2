//! How a read of the account can fail.

use crate::api::{ApiError, shown};
use crate::model::{Kind, RemoteId};

/// A read that failed; nothing of it is used.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A request failed.
    #[error("the account could not be read")]
    Api(#[from] ApiError),
    /// A pinned server is in no list, which may be cut off, and cannot be read either.
    #[error("authorization server {id} is pinned by the file and is not in the account")]
    PinnedMissing {
        /// The pinned id.
        id: RemoteId,
    },
    /// An object of a list was gone a moment later.
    #[error("{} {id} (`{name}`) was there when it was listed and gone when it was read; run again", .kind.noun())]
    Moved {
        /// What it is.
        kind: Kind,
        /// Its id.
        id: RemoteId,
        /// Its name, as listed and safe to show.
        name: String,
    },
}

impl CollectError {
    /// Makes the error of a read of one listed object: a 404 means that it has gone since it was listed.
    pub(super) fn of(error: ApiError, kind: Kind, id: RemoteId, name: &str) -> Self {
        if error.is_not_found() { Self::moved(kind, id, name) } else { Self::Api(error) }
    }

    /// Makes the error of a listed object that has gone.
    pub(super) fn moved(kind: Kind, id: RemoteId, name: &str) -> Self {
        Self::Moved { kind, id, name: shown(name) }
    }
}
