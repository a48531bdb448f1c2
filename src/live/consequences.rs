//! What deletes take along: read only when something is deleted, since it takes a request a server.

use super::error::CollectError;
use super::needs;
use crate::api::{ApiError, Reader};
use crate::model::{Consequences, DesiredState, Kind, LiveClient, LiveLists, LiveState, RemoteId};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Live objects that a plan deletes or replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deletions {
    /// Apps; their bindings go with them, on whatever server.
    pub apps: BTreeSet<RemoteId>,
    /// Roles; the apps they give are lost to their members.
    pub roles: BTreeSet<RemoteId>,
}

/// Reads what deletes take along; sends nothing where nothing is deleted.
///
/// # Errors
/// As [`collect`](fn@super::collect).
pub async fn consequences(
    reader: &Reader,
    desired: &DesiredState,
    live: &LiveState,
    deletions: &Deletions,
) -> Result<Consequences, CollectError> {
    let Deletions { apps, roles } = deletions;
    let lists = &live.lists;
    let role_apps = try_join_all(roles.iter().map(async |role| of_role(lists, *role, reader.role_apps(*role).await)));
    let role_members =
        try_join_all(roles.iter().map(async |role| of_role(lists, *role, reader.role_members(*role).await)));
    let bindings = async {
        if apps.is_empty() {
            return Ok(Vec::new());
        }
        let servers = servers(reader, desired, live).await?;
        try_join_all(servers.into_iter().map(async |server| clients_of(reader, live, server).await)).await
    };
    let (bindings, role_apps, role_members) = tokio::try_join!(bindings, role_apps, role_members)?;
    Ok(Consequences {
        bindings: bindings_of(apps, bindings),
        role_apps: role_apps.into_iter().collect(),
        role_members: role_members.into_iter().collect(),
    })
}

/// Keeps of the bindings of all servers those that go with the given apps.
pub(super) fn bindings_of(
    apps: &BTreeSet<RemoteId>,
    all: impl IntoIterator<Item = (RemoteId, Vec<LiveClient>)>,
) -> BTreeMap<RemoteId, Vec<LiveClient>> {
    let going = all.into_iter().filter_map(|(server, mut clients)| {
        clients.retain(|client| apps.contains(&client.app_id));
        (!clients.is_empty()).then_some((server, clients))
    });
    going.collect()
}

/// Returns all servers by id and name; the list may not have been read, where the file names no server.
async fn servers(
    reader: &Reader,
    desired: &DesiredState,
    live: &LiveState,
) -> Result<Vec<(RemoteId, String)>, CollectError> {
    let servers = match needs::lists(desired).servers {
        true => live.lists.servers.clone(),
        false => reader.list_servers().await?.servers,
    };
    Ok(servers.into_iter().map(|server| (server.id, server.name)).collect())
}

async fn clients_of(
    reader: &Reader,
    live: &LiveState,
    (id, name): (RemoteId, String),
) -> Result<(RemoteId, Vec<LiveClient>), CollectError> {
    if let Some(clients) = live.servers.get(&id).and_then(|server| server.clients.as_ref()) {
        return Ok((id, clients.clone()));
    }
    let clients = reader.clients(id).await;
    Ok((id, clients.map_err(|error| CollectError::of(error, Kind::AuthorizationServer, id, &name))?))
}

/// Names the role that could not be read.
pub(super) fn of_role<T>(
    lists: &LiveLists,
    id: RemoteId,
    read: Result<T, ApiError>,
) -> Result<(RemoteId, T), CollectError> {
    let name = lists.roles.iter().find(|role| role.id == id).map_or("", |role| role.name.as_str());
    Ok((id, read.map_err(|error| CollectError::of(error, Kind::Role, id, name))?))
}
