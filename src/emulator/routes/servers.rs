//! Authorization servers: `/api/2/api_authorizations`.

use serde_json::{Map, Value};

use super::{claims, scopes};
use crate::emulator::answer::Answer;
use crate::emulator::call::{Call, required_text, text};
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::ids;
use crate::emulator::request::matches_wildcard;
use crate::emulator::state::{Change, Server};
use crate::emulator::switches::{
    Audiences, AudiencesString, DefaultExpirations, Duplicate, InUse, NameFilter, PutOmitted,
};
use crate::emulator::wire::{ServerBody, ServerConfigurationBody};

/// "API Authorization (Generic)". Source: reference section 5.6.
const CONNECTOR: u64 = 123_215;
/// What a blank lifetime means in the console, in minutes. Source: reference section 5.3, by analogy with apps.
pub(super) const DEFAULT_ACCESS_MINUTES: u64 = 60;
/// Thirty days. Source: as above.
pub(super) const DEFAULT_REFRESH_MINUTES: u64 = 43_200;

/// `GET /api/2/api_authorizations`.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let filter = call.request.filter("name");
    let mut shown: Vec<u64> = call
        .state
        .servers
        .iter()
        .filter(|(_, server)| filter.as_ref().is_none_or(|filter| fits(call, filter, &server.name)))
        .map(|(&id, _)| id)
        .collect();
    shown.sort_by_key(|&id| ids::shuffle_key(id));
    shown.truncate(call.switches.list_cap);
    let rows: Vec<ServerBody<'_>> = shown
        .iter()
        .filter_map(|id| Some((*id, call.state.servers.get(id)?)))
        .map(|(id, server)| body(call, id, server, call.switches.list_expirations))
        .collect();
    Ok(Answer::json(200, &rows))
}

fn fits(call: &Call<'_>, filter: &str, name: &str) -> bool {
    match call.switches.server_name_filter {
        NameFilter::Substring => name.to_lowercase().contains(&filter.to_lowercase()),
        NameFilter::CaseSensitive => name.contains(filter),
        NameFilter::Wildcard => matches_wildcard(filter, name),
    }
}

/// `GET /api/2/api_authorizations/:id`.
pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let server = call.state.servers.get(&id).ok_or(Refusal::NotFound)?;
    Ok(Answer::json(200, &body(call, id, server, true)))
}

fn body<'a>(call: &Call<'_>, id: u64, server: &'a Server, with_lifetimes: bool) -> ServerBody<'a> {
    let lifetime = |minutes: Option<u64>, default: u64| match (minutes, call.switches.default_expirations) {
        _ if !with_lifetimes => None,
        (Some(minutes), _) => Some(Some(minutes)),
        (None, DefaultExpirations::Absent) => None,
        (None, DefaultExpirations::Null) => Some(None),
        (None, DefaultExpirations::Filled) => Some(Some(default)),
    };
    ServerBody {
        id,
        name: call.shown(&server.name),
        description: call.shown_option(server.description.as_deref()),
        configuration: ServerConfigurationBody {
            resource_identifier: &server.resource_identifier,
            audiences: &server.audiences,
            access_token_expiration_minutes: lifetime(server.access_minutes, DEFAULT_ACCESS_MINUTES),
            refresh_token_expiration_minutes: lifetime(server.refresh_minutes, DEFAULT_REFRESH_MINUTES),
        },
        onelogin: server.onelogin,
    }
}

/// `POST /api/2/api_authorizations`.
pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.request.object()?;
    refuse_top_level(&body)?;
    let name = required_text(&body, "name")?;
    let mut server = Server {
        name,
        description: text(&body, "description")?,
        resource_identifier: String::new(),
        audiences: Vec::new(),
        access_minutes: None,
        refresh_minutes: None,
        connector_id: body.get("connector_id").and_then(Value::as_u64).unwrap_or(CONNECTOR),
        onelogin: false,
    };
    configure(call, &mut server, &body, PutOmitted::Null)?;
    validate(call, None, &server)?;
    let id = call.new_id();
    call.state.put(Change::Server(id, Some(server)));
    for scope in inline(&body, "scopes")? {
        scopes::add(call, id, scope)?;
    }
    for claim in inline(&body, "claims")? {
        claims::add(call, id, claim)?;
    }
    Ok(Answer::id(201, id))
}

