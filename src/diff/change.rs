//! What a comparison finds.

use super::{Along, Refusal};
use crate::diagnostic::Origin;
use crate::model::{
    Address, AppPatch, ClaimPatch, Fingerprint, IdentityProblem, Kind, NewApp, NewClaim, NewRole, NewScope, NewServer,
    Note, RemoteId, RolePatch, ScopePatch, ScopeValue, ServerPatch,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// All that a comparison finds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diff {
    /// What has to change, sorted by address.
    pub changes: Vec<Change>,
    /// What is worth saying and changes nothing.
    pub notes: Vec<Note>,
    /// What is worth saying about a change, and goes where it goes.
    pub remarks: Vec<Remark>,
    /// What must not be done as the file asks for it.
    pub refusals: Vec<Refusal>,
    /// What has to be mended in the file before anything can be compared.
    pub problems: Vec<IdentityProblem>,
    /// What the file manages of the live account.
    pub totals: Totals,
}

/// Something worth saying about one change that its fields do not show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The object that changes.
    pub about: Address,
    /// What there is to say.
    pub note: Note,
}

/// How many live objects the file manages, for safety limits and the summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Live objects by kind, children of listed servers included (inherited ones not).
    pub live: BTreeMap<Kind, usize>,
    /// How many of them stay as they are.
    pub kept: usize,
    /// How many scopes and clients servers have of which some are deleted, inherited ones not counted.
    pub children: BTreeMap<(Address, Kind), usize>,
    /// Servers whose non-empty scopes or clients lose all they have.
    pub emptied: Vec<(Address, Kind)>,
}

/// What has to change about one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The object.
    pub address: Address,
    /// The line that asks for it; for a child the file does not list, the line of the list.
    pub origin: Option<Origin>,
    /// What it means for access.
    pub impact: Impact,
    /// Why it is planned; for display only.
    pub reason: Reason,
    /// The digest of the live object the change was computed from; `None`: it has to be absent.
    pub fingerprint: Option<Fingerprint>,
    /// What goes with the object where it is deleted or made anew, as far as it was read.
    pub along: Along,
    /// Field by field, in the order of the file format.
    pub fields: Vec<FieldChange>,
    /// What to do.
    pub edit: Edit,
}

impl Change {
    /// Returns what happens to the object.
    pub const fn action(&self) -> Action {
        self.edit.action()
    }

    /// Returns the digest of all that the change was computed from; `None` as for [`Self::fingerprint`].
    pub fn digest(&self) -> Option<Fingerprint> {
        self.fingerprint.as_ref().map(|own| self.along.digest(own))
    }
}

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted.
    Delete,
    /// It is deleted and made anew.
    Replace,
}

impl Action {
    /// Returns the word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Replace => "replace",
        }
    }

    /// Returns the sign used in text.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Delete => "-",
            Self::Replace => "±",
        }
    }
}

/// What a change means for access; the worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impact {
    /// Somebody who gets in today may be kept out, or may not find what they rely on.
    Breaks,
    /// Somebody gets in, or stays in longer, who does not today.
    Widens,
    /// Somebody may do less than today.
    Narrows,
    /// Nothing about access.
    Cosmetic,
}

impl Impact {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Breaks, Self::Widens, Self::Narrows, Self::Cosmetic];

    /// Returns the word used in text and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Widens => "widens",
            Self::Narrows => "narrows",
            Self::Cosmetic => "cosmetic",
        }
    }
}

/// Why a change is planned. Display only: nothing decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The file lists it and it is not live.
    MissingLive,
    /// Fields of the live object differ from the file.
    Differs,
    /// The file gives it a new name or value.
    Renamed,
    /// It is live and the file's complete list does not hold it.
    OnlyLive,
    /// The file says `state: absent`.
    StateAbsent,
    /// It is made anew, or goes with an app that is.
    Replaced,
    /// A recorded run made it otherwise, and is undone.
    Undo,
    /// All that the file lists is to be gone.
    Destroy,
}

impl Reason {
    /// Returns the word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingLive => "missing_live",
            Self::Differs => "differs",
            Self::Renamed => "renamed",
            Self::OnlyLive => "only_live",
            Self::StateAbsent => "state_absent",
            Self::Replaced => "replaced",
            Self::Undo => "undo",
            Self::Destroy => "destroy",
        }
    }
}

/// One field, before and after; null where there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field as the file names it.
    pub path: &'static str,
    /// What live holds.
    pub before: Value,
    /// What it will hold.
    pub after: Value,
}

/// An object that a change refers to: live, or made earlier by the same plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectRef {
    /// It is live.
    Live(RemoteId),
    /// It is made by the change at this address.
    Planned(Address),
}

/// A scope that a binding grants: live, or made earlier by the same plan on the same server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeRef {
    /// It is live; its id stays whatever it is renamed to.
    Live(RemoteId),
    /// It is made by the change of this value; its id is known when that is done.
    Planned(ScopeValue),
}

/// Make, change or delete.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation<N, P> {
    /// Make it.
    Create(N),
    /// Change it in place.
    Update {
        /// The live object.
        id: RemoteId,
        /// What changes; the rest stays.
        patch: P,
    },
    /// Delete it.
    Delete {
        /// The live object.
        id: RemoteId,
    },
}

