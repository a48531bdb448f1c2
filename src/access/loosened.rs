//! What policy files stop asking for.

use super::change::AccessChange;
use crate::diff::Impact;
use crate::model::{DesiredState, EntryKey, LiveState, ScopeValue};
use std::collections::BTreeSet;

/// A policy file that takes the place of another.
#[derive(Debug, Clone, Copy)]
pub struct Rewritten<'a> {
    /// The policy.
    pub policy: &'a EntryKey,
    /// The file as it lies on disk.
    pub before: &'a str,
    /// The file as it will be.
    pub after: &'a str,
}

/// Finds the scopes that a policy file asked for and its successor does not.
///
/// Shape: in the order of the files. Only the words of a file on disk are known, not what it meant to say: a scope counts as
/// asked for where its value stands in it. That a file asks for one of several scopes where it asked for all is not seen.
pub fn loosened(desired: &DesiredState, live: &LiveState, files: &[Rewritten<'_>]) -> Vec<AccessChange> {
    let scopes = scopes(desired, live);
    let mut found = Vec::new();
    for Rewritten { policy, before, after } in files {
        let Some(server) = desired.policies.get(policy).map(|policy| &policy.authorization_server.value) else {
            continue;
        };
        let is_dropped = |scope: &&ScopeValue| names(before, scope.as_str()) && !names(after, scope.as_str());
        for scope in scopes.iter().filter(is_dropped) {
            found.push(AccessChange {
                impact: Impact::Widens,
                server: server.to_string(),
                client: None,
                policy: Some((*policy).clone()),
                scopes: vec![scope.clone()],
                sentence: format!("gateway policy `{policy}` no longer asks for `{scope}`"),
            });
        }
    }
    found
}

/// Returns the scopes of all servers, but for those that only get another name.
fn scopes(desired: &DesiredState, live: &LiveState) -> BTreeSet<ScopeValue> {
    let servers = desired.servers.values().filter_map(|entry| entry.managed());
    let listed: Vec<_> = servers.filter_map(|server| server.scopes.as_ref()).flat_map(|scopes| &scopes.value).collect();
    let renamed: BTreeSet<&ScopeValue> =
        listed.iter().filter_map(|(_, scope)| Some(&scope.renamed_from.as_ref()?.value)).collect();
    let live = live.servers.values().flat_map(|server| server.scopes.iter().flatten()).map(|scope| &scope.value);
    listed.iter().map(|(value, _)| *value).chain(live).filter(|scope| !renamed.contains(scope)).cloned().collect()
}

/// Says whether a scope stands in a text as a word of its own, so that `read` is not found in `contacts:read`.
fn names(text: &str, scope: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "_:./-".contains(c);
    !scope.is_empty()
        && text.match_indices(scope).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + scope.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::{Rewritten, loosened};
    use crate::diff::Impact;
    use crate::model::sample::{at, file, key, policy, scopes, server};
    use crate::model::{DesiredState, Entry, LiveState, ScopeValue, Server};

    #[test]
    fn a_scope_that_a_file_stops_naming_widens() {
        let mut contacts = Server { scopes: scopes(&["read", "contacts:read"]), ..server("Contacts", "https://a") };
        let check = |contacts: &Server, before: &str, after: &str, expected: &[&str]| {
            let desired = DesiredState {
                servers: [(key("contacts"), Entry::Present(contacts.clone()))].into(),
                policies: [(key("gate"), policy("contacts"))].into(),
                ..file()
            };
            let files = [Rewritten { policy: &key("gate"), before, after }];
            let found = loosened(&desired, &LiveState::default(), &files);
            let sentences: Vec<&str> = found.iter().map(|change| change.sentence.as_str()).collect();
            assert_eq!(sentences, expected);
            assert!(found.iter().all(|change| change.impact == Impact::Widens && change.server == "contacts"));
        };
        let dropped = "gateway policy `gate` no longer asks for `contacts:read`";
        check(&contacts, "contains 'contacts:read'", "", &[dropped]);
        check(&contacts, "contains 'contacts:read'", "contains 'read'", &[dropped]);
        check(
            &contacts,
            "contains 'read'",
            "contains 'contacts:read'",
            &["gateway policy `gate` no longer asks for `read`"],
        );
        check(&contacts, "", "contains 'contacts:read'", &[]);
        check(&contacts, "contains 'contacts:read' or 'read'", "'read', 'contacts:read'", &[]);
        // What gets another name is asked for by that name.
        let renamed = contacts.scopes.as_mut().unwrap().value.get_mut(&ScopeValue::new("read")).unwrap();
        renamed.renamed_from = Some(at(ScopeValue::new("contacts:read")));
        check(&contacts, "contains 'contacts:read'", "contains 'read'", &[]);
    }
}
