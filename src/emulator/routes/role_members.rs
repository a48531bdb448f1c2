//! Apps, users and admins of a role. Bodies are raw arrays of ids, in DELETE too.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::apps::time;
use super::connectors;
use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::paging::{self, Limits};
use crate::emulator::request::matches_wildcard;
use crate::emulator::state::{Change, Role, User};

/// Source: spec-B, and a live answer of 100 items of 122 in two pages.
const LIMITS: Limits = Limits { default: 100, max: 100 };

/// Returns the members that reads show already. Source: reference section 6.3, membership lags.
pub(super) fn visible_members<'a>(
    call: &'a Call<'_>,
    members: &'a BTreeMap<u64, i64>,
) -> impl Iterator<Item = u64> + 'a {
    let lag = i64::try_from(call.switches.membership_lag_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    members.iter().filter(move |(_, added)| added.saturating_add(lag) <= call.now).map(|(&id, _)| id)
}

fn role(call: &Call<'_>) -> Result<(u64, Role), Refusal> {
    let id = call.id(3)?;
    let role = call.state.roles.get(&id).cloned().ok_or(Refusal::NotFound)?;
    Ok((id, role))
}

/// `GET …/apps`: those assigned, or with `assigned=false` the others.
pub(super) fn list_apps(call: &mut Call<'_>) -> Outcome {
    let (_, role) = role(call)?;
    let assigned = call.request.parameter("assigned").is_none_or(|value| value != "false");
    let ids = call.state.apps.keys().filter(|id| role.apps.contains(id) == assigned).copied().collect();
    paging::answer(call.request, LIMITS, ids, |id| {
        let name = call.state.apps.get(&id).map(|app| call.shown(&app.name));
        json!({"id": id, "name": name, "icon_url": connectors::icon_url()})
    })
}

/// `PUT …/apps`: replaces the whole list.
pub(super) fn set_apps(call: &mut Call<'_>) -> Outcome {
    let (id, mut role) = role(call)?;
    let apps = call.request.id_array()?;
    if apps.iter().any(|app| !call.state.apps.contains_key(app)) {
        return Err(Refusal::NotFound);
    }
    role.apps = apps.iter().copied().collect();
    call.state.put(Change::Role(id, Some(role)));
    Ok(Answer::json(200, &ids_body(&apps)))
}

fn ids_body(ids: &[u64]) -> Vec<Value> {
    ids.iter().map(|id| json!({ "id": id })).collect()
}

/// `GET …/users`.
pub(super) fn list_users(call: &mut Call<'_>) -> Outcome {
    let (_, role) = role(call)?;
    members_page(call, &role.users)
}

/// `GET …/admins`.
pub(super) fn list_admins(call: &mut Call<'_>) -> Outcome {
    let (_, role) = role(call)?;
    members_page(call, &role.admins)
}

fn members_page(call: &Call<'_>, members: &BTreeMap<u64, i64>) -> Outcome {
    let name = call.request.filter("name");
    let assigned: Vec<u64> = visible_members(call, members).collect();
    let mut ids = if call.request.is_set("include_unassigned") {
        call.state.users.keys().copied().collect()
    } else {
        assigned.clone()
    };
    let full_name = |id: u64| call.state.users.get(&id).map(full_name).unwrap_or_default();
    ids.retain(|&id| name.as_ref().is_none_or(|name| matches_wildcard(name, &full_name(id))));
    paging::answer(call.request, LIMITS, ids, |id| {
        let is_assigned = assigned.contains(&id);
        let added_at = members.get(&id).filter(|_| is_assigned).and_then(|&added| time(added));
        // The emulator's only administrator adds everybody.
        let added_by = is_assigned.then(|| json!({"id": 1, "name": "Emulator Administrator"}));
        json!({
            "id": id, "name": full_name(id), "username": call.state.users.get(&id).and_then(|user| user.username.clone()),
            "added_by": added_by, "added_at": added_at, "assigned": is_assigned,
        })
    })
}

fn full_name(user: &User) -> String {
    let parts = [user.text("firstname"), user.text("lastname")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `POST …/users`.
pub(super) fn add_users(call: &mut Call<'_>) -> Outcome {
    add(call, |role| &mut role.users)
}

/// `POST …/admins`.
pub(super) fn add_admins(call: &mut Call<'_>) -> Outcome {
    add(call, |role| &mut role.admins)
}

fn add(call: &mut Call<'_>, members: fn(&mut Role) -> &mut BTreeMap<u64, i64>) -> Outcome {
    let (id, mut role) = role(call)?;
    let users = call.request.id_array()?;
    if users.iter().any(|user| !call.state.users.contains_key(user)) {
        return Err(Refusal::NotFound);
    }
    let table = members(&mut role);
    let before = table.len();
    for user in &users {
        table.entry(*user).or_insert(call.now);
    }
    if table.len() != before {
        call.state.put(Change::Role(id, Some(role)));
    }
    Ok(Answer::json(200, &ids_body(&users)))
}

/// `DELETE …/users`.
pub(super) fn remove_users(call: &mut Call<'_>) -> Outcome {
    remove(call, |role| &mut role.users)
}

/// `DELETE …/admins`.
pub(super) fn remove_admins(call: &mut Call<'_>) -> Outcome {
    remove(call, |role| &mut role.admins)
}

fn remove(call: &mut Call<'_>, members: fn(&mut Role) -> &mut BTreeMap<u64, i64>) -> Outcome {
    let (id, mut role) = role(call)?;
    let users = call.request.id_array()?;
    let table = members(&mut role);
    let before = table.len();
    table.retain(|user, _| !users.contains(user));
    if table.len() != before {
        call.state.put(Change::Role(id, Some(role)));
    }
    Ok(Answer::empty(204))
}
