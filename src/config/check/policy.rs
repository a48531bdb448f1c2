//! Policies against their server: scopes, audiences, probes.

use super::reference::{Unread, grantable};
use crate::config::nearest;
use crate::diagnostic::{Code, Diagnostic, Origin, Sourced};
use crate::model::{
    DesiredState, Entry, EntryKey, ExternalBy, ExternalServer, Policy, Probe, ScopeValue, Server, Unmanaged,
};
use std::collections::BTreeSet;

/// The claim that names the user; a machine token has none.
///
/// Source: OneLogin's sample of a client-credentials token carries no `sub`.
const SUBJECT: &str = "sub";

/// Reports policies that disagree with their server or cannot be proven.
pub(super) fn check(desired: &DesiredState, unread: &Unread, problems: &mut Vec<Diagnostic>) {
    for policy in desired.policies.values() {
        let key = &policy.authorization_server;
        match desired.servers.get(&key.value) {
            Some(Entry::Present(server)) => {
                let audiences = server.audiences.as_ref().map(|audiences| audiences.value.as_slice());
                let grantable = grantable(server).filter(|_| !unread.scopes.contains(&key.value));
                check_scopes(policy, grantable.as_ref(), &server.origin, problems);
                if audiences.is_some() || !unread.servers.contains(&key.value) {
                    check_audiences(policy, audiences, &server.origin, problems);
                }
                if !unread.servers.contains(&key.value) {
                    check_probes(policy, server, desired, problems);
                }
            }
            Some(Entry::External(external)) => {
                let ExternalServer { audiences, scopes } = &external.declared;
                check_audiences(policy, audiences.as_deref(), &external.origin, problems);
                check_external_scopes(policy, scopes.as_ref(), &external.origin, problems);
                if let (ExternalBy::Id(_), Some(probe)) = (&external.by, policy.probes.first()) {
                    let message = "the probe's server is known by id only, and tokens are asked for by identifier";
                    let hint = "Write `external: { resource_identifier: … }` on the server.";
                    problems.push(incomplete(&probe.origin, message, &external.origin, hint));
                }
            }
            // An absent or broken server is reported where it is referred to.
            Some(Entry::Absent(_)) | None => {}
        }
    }
}

fn incomplete(at: &Origin, message: impl Into<String>, server: &Origin, hint: &str) -> Diagnostic {
    Diagnostic::error(Code::PolicyIncomplete, at.clone(), message)
        .with_related(server.clone(), "the server is defined here")
        .with_hint(hint)
}

fn check_audiences(
    policy: &Policy,
    audiences: Option<&[Sourced<String>]>,
    server: &Origin,
    problems: &mut Vec<Diagnostic>,
) {
    let key = &policy.authorization_server;
    let Some(audiences) = audiences else {
        let message = format!("the server `{}` declares no `audiences`, and the gateway has to check them", key.value);
        problems.push(incomplete(&key.origin, message, server, "Add `audiences:` to the server."));
        return;
    };
    let known: BTreeSet<&str> = audiences.iter().map(|audience| audience.value.as_str()).collect();
    for audience in policy.audiences.iter().flatten().filter(|audience| !known.contains(audience.value.as_str())) {
        let message = format!("`{}` is not an audience of the server `{}`", audience.value, key.value);
        let hint = nearest::hint(&audience.value, known.iter().copied(), "Add it to the server's `audiences:`.");
        problems.push(
            Diagnostic::error(Code::UnknownReference, audience.origin.clone(), message)
                .with_related(server.clone(), "the server is defined here")
                .with_hint(hint),
        );
    }
}

pub(super) fn required(policy: &Policy) -> impl Iterator<Item = &Sourced<ScopeValue>> {
    policy.require_scopes.iter().chain(&policy.require_any_scope)
}

fn check_scopes(
    policy: &Policy,
    known: Option<&BTreeSet<ScopeValue>>,
    server: &Origin,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(known) = known else { return };
    let key = &policy.authorization_server.value;
    for scope in required(policy).filter(|scope| !known.contains(&scope.value)) {
        let message = format!("the server `{key}` has no scope `{}`, so no token can carry it", scope.value);
        let names = known.iter().map(ScopeValue::as_str);
        let hint = nearest::hint(scope.value.as_str(), names, "Add it to the server's `scopes:`.");
        problems.push(
            Diagnostic::error(Code::UngrantableScope, scope.origin.clone(), message)
                .with_related(server.clone(), "the server is defined here")
                .with_hint(hint),
        );
    }
}

