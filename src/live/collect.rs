//! The reads, as many at a time as the reader allows.

use super::consequences::{consequences, of_role};
use super::error::CollectError;
use super::needs::{self, Children, Lists, Needs};
use crate::api::{ApiError, Reader, ServerList};
use crate::model::{
    Consequences, DesiredState, Kind, LiveApp, LiveLists, LiveServer, LiveState, LiveUser, RemoteId, UserRef,
};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Reads what the file speaks of: the quota, the lists it needs, then the listed live objects, and what goes along with those it deletes.
///
/// Entries that cannot be matched safely are not read. Somebody else's server is read where a policy stands in front of
/// it, somebody else's app never.
///
/// # Errors
/// [`CollectError::Api`] for the first request that failed, [`CollectError::Moved`] where something vanished meanwhile.
pub async fn collect(reader: &Reader, desired: &DesiredState) -> Result<LiveState, CollectError> {
    // The account is checked before anything else is asked.
    let account_id = reader.account_id().await?;
    let (lists, users) = tokio::try_join!(read_lists(reader, needs::lists(desired)), read_users(reader, desired))?;
    let Needs { identities: _, servers, apps, members, deletions } = Needs::of(desired, &lists);
    let (servers, apps, role_members) = tokio::try_join!(
        read_servers(reader, &lists, servers),
        read_apps(reader, &lists, apps),
        read_members(reader, &lists, members),
    )?;
    let live =
        LiveState { account_id, lists, servers, apps, role_members, consequences: Consequences::default(), users };
    let consequences = consequences(reader, desired, &live, &deletions).await?;
    Ok(LiveState { consequences, ..live })
}

/// Reads the whole account, but for users and members of roles: files only ever add those.
///
/// # Errors
/// As [`collect`].
pub async fn collect_all(reader: &Reader) -> Result<LiveState, CollectError> {
    let account_id = reader.account_id().await?;
    let lists = read_lists(reader, Lists::ALL).await?;
    let servers = lists.servers.iter().map(|server| (server.id, Children::ALL)).collect();
    let apps = lists.apps.iter().filter(|app| app.is_oidc()).map(|app| app.id).collect();
    let (servers, apps) = tokio::try_join!(read_servers(reader, &lists, servers), read_apps(reader, &lists, apps))?;
    Ok(LiveState { account_id, lists, servers, apps, ..LiveState::default() })
}

/// Reads all that a file needs, or may come to need: the whole account, the users the file names, and of the roles it lists
/// the members and the apps they give.
///
/// Shape: every listed server and OIDC app is there whole, and what the file pins beyond a list that is cut off. Of the
/// consequences only the apps of roles are there: the rest follows from the servers.
///
/// # Errors
/// As [`collect`].
pub async fn collect_whole(reader: &Reader, desired: &DesiredState) -> Result<LiveState, CollectError> {
    let account_id = reader.account_id().await?;
    let (lists, users) = tokio::try_join!(read_lists(reader, Lists::ALL), read_users(reader, desired))?;
    let needs = Needs::of(desired, &lists);
    let listed = lists.servers.iter().map(|server| server.id);
    let servers = listed.chain(needs.servers.into_keys()).map(|id| (id, Children::ALL)).collect();
    let apps = lists.apps.iter().filter(|app| app.is_oidc()).map(|app| app.id).collect();
    let roles = needs::listed_roles(&needs.identities);
    let (servers, apps, role_members, role_apps) = tokio::try_join!(
        read_servers(reader, &lists, servers),
        read_apps(reader, &lists, apps),
        read_members(reader, &lists, roles.clone()),
        try_join_all(roles.into_iter().map(async |role| of_role(&lists, role, reader.role_apps(role).await))),
    )?;
    let consequences = Consequences { role_apps: role_apps.into_iter().collect(), ..Consequences::default() };
    Ok(LiveState { account_id, lists, servers, apps, role_members, consequences, users })
}

/// Reads all lists, and whole the servers and apps that `choose` names by them; what is in no list is not read.
///
/// # Errors
/// As [`collect`].
pub async fn collect_chosen(
    reader: &Reader,
    choose: impl FnOnce(&LiveLists) -> (BTreeSet<RemoteId>, BTreeSet<RemoteId>),
) -> Result<LiveState, CollectError> {
    let account_id = reader.account_id().await?;
    let lists = read_lists(reader, Lists::ALL).await?;
    let (servers, apps) = choose(&lists);
    let listed = lists.servers.iter().filter(|server| servers.contains(&server.id));
    let servers = listed.map(|server| (server.id, Children::ALL)).collect();
    let apps = lists.apps.iter().filter(|app| app.is_oidc() && apps.contains(&app.id)).map(|app| app.id).collect();
    let (servers, apps) = tokio::try_join!(read_servers(reader, &lists, servers), read_apps(reader, &lists, apps))?;
    Ok(LiveState { account_id, lists, servers, apps, ..LiveState::default() })
}

