//! The difference of two states' grants.

use super::after::Renames;
use super::change::{AccessChange, list};
use super::state::{Access, ServerAccess};
use crate::diff::Impact;
use crate::model::ScopeValue;
use std::collections::{BTreeMap, BTreeSet};

/// Says how two states differ in access.
///
/// Shape: sorted, the worst first; what one of the two does not know is not compared.
pub fn compare(before: &Access, after: &Access) -> Vec<AccessChange> {
    let mut found = compare_renamed(before, after, &BTreeMap::new());
    found.sort();
    found
}

/// Compares two states of which the second calls some scopes by new values.
pub(super) fn compare_renamed(
    before: &Access,
    after: &Access,
    renames: &BTreeMap<String, Renames>,
) -> Vec<AccessChange> {
    let mut found = Vec::new();
    let empty = Renames::new();
    let names: BTreeSet<&String> = before.servers.keys().chain(after.servers.keys()).collect();
    for name in names {
        let renames = renames.get(name).unwrap_or(&empty);
        let subject = Subject { server: name, found: &mut found };
        match (before.servers.get(name), after.servers.get(name)) {
            (Some(before), Some(after)) => compare_server(subject, before, after, renames),
            (None, Some(after)) => compare_clients(subject, &BTreeMap::new(), known_clients(after)),
            (Some(before), None) => remove_server(subject, before),
            (None, None) => {}
        }
    }
    find_shared_audiences(before, after, &mut found);
    found
}

/// The server that is looked at, and where findings go.
struct Subject<'a> {
    server: &'a str,
    found: &'a mut Vec<AccessChange>,
}

impl Subject<'_> {
    fn add(&mut self, impact: Impact, client: Option<&str>, scopes: Vec<ScopeValue>, sentence: String) {
        let client = client.map(str::to_owned);
        self.found.push(AccessChange {
            impact,
            server: self.server.to_owned(),
            client,
            policy: None,
            scopes,
            sentence,
        });
    }
}

fn compare_server(mut subject: Subject<'_>, before: &ServerAccess, after: &ServerAccess, renames: &Renames) {
    let ServerAccess { resource_identifier, audiences, access_token_minutes, refresh_token_minutes, claims, clients } =
        before;
    let server = subject.server;
    if let (Some(old), Some(new)) = (resource_identifier, &after.resource_identifier)
        && old != new
    {
        let sentence = format!("clients of `{server}` that ask for {} have to ask for {}", list([old]), list([new]));
        subject.add(Impact::Breaks, None, Vec::new(), sentence);
    }
    if let (Some(old), Some(new)) = (audiences, &after.audiences) {
        compare_audiences(&mut subject, old, new);
    }
    // A claim that comes lets nobody in by itself; policies that require one are judged apart.
    if let (Some(old), Some(new)) = (claims, &after.claims) {
        for claim in old.difference(new) {
            let sentence = format!("tokens of `{server}` no longer carry the claim {}", list([claim]));
            subject.add(Impact::Breaks, None, Vec::new(), sentence);
        }
    }
    compare_lifetimes(&mut subject, "access", *access_token_minutes, after.access_token_minutes);
    compare_lifetimes(&mut subject, "refresh", *refresh_token_minutes, after.refresh_token_minutes);
    if let (Some(old), Some(new)) = (clients, &after.clients) {
        let renamed = rename(&mut subject, old, new, renames);
        compare_clients(subject, &renamed, new);
    }
}

fn compare_audiences(subject: &mut Subject<'_>, old: &BTreeSet<String>, new: &BTreeSet<String>) {
    let server = subject.server;
    for audience in new.difference(old) {
        let sentence = format!("tokens of `{server}` open {} too", list([audience]));
        subject.add(Impact::Widens, None, Vec::new(), sentence);
    }
    for audience in old.difference(new) {
        let sentence = format!("tokens of `{server}` no longer open {}", list([audience]));
        subject.add(Impact::Breaks, None, Vec::new(), sentence);
    }
}

fn compare_lifetimes(subject: &mut Subject<'_>, which: &str, old: Option<u64>, new: Option<u64>) {
    // A lifetime that a file leaves out is left alone.
    let Some(new_minutes) = new.filter(|_| old != new) else { return };
    let server = subject.server;
    let (impact, old) = match old {
        Some(old) if new_minutes < old => (Impact::Narrows, format!("{old} minutes")),
        Some(old) => (Impact::Widens, format!("{old} minutes")),
        None => (Impact::Widens, "OneLogin's default".to_owned()),
    };
    let sentence = format!("{which} tokens of `{server}` live {new_minutes} minutes instead of {old}");
    subject.add(impact, None, Vec::new(), sentence);
}