fn check_external_scopes(
    policy: &Policy,
    declared: Option<&BTreeSet<ScopeValue>>,
    server: &Origin,
    problems: &mut Vec<Diagnostic>,
) {
    match (declared, required(policy).next()) {
        (None, Some(scope)) => {
            let message = format!("the external server `{}` declares no scopes", policy.authorization_server.value);
            let hint = format!("Add `scopes: [{}]` beside its `external:`.", scope.value);
            problems.push(incomplete(&scope.origin, message, server, &hint));
        }
        (declared, _) => check_scopes(policy, declared, server, problems),
    }
}

fn check_probes(policy: &Policy, server: &Server, desired: &DesiredState, problems: &mut Vec<Diagnostic>) {
    let key = &policy.authorization_server.value;
    if let (None, Some(probe)) = (&server.resource_identifier, policy.probes.first()) {
        let message = format!("the server `{key}` declares no `resource_identifier`, and tokens are asked for by it");
        problems.push(incomplete(&probe.origin, message, &server.origin, "Add `resource_identifier:` to the server."));
    }
    for probe in &policy.probes {
        check_user_claims(policy, probe, server, problems);
        check_binding(policy, probe, server, desired, problems);
    }
}

/// A machine token carries no user, so it can never satisfy a rule about one.
fn check_user_claims(policy: &Policy, probe: &Probe, server: &Server, problems: &mut Vec<Diagnostic>) {
    if probe.user.is_some() {
        return;
    }
    let claims = server.claims.as_ref().map(|claims| &claims.value);
    for (name, values) in &policy.require_claims {
        let is_about_user = name.as_str() == SUBJECT || claims.is_some_and(|claims| claims.contains_key(name));
        if is_about_user {
            let message =
                format!("the probe's machine token carries no user, and the policy requires the claim `{name}`");
            problems.push(
                Diagnostic::error(Code::Probe, probe.origin.clone(), message)
                    .with_related(values.origin.clone(), "required here")
                    .with_hint("Add `user: { name: …, password_env: … }` to the probe."),
            );
        }
    }
}

/// A client that is not bound, or lacks a scope, gets no token that the policy lets in.
///
/// Names that are wrong themselves were reported, and prove nothing about the probe.
fn check_binding(
    policy: &Policy,
    probe: &Probe,
    server: &Server,
    desired: &DesiredState,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(clients) = &server.clients else { return };
    let client = &probe.client;
    if !desired.apps.contains_key(&client.value) {
        return;
    }
    let Some(granted) = clients.value.get(&client.value) else {
        let is_known = |client: &EntryKey| desired.apps.contains_key(client);
        if server.unmanaged == Unmanaged::Delete && clients.value.keys().all(is_known) {
            let names = clients.value.keys().map(EntryKey::as_str);
            let message =
                format!("`{}` is no client of the server `{}`", client.value, policy.authorization_server.value);
            let hint = nearest::hint(client.value.as_str(), names, "Add it to the server's `clients:`.");
            problems.push(
                Diagnostic::error(Code::Probe, client.origin.clone(), message)
                    .with_related(clients.origin.clone(), "its clients are listed here")
                    .with_hint(hint),
            );
        }
        return;
    };
    let grantable = grantable(server);
    let exists = |scope: &Sourced<ScopeValue>| grantable.as_ref().is_none_or(|all| all.contains(&scope.value));
    if !granted.value.iter().all(exists) {
        return;
    }
    let has = |scope: &Sourced<ScopeValue>| granted.value.iter().any(|other| other.value == scope.value);
    let lacking = policy.require_scopes.iter().find(|scope| exists(scope) && !has(scope)).or_else(|| {
        let any = &policy.require_any_scope;
        any.first().filter(|_| any.iter().all(|scope| exists(scope) && !has(scope)))
    });
    if let Some(scope) = lacking {
        let message =
            format!("the client `{}` may not ask for `{}`, which the policy requires", client.value, scope.value);
        problems.push(
            Diagnostic::error(Code::Probe, client.origin.clone(), message)
                .with_related(granted.origin.clone(), "its scopes are listed here")
                .with_hint("Probe with a client that has the scope, or grant it."),
        );
    }
}
