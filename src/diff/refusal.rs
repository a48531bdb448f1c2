//! What must not be done as the file asks for it.

use crate::diagnostic::Origin;
use crate::model::{Address, IdentityProblemKind, Kind, RemoteId};

/// A reason to write nothing, tied to the object and the line that ask for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The object.
    pub address: Address,
    /// The line that asks for it.
    pub origin: Option<Origin>,
    /// What is refused.
    pub kind: RefusalKind,
}

/// The kinds of refusals.
#[derive(Debug, Clone, PartialEq)]
pub enum RefusalKind {
    /// It cannot be told safely which live object is meant.
    Identity(IdentityProblemKind),
    /// It has to be made and the file does not say enough.
    IncompleteCreate {
        /// The missing keys, as the file names them.
        missing: Vec<&'static str>,
    },
    /// OneLogin supplies the scope or claim; it is never changed.
    Inherited,
    /// A part of the live object was not read, so nothing can be said about it: an unread answer is no absence.
    NotRead {
        /// The part.
        part: &'static str,
    },
    /// A scope is granted that the server does not have.
    ScopeNotLive {
        /// The value.
        value: String,
        /// The nearest value the server has.
        nearest: Option<String>,
    },
    /// A user is not in the account.
    UserNotFound {
        /// The user as written.
        user: String,
    },
    /// Several users of the account fit.
    UserAmbiguous {
        /// The user as written.
        user: String,
        /// Those that fit.
        ids: Vec<RemoteId>,
    },
    /// A field cannot be changed in place.
    Immutable {
        /// The field as the file names it.
        field: &'static str,
    },
    /// Changes take each other's names; two applies can do it.
    Cycle {
        /// The changes, in the order of the cycle.
        addresses: Vec<Address>,
    },
    /// A server, app or role would be deleted.
    DestroyNotAllowed,
    /// An app would be deleted and made anew.
    ReplaceNotAllowed,
    /// More than three children of one server would be deleted.
    ManyChildren {
        /// How many.
        deletes: usize,
    },
    /// A server would lose all its scopes or all its clients.
    Emptied {
        /// Scopes or clients.
        children: Kind,
    },
    /// Too large a share of the file's live objects of one kind would be deleted.
    LargeShare {
        /// The kind.
        kind: Kind,
        /// How many would go.
        deletes: usize,
        /// How many there are.
        live: usize,
    },
    /// The run deletes more than `--max-deletes` allows.
    TooManyDeletes {
        /// How many.
        deletes: usize,
        /// What is allowed.
        limit: usize,
    },
}
