//! Client bindings.

use crate::api::wire::client as wire;
use crate::model::{LiveClient, LiveClientScope, RemoteId, ScopeValue};

/// Reads a binding as listed. The name is only shown, so one that is missing is no reason to refuse the answer.
pub(in crate::api) fn from_wire(client: wire::Client) -> LiveClient {
    let wire::Client { app_id, name, scopes } = client;
    let mut scopes: Vec<LiveClientScope> = scopes
        .into_iter()
        .map(|wire::ClientScope { id, value }| LiveClientScope { value: ScopeValue::new(value), id: RemoteId(id) })
        .collect();
    scopes.sort();
    scopes.dedup();
    LiveClient { app_id: RemoteId(app_id), app_name: name.unwrap_or_default(), scopes }
}
