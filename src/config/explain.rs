//! The documentation of every key, read from the schema, so that editors and `explain` say the same.

use super::nearest::nearest;
use super::schema;
use serde_json::{Map, Value};

/// What is to be known about one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDoc {
    /// The way to it from the root, with `.` between; what users name themselves stands as `<server>`, a list item as `[]`.
    pub path: String,
    /// What it says, in one or more paragraphs.
    pub description: String,
    /// What it takes, a lowercase fragment.
    pub takes: String,
    /// The words it takes, each with what it means; empty where any text will do.
    pub choices: Vec<(String, String)>,
    /// Whether it has to be there.
    pub is_required: bool,
    /// The keys directly below it.
    pub children: Vec<String>,
}

/// A key that is nowhere in the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no key of the file is called `{wanted}`")]
pub struct UnknownKey {
    /// What was asked for.
    pub wanted: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

/// Explains a key: all keys of that name, or the one at that path. A name of the user's own may stand in a path for its
/// placeholder.
///
/// # Errors
/// [`UnknownKey`] with the nearest name.
pub fn explain(wanted: &str) -> Result<Vec<KeyDoc>, UnknownKey> {
    let keys = keys();
    let found: Vec<KeyDoc> = keys.iter().filter(|key| is_meant(&key.path, wanted)).cloned().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let is_path = wanted.contains('.');
    let candidates = keys.iter().map(|key| if is_path { key.path.as_str() } else { last(&key.path) });
    Err(UnknownKey { wanted: wanted.to_owned(), nearest: nearest(wanted, candidates).map(str::to_owned) })
}

/// Returns every key of the format in the order of the schema.
pub fn keys() -> Vec<KeyDoc> {
    let schema = schema();
    let mut walk = Walk { definitions: schema.get("definitions").cloned().unwrap_or_default(), keys: Vec::new() };
    walk.properties("", &schema);
    walk.keys
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path).trim_end_matches("[]")
}

/// Says whether a path is what was asked for.
fn is_meant(path: &str, wanted: &str) -> bool {
    if !wanted.contains('.') {
        return last(path) == wanted;
    }
    let (path, wanted): (Vec<&str>, Vec<&str>) = (path.split('.').collect(), wanted.split('.').collect());
    let is_same =
        |(segment, wanted): (&&str, &&str)| segment.starts_with('<') || segment.trim_end_matches("[]") == *wanted;
    path.len() == wanted.len() && path.iter().zip(&wanted).all(is_same)
}

/// Collects keys on the way through the schema.
struct Walk {
    definitions: Value,
    keys: Vec<KeyDoc>,
}

impl Walk {
    /// Follows references; what stands beside one is laid over what it refers to.
    fn resolved(&self, schema: &Value) -> Map<String, Value> {
        let Some(fields) = schema.as_object() else { return Map::new() };
        let mut resolved = Map::new();
        let referred = fields.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/definitions/"));
        let parts = fields.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for part in referred.and_then(|name| self.definitions.get(name)).into_iter().chain(parts) {
            resolved.extend(self.resolved(part));
        }
        resolved.extend(fields.clone());
        resolved
    }

    /// Returns what a value may be: each alternative, without the text that only holds a variable.
    fn alternatives(&self, schema: &Value) -> Vec<Map<String, Value>> {
        let fields = self.resolved(schema);
        let options = fields.get("anyOf").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_alternative =
            |option: &Value| option.get("required").is_none() && option.get("pattern") != Some(&VARIABLE.into());
        let options: Vec<_> = options.iter().filter(|option| is_alternative(option)).collect();
        match options.is_empty() {
            true => vec![fields],
            false => options.into_iter().flat_map(|option| self.alternatives(option)).collect(),
        }
    }

