//! How a read of the account can fail.

use crate::api::ApiError;
use crate::model::{Kind, RemoteId};

/// A read that failed; nothing of it is used.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A request failed.
    #[error("the account could not be read")]
    Api(#[from] ApiError),
    /// An object of a list was gone a moment later.
    #[error("{} {id} (`{name}`) was there when it was listed and gone when it was read; run again", .kind.noun())]
    Moved {
        /// What it is.
        kind: Kind,
        /// Its id.
        id: RemoteId,
        /// Its name, as listed.
        name: String,
    },
}
