//! What MuleSoft's JWT Validation policy takes on both of its gateways.

use super::dataweave::{Expression, is_selectable, reserved_character};
use super::facts::Facts;
use crate::diagnostic::{Code, Diagnostic, Origin, Sourced};
use crate::model::{ClaimName, ScopeValue};
use serde::Serialize;

/// How long the gateway keeps the signing keys where the policy says nothing, in minutes.
///
/// Source: the policy's own default. The unit is minutes, whatever the Terraform page says.
pub(super) const JWKS_TTL_MINUTES: u32 = 60;

/// How long the gateway waits for the signing keys, in milliseconds.
///
/// Source: the policy's own default.
pub(super) const JWKS_TIMEOUT_MILLISECONDS: u32 = 10_000;

/// The claim of the tenant's tokens that holds the client's id.
///
/// Source: OneLogin's access tokens carry `azp` and no `client_id`.
pub(super) const CLIENT_CLAIM: &str = "azp";

/// Claims that the policy checks by other keys, or that are no text.
///
/// Source: a literal is compared as text, and `aud` of these tokens is an array.
const NOT_BY_VALUE: [(&str, &str); 4] = [
    ("aud", "Say `audiences` instead."),
    ("exp", "Every token has to carry it and is checked against it."),
    ("nbf", "A token that carries it is checked against it."),
    ("iat", "No gateway rule compares it."),
];

/// A claim the token has to carry, with the value or the test it has to pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CustomClaim {
    key: String,
    value: String,
}

