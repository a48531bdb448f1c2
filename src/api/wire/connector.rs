//! Connectors: what an app can be made from.

use serde::Deserialize;

/// A connector as listed.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Connector {
    pub(in crate::api) id: u64,
    pub(in crate::api) name: String,
}
