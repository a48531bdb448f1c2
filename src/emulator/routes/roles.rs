//! Roles: `/api/2/roles`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::role_members::visible_members;
use crate::emulator::answer::Answer;
use crate::emulator::call::{Call, required_text};
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::paging::{self, Limits};
use crate::emulator::request::matches_wildcard;
use crate::emulator::state::{Change, Role};
use crate::emulator::switches::RolePutEmpty;

/// Source: the list-roles page: 50 unless asked, 650 at most.
const LIMITS: Limits = Limits { default: 50, max: 650 };

/// `GET /api/2/roles`.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let request = call.request;
    let (name, app_name) = (request.filter("name"), request.filter("app_name"));
    let app_id = request.filter("app_id").map(|text| text.parse::<u64>().unwrap_or(0));
    let has_app_named = |role: &Role, wanted: &str| {
        let mut apps = role.apps.iter().filter_map(|id| call.state.apps.get(id));
        apps.any(|app| matches_wildcard(wanted, &app.name))
    };
    let ids = call
        .state
        .roles
        .iter()
        .filter(|(_, role)| name.as_ref().is_none_or(|name| matches_wildcard(name, &role.name)))
        .filter(|(_, role)| app_id.is_none_or(|app| role.apps.contains(&app)))
        .filter(|(_, role)| app_name.as_ref().is_none_or(|app| has_app_named(role, app)))
        .map(|(&id, _)| id)
        .collect();
    let fields = request.filter("fields").unwrap_or_default();
    paging::answer_whole(request, LIMITS, ids, |id| match call.state.roles.get(&id) {
        Some(role) => body(call, id, role, &fields),
        None => Value::Null,
    })
}

/// `GET /api/2/roles/:id`.
pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let role = call.state.roles.get(&id).ok_or(Refusal::NotFound)?;
    Ok(Answer::json(200, &body(call, id, role, "")))
}

/// Source: reference section 6.1: some tenants show the members unasked.
fn body(call: &Call<'_>, id: u64, role: &Role, fields: &str) -> Value {
    let mut body = json!({"id": id, "name": call.shown(&role.name)});
    let shows = |field: &str| call.switches.role_inline_members || fields.split(',').any(|asked| asked.trim() == field);
    if let Some(body) = body.as_object_mut() {
        if shows("admins") {
            body.insert("admins".to_owned(), visible_members(call, &role.admins).collect::<Vec<_>>().into());
        }
        if shows("apps") {
            body.insert("apps".to_owned(), role.apps.iter().copied().collect::<Vec<_>>().into());
        }
        if shows("users") {
            body.insert("users".to_owned(), visible_members(call, &role.users).collect::<Vec<_>>().into());
        }
    }
    body
}

/// `POST /api/2/roles`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.request.object()?;
    let name = required_text(&body, "name")?;
    check_name(call, None, &name)?;
    let apps = apps(call, &body)?.unwrap_or_default();
    let users = members(call, &body, "users")?.unwrap_or_default();
    let admins = members(call, &body, "admins")?.unwrap_or_default();
    let id = call.new_id();
    call.state.put(Change::Role(id, Some(Role { name, apps, users, admins })));
    Ok(Answer::id(201, id))
}

/// Source: tf #90: a role that was created after all makes the next POST a 422 "already taken".
fn check_name(call: &Call<'_>, own: Option<u64>, name: &str) -> Result<(), Refusal> {
    match call.state.roles.iter().any(|(&id, role)| Some(id) != own && role.name == name) {
        true => Err(Refusal::invalid("Name has already been taken")),
        false => Ok(()),
    }
}

fn id_list(body: &Map<String, Value>, key: &str) -> Result<Option<Vec<u64>>, Refusal> {
    let listed = match body.get(key) {
        None => return Ok(None),
        Some(Value::Array(listed)) => listed.iter().map(Value::as_u64).collect::<Option<Vec<_>>>(),
        Some(_) => None,
    };
    listed.map(Some).ok_or_else(|| Refusal::BadRequest(format!("Expected array of integers in {key}")))
}

fn apps(call: &Call<'_>, body: &Map<String, Value>) -> Result<Option<BTreeSet<u64>>, Refusal> {
    let Some(listed) = id_list(body, "apps")? else {
        return Ok(None);
    };
    match listed.iter().all(|id| call.state.apps.contains_key(id)) {
        true => Ok(Some(listed.into_iter().collect())),
        false => Err(Refusal::NotFound),
    }
}

fn members(call: &Call<'_>, body: &Map<String, Value>, key: &str) -> Result<Option<BTreeMap<u64, i64>>, Refusal> {
    let Some(listed) = id_list(body, key)? else {
        return Ok(None);
    };
    match listed.iter().all(|id| call.state.users.contains_key(id)) {
        true => Ok(Some(listed.into_iter().map(|id| (id, call.now)).collect())),
        false => Err(Refusal::NotFound),
    }
}

/// `PUT /api/2/roles/:id`.
///
/// Source: reference section 6.1: `id` in the body and empty arrays were answered with 400 (tf #150, spb).
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let mut role = call.state.roles.get(&id).cloned().ok_or(Refusal::NotFound)?;
    let mut body = call.request.object()?;
    if body.contains_key("id") {
        return Err(Refusal::BadRequest("Unknown parameter: id".to_owned()));
    }
    for key in ["apps", "users", "admins"] {
        let is_empty = body.get(key).and_then(Value::as_array).is_some_and(Vec::is_empty);
        match call.switches.role_put_empty {
            RolePutEmpty::Refuse if is_empty => {
                return Err(Refusal::BadRequest(format!("Expected non-empty array in {key}")));
            }
            RolePutEmpty::Ignore if is_empty => {
                body.shift_remove(key);
            }
            _ => {}
        }
    }
    if body.contains_key("name") {
        role.name = required_text(&body, "name")?;
        check_name(call, Some(id), &role.name)?;
    }
    if let Some(apps) = apps(call, &body)? {
        role.apps = apps;
    }
    if let Some(users) = members(call, &body, "users")? {
        role.users = users;
    }
    if let Some(admins) = members(call, &body, "admins")? {
        role.admins = admins;
    }
    call.state.put(Change::Role(id, Some(role)));
    Ok(Answer::id(200, id))
}

/// `DELETE /api/2/roles/:id`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    if !call.state.roles.contains_key(&id) {
        return Err(Refusal::NotFound);
    }
    call.state.put(Change::Role(id, None));
    Ok(Answer::empty(204))
}
