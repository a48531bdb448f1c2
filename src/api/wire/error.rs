//! Error bodies.

use serde_json::{Map, Value};

/// An error body in JSON; five shapes are known.
pub(in crate::api) struct ErrorBody(Map<String, Value>);

impl ErrorBody {
    /// Reads a JSON object.
    pub(in crate::api) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self)
    }

    /// Returns what the body says, with the field or the OAuth code it is about; empty where it says nothing.
    pub(in crate::api) fn sentence(&self) -> String {
        let text = |key: &str| self.0.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(message) = text("message") {
            return format!("{message}{}", self.details());
        }
        if let Some(description) = text("description") {
            return description.to_owned();
        }
        match (text("error"), text("error_description")) {
            (Some(error), Some(description)) => return format!("{error}: {description}"),
            (None, Some(description)) => return description.to_owned(),
            _ => {}
        }
        let status = self.0.get("status").and_then(|status| status.get("message")).and_then(Value::as_str);
        status.or_else(|| text("error")).unwrap_or_default().to_owned()
    }

    /// Returns the fields a message is about: `field`, or the list that newer services send.
    fn details(&self) -> String {
        if let Some(field) = self.0.get("field").and_then(Value::as_str) {
            return format!(": {field}");
        }
        let errors = self.0.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let details: Vec<String> = errors.iter().filter_map(detail).collect();
        if details.is_empty() { String::new() } else { format!(": {}", details.join("; ")) }
    }
}

fn detail(error: &Value) -> Option<String> {
    let field = error.get("field")?.as_str()?;
    let messages = match error.get("message")? {
        Value::String(message) => message.clone(),
        Value::Array(messages) => messages.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => return None,
    };
    Some(format!("{field} {messages}"))
}
