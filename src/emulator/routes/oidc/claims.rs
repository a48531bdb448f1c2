//! What tokens say about a user: the standard claims by scope, and a server's custom claims.

use serde_json::{Map, Value, json};

use crate::emulator::call::Call;
use crate::emulator::state::{Claim, User};

/// Returns the standard claims that the scopes ask for. Source: reference sections 7.1 and 7.5.
pub(super) fn standard(call: &Call<'_>, id: u64, user: &User, scopes: &[String]) -> Map<String, Value> {
    let has = |scope: &str| scopes.iter().any(|granted| granted == scope);
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), id.to_string().into());
    if has("email") || has("profile") {
        claims.insert("email".to_owned(), user.email.clone().into());
    }
    if has("profile") || has("name") {
        claims.insert("preferred_username".to_owned(), user.username.clone().into());
        claims.insert("name".to_owned(), full_name(user).into());
        // Source: the user-info page's sample has milliseconds.
        claims.insert("updated_at".to_owned(), user.updated_at.into());
        claims.insert("given_name".to_owned(), user.text("firstname").into());
        claims.insert("family_name".to_owned(), user.text("lastname").into());
    }
    if has("groups") {
        claims.insert("groups".to_owned(), roles(call, id).into());
    }
    if has("params") {
        claims.insert("params".to_owned(), json!({}));
    }
    if has("phone") {
        claims.insert("phone_number".to_owned(), user.text("phone").into());
    }
    claims
}

fn full_name(user: &User) -> String {
    let parts = [user.text("firstname"), user.text("lastname")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn roles(call: &Call<'_>, user: u64) -> Vec<String> {
    let mut names: Vec<String> =
        call.state.roles.values().filter(|role| role.users.contains_key(&user)).map(|role| role.name.clone()).collect();
    names.sort();
    names
}

/// Returns a server's custom claims for a user; one without a value is left out.
pub(super) fn custom(call: &Call<'_>, server: u64, id: u64, user: &User) -> Map<String, Value> {
    let mut claims = Map::new();
    for (_, claim) in call.state.claims_of(server) {
        if let Some(value) = value(call, claim, id, user) {
            claims.insert(claim.name.clone(), value);
        }
    }
    claims
}

/// Source: reference section 4.4: `_macro_` switches to the macro.
fn value(call: &Call<'_>, claim: &Claim, id: u64, user: &User) -> Option<Value> {
    let text = match claim.mapping.as_deref()? {
        "_macro_" => expanded(call, claim.macros.as_deref()?, id, user),
        mapping => attribute(call, mapping, id, user)?,
    };
    Some(transformed(claim.transformation.as_deref(), text))
}

/// Source: the console calls the documented transformation a delimited input with several values as output, and the
/// absence of one a single value.
fn transformed(transformation: Option<&str>, text: String) -> Value {
    match transformation {
        Some("semicolon_separated_list") => {
            text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect::<Vec<_>>().into()
        }
        _ => Value::String(text),
    }
}

fn attribute(call: &Call<'_>, mapping: &str, id: u64, user: &User) -> Option<String> {
    if let Some(short_name) = mapping.strip_prefix("custom_attribute_") {
        return user.custom_attributes.get(short_name).and_then(plain);
    }
    match mapping {
        "id" => Some(id.to_string()),
        "roles" | "role" => Some(roles(call, id).join(";")),
        "name" => Some(full_name(user)),
        other => user.text(other).map(str::to_owned).or_else(|| user.fields.get(other).and_then(plain)),
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Replaces `{attribute}` by its value; an unknown one by nothing.
fn expanded(call: &Call<'_>, template: &str, id: u64, user: &User) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                text.push_str(&attribute(call, name, id, user).unwrap_or_default());
                rest = tail;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transformations() {
        let check = |transformation: Option<&str>, text: &str, expected: Value| {
            assert_eq!(transformed(transformation, text.to_owned()), expected);
        };
        check(None, "a;b", json!("a;b"));
        check(Some("semicolon_separated_list"), "a;b", json!(["a", "b"]));
        check(Some("semicolon_separated_list"), "", json!([]));
        check(Some("something_else"), "a;b", json!("a;b"));
    }
}
