//! Reads back what was written: "applied" is only said of what was seen.

use super::run::Run;
use super::settle::Pauses;
use super::view::{self, Parts, ServerView};
use super::{Doubt, Event, FieldView, How, NaturalKey, StepResult, check};
use crate::api::ApiError;
use crate::diff::{AppOperation, Change, ClientOperation, Edit, Operation};
use crate::model::{Address, LiveRole, NewRole, RemoteId, RolePatch};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;

/// Steps that one object shows: a server with its children, an app, a role.
struct Group {
    owner: Address,
    /// The server, app or role.
    id: RemoteId,
    /// The steps, with the ids of what they wrote.
    steps: Vec<(usize, RemoteId)>,
}

/// What was seen of each step: a doubt, or none.
type Seen = Vec<(usize, RemoteId, Option<Doubt>)>;

/// Replaces every result that says "applied" of something that cannot be seen.
pub(super) async fn confirm(run: &Run<'_>, results: &mut [Option<StepResult>]) {
    let groups = groups(run, results);
    let mut reading: FuturesUnordered<_> = groups.into_iter().map(|group| read_group(run, group)).collect();
    while let Some(seen) = reading.next().await {
        for (index, id, doubt) in seen {
            let Some(slot) = results.get_mut(index) else { continue };
            if let Some(doubt) = doubt {
                *slot = Some(StepResult::Unseen { id, doubt });
            }
            if let Some(result) = slot {
                run.tell_finished(index, result);
            }
        }
    }
}

fn groups(run: &Run<'_>, results: &[Option<StepResult>]) -> Vec<Group> {
    let mut groups: BTreeMap<(Address, RemoteId), Vec<(usize, RemoteId)>> = BTreeMap::new();
    for (index, (step, result)) in run.plan.steps.iter().zip(results).enumerate() {
        let Some(StepResult::Applied { id, how }) = result else { continue };
        if *how == How::AlreadyGone {
            continue;
        }
        let object = match &step.change.edit {
            Edit::Role(_) | Edit::App(_) | Edit::Server(_) => Some(*id),
            Edit::Scope { server, .. } | Edit::Claim { server, .. } | Edit::Client { server, .. } => run.id_of(server),
        };
        let Some(object) = object else { continue };
        groups.entry((step.change.address.owner(), object)).or_default().push((index, *id));
    }
    groups.into_iter().map(|((owner, id), steps)| Group { owner, id, steps }).collect()
}

/// Reads an object until all its steps show or patience ends.
async fn read_group(run: &Run<'_>, group: Group) -> Seen {
    let deadline = Instant::now() + run.options.patience;
    let mut pauses = Pauses::new();
    let mut is_told = false;
    loop {
        // The semaphore is never closed, so the wait cannot fail.
        let turn = run.turns.acquire().await.ok();
        if run.is_cancelled() {
            return all(&group, || Doubt::NotReadBack);
        }
        if !std::mem::replace(&mut is_told, true) {
            run.tell(Event::ReadingBack { owner: group.owner.clone() });
        }
        let seen = match see(run, &group).await {
            Ok(seen) => seen,
            Err(error) => {
                let error = Arc::new(error);
                run.stop_without_quota(&error);
                return all(&group, || Doubt::Unreadable(Arc::clone(&error)));
            }
        };
        let is_settled = |doubt: &Option<Doubt>| matches!(doubt, None | Some(Doubt::Twins(_)));
        if seen.iter().all(|(_, _, doubt)| is_settled(doubt)) {
            return seen;
        }
        let Some(pause) = pauses.next(deadline) else { return seen };
        drop(turn);
        run.pause(pause).await;
    }
}

fn all(group: &Group, doubt: impl Fn() -> Doubt) -> Seen {
    group.steps.iter().map(|(index, id)| (*index, *id, Some(doubt()))).collect()
}

async fn see(run: &Run<'_>, group: &Group) -> Result<Seen, ApiError> {
    match &group.owner {
        Address::Role(_) => see_each(run, group, see_role).await,
        Address::OidcApp(_) => see_each(run, group, see_app).await,
        _ => see_server(run, group).await,
    }
}

