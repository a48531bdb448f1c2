//! What is allowed and probably not meant.

use super::facts::is_loopback;
use super::jwt_validation::CLIENT_CLAIM;
use super::{render, routes};
use crate::diagnostic::{Code, Diagnostic, Origin, Sourced};
use crate::model::{ClaimName, ClientIdCheck, DesiredState, Entry, Gateway, Policy, Tenant, Unmanaged};
use std::collections::BTreeMap;
use url::Url;

/// The longest key cache without a warning, in minutes: a withdrawn key keeps being accepted as long.
const LONGEST_TTL_MINUTES: u32 = 1440;

/// Claims that OneLogin puts into tokens by itself.
///
/// Source: OneLogin's samples of access tokens.
const STANDARD_CLAIMS: [&str; 8] = ["jti", "sub", "iss", "iat", "exp", "scope", "aud", "azp"];

/// Checks the policies of a desired state: every error that [`render()`] would answer, and warnings.
///
/// Shape: sorted by place.
pub fn lint(desired: &DesiredState) -> Vec<Diagnostic> {
    let mut found = render(desired).err().unwrap_or_default();
    if let Some(first) = desired.policies.values().next() {
        lint_issuer(&desired.tenant, first, &mut found);
    }
    lint_near_audiences(desired, &mut found);
    for policy in desired.policies.values() {
        lint_open_routes(policy, &mut found);
        lint_base_path(desired, policy, &mut found);
        lint_ttl(policy, &mut found);
        lint_any_client(desired, policy, &mut found);
        lint_client_claim(policy, &mut found);
        lint_claims(desired, policy, &mut found);
    }
    found.sort_by(|one, other| place(one).cmp(&place(other)));
    found
}

fn place(problem: &Diagnostic) -> (Option<&Origin>, Code, &str) {
    (problem.primary.as_ref().map(|label| &label.origin), problem.code, &problem.message)
}

/// Warns of a base URL that makes issuer or keys another tenant's (L-03).
fn lint_issuer(tenant: &Tenant, first: &Policy, found: &mut Vec<Diagnostic>) {
    let Some(url) = &tenant.base_url else { return };
    let origin = &first.authorization_server.origin;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        let message = format!("only the origin of `{url}` goes into the issuer: `{}`", tenant.issuer());
        found.push(
            Diagnostic::warning(Code::LintIssuer, origin.clone(), message)
                .with_hint("Give `tenant.base_url` without a path."),
        );
    }
    let own = format!("{}.onelogin.com", tenant.subdomain);
    let host = url.host_str().unwrap_or_default();
    if host.ends_with(".onelogin.com") && host != own && !is_loopback(url) {
        let message = format!("issuer and keys are those of `{host}`, and the tenant is `{own}`");
        found.push(
            Diagnostic::warning(Code::LintIssuer, origin.clone(), message)
                .with_hint("`tenant.base_url` is for a custom domain of the same tenant."),
        );
    }
}

/// Warns of audiences that differ by a trailing slash: gateways compare them exactly (L-06).
fn lint_near_audiences(desired: &DesiredState, found: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<&str, &Sourced<String>> = BTreeMap::new();
    for audience in all_audiences(desired) {
        let folded = audience.value.trim_end_matches('/');
        let Some(first) = known.get(folded) else {
            known.insert(folded, audience);
            continue;
        };
        if first.value == audience.value {
            continue;
        }
        let message =
            format!("`{}` and `{}` differ by a slash at the end and are two audiences", first.value, audience.value);
        found.push(
            Diagnostic::warning(Code::LintAudience, audience.origin.clone(), message)
                .with_related(first.origin.clone(), "the other one")
                .with_hint("Audiences are compared exactly: write the same one everywhere."),
        );
    }
}

fn all_audiences(desired: &DesiredState) -> Vec<&Sourced<String>> {
    let mut all: Vec<&Sourced<String>> = Vec::new();
    for entry in desired.servers.values() {
        match entry {
            Entry::Present(server) => all.extend(server.audiences.iter().flat_map(|audiences| &audiences.value)),
            Entry::Absent(_) => {}
            Entry::External(external) => all.extend(external.declared.audiences.iter().flatten()),
        }
    }
    all.extend(desired.policies.values().flat_map(|policy| policy.audiences.iter().flatten()));
    all
}

/// Warns of routes that are left open on purpose (L-13).
fn lint_open_routes(policy: &Policy, found: &mut Vec<Diagnostic>) {
    let (Some(first), true) = (policy.routes.first(), policy.open) else { return };
    if !routes::covers_everything(policy) {
        let message = "requests outside these routes pass without a token, as `open: true` says";
        found.push(Diagnostic::warning(Code::LintOpenRoutes, first.origin.clone(), message));
    }
}

