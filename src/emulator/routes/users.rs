//! Users, read: `/api/2/users`; and the v1 calls that give them roles.

use serde_json::{Map, Value, json};

use super::apps::time;
use super::connectors;
use super::role_members::visible_members;
use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::paging::{self, Limits};
use crate::emulator::request::matches_wildcard;
use crate::emulator::state::{Change, User};

/// Source: the users page says 50, both as default and at most.
const LIMITS: Limits = Limits { default: 50, max: 50 };
/// Source: reference section 6.3, filters that compare one text field.
const TEXT_FILTERS: [&str; 6] = ["email", "username", "firstname", "lastname", "samaccountname", "external_id"];
const V1_NOT_FOUND: Refusal = Refusal::V1 { code: 404, kind: "not found", message: "User not found" };

/// `GET /api/2/users`.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let request = call.request;
    let filters: Vec<(&str, String)> =
        TEXT_FILTERS.iter().filter_map(|&name| Some((name, request.filter(name)?))).collect();
    let custom = custom_filters(call);
    let listed = request
        .filter("user_ids")
        .map(|text| text.split(',').filter_map(|id| id.trim().parse().ok()).collect::<Vec<u64>>());
    let with_app = request.filter("app_id").map(|text| with_app(call, text.parse().unwrap_or(0)));
    let directory = request.filter("directory_id");
    let ids = call
        .state
        .users
        .iter()
        .filter(|(_, user)| filters.iter().all(|(name, wanted)| has_text(user.text(name), wanted)))
        .filter(|(_, user)| custom.iter().all(|(name, wanted)| has_text(custom_text(user, name), wanted)))
        .filter(|(id, _)| listed.as_ref().is_none_or(|listed| listed.contains(id)))
        .filter(|(id, _)| with_app.as_ref().is_none_or(|listed| listed.contains(id)))
        .filter(|(_, user)| directory.as_ref().is_none_or(|wanted| has_number(user, "directory_id", wanted)))
        .map(|(&id, _)| id)
        .collect();
    paging::answer(request, LIMITS, ids, |id| match call.state.users.get(&id) {
        Some(user) => Value::Object(reduced(id, user)),
        None => Value::Null,
    })
}

fn custom_filters(call: &Call<'_>) -> Vec<(String, String)> {
    let query = call.request.query.as_deref().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .filter_map(|(key, value)| Some((key.strip_prefix("custom_attributes.")?.to_owned(), value.into_owned())))
        .collect()
}

fn has_text(text: Option<&str>, wanted: &str) -> bool {
    text.is_some_and(|text| matches_wildcard(wanted, text))
}

fn custom_text<'a>(user: &'a User, name: &str) -> Option<&'a str> {
    user.custom_attributes.get(name).and_then(Value::as_str)
}

fn has_number(user: &User, field: &str, wanted: &str) -> bool {
    user.fields.get(field).and_then(Value::as_u64).is_some_and(|number| wanted.parse() == Ok(number))
}

/// Source: the list-users page, basic fields.
fn reduced(id: u64, user: &User) -> Map<String, Value> {
    let fields = json!({
        "id": id, "email": user.email, "username": user.username, "firstname": null, "lastname": null, "status": 1,
        "state": 1, "group_id": null, "directory_id": null, "external_id": null, "member_of": null, "phone": null,
        "samaccountname": null, "distinguished_name": null, "locked_until": null, "invitation_sent_at": null,
        "last_login": null, "password_changed_at": null, "activated_at": null, "invalid_login_attempts": 0,
        "created_at": time(user.created_at), "updated_at": time(user.updated_at),
    });
    let mut body = match fields {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    body.extend(user.fields.clone());
    body
}

/// `GET /api/2/users/:id`.
pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    Ok(Answer::json(200, &full(call, id).ok_or(Refusal::NotFound)?))
}

/// Returns the full object of a user.
pub(super) fn full(call: &Call<'_>, id: u64) -> Option<Map<String, Value>> {
    let user = call.state.users.get(&id)?;
    let mut body = reduced(id, user);
    body.insert("custom_attributes".to_owned(), user.custom_attributes.clone().into());
    body.insert("role_ids".to_owned(), roles_of(call, id).into());
    Some(body)
}

