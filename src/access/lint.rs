//! Clients that a policy of the same file keeps out.

use super::admission::{Admission, Obstacle, admissions};
use super::state::desired_access;
use crate::diagnostic::{Code, Diagnostic, Origin};
use crate::model::{DesiredState, Entry, EntryKey, Gateway, Policy, Server, Unmanaged};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::mem::{Discriminant, discriminant};

/// Warns of bound clients that a gateway policy refuses, and of policies that nobody gets past, as far as the file tells.
///
/// A policy for some routes only may keep out a client that another policy of the same server and gateway lets in: that is
/// how rights are told apart by path. Clients of other servers with the same audience are not judged, since they have
/// gateways of their own; nor are claims, which the lints about a policy's claims say once for all clients.
///
/// Shape: sorted by place.
pub fn lint(desired: &DesiredState) -> Vec<Diagnostic> {
    let admissions = admissions(desired, &desired_access(desired));
    let mut by_policy: BTreeMap<&EntryKey, Vec<&Admission>> = BTreeMap::new();
    let mut let_in: HashSet<Passage<'_>> = HashSet::new();
    for admission in &admissions {
        by_policy.entry(&admission.policy).or_default().push(admission);
        if admission.obstacles.is_empty() {
            let_in.extend(passage(admission, desired));
        }
    }
    let mut found = Vec::new();
    for (key, policy) in &desired.policies {
        let Some(server) = desired.servers.get(&policy.authorization_server.value).and_then(Entry::present) else {
            continue;
        };
        let here = by_policy.remove(key).unwrap_or_default();
        for admission in here.iter().filter(|admission| is_own(admission, policy)) {
            let is_divided = !policy.routes.is_empty();
            let gets_in_elsewhere = passage(admission, desired).is_some_and(|passage| let_in.contains(&passage));
            if !(is_divided && gets_in_elsewhere) {
                found.extend(refused(admission, policy, server));
            }
        }
        found.extend(unreachable(key, policy, server, &here));
    }
    found.sort_by(|one, other| one.place().cmp(&other.place()));
    found
}

/// A client of a server in front of a kind of gateway.
type Passage<'a> = (&'a str, &'a str, Discriminant<Gateway>);

fn passage<'a>(admission: &'a Admission, desired: &DesiredState) -> Option<Passage<'a>> {
    let policy = desired.policies.get(&admission.policy)?;
    Some((&admission.server, &admission.client, discriminant(&policy.gateway)))
}

fn is_own(admission: &Admission, policy: &Policy) -> bool {
    admission.server == policy.authorization_server.value.as_str()
}

/// Reports one client, at its binding.
fn refused(admission: &Admission, policy: &Policy, server: &Server) -> Option<Diagnostic> {
    let Admission { policy: policy_key, server: _, client, obstacles } = admission;
    let clients = server.clients.as_ref()?;
    let binding = clients.value.get(&EntryKey::new(client.clone()))?;
    let obstacles: Vec<&Obstacle> =
        obstacles.iter().filter(|obstacle| !matches!(obstacle, Obstacle::Claim(_))).collect();
    let rule = rule(obstacles.first()?, policy);
    let reasons: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    let message =
        format!("breaks: the gateway policy `{policy_key}` refuses `{client}`, which {}", reasons.join(" and "));
    let grant = match obstacles.first()? {
        Obstacle::Scopes(_) => "Grant what is missing here",
        Obstacle::AnyScope(_) => "Grant one of them here",
        Obstacle::Audience(_) | Obstacle::Claim(_) => "Accept the server's audiences",
    };
    let code = Code::LintRefusedClient;
    Some(
        Diagnostic::warning(code, binding.origin.clone(), message)
            .with_related(rule, format!("`{policy_key}` requires it here"))
            .with_hint(format!(
                "{grant}, or require less there. To keep it out on purpose: `# gatewright: allow {} REASON`.",
                code.as_str()
            )),
    )
}

/// Returns the place of the rule that keeps a client out.
fn rule(obstacle: &Obstacle, policy: &Policy) -> Origin {
    let scopes = |missing: &[_]| {
        let mut required = policy.require_scopes.iter().chain(&policy.require_any_scope);
        required.find(|scope| missing.contains(&scope.value)).map(|scope| scope.origin.clone())
    };
    let place = match obstacle {
        Obstacle::Scopes(missing) | Obstacle::AnyScope(missing) => scopes(missing),
        Obstacle::Claim(name) => policy.require_claims.get(name).map(|values| values.origin.clone()),
        Obstacle::Audience(_) => policy.audiences.iter().flatten().next().map(|audience| audience.origin.clone()),
    };
    place.unwrap_or_else(|| policy.origin.clone())
}

/// Reports a policy that no client of the file gets past.
fn unreachable(key: &EntryKey, policy: &Policy, server: &Server, here: &[&Admission]) -> Option<Diagnostic> {
    // Without a whole list of clients, or a list of audiences, the account knows more than the file.
    let clients = server.clients.as_ref()?;
    if server.unmanaged == Unmanaged::Keep || server.audiences.is_none() {
        return None;
    }
    if here.iter().any(|admission| admission.obstacles.is_empty()) {
        return None;
    }
    let own: BTreeSet<&str> =
        here.iter().filter(|admission| is_own(admission, policy)).map(|admission| admission.client.as_str()).collect();
    let server_key = &policy.authorization_server.value;
    let message = match own.len() {
        0 => format!("nobody can get past `{key}`: no client is bound to `{server_key}`"),
        1 => format!("nobody can get past `{key}`: it refuses the only client of `{server_key}`"),
        bound => format!("nobody can get past `{key}`: it refuses all {bound} clients of `{server_key}`"),
    };
    Some(
        Diagnostic::warning(Code::LintUnreachablePolicy, policy.origin.clone(), message)
            .with_related(clients.origin.clone(), "its clients are listed here")
            .with_hint("Bind a client that holds what the policy requires, or require less."),
    )
}