/// Source: mcp #45: these belong under `configuration` and are rejected beside it; no text is known.
fn refuse_top_level(body: &Map<String, Value>) -> Result<(), Refusal> {
    match ["audience", "audiences", "resource_identifier"].into_iter().find(|key| body.contains_key(*key)) {
        Some(key) => Err(Refusal::BadRequest(format!("Unknown parameter: {key}"))),
        None => Ok(()),
    }
}

fn inline<'a>(body: &'a Map<String, Value>, key: &str) -> Result<Vec<&'a Map<String, Value>>, Refusal> {
    let rows = match body.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(rows) => rows.as_array().map(|rows| rows.iter().map(Value::as_object).collect::<Option<Vec<_>>>()),
    };
    rows.flatten().ok_or_else(|| Refusal::BadRequest(format!("Expected array of objects in {key}")))
}

/// `PUT /api/2/api_authorizations/:id`.
pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let mut server = call.state.servers.get(&id).cloned().ok_or(Refusal::NotFound)?;
    let body = call.request.object()?;
    refuse_built_in(&server, "Not allowed to update specified resource")?;
    refuse_top_level(&body)?;
    server.name = required_text(&body, "name")?;
    let omitted = call.switches.put_omitted;
    match (body.contains_key("description"), omitted) {
        (true, _) | (false, PutOmitted::Null) => server.description = text(&body, "description")?,
        (false, PutOmitted::Keep) => {}
        (false, PutOmitted::Reject) => return Err(Refusal::MissingField("description")),
    }
    configure(call, &mut server, &body, omitted)?;
    validate(call, Some(id), &server)?;
    call.state.put(Change::Server(id, Some(server)));
    Ok(Answer::id(200, id))
}

/// `DELETE /api/2/api_authorizations/:id`.
pub(super) fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.id(3)?;
    let server = call.state.servers.get(&id).ok_or(Refusal::NotFound)?;
    refuse_built_in(server, "Not allowed to destroy specified resource")?;
    let clients: Vec<u64> = call.state.bindings_of(id).map(|(app, _)| app).collect();
    if !clients.is_empty() && call.switches.delete_bound_server == InUse::Refuse {
        return Err(Refusal::invalid("Client apps are still assigned"));
    }
    let scopes: Vec<u64> = call.state.scopes_of(id).map(|(scope, _)| scope).collect();
    let claims: Vec<u64> = call.state.claims_of(id).map(|(claim, _)| claim).collect();
    for app in clients {
        call.state.put(Change::Binding((id, app), None));
    }
    for scope in scopes {
        call.state.put(Change::Scope((id, scope), None));
    }
    for claim in claims {
        call.state.put(Change::Claim((id, claim), None));
    }
    call.state.put(Change::Server(id, None));
    Ok(Answer::empty(204))
}

/// Returns the server a path names, if its children may be read.
///
/// # Errors
/// `NotFound`.
pub(super) fn of_path(call: &Call<'_>) -> Result<u64, Refusal> {
    let id = call.id(3)?;
    if call.state.servers.contains_key(&id) { Ok(id) } else { Err(Refusal::NotFound) }
}

/// Returns the server a path names, if its children may be written.
///
/// # Errors
/// `NotFound`, or `Forbidden` for a server that OneLogin owns.
pub(super) fn writable_of_path(call: &Call<'_>) -> Result<u64, Refusal> {
    let id = call.id(3)?;
    let server = call.state.servers.get(&id).ok_or(Refusal::NotFound)?;
    refuse_built_in(server, "Not allowed to update specified resource")?;
    Ok(id)
}

