//! The account as it was read.

use super::{AppSummary, LiveApp, LiveClient, LiveRole, LiveServer, RemoteId, ServerSummary, UserRef};
use std::collections::{BTreeMap, BTreeSet};

/// The account's lists: enough to tell which desired thing is which live object.
///
/// Shape: each sorted by id. A list is complete, or the read failed as a whole: an unreadable answer never counts as absence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveLists {
    /// Every authorization server.
    pub servers: Vec<ServerSummary>,
    /// Whether the server list is as long as OneLogin's answers get, so that what is missing from it may exist all the same.
    ///
    /// Source: the list answers at most 1,000 rows and has no pages.
    pub servers_truncated: bool,
    /// Every app, of every sign-in method; empty where the file names no app.
    pub apps: Vec<AppSummary>,
    /// Every role; empty where the file names no role.
    pub roles: Vec<LiveRole>,
}

/// A read of the account: its lists, and whole what the file speaks of.
///
/// Shape: details are there for every managed entry that is live. It may be old by the time it is used: `execute` reads
/// again what it touches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveState {
    /// The account id of the token answer.
    pub account_id: Option<u64>,
    /// The lists.
    pub lists: LiveLists,
    /// Servers read whole.
    pub servers: BTreeMap<RemoteId, LiveServer>,
    /// OIDC apps read whole.
    pub apps: BTreeMap<RemoteId, LiveApp>,
    /// Members of roles.
    pub role_members: BTreeMap<RemoteId, BTreeSet<RemoteId>>,
    /// What goes along with what the file deletes.
    pub consequences: Consequences,
    /// Users found for each user the file names; sorted by id, empty where there is none.
    pub users: BTreeMap<UserRef, Vec<LiveUser>>,
}

/// What deletes take along beyond the objects the file lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequences {
    /// The bindings that go with deleted apps, by the server they are on; only servers that have any.
    pub bindings: BTreeMap<RemoteId, Vec<LiveClient>>,
    /// The apps that deleted roles give, by role; listed ones among them.
    pub role_apps: BTreeMap<RemoteId, BTreeSet<RemoteId>>,
    /// The members of deleted roles, by role.
    pub role_members: BTreeMap<RemoteId, BTreeSet<RemoteId>>,
}

/// A user of the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveUser {
    /// The id.
    pub id: RemoteId,
    /// The email address.
    pub email: String,
    /// The username.
    pub username: String,
}
