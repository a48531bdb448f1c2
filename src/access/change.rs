//! What a plan means for access.

use super::admission::{Admission, Obstacle, admissions};
use super::after::{After, after};
use super::compare::compare_renamed;
use super::files::{Rewritten, keeps_out, of_files};
use super::graph::{GraphApi, Sides, graph};
use super::sign_in::{self, Around};
use super::state::{Access, Labels, live_access};
use crate::diff::{AppOperation, Change, Edit, Impact, ObjectRef, Operation};
use crate::model::{Address, DesiredState, EntryKey, LiveState, ScopeValue, identify, text};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The policy files that differ from those on disk: what they ask for, and whom they refuse, is news.
    pub rewritten: &'a [Rewritten<'a>],
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
    found.extend(of_files(desired, (&before, &after), &renames, rewritten));
    let around = Around::new((&before, &after), live, &labels, changes);
    found.extend(made_anew(&around, &replaced));
    found.extend(sign_in::find(&around, changes));
    found.extend(revalued(&labels, changes));
    found.sort();
    let sides = Sides {
        before: &before,
        after: &after,
        renames: &renames,
        admissions,
        rewritten: &rewritten.iter().map(|file| file.policy).collect(),
        replaced: &replaced,
        changes: &found,
    };
    let graph = graph(&sides);
    AccessDiff { changes: found, graph }
}