/// Warns of paths that a Mule 4 gateway may never match, since the base path is part of what it matches (L-15).
///
/// The base path is taken from the URLs the API is known by: its audiences.
fn lint_base_path(desired: &DesiredState, policy: &Policy, found: &mut Vec<Diagnostic>) {
    let Gateway::Mulesoft(_) = policy.gateway else { return };
    let server = desired.servers.get(&policy.authorization_server.value).and_then(Entry::present);
    let audiences = server.and_then(|server| server.audiences.as_ref()).map(|audiences| audiences.value.as_slice());
    let Some(base) = audiences.unwrap_or_default().iter().find_map(|audience| base_path(&audience.value)) else {
        return;
    };
    for route in &policy.routes {
        let path = route.value.path.trim_start_matches(['^', '(']);
        let is_anywhere = path.starts_with(".*") || path.starts_with("/.*");
        if is_anywhere || path.starts_with(&base) || path.replace('\\', "").starts_with(&base) {
            continue;
        }
        let message = format!("the path does not begin with `{base}`, the API's base path, and may never match");
        found.push(
            Diagnostic::warning(Code::LintOpenRoutes, route.origin.clone(), message)
                .with_hint("A Mule 4 gateway matches the whole path unless autodiscovery ignores the base path."),
        );
    }
}

fn base_path(audience: &str) -> Option<String> {
    let url = Url::parse(audience).ok()?;
    let path = url.path().trim_end_matches('/');
    (url.has_host() && !path.is_empty()).then(|| path.to_owned())
}

/// Warns of a key cache that looks like seconds or outlives a rotation (L-21).
fn lint_ttl(policy: &Policy, found: &mut Vec<Diagnostic>) {
    let Some(ttl) = policy.jwks_ttl_minutes.as_ref().filter(|ttl| ttl.value > LONGEST_TTL_MINUTES) else { return };
    let message = format!("keys would be kept for {} minutes: one that is withdrawn stays accepted as long", ttl.value);
    found.push(
        Diagnostic::warning(Code::LintLifetime, ttl.origin.clone(), message)
            .with_hint("The unit is minutes; the gateway's default is 60."),
    );
}

/// Warns of a policy that lets in every client of a server that lists its clients one by one (L-24).
fn lint_any_client(desired: &DesiredState, policy: &Policy, found: &mut Vec<Diagnostic>) {
    let server = desired.servers.get(&policy.authorization_server.value).and_then(Entry::present);
    let lists_clients =
        server.and_then(|server| server.clients.as_ref()).is_some_and(|clients| !clients.value.is_empty());
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
    found.push(
        Diagnostic::warning(
            Code::LintClient,
            policy.origin.clone(),
            format!(
                "any client with a token for `{}` passes, whatever scopes it was granted",
                policy.authorization_server.value
            ),
        )
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
        Diagnostic::warning(Code::LintClient, policy.origin.clone(), message)
            .with_hint(format!("Say `client_id: {CLIENT_CLAIM}`.")),
    );
}

/// Warns of required claims that no token carries, and of lists, which are compared as one text.
fn lint_claims(desired: &DesiredState, policy: &Policy, found: &mut Vec<Diagnostic>) {
    let server = desired.servers.get(&policy.authorization_server.value).and_then(Entry::present);
    let Some((server, claims)) = server.and_then(|server| Some((server, server.claims.as_ref()?))) else { return };
    for (name, values) in &policy.require_claims {
        let place = values.origin.clone();
        let declared = claims.value.get(name);
        let is_unknown = declared.is_none() && server.unmanaged == Unmanaged::Delete;
        if is_unknown && !STANDARD_CLAIMS.contains(&name.as_str()) {
            let message = format!("no token of `{}` carries the claim `{name}`", policy.authorization_server.value);
            found.push(
                Diagnostic::warning(Code::LintClaim, place, message)
                    .with_related(claims.origin.clone(), "its claims are listed here")
                    .with_hint("Every caller would be refused: add the claim to the server."),
            );
        } else if declared.and_then(|claim| claim.transformation.as_ref()).is_some_and(|how| how.value.contains("list"))
        {
            let message = format!("the claim `{name}` is a list, and the gateway compares all of it with each value");
            found
                .push(Diagnostic::warning(Code::LintClaim, place, message).with_hint(
                    "A user with two entries would be refused: require a scope, or a claim with one value.",
                ));
        }
    }
}