impl<N, P> Operation<N, P> {
    /// Returns what happens to the object.
    pub const fn action(&self) -> Action {
        match self {
            Self::Create(_) => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Delete { .. } => Action::Delete,
        }
    }

    const fn id(&self) -> Option<RemoteId> {
        match self {
            Self::Create(_) => None,
            Self::Update { id, .. } | Self::Delete { id } => Some(*id),
        }
    }
}

/// An app to be made, and the roles that get it.
#[derive(Debug, Clone, PartialEq)]
pub struct AppCreate {
    /// The app.
    pub app: NewApp,
    /// The roles; `None` where the file does not say.
    pub roles: Option<BTreeSet<ObjectRef>>,
}

/// What changes on an app, and the roles that get it from now on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AppUpdate {
    /// The changed keys.
    pub patch: AppPatch,
    /// All roles; `None` where they stay.
    pub roles: Option<BTreeSet<ObjectRef>>,
}

/// What to do about an app: the one kind of object that can be made anew.
#[derive(Debug, Clone, PartialEq)]
pub enum AppOperation {
    /// Make it.
    Create(AppCreate),
    /// Change it in place.
    Update {
        /// The live object.
        id: RemoteId,
        /// What changes; the rest stays.
        patch: AppUpdate,
    },
    /// Delete it.
    Delete {
        /// The live object.
        id: RemoteId,
    },
    /// Delete it, and make it anew.
    Replace {
        /// The live object that goes.
        id: RemoteId,
        /// What comes in its place.
        new: AppCreate,
    },
}

impl AppOperation {
    /// Returns what happens to the object.
    pub const fn action(&self) -> Action {
        match self {
            Self::Create(_) => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Delete { .. } => Action::Delete,
            Self::Replace { .. } => Action::Replace,
        }
    }

    /// Returns the app that is made, if one is.
    pub const fn made(&self) -> Option<&AppCreate> {
        match self {
            Self::Create(new) | Self::Replace { id: _, new } => Some(new),
            Self::Update { .. } | Self::Delete { .. } => None,
        }
    }

    /// Returns all the roles that get the app from now on, where they are written.
    pub const fn roles(&self) -> Option<&BTreeSet<ObjectRef>> {
        match self {
            Self::Create(new) | Self::Replace { id: _, new } => new.roles.as_ref(),
            Self::Update { id: _, patch } => patch.roles.as_ref(),
            Self::Delete { .. } => None,
        }
    }

    const fn id(&self) -> Option<RemoteId> {
        match self {
            Self::Create(_) => None,
            Self::Update { id, .. } | Self::Delete { id } | Self::Replace { id, .. } => Some(*id),
        }
    }
}

/// What to do about a client binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientOperation {
    /// Bind the app with these scopes.
    Bind(BTreeSet<ScopeRef>),
    /// Replace the scopes of the bound app.
    Update(BTreeSet<ScopeRef>),
    /// Take the binding away.
    Unbind,
}

/// What to do to one object; everything an executor needs, nothing left to choose.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A role.
    Role(Operation<NewRole, RolePatch>),
    /// An OIDC app.
    App(AppOperation),
    /// An authorization server.
    Server(Operation<NewServer, ServerPatch>),
    /// A scope.
    Scope {
        /// The server that has it.
        server: ObjectRef,
        /// What to do.
        operation: Operation<NewScope, ScopePatch>,
    },
    /// A claim.
    Claim {
        /// The server that has it.
        server: ObjectRef,
        /// What to do.
        operation: Operation<NewClaim, ClaimPatch>,
    },
    /// A client binding; its id is the app's.
    Client {
        /// The server that has it.
        server: ObjectRef,
        /// The bound app.
        app: ObjectRef,
        /// What to do.
        operation: ClientOperation,
    },
}

impl Edit {
    /// Returns what happens to the object.
    pub const fn action(&self) -> Action {
        match self {
            Self::Role(operation) => operation.action(),
            Self::App(operation) => operation.action(),
            Self::Server(operation) => operation.action(),
            Self::Scope { operation, .. } => operation.action(),
            Self::Claim { operation, .. } => operation.action(),
            Self::Client { operation, .. } => match operation {
                ClientOperation::Bind(_) => Action::Create,
                ClientOperation::Update(_) => Action::Update,
                ClientOperation::Unbind => Action::Delete,
            },
        }
    }

    /// Returns the id of the live object; `None` where it is yet to be made.
    pub const fn id(&self) -> Option<RemoteId> {
        match self {
            Self::Role(operation) => operation.id(),
            Self::App(operation) => operation.id(),
            Self::Server(operation) => operation.id(),
            Self::Scope { operation, .. } => operation.id(),
            Self::Claim { operation, .. } => operation.id(),
            Self::Client { app, operation, .. } => match (operation, app) {
                (ClientOperation::Update(_) | ClientOperation::Unbind, ObjectRef::Live(id)) => Some(*id),
                _ => None,
            },
        }
    }
}
