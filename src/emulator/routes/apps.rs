//! Apps: `/api/2/apps`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::app_fields::{
    OPENID_CONNECT, auth_method_name, configure, set_parameters, set_roles, shown_configuration, shown_parameters,
};
use super::{connectors, users};
use crate::emulator::answer::Answer;
use crate::emulator::call::{Call, required_text, text};
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::paging::{self, Limits};
use crate::emulator::random;
use crate::emulator::request::matches_wildcard;
use crate::emulator::state::{App, Change, Parameter, groups_fields, sha256_hex};
use crate::emulator::switches::{AppPutBody, InUse, SecretOnGet, ZeroValues};

/// Source: reference section 2.1; the Go SDK asks for 100.
const LIMITS: Limits = Limits { default: 100, max: 1000 };

/// `GET /api/2/apps`: reduced objects.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let name = call.request.filter("name");
    let auth_method = connectors::auth_method_filter(call)?;
    let connector = match call.request.filter("connector_id").map(|text| text.parse::<u64>()) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => {
            return Err(Refusal::Unprocessable("invalid value in \"connector_id\"".to_owned()));
        }
    };
    let fits = |row_name: &str, row_method: u64, row_connector: u64| {
        name.as_ref().is_none_or(|name| matches_wildcard(name, row_name))
            && auth_method.is_none_or(|method| method == row_method)
            && connector.is_none_or(|connector| connector == row_connector)
    };
    let apps = call.state.apps.iter().filter(|(_, app)| fits(&app.name, app.auth_method, app.connector_id));
    let mut ids: Vec<u64> = apps.map(|(&id, _)| id).collect();
    if call.switches.servers_in_apps {
        // Source: reference section 4.1: a server is a row of the apps table with `auth_method` 9.
        let servers = call.state.servers.iter().filter(|(_, server)| fits(&server.name, 9, server.connector_id));
        ids.extend(servers.map(|(&id, _)| id));
    }
    paging::answer(call.request, LIMITS, ids, |id| match call.state.apps.get(&id) {
        Some(app) => reduced(call, id, app),
        None => reduced_server(call, id),
    })
}

/// Source: the list-apps page and the overview sample.
fn reduced(call: &Call<'_>, id: u64, app: &App) -> Value {
    json!({
        "id": id, "connector_id": app.connector_id, "auth_method": app.auth_method,
        "auth_method_description": auth_method_name(app.auth_method), "name": call.shown(&app.name),
        "description": call.shown_option(app.description.as_deref()), "visible": app.visible,
        "created_at": time(app.created_at), "updated_at": time(app.updated_at),
    })
}

fn reduced_server(call: &Call<'_>, id: u64) -> Value {
    let Some(server) = call.state.servers.get(&id) else {
        return Value::Null;
    };
    json!({
        "id": id, "connector_id": server.connector_id, "auth_method": 9, "auth_method_description": auth_method_name(9),
        "name": call.shown(&server.name), "description": call.shown_option(server.description.as_deref()),
        "visible": false, "created_at": null, "updated_at": null,
    })
}

/// Returns a time as it is shown. Source: samples of the app resource page, whole seconds.
pub(super) fn time(milliseconds: i64) -> Option<String> {
    Timestamp::from_second(milliseconds.div_euclid(1000)).ok().map(|time| time.to_string())
}

/// `GET /api/2/apps/:id`.
pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let app = call.state.apps.get(&id).ok_or(Refusal::NotFound)?;
    Ok(Answer::json(200, &full(call, id, app, None)))
}

/// Returns the full object; with the secret only when the app was just made.
fn full(call: &Call<'_>, id: u64, app: &App, secret: Option<&str>) -> Value {
    // A fresh app's answer shows the zeros. Source: reference section 5.4, sample.
    let zero_values = if secret.is_some() { ZeroValues::Show } else { call.switches.zero_values };
    let notes = call.shown_option(app.notes.as_deref());
    let notes = if call.switches.crlf_notes { notes.map(|text| text.replace('\n', "\r\n")) } else { notes };
    let mut body = json!({
        "id": id, "name": call.shown(&app.name), "visible": app.visible,
        "description": call.shown_option(app.description.as_deref()), "notes": notes,
        "icon_url": connectors::icon_url(), "auth_method": app.auth_method, "policy_id": app.policy_id,
        "brand_id": app.brand_id, "allow_assumed_signin": app.allow_assumed_signin, "tab_id": app.tab_id,
        "connector_id": app.connector_id, "created_at": time(app.created_at), "updated_at": time(app.updated_at),
        "role_ids": call.state.roles_of_app(id).collect::<Vec<_>>(), "provisioning": {"enabled": false},
    });
    if let Some(body) = body.as_object_mut() {
        if app.auth_method == OPENID_CONNECT {
            body.insert("sso".to_owned(), sso(call, app, secret));
        }
        body.insert("configuration".to_owned(), shown_configuration(app, zero_values).into());
        body.insert("parameters".to_owned(), shown_parameters(&app.parameters).into());
        body.insert("enforcement_point".to_owned(), Map::new().into());
    }
    body
}

fn sso(call: &Call<'_>, app: &App, secret: Option<&str>) -> Value {
    match (secret, call.switches.client_secret_on_get) {
        (Some(secret), _) => json!({"client_id": app.client_id, "client_secret": secret}),
        (None, SecretOnGet::Absent) => json!({ "client_id": app.client_id }),
        (None, SecretOnGet::Empty) => json!({"client_id": app.client_id, "client_secret": ""}),
    }
}

