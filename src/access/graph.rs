//! The part of who may call what that a plan touches, before and after side by side.

use super::admission::{Admission, Obstacle};
use super::after::Renames;
use super::change::AccessChange;
use super::state::{Access, ServerAccess};
use crate::diff::Impact;
use crate::model::{EntryKey, ScopeValue};
use std::collections::{BTreeMap, BTreeSet};

/// One API that is touched, or that a touched client uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphApi {
    /// The server, by key where the file lists it.
    pub server: String,
    /// Whether it is there before and after.
    pub presence: Presence,
    /// The worst of what changes for all of its clients; `None`: nothing does.
    pub impact: Option<Impact>,
    /// The clients, by name: all of a touched API, else those that are touched themselves.
    pub clients: Vec<GraphClient>,
}

/// One client of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphClient {
    /// The app, by key where the file lists it.
    pub client: String,
    /// Whether it gets tokens for the API before and after.
    pub presence: Presence,
    /// Whether its client id and secret are new ones afterwards.
    pub is_replaced: bool,
    /// The worst of what changes for it on this API; `None`: nothing does.
    pub impact: Option<Impact>,
    /// Its scopes of both sides, sorted by their values of today.
    pub scopes: Vec<GraphScope>,
    /// What every gateway policy that its tokens lead to makes of it afterwards.
    pub gates: Vec<Gate>,
}

/// On which sides something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Before and after.
    Stays,
    /// Only after.
    Comes,
    /// Only before.
    Goes,
}

/// What becomes of one scope of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphScope {
    /// The client has it before and after.
    Kept(ScopeValue),
    /// The client gets it.
    Gained(ScopeValue),
    /// The client loses it.
    Lost(ScopeValue),
    /// The client keeps it under another value, which it has to ask for.
    Renamed {
        /// The value of today.
        from: ScopeValue,
        /// The new value.
        to: ScopeValue,
    },
}

/// A gateway policy in front of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The policy.
    pub policy: EntryKey,
    /// What keeps the client out afterwards; empty: it may pass.
    pub obstacles: Vec<Obstacle>,
    /// Whether a client of today fares otherwise than today.
    pub is_news: bool,
}

/// Two states, and what is known about their difference.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) before: &'a Access,
    pub(super) after: &'a Access,
    pub(super) renames: &'a BTreeMap<String, Renames>,
    /// What the policies of the file make of the clients of today, and of those afterwards.
    pub(super) admissions: (&'a [Admission], &'a [Admission]),
    /// The policies whose files differ from those on disk.
    pub(super) rewritten: &'a BTreeSet<&'a EntryKey>,
    /// The clients that are made anew.
    pub(super) replaced: &'a BTreeSet<String>,
    /// All that changes.
    pub(super) changes: &'a [AccessChange],
}

/// Returns what the changes touch, and what is around it: every client of a touched API, every API of a touched client.
///
/// Shape: sorted by server. APIs whose clients are not known on a side show those of the other.
pub(super) fn graph(sides: &Sides<'_>) -> Vec<GraphApi> {
    let touched = Touched::new(sides);
    let names: BTreeSet<&String> = sides.before.servers.keys().chain(sides.after.servers.keys()).collect();
    names.into_iter().filter_map(|server| api(server, sides, &touched)).collect()
}

