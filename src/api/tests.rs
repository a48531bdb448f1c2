//! Answers that nobody documented: every decoder reads them or says that it cannot, and what is shown of them is safe.

use super::answer::Answer;
use super::convert;
use super::token::Token;
use super::wire;
use jiff::Timestamp;
use proptest::prelude::*;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::LazyLock;

/// The bodies that the vendor documents, or that were captured.
static BODIES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wire");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let body = |path: &std::path::PathBuf| {
        let fixture: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        fixture["body"].clone()
    };
    paths.iter().map(body).filter(|body| body.is_object() || body.is_array()).collect()
});

/// Values that stand where another was expected.
fn intruders() -> Vec<Value> {
    vec![
        Value::Null,
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{202E}\u{1b}[31m\nx\u{0}"),
        json!([]),
        json!({}),
        (0..100).fold(json!(1), |inner, _| json!([inner])),
    ]
}

/// Lists the places of a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Takes the value at a place out, or puts another there.
fn damage(body: &mut Value, place: &str, intruder: Option<&Value>) {
    let Some((parent, last)) = place.rsplit_once('/') else { return };
    match (body.pointer_mut(parent), intruder) {
        (Some(Value::Object(object)), None) => drop(object.shift_remove(&last.replace("~1", "/").replace("~0", "~"))),
        (Some(Value::Array(items)), None) => drop(items.remove(last.parse().unwrap())),
        (_, Some(intruder)) => {
            if let Some(value) = body.pointer_mut(place) {
                *value = intruder.clone();
            }
        }
        _ => {}
    }
}

/// Says whether a decoder took a body; whoever takes it must have seen an object, or a list where lists are read.
fn takes<T: DeserializeOwned>(body: &[u8]) -> bool {
    serde_json::from_slice::<T>(body).is_ok()
}

fn is_safe(text: &str) -> bool {
    let is_hidden =
        |c: char| c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{FEFF}');
    text.chars().count() <= 420 && !text.chars().any(is_hidden)
}

/// Gives a body to every decoder.
fn decode(body: &[u8]) {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    if let Some(token) = Token::from_answer(body, now) {
        let _either = token.is_fresh(Timestamp::MAX) || token.is_fresh(Timestamp::MIN);
    }
    let _limit = wire::token::RateLimitBody::parse(body);
    let _role = wire::role::created_id(body);
    let _taken = [
        takes::<wire::Created>(body),
        takes::<wire::app::CreatedApp>(body),
        takes::<Vec<wire::app::AppRow>>(body),
        takes::<Vec<wire::connector::Connector>>(body),
        takes::<Vec<wire::client::Client>>(body),
        takes::<Vec<wire::role::Role>>(body),
        takes::<Vec<wire::user::User>>(body),
        takes::<wire::oidc::Discovery>(body),
        takes::<wire::oidc::Jwks>(body),
        takes::<wire::oidc::Token>(body),
        takes::<wire::oidc::OAuthError>(body),
    ];
    if let Ok(app) = serde_json::from_slice::<wire::app::App>(body) {
        let _app = convert::app::from_wire(app);
    }
    for row in serde_json::from_slice::<Vec<wire::server::Server>>(body).unwrap_or_default() {
        let _server = convert::server::summary_from_wire(row);
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    let rows = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    for row in rows {
        let id = row.get("id").and_then(Value::as_u64);
        let ids = [
            convert::server::from_wire(row.clone()).ok().map(|server| server.id.0),
            convert::scope::from_wire(row.clone()).ok().map(|scope| scope.id.0),
            convert::claim::from_wire(row.clone()).ok().map(|claim| claim.id.0),
        ];
        // What is taken is about the id that the answer names, and about no other number.
        for read in ids.into_iter().flatten() {
            assert_eq!(Some(read), id, "{row}");
        }
    }
}

/// Reads an answer as an error.
fn explain(status: u16, body: &[u8]) {
    let status = StatusCode::from_u16(status).unwrap();
    let answer = Answer { status, headers: HeaderMap::new(), body: body.to_vec() };
    let message = answer.message();
    assert!(!message.is_empty() && is_safe(&message), "{message:?}");
    let is_object = serde_json::from_slice::<Value>(body).is_ok_and(|body| body.is_object());
    assert_eq!(answer.is_not_found(), status == StatusCode::NOT_FOUND && is_object);
}

/// Every place of every documented body, taken out and replaced by everything that may stand there instead.
#[test]
fn every_part_of_a_body_may_be_missing_or_wrong() {
    for body in BODIES.iter() {
        let mut found = Vec::new();
        places(body, "", &mut found);
        for place in found {
            for intruder in intruders().iter().map(Some).chain([None]) {
                let mut damaged = body.clone();
                damage(&mut damaged, &place, intruder);
                let text = damaged.to_string();
                decode(text.as_bytes());
                explain(404, text.as_bytes());
            }
        }
    }
}

#[test]
fn bodies_that_are_no_json_are_read_by_nobody() {
    let nested = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let objects = format!("{}1{}", "{\"id\":".repeat(200_000), "}".repeat(200_000));
    let long = format!("{{\"id\": 1, \"name\": \"{}\"}}", "x".repeat(1 << 20));
    for body in [
        nested.as_str(),
        &objects,
        &long,
        "{\"id\": 1, \"id\": 2}",
        "{\"name\": \"\\ud800\"}",
        "\u{FEFF}{}",
        "{\"id\": 1",
    ] {
        decode(body.as_bytes());
        explain(404, body.as_bytes());
        explain(500, body.as_bytes());
    }
    assert!(!takes::<wire::Created>(b"{\"id\": 1, \"id\": 2}"), "of two ids neither counts");
    for id in ["-1", "1.0", "1e2", "\"1\"", "null", "18446744073709551616"] {
        assert!(!takes::<wire::Created>(format!("{{\"id\": {id}}}").as_bytes()), "{id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes of a body changed, cut out and doubled, whatever comes of it.
    #[test]
    fn damaged_bytes_are_read_or_refused(
        index in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8, 1..40_usize), 1..4),
        status in 400..600_u16,
    ) {
        let mut bytes = index.get(&BODIES).to_string().into_bytes();
        for (place, byte, kind, length) in edits {
            let at = place.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            match kind {
                0 => bytes.insert(at, byte),
                1 => drop(bytes.drain(at..end)),
                _ => {
                    let doubled = bytes[at..end].to_vec();
                    bytes.splice(at..at, doubled);
                }
            }
        }
        decode(&bytes);
        explain(status, &bytes);
    }
}
