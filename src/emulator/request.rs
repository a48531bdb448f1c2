//! A request as the handlers see it, and readers for what clients put into bodies.

use axum::http::{HeaderMap, Method};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::errors::Refusal;

/// A request with its body read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Returns a header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns a query parameter, decoded; of several with one name the first.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_ref()?;
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Returns a filter: a query parameter that is not empty.
    pub(crate) fn filter(&self, name: &str) -> Option<String> {
        self.parameter(name).filter(|value| !value.is_empty())
    }

    /// Returns whether a boolean query parameter is set.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| value == "true" || value == "1")
    }

    /// Returns whether the content type is of this kind, parameters aside.
    pub(crate) fn has_content_type(&self, kind: &str) -> bool {
        let full = self.header("content-type").unwrap_or_default();
        full.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind)
    }

    /// Returns the body as JSON.
    ///
    /// # Errors
    /// `BadRequest` where it is not JSON.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(&self.body).map_err(|_| Refusal::BadRequest("Invalid JSON in request body".to_owned()))
    }

    /// Returns the body as a JSON object.
    ///
    /// # Errors
    /// `BadRequest` where it is not one.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match self.json()? {
            Value::Object(map) => Ok(map),
            _ => Err(Refusal::BadRequest("Expected object in request".to_owned())),
        }
    }

    /// Returns the body as a raw array of ids.
    ///
    /// # Errors
    /// `BadRequest` with the vendor's text where it is an object. Source: python-sdk #134 and #135.
    pub(crate) fn id_array(&self) -> Result<Vec<u64>, Refusal> {
        let Value::Array(values) = self.json()? else {
            return Err(Refusal::BadRequest("Expected array in request".to_owned()));
        };
        let ids: Option<Vec<u64>> = values.iter().map(Value::as_u64).collect();
        ids.ok_or_else(|| Refusal::BadRequest("Expected array of integers in request".to_owned()))
    }

    /// Returns the form parameters of the body.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
    }

    /// Returns the token of an `Authorization: bearer` header.
    ///
    /// Source: reference section 1.1: both cases of the word are in use, and the rate-limit page has a colon.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let value = self.header("authorization")?.trim();
        let (word, rest) = value.split_at_checked(6)?;
        if !word.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let token = rest.strip_prefix(':').or_else(|| rest.strip_prefix(' '))?.trim();
        (!token.is_empty()).then_some(token)
    }
}

/// Returns user and password of a Basic header's value.
pub(crate) fn basic(value: &str) -> Option<(String, String)> {
    let (word, encoded) = value.trim().split_once(' ')?;
    if !word.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Returns whether a text fits a pattern in which `*` stands for any characters, without regard to case.
pub(crate) fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_authorization(value: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value.parse().unwrap());
        Request { method: Method::GET, path: "/".to_owned(), query: None, headers, body: Vec::new() }
    }

    #[test]
    fn bearer_in_all_documented_forms() {
        let check = |value: &str, expected: Option<&str>| {
            assert_eq!(with_authorization(value).bearer(), expected, "{value}");
        };
        check("bearer abc", Some("abc"));
        check("Bearer abc", Some("abc"));
        check("bearer:abc", Some("abc"));
        check("bearer: abc", Some("abc"));
        check("Basic abc", None);
        check("bearer", None);
        check("bearerabc", None);
    }

    #[test]
    fn wildcards() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(matches_wildcard(pattern, text), expected, "{pattern} {text}");
        };
        check("work*", "Workday", true);
        check("work*", "Homework", false);
        check("*work", "Homework", true);
        check("*ew*r*", "Homework", true);
        check("exact", "Exact", true);
        check("exact", "exactly", false);
        check("a*a", "a", false);
        check("*", "", true);
    }
}
