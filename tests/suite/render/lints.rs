//! What is allowed and probably not meant.

use super::sample::{CONTACTS, app, at, claims, desired, flex, key, mulesoft, policy, route, scopes, server, sourced};
use gatewright::diagnostic::{Code, Severity, Sourced};
use gatewright::model::{
    App, ApplicationType, Claim, ClaimName, ClientIdCheck, DesiredState, Entry, FlexStyle, Gateway, MuleFormat, Policy,
    Route, TokenEndpointAuthMethod, Unmanaged,
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
    check_state(&desired, &[Code::LintNearAudience]);
    desired.servers.insert(key("other"), Entry::Present(server(&[CONTACTS])));
    check_state(&desired, &[]);
}

#[test]
fn audiences_that_are_almost_the_identifier() {
    let with = |audiences: &[&str], identifier: &str| {
        let mut desired = desired(vec![("contacts", policy(mulesoft(MuleFormat::Configuration)))]);
        let mut listed = server(audiences);
        listed.resource_identifier = Some(sourced(identifier.to_owned()));
        desired.servers.insert(key("contacts"), Entry::Present(listed));
        desired
    };
    check_state(&with(&[CONTACTS], "https://contacts.example.com/"), &[Code::LintNearAudience]);
    check_state(&with(&[CONTACTS], "https://Contacts.example.com"), &[Code::LintNearAudience]);
    check_state(&with(&["urn:contacts", CONTACTS], CONTACTS), &[]);
    check_state(&with(&["urn:contacts"], CONTACTS), &[]);
}

#[test]
fn tokens_that_live_too_long() {
    let with = |access: u32, refresh: Option<u32>| {
        let mut desired = desired(vec![("contacts", policy(mulesoft(MuleFormat::Configuration)))]);
        let mut listed = server(&[CONTACTS]);
        listed.access_token_expiration_minutes = Some(sourced(access));
        listed.refresh_token_expiration_minutes = refresh.map(sourced);
        desired.servers.insert(key("contacts"), Entry::Present(listed));
        desired
    };
    check_state(&with(1440, None), &[]);
    check_state(&with(1441, None), &[Code::LintTokenLifetime]);
    check_state(&with(10, Some(10)), &[]);
    check_state(&with(10, Some(9)), &[Code::LintTokenLifetime]);
}

#[test]
fn browser_apps_behind_a_policy_for_options() {
    let with = |gateway: Gateway, kind: ApplicationType, method: TokenEndpointAuthMethod, routes: &[&str]| {
        let mut policy = policy(gateway);
        policy.require_scopes = scopes(&["contacts:read"]);
        policy.open = !routes.is_empty();
        policy.routes = if routes.is_empty() { Vec::new() } else { vec![route(routes, "/contacts")] };
        let mut desired = desired(vec![("contacts", policy)]);
        let app =
            App { application_type: Some(sourced(kind)), token_endpoint_auth_method: Some(sourced(method)), ..app() };
        desired.apps.insert(key("web"), Entry::Present(app));
        let mut listed = server(&[CONTACTS]);
        listed.clients = Some(sourced(BTreeMap::from([(key("web"), sourced(scopes(&["contacts:read"])))])));
        desired.servers.insert(key("contacts"), Entry::Present(listed));
        desired
    };
    use ApplicationType::{Native, Web};
    use TokenEndpointAuthMethod::{None, Post};
    let mule = || mulesoft(MuleFormat::Request);
    check_state(&with(mule(), Web, None, &[]), &[Code::LintPreflight]);
    check_state(&with(mule(), Web, None, &["GET", "OPTIONS"]), &[Code::LintOpenRoutes, Code::LintPreflight]);
    check_state(&with(mule(), Web, None, &["GET"]), &[Code::LintOpenRoutes]);
    check_state(&with(mule(), Native, None, &[]), &[]);
    check_state(&with(mule(), Web, Post, &[]), &[]);
    // Flex Gateway looks at CORS before every policy.
    check_state(&with(flex(FlexStyle::Inline), Web, None, &[]), &[]);
}

#[test]
fn two_policies_for_one_instance() {
    let with = |gateway: fn() -> Gateway, routes: Vec<Sourced<Route>>| {
        let output = |name: &str| sourced(format!("policies/{name}"));
        let first = Policy { output: output("a"), ..policy(gateway()) };
        let second = Policy { output: output("b"), open: !routes.is_empty(), routes, ..policy(gateway()) };
        desired(vec![("first", first), ("second", second)])
    };
    let offline = || mulesoft(MuleFormat::Offline);
    check_state(&with(offline, Vec::new()), &[Code::LintSameApi]);
    check_state(&with(offline, vec![route(&["GET"], "/contacts")]), &[Code::LintOpenRoutes]);
    check_state(&with(|| flex(FlexStyle::Binding), Vec::new()), &[Code::LintSameApi]);
    check_state(&with(|| mulesoft(MuleFormat::Configuration), Vec::new()), &[]);
}

#[test]
fn key_caches_that_look_like_seconds() {
    check(MuleFormat::Configuration, |p| p.jwks_ttl_minutes = Some(sourced(3600)), &[Code::LintKeyCache]);
    check(MuleFormat::Configuration, |p| p.jwks_ttl_minutes = Some(sourced(1441)), &[Code::LintKeyCache]);
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
    check_state(&with("/orders/.*"), &[Code::LintBasePath]);
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
    check_state(&with(|_| {}), &[Code::LintAnyClient]);
    check_state(&with(|p| p.require_scopes = scopes(&["contacts:read"])), &[]);
    check_state(&with(|p| p.require_any_scope = scopes(&["contacts:read"])), &[]);
    check_state(&with(|p| p.require_claims = claims(&[("azp", &["78d1d040"])])), &[]);
    check_state(&with(|p| p.client_id = ClientIdCheck::Claim(ClaimName::new("azp"))), &[]);
}

#[test]
fn client_ids_in_other_claims() {
    let client = |name: &'static str| move |p: &mut Policy| p.client_id = ClientIdCheck::Claim(ClaimName::new(name));
    check(MuleFormat::Configuration, client("client_id"), &[Code::LintClientClaim]);
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
    check_state(&with("https://login.acme.example/base"), &[Code::LintBaseUrl]);
    check_state(&with("https://acme-dev.onelogin.com"), &[Code::LintBaseUrl]);
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
    check_state(&with("groups", Unmanaged::Delete), &[Code::LintListClaim]);
    check_state(&with("department", Unmanaged::Delete), &[Code::LintUnknownClaim]);
    check_state(&with("department", Unmanaged::Keep), &[]);
}
