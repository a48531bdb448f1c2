//! Access-token claims of a server: `/api/2/api_authorizations/:id/claims`.

use serde_json::{Map, Value};

use super::{scopes, servers};
use crate::emulator::answer::Answer;
use crate::emulator::call::{Call, required_text, text};
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::ids;
use crate::emulator::state::{Change, Claim};
use crate::emulator::switches::PutOmitted;
use crate::emulator::wire::ClaimBody;

/// `GET …/claims`.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let server = servers::of_path(call)?;
    let mut rows: Vec<ClaimBody<'_>> = call.state.claims_of(server).map(|(id, claim)| body(id, claim)).collect();
    rows.sort_by_key(|row| ids::shuffle_key(row.id));
    Ok(Answer::json(200, &rows))
}

fn body(id: u64, claim: &Claim) -> ClaimBody<'_> {
    ClaimBody {
        id,
        label: claim.label.as_deref(),
        name: &claim.name,
        user_attribute_mappings: claim.mapping.as_deref(),
        user_attribute_macros: claim.macros.as_deref(),
        attributes_transformations: claim.transformation.as_deref(),
        // Source: the list-claims page calls these unused or not supported yet; they stay as they are.
        skip_if_blank: false,
        values: None,
        default_values: None,
        provisioned_entitlements: false,
        safe_entitlements_enabled: false,
        inherited: claim.inherited,
    }
}

/// `POST …/claims`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let body = call.request.object()?;
    let id = add(call, server, &body)?;
    Ok(Answer::id(scopes::post_status(call), id))
}

/// Adds a claim to a server and returns its id.
///
/// # Errors
/// What is wrong with the body.
pub(super) fn add(call: &mut Call<'_>, server: u64, body: &Map<String, Value>) -> Result<u64, Refusal> {
    let name = required_text(body, "name")?;
    check_name(call, server, None, &name)?;
    let claim = Claim {
        label: Some(name.clone()),
        name,
        mapping: text(body, "user_attribute_mappings")?,
        macros: text(body, "user_attribute_macros")?,
        transformation: text(body, "attributes_transformations")?,
        inherited: false,
    };
    let id = call.new_id();
    call.state.put(Change::Claim((server, id), Some(claim)));
    Ok(id)
}

fn check_name(call: &Call<'_>, server: u64, own: Option<u64>, name: &str) -> Result<(), Refusal> {
    match call.state.claims_of(server).any(|(id, claim)| Some(id) != own && claim.name == name) {
        true => Err(Refusal::invalid("Name has already been taken")),
        false => Ok(()),
    }
}

/// `PUT …/claims/:claim_id`.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let id = call.id(5)?;
    let mut claim = call.state.claims.get(&(server, id)).cloned().ok_or(Refusal::NotFound)?;
    if claim.inherited {
        return Err(Refusal::Forbidden("Not allowed to update specified resource"));
    }
    let body = call.request.object()?;
    claim.name = required_text(&body, "name")?;
    claim.label = Some(claim.name.clone());
    let fields = [
        ("user_attribute_mappings", &mut claim.mapping),
        ("user_attribute_macros", &mut claim.macros),
        ("attributes_transformations", &mut claim.transformation),
    ];
    for (key, field) in fields {
        match (body.contains_key(key), call.switches.put_omitted) {
            (true, _) | (false, PutOmitted::Null) => *field = text(&body, key)?,
            (false, PutOmitted::Keep) => {}
            (false, PutOmitted::Reject) => return Err(Refusal::MissingField(key)),
        }
    }
    check_name(call, server, Some(id), &claim.name)?;
    call.state.put(Change::Claim((server, id), Some(claim)));
    Ok(Answer::id(200, id))
}

/// `DELETE …/claims/:claim_id`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let server = servers::writable_of_path(call)?;
    let id = call.id(5)?;
    let claim = call.state.claims.get(&(server, id)).ok_or(Refusal::NotFound)?;
    if claim.inherited {
        return Err(Refusal::Forbidden("Not allowed to destroy specified resource"));
    }
    call.state.put(Change::Claim((server, id), None));
    Ok(Answer::empty(204))
}
