//! The JSON Schema of the file, for editors and for `explain`.
//!
//! The schema is generated from types of its own, so that its sentences can speak to users. It says less than the reader:
//! references, variables and identity are beyond it. Tests hold the two together.

mod entries;
mod enumerate;
mod policies;
mod root;
mod values;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// Returns the JSON Schema (draft-07) of the root file.
///
/// Source: editors' YAML language server validates with draft-07 only.
pub fn schema() -> Value {
    schema_of::<root::Root>()
}

/// Returns the JSON Schema (draft-07) of a file that the root file includes.
pub fn include_schema() -> Value {
    schema_of::<root::Included>()
}

fn schema_of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    forbid_null(&mut schema);
    enumerate::enumerate(&mut schema);
    schema
}

/// Takes out the null that an optional key gets: a key is there with a value, or not at all.
fn forbid_null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [single] = types.as_slice() {
                    let single = single.clone();
                    object.insert("type".to_owned(), single);
                }
            }
            let is_null = |schema: &Value| schema.get("type").is_some_and(|name| name == "null");
            let mut sole = None;
            if let Some(Value::Array(options)) = object.get_mut("anyOf")
                && options.iter().any(is_null)
            {
                options.retain(|schema| !is_null(schema));
                if let [Value::Object(single)] = options.as_slice() {
                    sole = Some(single.clone());
                }
            }
            if let Some(single) = sole {
                object.remove("anyOf");
                // Draft-07 ignores what stands beside `$ref`, so a description needs an `allOf` around it.
                if single.contains_key("$ref") && !object.is_empty() {
                    object.insert("allOf".to_owned(), Value::Array(vec![Value::Object(single)]));
                } else {
                    object.extend(single);
                }
            }
            object.values_mut().for_each(forbid_null);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