/// Adds what goes along with what a desired state deletes.
///
/// # Errors
/// As [`collect`].
pub async fn with_consequences(
    reader: &Reader,
    desired: &DesiredState,
    live: LiveState,
) -> Result<LiveState, CollectError> {
    let deletions = Needs::of(desired, &live.lists).deletions;
    let consequences = consequences(reader, desired, &live, &deletions).await?;
    Ok(LiveState { consequences, ..live })
}

async fn read_lists(reader: &Reader, needed: Lists) -> Result<LiveLists, CollectError> {
    let Lists { servers, apps, roles } = needed;
    let nothing = ServerList { servers: Vec::new(), truncated: false };
    let ((), servers, apps, roles) = tokio::try_join!(
        async { reader.rate_limit().await.map(drop) },
        async { if servers { reader.list_servers().await } else { Ok(nothing) } },
        async { if apps { reader.list_apps().await } else { Ok(Vec::new()) } },
        async { if roles { reader.list_roles().await } else { Ok(Vec::new()) } },
    )?;
    let ServerList { servers, truncated } = servers;
    Ok(LiveLists { servers, servers_truncated: truncated, apps, roles })
}

async fn read_users(reader: &Reader, desired: &DesiredState) -> Result<BTreeMap<UserRef, Vec<LiveUser>>, CollectError> {
    let users = needs::users(desired).into_keys().map(async |user| {
        let found = reader.users(&user).await?;
        Ok::<_, CollectError>((user, found))
    });
    Ok(try_join_all(users).await?.into_iter().collect())
}

async fn read_servers(
    reader: &Reader,
    lists: &LiveLists,
    needed: BTreeMap<RemoteId, Children>,
) -> Result<BTreeMap<RemoteId, LiveServer>, CollectError> {
    let names: BTreeMap<RemoteId, &str> = lists.servers.iter().map(|one| (one.id, one.name.as_str())).collect();
    let names = &names;
    let reads = needed.into_iter().map(async |(id, children)| {
        let found = read_server(reader, id, children).await;
        let Some(name) = names.get(&id).copied() else {
            // Only a pinned id is looked for beyond a list that may be cut off.
            return match found {
                Ok(Some(server)) => Ok((id, server)),
                Ok(None) => Err(CollectError::PinnedMissing { id }),
                Err(error) if error.is_not_found() => Err(CollectError::PinnedMissing { id }),
                Err(error) => Err(error.into()),
            };
        };
        match found {
            Ok(Some(server)) => Ok((id, server)),
            Ok(None) => Err(CollectError::moved(Kind::AuthorizationServer, id, name)),
            Err(error) => Err(CollectError::of(error, Kind::AuthorizationServer, id, name)),
        }
    });
    Ok(try_join_all(reads).await?.into_iter().collect())
}

async fn read_server(reader: &Reader, id: RemoteId, needed: Children) -> Result<Option<LiveServer>, ApiError> {
    let Children { scopes, claims, clients } = needed;
    let (server, scopes, claims, clients) = tokio::try_join!(
        reader.server(id),
        async { if scopes { reader.scopes(id).await.map(Some) } else { Ok(None) } },
        async { if claims { reader.claims(id).await.map(Some) } else { Ok(None) } },
        async { if clients { reader.clients(id).await.map(Some) } else { Ok(None) } },
    )?;
    Ok(server.map(|server| LiveServer { scopes, claims, clients, ..server }))
}

async fn read_apps(
    reader: &Reader,
    lists: &LiveLists,
    needed: BTreeSet<RemoteId>,
) -> Result<BTreeMap<RemoteId, LiveApp>, CollectError> {
    let names: BTreeMap<RemoteId, &str> = lists.apps.iter().map(|one| (one.id, one.name.as_str())).collect();
    let names = &names;
    let reads = needed.into_iter().map(async |id| match reader.app(id).await? {
        Some(app) => Ok((id, app)),
        None => Err(CollectError::moved(Kind::OidcApp, id, names.get(&id).copied().unwrap_or_default())),
    });
    Ok(try_join_all(reads).await?.into_iter().collect())
}

async fn read_members(
    reader: &Reader,
    lists: &LiveLists,
    needed: BTreeSet<RemoteId>,
) -> Result<BTreeMap<RemoteId, BTreeSet<RemoteId>>, CollectError> {
    let names: BTreeMap<RemoteId, &str> = lists.roles.iter().map(|one| (one.id, one.name.as_str())).collect();
    let names = &names;
    let reads = needed.into_iter().map(async |id| {
        let name = names.get(&id).copied().unwrap_or_default();
        match reader.role_members(id).await {
            Ok(members) => Ok((id, members)),
            Err(error) => Err(CollectError::of(error, Kind::Role, id, name)),
        }
    });
    Ok(try_join_all(reads).await?.into_iter().collect())
}
