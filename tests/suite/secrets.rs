//! Secrets where `verify` uses them, and in the words that types print of themselves.
//!
//! Every other test of the program looks for secrets too, see [`Program`].

use crate::support::{Emulator, Program, files, root};
use gatewright::api::{
    ClientAuth, ClientConfig, CreatedApp, Credentials, Grant, OidcApp, ProbeRequest, ProbeVia, Reroute, TokenAnswer,
    TokenReply,
};
use gatewright::execute::NewSecret;
use gatewright::model::{EntryKey, ProbeMethod, RemoteId};
use gatewright::workspace::StoredSecret;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::time::Duration;
use url::Url;

const FILE: &str = r#"
version: 1
tenant: { subdomain: acme }
roles:
  callers: { name: Callers, ensure_users: [ann@example.com] }
oidc_apps:
  batch:
    name: Batch
    application_type: web
    token_endpoint_auth_method: post
    redirect_uris: ["https://localhost/unused"]
  portal:
    name: Portal
    application_type: web
    token_endpoint_auth_method: basic
    redirect_uris: ["https://localhost/unused"]
    roles: [callers]
authorization_servers:
  contacts:
    name: Contacts API
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    access_token_expiration_minutes: 10
    scopes: { "contacts:read": Read }
    claims: { mail: { user_attribute: email } }
    clients: { batch: ["contacts:read"], portal: ["contacts:read"] }
gateway_policies:
  mule:
    gateway: mulesoft
    authorization_server: contacts
    require_scopes: ["contacts:read"]
    output: mule.json
    probe: { url: "https://contacts.example.com/contacts", client: batch, client_secret_env: BATCH_SECRET }
  flex:
    gateway: flex
    authorization_server: contacts
    api_instance: contacts
    require_claims: { mail: ann@example.com }
    output: flex.yaml
    probe:
      url: https://contacts.example.com/contacts
      client: portal
      user: { name: ann@example.com, password_env: ANN_PASSWORD }
"#;

/// Returns the stored secret of an app.
fn stored(program: &Program, app: &str) -> String {
    let is_it = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{app}.")))
    };
    let path = files(program.folder()).into_iter().find(is_it).unwrap();
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    json["client_secret"].as_str().unwrap().to_owned()
}

#[test]
fn verify_shows_none_of_those_it_uses() {
    let mut program = Program::new();
    program.write("gatewright.yaml", FILE);
    program.allow_secrets_in("seed.json");
    let password = "ann's \"own\"+pass/word";
    program.set("ANN_PASSWORD", password);
    program.write("seed.json", &json!({ "users": [{ "email": "ann@example.com", "password": password }] }).to_string());
    let applied = program.run("apply --emulator --emulator-seed seed.json --auto-approve -vvv");
    assert_eq!(applied.code, 0, "{}", applied.block());
    program.set("BATCH_SECRET", &stored(&program, "batch"));
    for line in [
        "verify --emulator",
        "verify --emulator -vvv",
        "apply --emulator --auto-approve --verify -vvv --log-format json",
    ] {
        let run = program.run(line);
        assert_eq!(run.code, 0, "{line}: {}", run.block());
        assert!(run.stdout.contains("right token"), "{line}: {}", run.block());
    }
    // A provider may repeat what it refuses.
    program.set("ANN_PASSWORD", "another password, which is wrong");
    program.set("BATCH_SECRET", "another secret, which is wrong");
    for line in ["verify --emulator -vvv", "verify --emulator -vvv --log-format json"] {
        let run = program.run(line);
        assert_eq!(run.code, 5, "{line}: {}", run.block());
    }
}

/// Which secret an answer repeats.
#[derive(Debug, Clone, Copy)]
enum Repeated {
    Credentials,
    AdminToken,
    NewSecret,
}

