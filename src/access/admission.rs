//! Which clients a gateway policy lets in.

use super::change::list;
use super::state::{Access, ServerAccess};
use crate::diagnostic::Sourced;
use crate::model::{ClaimName, ClientIdCheck, DesiredState, Entry, EntryKey, Policy, ScopeValue};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One client in front of one gateway policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The policy.
    pub policy: EntryKey,
    /// The server whose tokens the client brings.
    pub server: String,
    /// The client.
    pub client: String,
    /// What keeps it out; empty: it may pass.
    pub obstacles: Vec<Obstacle>,
}

/// What keeps a client out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// It holds not all of the required scopes; these are missing.
    Scopes(Vec<ScopeValue>),
    /// It holds none of these scopes, of which one is required.
    AnyScope(Vec<ScopeValue>),
    /// Its tokens never carry the claim.
    Claim(ClaimName),
    /// Its tokens carry none of the audiences that are accepted, which are these.
    Audience(Vec<String>),
}

/// Says it as the end of a sentence about the client: "lacks `a`".
impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scopes(missing) => write!(f, "lacks {}", list(missing)),
            Self::AnyScope(one_of) => write!(f, "holds none of {}", list(one_of)),
            Self::Audience(accepted) => write!(f, "gets tokens for other audiences than {}", list(accepted)),
            Self::Claim(name) => write!(f, "gets no claim `{name}`"),
        }
    }
}

/// Puts every client in front of every policy that its tokens' audience leads to, and those of a policy's own server
/// in front of it whatever their audience.
///
/// Shape: sorted by policy, server and client. Values of claims are not judged, because they are the user's; nor are the
/// contracts of a policy that checks the client's id, because they are the gateway's.
pub fn admissions(desired: &DesiredState, access: &Access) -> Vec<Admission> {
    let mut by_audience: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, server) in &access.servers {
        for audience in server.audiences.iter().flatten() {
            by_audience.entry(audience).or_default().insert(name);
        }
    }
    let mut admissions = Vec::new();
    for (key, policy) in &desired.policies {
        let audiences = accepted_audiences(desired, policy, access);
        let led_here = audiences.iter().filter_map(|audience| by_audience.get(audience.as_str())).flatten().copied();
        let mut servers: BTreeSet<&str> = led_here.collect();
        servers.insert(policy.authorization_server.value.as_str());
        for server in servers {
            let Some(given) = access.servers.get(server) else { continue };
            let Some(carried) = &given.audiences else { continue };
            for (client, scopes) in given.clients.iter().flatten() {
                let mut obstacles = obstacles(policy, given, scopes);
                if !audiences.is_empty() && carried.is_disjoint(&audiences) {
                    obstacles.push(Obstacle::Audience(audiences.iter().cloned().collect()));
                }
                admissions.push(Admission {
                    policy: key.clone(),
                    server: server.to_owned(),
                    client: client.clone(),
                    obstacles,
                });
            }
        }
    }
    admissions
}

/// Returns the audiences a policy accepts: its own, else those of its server, else those that are declared for it.
fn accepted_audiences(desired: &DesiredState, policy: &Policy, access: &Access) -> BTreeSet<String> {
    let server = &policy.authorization_server.value;
    let carried = access.servers.get(server.as_str()).and_then(|server| server.audiences.as_ref());
    let declared = || match desired.servers.get(server) {
        Some(Entry::Present(server)) => server.audiences.as_ref().map(|audiences| &audiences.value),
        Some(Entry::External(external)) => external.declared.audiences.as_ref(),
        Some(Entry::Absent(_)) | None => None,
    };
    let values = |audiences: &Vec<Sourced<String>>| audiences.iter().map(|audience| audience.value.clone()).collect();
    match (&policy.audiences, carried) {
        (Some(audiences), _) => values(audiences),
        (None, Some(carried)) => carried.clone(),
        (None, None) => declared().map(values).unwrap_or_default(),
    }
}

fn obstacles(policy: &Policy, server: &ServerAccess, granted: &BTreeSet<ScopeValue>) -> Vec<Obstacle> {
    let Policy { require_scopes, require_any_scope, require_claims, client_id, .. } = policy;
    let mut obstacles = Vec::new();
    let values = |scopes: &[Sourced<ScopeValue>]| -> Vec<ScopeValue> {
        scopes.iter().map(|scope| scope.value.clone()).collect()
    };
    let missing: Vec<ScopeValue> =
        values(require_scopes).into_iter().filter(|scope| !granted.contains(scope)).collect();
    if !missing.is_empty() {
        obstacles.push(Obstacle::Scopes(missing));
    }
    let one_of = values(require_any_scope);
    if !one_of.is_empty() && !one_of.iter().any(|scope| granted.contains(scope)) {
        obstacles.push(Obstacle::AnyScope(one_of));
    }
    let checked = match client_id {
        ClientIdCheck::Skip => None,
        ClientIdCheck::Claim(name) => Some(name),
    };
    let is_carried =
        |name: &ClaimName| name.is_standard() || server.claims.as_ref().is_none_or(|claims| claims.contains(name));
    let absent: BTreeSet<&ClaimName> = require_claims.keys().chain(checked).filter(|name| !is_carried(name)).collect();
    obstacles.extend(absent.into_iter().cloned().map(Obstacle::Claim));
    obstacles
}
