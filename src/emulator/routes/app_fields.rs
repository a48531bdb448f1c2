//! What an app's body may hold: the strict `configuration`, the parameters, and how both are shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::connectors;
use super::servers::minutes;
use crate::emulator::call::{Call, label};
use crate::emulator::errors::Refusal;
use crate::emulator::state::{App, Change, Parameter};
use crate::emulator::switches::ZeroValues;

/// `auth_method` of OpenID Connect.
pub(super) const OPENID_CONNECT: u64 = 8;

/// Returns the name of an authentication method. Source: reference section 5.1; 8 is spelt as in spec-C.
pub(super) fn auth_method_name(auth_method: u64) -> &'static str {
    match auth_method {
        0 => "Password",
        1 => "OpenId",
        2 => "SAML",
        3 => "API",
        4 => "Google",
        6 => "Forms Based App",
        7 => "WSFED",
        8 => "OpenId Connect",
        9 => "API Authorization",
        _ => "Unknown",
    }
}

/// Lays a body's `configuration` over an app's; keys that are left out stay.
///
/// # Errors
/// The vendor's 400 where a key is unknown, even with null. Source: spb SDK_ISSUES 8, tf #9.
pub(super) fn configure(app: &mut App, body: &Map<String, Value>) -> Result<(), Refusal> {
    let configuration = match body.get("configuration") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(configuration)) => configuration,
        Some(_) => {
            return Err(Refusal::BadRequest("Expected object in configuration".to_owned()));
        }
    };
    if app.auth_method != OPENID_CONNECT {
        app.configuration.extend(configuration.clone());
        return Ok(());
    }
    for (key, value) in configuration {
        let stored = match key.as_str() {
            // An array is accepted and comes back as one. Source: spb c1584c2.
            "redirect_uri" if value.is_array() => value.clone(),
            "redirect_uri" | "login_url" | "post_logout_redirect_uri" | "oidc_encryption_key" => text(key, value)?,
            "oidc_application_type" => choice(configuration, key, 1)?,
            "token_endpoint_auth_method" => choice(configuration, key, 2)?,
            "access_token_expiration_minutes" | "refresh_token_expiration_minutes" => {
                minutes(configuration, key)?.map_or(Value::Null, Value::from)
            }
            "include_amr_claims" => value.as_bool().unwrap_or(false).into(),
            // Read only. Source: spec-C.
            "oidc_api_version" => continue,
            _ => {
                return Err(Refusal::BadRequest(format!("Unknown parameter on configuration section: {key}")));
            }
        };
        app.configuration.insert(key.clone(), stored);
    }
    Ok(())
}

fn text(key: &str, value: &Value) -> Result<Value, Refusal> {
    match value {
        Value::Null | Value::String(_) => Ok(value.clone()),
        _ => Err(Refusal::invalid(format!("{} is invalid", label(key)))),
    }
}

fn choice(configuration: &Map<String, Value>, key: &str, max: u64) -> Result<Value, Refusal> {
    match minutes(configuration, key)? {
        None => Ok(Value::Null),
        Some(number) if number <= max => Ok(number.into()),
        Some(_) => Err(Refusal::invalid(format!("{} is not included in the list", label(key)))),
    }
}

/// Returns an app's `configuration` as it is shown.
///
/// Source: reference section 5.3: zeros may be left out, `include_amr_claims` always comes, an encryption key that
/// was never set is an empty text, a logout address that was never set is null.
pub(super) fn shown_configuration(app: &App, zero_values: ZeroValues) -> Map<String, Value> {
    if app.auth_method != OPENID_CONNECT {
        return app.configuration.clone();
    }
    let stored = |key: &str| app.configuration.get(key).filter(|value| !value.is_null()).cloned();
    let mut shown = Map::new();
    for key in ["redirect_uri", "login_url", "post_logout_redirect_uri"] {
        shown.insert(key.to_owned(), stored(key).unwrap_or(Value::Null));
    }
    for key in ["access_token_expiration_minutes", "refresh_token_expiration_minutes"] {
        if let Some(minutes) = stored(key) {
            shown.insert(key.to_owned(), minutes);
        }
    }
    let key = stored("oidc_encryption_key").unwrap_or_else(|| "".into());
    shown.insert("oidc_encryption_key".to_owned(), key);
    for key in ["oidc_application_type", "token_endpoint_auth_method"] {
        let value = stored(key).unwrap_or_else(|| 0.into());
        if value != json!(0) || zero_values == ZeroValues::Show {
            shown.insert(key.to_owned(), value);
        }
    }
    let amr = stored("include_amr_claims").unwrap_or(Value::Bool(false));
    shown.insert("include_amr_claims".to_owned(), amr);
    shown
}

