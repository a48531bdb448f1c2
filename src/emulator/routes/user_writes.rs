//! Users, written: POST, PUT and DELETE on `/api/2/users`.
//!
//! Provisioning tools keep users beside apps and roles; what is emulated is what tells them apart and lets them sign in.

use serde_json::{Map, Value};

use super::users;
use crate::emulator::answer::Answer;
use crate::emulator::call::{Call, text};
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::state::{Change, User, sha256_hex};

/// Keys of the body that are no plain fields: kept elsewhere, made by the server, or never shown.
const OTHER_KEYS: [&str; 12] = [
    "id",
    "username",
    "email",
    "password",
    "password_confirmation",
    "password_algorithm",
    "salt",
    "custom_attributes",
    "role_ids",
    "created_at",
    "updated_at",
    "mappings",
];

/// `POST /api/2/users`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.request.object()?;
    let mut user = User {
        username: None,
        email: None,
        password_sha256: None,
        fields: Map::new(),
        custom_attributes: Map::new(),
        created_at: call.now,
        updated_at: call.now,
    };
    lay_over(call, None, &mut user, &body)?;
    let id = call.new_id();
    call.state.put(Change::User(id, Some(user)));
    Ok(Answer::json(201, &users::full(call, id).ok_or(Refusal::NotFound)?))
}

/// `PUT /api/2/users/:id`: what is left out stays.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let mut user = call.state.users.get(&id).cloned().ok_or(Refusal::NotFound)?;
    let body = call.request.object()?;
    lay_over(call, Some(id), &mut user, &body)?;
    user.updated_at = call.now;
    call.state.put(Change::User(id, Some(user)));
    Ok(Answer::json(200, &users::full(call, id).ok_or(Refusal::NotFound)?))
}

fn lay_over(call: &Call<'_>, own: Option<u64>, user: &mut User, body: &Map<String, Value>) -> Result<(), Refusal> {
    for (key, field) in [("username", &mut user.username), ("email", &mut user.email)] {
        if body.contains_key(key) {
            *field = text(body, key)?.filter(|text| !text.is_empty());
        }
    }
    if user.username.is_none() && user.email.is_none() {
        // Source: the create-user page: one of the two is required.
        return Err(Refusal::MissingField("username"));
    }
    if let Some(password) = text(body, "password")? {
        user.password_sha256 = Some(sha256_hex(&password));
    }
    if let Some(Value::Object(custom)) = body.get("custom_attributes") {
        user.custom_attributes.extend(custom.clone());
    }
    let fields = body.iter().filter(|(key, _)| !OTHER_KEYS.contains(&key.as_str()));
    user.fields.extend(fields.map(|(key, value)| (key.clone(), value.clone())));
    check_unique(call, own, user)
}

/// Source: reference section 6.3, a live answer.
fn check_unique(call: &Call<'_>, own: Option<u64>, user: &User) -> Result<(), Refusal> {
    let mut others = call.state.users.iter().filter(|(id, _)| Some(**id) != own).map(|(_, other)| other);
    let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    };
    let has_email = others.clone().any(|other| same(&other.email, &user.email));
    let has_username = others.any(|other| same(&other.username, &user.username));
    let subdomain = subdomain(&call.site.issuer);
    let mut texts = Vec::new();
    for (taken, key) in [(has_email, "Email"), (has_username, "Username")] {
        if taken {
            texts.push(format!("{key} must be unique within {subdomain}"));
        }
    }
    if texts.is_empty() { Ok(()) } else { Err(Refusal::Validation(texts)) }
}

fn subdomain(issuer: &str) -> String {
    let parsed = url::Url::parse(issuer).ok();
    let host = parsed.as_ref().and_then(url::Url::host_str).unwrap_or_default();
    host.split('.').next().unwrap_or_default().to_owned()
}

/// `DELETE /api/2/users/:id`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    if !call.state.users.contains_key(&id) {
        return Err(Refusal::NotFound);
    }
    let is_member = |role: &&u64| {
        call.state.roles.get(*role).is_some_and(|role| role.users.contains_key(&id) || role.admins.contains_key(&id))
    };
    let roles: Vec<u64> = call.state.roles.keys().filter(is_member).copied().collect();
    for role_id in roles {
        if let Some(mut role) = call.state.roles.get(&role_id).cloned() {
            role.users.remove(&id);
            role.admins.remove(&id);
            call.state.put(Change::Role(role_id, Some(role)));
        }
    }
    call.state.put(Change::User(id, None));
    Ok(Answer::empty(204))
}