/// Runs a command line whose request is answered with a secret that it sent, or that is told to it and cannot be read.
fn check_repeated(repeated: Repeated, (method, path): (&str, &str), fault: &dyn Fn(&str) -> Value) {
    let emulator = Emulator::start(root(), None);
    let program = Program::on(&emulator);
    program.write("gatewright.yaml", &FILE.replace("ann@example.com", "tester@example.com"));
    program.guard("client secret", "a-secret-that-is-repeated");
    let (secret, line) = match repeated {
        Repeated::Credentials => (Emulator::CREDENTIALS.1, "plan"),
        Repeated::AdminToken => (emulator.token(), "plan"),
        Repeated::NewSecret => ("a-secret-that-is-repeated", "apply --auto-approve --max-in-flight 1 --settle 0"),
    };
    emulator.set_faults(json!([{ "match": { "method": method, "path": path }, "fault": fault(secret) }]));
    for loud in ["", " -vvv", " -vvv --log-format json"] {
        let run = program.run(&format!("{line}{loud}"));
        // An app whose answer cannot be read is looked up and found; its secret is lost.
        let codes: &[i32] = if matches!(repeated, Repeated::NewSecret) { &[0, 3] } else { &[1] };
        assert!(codes.contains(&run.code), "{repeated:?} {method} {path}: {}", run.block());
    }
}

#[test]
fn what_an_answer_repeats_is_not_shown() {
    use Repeated::{AdminToken, Credentials, NewSecret};
    let refusal = |status: u16| {
        move |text: &str| {
            let message = format!("no, {text} will not do");
            json!({ "status": status, "body": { "statusCode": status, "name": "No", "message": message } })
        }
    };
    let token = ("POST", "/auth/oauth2/v2/token");
    check_repeated(Credentials, token, &refusal(401));
    check_repeated(Credentials, token, &refusal(400));
    check_repeated(Credentials, token, &|text| json!({ "body": { "access_token": [text] } }));
    let read = ("GET", "/api/2/roles");
    for repeated in [Credentials, AdminToken] {
        check_repeated(repeated, read, &refusal(400));
        check_repeated(repeated, read, &refusal(403));
        check_repeated(repeated, read, &|text| json!({ "body": [{ "id": text, "name": "x" }] }));
        check_repeated(repeated, read, &|text| json!({ "body": format!("[{{\"id\": 1, \"name\": {text}") }));
    }
    // The answer that holds a new secret, and cannot be read.
    let create = ("POST", "/api/2/apps");
    check_repeated(NewSecret, create, &|text| json!({ "body": { "id": 7, "sso": text } }));
    check_repeated(NewSecret, create, &|text| json!({ "body": { "id": text } }));
    check_repeated(NewSecret, create, &|text| json!({ "body": format!("{{\"sso\": \"{text}") }));
}

#[test]
fn types_print_none_of_those_they_hold() {
    let secret = || SecretString::from("a-canary-that-sings");
    let url: Url = "https://acme.onelogin.com".parse().unwrap();
    let app = |auth: ClientAuth| OidcApp { client_id: "id".to_owned(), auth };
    let token = || TokenAnswer { access_token: secret(), expires_in: None, scope: None };
    let credentials = || Credentials { client_id: "id".to_owned(), client_secret: secret() };
    let config = ClientConfig {
        admin_base: url.clone(),
        oidc_base: url.clone(),
        reroute: Reroute::None,
        credentials: credentials(),
        expected_account_id: None,
        max_in_flight: 1,
        timeout: Duration::ZERO,
        max_wait: Duration::ZERO,
        user_agent: String::new(),
        clock: Timestamp::now,
    };
    let password =
        Grant::Password { username: "ann".to_owned(), password: secret(), resource: None, scope: "openid".to_owned() };
    let made = CreatedApp { id: RemoteId(7), client_id: None, client_secret: Some(secret()) };
    let new = NewSecret {
        app: EntryKey::new("web"),
        id: RemoteId(7),
        name: "Web".to_owned(),
        client_id: None,
        client_secret: secret(),
    };
    let stored = StoredSecret { client_id: None, client_secret: secret(), path: "web.7.json".into() };
    let bearer = secret();
    let probe = ProbeRequest { method: ProbeMethod::Get, url: &url, via: ProbeVia::Direct, bearer: Some(&bearer) };
    let all: [&dyn Debug; 11] = [
        &credentials(),
        &config,
        &app(ClientAuth::Basic(secret())),
        &app(ClientAuth::Post(secret())),
        &password,
        &token(),
        &TokenReply::Granted(token()),
        &made,
        &new,
        &stored,
        &probe,
    ];
    for holder in all {
        for text in [format!("{holder:?}"), format!("{holder:#?}")] {
            assert!(!text.contains("sings") && text.contains("REDACTED"), "{text}");
        }
    }
}
