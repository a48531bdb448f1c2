//! Policies that look at no client, or look in the wrong place.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ClaimName, ClientIdCheck, Policy, Server};
use crate::render::jwt_validation::CLIENT_CLAIM;

pub(super) fn lint(policy: &Policy, server: Option<&Server>, found: &mut Vec<Diagnostic>) {
    if let Some(server) = server {
        lint_any_client(policy, server, found);
    }
    lint_client_claim(policy, found);
}

/// Warns of a policy that lets in every client of a server that lists its clients one by one (L-24).
fn lint_any_client(policy: &Policy, server: &Server, found: &mut Vec<Diagnostic>) {
    let lists_clients = server.clients.as_ref().is_some_and(|clients| !clients.value.is_empty());
    let requires_scope = !policy.require_scopes.is_empty() || !policy.require_any_scope.is_empty();
    let requires = |claim: &str| policy.require_claims.contains_key(&ClaimName::new(claim));
    if policy.client_id != ClientIdCheck::Skip
        || !lists_clients
        || requires_scope
        || requires(CLIENT_CLAIM)
        || requires("scope")
    {
        return;
    }
    let key = &policy.authorization_server.value;
    let message = format!("any client with a token for `{key}` passes, whatever scopes it was granted");
    found.push(
        Diagnostic::warning(Code::LintAnyClient, policy.origin.clone(), message)
            .with_hint("Say `require_scopes`, or require the claim `azp`."),
    );
}

/// Warns of a client id looked for in a claim that the tenant's tokens do not carry (L-25).
fn lint_client_claim(policy: &Policy, found: &mut Vec<Diagnostic>) {
    let ClientIdCheck::Claim(claim) = &policy.client_id else { return };
    if claim.as_str() == CLIENT_CLAIM {
        return;
    }
    let message = format!("OneLogin puts the client's id into `{CLIENT_CLAIM}`, not into `{claim}`");
    found.push(
        Diagnostic::warning(Code::LintClientClaim, policy.origin.clone(), message)
            .with_hint(format!("Say `client_id: {CLIENT_CLAIM}`.")),
    );
}