    /// Adds the keys below a mapping.
    fn properties(&mut self, path: &str, schema: &Value) {
        for fields in self.alternatives(schema) {
            let required = fields.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            for (name, schema) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.key(&path, schema, required.iter().any(|key| key == name));
            }
            if let Some(schema) = fields.get("additionalProperties").filter(|schema| schema.is_object()) {
                let path = format!("{path}.<{}>", placeholder(last(path)));
                self.key(&path, schema, false);
            }
            if let Some(items) = fields.get("items") {
                self.properties(&format!("{path}[]"), items);
            }
        }
    }

    fn key(&mut self, path: &str, schema: &Value, is_required: bool) {
        if self.keys.iter().any(|key| key.path == path) {
            return;
        }
        let text = |fields: &Map<String, Value>| fields.get("description").and_then(Value::as_str).map(str::to_owned);
        let resolved = self.resolved(schema);
        let alternatives = self.alternatives(schema);
        let description = text(&resolved).or_else(|| alternatives.iter().find_map(text)).unwrap_or_default();
        let mut takes: Vec<String> = alternatives.iter().map(|fields| self.words(fields)).collect();
        takes.dedup();
        let choices = alternatives.iter().flat_map(choices).collect();
        let place = self.keys.len();
        let path = path.to_owned();
        let takes = takes.join(", or ");
        self.keys.push(KeyDoc { path: path.clone(), description, takes, choices, is_required, children: Vec::new() });
        self.properties(&path, schema);
        let depth = path.split('.').count() + 1;
        let below = self.keys.iter().skip(place + 1).filter(|key| key.path.split('.').count() == depth);
        let children = below.map(|key| last(&key.path).to_owned()).collect();
        if let Some(key) = self.keys.get_mut(place) {
            key.children = children;
        }
    }

    /// Says in words what an alternative takes.
    fn words(&self, fields: &Map<String, Value>) -> String {
        if !choices(fields).is_empty() {
            return "one of the words below".to_owned();
        }
        match fields.get("type").and_then(Value::as_str) {
            Some("string") => "text".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => match (fields.get("minimum"), fields.get("maximum")) {
                (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
                (Some(least), None) => format!("a whole number from {least}"),
                _ => "a whole number".to_owned(),
            },
            Some("array") => {
                let items = fields.get("items").map(|items| self.alternatives(items)).unwrap_or_default();
                let items: Vec<String> = items.iter().map(|item| self.words(item)).collect();
                let least = if fields.contains_key("minItems") { ", at least one" } else { "" };
                format!("a list: {}{least}", items.join(", or "))
            }
            Some("object") => "a mapping".to_owned(),
            _ => "text, a number, `true` or `false`".to_owned(),
        }
    }
}

/// The pattern of a text that is there for its variable.
const VARIABLE: &str = r"\$\{[^}]+\}";

/// Returns the words a schema takes, each with what it means.
fn choices(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let meant = fields.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter_map(|option| {
        let description = option.get("description").and_then(Value::as_str).unwrap_or_default();
        Some((word(option.get("const")?), description.to_owned()))
    });
    let plain = fields.get("enum").and_then(Value::as_array).into_iter().flatten();
    meant.chain(plain.map(|value| (word(value), String::new()))).collect()
}

/// Names what stands for a key of the user's own.
fn placeholder(parent: &str) -> &str {
    match parent {
        "roles" => "role",
        "oidc_apps" | "clients" => "app",
        "authorization_servers" => "server",
        "gateway_policies" => "policy",
        "environments" => "environment",
        "variables" => "variable",
        "scopes" => "scope",
        "claims" | "require_claims" => "claim",
        _ => "name",
    }
}

#[cfg(test)]
mod tests {
    use super::{explain, keys};

    #[test]
    fn every_key_is_explained() {
        let undocumented: Vec<String> = keys()
            .into_iter()
            .filter(|key| key.description.is_empty() && !key.path.ends_with('>'))
            .map(|key| key.path)
            .collect();
        assert_eq!(undocumented, Vec::<String>::new());
        assert!(keys().len() > 80, "{}", keys().len());
    }

    #[test]
    fn keys_are_found_by_name_and_by_path() {
        let paths =
            |wanted: &str| -> Vec<String> { explain(wanted).unwrap().into_iter().map(|key| key.path).collect() };
        assert_eq!(paths("ensure_users"), ["roles.<role>.ensure_users"]);
        assert_eq!(
            paths("audiences"),
            ["authorization_servers.<server>.audiences", "gateway_policies.<policy>.audiences"]
        );
        assert_eq!(paths("oidc_apps.web.redirect_uris"), ["oidc_apps.<app>.redirect_uris"]);
        assert_eq!(
            paths("authorization_servers.*.scopes.*.renamed_from"),
            ["authorization_servers.<server>.scopes.<scope>.renamed_from"]
        );
        assert_eq!(paths("methods"), ["gateway_policies.<policy>.routes[].methods"]);
        let nearest = |wanted: &str| explain(wanted).unwrap_err().nearest;
        assert_eq!(nearest("audience").as_deref(), Some("audiences"));
        assert_eq!(nearest("zzz"), None);
    }

    #[test]
    fn a_key_says_what_it_takes() {
        let one = |wanted: &str| explain(wanted).unwrap().remove(0);
        let key = one("authorization_servers.a.access_token_expiration_minutes");
        assert_eq!(key.takes, "a whole number from 1 to 2147483647");
        let key = one("token_endpoint_auth_method");
        let words: Vec<&str> = key.choices.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["basic", "post", "none"]);
        assert_eq!(one("redirect_uris").takes, "a list: text");
        assert!(one("tenant").is_required);
        assert_eq!(one("tenant").children, ["subdomain", "account_id", "base_url"]);
    }
}
