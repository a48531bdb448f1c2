//! Authorization servers.

use super::{Mismatch, lay, with_raw, writable};
use crate::api::wire::server as wire;
use crate::model::{LiveServer, NewServer, RemoteId, ServerPatch, ServerSummary, text};
use serde_json::{Map, Value};

/// What only OneLogin writes. Scopes and claims have requests of their own and are ignored or refused here.
const READ_ONLY: &[&str] =
    &["id", "onelogin", "connector_id", "auth_method", "created_at", "updated_at", "scopes", "claims", "clients"];

/// Reads a row of the list.
pub(in crate::api) fn summary_from_wire(server: wire::Server) -> Result<ServerSummary, Mismatch> {
    let wire::Server { id, name, description: _, configuration, onelogin } = server;
    let built_in = onelogin.unwrap_or(false);
    let (resource_identifier, audiences, _) = configured(id, configuration, built_in)?;
    Ok(ServerSummary { id: RemoteId(id), name, resource_identifier, audiences, built_in })
}

/// Reads a whole server; its children are read by other requests.
pub(in crate::api) fn from_wire(answer: Value) -> Result<LiveServer, Mismatch> {
    let (server, raw) = with_raw(answer)?;
    let wire::Server { id, name, description, configuration, onelogin } = server;
    let built_in = onelogin.unwrap_or(false);
    let (resource_identifier, audiences, (access, refresh)) = configured(id, configuration, built_in)?;
    Ok(LiveServer {
        id: RemoteId(id),
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes: access,
        refresh_token_expiration_minutes: refresh,
        built_in,
        raw,
        scopes: None,
        claims: None,
        clients: None,
    })
}

type Minutes = (Option<u64>, Option<u64>);

/// Reads the configuration; only OneLogin's own servers may lack parts of it, since nobody else could make such a one.
fn configured(
    id: u64,
    configuration: Option<wire::Configuration>,
    built_in: bool,
) -> Result<(String, Vec<String>, Minutes), Mismatch> {
    let (identifier, audiences, minutes) = match configuration {
        Some(wire::Configuration {
            resource_identifier,
            audiences,
            access_token_expiration_minutes,
            refresh_token_expiration_minutes,
        }) => {
            let minutes = (access_token_expiration_minutes, refresh_token_expiration_minutes);
            (resource_identifier, audiences, minutes)
        }
        None => (None, None, (None, None)),
    };
    match (identifier, audiences) {
        (Some(identifier), Some(audiences)) => Ok((identifier, audiences, minutes)),
        (identifier, audiences) if built_in => {
            Ok((identifier.unwrap_or_default(), audiences.unwrap_or_default(), minutes))
        }
        (None, _) => Err(Mismatch(format!("server {id} has no `configuration.resource_identifier`"))),
        (_, None) => Err(Mismatch(format!("server {id} has no `configuration.audiences`"))),
    }
}

/// Returns the body that makes a server.
pub(in crate::api) fn to_wire(server: &NewServer) -> wire::NewServer<'_> {
    let NewServer {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = server;
    wire::NewServer {
        name,
        description,
        configuration: wire::NewConfiguration {
            resource_identifier,
            audiences,
            access_token_expiration_minutes: *access_token_expiration_minutes,
            refresh_token_expiration_minutes: *refresh_token_expiration_minutes,
        },
    }
}

/// Returns the body that changes a server: the whole live object with the changes laid over it.
///
/// What a PUT does to keys left out is not known, so all go back. Texts may have been answered HTML-escaped and go back
/// decoded; a null description goes back as `""`, which OneLogin asks for and which means the same.
pub(in crate::api) fn patched(live: &LiveServer, patch: &ServerPatch) -> Map<String, Value> {
    let ServerPatch {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = patch;
    let mut object = writable(&live.raw, READ_ONLY);
    let live_description = live.description.as_deref().unwrap_or_default();
    let kept = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| text::canonical(old).into_owned());
    object.insert("name".to_owned(), kept(name, &live.name).into());
    object.insert("description".to_owned(), kept(description, live_description).into());
    let mut configuration = match object.remove("configuration") {
        Some(Value::Object(configuration)) => configuration,
        _ => Map::new(),
    };
    lay(&mut configuration, "resource_identifier", resource_identifier.clone());
    lay(&mut configuration, "audiences", audiences.clone());
    lay(&mut configuration, "access_token_expiration_minutes", *access_token_expiration_minutes);
    lay(&mut configuration, "refresh_token_expiration_minutes", *refresh_token_expiration_minutes);
    object.insert("configuration".to_owned(), configuration.into());
    object
}
