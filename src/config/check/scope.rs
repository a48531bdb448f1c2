//! Scopes that a blank behind a colon cuts in two.

use super::policy::required;
use crate::diagnostic::{Code, Diagnostic, Sourced};
use crate::model::{DesiredState, Entry, EntryKey, ScopeValue, Server};
use std::collections::{BTreeMap, BTreeSet};

/// Reports scopes that are asked for, and that their server cuts into a scope and its description: `pay: read` for
/// `pay:read:`.
///
/// Their servers join those that lack a scope.
pub(super) fn check(desired: &DesiredState, lacking: &mut BTreeSet<EntryKey>, problems: &mut Vec<Diagnostic>) {
    let mut asked: BTreeMap<&EntryKey, Vec<&Sourced<ScopeValue>>> = BTreeMap::new();
    for policy in desired.policies.values() {
        asked.entry(&policy.authorization_server.value).or_default().extend(required(policy));
    }
    for (key, entry) in &desired.servers {
        let (Entry::Present(server) | Entry::Absent(server)) = entry else { continue };
        let granted = server.clients.iter().flat_map(|clients| clients.value.values()).flat_map(|scopes| &scopes.value);
        let required = asked.get(key).into_iter().flatten().copied();
        let mut cut: BTreeMap<&ScopeValue, Diagnostic> = BTreeMap::new();
        for scope in granted.chain(required) {
            if let Some((part, problem)) = cut_in_two(server, scope) {
                cut.entry(part).or_insert(problem);
            }
        }
        if !cut.is_empty() {
            lacking.insert(key.clone());
            problems.extend(cut.into_values());
        }
    }
}

fn cut_in_two<'s>(server: &'s Server, asked: &Sourced<ScopeValue>) -> Option<(&'s ScopeValue, Diagnostic)> {
    let scopes = &server.scopes.as_ref()?.value;
    if scopes.contains_key(&asked.value) {
        return None;
    }
    let whole = asked.value.as_str();
    whole.match_indices(':').find_map(|(colon, _)| {
        let (before, after) = (whole.get(..colon)?, whole.get(colon + 1..)?);
        let (part, scope) = scopes.get_key_value(&ScopeValue::new(before))?;
        let is_inherited = || server.inherited_scopes.iter().any(|scope| scope.value == asked.value);
        if scope.description.as_ref()?.value != after || is_inherited() {
            return None;
        }
        let message = format!("`{before}: {after}` is the scope `{before}`, and `{whole}` is asked for");
        let hint = format!(
            "A colon and a blank end a key. Write `{whole}: ` without a blank in the scope, and a description behind it."
        );
        let problem = Diagnostic::error(Code::InvalidValue, scope.origin.clone(), message)
            .with_related(asked.origin.clone(), "asked for here")
            .with_hint(hint);
        Some((part, problem))
    })
}
