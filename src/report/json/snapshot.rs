//! Version 1 of the snapshot format: a whole read of an account, for plans that ask nobody.
//!
//! No time stands in it: the same account gives the same bytes, so that a job may compare two of them. When it was taken is
//! told where it is taken.

mod apps;
mod servers;
mod v1;

use super::version;
use crate::model::{LiveLists, LiveRole, LiveServer, LiveState, LiveUser, RemoteId, ServerSummary, UserRef};
use crate::report::visible::visible_json;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::io::{self, Write};
use v1::{AppV1, FoundUserV1, RoleV1, ServerV1, SnapshotV1, UserV1};

/// The number that stands in `format_version`.
const FORMAT_VERSION: u32 = 1;

/// A whole read of an account, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The host of the tenant.
    pub tenant: String,
    /// The account: every server and OIDC app whole; members and apps of the roles and the users that somebody asked for.
    pub live: LiveState,
}

/// The ways a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is no JSON, or not of the published shape.
    #[error("the file is not a snapshot")]
    Shape(#[source] serde_json::Error),
    /// It is of another version.
    #[error("the snapshot is of format version {found}, and this program reads version {FORMAT_VERSION}")]
    Version {
        /// The version it is of.
        found: u64,
    },
    /// Something stands in it twice.
    #[error("{what} {id} stands twice in the snapshot")]
    Twice {
        /// What it is.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// An OIDC app has no details, or another app has some.
    #[error("the app {0} does not say what an app of its sign-in method says")]
    App(u64),
}

/// Writes a snapshot as JSON, with a line feed at the end.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_snapshot(out: &mut dyn Write, snapshot: Snapshot) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&SnapshotV1::from(snapshot))?;
    writeln!(out, "{}", visible_json(&text))
}

/// Returns the JSON Schema of the snapshot format, draft-07.
pub fn snapshot_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<SnapshotV1>().to_value()
}

/// Reads a snapshot. What live objects hold beyond what we know of is not in it.
///
/// # Errors
/// [`SnapshotError::Version`] for another format version, any other [`SnapshotError`] for what no read of an account is.
pub fn read_snapshot(text: &[u8]) -> Result<Snapshot, SnapshotError> {
    if let Some(found) = version::other_than(FORMAT_VERSION, text) {
        return Err(SnapshotError::Version { found });
    }
    let snapshot: SnapshotV1 = serde_json::from_slice(text).map_err(SnapshotError::Shape)?;
    snapshot.try_into()
}

impl From<Snapshot> for SnapshotV1 {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { tenant, live } = snapshot;
        let LiveState { account_id, lists, servers, mut apps, role_members, consequences, users } = live;
        let LiveLists { servers: listed, servers_truncated, apps: listed_apps, roles } = lists;
        let listed: BTreeSet<RemoteId> = listed.into_iter().map(|server| server.id).collect();
        let authorization_servers =
            servers.into_values().map(|server| ServerV1::of(listed.contains(&server.id), server));
        let apps = listed_apps.into_iter().map(|app| AppV1::of(apps.remove(&app.id), app));
        let ids = |ids: &BTreeSet<RemoteId>| ids.iter().map(|id| id.0).collect();
        let roles = roles.into_iter().map(|LiveRole { id, name }| RoleV1 {
            id: id.0,
            name,
            members: role_members.get(&id).map(ids),
            apps: consequences.role_apps.get(&id).map(ids),
        });
        Self {
            format_version: FORMAT_VERSION,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            tenant,
            account_id,
            servers_truncated,
            authorization_servers: authorization_servers.collect(),
            apps: apps.collect(),
            roles: roles.collect(),
            users: users.into_iter().map(UserV1::from).collect(),
        }
    }
}

impl TryFrom<SnapshotV1> for Snapshot {
    type Error = SnapshotError;

    fn try_from(snapshot: SnapshotV1) -> Result<Self, SnapshotError> {
        let SnapshotV1 {
            format_version: _,
            program_version: _,
            tenant,
            account_id,
            servers_truncated,
            authorization_servers,
            apps: all_apps,
            roles: all_roles,
            users: all_users,
        } = snapshot;
        let mut live = LiveState { account_id, ..LiveState::default() };
        live.lists.servers_truncated = servers_truncated;
        for server in authorization_servers {
            let (is_listed, server) = (server.listed, LiveServer::try_from(server)?);
            if is_listed {
                live.lists.servers.push(summary(&server));
            }
            put(&mut live.servers, "authorization server", server.id, server)?;
        }
        let mut apps = BTreeMap::new();
        for app in all_apps {
            let (summary, whole) = app.split()?;
            live.apps.extend(whole.map(|whole| (whole.id, whole)));
            put(&mut apps, "app", summary.id, summary)?;
        }
        let mut roles = BTreeMap::new();
        for RoleV1 { id, name, members, apps } in all_roles {
            let id = RemoteId(id);
            let ids = |ids: BTreeSet<u64>| ids.into_iter().map(RemoteId).collect();
            live.role_members.extend(members.map(|members| (id, ids(members))));
            live.consequences.role_apps.extend(apps.map(|apps| (id, ids(apps))));
            put(&mut roles, "role", id, LiveRole { id, name })?;
        }
        for UserV1 { named, found } in all_users {
            let mut found: Vec<LiveUser> = found.into_iter().map(LiveUser::from).collect();
            found.sort();
            put(&mut live.users, "user", UserRef::parse(&named), found)?;
        }
        live.lists.servers.sort_by_key(|server| server.id);
        live.lists.apps = apps.into_values().collect();
        live.lists.roles = roles.into_values().collect();
        Ok(Self { tenant, live })
    }
}

/// Puts something in its place, which has to be free.
fn put<K: Ord + Display + Clone, V>(
    all: &mut BTreeMap<K, V>,
    what: &'static str,
    key: K,
    value: V,
) -> Result<(), SnapshotError> {
    match all.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(SnapshotError::Twice { what, id: key.to_string() }),
    }
}

/// Refuses two of one id.
fn each_once<T>(what: &'static str, all: &[T], id: impl Fn(&T) -> RemoteId) -> Result<(), SnapshotError> {
    let mut seen = BTreeSet::new();
    match all.iter().map(id).find(|id| !seen.insert(*id)) {
        None => Ok(()),
        Some(id) => Err(SnapshotError::Twice { what, id: id.to_string() }),
    }
}

fn summary(server: &LiveServer) -> ServerSummary {
    ServerSummary {
        id: server.id,
        name: server.name.clone(),
        resource_identifier: server.resource_identifier.clone(),
        audiences: server.audiences.clone(),
        built_in: server.built_in,
    }
}

impl From<(UserRef, Vec<LiveUser>)> for UserV1 {
    fn from((named, found): (UserRef, Vec<LiveUser>)) -> Self {
        let found = found
            .into_iter()
            .map(|LiveUser { id, email, username }| FoundUserV1 { id: id.0, email, username })
            .collect();
        Self { named: named.to_string(), found }
    }
}

impl From<FoundUserV1> for LiveUser {
    fn from(user: FoundUserV1) -> Self {
        let FoundUserV1 { id, email, username } = user;
        Self { id: RemoteId(id), email, username }
    }
}
