//! What every fresh account has.

use serde_json::{Map, Value, json};

use super::{ScopeDocument, ServerConfigurationDocument, ServerDocument, UserDocument};

/// Returns the server that OneLogin owns, with a scope it supplies.
pub(super) fn built_in_server() -> ServerDocument {
    let scope = |value: &str, description: &str| ScopeDocument {
        id: None,
        value: value.to_owned(),
        description: Some(description.to_owned()),
        inherited: true,
    };
    ServerDocument {
        id: None,
        name: "OneLogin API".to_owned(),
        description: Some("Built-in authorization server".to_owned()),
        configuration: ServerConfigurationDocument {
            resource_identifier: "https://api.onelogin.example/builtin".to_owned(),
            audiences: vec!["https://api.onelogin.example/builtin".to_owned()],
            access_token_expiration_minutes: Some(10),
            refresh_token_expiration_minutes: Some(30),
        },
        connector_id: None,
        onelogin: true,
        scopes: vec![scope("onelogin:profile", "Supplied by OneLogin")],
        claims: Vec::new(),
        clients: Vec::new(),
    }
}

/// Returns the user that tests sign in.
pub(super) fn tester() -> UserDocument {
    UserDocument {
        username: Some("tester".to_owned()),
        email: Some("tester@example.com".to_owned()),
        password: Some("tester-password".to_owned()),
        firstname: Some("Terry".to_owned()),
        lastname: Some("Tester".to_owned()),
        ..UserDocument::default()
    }
}

/// Returns the fields of the parameter every OIDC app has. Source: reference section 5.4, sample of a POST answer.
pub(crate) fn groups_fields() -> Map<String, Value> {
    let fields = json!({
        "label": "Groups", "user_attribute_mappings": null, "user_attribute_macros": null,
        "attributes_transformations": null, "values": null, "default_values": null, "skip_if_blank": false,
        "provisioned_entitlements": false, "include_in_saml_assertion": true,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