/// Source: reference section 10.6: built-in servers answer 4xx to writes; the shape is that of spec-B's 403s.
fn refuse_built_in(server: &Server, message: &'static str) -> Result<(), Refusal> {
    if server.onelogin { Err(Refusal::Forbidden(message)) } else { Ok(()) }
}

/// Lays the body's `configuration` over a server. Keys it does not know are dropped. Source: mcp.
fn configure(
    call: &Call<'_>,
    server: &mut Server,
    body: &Map<String, Value>,
    omitted: PutOmitted,
) -> Result<(), Refusal> {
    let empty = Map::new();
    let configuration = match body.get("configuration") {
        Some(Value::Object(configuration)) => configuration,
        None if omitted == PutOmitted::Reject => {
            return Err(Refusal::MissingField("configuration"));
        }
        None | Some(Value::Null) => &empty,
        Some(_) => {
            return Err(Refusal::BadRequest("Expected object in configuration".to_owned()));
        }
    };
    let is_given = |key: &'static str| match (configuration.contains_key(key), omitted) {
        (true, _) | (false, PutOmitted::Null) => Ok(true),
        (false, PutOmitted::Keep) => Ok(false),
        (false, PutOmitted::Reject) => Err(Refusal::MissingField(key)),
    };
    if is_given("resource_identifier")? {
        server.resource_identifier = text(configuration, "resource_identifier")?.unwrap_or_default();
    }
    if is_given("audiences")? {
        server.audiences = audiences(call, configuration.get("audiences"))?;
    }
    if is_given("access_token_expiration_minutes")? {
        server.access_minutes = minutes(configuration, "access_token_expiration_minutes")?;
    }
    if is_given("refresh_token_expiration_minutes")? {
        server.refresh_minutes = minutes(configuration, "refresh_token_expiration_minutes")?;
    }
    Ok(())
}

fn audiences(call: &Call<'_>, value: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let invalid = || Refusal::invalid("Audiences is invalid");
    let mut listed = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(invalid)?,
        Some(Value::String(text)) if call.switches.audiences_string == AudiencesString::Split => {
            text.split([',', '\n']).map(|part| part.trim().to_owned()).collect()
        }
        Some(_) => return Err(invalid()),
    };
    listed.retain(|audience| !audience.is_empty());
    match call.switches.audiences {
        Audiences::AsSent => {}
        Audiences::Sorted => listed.sort(),
        Audiences::SortedUnique => {
            listed.sort();
            listed.dedup();
        }
    }
    Ok(listed)
}

/// Reads minutes; a number in text is taken as one, and 0 is stored as 0. Source: tf #170.
pub(super) fn minutes(configuration: &Map<String, Value>, key: &str) -> Result<Option<u64>, Refusal> {
    let minutes = match configuration.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(other) => other.as_u64(),
    };
    let label = crate::emulator::call::label(key);
    minutes.map(Some).ok_or_else(|| Refusal::invalid(format!("{label} is not a number")))
}

fn validate(call: &Call<'_>, own: Option<u64>, server: &Server) -> Result<(), Refusal> {
    let mut texts = Vec::new();
    if server.resource_identifier.trim().is_empty() {
        texts.push("Resource identifier can't be blank".to_owned());
    }
    if server.audiences.is_empty() {
        texts.push("Audiences can't be blank".to_owned());
    }
    let mut others = call.state.servers.iter().filter(|(id, _)| Some(**id) != own);
    if call.switches.duplicate_identifier == Duplicate::Refuse
        && others.clone().any(|(_, other)| other.resource_identifier == server.resource_identifier)
    {
        texts.push("Resource identifier has already been taken".to_owned());
    }
    if call.switches.duplicate_server_name == Duplicate::Refuse && others.any(|(_, other)| other.name == server.name) {
        texts.push("Name has already been taken".to_owned());
    }
    if texts.is_empty() { Ok(()) } else { Err(Refusal::Validation(texts)) }
}
