//! An answer before it is sent.

use serde::Serialize;
use serde_json::{Value, json};

/// Status, headers and body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Content type of every JSON body. Source: live capture of the discovery document, reference section 7.1.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

impl Answer {
    /// Returns a JSON answer.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Answer {
        // The bodies are plain data; one that could not become JSON would show as an empty body in every test.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Answer { status, headers: vec![("content-type".to_owned(), JSON.to_owned())], body }
    }

    /// Returns an answer without a body.
    pub(crate) fn empty(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Returns an HTML page.
    pub(crate) fn html(status: u16, page: String) -> Answer {
        let content_type = ("content-type".to_owned(), "text/html; charset=utf-8".to_owned());
        Answer { status, headers: vec![content_type], body: page.into_bytes() }
    }

    /// Returns the `{"id": N}` that most writes answer with.
    pub(crate) fn id(status: u16, id: u64) -> Answer {
        Answer::json(status, &json!({ "id": id }))
    }

    /// Adds a header, replacing one of that name.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.set(name, value.into());
        self
    }

    /// Sets a header, replacing one of that name.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_ascii_lowercase(), value));
    }

    /// Returns the v1 success envelope, with `data` if there is any.
    pub(crate) fn v1(data: Option<Value>) -> Answer {
        let mut body = json!({"status": {"error": false, "code": 200, "type": "success", "message": "Success"}});
        if let (Some(data), Some(body)) = (data, body.as_object_mut()) {
            body.insert("data".to_owned(), data);
        }
        Answer::json(200, &body)
    }
}
