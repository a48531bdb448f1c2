//! Client apps of a server: `/api/2/api_authorizations/:id/clients`.
//!
//! Scope ids go in, scope objects come out; the key in the path is the app's id.

use serde_json::{Map, Value};

use super::servers;
use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::ids;
use crate::emulator::state::{Binding, Change};
use crate::emulator::switches::{DoubleBind, EmptyScopes};
use crate::emulator::wire::{ClientBody, ClientScopeBody, ClientWritten};

/// `auth_method` of OpenID Connect apps, the only ones that can be clients.
const OPENID_CONNECT: u64 = 8;

/// `GET …/clients`.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let server = servers::of_path(call)?;
    let mut rows: Vec<ClientBody<'_>> =
        call.state.bindings_of(server).map(|(app, binding)| body(call, server, app, binding)).collect();
    rows.sort_by_key(|row| ids::shuffle_key(row.app_id));
    Ok(Answer::json(200, &rows))
}

fn body<'a>(call: &'a Call<'_>, server: u64, app: u64, binding: &Binding) -> ClientBody<'a> {
    let granted = binding.scopes.iter().filter_map(|&id| Some((id, call.state.scopes.get(&(server, id))?)));
    ClientBody {
        app_id: app,
        api_auth_id: server,
        name: call.state.apps.get(&app).map(|app| call.shown(&app.name)).unwrap_or_default(),
        scopes: granted
            .map(|(id, scope)| ClientScopeBody {
                id,
                value: &scope.value,
                description: call.shown_option(scope.description.as_deref()),
            })
            .collect(),
    }
}

/// `POST …/clients`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let body = call.request.object()?;
    let app = match body.get("app_id") {
        None => return Err(Refusal::MissingField("app_id")),
        Some(value) => value.as_u64().ok_or_else(|| Refusal::BadRequest("Expected integer in app_id".to_owned()))?,
    };
    let scopes = scopes(call, server, &body)?;
    let row = call.state.apps.get(&app).ok_or(Refusal::NotFound)?;
    if row.auth_method != OPENID_CONNECT {
        return Err(Refusal::invalid("App is invalid"));
    }
    if call.state.bindings.contains_key(&(server, app)) && call.switches.double_bind == DoubleBind::Refuse {
        return Err(Refusal::invalid("App has already been taken"));
    }
    grant(call, server, app, scopes);
    Ok(Answer::json(201, &ClientWritten { app_id: app, api_auth_id: server }))
}

/// `PUT …/clients/:app_id`.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let app = call.id(5)?;
    if !call.state.bindings.contains_key(&(server, app)) {
        return Err(Refusal::NotFound);
    }
    let body = call.request.object()?;
    let scopes = scopes(call, server, &body)?;
    grant(call, server, app, scopes);
    Ok(Answer::json(200, &ClientWritten { app_id: app, api_auth_id: server }))
}

/// `DELETE …/clients/:app_id`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let app = call.id(5)?;
    if !call.state.bindings.contains_key(&(server, app)) {
        return Err(Refusal::NotFound);
    }
    call.state.put(Change::Binding((server, app), None));
    Ok(Answer::empty(204))
}

fn grant(call: &mut Call<'_>, server: u64, app: u64, scopes: Vec<u64>) {
    let before = call.state.bindings.get(&(server, app)).map(|binding| binding.scopes.clone());
    let binding = Binding { scopes, changed_at: call.now, before };
    call.state.put(Change::Binding((server, app), Some(binding)));
}

fn scopes(call: &Call<'_>, server: u64, body: &Map<String, Value>) -> Result<Vec<u64>, Refusal> {
    let listed = match body.get("scopes") {
        None => return Err(Refusal::MissingField("scopes")),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(Refusal::BadRequest("Expected array in scopes".to_owned())),
    };
    let ids: Option<Vec<u64>> = listed.iter().map(Value::as_u64).collect();
    let Some(ids) = ids else {
        return Err(Refusal::BadRequest("Expected array of integers in scopes".to_owned()));
    };
    if ids.is_empty() && call.switches.empty_client_scopes == EmptyScopes::Refuse {
        return Err(Refusal::invalid("Scopes can't be blank"));
    }
    // Source: the error sample of the add-client-app page, verb and all.
    let foreign: Vec<String> = ids
        .iter()
        .filter(|&&id| !call.state.scopes.contains_key(&(server, id)))
        .map(|id| format!("Scopes {id} does not belong to the specified ApiAuthorizationApp"))
        .collect();
    if !foreign.is_empty() {
        return Err(Refusal::Validation(foreign));
    }
    let mut unique = Vec::with_capacity(ids.len());
    for id in ids {
        if !unique.contains(&id) {
            unique.push(id);
        }
    }
    Ok(unique)
}
