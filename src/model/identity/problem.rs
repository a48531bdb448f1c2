//! What can be wrong about a match.

use crate::diagnostic::Origin;
use crate::model::{Address, RemoteId};

/// An entry that cannot be matched safely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProblem {
    /// The entry.
    pub address: Address,
    /// Where to mend it.
    pub origin: Origin,
    /// What is wrong.
    pub kind: IdentityProblemKind,
}

/// A live object that could have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: RemoteId,
    /// Its name.
    pub name: String,
    /// Its resource identifier, if it is a server.
    pub resource_identifier: Option<String>,
}

/// The ways a match can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityProblemKind {
    /// Several live objects fit.
    Ambiguous {
        /// What was looked for.
        wanted: String,
        /// Those that fit, sorted by id.
        candidates: Vec<Candidate>,
    },
    /// One differs only by case or blanks.
    NearMiss {
        /// What was looked for.
        wanted: String,
        /// What is there, sorted by id.
        candidates: Vec<Candidate>,
    },
    /// The pinned id is not live.
    PinnedMissing {
        /// The id.
        id: RemoteId,
    },
    /// The pinned id is live and of another kind.
    PinnedOtherKind {
        /// The id.
        id: RemoteId,
        /// What it is.
        is: String,
    },
    /// Two entries are one live object.
    SameObject {
        /// The object.
        id: RemoteId,
        /// The other entry.
        other: Address,
        /// Where the other entry stands.
        other_origin: Origin,
    },
    /// `renamed_from`: the old and the new are both live.
    BothLive {
        /// The old one.
        old: Candidate,
        /// The new one.
        new: Candidate,
    },
    /// The server's identifier is not live and its name is: another environment's server must not be taken over.
    NameTaken {
        /// The identifier that was looked for.
        wanted: String,
        /// The server with the name.
        candidate: Candidate,
    },
    /// The server is OneLogin's own.
    BuiltIn {
        /// The server.
        candidate: Candidate,
    },
    /// The server is not in a list that may be cut off, so it may exist.
    ListTruncated,
    /// The thing the file refers to is not live.
    ExternalMissing {
        /// What was looked for.
        wanted: String,
    },
}

impl IdentityProblemKind {
    /// Says whether it is a refusal (the file is fine, acting on it is not safe) rather than an error to mend.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::NameTaken { .. } | Self::BuiltIn { .. } | Self::ListTruncated)
    }
}
