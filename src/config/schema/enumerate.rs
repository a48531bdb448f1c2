//! Words as editors like them best.

use serde_json::{Map, Value, json};

/// Turns a choice between described constants into an `enum` with `enumDescriptions`.
///
/// An editor that is asked about a key shows the first description it comes across: that of the constant, not the key's.
/// An `enum` leaves the key its own, and its words are listed below it, each with what it means.
///
/// Source: Visual Studio Code's JSON and YAML language servers read `enumDescriptions`; validators ignore it.
pub(super) fn enumerate(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(enumerate),
        Value::Object(object) => {
            if let Some(words) = object.get("oneOf").and_then(constants) {
                object.remove("oneOf");
                object.extend(words);
            }
            object.values_mut().for_each(enumerate);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the words of options that are all constants with a description.
fn constants(options: &Value) -> Option<Map<String, Value>> {
    let mut words = Vec::new();
    let mut descriptions = Vec::new();
    for option in options.as_array()? {
        words.push(option.get("const")?.clone());
        descriptions.push(option.get("description")?.clone());
    }
    let fields = json!({ "type": "string", "enum": words, "enumDescriptions": descriptions });
    fields.as_object().cloned()
}
