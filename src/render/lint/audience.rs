//! Audiences that are nearly equal: gateways compare them exactly (L-06).

use crate::diagnostic::{Code, Diagnostic, Sourced};
use crate::model::{DesiredState, Entry, Server};
use std::collections::BTreeMap;

pub(super) fn lint(desired: &DesiredState, found: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<String, &Sourced<String>> = BTreeMap::new();
    for audience in all(desired) {
        let first = *known.entry(folded(&audience.value)).or_insert(audience);
        if first.value != audience.value {
            let message = format!(
                "`{}` and `{}` differ by {} and are two audiences",
                first.value,
                audience.value,
                difference(&first.value, &audience.value)
            );
            found.push(near(audience, first, "the other one", message));
        }
    }
    for server in desired.servers.values().filter_map(Entry::present) {
        lint_identifier(server, found);
    }
}

/// Warns of an identifier that is almost the audience: clients ask for tokens by the one, gateways check the other.
fn lint_identifier(server: &Server, found: &mut Vec<Diagnostic>) {
    let (Some(identifier), Some(audiences)) = (&server.resource_identifier, &server.audiences) else { return };
    if audiences.value.iter().any(|audience| audience.value == identifier.value) {
        return;
    }
    let is_near = |audience: &&Sourced<String>| folded(&audience.value) == folded(&identifier.value);
    if let Some(audience) = audiences.value.iter().find(is_near) {
        let message = format!(
            "the audience `{}` and the identifier `{}` differ by {}",
            audience.value,
            identifier.value,
            difference(&audience.value, &identifier.value)
        );
        found.push(near(audience, identifier, "the identifier", message));
    }
}

fn near(audience: &Sourced<String>, other: &Sourced<String>, what: &str, message: String) -> Diagnostic {
    Diagnostic::warning(Code::LintNearAudience, audience.origin.clone(), message)
        .with_related(other.origin.clone(), what)
        .with_hint("Audiences are compared exactly: write the same text everywhere.")
}

fn folded(audience: &str) -> String {
    audience.trim_end_matches('/').to_lowercase()
}

fn difference(one: &str, other: &str) -> &'static str {
    if one.trim_end_matches('/') == other.trim_end_matches('/') { "a slash at the end" } else { "case" }
}

fn all(desired: &DesiredState) -> Vec<&Sourced<String>> {
    let mut all: Vec<&Sourced<String>> = Vec::new();
    for entry in desired.servers.values() {
        match entry {
            Entry::Present(server) => all.extend(server.audiences.iter().flat_map(|audiences| &audiences.value)),
            Entry::Absent(_) => {}
            Entry::External(external) => all.extend(external.declared.audiences.iter().flatten()),
        }
    }
    all.extend(desired.policies.values().flat_map(|policy| policy.audiences.iter().flatten()));
    all
}
