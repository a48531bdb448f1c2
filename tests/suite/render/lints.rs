//! What is allowed and probably not meant.

use super::sample::{CONTACTS, at, claims, desired, flex, key, mulesoft, policy, route, scopes, server, sourced};
use gatewright::diagnostic::{Code, Severity};
use gatewright::model::{
    Claim, ClaimName, ClientIdCheck, DesiredState, Entry, FlexStyle, MuleFormat, Policy, Unmanaged,
};
use gatewright::render::{lint, render};
use std::collections::BTreeMap;

/// Expects exactly these codes, all of them warnings.
fn check_state(desired: &DesiredState, expected: &[Code]) {
    let found = lint(desired);
    let codes: Vec<Code> = found.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, expected, "{found:#?}");
    assert!(found.iter().all(|problem| problem.severity == Severity::Warning && problem.primary.is_some()));
    assert!(render(desired).is_ok());
}

fn check(format: MuleFormat, change: impl FnOnce(&mut Policy), expected: &[Code]) {
    let mut policy = policy(mulesoft(format));
    change(&mut policy);
    check_state(&desired(vec![("contacts", policy)]), expected);
}

#[test]
fn a_plain_policy_is_clean() {
    check(MuleFormat::Configuration, |_| {}, &[]);
    check_state(&desired(vec![("contacts", policy(flex(FlexStyle::Inline)))]), &[]);
}

#[test]
fn nearly_equal_audiences() {
    let mut desired = desired(vec![("contacts", policy(mulesoft(MuleFormat::Configuration)))]);
    let mut other = server(&["https://contacts.example.com/"]);
    other.resource_identifier = Some(sourced("https://other.example.com".to_owned()));
    desired.servers.insert(key("other"), Entry::Present(other));
    check_state(&desired, &[Code::LintAudience]);
    desired.servers.insert(key("other"), Entry::Present(server(&[CONTACTS])));
    check_state(&desired, &[]);
}

#[test]
fn key_caches_that_look_like_seconds() {
    check(MuleFormat::Configuration, |p| p.jwks_ttl_minutes = Some(sourced(3600)), &[Code::LintLifetime]);
    check(MuleFormat::Configuration, |p| p.jwks_ttl_minutes = Some(sourced(1441)), &[Code::LintLifetime]);
    check(MuleFormat::Configuration, |p| p.jwks_ttl_minutes = Some(sourced(1440)), &[]);
}

#[test]
fn routes_left_open_on_purpose() {
    let open = |p: &mut Policy| {
        p.open = true;
        p.routes = vec![route(&[], "/contacts")];
    };
    check(MuleFormat::Request, open, &[Code::LintOpenRoutes]);
    let covered = |p: &mut Policy| {
        p.open = true;
        p.routes = vec![route(&["GET"], "/contacts"), route(&[], "/.*")];
    };
    check(MuleFormat::Request, covered, &[]);
}

#[test]
fn routes_without_the_base_path() {
    let with = |path: &str| {
        let mut policy = policy(mulesoft(MuleFormat::Request));
        policy.routes = vec![route(&[], "/.*"), route(&["GET"], path)];
        let mut desired = desired(vec![("contacts", policy)]);
        desired.servers.insert(key("contacts"), Entry::Present(server(&["https://api.example.com/v1.0/contacts"])));
        desired
    };
    check_state(&with("/orders/.*"), &[Code::LintOpenRoutes]);
    check_state(&with("/v1.0/contacts/.*"), &[]);
    check_state(&with("^/v1\\.0/contacts/.*"), &[]);
}

#[test]
fn any_client_of_the_tenant() {
    let with = |change: fn(&mut Policy)| {
        let mut policy = policy(mulesoft(MuleFormat::Configuration));
        change(&mut policy);
        let mut desired = desired(vec![("contacts", policy)]);
        let mut listed = server(&[CONTACTS]);
        listed.clients = Some(sourced(BTreeMap::from([(key("web"), sourced(scopes(&["contacts:read"])))])));
        desired.servers.insert(key("contacts"), Entry::Present(listed));
        desired
    };
    check_state(&with(|_| {}), &[Code::LintClient]);
    check_state(&with(|p| p.require_scopes = scopes(&["contacts:read"])), &[]);
    check_state(&with(|p| p.require_any_scope = scopes(&["contacts:read"])), &[]);
    check_state(&with(|p| p.require_claims = claims(&[("azp", &["78d1d040"])])), &[]);
    check_state(&with(|p| p.client_id = ClientIdCheck::Claim(ClaimName::new("azp"))), &[]);
}

#[test]
fn client_ids_in_other_claims() {
    let client = |name: &'static str| move |p: &mut Policy| p.client_id = ClientIdCheck::Claim(ClaimName::new(name));
    check(MuleFormat::Configuration, client("client_id"), &[Code::LintClient]);
    check(MuleFormat::Configuration, client("azp"), &[]);
}

#[test]
fn base_urls_that_change_the_issuer() {
    let with = |url: &str| {
        let mut desired = desired(vec![("contacts", policy(mulesoft(MuleFormat::Configuration)))]);
        desired.tenant.base_url = Some(url.parse().unwrap());
        desired
    };
    check_state(&with("https://login.acme.example"), &[]);
    check_state(&with("https://acme.onelogin.com/"), &[]);
    check_state(&with("https://login.acme.example/base"), &[Code::LintIssuer]);
    check_state(&with("https://acme-dev.onelogin.com"), &[Code::LintIssuer]);
}

#[test]
fn errors_are_part_of_the_lints() {
    let mut policy = policy(flex(FlexStyle::Binding));
    policy.client_id = ClientIdCheck::Claim(ClaimName::new("azp"));
    let found = lint(&desired(vec![("contacts", policy)]));
    let severities: Vec<Severity> = found.iter().map(|problem| problem.severity).collect();
    assert_eq!(severities.iter().filter(|&&severity| severity == Severity::Error).count(), 1, "{found:#?}");
}

#[test]
fn claims_that_cannot_be_what_they_have_to_be() {
    let with = |name: &str, unmanaged: Unmanaged| {
        let mut policy = policy(mulesoft(MuleFormat::Configuration));
        policy.require_claims = claims(&[(name, &["x"])]);
        let mut desired = desired(vec![("contacts", policy)]);
        let claim = |transformation: Option<&str>| Claim {
            origin: at(1),
            source: None,
            transformation: transformation.map(|how| sourced(how.to_owned())),
            renamed_from: None,
        };
        let mut listed = server(&[CONTACTS]);
        listed.unmanaged = unmanaged;
        listed.claims = Some(sourced(BTreeMap::from([
            (ClaimName::new("tier"), claim(None)),
            (ClaimName::new("groups"), claim(Some("semicolon_separated_list"))),
        ])));
        desired.servers.insert(key("contacts"), Entry::Present(listed));
        desired
    };
    check_state(&with("tier", Unmanaged::Delete), &[]);
    check_state(&with("azp", Unmanaged::Delete), &[]);
    check_state(&with("groups", Unmanaged::Delete), &[Code::LintClaim]);
    check_state(&with("department", Unmanaged::Delete), &[Code::LintClaim]);
    check_state(&with("department", Unmanaged::Keep), &[]);
}
