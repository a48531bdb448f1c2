//! The file of a Flex Gateway policy.

use super::address::Address;
use super::names::{checked_name, derived_name};
use super::resource::{
    API_VERSION, ApiInstance, Config, DEFAULT_NAMESPACE, InlinePolicy, Metadata, POLICY_NAME, PolicyBinding, PolicyRef,
    Resource, Rule, Service, ServiceRoute, ServiceRouteConfig, TargetRef,
};
use crate::diagnostic::{Code, Diagnostic, Sourced};
use crate::model::{ClientIdCheck, EntryKey, Flex, FlexStyle, Route};
use crate::render::facts::Facts;
use crate::render::{jwt_validation, routes};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a file says of itself, around the key of its policy. The name of the file is not part of the configuration: what is
/// rendered is the same wherever it lies.
const SOURCE: &str = "# gatewright: gateway_policies.";
const OF_FILE: &str = " of gatewright.yaml";

/// The longest key that an entry may have, in bytes.
const MAX_KEY: usize = 63;

/// Renders the file of a Flex Gateway policy.
pub(in crate::render) fn contents(facts: &Facts<'_>, flex: &Flex, problems: &mut Vec<Diagnostic>) -> String {
    let Flex { style, api_instance, namespace, address, upstream } = flex;
    let config = config(facts, problems);
    let rules = rules(&facts.policy.routes, problems);
    let namespace = checked_name(namespace.as_ref(), problems).unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    let api_instance = checked_name(api_instance.as_ref(), problems);
    let policy_ref = PolicyRef { name: POLICY_NAME, namespace: DEFAULT_NAMESPACE };
    match style {
        FlexStyle::Binding => {
            let name = api_instance.or_else(|| missing(facts, *style, "api_instance", problems)).unwrap_or_default();
            let target_ref = TargetRef { kind: "ApiInstance", name, namespace: namespace.clone() };
            let spec = PolicyBinding { target_ref, policy_ref, config, rules };
            yaml(facts, "PolicyBinding", Metadata { name: derived_name(facts.key), namespace }, spec)
        }
        FlexStyle::Inline => {
            let address = required_address(facts, "address", address.as_ref(), problems);
            let upstream = required_address(facts, "upstream", upstream.as_ref(), problems);
            let spec = ApiInstance {
                address: format!("{}{}", address.origin, address.path),
                services: BTreeMap::from([("upstream", service(upstream))]),
                policies: vec![InlinePolicy { policy_ref, config, rules }],
            };
            let name = api_instance.unwrap_or_else(|| derived_name(facts.key));
            yaml(facts, "ApiInstance", Metadata { name, namespace }, spec)
        }
    }
}

fn config(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) -> Config {
    check_client_id(facts, problems);
    check_variables(facts, problems);
    Config {
        jwt_origin: "httpBearerAuthenticationHeader",
        signing_method: "rsa",
        signing_key_length: 256,
        jwt_key_origin: "jwks",
        jwks_url: facts.jwks_url.clone(),
        jwks_service_time_to_live: jwt_validation::jwks_ttl(facts, problems),
        jwks_service_connection_timeout: jwt_validation::JWKS_TIMEOUT_MILLISECONDS,
        skip_client_id_validation: true,
        validate_aud_claim: true,
        mandatory_aud_claim: true,
        supported_audiences: jwt_validation::supported_audiences(facts, problems),
        mandatory_exp_claim: true,
        validate_custom_claim: true,
        mandatory_custom_claims: jwt_validation::custom_claims(facts, problems),
    }
}

/// Refuses a check of the client's id: local mode has no contracts to check it against (L-16).
fn check_client_id(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) {
    let ClientIdCheck::Claim(claim) = &facts.policy.client_id else { return };
    let message = format!("Flex Gateway in local mode cannot check the client's id in `{claim}`");
    problems.push(
        Diagnostic::error(Code::NotExpressible, facts.policy.origin.clone(), message)
            .with_hint("Say `client_id: skip`, and require a scope or the claim `azp`."),
    );
}

