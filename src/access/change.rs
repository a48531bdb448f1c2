//! What a plan means for access.

use super::admission::{Admission, Obstacle, admissions};
use super::after::{After, after};
use super::compare::compare_renamed;
use super::graph::{GraphApi, Sides, graph};
use super::sign_in::{self, is_bound};
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

/// What a plan means for access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessDiff {
    /// What changes for whom, sorted, the worst first.
    pub changes: Vec<AccessChange>,
    /// What that touches, and the grants around it, sorted by server.
    pub graph: Vec<GraphApi>,
}

/// Says what a plan means for access: grants, audiences, lifetimes, and who a gateway policy will start to refuse.
pub fn of_plan(planned: Planned<'_>) -> AccessDiff {
    let Planned { desired, live, changes, rewritten } = planned;
    let identities = identify(desired, &live.lists);
    let labels = Labels::new(live, &identities);
    let before = live_access(live, &identities);
    let After { access: after, renames } = after(&before, live, &labels, changes);
    let admissions = (admissions(desired, &before), admissions(desired, &after));
    let admissions = (admissions.0.as_slice(), admissions.1.as_slice());
    let replaced = replaced(&labels, changes);
    let mut found = compare_renamed(&before, &after, &renames);
    found.extend(refused(admissions, &before, rewritten));
    found.extend(made_anew(&before, &after, &replaced));
    found.extend(sign_in::find(&before, &after, &labels, changes));
    found.sort();
    let sides = Sides {
        before: &before,
        after: &after,
        renames: &renames,
        admissions,
        rewritten,
        replaced: &replaced,
        changes: &found,
    };
    let graph = graph(&sides);
    AccessDiff { changes: found, graph }
}

/// Finds the clients of today that a policy keeps out afterwards.
///
/// Where the policy's file stays as it is, only a client that could pass with today's grants counts: otherwise every plan
/// would repeat what is so on purpose.
fn refused(
    (today, afterwards): (&[Admission], &[Admission]),
    before: &Access,
    rewritten: &BTreeSet<EntryKey>,
) -> Vec<AccessChange> {
    let passing: BTreeSet<(&EntryKey, &str, &str)> = today
        .iter()
        .filter(|admission| admission.obstacles.is_empty())
        .map(|admission| (&admission.policy, admission.server.as_str(), admission.client.as_str()))
        .collect();
    let mut found = Vec::new();
    for admission in afterwards.iter().filter(|admission| !admission.obstacles.is_empty()) {
        let Admission { policy, server, client, obstacles: _ } = admission;
        let clients = before.servers.get(server).and_then(|server| server.clients.as_ref());
        let is_bound_today = clients.is_some_and(|clients| clients.contains_key(client));
        let could_pass = passing.contains(&(policy, server.as_str(), client.as_str()));
        if could_pass || (is_bound_today && rewritten.contains(policy)) {
            found.push(refusal(admission.clone()));
        }
    }
    found
}

/// Returns the clients that are made anew.
fn replaced(labels: &Labels<'_>, changes: &[&Change]) -> BTreeSet<String> {
    let replaced = changes.iter().filter_map(|change| match &change.edit {
        Edit::App(AppOperation::Replace { id, .. }) => Some(labels.app(*id)),
        _ => None,
    });
    replaced.collect()
}

/// Finds what clients that are made anew get on as before, but not as who they were.
fn made_anew(before: &Access, after: &Access, replaced: &BTreeSet<String>) -> Vec<AccessChange> {
    let mut found = Vec::new();
    for client in replaced {
        let stays = |server: &&String| is_bound(before, server, client) && is_bound(after, server, client);
        for server in before.servers.keys().filter(stays) {
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