async fn see_each(
    run: &Run<'_>,
    group: &Group,
    see: impl AsyncFn(&Run<'_>, &Change, RemoteId) -> Result<Option<Doubt>, ApiError>,
) -> Result<Seen, ApiError> {
    let mut seen = Vec::with_capacity(group.steps.len());
    for &(index, id) in &group.steps {
        let Some(step) = run.plan.steps.get(index) else { continue };
        seen.push((index, id, see(run, &step.change, id).await?));
    }
    Ok(seen)
}

fn differs(views: Vec<FieldView>) -> Option<Doubt> {
    (!views.is_empty()).then_some(Doubt::Differs(views))
}

/// Says whether others than the given one have its natural key.
fn twins(ids: &[RemoteId], own: RemoteId) -> Option<Doubt> {
    let others: Vec<RemoteId> = ids.iter().filter(|id| **id != own).copied().collect();
    (!others.is_empty()).then_some(Doubt::Twins(others))
}

async fn see_role(run: &Run<'_>, change: &Change, id: RemoteId) -> Result<Option<Doubt>, ApiError> {
    let Edit::Role(operation) = &change.edit else { return Ok(None) };
    let reader = run.writer.reader();
    match operation {
        Operation::Delete { .. } => Ok(reader.role(id).await?.map(|_| Doubt::WrongPresence)),
        // The list by name shows the role as well as any twin, in one request.
        Operation::Create(NewRole { name, members }) => {
            let named = run.look_up(&NaturalKey::Role { name: name.clone() }).await?;
            if !named.contains(&id) {
                return Ok(Some(Doubt::WrongPresence));
            }
            Ok(missing_members(run, id, members).await?.or_else(|| twins(&named, id)))
        }
        Operation::Update { id: _, patch: RolePatch { name, add_members } } => {
            if let Some(name) = name {
                let role: Option<LiveRole> = reader.role(id).await?;
                let Some(role) = role else { return Ok(Some(Doubt::WrongPresence)) };
                if let Some(doubt) = differs(check::role_name(Some(name), &role)) {
                    return Ok(Some(doubt));
                }
            }
            missing_members(run, id, add_members).await
        }
    }
}

async fn missing_members(run: &Run<'_>, id: RemoteId, users: &[RemoteId]) -> Result<Option<Doubt>, ApiError> {
    if users.is_empty() {
        return Ok(None);
    }
    let members = run.writer.reader().role_members(id).await?;
    Ok(differs(check::members(users, &members)))
}

async fn see_app(run: &Run<'_>, change: &Change, id: RemoteId) -> Result<Option<Doubt>, ApiError> {
    let Edit::App(operation) = &change.edit else { return Ok(None) };
    let reader = run.writer.reader();
    let live = reader.app(id).await?;
    let (patch, roles) = match (operation, &live) {
        (AppOperation::Delete { .. }, live) => return Ok(live.as_ref().map(|_| Doubt::WrongPresence)),
        (_, None) => return Ok(Some(Doubt::WrongPresence)),
        (AppOperation::Create(new) | AppOperation::Replace { id: _, new }, Some(_)) => {
            (check::app_made(&new.app), &new.roles)
        }
        (AppOperation::Update { id: _, patch }, Some(_)) => (patch.patch.clone(), &patch.roles),
    };
    let roles: Option<BTreeSet<RemoteId>> =
        roles.as_ref().map(|roles| roles.iter().filter_map(|role| run.id_of(role)).collect());
    let doubt = live.as_ref().and_then(|live| differs(check::app(&patch, roles.as_ref(), live)));
    match operation.made() {
        Some(new) if doubt.is_none() => {
            let named = run.look_up(&NaturalKey::App { name: new.app.name.clone() }).await?;
            Ok(twins(&named, id))
        }
        _ => Ok(doubt),
    }
}

async fn see_server(run: &Run<'_>, group: &Group) -> Result<Seen, ApiError> {
    let mut parts = Parts::default();
    let steps: Vec<(usize, RemoteId, &Change)> =
        group.steps.iter().filter_map(|(index, id)| Some((*index, *id, &run.plan.steps.get(*index)?.change))).collect();
    for (_, _, change) in &steps {
        parts.add_after(&change.edit);
    }
    let view = view::read(run.writer.reader(), group.id, parts).await?;
    let mut seen = Vec::with_capacity(steps.len());
    for (index, id, change) in steps {
        let granted = run.state().granted.get(&index).cloned().unwrap_or_default();
        let mut doubt = in_view(&view, change, id, &granted);
        if let (None, Edit::Server(Operation::Create(new))) = (&doubt, &change.edit) {
            let (name, resource_identifier) = (new.name.clone(), new.resource_identifier.clone());
            doubt = twins(&run.look_up(&NaturalKey::Server { name, resource_identifier }).await?, id);
        }
        seen.push((index, id, doubt));
    }
    Ok(seen)
}

/// Says what speaks against a change having been made, by what was read of its server.
fn in_view(view: &ServerView, change: &Change, id: RemoteId, granted: &BTreeSet<RemoteId>) -> Option<Doubt> {
    let against = |is_gone: bool| (!is_gone).then_some(Doubt::WrongPresence);
    let views = match &change.edit {
        Edit::Role(_) | Edit::App(_) => None,
        Edit::Server(Operation::Delete { .. }) => return against(view.is_gone),
        Edit::Server(Operation::Create(new)) => {
            view.server.as_ref().map(|live| check::server(&check::server_made(new), live))
        }
        Edit::Server(Operation::Update { id: _, patch }) => view.server.as_ref().map(|live| check::server(patch, live)),
        Edit::Scope { operation, .. } => match operation {
            Operation::Delete { .. } => return against(view.scope(id).is_none()),
            Operation::Create(new) => view.scope(id).map(|live| check::scope(&check::scope_made(new), live)),
            Operation::Update { id: _, patch } => view.scope(id).map(|live| check::scope(patch, live)),
        },
        Edit::Claim { operation, .. } => match operation {
            Operation::Delete { .. } => return against(view.claim(id).is_none()),
            Operation::Create(new) => view.claim(id).map(|live| check::claim(&check::claim_made(new), live)),
            Operation::Update { id: _, patch } => view.claim(id).map(|live| check::claim(patch, live)),
        },
        Edit::Client { operation, .. } => match operation {
            ClientOperation::Unbind => return against(view.client(id).is_none()),
            ClientOperation::Bind(_) | ClientOperation::Update(_) => {
                view.client(id).map(|live| check::client(granted, live))
            }
        },
    };
    match views {
        Some(views) => differs(views),
        None => Some(Doubt::WrongPresence),
    }
}
