//! A running emulator and a plain HTTP client for it.

use gatewright::emulator::{Emulator, Options};
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

/// An emulator with an admin token at hand.
pub(super) struct Stand {
    pub(super) emulator: Emulator,
    pub(super) http: reqwest::Client,
    pub(super) token: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    /// Returns the body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Returns a header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks status and body.
    #[track_caller]
    pub(super) fn is(&self, status: u16, body: Value) {
        assert_eq!((self.status, self.json()), (status, body));
    }

    /// Checks a refusal in the v2 shape.
    #[track_caller]
    pub(super) fn refuses(&self, status: u16, name: &str, message: &str) {
        self.is(status, json!({"message": message, "statusCode": status, "name": name}));
    }

    /// Checks a refusal in the OAuth shape.
    #[track_caller]
    pub(super) fn refuses_oauth(&self, status: u16, error: &str, description: &str) {
        self.is(status, json!({"error": error, "error_description": description}));
    }

    /// Checks the status and returns the id the body names.
    #[track_caller]
    pub(super) fn made(&self, status: u16) -> u64 {
        assert_eq!(self.status, status, "{}", self.text);
        let body = self.json();
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        body["id"].as_u64().unwrap()
    }
}

impl Stand {
    /// Starts an emulator in memory.
    pub(super) async fn start() -> Stand {
        Stand::with(Options::in_memory()).await
    }

    /// Starts an emulator in memory from a seed.
    pub(super) async fn seeded(seed: Value) -> Stand {
        Stand::with(Options { seed: Some(seed), ..Options::in_memory() }).await
    }

    /// Starts an emulator in memory with some switches set.
    pub(super) async fn switched(switches: Value) -> Stand {
        Stand::with(Options { switches: Some(switches), ..Options::in_memory() }).await
    }

    /// Starts an emulator.
    pub(super) async fn with(options: Options) -> Stand {
        let emulator = Emulator::start(options).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut stand = Stand { emulator, http, token: String::new() };
        stand.token = stand.new_token().await;
        stand
    }

    /// Asks for the admin token of the default pair.
    pub(super) async fn new_token(&self) -> String {
        let request = self.http.post(self.url("/auth/oauth2/v2/token")).basic_auth("emulator", Some("emulator-secret"));
        let reply = send(request.json(&json!({"grant_type": "client_credentials"}))).await;
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Returns the URL of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.base_url())
    }

    /// Sends a request with the admin token.
    pub(super) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.http.request(method, self.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        send(request).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a form to `/oidc/2`, with Basic credentials if given.
    pub(super) async fn form(&self, path: &str, basic: Option<(&str, &str)>, fields: &[(&str, &str)]) -> Reply {
        let mut request = self.http.post(self.url(path)).form(fields);
        if let Some((user, password)) = basic {
            request = request.basic_auth(user, Some(password));
        }
        send(request).await
    }

    /// Makes an authorization server.
    pub(super) async fn server(&self, name: &str, identifier: &str) -> u64 {
        self.post("/api/2/api_authorizations", server_body(name, identifier)).await.made(201)
    }

    /// Makes an OIDC app and returns the whole answer.
    pub(super) async fn app(&self, name: &str) -> Value {
        let reply = self.post("/api/2/apps", app_body(name)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()
    }
}

/// Sends a request.
pub(super) async fn send(request: reqwest::RequestBuilder) -> Reply {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Reply { status, headers, text: answer.text().await.unwrap() }
}

/// Returns the body of a server.
pub(super) fn server_body(name: &str, identifier: &str) -> Value {
    json!({
        "name": name, "description": "This is an api",
        "configuration": {
            "resource_identifier": identifier, "audiences": [identifier],
            "access_token_expiration_minutes": 10, "refresh_token_expiration_minutes": 30,
        },
    })
}

/// Returns the body of an OIDC app.
pub(super) fn app_body(name: &str) -> Value {
    json!({
        "name": name, "connector_id": 108_419,
        "configuration": {"redirect_uri": "https://example.com/callback", "token_endpoint_auth_method": 0},
    })
}
