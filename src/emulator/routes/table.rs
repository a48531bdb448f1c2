//! The route table, and the gate in front of the admin API: token, quota, level.

use axum::http::Method;

use super::{
    apps, bindings, claims, connectors, oidc, role_members, roles, scopes, servers, token, user_writes, users,
};
use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{self, Outcome, Refusal};
use crate::emulator::quota::Left;
use crate::emulator::state::Level;
use crate::emulator::switches::{QuotaCounts, RateLimitBody, WeakCredential};

/// What a credential must be allowed. Source: reference section 1.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// No admin token: the endpoint checks its caller itself.
    Nothing,
    /// Any level that may read users.
    ReadUsers,
    /// Manage Users or Manage All.
    ManageUsers,
    /// Read All or Manage All.
    ReadAll,
    /// Manage All.
    ManageAll,
}

impl Need {
    fn is_met_by(self, level: Level) -> bool {
        match self {
            Need::Nothing => true,
            Need::ReadUsers => level != Level::AuthenticationOnly,
            Need::ManageUsers => matches!(level, Level::ManageUsers | Level::ManageAll),
            Need::ReadAll => matches!(level, Level::ReadAll | Level::ManageAll),
            Need::ManageAll => level == Level::ManageAll,
        }
    }
}

type Handler = fn(&mut Call<'_>) -> Outcome;

struct Route {
    method: &'static str,
    pattern: &'static str,
    need: Need,
    handle: Handler,
}

const fn route(method: &'static str, pattern: &'static str, need: Need, handle: Handler) -> Route {
    Route { method, pattern, need, handle }
}

const ROUTES: &[Route] = &[
    route("POST", "/auth/oauth2/v2/token", Need::Nothing, token::generate_v2),
    route("POST", "/auth/oauth2/token", Need::Nothing, token::generate_v1),
    route("POST", "/auth/oauth2/revoke", Need::Nothing, token::revoke),
    route("GET", "/auth/rate_limit", Need::Nothing, token::rate_limit),
    route("GET", "/api/2/api_authorizations", Need::ManageAll, servers::list),
    route("POST", "/api/2/api_authorizations", Need::ManageAll, servers::create),
    route("GET", "/api/2/api_authorizations/:id", Need::ManageAll, servers::get),
    route("PUT", "/api/2/api_authorizations/:id", Need::ManageAll, servers::update),
    route("DELETE", "/api/2/api_authorizations/:id", Need::ManageAll, servers::delete),
    route("GET", "/api/2/api_authorizations/:id/scopes", Need::ManageAll, scopes::list),
    route("POST", "/api/2/api_authorizations/:id/scopes", Need::ManageAll, scopes::create),
    route("PUT", "/api/2/api_authorizations/:id/scopes/:scope_id", Need::ManageAll, scopes::update),
    route("DELETE", "/api/2/api_authorizations/:id/scopes/:scope_id", Need::ManageAll, scopes::delete),
    route("GET", "/api/2/api_authorizations/:id/claims", Need::ManageAll, claims::list),
    route("POST", "/api/2/api_authorizations/:id/claims", Need::ManageAll, claims::create),
    route("PUT", "/api/2/api_authorizations/:id/claims/:claim_id", Need::ManageAll, claims::update),
    route("DELETE", "/api/2/api_authorizations/:id/claims/:claim_id", Need::ManageAll, claims::delete),
    route("GET", "/api/2/api_authorizations/:id/clients", Need::ManageAll, bindings::list),
    route("POST", "/api/2/api_authorizations/:id/clients", Need::ManageAll, bindings::create),
    route("PUT", "/api/2/api_authorizations/:id/clients/:app_id", Need::ManageAll, bindings::update),
    route("DELETE", "/api/2/api_authorizations/:id/clients/:app_id", Need::ManageAll, bindings::delete),
    route("GET", "/api/2/apps", Need::ReadAll, apps::list),
    route("POST", "/api/2/apps", Need::ManageAll, apps::create),
    route("GET", "/api/2/apps/:id", Need::ReadAll, apps::get),
    route("PUT", "/api/2/apps/:id", Need::ManageAll, apps::update),
    route("DELETE", "/api/2/apps/:id", Need::ManageAll, apps::delete),
    route("DELETE", "/api/2/apps/:id/parameters/:parameter_id", Need::ManageAll, apps::delete_parameter),
    route("GET", "/api/2/apps/:id/users", Need::ReadAll, apps::list_users),
    route("GET", "/api/2/connectors", Need::ManageAll, connectors::list),
    route("GET", "/api/2/roles", Need::ReadUsers, roles::list),
    route("POST", "/api/2/roles", Need::ManageAll, roles::create),
    route("GET", "/api/2/roles/:id", Need::ReadUsers, roles::get),
    route("PUT", "/api/2/roles/:id", Need::ManageAll, roles::update),
    route("DELETE", "/api/2/roles/:id", Need::ManageAll, roles::delete),
    route("GET", "/api/2/roles/:id/apps", Need::ReadUsers, role_members::list_apps),
    route("PUT", "/api/2/roles/:id/apps", Need::ManageAll, role_members::set_apps),
    route("GET", "/api/2/roles/:id/users", Need::ReadUsers, role_members::list_users),
    route("POST", "/api/2/roles/:id/users", Need::ManageAll, role_members::add_users),
    route("DELETE", "/api/2/roles/:id/users", Need::ManageAll, role_members::remove_users),
    route("GET", "/api/2/roles/:id/admins", Need::ReadUsers, role_members::list_admins),
    route("POST", "/api/2/roles/:id/admins", Need::ManageAll, role_members::add_admins),
    route("DELETE", "/api/2/roles/:id/admins", Need::ManageAll, role_members::remove_admins),
    route("GET", "/api/2/users", Need::ReadUsers, users::list),
    route("GET", "/api/2/users/:id", Need::ReadUsers, users::get),
    route("POST", "/api/2/users", Need::ManageUsers, user_writes::create),
    route("PUT", "/api/2/users/:id", Need::ManageUsers, user_writes::update),
    route("DELETE", "/api/2/users/:id", Need::ManageUsers, user_writes::delete),
    route("GET", "/api/2/users/:id/apps", Need::ReadUsers, users::list_apps),
    route("GET", "/api/1/groups", Need::ReadUsers, users::list_groups),
    route("PUT", "/api/1/users/:id/add_roles", Need::ManageAll, users::add_roles),
    route("PUT", "/api/1/users/:id/remove_roles", Need::ManageAll, users::remove_roles),
    route("GET", "/oidc/2/.well-known/openid-configuration", Need::Nothing, oidc::discovery),
    route("GET", "/oidc/2/certs", Need::Nothing, oidc::certs),
    route("GET", "/oidc/2/auth", Need::Nothing, oidc::authorize),
    route("POST", "/oidc/2/token", Need::Nothing, oidc::token),
    route("POST", "/oidc/2/token/introspection", Need::Nothing, oidc::introspect),
    route("POST", "/oidc/2/token/revocation", Need::Nothing, oidc::revoke),
    route("GET", "/oidc/2/me", Need::Nothing, oidc::user_info),
    route("GET", "/oidc/2/logout", Need::Nothing, oidc::logout),
];

/// Where a request leads.
pub(crate) struct Found {
    route: Option<&'static Route>,
    /// Method and pattern, for the counters.
    pub(crate) label: String,
    /// Whether the path exists with another verb.
    path_exists: bool,
    /// Whether the caller was let in before, and only the effect is left to take place.
    is_late: bool,
}

impl Found {
    /// Returns the same route for a request that was answered already.
    pub(crate) fn late(self) -> Found {
        Found { is_late: true, ..self }
    }
}

/// Finds the route of a request.
pub(crate) fn find(method: &Method, segments: &[&str]) -> Found {
    let mut path_exists = false;
    if let ["gateway", _, ..] = segments {
        // The protected APIs have no routes of the vendor's; they are told apart by their policy alone.
        let label = format!("{method} /gateway/:key");
        return Found { route: None, label, path_exists, is_late: false };
    }
    for route in ROUTES {
        if !fits(route.pattern, segments) {
            continue;
        }
        path_exists = true;
        if route.method == method.as_str() {
            return Found {
                route: Some(route),
                label: format!("{method} {}", route.pattern),
                path_exists,
                is_late: false,
            };
        }
    }
    Found { route: None, label: format!("{method} other"), path_exists, is_late: false }
}

fn fits(pattern: &str, segments: &[&str]) -> bool {
    let mut segments = segments.iter();
    let each = pattern.split('/').skip(1).all(|part| match segments.next() {
        Some(segment) => part.starts_with(':') || part == *segment,
        None => false,
    });
    each && segments.next().is_none()
}

/// Returns whether a request asks for a token; such a POST is no write.
pub(crate) fn is_token_post(method: &Method, path: &str) -> bool {
    // Introspection asks about a token and changes nothing.
    let paths = ["/auth/oauth2/token", "/auth/oauth2/v2/token", "/oidc/2/token", "/oidc/2/token/introspection"];
    method == Method::POST && paths.contains(&path)
}

/// Carries out a request.
pub(crate) fn answer(call: &mut Call<'_>, found: &Found) -> Outcome {
    match call.segments.first().copied() {
        Some("auth") => match found.route {
            Some(route) => (route.handle)(call),
            None => Err(Refusal::V1 { code: 404, kind: "not found", message: "No Route Exists" }),
        },
        Some("oidc") => match found.route {
            Some(route) => (route.handle)(call),
            None => Err(oidc::no_route(call)),
        },
        Some("api") => admin(call, found),
        _ => Err(Refusal::Whole(Box::new(errors::gateway_page(404, "Not Found")))),
    }
}

fn admin(call: &mut Call<'_>, found: &Found) -> Outcome {
    let handle = match (found.is_late, found.route) {
        (true, Some(route)) => Ok(route.handle),
        _ => gate(call, found),
    };
    let outcome = handle.and_then(|handle| handle(call));
    let mut answer = outcome.unwrap_or_else(Refusal::into_answer);
    if call.switches.rate_limit_headers {
        let left = call.quota.left(call.now, call.clock);
        answer.set("x-ratelimit-limit", left.limit.to_string());
        answer.set("x-ratelimit-remaining", left.remaining.to_string());
        answer.set("x-ratelimit-reset", left.reset.to_string());
    }
    Ok(answer)
}

fn gate(call: &mut Call<'_>, found: &Found) -> Result<Handler, Refusal> {
    let is_v1 = call.segments.get(1) == Some(&"1");
    let unauthorized = || match is_v1 {
        true => Refusal::V1 { code: 401, kind: "Unauthorized", message: "Authentication Failure" },
        false => Refusal::Unauthorized,
    };
    let credential = call.request.bearer().and_then(|token| call.tokens.credential_of(token, call.now));
    let level = credential.and_then(|client_id| call.state.credentials.get(client_id)).map(|row| row.level);
    let Some(level) = level else {
        return Err(unauthorized());
    };
    call.level = Some(level);
    if (is_v1 || call.switches.quota_counts == QuotaCounts::All) && !call.quota.take(call.now) {
        return Err(quota_spent(call));
    }
    match found.route {
        Some(route) if route.need.is_met_by(level) => Ok(route.handle),
        Some(_) => Err(match (is_v1, call.switches.weak_credential) {
            (true, _) => Refusal::V1 { code: 403, kind: "ForbiddenError", message: "not allowed" },
            (false, WeakCredential::Forbidden) => Refusal::Forbidden("not allowed"),
            (false, WeakCredential::Unauthorized) => Refusal::Unauthorized,
        }),
        None if found.path_exists => Err(Refusal::WrongVerb),
        // Source: mcp #34: a route that does not exist answers like a missing token.
        None => Err(unauthorized()),
    }
}

fn quota_spent(call: &mut Call<'_>) -> Refusal {
    let Left { reset, .. } = call.quota.left(call.now, call.clock);
    Refusal::Whole(Box::new(too_many(call.switches.rate_limit_body, call.switches.retry_after, reset)))
}

/// Returns the answer once the quota is spent. Source: none shows the body; reference gap 14.
pub(crate) fn too_many(body: RateLimitBody, retry_after: bool, reset: i64) -> Answer {
    let message = "Rate limit exceeded";
    let mut answer = match body {
        RateLimitBody::V1 => Refusal::V1 { code: 429, kind: "Too Many Requests", message }.into_answer(),
        RateLimitBody::V2 => errors::v2(429, "TooManyRequestsError", message),
    };
    if retry_after {
        answer.set("retry-after", reset.to_string());
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_patterns() {
        let check = |method: Method, path: &str, label: &str, path_exists: bool| {
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            let found = find(&method, &segments);
            assert_eq!((found.label.as_str(), found.path_exists), (label, path_exists), "{path}");
        };
        check(Method::GET, "/api/2/apps", "GET /api/2/apps", true);
        check(Method::GET, "/api/2/apps/7", "GET /api/2/apps/:id", true);
        check(Method::PATCH, "/api/2/apps/7", "PATCH other", true);
        check(Method::GET, "/api/2/groups", "GET other", false);
        check(Method::PUT, "/api/2/users/7/add_roles", "PUT other", false);
        check(Method::GET, "/api/2/api_authorizations/clients", "GET /api/2/api_authorizations/:id", true);
        check(Method::GET, "/oidc/2/certs", "GET /oidc/2/certs", true);
    }
}