/// Refuses values that the gateway would read as environment variables (L-19).
fn check_variables(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) {
    for audience in facts.audiences.iter().filter(|audience| audience.value.starts_with('$')) {
        problems.push(
            Diagnostic::error(
                Code::NotExpressible,
                audience.origin.clone(),
                format!("Flex Gateway would read `{}` as an environment variable", audience.value),
            )
            .with_related(facts.policy.origin.clone(), "used by this policy"),
        );
    }
}

fn rules(all: &[Sourced<Route>], problems: &mut Vec<Diagnostic>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for route in all {
        routes::check_syntax(route, problems);
        if let Some(feature) = routes::beyond_re2(&route.value.path) {
            // L-14.
            let message = format!("Flex Gateway matches paths with RE2, which has no {}", without_article(feature));
            problems.push(Diagnostic::error(Code::NotExpressible, route.origin.clone(), message));
        }
        rules.push(Rule { path: route.value.path.clone(), methods: routes::methods(&route.value) });
    }
    rules
}

fn without_article(feature: &str) -> &str {
    feature.split_once(' ').filter(|(article, _)| matches!(*article, "a" | "an")).map_or(feature, |(_, noun)| noun)
}

fn service(upstream: Address) -> Service {
    let Address { origin, path } = upstream;
    let routes = match path.as_str() {
        "" => Vec::new(),
        _ => vec![ServiceRoute { config: ServiceRouteConfig { destination_path: path } }],
    };
    Service { address: origin, routes }
}

fn required_address(
    facts: &Facts<'_>,
    key: &str,
    address: Option<&Sourced<String>>,
    problems: &mut Vec<Diagnostic>,
) -> Address {
    match address {
        Some(address) => Address::read(key, address, problems),
        None => {
            missing(facts, FlexStyle::Inline, key, problems);
            Address { origin: String::new(), path: String::new() }
        }
    }
}

fn missing(facts: &Facts<'_>, style: FlexStyle, key: &str, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let message = format!("`style: {}` needs `{key}`", style.as_str());
    let hint = match style {
        FlexStyle::Binding => {
            "`binding`, the default, goes onto an ApiInstance that stands elsewhere: name it, such as \
             `api_instance: orders`. `style: inline` writes the ApiInstance too, and needs `address` and `upstream`."
        }
        FlexStyle::Inline => {
            "Write where the gateway listens, `address: http://0.0.0.0:8081/orders`, and where the API is, \
             `upstream: https://orders.internal.example:443`. `style: binding` needs `api_instance` alone."
        }
    };
    problems.push(Diagnostic::error(Code::PolicyIncomplete, facts.policy.origin.clone(), message).with_hint(hint));
    None
}

fn yaml(facts: &Facts<'_>, kind: &'static str, metadata: Metadata, spec: impl Serialize) -> String {
    let resource = Resource { api_version: API_VERSION, kind, metadata, spec };
    // Long expressions stay on one line: folded scalars are correct and unreadable.
    let options = serde_yaml::ser_options! { prefer_block_scalars: false, compact_list_indent: false };
    // Structs of texts, numbers and lists always have a YAML form.
    #[expect(clippy::expect_used, reason = "plain structs always serialize")]
    let body = serde_yaml::to_string_with_options(&resource, options).expect("policy files are plain data");
    format!("{SOURCE}{}{OF_FILE}\n{body}", facts.key)
}

/// Reads the key of a policy in the first line of its file; `None` where the file is none of ours.
pub fn source(contents: &str) -> Option<EntryKey> {
    let key = contents.lines().next()?.strip_prefix(SOURCE)?.strip_suffix(OF_FILE)?;
    let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    (!key.is_empty() && key.len() <= MAX_KEY && key.chars().all(is_key)).then(|| EntryKey::new(key))
}
