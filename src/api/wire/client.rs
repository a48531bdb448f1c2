//! Client bindings of a server: ids going in, objects coming out.

use serde::{Deserialize, Serialize};

/// A binding as listed.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Client {
    pub(in crate::api) app_id: u64,
    pub(in crate::api) name: Option<String>,
    pub(in crate::api) scopes: Vec<ClientScope>,
}

/// A granted scope.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct ClientScope {
    pub(in crate::api) id: u64,
    pub(in crate::api) value: String,
}

/// A binding to be made.
#[derive(Debug, Serialize)]
pub(in crate::api) struct NewClient {
    pub(in crate::api) app_id: u64,
    pub(in crate::api) scopes: Vec<u64>,
}

/// A binding's new scopes; the whole list.
#[derive(Debug, Serialize)]
pub(in crate::api) struct ClientScopes {
    pub(in crate::api) scopes: Vec<u64>,
}

/// The answer to a new binding.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct BoundClient {
    pub(in crate::api) app_id: u64,
}
