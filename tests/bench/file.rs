//! Files to work on.

use serde_json::json;
use std::fmt::Write;

/// A file of units of ten objects: a server with five scopes and two claims, an app, and its binding.
pub(crate) fn contents(units: usize) -> String {
    let mut apps = String::from("oidc_apps:\n");
    let mut servers = String::from("authorization_servers:\n");
    for unit in 0..units {
        let (app, server) = (format!("app-{unit:05}"), format!("api-{unit:05}"));
        write!(
            apps,
            "  {app}:\n    name: App {unit:05}\n    application_type: web\n    token_endpoint_auth_method: post\n    \
             redirect_uris: [\"https://{app}.example.com/callback\"]\n"
        )
        .unwrap();
        server_entry(&mut servers, &server, 5);
        write!(
            servers,
            "    claims:\n      email: {{ user_attribute: email }}\n      department: {{ user_attribute: department }}\n    \
             clients:\n      {app}: [\"{server}:0\", \"{server}:1\"]\n"
        )
        .unwrap();
    }
    format!("{}{apps}{servers}", head())
}

/// A file of servers that have scopes and nothing else.
pub(crate) fn servers(count: usize, scopes: usize) -> String {
    let mut servers = format!("{}authorization_servers:\n", head());
    for index in 0..count {
        server_entry(&mut servers, &format!("api-{index:05}"), scopes);
    }
    servers
}

/// The account of such a file, as a snapshot: one scope in a hundred has other words.
pub(crate) fn snapshot(count: usize, scopes: usize) -> String {
    let server = |index: usize| {
        let key = format!("api-{index:05}");
        let url = format!("https://{key}.example.com");
        let scope = |number: usize| {
            let id = index * scopes + number;
            let word = if id.is_multiple_of(100) { "Allowed" } else { "Allows" };
            json!({
                "id": id, "value": format!("{key}:{number}"), "description": format!("{word} number {number}"),
                "inherited": false,
            })
        };
        json!({
            "id": index + 1, "listed": true, "name": format!("API {key}"), "description": "", "resource_identifier": url,
            "audiences": [url], "access_token_expiration_minutes": 10, "refresh_token_expiration_minutes": 30,
            "built_in": false, "scopes": (0..scopes).map(scope).collect::<Vec<_>>(), "claims": [], "clients": [],
        })
    };
    let account = json!({
        "format_version": 1, "program_version": "", "tenant": "acme.onelogin.com", "account_id": 555555,
        "servers_truncated": false, "authorization_servers": (0..count).map(server).collect::<Vec<_>>(),
        "apps": [], "roles": [], "users": [],
    });
    account.to_string()
}

fn head() -> &'static str {
    "version: 1\ntenant: { subdomain: acme }\n"
}

fn server_entry(servers: &mut String, key: &str, scopes: usize) {
    write!(
        servers,
        "  {key}:\n    name: API {key}\n    description: \"\"\n    resource_identifier: https://{key}.example.com\n    \
         audiences: [\"https://{key}.example.com\"]\n    access_token_expiration_minutes: 10\n    \
         refresh_token_expiration_minutes: 30\n    scopes:\n"
    )
    .unwrap();
    for scope in 0..scopes {
        writeln!(servers, "      {key}:{scope}: Allows number {scope}").unwrap();
    }
}
