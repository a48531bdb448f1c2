//! What an object held before a write, and what the write sets: whoever takes a run back needs both.

use crate::model::{
    AppPatch, ClaimPatch, LiveApp, LiveClaim, LiveClient, LiveClientScope, LiveRole, LiveScope, LiveServer, RemoteId,
    RolePatch, ScopePatch, ServerPatch,
};
use std::collections::BTreeSet;

/// The fields of an object: all of them as it was before a write, or those that a write sets.
///
/// Shape: texts are canonical; a field that is absent is not set, or held nothing that could be set again. Never a secret.
#[derive(Debug, Clone, PartialEq)]
pub enum Image {
    /// A role; its members are those that a write adds, or all of them where it is deleted.
    Role(RolePatch),
    /// An OIDC app.
    App {
        /// Its own fields.
        fields: Box<AppPatch>,
        /// The roles that get it.
        roles: Option<BTreeSet<RemoteId>>,
        /// The connector it was made from.
        connector: Option<RemoteId>,
    },
    /// An authorization server.
    Server {
        /// Its own fields.
        fields: ServerPatch,
        /// What goes with it when it is deleted.
        children: Option<Children>,
    },
    /// A scope.
    Scope {
        /// Its own fields.
        fields: ScopePatch,
        /// The apps whose bindings lose it when it is deleted.
        holders: BTreeSet<RemoteId>,
    },
    /// A claim.
    Claim(ClaimPatch),
    /// A client binding: the scopes it grants.
    Client(Vec<LiveClientScope>),
}

/// What a server has besides its own fields; the objects as answered are not kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Children {
    /// The scopes.
    pub scopes: Vec<LiveScope>,
    /// The claims.
    pub claims: Vec<LiveClaim>,
    /// The bindings.
    pub clients: Vec<LiveClient>,
}

/// Both images of one write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Images {
    /// What the object held; `None` where it is made.
    pub before: Option<Image>,
    /// What the write sets; `None` where it is deleted.
    pub sent: Option<Image>,
}

impl Images {
    pub(super) const fn made(sent: Image) -> Self {
        Self { before: None, sent: Some(sent) }
    }

    pub(super) fn changed(before: impl Into<Image>, sent: Image) -> Self {
        Self { before: Some(before.into()), sent: Some(sent) }
    }

    pub(super) fn deleted(before: impl Into<Image>) -> Self {
        Self { before: Some(before.into()), sent: None }
    }
}

impl Image {
    pub(super) fn app(fields: &AppPatch, roles: Option<&BTreeSet<RemoteId>>, connector: Option<RemoteId>) -> Self {
        Self::App { fields: Box::new(fields.clone()), roles: roles.cloned(), connector }
    }

    pub(super) const fn server(fields: ServerPatch) -> Self {
        Self::Server { fields, children: None }
    }

    pub(super) const fn scope(fields: ScopePatch) -> Self {
        Self::Scope { fields, holders: BTreeSet::new() }
    }
}

impl From<&LiveRole> for Image {
    fn from(role: &LiveRole) -> Self {
        Self::Role(role.into())
    }
}

impl From<&LiveApp> for Image {
    fn from(app: &LiveApp) -> Self {
        Self::app(&app.into(), Some(&app.role_ids), app.connector_id)
    }
}

impl From<&LiveServer> for Image {
    fn from(server: &LiveServer) -> Self {
        Self::server(server.into())
    }
}

impl From<&LiveScope> for Image {
    fn from(scope: &LiveScope) -> Self {
        Self::scope(scope.into())
    }
}

impl From<&LiveClaim> for Image {
    fn from(claim: &LiveClaim) -> Self {
        Self::Claim(claim.into())
    }
}

impl From<&LiveClient> for Image {
    fn from(client: &LiveClient) -> Self {
        Self::Client(client.scopes.clone())
    }
}
