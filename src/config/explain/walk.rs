//! The way through the schema.

use super::{KeyDoc, last};
use serde_json::{Map, Value};

/// Returns every key of a schema in its order.
pub(super) fn keys(schema: &Value) -> Vec<KeyDoc> {
    let mut walk = Walk { definitions: schema.get("definitions").cloned().unwrap_or_default(), keys: Vec::new() };
    walk.properties("", schema);
    walk.keys
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
        // Where one thing or a list of them may stand, the way without `[]` comes first and is enough.
        if self.keys.iter().any(|key| without_items(&key.path) == without_items(path)) {
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
        let takes = takes.join(", or ");
        let default = resolved.get("default").map(word);
        let example = example(last(path), &resolved).unwrap_or_default();
        let (path_text, children) = (path.to_owned(), Vec::new());
        self.keys.push(KeyDoc {
            path: path_text,
            description,
            takes,
            choices,
            is_required,
            default,
            example,
            children,
        });
        self.properties(path, schema);
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
        let shape = self.shape(fields);
        match fields.get("$comment").and_then(Value::as_str) {
            Some(condition) => format!("{condition} {shape}"),
            None => shape,
        }
    }

    /// Says in words of what shape an alternative is.
    fn shape(&self, fields: &Map<String, Value>) -> String {
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

/// Takes out that a way leads through lists.
fn without_items(path: &str) -> String {
    path.replace("[]", "")
}

/// The pattern of a text that is there for its variable.
const VARIABLE: &str = r"\$\{[^}]+\}";

/// Returns the words a schema takes, each with what it means.
fn choices(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let list = |name: &str| fields.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let meanings = list("enumDescriptions");
    let meaning = |place: usize| meanings.get(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    list("enum").iter().enumerate().map(|(place, value)| (word(value), meaning(place))).collect()
}

/// Returns a scalar as the file says it.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the lines of a file that say the schema's first example.
fn example(key: &str, fields: &Map<String, Value>) -> Option<String> {
    let example = fields.get("examples")?.as_array()?.first()?;
    // A key of the user's own takes any name.
    let key = key.trim_matches(['<', '>']);
    let options = serde_yaml::ser_options! { prefer_block_scalars: false, compact_list_indent: false };
    serde_yaml::to_string_with_options(&serde_json::json!({ key: example }), options).ok()
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