/// The worst that changes, for whom and where; and every gate.
struct Touched<'a> {
    rewritten: &'a BTreeSet<&'a EntryKey>,
    servers: BTreeMap<&'a str, Option<Impact>>,
    clients: BTreeSet<&'a str>,
    pairs: BTreeMap<(&'a str, &'a str), Impact>,
    refusals: BTreeSet<(&'a EntryKey, &'a str, &'a str)>,
    before: BTreeMap<(&'a str, &'a str, &'a EntryKey), bool>,
    gates: BTreeMap<(&'a str, &'a str), Vec<&'a Admission>>,
}

impl<'a> Touched<'a> {
    fn new(sides: &Sides<'a>) -> Self {
        let (before, after) = sides.admissions;
        let mut touched = Self {
            rewritten: sides.rewritten,
            servers: BTreeMap::new(),
            clients: BTreeSet::new(),
            pairs: BTreeMap::new(),
            refusals: BTreeSet::new(),
            before: BTreeMap::new(),
            gates: BTreeMap::new(),
        };
        for AccessChange { impact, server, client, policy, scopes: _, sentence: _ } in sides.changes {
            let of_all = touched.servers.entry(server).or_default();
            let Some(client) = client else {
                // The changes are sorted, the worst first.
                of_all.get_or_insert(*impact);
                continue;
            };
            touched.clients.insert(client);
            touched.pairs.entry((server, client)).or_insert(*impact);
            touched.refusals.extend(policy.as_ref().map(|policy| (policy, server.as_str(), client.as_str())));
        }
        for Admission { policy, server, client, obstacles } in before {
            touched.before.insert((server, client, policy), obstacles.is_empty());
        }
        for admission in after {
            touched.gates.entry((&admission.server, &admission.client)).or_default().push(admission);
        }
        touched
    }

    fn gates(&self, server: &str, client: &str) -> Vec<Gate> {
        let gate = |admission: &&Admission| {
            let Admission { policy, server, client, obstacles } = *admission;
            let passed = self.before.get(&(server.as_str(), client.as_str(), policy));
            let is_news = match obstacles.is_empty() {
                // What a file that is about to be replaced makes of the client today is not known.
                true => passed == Some(&false) && !self.rewritten.contains(&policy),
                false => self.refusals.contains(&(policy, server.as_str(), client.as_str())),
            };
            Gate { policy: policy.clone(), obstacles: obstacles.clone(), is_news }
        };
        self.gates.get(&(server, client)).into_iter().flatten().map(gate).collect()
    }
}

fn api(server: &str, sides: &Sides<'_>, touched: &Touched<'_>) -> Option<GraphApi> {
    let (before, after) = (sides.before.servers.get(server), sides.after.servers.get(server));
    let (old, new) = (clients_of(before), clients_of(after));
    let is_touched = touched.servers.contains_key(server);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let meant = names.into_iter().filter(|client| is_touched || touched.clients.contains(client.as_str()));
    let empty = Renames::new();
    let renames = sides.renames.get(server).unwrap_or(&empty);
    let client = |client: &String| {
        let (old, new) = (old.get(client), new.get(client));
        GraphClient {
            client: client.clone(),
            presence: presence(old.is_some(), new.is_some()),
            is_replaced: sides.replaced.contains(client),
            impact: touched.pairs.get(&(server, client.as_str())).copied(),
            scopes: scopes(old, new, renames),
            gates: touched.gates(server, client),
        }
    };
    let clients: Vec<GraphClient> = meant.map(client).collect();
    (is_touched || !clients.is_empty()).then(|| GraphApi {
        server: server.to_owned(),
        presence: presence(before.is_some(), after.is_some()),
        impact: touched.servers.get(server).copied().flatten(),
        clients,
    })
}

type Clients = BTreeMap<String, BTreeSet<ScopeValue>>;

fn clients_of(server: Option<&ServerAccess>) -> &Clients {
    static NONE: Clients = BTreeMap::new();
    server.and_then(|server| server.clients.as_ref()).unwrap_or(&NONE)
}

const fn presence(before: bool, after: bool) -> Presence {
    match (before, after) {
        (false, true) => Presence::Comes,
        (true, false) => Presence::Goes,
        (true, true) | (false, false) => Presence::Stays,
    }
}

fn scopes(
    old: Option<&BTreeSet<ScopeValue>>,
    new: Option<&BTreeSet<ScopeValue>>,
    renames: &Renames,
) -> Vec<GraphScope> {
    let has = |side: Option<&BTreeSet<ScopeValue>>, scope: &ScopeValue| side.is_some_and(|side| side.contains(scope));
    let mut taken: BTreeSet<&ScopeValue> = BTreeSet::new();
    let mut found = Vec::new();
    for scope in old.into_iter().flatten() {
        let to = renames.get(scope).filter(|to| has(new, to));
        // Another scope may take the value of one that is deleted.
        let is_taken_over = old.into_iter().flatten().any(|other| renames.get(other) == Some(scope));
        taken.insert(to.unwrap_or(scope));
        found.push(match to {
            Some(to) => GraphScope::Renamed { from: scope.clone(), to: to.clone() },
            None if has(new, scope) && !is_taken_over => GraphScope::Kept(scope.clone()),
            None => GraphScope::Lost(scope.clone()),
        });
    }
    let gained = new.into_iter().flatten().filter(|scope| !taken.contains(*scope));
    found.extend(gained.map(|scope| GraphScope::Gained(scope.clone())));
    found
}
