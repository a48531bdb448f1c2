//! Text of a policy file or token → JSON values, duplicate keys refused.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::FileError;

/// Reads one JSON document.
///
/// Errors: [`FileError::Malformed`], also for a key that stands twice in one object.
pub(super) fn from_json(text: &str) -> Result<Value, FileError> {
    let document: Document = serde_json::from_str(text).map_err(malformed)?;
    Ok(document.0)
}

/// Reads one JSON object from bytes, as the parts of a token are.
pub(super) fn object_from_json(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice::<Document>(bytes).ok()?.0 {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Reads all documents of a YAML file by YAML 1.2 rules: `yes` is a text, `"5"` is not a number.
///
/// Errors: [`FileError::Malformed`], also for a key that stands twice in one mapping.
pub(super) fn from_yaml(text: &str) -> Result<Vec<Value>, FileError> {
    let options = serde_yaml::options! {
        strict_booleans: true,
        strict_indentation: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false
    };
    let documents: Vec<Document> = serde_yaml::from_multiple_with_options(text, options).map_err(malformed)?;
    Ok(documents.into_iter().map(|document| document.0).collect())
}

fn malformed(error: impl fmt::Display) -> FileError {
    FileError::Malformed(error.to_string())
}

/// A value whose objects hold every key once. `serde_json::Value` keeps the last of several.
struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor).map(Self)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Document::deserialize(deserializer).map(|document| document.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Document(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            let Document(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_read_strictly() {
        assert_eq!(
            from_json(r#"{"a": [1, -2, 1.5, null, true, {"b": "c"}]}"#).unwrap(),
            json!({"a": [1, -2, 1.5, null, true, {"b": "c"}]})
        );
        for bad in [r#"{"a": 1, "a": 1}"#, r#"{"x": {"a": 1, "a": 2}}"#, "{} {}", "{", "", "// c\n{}"] {
            assert!(matches!(from_json(bad), Err(FileError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn yaml_is_read_strictly() {
        let check = |text: &str, expected: Vec<Value>| assert_eq!(from_yaml(text).unwrap(), expected, "{text}");
        check("a: 1\n---\nb: yes\n", vec![json!({"a": 1}), json!({"b": "yes"})]);
        check("# comment\na: 'true'\nb: true\nc: \"256\"\n", vec![json!({"a": "true", "b": true, "c": "256"})]);
        check("a: 010\nb: \"#[x]\"\n", vec![json!({"a": "010", "b": "#[x]"})]);
        for bad in ["a: 1\na: 2\n", "a:\n  b: 1\n  b: 1\n", "a: [1", "a: !!binary x\n", "a: .nan\n"] {
            assert!(matches!(from_yaml(bad), Err(FileError::Malformed(_))), "{bad}");
        }
    }
}
