//! A change set that makes, changes, renames and deletes something of every kind, and makes an app anew, next to what is nobody's business.

use serde_json::{Value, json};

/// The account before.
pub(super) fn seed() -> Value {
    let app = |name: &str, uri: &str| {
        json!({
            "name": name,
            "configuration": { "redirect_uri": uri, "oidc_application_type": 0, "token_endpoint_auth_method": 1 },
        })
    };
    let server = |name: &str, identifier: &str| {
        json!({
            "name": name,
            "description": format!("{name} before"),
            "configuration": {
                "resource_identifier": identifier,
                "audiences": [identifier, format!("{identifier}/v2")],
                "access_token_expiration_minutes": 10,
                "refresh_token_expiration_minutes": 30,
            },
            "scopes": [{ "value": "read", "description": "Read" }],
        })
    };
    let mut ledger = server("Ledger", "https://ledger.example.com");
    ledger["scopes"] = json!([
        { "value": "read", "description": "Read" },
        { "value": "edit", "description": "Edit" },
        { "value": "gone", "description": "Gone" },
    ]);
    ledger["claims"] = json!([
        { "name": "mail", "user_attribute_mappings": "username" },
        { "name": "surname", "user_attribute_mappings": "lastname" },
        { "name": "gone", "user_attribute_mappings": "email" },
    ]);
    ledger["clients"] = json!([
        { "app_id": "Web", "scopes": ["read", "gone"] },
        { "app_id": "Old App", "scopes": ["read"] },
        { "app_id": "Replaced App", "scopes": ["read"] },
        { "app_id": "Neighbour App", "scopes": ["edit"] },
    ]);
    let mut gone = server("Gone Server", "https://gone.example.com");
    gone["clients"] = json!([{ "app_id": "Web", "scopes": ["read"] }]);
    let mut neighbour = server("Neighbour Server", "https://neighbour.example.com");
    neighbour["clients"] = json!([{ "app_id": "Neighbour App", "scopes": ["read"] }]);
    json!({
        "roles": [
            { "name": "Readers" },
            { "name": "Old Role" },
            { "name": "Gone Role" },
            { "name": "Neighbour Role", "users": [{ "user": "tester@example.com" }] },
        ],
        "apps": [
            app("Web", "https://web.example.com/callback"),
            app("Old App", "https://old.example.com/callback"),
            app("Gone App", "https://gone.example.com/callback"),
            app("Replaced App", "https://replaced.example.com/callback"),
            app("Neighbour App", "https://neighbour.example.com/callback"),
        ],
        "authorization_servers": [
            ledger,
            server("Old Server", "https://old.example.com"),
            gone,
            neighbour,
        ],
    })
}

/// The file.
pub(super) const DESIRED: &str = r#"
version: 1
tenant: { subdomain: acme }
roles:
  made: { name: Made Role, ensure_users: [tester@example.com] }
  readers: { name: Readers, ensure_users: [tester@example.com] }
  renamed: { name: New Role, renamed_from: Old Role }
  gone: { name: Gone Role, state: absent }
oidc_apps:
  made:
    name: Made App
    application_type: web
    token_endpoint_auth_method: basic
    redirect_uris: ["https://made.example.com/callback"]
    roles: [made, readers]
  spa:
    name: Made SPA
    application_type: native
    token_endpoint_auth_method: none
    redirect_uris: ["https://spa.example.com/callback"]
  web:
    name: Web
    redirect_uris: ["https://web.example.com/callback", "https://web.example.com/second"]
    roles: [readers]
  renamed: { name: New App, renamed_from: Old App }
  gone: { name: Gone App, state: absent }
  replaced:
    name: Replaced App
    application_type: web
    token_endpoint_auth_method: post
    redirect_uris: ["https://replaced.example.com/callback"]
authorization_servers:
  made:
    name: Made Server
    description: Made
    resource_identifier: https://made.example.com
    audiences: ["https://made.example.com"]
    access_token_expiration_minutes: 5
    refresh_token_expiration_minutes: 60
    scopes: { use: Use }
    claims: { mail: { user_attribute: email } }
    clients: { made: [use], spa: [use] }
  ledger:
    name: Ledger
    description: Ledger after
    resource_identifier: https://ledger.example.com
    audiences: ["https://ledger.example.com"]
    access_token_expiration_minutes: 15
    scopes:
      read: Read all
      write: { description: Write, renamed_from: edit }
      made: Made
    claims:
      mail: { user_attribute: email }
      family_name: { user_attribute: lastname, renamed_from: surname }
      made: { macro: "{firstname} {lastname}" }
    clients:
      web: [read, write, made]
      renamed: [read]
      replaced: [read]
      made: [read]
  renamed:
    name: New Server
    renamed_from: { name: Old Server }
    resource_identifier: https://old.example.com
  gone:
    resource_identifier: https://gone.example.com
    state: absent
gateway_policies:
  ledger:
    gateway: mulesoft
    authorization_server: ledger
    require_scopes: [read]
    output: policies/ledger.json
"#;