/// Finds the clients of today that a policy keeps out afterwards.
///
/// Where the policy's file stays as it is, only a client that could pass with today's grants counts: otherwise every plan
/// would repeat what is so on purpose. Where it is written anew, one that the file on disk lets pass counts.
fn refused(
    (today, afterwards): (&[Admission], &[Admission]),
    before: &Access,
    rewritten: &[Rewritten<'_>],
) -> Vec<AccessChange> {
    // Who stands in front of a policy today, and whether what the file now says lets it pass.
    let standing: BTreeMap<(&EntryKey, &str, &str), bool> = today
        .iter()
        .map(|Admission { policy, server, client, obstacles }| {
            ((policy, server.as_str(), client.as_str()), obstacles.is_empty())
        })
        .collect();
    let mut found = Vec::new();
    for admission in afterwards.iter().filter(|admission| !admission.obstacles.is_empty()) {
        let Admission { policy, server, client, obstacles: _ } = admission;
        let clients = before.servers.get(server).and_then(|server| server.clients.as_ref());
        let held = clients.and_then(|clients| clients.get(client));
        let Some(could_pass) = standing.get(&(policy, server.as_str(), client.as_str())) else { continue };
        let file = rewritten.iter().find(|file| file.policy == policy);
        let passes_file = |held| file.is_some_and(|file| !keeps_out(file, held).unwrap_or_default());
        if *could_pass || held.is_some_and(passes_file) {
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
fn made_anew(around: &Around<'_>, replaced: &BTreeSet<String>) -> Vec<AccessChange> {
    let mut found = Vec::new();
    for client in replaced {
        found.extend(around.apis(client).iter().map(|server| AccessChange {
            impact: Impact::Breaks,
            server: (*server).to_owned(),
            client: Some(client.clone()),
            policy: None,
            scopes: Vec::new(),
            sentence: format!("`{client}` gets tokens for `{server}` only with its new client id and secret"),
        }));
    }
    found
}

/// Finds the claims that keep their names and get other values.
fn revalued(labels: &Labels<'_>, changes: &[&Change]) -> Vec<AccessChange> {
    let revalued = changes.iter().filter_map(|change| match (&change.edit, &change.address) {
        (
            Edit::Claim { server: ObjectRef::Live(server), operation: Operation::Update { patch, .. } },
            Address::Claim(_, claim),
        ) if patch.source.is_some() || patch.transformation.is_some() => Some((labels.server(*server), claim)),
        _ => None,
    });
    let said = revalued.map(|(server, claim)| AccessChange {
        impact: Impact::Breaks,
        sentence: format!("tokens of `{server}` carry another value as the claim `{claim}`"),
        server,
        client: None,
        policy: None,
        scopes: Vec::new(),
    });
    said.collect()
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
    names
        .into_iter()
        .map(|name| format!("`{}`", text::between_backticks(&name.to_string())))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Planned, of_plan};
    use crate::access::Rewritten;
    use crate::diff::{Change, diff};
    use crate::model::sample::{
        account, app, at, clients, file, key, live_app, live_client, live_scope, live_server, policy, scopes, server,
    };
    use crate::model::{DesiredState, Entry, LiveState, Policy, ScopeValue, Server};

    /// `orders` behind `gate`, which asks for `read`, and `stock` beside it; `web` is a client of both with `other` only.
    fn sides() -> (DesiredState, LiveState) {
        let of = |name: &str, url: &str| Server {
            scopes: scopes(&["read", "other"]),
            clients: clients(&[("web", &["other"])]),
            ..server(name, url)
        };
        let gate = Policy { require_scopes: vec![at(ScopeValue::new("read"))], ..policy("orders") };
        let desired = DesiredState {
            apps: [(key("web"), Entry::Present(app("Web")))].into(),
            servers: [
                (key("orders"), Entry::Present(of("Orders", "https://orders"))),
                (key("stock"), Entry::Present(of("Stock", "https://stock"))),
            ]
            .into(),
            policies: [(key("gate"), gate)].into(),
            ..file()
        };
        let live = |id: u64, name: &str, url: &str| {
            let mut server = live_server(id, name, url);
            let scopes = [live_scope(id + 1, "read"), live_scope(id + 2, "other")];
            server.clients = Some(vec![live_client(11, "Web", &[&scopes[1]])]);
            server.scopes = Some(scopes.into());
            server
        };
        let servers = vec![live(100, "Orders", "https://orders"), live(200, "Stock", "https://stock")];
        (desired, account(servers, vec![live_app(11, "Web")], &[]))
    }

    /// Plans with the policy file written over one whose rule for scopes is this.
    fn refusals(desired: &DesiredState, live: &LiveState, rule: &str) -> Vec<String> {
        let diff = diff(desired, live);
        assert_eq!((diff.problems, diff.refusals), (Vec::new(), Vec::new()));
        let changes: Vec<&Change> = diff.changes.iter().collect();
        let (gate, before) = (key("gate"), format!("mandatoryCustomClaims:\n- key: scope\n  value: \"#[{rule}]\""));
        let rewritten = [Rewritten { policy: &gate, before: Some(&before), after: "{}" }];
        let found = of_plan(Planned { desired, live, changes: &changes, rewritten: &rewritten }).changes;
        found.into_iter().filter(|change| change.client.is_some()).map(|change| change.sentence).collect()
    }

    #[test]
    fn a_client_that_is_refused_today_is_no_news() {
        let (desired, live) = sides();
        let refused = "gateway policy `gate` refuses `web`: on `orders` it lacks `read`";
        assert_eq!(refusals(&desired, &live, "x contains 'other'"), [refused]);
        assert_eq!(refusals(&desired, &live, "x contains 'gone'"), Vec::<String>::new());
    }

    /// Tokens of another server whose audience the policy comes to take were refused whatever they held.
    #[test]
    fn a_client_of_another_server_is_no_news_where_its_tokens_come_to_lead() {
        let (mut desired, live) = sides();
        let Some(Entry::Present(orders)) = desired.servers.get_mut(&key("orders")) else { panic!("listed") };
        let both = ["https://orders", "https://stock"].map(|url| at(url.to_owned()));
        orders.audiences = Some(at(both.into()));
        orders.share_audience_with = vec![at(key("stock"))];
        let found = refusals(&desired, &live, "x contains 'gone'");
        assert!(!found.iter().any(|sentence| sentence.contains("`stock`")), "{found:?}");
        let found = refusals(&desired, &live, "x contains 'other'");
        assert!(!found.iter().any(|sentence| sentence.contains("on `stock`")), "{found:?}");
    }
}
