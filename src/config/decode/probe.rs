//! `probe` of a policy.

use super::decoder::{At, Decoder, Fields, TextRule};
use super::tenant::web_url;
use crate::config::interpolate::is_environment_name;
use crate::config::tree::Value;
use crate::diagnostic::{Code, Sourced};
use crate::model::{EntryKey, Expectation, Probe, ProbeMethod, ProbeUser};

const KEYS: [&str; 6] = ["url", "client", "method", "user", "client_secret_env", "expect"];

/// Reads one probe or a list of them.
pub(crate) fn probes(decoder: &mut Decoder<'_>, at: At<'_>) -> Vec<Probe> {
    match &at.node.value {
        Value::List(items) => items.iter().filter_map(|item| probe(decoder, at.item(item))).collect(),
        Value::Map(_) | Value::Scalar(_) => probe(decoder, at).into_iter().collect(),
    }
}

fn probe(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Probe> {
    let fields = decoder.fields(at, &KEYS)?;
    let url = required(decoder, &fields, "url", "the URL to call, such as `\"${contacts_url}/contacts\"`");
    let url = url.and_then(|at| Some(Sourced::new(web_url(decoder, at)?, at.node.origin.clone())));
    let client = required(decoder, &fields, "client", "the key of the app whose token opens it");
    let client = client
        .and_then(|at| Some(Sourced::new(EntryKey::new(decoder.text(at, TextRule::Line)?), at.node.origin.clone())));
    let methods = [("GET", ProbeMethod::Get), ("HEAD", ProbeMethod::Head)];
    let method = fields.get("method").and_then(|at| decoder.choice(at, &methods)).unwrap_or_default();
    let user = fields.get("user").and_then(|at| user(decoder, at));
    let client_secret_env = decoder.field(&fields, "client_secret_env", variable_name);
    let expect = fields.get("expect").and_then(|at| expectation(decoder, at)).unwrap_or_default();
    Some(Probe { origin: at.origin.clone(), url: url?, client: client?, method, user, client_secret_env, expect })
}

fn required<'t>(decoder: &mut Decoder<'_>, fields: &Fields<'t>, key: &'static str, what: &str) -> Option<At<'t>> {
    let found = fields.get(key);
    if found.is_none() {
        let message = format!("the probe has no `{key}`");
        decoder.error(Code::MissingKey, fields.origin(), message, format!("Add `{key}:`, {what}."));
    }
    found
}

fn user(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<ProbeUser> {
    let fields = decoder.fields(at, &["name", "password_env"])?;
    let name = required(decoder, &fields, "name", "the username or email");
    let name = name.and_then(|at| Some(Sourced::new(decoder.text(at, TextRule::Name)?, at.node.origin.clone())));
    let password = required(decoder, &fields, "password_env", "the environment variable that holds the password");
    let password = password.and_then(|at| Some(Sourced::new(variable_name(decoder, at)?, at.node.origin.clone())));
    Some(ProbeUser { name: name?, password_env: password? })
}

/// Reads the name of an environment variable; what is none may be the secret itself and is not repeated.
fn variable_name(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<String> {
    let text = decoder.text(at, TextRule::Line)?;
    if is_environment_name(&text) {
        return Some(text);
    }
    let message = format!("`{}` takes the name of an environment variable, never a secret", at.name);
    let hint = "Write a name such as `CONTACTS_SECRET`, and set that variable where `verify` runs.";
    decoder.error(Code::InvalidValue, &at.node.origin, message, hint);
    None
}

fn expectation(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Expectation> {
    let fields = decoder.fields(at, &["no_token", "accepted", "refused"])?;
    let mut status = |key: &'static str| {
        let number = decoder.integer(fields.get(key)?, 100, 599)?;
        u16::try_from(number).ok()
    };
    Some(Expectation { no_token: status("no_token"), accepted: status("accepted"), refused: status("refused") })
}
