//! The shapes on the wire, as OneLogin documents them. They know none of our nouns.
//!
//! Keys we do not know are tolerated, keys we need are required, and `null` is allowed only where it is known to occur.

pub(super) mod app;
pub(super) mod claim;
pub(super) mod client;
pub(super) mod connector;
pub(super) mod error;
pub(super) mod oidc;
pub(super) mod role;
pub(super) mod scope;
pub(super) mod server;
pub(super) mod token;
pub(super) mod user;

use serde::Deserialize;

/// The answer to most writes: the id and nothing else.
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) id: u64,
}
