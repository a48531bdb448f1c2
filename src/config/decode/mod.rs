//! Typed decoding, one file a kind: nodes in, model types out, every problem on the way reported.

mod app;
mod claim;
mod decoder;
mod entry;
mod hidden;
mod policy;
mod probe;
mod role;
mod server;
mod tenant;
mod uri;

pub(crate) use app::app;
pub(crate) use claim::KEYS as CLAIM_KEYS;
pub(crate) use decoder::{At, Decoder};
pub(crate) use entry::is_entry_key;
pub(crate) use hidden::is_hidden;
pub(crate) use policy::policy;
pub(crate) use role::role;
pub(crate) use server::{SCOPE_KEYS, server};
pub(crate) use tenant::tenant;
pub(crate) use uri::{check_callback, check_identifier};

/// Returns the keys that entries of a section take; none where there is no such section.
pub(crate) fn entry_fields(section: &str) -> &'static [&'static str] {
    match section {
        "roles" => &role::KEYS,
        "oidc_apps" => &app::KEYS,
        "authorization_servers" => &server::KEYS,
        "gateway_policies" => &policy::KEYS,
        _ => &[],
    }
}
