//! Which client speaks, and whether it proved it in the way its app is set to.

use serde_json::Value;

use crate::emulator::call::Call;
use crate::emulator::errors::Refusal;
use crate::emulator::request::basic;
use crate::emulator::state::{App, sha256_hex};

/// An authenticated client.
pub(super) struct Client {
    /// Id of its app.
    pub(super) app: u64,
    pub(super) client_id: String,
    /// Whether it has a secret and used it.
    pub(super) is_confidential: bool,
}

/// The form parameters of a request to `/oidc/2`.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body.
    ///
    /// # Errors
    /// `invalid_request` where it is no form.
    pub(super) fn of(call: &Call<'_>) -> Result<Form, Refusal> {
        if !call.request.has_content_type("application/x-www-form-urlencoded") {
            let text = "only application/x-www-form-urlencoded content-type bodies are supported on POST requests";
            return Err(Refusal::oauth(400, "invalid_request", text));
        }
        Ok(Form(call.request.form()))
    }

    /// Returns a parameter that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// Returns the refusal of a request that lacks parameters.
    pub(super) fn missing(names: &str) -> Refusal {
        Refusal::oauth(400, "invalid_request", format!("missing required parameter(s). ({names})"))
    }
}

struct Presented {
    client_id: String,
    secret: Option<String>,
    in_header: bool,
}

/// Authenticates the client of a request.
///
/// # Errors
/// The errors of reference section 7.3.
pub(super) fn authenticate(call: &Call<'_>, form: &Form) -> Result<Client, Refusal> {
    let presented = presented(call, form)?;
    let found = call.state.apps.iter().find(|(_, app)| app.auth_method == 8 && app.client_id == presented.client_id);
    let Some((&id, app)) = found else {
        // Source: the vendor's own note on this error.
        return Err(Refusal::oauth(400, "invalid_request", "Resource not found"));
    };
    let proved = match (method(app), presented.in_header, &presented.secret) {
        (Method::Basic, true, Some(secret)) | (Method::Post, false, Some(secret)) => {
            app.secret_sha256 == sha256_hex(secret)
        }
        (Method::None, false, None) => true,
        _ => false,
    };
    if !proved {
        return Err(failed(call, presented.in_header));
    }
    Ok(Client { app: id, client_id: presented.client_id, is_confidential: method(app) != Method::None })
}

fn presented(call: &Call<'_>, form: &Form) -> Result<Presented, Refusal> {
    let refuse = |text: &str| Refusal::oauth(400, "invalid_request", text);
    let Some(header) = call.request.header("authorization") else {
        let client_id = form.get("client_id").ok_or_else(|| refuse("no client authentication mechanism provided"))?;
        let secret = form.get("client_secret").map(str::to_owned);
        return Ok(Presented { client_id: client_id.to_owned(), secret, in_header: false });
    };
    let (client_id, secret) = basic(header).ok_or_else(|| refuse("invalid authorization header value format"))?;
    if form.get("client_secret").is_some() {
        return Err(refuse("client authentication must only be provided using one mechanism"));
    }
    if form.get("client_id").is_some_and(|other| other != client_id) {
        return Err(refuse("mismatch in body and authorization client ids"));
    }
    Ok(Presented { client_id, secret: Some(secret), in_header: true })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Basic,
    Post,
    None,
}

/// Source: reference section 5.3: 0 Basic, 1 POST, 2 None (PKCE); never set means 0.
fn method(app: &App) -> Method {
    match app.configuration.get("token_endpoint_auth_method").and_then(Value::as_u64) {
        Some(1) => Method::Post,
        Some(2) => Method::None,
        _ => Method::Basic,
    }
}

fn failed(call: &Call<'_>, in_header: bool) -> Refusal {
    let mut answer = Refusal::oauth(401, "invalid_client", "client authentication failed").into_answer();
    if in_header {
        answer.set("www-authenticate", format!("Basic realm=\"{}\"", call.site.issuer));
    }
    Refusal::Whole(Box::new(answer))
}