fn roles_of(call: &Call<'_>, user: u64) -> Vec<u64> {
    let holds = |members| visible_members(call, members).any(|member| member == user);
    call.state.roles.iter().filter(|(_, role)| holds(&role.users)).map(|(&id, _)| id).collect()
}

/// Returns the users that have an app through a role.
pub(super) fn with_app(call: &Call<'_>, app: u64) -> Vec<u64> {
    let roles = call.state.roles.values().filter(|role| role.apps.contains(&app));
    let mut ids: Vec<u64> = roles.flat_map(|role| visible_members(call, &role.users)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// `GET /api/2/users/:id/apps`; hidden apps only with `ignore_visibility=true`.
pub(super) fn list_apps(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    if !call.state.users.contains_key(&id) {
        return Err(Refusal::NotFound);
    }
    let roles = roles_of(call, id);
    let all = call.request.is_set("ignore_visibility");
    let mut rows: Vec<u64> = call
        .state
        .apps
        .iter()
        .filter(|(app, row)| (all || row.visible) && call.state.roles_of_app(**app).any(|role| roles.contains(&role)))
        .map(|(&app, _)| app)
        .collect();
    rows.sort_by_key(|&app| crate::emulator::ids::shuffle_key(app));
    let body: Vec<Value> = rows
        .iter()
        .filter_map(|app| Some((app, call.state.apps.get(app)?)))
        .map(|(app, row)| {
            json!({
                "id": app, "icon_url": connectors::icon_url(), "extension": false, "login_id": null,
                "name": call.shown(&row.name), "provisioning_status": null, "provisioning_state": null,
                "provisioning_enabled": false,
            })
        })
        .collect();
    Ok(Answer::json(200, &body))
}

/// `GET /api/1/groups`: there are none. Source: reference section 2.2, the v1 envelope of lists.
pub(super) fn list_groups(_call: &mut Call<'_>) -> Outcome {
    let status = json!({"error": false, "code": 200, "type": "success", "message": "Success"});
    let pagination = json!({"before_cursor": null, "after_cursor": null, "previous_link": null, "next_link": null});
    Ok(Answer::json(200, &json!({"status": status, "pagination": pagination, "data": []})))
}

/// `PUT /api/1/users/:id/add_roles`.
pub(super) fn add_roles(call: &mut Call<'_>) -> Outcome {
    change_roles(call, Membership::Add)
}

/// `PUT /api/1/users/:id/remove_roles`.
pub(super) fn remove_roles(call: &mut Call<'_>) -> Outcome {
    change_roles(call, Membership::Remove)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Membership {
    Add,
    Remove,
}

fn change_roles(call: &mut Call<'_>, membership: Membership) -> Outcome {
    let user = call.id(3).map_err(|_| V1_NOT_FOUND)?;
    if !call.state.users.contains_key(&user) {
        return Err(V1_NOT_FOUND);
    }
    let body: Value = serde_json::from_slice(&call.request.body).unwrap_or(Value::Null);
    let listed = body.get("role_id_array").and_then(Value::as_array);
    let ids = listed.and_then(|listed| listed.iter().map(Value::as_u64).collect::<Option<Vec<_>>>());
    let bad_request = |message| Refusal::V1 { code: 400, kind: "bad request", message };
    let Some(ids) = ids else {
        return Err(bad_request("role_id_array is missing or is not an array"));
    };
    if ids.iter().any(|id| !call.state.roles.contains_key(id)) {
        return Err(bad_request("role_id_array holds an unknown role"));
    }
    for id in ids {
        let Some(mut role) = call.state.roles.get(&id).cloned() else {
            continue;
        };
        let changed = match membership {
            Membership::Add if role.users.contains_key(&user) => false,
            Membership::Add => role.users.insert(user, call.now).is_none(),
            Membership::Remove => role.users.remove(&user).is_some(),
        };
        if changed {
            call.state.put(Change::Role(id, Some(role)));
        }
    }
    Ok(Answer::v1(None))
}
