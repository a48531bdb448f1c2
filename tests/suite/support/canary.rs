//! Canaries: secrets that a test puts in, and looks for in everything that comes out.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use url::form_urlencoded;

/// How long a part of a secret has to be to be told from other text.
const SHORTEST_PART: usize = 12;

/// How many characters after `eyJ` make a token of it.
const SHORTEST_TOKEN: usize = 16;

/// The secrets that are known so far, in all the forms in which they could leak.
#[derive(Default)]
pub(super) struct Canaries {
    needles: BTreeSet<(String, String)>,
}

impl Canaries {
    /// Looks for a secret from now on; `kind` is what a finding calls it.
    pub(super) fn guard(&mut self, kind: &str, secret: &str) {
        let mut add = |form: &str, needle: String| {
            if needle.len() >= 8 {
                self.needles.insert((format!("{kind}{form}"), needle));
            }
        };
        let form_encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let json = serde_json::to_string(secret).unwrap();
        let bytes = secret.bytes().fold(String::new(), |mut list, byte| {
            let _infallible = write!(list, "{byte}, ");
            list
        });
        add("", secret.to_owned());
        add(", percent-encoded", form_encoded.replace('+', "%20"));
        add(", form-encoded", form_encoded);
        add(", in JSON", json.trim_matches('"').to_owned());
        add(", as bytes", bytes.trim_end_matches(", ").to_owned());
        add(", in base64", STANDARD_NO_PAD.encode(secret));
        for (part, needle) in parts(secret) {
            add(part, needle.to_owned());
        }
    }

    /// Looks for a pair from now on: the secret, and what a Basic header makes of both.
    pub(super) fn guard_pair(&mut self, kind: &str, id: &str, secret: &str) {
        self.guard(kind, secret);
        let pair = format!("{id}:{secret}");
        self.needles.insert((format!("{kind}, as Basic header"), STANDARD_NO_PAD.encode(&pair)));
        self.needles.insert((format!("{kind}, as Basic header"), URL_SAFE_NO_PAD.encode(&pair)));
    }

    /// Learns the client secrets that a sink holds; what is not whole teaches nothing.
    pub(super) fn learn(&mut self, sink: &Path) {
        let Ok(text) = std::fs::read_to_string(sink) else { return };
        let Ok(stored) = serde_json::from_str::<serde_json::Value>(&text) else { return };
        let word = |key: &str| stored[key].as_str().filter(|word| !word.is_empty()).map(str::to_owned);
        if let Some(secret) = word("client_secret") {
            self.guard_pair("client secret", &word("client_id").unwrap_or_default(), &secret);
        }
    }

    /// Returns the kind of a secret that shows in a text.
    pub(super) fn find(&self, text: &str) -> Option<&str> {
        if holds_token(text) {
            return Some("signed token");
        }
        self.needles.iter().find(|(_, needle)| text.contains(needle.as_str())).map(|(kind, _)| kind.as_str())
    }
}

/// Returns both halves of a secret that is long enough for them to mean something.
fn parts(secret: &str) -> Vec<(&'static str, &str)> {
    let middle = secret.len() / 2;
    match secret.split_at_checked(middle) {
        Some((first, second)) if middle >= SHORTEST_PART => vec![(", first half", first), (", second half", second)],
        _ => Vec::new(),
    }
}

/// Says whether there is a JWT in a text: they all begin like this, which is base64 of `{"`.
fn holds_token(text: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices("eyJ").any(|(at, _)| {
        let rest = text.get(at + 3..).unwrap_or_default();
        rest.find(|c| !is_base64(c)).unwrap_or(rest.len()) >= SHORTEST_TOKEN
    })
}

/// Lists the files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let kind = path.symlink_metadata().map(|metadata| metadata.file_type());
            match kind {
                Ok(kind) if kind.is_dir() => folders.push(path),
                // A pipe would be waited for, a link leads to what is not ours.
                Ok(kind) if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_form_of_a_secret_is_found() {
    let secret = "one \"half\"/and the+other half";
    let mut canaries = Canaries::default();
    canaries.guard_pair("pair", "id", secret);
    let json = serde_json::json!({ "x": secret }).to_string();
    let debug = format!("{:?}", secret.as_bytes());
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("id:{secret}"));
    let quoted = format!("{secret:?}");
    let check = |text: &str, expected: bool| assert_eq!(canaries.find(text).is_some(), expected, "{text}");
    for text in [secret, &json, &debug, &encoded, &encoded.replace('+', "%20"), &basic, &quoted] {
        check(&format!("a {text} b"), true);
    }
    check("a half: one \"half\"/and b", true);
    check("another half: + the+other half", true);
    check("nothing: one, id:", false);
    check("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln", true);
    check("eyJ is how they begin", false);
}
