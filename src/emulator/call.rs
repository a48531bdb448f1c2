//! One request being carried out: what a handler may look at and change.

use serde_json::Value;

use super::answer::Answer;
use super::clock::Clock;
use super::errors::Refusal;
use super::ids;
use super::keys::SigningKey;
use super::quota::Quota;
use super::random::{self, Draws};
use super::request::Request;
use super::state::{Change, Level, Txn};
use super::switches::Switches;
use super::tokens::Tokens;
use super::world::{Keys, Site};

/// A request and its surroundings.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) segments: Vec<&'a str>,
    pub(crate) state: Txn<'a>,
    pub(crate) switches: &'a Switches,
    pub(crate) tokens: &'a mut Tokens,
    pub(crate) quota: &'a mut Quota,
    pub(crate) clock: &'a Clock,
    pub(crate) keys: &'a mut Keys,
    pub(crate) site: &'a Site,
    /// Milliseconds since the epoch.
    pub(crate) now: i64,
    pub(crate) draws: Draws,
    /// What the caller's credential may do, once it was checked.
    pub(crate) level: Option<Level>,
}

impl Call<'_> {
    /// Returns the id at a place of the path.
    ///
    /// # Errors
    /// `NotFound`, or the HTML page where the verb is not GET. Source: mcp commit 2beb1a2.
    pub(crate) fn id(&self, place: usize) -> Result<u64, Refusal> {
        let segment = self.segments.get(place).copied().unwrap_or_default();
        match segment.parse() {
            Ok(id) => Ok(id),
            Err(_) if self.request.method == axum::http::Method::GET => Err(Refusal::NotFound),
            Err(_) => Err(Refusal::WrongVerb),
        }
    }

    /// Draws an id for a new object.
    pub(crate) fn new_id(&mut self) -> u64 {
        if let Some(id) = self.draws.repeated_id() {
            return id;
        }
        let id = self.state.next_id;
        self.state.put(Change::NextId(ids::after(id)));
        self.draws.note_id(id);
        id
    }

    /// Draws a text of so many random bytes in hex.
    ///
    /// # Errors
    /// A 500 where the system has no randomness.
    pub(crate) fn new_hex<const N: usize>(&mut self) -> Result<String, Refusal> {
        self.new_text(|| Some(random::hex(&random::bytes::<N>()?)))
    }

    /// Draws a text.
    ///
    /// # Errors
    /// A 500 where the system has no randomness.
    pub(crate) fn new_text(&mut self, make: impl FnOnce() -> Option<String>) -> Result<String, Refusal> {
        self.draws.text(make).ok_or_else(no_randomness)
    }

    /// Returns the key that signs OIDC tokens.
    ///
    /// # Errors
    /// A 500 where the system has no randomness to make one.
    pub(crate) fn signing_key(&mut self) -> Result<&SigningKey, Refusal> {
        let kept = self.state.signing_key.clone();
        let (key, change) = self.keys.own(kept.as_deref()).ok_or_else(no_randomness)?;
        if let Some(change) = change {
            self.state.put(change);
        }
        Ok(key)
    }

    /// Returns text as it is shown: HTML-escaped where the switch says so. Source: reference section 5.2.
    pub(crate) fn shown(&self, text: &str) -> String {
        if !self.switches.html_escape {
            return text.to_owned();
        }
        let mut escaped = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                other => escaped.push(other),
            }
        }
        escaped
    }

    /// Returns optional text as it is shown.
    pub(crate) fn shown_option(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| self.shown(text))
    }
}

fn no_randomness() -> Refusal {
    let body =
        serde_json::json!({"message": "Internal Server Error", "statusCode": 500, "name": "InternalServerError"});
    Refusal::Whole(Box::new(Answer::json(500, &body)))
}

/// Reads a key that holds text; null and an absent key are nothing.
///
/// # Errors
/// A validation refusal where it holds something else.
pub(crate) fn text(body: &serde_json::Map<String, Value>, key: &str) -> Result<Option<String>, Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid(format!("{} is invalid", label(key)))),
    }
}

/// Reads a required key that holds text which is not blank.
///
/// # Errors
/// `MissingField` where the key is absent, a validation refusal where it is blank.
pub(crate) fn required_text(body: &serde_json::Map<String, Value>, key: &'static str) -> Result<String, Refusal> {
    if !body.contains_key(key) {
        return Err(Refusal::MissingField(key));
    }
    match text(body, key)? {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(Refusal::invalid(format!("{} can't be blank", label(key)))),
    }
}

/// Returns a key as Rails writes it in validation texts: `resource_identifier` becomes `Resource identifier`.
pub(crate) fn label(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}