/// Reports renamed scopes and returns the old grants in the new words, so that a rename is not also a loss and a gain. A scope
/// that is renamed and taken away is taken away.
fn rename(
    subject: &mut Subject<'_>,
    old: &BTreeMap<String, BTreeSet<ScopeValue>>,
    new: &BTreeMap<String, BTreeSet<ScopeValue>>,
    renames: &Renames,
) -> BTreeMap<String, BTreeSet<ScopeValue>> {
    let server = subject.server;
    let keeps = |client: &String, to: &ScopeValue| new.get(client).is_some_and(|scopes| scopes.contains(to));
    for (from, to) in renames {
        for (client, _) in old.iter().filter(|(client, scopes)| scopes.contains(from) && keeps(client, to)) {
            let sentence = format!("`{client}` has to ask `{server}` for {} instead of {}", list([to]), list([from]));
            subject.add(Impact::Breaks, Some(client), vec![from.clone(), to.clone()], sentence);
        }
    }
    let renamed = |(client, scopes): (&String, &BTreeSet<ScopeValue>)| {
        let renamed = |scope| renames.get(scope).filter(|to| keeps(client, to)).unwrap_or(scope).clone();
        (client.clone(), scopes.iter().map(renamed).collect())
    };
    old.iter().map(renamed).collect()
}

fn compare_clients(
    mut subject: Subject<'_>,
    old: &BTreeMap<String, BTreeSet<ScopeValue>>,
    new: &BTreeMap<String, BTreeSet<ScopeValue>>,
) {
    let server = subject.server;
    for (client, scopes) in new {
        let before = old.get(client);
        let gained: Vec<ScopeValue> =
            scopes.iter().filter(|scope| before.is_none_or(|before| !before.contains(*scope))).cloned().collect();
        if !gained.is_empty() {
            let sentence = format!("`{client}` may get {} on `{server}`", list(&gained));
            subject.add(Impact::Widens, Some(client), gained, sentence);
        } else if before.is_none() {
            let sentence = format!("`{client}` may get tokens without scopes for `{server}`");
            subject.add(Impact::Widens, Some(client), Vec::new(), sentence);
        }
        let lost: Vec<ScopeValue> =
            before.into_iter().flatten().filter(|scope| !scopes.contains(scope)).cloned().collect();
        if !lost.is_empty() {
            let sentence = format!("`{client}` no longer gets {} on `{server}`", list(&lost));
            subject.add(Impact::Narrows, Some(client), lost, sentence);
        }
    }
    for (client, scopes) in old.iter().filter(|(client, _)| !new.contains_key(*client)) {
        lose(&mut subject, client, scopes);
    }
}

fn lose(subject: &mut Subject<'_>, client: &str, scopes: &BTreeSet<ScopeValue>) {
    let server = subject.server;
    let sentence = match scopes.is_empty() {
        true => format!("`{client}` gets no more tokens for `{server}`"),
        false => format!("`{client}` gets no more tokens for `{server}`: it loses {}", list(scopes)),
    };
    subject.add(Impact::Breaks, Some(client), scopes.iter().cloned().collect(), sentence);
}

fn known_clients(server: &ServerAccess) -> &BTreeMap<String, BTreeSet<ScopeValue>> {
    static NONE: BTreeMap<String, BTreeSet<ScopeValue>> = BTreeMap::new();
    server.clients.as_ref().unwrap_or(&NONE)
}

fn remove_server(mut subject: Subject<'_>, before: &ServerAccess) {
    let server = subject.server;
    if known_clients(before).is_empty() {
        let sentence = format!("`{server}` is gone: nobody gets tokens for it");
        subject.add(Impact::Breaks, None, Vec::new(), sentence);
    }
    for (client, scopes) in known_clients(before) {
        lose(&mut subject, client, scopes);
    }
}

/// Finds audiences that two servers come to share: a token of either opens what asks for the audience alone.
fn find_shared_audiences(before: &Access, after: &Access, found: &mut Vec<AccessChange>) {
    let carries = |access: &Access, server: &str, audience: &String| {
        let audiences = access.servers.get(server).and_then(|server| server.audiences.as_ref());
        audiences.is_some_and(|audiences| audiences.contains(audience))
    };
    let mut holders: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for (name, server) in &after.servers {
        for audience in server.audiences.iter().flatten() {
            holders.entry(audience).or_default().push(name);
        }
    }
    for (audience, servers) in holders.into_iter().filter(|(_, servers)| servers.len() > 1) {
        for server in &servers {
            if carries(before, server, audience) {
                continue;
            }
            let others = list(servers.iter().filter(|other| *other != server));
            found.push(AccessChange {
                impact: Impact::Widens,
                server: (*server).to_owned(),
                client: None,
                policy: None,
                scopes: Vec::new(),
                sentence: format!("tokens of `{server}` and of {others} both carry the audience {}", list([audience])),
            });
        }
    }
}