/// `POST /api/2/apps`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.request.object()?;
    let name = required_text(&body, "name")?;
    let connector_id = match body.get("connector_id") {
        None | Some(Value::Null) => return Err(Refusal::MissingField("connector_id")),
        Some(value) => value.as_u64(),
    };
    let connector = connector_id.and_then(|id| Some((id, connectors::by_id(call, id)?)));
    let Some((connector_id, connector)) = connector else {
        // Source: tf #10.
        return Err(Refusal::invalid("Connector ID is invalid"));
    };
    let id = call.new_id();
    let secret = call.new_hex::<32>()?;
    let client_id = call.new_text(|| random::client_id(id))?;
    let mut app = App {
        name,
        connector_id,
        auth_method: connector.auth_method,
        description: None,
        notes: None,
        visible: true,
        policy_id: None,
        brand_id: None,
        tab_id: None,
        allow_assumed_signin: false,
        configuration: Map::new(),
        parameters: BTreeMap::new(),
        client_id,
        secret_sha256: sha256_hex(&secret),
        created_at: call.now,
        updated_at: call.now,
    };
    if app.auth_method == OPENID_CONNECT {
        let groups = Parameter { id: call.new_id(), connector_level: true, fields: groups_fields() };
        app.parameters.insert("groups".to_owned(), groups);
    }
    lay_over(call, &mut app, &body)?;
    call.state.put(Change::App(id, Some(app.clone())));
    set_roles(call, id, &body)?;
    Ok(Answer::json(201, &full(call, id, &app, Some(&secret))))
}

/// `PUT /api/2/apps/:id`: what is left out stays.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let mut app = call.state.apps.get(&id).cloned().ok_or(Refusal::NotFound)?;
    let body = call.request.object()?;
    if body.contains_key("name") {
        app.name = required_text(&body, "name")?;
    }
    lay_over(call, &mut app, &body)?;
    app.updated_at = call.now;
    call.state.put(Change::App(id, Some(app.clone())));
    set_roles(call, id, &body)?;
    match call.switches.app_put_body {
        AppPutBody::Full => Ok(Answer::json(200, &full(call, id, &app, None))),
        AppPutBody::Id => Ok(Answer::id(200, id)),
    }
}

/// Lays a body's writable fields over an app. `sso`, `connector_id` and server-made fields are ignored.
fn lay_over(call: &mut Call<'_>, app: &mut App, body: &Map<String, Value>) -> Result<(), Refusal> {
    for (key, field) in [("description", &mut app.description), ("notes", &mut app.notes)] {
        if body.contains_key(key) {
            *field = text(body, key)?;
        }
    }
    let booleans = [("visible", &mut app.visible), ("allow_assumed_signin", &mut app.allow_assumed_signin)];
    for (key, field) in booleans {
        if let Some(value) = body.get(key).and_then(Value::as_bool) {
            *field = value;
        }
    }
    let numbers = [("policy_id", &mut app.policy_id), ("brand_id", &mut app.brand_id), ("tab_id", &mut app.tab_id)];
    for (key, field) in numbers {
        if let Some(value) = body.get(key) {
            *field = value.as_u64();
        }
    }
    configure(app, body)?;
    set_parameters(call, app, body)
}

/// `DELETE /api/2/apps/:id`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    if !call.state.apps.contains_key(&id) {
        return Err(Refusal::NotFound);
    }
    let bound: Vec<(u64, u64)> = call.state.bindings.keys().filter(|(_, app)| *app == id).copied().collect();
    if !bound.is_empty() && call.switches.delete_bound_app == InUse::Refuse {
        return Err(Refusal::invalid("App is still assigned to an API authorization"));
    }
    for key in bound {
        call.state.put(Change::Binding(key, None));
    }
    let roles: Vec<u64> = call.state.roles_of_app(id).collect();
    for role_id in roles {
        if let Some(mut role) = call.state.roles.get(&role_id).cloned() {
            role.apps.remove(&id);
            call.state.put(Change::Role(role_id, Some(role)));
        }
    }
    call.state.put(Change::App(id, None));
    Ok(Answer::empty(204))
}

/// `DELETE /api/2/apps/:id/parameters/:parameter_id`.
pub(super) fn delete_parameter(call: &mut Call<'_>) -> Outcome {
    let (id, parameter_id) = (call.id(3)?, call.id(5)?);
    let mut app = call.state.apps.get(&id).cloned().ok_or(Refusal::NotFound)?;
    let named = app.parameters.iter().find(|(_, parameter)| parameter.id == parameter_id);
    let (name, parameter) = named.map(|(name, parameter)| (name.clone(), parameter)).ok_or(Refusal::NotFound)?;
    if parameter.connector_level {
        return Err(Refusal::Forbidden("Not allowed to destroy specified resource"));
    }
    app.parameters.remove(&name);
    call.state.put(Change::App(id, Some(app)));
    Ok(Answer::empty(204))
}

/// `GET /api/2/apps/:id/users`.
pub(super) fn list_users(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    if !call.state.apps.contains_key(&id) {
        return Err(Refusal::NotFound);
    }
    let ids = users::with_app(call, id);
    paging::answer(call.request, LIMITS, ids, |id| match call.state.users.get(&id) {
        Some(user) => json!({
            "id": id, "firstname": user.text("firstname"), "lastname": user.text("lastname"),
            "email": user.email, "username": user.username, "samaccountname": user.text("samaccountname"),
        }),
        None => Value::Null,
    })
}
