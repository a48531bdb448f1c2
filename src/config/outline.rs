//! The names that a file gives, for completions: as much as can be read of it, however wrong the rest is.

use super::frame::{self, Frame, Section};
use super::include;
use super::tree::{Pair, Value};
use crate::model::{Address, ClaimName, ClientRef, EntryKey, ScopeValue};
use std::path::Path;

/// The names that a file gives.
///
/// Shape: environments and variables are sorted; addresses are in the order of the sections, parents before children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The environments.
    pub environments: Vec<String>,
    /// The declared variables.
    pub variables: Vec<String>,
    /// What the file lists.
    pub addresses: Vec<Address>,
}

/// Reads the names that a file gives; one that cannot be read gives none.
///
/// Keys hold no variables, so none is needed, and neither is an environment.
pub fn outline(path: &Path) -> Outline {
    let input = include::read(path);
    let frame = frame::frame(&input);
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    Outline {
        environments: owned(frame.environments.iter().flat_map(|block| block.blocks.keys().copied()).collect()),
        variables: owned(frame.variables.keys().copied().collect()),
        addresses: addresses(&frame),
    }
}

fn addresses(frame: &Frame<'_>) -> Vec<Address> {
    let entries = |section: &Section<'_>, address: fn(EntryKey) -> Address| -> Vec<Address> {
        section.keys().map(|key| address(EntryKey::new(*key))).collect()
    };
    let mut found = entries(&frame.roles, Address::Role);
    found.extend(entries(&frame.apps, Address::OidcApp));
    for (key, entry) in &frame.servers {
        let server = EntryKey::new(*key);
        found.push(Address::Server(server.clone()));
        let children = |block| keys(entry, block).into_iter();
        found.extend(children("scopes").map(|value| Address::Scope(server.clone(), ScopeValue::new(value))));
        found.extend(children("claims").map(|name| Address::Claim(server.clone(), ClaimName::new(name))));
        let client = |key| Address::Client(server.clone(), ClientRef::Key(EntryKey::new(key)));
        found.extend(children("clients").map(client));
    }
    found.extend(entries(&frame.policies, Address::Policy));
    found
}

/// Returns the keys of a block of an entry.
fn keys<'t>(entry: &'t Pair, block: &str) -> Vec<&'t str> {
    match entry.value.get(block).map(|pair| &pair.value.value) {
        Some(Value::Map(pairs)) => pairs.iter().map(|pair| pair.key.value.as_str()).collect(),
        Some(Value::Scalar(_) | Value::List(_)) | None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Outline, outline};

    #[test]
    fn names_are_read_from_files_that_are_not_valid() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gatewright.yaml");
        let check = |text: &str, expected: [&str; 3]| {
            std::fs::write(&file, text).unwrap();
            let Outline { environments, variables, addresses } = outline(&file);
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            assert_eq!([environments.join(" "), variables.join(" "), addresses.join(" ")], expected, "{text}");
        };
        check(
            "environments: { b: {}, a: {} }\nvariables: { url: x }\noidc_apps: { web: {}, api: 3 }\ngateway_policies: { p: }\n\
             authorization_servers: { s: { scopes: { 'a b': x, 'c:d': }, clients: { web: [] }, claims: [], nonsense: 1 } }\n",
            [
                "a b",
                "url",
                "oidc_app/api oidc_app/web authorization_server/s authorization_server/s/scope/a%20b \
                 authorization_server/s/scope/c:d authorization_server/s/client/web gateway_policy/p",
            ],
        );
        for broken in ["", "a: [", "[]", "x", "\u{0}"] {
            check(broken, ["", "", ""]);
        }
        std::fs::remove_file(&file).unwrap();
        assert_eq!(outline(&file), Outline::default());
    }
}
