//! What a plan means for access.

use super::admission::{Admission, Obstacle, admissions};
use super::after::after;
use super::compare::compare_renamed;
use super::state::{Access, Labels, live_access};
use crate::diff::{AppOperation, Change, Edit, Impact};
use crate::model::{DesiredState, EntryKey, LiveState, ScopeValue, identify};
use std::collections::BTreeSet;

/// One thing that changes for somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessChange {
    /// What it means; the worst sorts first.
    pub impact: Impact,
    /// The server, by key where the file lists it.
    pub server: String,
    /// The client; `None`: all of the server's.
    pub client: Option<String>,
    /// The gateway policy it is about, if any.
    pub policy: Option<EntryKey>,
    /// The scopes gained, lost or lacking.
    pub scopes: Vec<ScopeValue>,
    /// All of it as a sentence, without a full stop; names from the account stand in it as they are.
    pub sentence: String,
}

/// A plan, as far as access is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The state the file asks for.
    pub desired: &'a DesiredState,
    /// The account as it is.
    pub live: &'a LiveState,
    /// What the plan does.
    pub changes: &'a [&'a Change],
    /// The policies whose files differ from those on disk: what they refuse is news.
    pub rewritten: &'a BTreeSet<EntryKey>,
}

/// Says what a plan means for access: grants, audiences, lifetimes, and who a gateway policy will start to refuse.
///
/// Shape: sorted, the worst first.
pub fn changes(planned: Planned<'_>) -> Vec<AccessChange> {
    let Planned { desired, live, changes, rewritten } = planned;
    let identities = identify(desired, &live.lists);
    let labels = Labels::new(live, &identities);
    let before = live_access(live, &identities);
    let after = after(&before, live, &labels, changes);
    let mut found = compare_renamed(&before, &after.access, &after.renames);
    found.extend(refused(desired, &before, &after.access, rewritten));
    found.extend(replaced(&before, &after.access, &labels, changes));
    found.sort();
    found
}

/// Finds the clients of today that a policy keeps out afterwards.
///
/// Where the policy's file stays as it is, only a client that could pass with today's grants counts: otherwise every plan
/// would repeat what is so on purpose.
fn refused(
    desired: &DesiredState,
    before: &Access,
    after: &Access,
    rewritten: &BTreeSet<EntryKey>,
) -> Vec<AccessChange> {
    let passing: BTreeSet<(EntryKey, String, String)> = admissions(desired, before)
        .into_iter()
        .filter(|admission| admission.obstacles.is_empty())
        .map(|admission| (admission.policy, admission.server, admission.client))
        .collect();
    let mut found = Vec::new();
    for admission in admissions(desired, after) {
        if admission.obstacles.is_empty() {
            continue;
        }
        let clients = before.servers.get(&admission.server).and_then(|server| server.clients.as_ref());
        let is_bound_today = clients.is_some_and(|clients| clients.contains_key(&admission.client));
        let Admission { policy, server, client, obstacles: _ } = &admission;
        let could_pass = passing.contains(&(policy.clone(), server.clone(), client.clone()));
        if could_pass || (is_bound_today && rewritten.contains(&admission.policy)) {
            found.push(refusal(admission));
        }
    }
    found
}

/// Finds what clients that are made anew get on as before, but not as who they were.
fn replaced(before: &Access, after: &Access, labels: &Labels<'_>, changes: &[&Change]) -> Vec<AccessChange> {
    let mut found = Vec::new();
    for change in changes {
        let Edit::App(AppOperation::Replace { id, .. }) = &change.edit else { continue };
        let client = labels.app(*id);
        let is_bound = |access: &Access, server: &String| {
            let clients = access.servers.get(server).and_then(|server| server.clients.as_ref());
            clients.is_some_and(|clients| clients.contains_key(&client))
        };
        for server in before.servers.keys().filter(|server| is_bound(before, server) && is_bound(after, server)) {
            found.push(AccessChange {
                impact: Impact::Breaks,
                server: server.clone(),
                client: Some(client.clone()),
                policy: None,
                scopes: Vec::new(),
                sentence: format!("`{client}` gets tokens for `{server}` only with its new client id and secret"),
            });
        }
    }
    found
}

fn refusal(admission: Admission) -> AccessChange {
    let Admission { policy, server, client, obstacles } = admission;
    let mut scopes = Vec::new();
    let mut reasons = Vec::new();
    for obstacle in obstacles {
        reasons.push(obstacle.to_string());
        match obstacle {
            Obstacle::Scopes(missing) => scopes.extend(missing),
            Obstacle::AnyScope(one_of) => scopes.extend(one_of),
            Obstacle::Audience(_) | Obstacle::Claim(_) => {}
        }
    }
    AccessChange {
        impact: Impact::Breaks,
        sentence: format!("gateway policy `{policy}` refuses `{client}`: on `{server}` it {}", reasons.join(" and ")),
        server,
        client: Some(client),
        policy: Some(policy),
        scopes,
    }
}

/// Writes names as a list for a sentence.
pub(super) fn list<T: std::fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
