//! Files to work on.

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
