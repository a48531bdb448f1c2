//! Small pairs of environments, and exactly how they differ.

use super::{Contrast, Environment, contrast};
use crate::diagnostic::{Origin, Sourced};
use crate::model::sample::{app, at, clients, file, key, origin, scopes, server, text};
use crate::model::{
    App, ClientIdCheck, DesiredState, Entry, External, ExternalBy, ExternalServer, Gateway, MuleFormat, Mulesoft,
    Policy, RemoteId, Role, ScopeValue, Server, TokenEndpointAuthMethod,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// `api` with scopes read and write, `web` with both, `batch` with read, a policy that requires read.
fn sample() -> DesiredState {
    let web = App { roles: Some(at(Vec::new())), ..app("Web") };
    let server = Server {
        access_token_expiration_minutes: Some(at(10)),
        scopes: scopes(&["read", "write"]),
        clients: clients(&[("web", &["read", "write"]), ("batch", &["read"])]),
        ..server("API", "https://api.example.com")
    };
    let policy = Policy {
        origin: origin(),
        authorization_server: at(key("api")),
        require_scopes: vec![at(ScopeValue::new("read"))],
        require_any_scope: Vec::new(),
        require_claims: BTreeMap::new(),
        audiences: None,
        jwks_ttl_minutes: None,
        client_id: ClientIdCheck::Skip,
        routes: Vec::new(),
        open: false,
        output: at("policies/api.json".to_owned()),
        probes: Vec::new(),
        gateway: Gateway::Mulesoft(Mulesoft { format: MuleFormat::Configuration, api_id: None, asset_version: None }),
    };
    DesiredState {
        apps: [(key("web"), Entry::Present(web)), (key("batch"), Entry::Present(app("Batch")))].into(),
        servers: [(key("api"), Entry::Present(server))].into(),
        policies: [(key("mule"), policy)].into(),
        ..file()
    }
}

fn server_of(desired: &mut DesiredState) -> &mut Server {
    let Some(Entry::Present(server)) = desired.servers.get_mut(&key("api")) else { panic!("listed") };
    server
}

fn differ(change: impl FnOnce(&mut DesiredState)) -> Contrast {
    let (dev, mut prod) = (sample(), sample());
    change(&mut prod);
    let variables = BTreeMap::new();
    let of = |name, desired| Environment { name, desired, files: &[], variables: &variables };
    contrast([of("dev", &dev), of("prod", &prod)], &BTreeMap::new())
}

/// Changes the second environment and expects exactly these sentences about access.
fn check(change: impl FnOnce(&mut DesiredState), expected: &[&str]) {
    let found = differ(change);
    let found: Vec<String> = found.access.iter().map(|difference| difference.sentence(&["dev", "prod"])).collect();
    assert_eq!(found, expected);
}

#[test]
fn differences_in_access_are_said_of_two_and_not_of_a_change() {
    check(|_| {}, &[]);
    check(
        |prod| server_of(prod).clients = clients(&[("web", &["read"]), ("batch", &["read", "write"])]),
        &[
            "in `prod` `batch` may get `write` on `api`, in `dev` not",
            "in `dev` `web` may get `write` on `api`, in `prod` not",
        ],
    );
    check(
        |prod| server_of(prod).clients = clients(&[("web", &["read", "write"])]),
        &["in `dev` `batch` may get `read` on `api`, in `prod` not"],
    );
    check(
        |prod| drop(prod.servers.remove(&key("api"))),
        &[
            "in `dev` `batch` may get `read` on `api`, in `prod` not",
            "in `dev` `web` may get `read`, `write` on `api`, in `prod` not",
        ],
    );
    check(
        |prod| server_of(prod).access_token_expiration_minutes = Some(at(60)),
        &["access tokens of `api` live 10 minutes in `dev`, 60 minutes in `prod`"],
    );
    check(
        |prod| prod.policies.get_mut(&key("mule")).unwrap().require_scopes.push(at(ScopeValue::new("write"))),
        &["in `dev` gateway policy `mule` lets `batch` in, in `prod` not: there it lacks `write` on `api`"],
    );
    check(
        |prod| {
            let granted = clients(&[("web", &["read", "write"]), ("batch", &["read"]), ("idle", &[])]);
            server_of(prod).clients = granted;
        },
        &["in `prod` `idle` may get tokens without scopes for `api`, in `dev` none"],
    );
    check(
        |prod| {
            let Some(Entry::Present(web)) = prod.apps.get_mut(&key("web")) else { panic!("listed") };
            web.token_endpoint_auth_method = Some(at(TokenEndpointAuthMethod::None));
            web.roles = Some(at(vec![at(key("staff"))]));
        },
        &[
            "in `prod` `web`, a client of `api`, is open to role `staff`, in `dev` not",
            "`web` gets tokens for `api` with token_endpoint_auth_method `basic` in `dev`, `none` in `prod`",
        ],
    );
    // What one of the two leaves alone is not compared.
    check(|prod| server_of(prod).clients = None, &[]);
}

#[test]
fn what_only_one_has_is_listed_without_its_children() {
    let found = differ(|prod| {
        prod.servers.clear();
        prod.roles.insert(
            key("ops"),
            Entry::Present(Role {
                origin: origin(),
                id: None,
                renamed_from: None,
                name: text("Ops"),
                ensure_users: None,
            }),
        );
    });
    let [dev, prod] = found.only.map(|only| only.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(dev, ["authorization_server/api"]);
    assert_eq!(prod, ["role/ops"]);
    let found = differ(|prod| server_of(prod).scopes = scopes(&["read"]));
    let [dev, prod] = found.only.map(|only| only.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(dev, ["authorization_server/api/scope/write"]);
    assert_eq!(prod, Vec::<String>::new());
}

#[test]
fn the_variables_behind_a_difference_are_found_by_its_place() {
    let place = |line| Origin { file: "gatewright.yaml".into(), line, column: 1, start: 0, end: 1 };
    let (mut dev, mut prod) = (sample(), sample());
    for (environment, host) in [(&mut dev, "dev.example.com"), (&mut prod, "example.com")] {
        let server = server_of(environment);
        server.resource_identifier = Some(Sourced::new(format!("https://{host}"), place(7)));
        server.name = Some(Sourced::new(format!("API of {host}"), place(if host == "example.com" { 8 } else { 9 })));
    }
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<String>>();
    let uses = [(place(7), names(&["host", "same"])), (place(8), names(&["host"])), (place(9), names(&["host"]))];
    let of_host = |host: &str| -> BTreeMap<String, String> {
        [("host".to_owned(), host.to_owned()), ("same".to_owned(), "x".to_owned())].into()
    };
    let (of_dev, of_prod) = (of_host("dev.example.com"), of_host("example.com"));
    let found = contrast(
        [
            Environment { name: "dev", desired: &dev, files: &[], variables: &of_dev },
            Environment { name: "prod", desired: &prod, files: &[], variables: &of_prod },
        ],
        &uses.into(),
    );
    assert_eq!(found.variables.iter().map(|variable| variable.name.as_str()).collect::<Vec<_>>(), ["host"]);
    let fields: Vec<(&str, Vec<&str>)> =
        found.fields.iter().map(|field| (field.path, field.variables.iter().map(String::as_str).collect())).collect();
    // Only what stands in one place for both differs by the variable alone, and only by those that differ.
    assert_eq!(fields, [("name", vec![]), ("resource_identifier", vec!["host"])]);
    assert_eq!(found.fields[1].values, [json!("https://dev.example.com"), json!("https://example.com")]);
}

/// What somebody else owns is named as the file names it: an app by name, a server by resource identifier.
#[test]
fn what_is_external_is_found_by_the_words_of_the_file() {
    fn external<T, E>(by: ExternalBy, declared: E) -> Entry<T, E> {
        Entry::External(External { origin: origin(), by, declared })
    }
    let found = differ(|prod| {
        let nothing = ExternalServer { audiences: None, scopes: None };
        prod.servers.insert(key("api"), external(ExternalBy::Name("https://theirs.example.com".to_owned()), nothing));
        prod.apps.insert(key("web"), external(ExternalBy::Name("Web".to_owned()), ()));
        prod.apps.insert(key("batch"), external(ExternalBy::Id(RemoteId(7)), ()));
    });
    let said: Vec<_> =
        found.fields.iter().filter(|field| field.path == "external").map(|field| &field.values[1]).collect();
    assert_eq!(
        said,
        [
            &json!({ "id": 7 }),
            &json!({ "name": "Web" }),
            &json!({ "resource_identifier": "https://theirs.example.com" })
        ]
    );
}
