//! A small desired state to change one thing of.

use gatewright::diagnostic::{Origin, Sourced};
use gatewright::model::{
    App, ClaimName, ClientIdCheck, DesiredState, Entry, EntryKey, Flex, FlexStyle, Gateway, MuleFormat, Mulesoft,
    Policy, RemoteId, Replaces, Route, ScopeValue, Server, Tenant, Unmanaged,
};
use std::collections::BTreeMap;

/// The audience and identifier of the sample's server.
pub(super) const CONTACTS: &str = "https://contacts.example.com";

/// Returns a place on the given line.
pub(super) fn at(line: u32) -> Origin {
    Origin { file: "gatewright.yaml".into(), line, column: 1, start: 0, end: 1 }
}

/// Pairs a value with a place on line 1.
pub(super) fn sourced<T>(value: T) -> Sourced<T> {
    Sourced::new(value, at(1))
}

pub(super) fn key(text: &str) -> EntryKey {
    EntryKey::new(text)
}

pub(super) fn scopes(values: &[&str]) -> Vec<Sourced<ScopeValue>> {
    values.iter().map(|&value| sourced(ScopeValue::new(value))).collect()
}

pub(super) fn audiences(values: &[&str]) -> Vec<Sourced<String>> {
    values.iter().map(|&value| sourced(value.to_owned())).collect()
}

pub(super) fn claims(entries: &[(&str, &[&str])]) -> BTreeMap<ClaimName, Sourced<Vec<String>>> {
    let claim = |&(name, values): &(&str, &[&str])| {
        (ClaimName::new(name), sourced(values.iter().map(|&value| value.to_owned()).collect()))
    };
    entries.iter().map(claim).collect()
}

pub(super) fn route(methods: &[&str], path: &str) -> Sourced<Route> {
    let methods = methods.iter().map(|&method| method.to_owned()).collect();
    sourced(Route { methods, path: path.to_owned() })
}

pub(super) fn mulesoft(format: MuleFormat) -> Gateway {
    let (api_id, asset_version) = match format {
        MuleFormat::Configuration => (None, None),
        MuleFormat::Request => (None, Some(sourced("1.4.0".to_owned()))),
        MuleFormat::Offline => (Some(sourced(RemoteId(15_772_912))), Some(sourced("1.4.0".to_owned()))),
    };
    Gateway::Mulesoft(Mulesoft { format, api_id, asset_version })
}

pub(super) fn flex(style: FlexStyle) -> Gateway {
    let mut flex = Flex { style, api_instance: None, namespace: None, address: None, upstream: None };
    match style {
        FlexStyle::Binding => flex.api_instance = Some(sourced("contacts".to_owned())),
        FlexStyle::Inline => {
            flex.address = Some(sourced("http://0.0.0.0:8081/contacts".to_owned()));
            flex.upstream = Some(sourced("https://contacts.internal.example:443/v1".to_owned()));
        }
    }
    Gateway::Flex(flex)
}

/// A policy on the sample's server that requires nothing beyond issuer, audience and lifetime.
pub(super) fn policy(gateway: Gateway) -> Policy {
    Policy {
        origin: at(20),
        authorization_server: sourced(key("contacts")),
        require_scopes: Vec::new(),
        require_any_scope: Vec::new(),
        require_claims: BTreeMap::new(),
        audiences: None,
        jwks_ttl_minutes: None,
        client_id: ClientIdCheck::Skip,
        routes: Vec::new(),
        open: false,
        output: sourced("policies/contacts.json".to_owned()),
        probes: Vec::new(),
        gateway,
    }
}

/// A server that accepts the given audiences.
pub(super) fn server(values: &[&str]) -> Server {
    Server {
        origin: at(10),
        id: None,
        renamed_from: None,
        name: Some(sourced("Contacts API".to_owned())),
        description: None,
        resource_identifier: Some(sourced(CONTACTS.to_owned())),
        audiences: Some(sourced(audiences(values))),
        share_audience_with: Vec::new(),
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        scopes: None,
        inherited_scopes: Vec::new(),
        claims: None,
        clients: None,
        unmanaged: Unmanaged::Delete,
    }
}

/// An app of which the file says nothing but that it is there.
pub(super) fn app() -> App {
    App {
        origin: at(5),
        id: None,
        renamed_from: None,
        name: None,
        description: None,
        notes: None,
        visible: None,
        application_type: None,
        token_endpoint_auth_method: None,
        redirect_uris: None,
        post_logout_redirect_uris: None,
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        roles: None,
        connector_id: None,
    }
}

/// One tenant, one server, the given policies.
pub(super) fn desired(policies: Vec<(&str, Policy)>) -> DesiredState {
    DesiredState {
        tenant: Tenant { subdomain: "acme".to_owned(), account_id: None, base_url: None },
        environment: None,
        config_digest: String::new(),
        roles: BTreeMap::new(),
        apps: BTreeMap::new(),
        servers: BTreeMap::from([(key("contacts"), Entry::Present(server(&[CONTACTS])))]),
        policies: policies.into_iter().map(|(name, policy)| (key(name), policy)).collect(),
        replaces: Replaces::default(),
        notes: Vec::new(),
    }
}

/// Renders one policy and returns its file.
pub(super) fn contents(policy: Policy) -> String {
    let files = gatewright::render::render(&desired(vec![("contacts", policy)])).unwrap();
    assert_eq!(files.len(), 1);
    files.into_iter().next().unwrap().contents
}
