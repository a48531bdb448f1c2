//! The OpenID provider at `/oidc/2`: discovery, keys, tokens and what can be asked about them.
//!
//! Where the vendor is silent this follows the library it runs on, as reference section 7 argues. Signing in with a
//! browser is not emulated: `/auth` answers as for somebody who is not signed in.

mod authorize;
mod claims;
mod client;
mod discovery;
mod grants;
mod inspect;

use super::super::call::Call;
use super::super::errors::Refusal;

pub(super) use authorize::{authorize, logout};
pub(super) use discovery::{certs, discovery};
pub(super) use grants::token;
pub(super) use inspect::{introspect, revoke, user_info};

/// Returns the refusal of a path or verb that is not there. Source: reference section 7.3.
pub(super) fn no_route(call: &Call<'_>) -> Refusal {
    let request = call.request;
    let description = format!("unrecognized route or not allowed method ({} on {})", request.method, request.path);
    Refusal::oauth(404, "invalid_request", description)
}
