//! Scopes of a server: `/api/2/api_authorizations/:id/scopes`.

use serde_json::{Map, Value};

use super::servers;
use crate::emulator::answer::Answer;
use crate::emulator::call::{Call, required_text, text};
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::ids;
use crate::emulator::state::{Change, Scope};
use crate::emulator::switches::{InUse, PostStatus, PutOmitted, ScopeWhitespace};
use crate::emulator::wire::ScopeBody;

/// `GET …/scopes`.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let server = servers::of_path(call)?;
    let mut rows: Vec<ScopeBody<'_>> = call
        .state
        .scopes_of(server)
        .map(|(id, scope)| ScopeBody {
            id,
            value: &scope.value,
            description: call.shown_option(scope.description.as_deref()),
            inherited: scope.inherited,
        })
        .collect();
    rows.sort_by_key(|row| ids::shuffle_key(row.id));
    Ok(Answer::json(200, &rows))
}

/// `POST …/scopes`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let body = call.request.object()?;
    let id = add(call, server, &body)?;
    Ok(Answer::id(post_status(call), id))
}

/// Returns the status of a POST here and on claims.
pub(super) fn post_status(call: &Call<'_>) -> u16 {
    match call.switches.scope_claim_post_status {
        PostStatus::Ok => 200,
        PostStatus::Created => 201,
    }
}

/// Adds a scope to a server and returns its id.
///
/// # Errors
/// What is wrong with the body.
pub(super) fn add(call: &mut Call<'_>, server: u64, body: &Map<String, Value>) -> Result<u64, Refusal> {
    let value = required_text(body, "value")?;
    let description = text(body, "description")?;
    check_value(call, server, None, &value)?;
    let id = call.new_id();
    call.state.put(Change::Scope((server, id), Some(Scope { value, description, inherited: false })));
    Ok(id)
}

fn check_value(call: &Call<'_>, server: u64, own: Option<u64>, value: &str) -> Result<(), Refusal> {
    if value.contains(char::is_whitespace) {
        return Err(match call.switches.scope_whitespace {
            ScopeWhitespace::Unprocessable => Refusal::invalid("Value must not contain whitespace"),
            ScopeWhitespace::BadRequest => Refusal::BadRequest("Value must not contain whitespace".to_owned()),
        });
    }
    if call.state.scopes_of(server).any(|(id, scope)| Some(id) != own && scope.value == value) {
        return Err(Refusal::invalid("Value has already been taken"));
    }
    Ok(())
}

/// `PUT …/scopes/:scope_id`.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let id = call.id(5)?;
    let mut scope = call.state.scopes.get(&(server, id)).cloned().ok_or(Refusal::NotFound)?;
    if scope.inherited {
        return Err(Refusal::Forbidden("Not allowed to update specified resource"));
    }
    let body = call.request.object()?;
    if body.contains_key("value") {
        scope.value = required_text(&body, "value")?;
    } else if call.switches.put_omitted != PutOmitted::Keep {
        return Err(Refusal::MissingField("value"));
    }
    match (body.contains_key("description"), call.switches.put_omitted) {
        (true, _) | (false, PutOmitted::Null) => scope.description = text(&body, "description")?,
        (false, PutOmitted::Keep) => {}
        (false, PutOmitted::Reject) => return Err(Refusal::MissingField("description")),
    }
    check_value(call, server, Some(id), &scope.value)?;
    call.state.put(Change::Scope((server, id), Some(scope)));
    Ok(Answer::id(200, id))
}

/// `DELETE …/scopes/:scope_id`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let id = call.id(5)?;
    let scope = call.state.scopes.get(&(server, id)).ok_or(Refusal::NotFound)?;
    if scope.inherited {
        return Err(Refusal::Forbidden("Not allowed to destroy specified resource"));
    }
    let holders: Vec<_> = call
        .state
        .bindings_of(server)
        .filter(|(_, binding)| binding.scopes.contains(&id))
        .map(|(app, binding)| (app, binding.clone()))
        .collect();
    if !holders.is_empty() && call.switches.scope_in_use == InUse::Refuse {
        return Err(Refusal::invalid("Scope is in use by client apps"));
    }
    for (app, mut binding) in holders {
        binding.before = Some(binding.scopes.clone());
        binding.scopes.retain(|&scope| scope != id);
        binding.changed_at = call.now;
        call.state.put(Change::Binding((server, app), Some(binding)));
    }
    call.state.put(Change::Scope((server, id), None));
    Ok(Answer::empty(204))
}
