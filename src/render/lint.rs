//! What is allowed and probably not meant.
//!
//! One file a subject. What reads best as a fact about access, such as a client that a policy keeps out, is `access`'s.

mod audience;
mod claim;
mod client;
mod instance;
mod issuer;
mod lifetime;
mod route;

use super::render;
use crate::diagnostic::Diagnostic;
use crate::model::{DesiredState, Entry, Policy, Server};

/// Checks the policies of a desired state: every error that [`render()`] would answer, and warnings.
///
/// Shape: sorted by place.
pub fn lint(desired: &DesiredState) -> Vec<Diagnostic> {
    let mut found = render(desired).err().unwrap_or_default();
    issuer::lint(desired, &mut found);
    audience::lint(desired, &mut found);
    instance::lint(desired, &mut found);
    for server in desired.servers.values().filter_map(Entry::present) {
        lifetime::lint_tokens(server, &mut found);
    }
    for policy in desired.policies.values() {
        let server = server_of(desired, policy);
        route::lint(policy, server, desired, &mut found);
        lifetime::lint_keys(policy, &mut found);
        client::lint(policy, server, &mut found);
        if let Some(server) = server {
            claim::lint(policy, server, &mut found);
        }
    }
    found.sort_by(|one, other| one.place().cmp(&other.place()));
    found
}

/// Returns the server of a policy where the file describes it.
fn server_of<'a>(desired: &'a DesiredState, policy: &Policy) -> Option<&'a Server> {
    desired.servers.get(&policy.authorization_server.value).and_then(Entry::present)
}
