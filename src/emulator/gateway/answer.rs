//! What arrives at a protected API and what it answers.

use serde_json::{Value, json};

use super::error::FileError;

/// Returns the key set behind a JWKS URL, or none where it cannot be had.
pub type KeySource<'a> = dyn Fn(&str) -> Option<Value> + 'a;

/// A request to a protected API.
#[derive(Debug, Clone, Copy)]
pub struct GatewayRequest<'a> {
    /// Method, in upper case.
    pub method: &'a str,
    /// Path as the API's clients write it, percent-encoded, beginning with `/` or empty.
    pub path: &'a str,
    /// Query without its `?`, empty where there is none.
    pub query: &'a str,
    /// Headers, names in any case.
    pub headers: &'a [(String, String)],
}

impl GatewayRequest<'_> {
    /// Returns the values of a header, in the order they came.
    pub(super) fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        let same = self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str())
    }
}

/// What the gateway answers.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayAnswer {
    /// Status code.
    pub status: u16,
    /// Headers, in the order they are sent. `x-emulator-reason` says why a request was refused, which no real
    /// gateway tells.
    pub headers: Vec<(&'static str, String)>,
    /// Body, sent as JSON.
    pub body: Value,
}

impl GatewayAnswer {
    fn new(status: u16, body: Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body }
    }

    /// No policy of that key is served.
    pub(super) fn unknown_gateway(key: &str) -> Self {
        Self::new(404, json!({"error": "Unknown gateway.", "gateway": key}))
    }

    /// The policy file is rejected, so that nothing is served.
    pub(super) fn not_configured(key: &str, error: &FileError) -> Self {
        let reason = error.reason();
        Self::new(503, json!({"error": "not configured", "gateway": key, "reason": reason}))
    }

    /// No route of the instance takes the request.
    pub(super) fn no_route() -> Self {
        Self::new(404, json!({"error": "No route."}))
    }

    /// The request reached the API behind the gateway.
    pub(super) fn upstream(key: &str, request: &GatewayRequest<'_>, passed: &Passed) -> Self {
        let Passed { claims, headers } = passed;
        Self::new(
            200,
            json!({
                "upstream": key,
                "method": request.method,
                "path": request.path,
                "claims": claims,
                "headers": headers,
            }),
        )
    }
}

/// What the API behind the gateway sees of the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// Names of the claims, sorted.
    pub(super) claims: Vec<String>,
    /// Names of the headers that the policy fills from claims, sorted.
    pub(super) headers: Vec<String>,
}

/// Why a JWT policy refuses a request.
///
/// Source: the codes of the JWT Validation pages; the two bodies were seen on Flex Gateway 1.13.3; 403 "Invalid
/// Client" is from a support article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// The request carries no token.
    NoToken,
    /// The token is not accepted, and why.
    InvalidToken(String),
    /// The key set cannot be had, or Flex's filter broke down.
    Unavailable(&'static str),
    /// The client has no contract with the API.
    InvalidClient(&'static str),
}

impl From<Refused> for GatewayAnswer {
    fn from(refused: Refused) -> Self {
        let (status, message, reason) = match refused {
            Refused::NoToken => (400, "JWT Token is required.", "no token".to_owned()),
            Refused::InvalidToken(reason) => (401, "Invalid token.", reason),
            Refused::Unavailable(reason) => (503, "Service unavailable.", reason.to_owned()),
            Refused::InvalidClient(reason) => (403, "Invalid Client", reason.to_owned()),
        };
        let mut answer = Self::new(status, json!({"error": message}));
        answer.headers.push(("x-emulator-reason", header_text(&reason)));
        answer
    }
}

/// Makes a reason fit into a header: claim names come from policy files and may hold anything.
fn header_text(reason: &str) -> String {
    reason.escape_default().collect()
}
