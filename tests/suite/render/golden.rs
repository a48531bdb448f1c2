//! One golden file for each format and style.

use super::sample::{
    CONTACTS, audiences, claims, contents, desired, flex, key, mulesoft, policy, route, scopes, sourced,
};
use gatewright::model::{ClaimName, ClientIdCheck, FlexStyle, Gateway, MuleFormat, Policy};
use gatewright::render::render;

/// A policy with everything a gateway of both kinds can express.
fn full(gateway: Gateway) -> Policy {
    let mut policy = policy(gateway);
    policy.require_scopes = scopes(&["contacts:read", "contacts:list"]);
    policy.require_any_scope = scopes(&["tier:gold", "tier:silver"]);
    policy.require_claims = claims(&[("department", &["sales", "support"]), ("country", &["DE"])]);
    policy.jwks_ttl_minutes = Some(sourced(15));
    policy
}

#[test]
fn mulesoft_configuration() {
    insta::assert_snapshot!(contents(full(mulesoft(MuleFormat::Configuration))));
}

#[test]
fn mulesoft_configuration_of_a_plain_policy() {
    let mut policy = policy(mulesoft(MuleFormat::Configuration));
    policy.require_scopes = scopes(&["contacts:read"]);
    policy.client_id = ClientIdCheck::Claim(ClaimName::new("azp"));
    insta::assert_snapshot!(contents(policy));
}

#[test]
fn mulesoft_request() {
    let mut policy = full(mulesoft(MuleFormat::Request));
    policy.routes = vec![route(&["GET", "POST"], "/contacts/.*"), route(&[], "/search")];
    policy.open = true;
    insta::assert_snapshot!(contents(policy));
}

#[test]
fn mulesoft_offline() {
    insta::assert_snapshot!(contents(full(mulesoft(MuleFormat::Offline))));
}

#[test]
fn flex_binding() {
    let mut policy = full(flex(FlexStyle::Binding));
    policy.routes = vec![route(&["GET", "POST"], "/contacts(/.*)?"), route(&[], "/search")];
    policy.open = true;
    insta::assert_snapshot!(contents(policy));
}

#[test]
fn flex_inline() {
    insta::assert_snapshot!(contents(full(flex(FlexStyle::Inline))));
}

#[test]
fn a_custom_domain_and_several_audiences() {
    let mut policy = policy(mulesoft(MuleFormat::Configuration));
    policy.audiences = Some(audiences(&["https://contacts.example.com", "https://people.example.com"]));
    let mut desired = desired(vec![("contacts", policy)]);
    let both = super::sample::server(&[CONTACTS, "https://people.example.com", "https://else.example.com"]);
    desired.servers.insert(key("contacts"), gatewright::model::Entry::Present(both));
    desired.tenant.base_url = Some("https://login.acme.example/".parse().unwrap());
    let file = render(&desired).unwrap().remove(0).contents;
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["jwksUrl"], "https://login.acme.example/oidc/2/certs");
    assert_eq!(file["supportedAudiences"], "https://contacts.example.com,https://people.example.com");
    assert_eq!(file["mandatoryCustomClaims"][0]["key"], "iss");
    assert_eq!(file["mandatoryCustomClaims"][0]["value"], "https://login.acme.example/oidc/2");
}

#[test]
fn a_required_scope_claim_joins_the_scope_rule() {
    let mut policy = policy(mulesoft(MuleFormat::Configuration));
    policy.require_scopes = scopes(&["a"]);
    policy.require_claims = claims(&[("scope", &["a", "b"]), ("iss", &["https://acme.onelogin.com/oidc/2"])]);
    let file: serde_json::Value = serde_json::from_str(&contents(policy)).unwrap();
    let keys: Vec<&str> =
        file["mandatoryCustomClaims"].as_array().unwrap().iter().map(|claim| claim["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["iss", "scope"]);
    assert_eq!(
        file["mandatoryCustomClaims"][1]["value"],
        "#[((vars.claimSet.scope splitBy ' ') contains 'a') and \
         ((vars.claimSet.scope == 'a') or (vars.claimSet.scope == 'b'))]"
    );
}

#[test]
fn files_are_sorted_by_path() {
    let at = |path: &str| {
        let mut policy = policy(mulesoft(MuleFormat::Configuration));
        policy.output = sourced(path.to_owned());
        policy
    };
    let files = render(&desired(vec![("a", at("z.json")), ("b", at("a.json")), ("c", at("m.json"))])).unwrap();
    let paths: Vec<(&str, &str)> = files.iter().map(|file| (file.path.as_str(), file.policy.as_str())).collect();
    assert_eq!(paths, [("a.json", "b"), ("m.json", "c"), ("z.json", "a")]);
}
