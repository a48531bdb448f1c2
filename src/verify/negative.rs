//! Tokens that differ from the right one in one property.

use super::check::{CheckKind, Outcome};
use super::input::VerifyInput;
use super::sign::{ForeignKey, without_signature};
use super::subject::{Credentials, Subject};
use super::token::{Opened, mint};
use crate::api::Forge;
use crate::model::ScopeValue;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// An audience that is nobody's.
const NOBODY: &str = "https://nobody.invalid";

/// How far in the past an expired token ends: beyond any clock skew a gateway forgives.
const LONG_AGO_SECONDS: i64 = 3600;

/// A token that has to be refused.
pub(super) struct Negative {
    pub(super) kind: CheckKind,
    /// The token, or why there is none.
    pub(super) token: Result<SecretString, Outcome>,
    /// Whether it differs from the right one in this property only.
    pub(super) is_isolated: bool,
}

impl Negative {
    fn isolated(kind: CheckKind, token: Result<SecretString, Outcome>) -> Self {
        Self { kind, token, is_isolated: true }
    }
}

/// Makes every token that has to be refused, in the order of [`CheckKind`].
pub(super) async fn negatives(
    input: &VerifyInput<'_>,
    subject: &Subject<'_>,
    credentials: &Credentials,
    right: &Opened,
    foreign: Option<&ForeignKey>,
) -> Vec<Negative> {
    let mut negatives = match input.forge {
        Some(forge) => forged(forge, input, subject, right).await,
        None => honest(input, subject, credentials).await,
    };
    let foreign = foreign.and_then(|key| key.sign(&right.header, &right.claims));
    let no_key = || Outcome::NotRun("no key could be made".to_owned());
    negatives.push(Negative::isolated(CheckKind::ForeignKey, foreign.ok_or_else(no_key)));
    negatives.push(Negative::isolated(CheckKind::NoSignature, Ok(without_signature(&right.claims))));
    negatives
}

/// A scope rule to break: the check, and the scopes to leave out.
fn scope_rules(subject: &Subject<'_>) -> Vec<(CheckKind, BTreeSet<ScopeValue>)> {
    let policy = subject.policy;
    let required = policy.require_scopes.iter().map(|scope| &scope.value);
    let one = |scope: &ScopeValue| (CheckKind::MissingScope(scope.clone()), BTreeSet::from([scope.clone()]));
    let mut rules: Vec<_> = required.clone().map(one).collect();
    let one_of: BTreeSet<ScopeValue> = policy.require_any_scope.iter().map(|scope| scope.value.clone()).collect();
    // Where a required scope is among them, no token could break this rule alone.
    if !one_of.is_empty() && !required.clone().any(|scope| one_of.contains(scope)) {
        rules.push((CheckKind::MissingAnyScope, one_of));
    }
    rules
}

/// Has the emulator sign the right token's claims with one of them changed.
async fn forged(forge: &Forge, input: &VerifyInput<'_>, subject: &Subject<'_>, right: &Opened) -> Vec<Negative> {
    let changed = |name: &str, value: Value| {
        let mut claims = right.claims.clone();
        claims.insert(name.to_owned(), value);
        claims
    };
    let mut orders = vec![(CheckKind::WrongAudience, changed("aud", Value::from(vec![NOBODY])))];
    for (kind, dropped) in scope_rules(subject) {
        let kept = right.scopes().into_iter().filter(|scope| !dropped.contains(&ScopeValue::new(*scope)));
        orders.push((kind, changed("scope", kept.collect::<Vec<_>>().join(" ").into())));
    }
    let long_ago = input.now.as_second() - LONG_AGO_SECONDS;
    orders.push((CheckKind::Expired, changed("exp", long_ago.into())));
    orders.push((CheckKind::WrongIssuer, changed("iss", other_issuer(input).into())));
    let mut negatives = Vec::new();
    for (kind, claims) in orders {
        negatives.push(Negative::isolated(kind, order(forge, right, &claims).await));
    }
    negatives
}

async fn order(forge: &Forge, right: &Opened, claims: &Map<String, Value>) -> Result<SecretString, Outcome> {
    let signed = forge.sign(&right.header, claims).await;
    signed.map_err(|error| Outcome::NotRun(format!("the emulator signed no such token: {error}")))
}

/// Returns the issuer of a tenant that is not this one.
fn other_issuer(input: &VerifyInput<'_>) -> String {
    format!("https://not-{}.onelogin.com/oidc/2", input.desired.tenant.subdomain)
}

/// Asks the real provider for what it gives anybody: a token without a resource, and tokens with fewer scopes.
async fn honest(input: &VerifyInput<'_>, subject: &Subject<'_>, credentials: &Credentials) -> Vec<Negative> {
    let plain = mint(input.oidc, subject, credentials, None, &[]).await;
    let refused =
        |seen: String| Outcome::NotCheckable(format!("the provider gave no token without a resource: {seen}"));
    // It carries no scopes either, so a refusal does not prove that the audience was looked at.
    let mut negatives =
        vec![Negative { kind: CheckKind::WrongAudience, token: plain.map_err(refused), is_isolated: false }];
    for (kind, dropped) in scope_rules(subject) {
        let token = fewer_scopes(input, subject, credentials, &dropped).await;
        negatives.push(Negative::isolated(kind, token));
    }
    for (kind, reason) in [
        (CheckKind::Expired, "a real provider signs no expired token"),
        (CheckKind::WrongIssuer, "a real provider signs in no other name"),
    ] {
        negatives.push(Negative::isolated(kind, Err(Outcome::NotCheckable(reason.to_owned()))));
    }
    negatives
}

async fn fewer_scopes(
    input: &VerifyInput<'_>,
    subject: &Subject<'_>,
    credentials: &Credentials,
    dropped: &BTreeSet<ScopeValue>,
) -> Result<SecretString, Outcome> {
    let mut kept: Vec<ScopeValue> = subject.asked().into_iter().filter(|scope| !dropped.contains(scope)).collect();
    if kept.is_empty() && credentials.password.is_none() {
        // Asking for no scope at all may give every granted one.
        let other = subject.granted().into_iter().flatten().find(|scope| !dropped.contains(*scope)).cloned();
        let reason = "the client has no other scope to ask for instead".to_owned();
        kept.push(other.ok_or(Outcome::NotCheckable(reason))?);
    }
    let token = mint(input.oidc, subject, credentials, subject.resource.as_deref(), &kept).await;
    let token =
        token.map_err(|seen| Outcome::NotCheckable(format!("the provider gave no token with fewer scopes: {seen}")))?;
    let opened = Opened::read(token).ok_or_else(|| Outcome::NotCheckable("the token is no JWT".to_owned()))?;
    if opened.scopes().into_iter().any(|scope| dropped.contains(&ScopeValue::new(scope))) {
        return Err(Outcome::NotCheckable("the provider gave the scope unasked".to_owned()));
    }
    Ok(opened.token)
}
