//! What policy files stop asking for.

use super::change::{AccessChange, list};
use crate::diff::Impact;
use crate::model::{ClaimName, DesiredState, EntryKey, LiveState, ScopeValue};
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

/// Finds what a policy file asked for and its successor does not: scopes, claims, and all scopes where one is enough now.
///
/// Shape: in the order of the files. Only the words of a file on disk are known, not what it meant to say: a scope or claim
/// counts as asked for where its name stands in it. Values of claims and routes are not compared.
pub fn loosened(desired: &DesiredState, live: &LiveState, files: &[Rewritten<'_>]) -> Vec<AccessChange> {
    let scopes = scopes(desired, live);
    let claims = claims(desired, live);
    let mut found = Vec::new();
    for file in files {
        let Some(policy) = desired.policies.get(file.policy) else { continue };
        let is_dropped = |word: &str| names(file.before, word) && !names(file.after, word);
        let mut add = |scopes: Vec<ScopeValue>, words: String| {
            found.push(AccessChange {
                impact: Impact::Widens,
                server: policy.authorization_server.value.to_string(),
                client: None,
                policy: Some(file.policy.clone()),
                scopes,
                sentence: format!("gateway policy `{}` {words}", file.policy),
            });
        };
        for scope in scopes.iter().filter(|scope| is_dropped(scope.as_str())) {
            add(vec![scope.clone()], format!("no longer asks for `{scope}`"));
        }
        for claim in claims.iter().filter(|claim| is_dropped(claim.as_str())) {
            add(Vec::new(), format!("no longer asks for the claim `{claim}`"));
        }
        let one_of: Vec<ScopeValue> = policy.require_any_scope.iter().map(|scope| scope.value.clone()).collect();
        if one_of.windows(2).any(|pair| is_all_to_one(file, pair)) {
            let words = format!("is content with one of {}, where it asked for all", list(&one_of));
            add(one_of, words);
            continue;
        }
        let (old, new): (Vec<ScopeValue>, Vec<ScopeValue>) =
            one_of.into_iter().partition(|scope| names(file.before, scope.as_str()));
        if !old.is_empty() && !new.is_empty() {
            let words = format!("also lets in who holds {} alone", list(&new));
            add(new, words);
        }
    }
    found
}

/// Says whether two scopes that were joined by `and`, which is DataWeave's word, are joined by `or`.
fn is_all_to_one(file: &Rewritten<'_>, pair: &[ScopeValue]) -> bool {
    let [one, other] = pair else { return false };
    let is_joined = |text: &str, word: &str| {
        let places = (find(text, one.as_str()).next(), find(text, other.as_str()).next());
        let (Some(one), Some(other)) = places else { return false };
        text.get(one.min(other)..one.max(other)).is_some_and(|between| between.split_whitespace().any(|w| w == word))
    };
    is_joined(file.before, "and") && is_joined(file.after, "or")
}

/// Returns the claims of all servers, but for those that only get another name.
fn claims(desired: &DesiredState, live: &LiveState) -> BTreeSet<ClaimName> {
    let servers = desired.servers.values().filter_map(|entry| entry.managed());
    let listed: Vec<_> = servers.filter_map(|server| server.claims.as_ref()).flat_map(|claims| &claims.value).collect();
    let renamed: BTreeSet<&ClaimName> =
        listed.iter().filter_map(|(_, claim)| Some(&claim.renamed_from.as_ref()?.value)).collect();
    let live = live.servers.values().flat_map(|server| server.claims.iter().flatten()).map(|claim| &claim.name);
    listed.iter().map(|(name, _)| *name).chain(live).filter(|claim| !renamed.contains(claim)).cloned().collect()
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

/// Says whether a word stands in a text.
fn names(text: &str, word: &str) -> bool {
    find(text, word).next().is_some()
}

/// Returns where a scope or claim stands in a text as a word of its own, so that `read` is not found in `contacts:read`.
fn find<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_part = |c: char| c.is_alphanumeric() || "_:./-".contains(c);
    let places = text.match_indices(word).filter(move |(at, _)| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
        !word.is_empty() && !before.is_some_and(is_part) && !after.is_some_and(is_part)
    });
    places.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::{Rewritten, loosened};
    use crate::diff::Impact;
    use crate::model::sample::{at, claims, file, key, policy, scopes, server};
    use crate::model::{DesiredState, Entry, LiveState, Policy, ScopeValue, Server};

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
    /// One scope is enough where all were asked for, another one is enough too, and a claim is not asked for any more.
    #[test]
    fn what_a_file_is_content_with_widens() {
        let server =
            Server { scopes: scopes(&["a", "b", "c"]), claims: claims(&["tier"]), ..server("Contacts", "https://a") };
        let check = |one_of: &[&str], before: &str, after: &str, expected: &[&str]| {
            let require_any_scope = one_of.iter().map(|&scope| at(ScopeValue::new(scope))).collect();
            let desired = DesiredState {
                servers: [(key("contacts"), Entry::Present(server.clone()))].into(),
                policies: [(key("gate"), Policy { require_any_scope, ..policy("contacts") })].into(),
                ..file()
            };
            let files = [Rewritten { policy: &key("gate"), before, after }];
            let found = loosened(&desired, &LiveState::default(), &files);
            let sentences: Vec<&str> = found.iter().map(|change| change.sentence.as_str()).collect();
            assert_eq!(sentences, expected);
        };
        let (all, one) = ("(has 'a') and (has 'b')", "(has 'a') or (has 'b')");
        check(
            &["a", "b"],
            all,
            one,
            &["gateway policy `gate` is content with one of `a`, `b`, where it asked for all"],
        );
        check(&["a", "b"], one, one, &[]);
        check(&["a", "b"], &format!("{one} and x"), one, &[]);
        check(&["a", "b", "c"], one, "'a' or 'b' or 'c'", &["gateway policy `gate` also lets in who holds `c` alone"]);
        check(&["b", "c"], "'a'", "'b' or 'c'", &["gateway policy `gate` no longer asks for `a`"]);
        check(&[], "'tier': 'gold'", "", &["gateway policy `gate` no longer asks for the claim `tier`"]);
        check(&[], "'tier': 'gold'", "'tier': 'silver'", &[]);
    }
}