/// Lays a body's `parameters` over an app's; those left out stay. Source: reference section 5.5.
///
/// # Errors
/// A validation refusal where the connector takes no new ones.
pub(super) fn set_parameters(call: &mut Call<'_>, app: &mut App, body: &Map<String, Value>) -> Result<(), Refusal> {
    let parameters = match body.get("parameters") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(parameters)) => parameters,
        Some(_) => {
            return Err(Refusal::BadRequest("Expected object in parameters".to_owned()));
        }
    };
    let takes_new = connectors::by_id(call, app.connector_id).is_some_and(|row| row.allows_new_parameters);
    for (name, value) in parameters {
        let Value::Object(given) = value else {
            return Err(Refusal::BadRequest(format!("Expected object in parameter {name}")));
        };
        if let Some(known) = app.parameters.get_mut(name) {
            known.fields.extend(written(given, Given::Update));
        } else if takes_new {
            let mut fields = blank_parameter(name);
            fields.extend(written(given, Given::Create));
            let id = call.new_id();
            app.parameters.insert(name.clone(), Parameter { id, connector_level: false, fields });
        } else {
            return Err(Refusal::invalid(format!("Parameter {name} is not allowed by the connector")));
        }
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Given {
    Create,
    Update,
}

/// Returns the fields a client may set; `label` only when the parameter is made.
fn written(given: &Map<String, Value>, when: Given) -> Map<String, Value> {
    let settable = |key: &str| key != "id" && (key != "label" || when == Given::Create);
    given.iter().filter(|(key, _)| settable(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn blank_parameter(name: &str) -> Map<String, Value> {
    let fields = json!({
        "label": name, "user_attribute_mappings": null, "user_attribute_macros": null,
        "attributes_transformations": null, "values": null, "default_values": null, "skip_if_blank": false,
        "provisioned_entitlements": false, "safe_entitlements_enabled": false, "include_in_saml_assertion": false,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Returns an app's parameters as they are shown: by name, each with its id first.
pub(super) fn shown_parameters(parameters: &BTreeMap<String, Parameter>) -> Map<String, Value> {
    let shown = |parameter: &Parameter| {
        let mut fields = Map::new();
        fields.insert("id".to_owned(), parameter.id.into());
        fields.extend(parameter.fields.clone());
        Value::Object(fields)
    };
    parameters.iter().map(|(name, parameter)| (name.clone(), shown(parameter))).collect()
}

/// Gives exactly these roles access to an app. Source: reference section 5.2: the whole list is replaced.
///
/// # Errors
/// A validation refusal where a role is unknown.
pub(super) fn set_roles(call: &mut Call<'_>, app: u64, body: &Map<String, Value>) -> Result<(), Refusal> {
    let listed = match body.get("role_ids") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(Refusal::BadRequest("Expected array in role_ids".to_owned())),
    };
    let wanted: Option<Vec<u64>> = listed.iter().map(Value::as_u64).collect();
    let wanted = wanted.filter(|ids| ids.iter().all(|id| call.state.roles.contains_key(id)));
    let Some(wanted) = wanted else {
        return Err(Refusal::invalid("Role ids is invalid"));
    };
    let changed: Vec<u64> = call
        .state
        .roles
        .iter()
        .filter(|(id, role)| role.apps.contains(&app) != wanted.contains(id))
        .map(|(&id, _)| id)
        .collect();
    for id in changed {
        if let Some(mut role) = call.state.roles.get(&id).cloned() {
            if !role.apps.remove(&app) {
                role.apps.insert(app);
            }
            call.state.put(Change::Role(id, Some(role)));
        }
    }
    Ok(())
}
