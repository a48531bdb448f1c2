//! Routes that are open, never match, or stop a browser.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{App, ApplicationType, DesiredState, Entry, Gateway, Policy, Server, TokenEndpointAuthMethod};
use crate::render::routes;
use url::Url;

pub(super) fn lint(policy: &Policy, server: Option<&Server>, desired: &DesiredState, found: &mut Vec<Diagnostic>) {
    lint_open(policy, found);
    let (Gateway::Mulesoft(_), Some(server)) = (&policy.gateway, server) else { return };
    lint_base_path(policy, server, found);
    lint_preflight(policy, server, desired, found);
}

/// Warns of routes that are left open on purpose (L-13).
fn lint_open(policy: &Policy, found: &mut Vec<Diagnostic>) {
    let (Some(first), true) = (policy.routes.first(), policy.open) else { return };
    if !routes::covers_everything(policy) {
        let message = "requests outside these routes pass without a token, as `open: true` says";
        found.push(Diagnostic::warning(Code::LintOpenRoutes, first.origin.clone(), message));
    }
}

/// Warns of paths that a Mule 4 gateway may never match, since the base path is part of what it matches (L-15).
///
/// The base path is taken from the URLs the API is known by: its audiences.
fn lint_base_path(policy: &Policy, server: &Server, found: &mut Vec<Diagnostic>) {
    let audiences = server.audiences.as_ref().map(|audiences| audiences.value.as_slice());
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
            Diagnostic::warning(Code::LintBasePath, route.origin.clone(), message)
                .with_hint("A Mule 4 gateway matches the whole path unless autodiscovery ignores the base path."),
        );
    }
}

fn base_path(audience: &str) -> Option<String> {
    let url = Url::parse(audience).ok()?;
    let path = url.path().trim_end_matches('/');
    (url.has_host() && !path.is_empty()).then(|| path.to_owned())
}

/// Warns of a browser app behind a policy that also wants a token of OPTIONS (L-38).
///
/// Source: a missing token is answered 400. Flex Gateway evaluates CORS before every other policy, a Mule 4 gateway in the
/// order they are given.
fn lint_preflight(policy: &Policy, server: &Server, desired: &DesiredState, found: &mut Vec<Diagnostic>) {
    let takes_options = |methods: &[String]| methods.is_empty() || methods.iter().any(|method| method == "OPTIONS");
    if !policy.routes.is_empty() && !policy.routes.iter().any(|route| takes_options(&route.value.methods)) {
        return;
    }
    let bound = server.clients.iter().flat_map(|clients| &clients.value);
    let is_browser_app = |app: &App| {
        let kind = app.application_type.as_ref().map(|kind| kind.value);
        let method = app.token_endpoint_auth_method.as_ref().map(|method| method.value);
        kind == Some(ApplicationType::Web) && method == Some(TokenEndpointAuthMethod::None)
    };
    for (client, scopes) in bound {
        if desired.apps.get(client).and_then(Entry::present).is_some_and(is_browser_app) {
            let message =
                format!("`{client}` runs in a browser, whose preflight requests carry no token and are refused");
            found.push(
                Diagnostic::warning(Code::LintPreflight, policy.origin.clone(), message)
                    .with_related(scopes.origin.clone(), "the app is bound here")
                    .with_hint(
                        "Put a CORS policy before this one, and say so with `# gatewright: allow lint-preflight …`.",
                    ),
            );
        }
    }
}
