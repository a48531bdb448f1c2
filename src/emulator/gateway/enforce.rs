//! Applies a JWT policy to a request, in the order of the documentation: token, algorithm, signature, times,
//! audience, custom claims, client.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    answer::{GatewayRequest, KeySource, Passed, Refused},
    claims::{ClaimRule, check_expiry, check_not_before},
    dataweave::{Expression, Scope},
    jwt_policy::{JwtPolicy, TokenOrigin, Verification},
    signature::{Algorithm, Key},
    token::Token,
};

/// Everything outside the policy file that decides.
pub(super) struct Surroundings<'a> {
    pub(super) keys: &'a KeySource<'a>,
    /// Client ids with a contract; none accepts every client id that is not empty.
    pub(super) contracts: Option<&'a BTreeSet<String>>,
    pub(super) now_unix: i64,
}

/// From here on, Flex's filter broke down instead of comparing.
///
/// Source: a field report on Flex Gateway 1.13.3; `exp` of 5e9 worked, about 1e10 and above gave 503.
const FLEX_EXPIRY_LIMIT: f64 = 1e10;

impl JwtPolicy {
    /// Checks one request.
    ///
    /// Errors: how and why it is refused.
    pub(super) fn check(
        &self,
        request: &GatewayRequest<'_>,
        surroundings: &Surroundings<'_>,
    ) -> Result<Passed, Refused> {
        let compact = self.find_token(request)?;
        let token = Token::parse(&compact).ok_or_else(|| invalid("the token is not well-formed"))?;
        self.check_signature(&token, surroundings.keys)?;
        self.check_times(&token.claims, surroundings.now_unix)?;
        if let Some(audience) = &self.audience {
            audience.check(&token.claims).map_err(Refused::InvalidToken)?;
        }
        let scope = scope(&token.claims, request);
        self.check_custom_claims(&scope).map_err(Refused::InvalidToken)?;
        if let Some(expression) = &self.client_id {
            check_client(expression, &scope, surroundings.contracts)?;
        }
        Ok(self.passed(&token.claims))
    }

    fn find_token(&self, request: &GatewayRequest<'_>) -> Result<String, Refused> {
        let found = match &self.origin {
            TokenOrigin::BearerHeader => find_bearer_token(request)?,
            TokenOrigin::Expression(expression) => {
                let found = expression.text(&scope(&Map::new(), request));
                found.map_err(|error| invalid(&format!("the token's expression fails: {error}")))?
            }
        };
        found.filter(|token| !token.is_empty()).ok_or(Refused::NoToken)
    }

    /// The algorithm is checked first, so that a wrong one is refused whether the key set can be had or not.
    fn check_signature(&self, token: &Token, keys: &KeySource<'_>) -> Result<(), Refused> {
        let (Verification::Text(algorithm, _) | Verification::KeySets(algorithm, _)) = &self.verification else {
            return Ok(());
        };
        if token.algorithm != algorithm.name() {
            return Err(invalid("the token's algorithm is not the policy's"));
        }
        let verified = match &self.verification {
            Verification::Nothing => true,
            Verification::Text(algorithm, key) => key.verifies(*algorithm, token),
            Verification::KeySets(algorithm, urls) => any_key_verifies(*algorithm, urls, token, keys)?,
        };
        if verified { Ok(()) } else { Err(invalid("no key of the policy made the signature")) }
    }

    fn check_times(&self, claims: &Map<String, Value>, now_unix: i64) -> Result<(), Refused> {
        let expiry = claims.get("exp").and_then(Value::as_f64);
        if self.technology.is_flex() && expiry.is_some_and(|expiry| expiry >= FLEX_EXPIRY_LIMIT) {
            return Err(Refused::Unavailable("Flex Gateway breaks down over so large an exp"));
        }
        check_expiry(claims, self.expiry_required, now_unix)
            .and_then(|()| check_not_before(claims, self.not_before_required, now_unix))
            .map_err(Refused::InvalidToken)
    }

    fn check_custom_claims(&self, scope: &Scope<'_>) -> Result<(), String> {
        self.mandatory_claims.iter().try_for_each(|rule| rule.check_mandatory(scope))?;
        let present = |rule: &&ClaimRule| rule.is_present_in(scope.claims);
        self.optional_claims.iter().filter(present).try_for_each(|rule| rule.check(scope))
    }

    fn passed(&self, claims: &Map<String, Value>) -> Passed {
        let names: BTreeSet<&String> = claims.keys().collect();
        let filled = self.claims_to_headers.iter().filter(|(claim, _)| claims.contains_key(claim));
        let headers: BTreeSet<&String> = filled.map(|(_, header)| header).collect();
        Passed { claims: names.into_iter().cloned().collect(), headers: headers.into_iter().cloned().collect() }
    }
}

/// The scheme is compared as written: which other spellings pass is not documented. Nor is which of several headers
/// counts, so that none does.
fn find_bearer_token(request: &GatewayRequest<'_>) -> Result<Option<String>, Refused> {
    let mut headers = request.header("authorization");
    let (first, second) = (headers.next(), headers.next());
    match (first, second) {
        (_, Some(_)) => Err(invalid("there are several Authorization headers")),
        (first, None) => Ok(first.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned)),
    }
}

fn invalid(reason: &str) -> Refused {
    Refused::InvalidToken(reason.to_owned())
}

fn scope<'a>(claims: &'a Map<String, Value>, request: &GatewayRequest<'a>) -> Scope<'a> {
    Scope { claims, headers: request.headers, method: request.method, path: request.path, query: request.query }
}

/// Tries the keys of all sets. With a `kid` only keys of that id count.
///
/// Errors: no key fits and a set could not be had, or what was had is no key set.
fn any_key_verifies(
    algorithm: Algorithm,
    urls: &[String],
    token: &Token,
    keys: &KeySource<'_>,
) -> Result<bool, Refused> {
    let mut all_answered = true;
    for url in urls {
        match keys(url).as_ref().and_then(|set| set.get("keys")?.as_array()) {
            Some(set) if set_verifies(algorithm, set, token) => return Ok(true),
            Some(_) => {}
            None => all_answered = false,
        }
    }
    if all_answered { Ok(false) } else { Err(Refused::Unavailable("the key set cannot be had")) }
}

fn set_verifies(algorithm: Algorithm, set: &[Value], token: &Token) -> bool {
    let same_id = |jwk: &&Value| match &token.key_id {
        Some(id) => jwk.get("kid").and_then(Value::as_str) == Some(id),
        None => true,
    };
    set.iter().filter(same_id).filter_map(|jwk| Key::from_jwk(algorithm, jwk)).any(|key| key.verifies(algorithm, token))
}

fn check_client(
    expression: &Expression,
    scope: &Scope<'_>,
    contracts: Option<&BTreeSet<String>>,
) -> Result<(), Refused> {
    let client = expression
        .text(scope)
        .map_err(|_| Refused::InvalidClient("the client id is not a string"))?
        .filter(|client| !client.is_empty())
        .ok_or(Refused::InvalidClient("the token has no client id"))?;
    if contracts.is_none_or(|contracts| contracts.contains(&client)) {
        Ok(())
    } else {
        Err(Refused::InvalidClient("the client has no contract"))
    }
}