impl CustomClaim {
    fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// Returns how long the gateway keeps the signing keys, in minutes.
pub(super) fn jwks_ttl(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) -> u32 {
    let Some(ttl) = &facts.policy.jwks_ttl_minutes else { return JWKS_TTL_MINUTES };
    if ttl.value == 0 {
        problems.push(
            Diagnostic::error(
                Code::InvalidValue,
                ttl.origin.clone(),
                "a key cache of 0 minutes is refused by the gateway",
            )
            .with_hint("Give at least 1, or leave the key out for 60."),
        );
    }
    ttl.value
}

/// Returns the accepted audiences as the one text the policy takes (L-05).
///
/// Source: `supportedAudiences` is a comma-separated string, not an array; a token passes with any one of them.
pub(super) fn supported_audiences(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) -> String {
    for audience in facts.audiences {
        let value = &audience.value;
        let complaint = if value.is_empty() {
            "an empty audience would match nothing"
        } else if value.contains(',') {
            "the gateway takes audiences as a comma-separated list and would split this one"
        } else if value.trim() != value {
            "the gateway would cut the blanks around this audience"
        } else {
            continue;
        };
        problems.push(
            Diagnostic::error(Code::InvalidAudience, audience.origin.clone(), format!("{complaint}: `{value}`"))
                .with_related(facts.policy.origin.clone(), "used by this policy"),
        );
    }
    facts.audiences.iter().map(|audience| audience.value.as_str()).collect::<Vec<_>>().join(",")
}

/// Returns the mandatory custom claims: the issuer, the scope rule, then the others by name; one entry a claim.
///
/// Source: the policy checks no issuer by itself, and whether two entries may share a key is not documented.
pub(super) fn custom_claims(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) -> Vec<CustomClaim> {
    let mut claims = vec![CustomClaim::new("iss", facts.issuer.clone())];
    if let Some(rule) = scope_rule(facts, problems) {
        claims.push(CustomClaim::new("scope", rule.to_value()));
    }
    for (name, values) in &facts.policy.require_claims {
        check_claim(name, values, problems);
        match name.as_str() {
            "iss" => check_issuer(facts, values, problems),
            "scope" => {}
            _ => claims.push(claim_rule(name, values, problems)),
        }
    }
    claims
}

/// Joins `require_scopes`, `require_any_scope` and a required value of the whole claim.
fn scope_rule(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) -> Option<Expression> {
    let policy = facts.policy;
    for scope in policy.require_scopes.iter().chain(&policy.require_any_scope) {
        check_text("scope", scope.value.as_str(), &scope.origin, problems);
    }
    let has = |scope: &Sourced<ScopeValue>| Expression::HasScope(scope.value.as_str().to_owned());
    let whole = policy.require_claims.get(&ClaimName::new("scope"));
    let parts = [
        Expression::all(policy.require_scopes.iter().map(has).collect()),
        Expression::any(policy.require_any_scope.iter().map(has).collect()),
        whole.and_then(|values| equals_any("scope", &values.value)),
    ];
    Expression::all(parts.into_iter().flatten().collect())
}

fn claim_rule(name: &ClaimName, values: &Sourced<Vec<String>>, problems: &mut Vec<Diagnostic>) -> CustomClaim {
    if let [only] = values.value.as_slice() {
        return CustomClaim::new(name.as_str(), only.clone());
    }
    check_selectable(name, &values.origin, problems);
    let rule = equals_any(name.as_str(), &values.value).map(|rule| rule.to_value());
    CustomClaim::new(name.as_str(), rule.unwrap_or_default())
}

/// Refuses a claim whose name cannot stand in an expression.
pub(super) fn check_selectable(name: &ClaimName, origin: &Origin, problems: &mut Vec<Diagnostic>) {
    if is_selectable(name.as_str()) {
        return;
    }
    let message = format!("the gateway cannot select the claim `{name}` in an expression");
    problems.push(
        Diagnostic::error(Code::NotExpressible, origin.clone(), message)
            .with_hint("Its name may hold letters, digits and `_`, and begins with no digit."),
    );
}

fn equals_any(claim: &str, values: &[String]) -> Option<Expression> {
    let equals = |value: &String| Expression::Equals { claim: claim.to_owned(), value: value.clone() };
    Expression::any(values.iter().map(equals).collect())
}

fn check_claim(name: &ClaimName, values: &Sourced<Vec<String>>, problems: &mut Vec<Diagnostic>) {
    let origin = &values.origin;
    check_text("claim name", name.as_str(), origin, problems);
    for value in &values.value {
        check_text(&format!("value of the claim `{name}`,"), value, origin, problems);
    }
    if values.value.is_empty() {
        problems.push(
            Diagnostic::error(
                Code::InvalidValue,
                origin.clone(),
                format!("the claim `{name}` is required with no value"),
            )
            .with_hint("Give the value it has to have, or a list of which any will do."),
        );
    }
    if let Some((_, hint)) = NOT_BY_VALUE.iter().find(|(claim, _)| *claim == name.as_str()) {
        let message = format!("the gateway cannot compare the claim `{name}` with a text");
        problems.push(Diagnostic::error(Code::NotExpressible, origin.clone(), message).with_hint(*hint));
    }
}

/// Refuses a required issuer that is not the tenant's; the tenant's own is pinned in any case.
fn check_issuer(facts: &Facts<'_>, values: &Sourced<Vec<String>>, problems: &mut Vec<Diagnostic>) {
    if values.value.is_empty() || values.value.contains(&facts.issuer) {
        return;
    }
    let message = format!("no token can pass: the tenant's issuer is `{}`", facts.issuer);
    problems.push(
        Diagnostic::error(Code::ForeignIssuer, values.origin.clone(), message)
            .with_hint("Remove the claim `iss`: the tenant's issuer is always required."),
    );
}

/// Refuses a text that would mean something in an expression or a policy value.
fn check_text(what: &str, text: &str, origin: &Origin, problems: &mut Vec<Diagnostic>) {
    let complaint = match reserved_character(text) {
        Some(character) => format!("the {what} `{text}` holds {character:?}, which means something to the gateway"),
        None if text.is_empty() => format!("the {what} is empty"),
        None => return,
    };
    problems.push(
        Diagnostic::error(Code::NotExpressible, origin.clone(), complaint)
            .with_hint("Letters, digits and `.`, `_`, `:`, `/`, `@`, `-` can be compared."),
    );
}
