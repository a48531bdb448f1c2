//! Compares the scopes of one server.

use super::children::{ChildMatch, DesiredChild, LiveChild, match_children};
use super::fields::{Fields, given};
use super::servers::{Parent, is_read};
use super::sides::{Findings, Subject};
use super::{Edit, Impact, Operation, Reason, RefusalKind, ScopeRef};
use crate::diagnostic::Sourced;
use crate::model::{Address, Kind, LiveScope, NewScope, RemoteId, Scope, ScopePatch, ScopeValue, Server};
use std::collections::{BTreeMap, BTreeSet};

/// The scopes a binding may name once the plan is done, and what live ids will be called.
#[derive(Default)]
pub(super) struct ScopeNames {
    refs: BTreeMap<ScopeValue, ScopeRef>,
    renamed: BTreeMap<RemoteId, ScopeValue>,
}

impl ScopeNames {
    /// Returns what a value refers to.
    pub(super) fn get(&self, value: &ScopeValue) -> Option<&ScopeRef> {
        self.refs.get(value)
    }

    /// Returns what a live scope will be called.
    pub(super) fn value_of<'a>(&'a self, id: RemoteId, live: &'a ScopeValue) -> &'a ScopeValue {
        self.renamed.get(&id).unwrap_or(live)
    }

    /// Returns the value nearest to a misspelt one.
    pub(super) fn nearest(&self, value: &ScopeValue) -> Option<String> {
        let distance = |known: &ScopeValue| strsim::damerau_levenshtein(known.as_str(), value.as_str());
        let nearest = self.refs.keys().map(|known| (distance(known), known)).min()?;
        (nearest.0 <= value.as_str().len() / 3 + 1).then(|| nearest.1.to_string())
    }
}

/// Compares the scopes the file declares and returns what bindings may name.
pub(super) fn compare(parent: &Parent<'_>, findings: &mut Findings) -> ScopeNames {
    let live: &[LiveScope] = parent.live.and_then(|server| server.scopes.as_deref()).unwrap_or_default();
    let mut names = ScopeNames::default();
    let Server { scopes, clients, inherited_scopes, .. } = parent.server;
    let is_needed = scopes.is_some() || clients.is_some() || !inherited_scopes.is_empty();
    if is_needed && !is_read(parent, "scopes", |live| &live.scopes, findings) {
        return names;
    }
    match scopes {
        None => {
            for scope in live {
                names.refs.insert(scope.value.clone(), ScopeRef::Live(scope.id));
            }
        }
        Some(declared) => compare_declared(parent, declared, live, &mut names, findings),
    }
    add_inherited(parent, live, &mut names, findings);
    names
}

fn compare_declared(
    parent: &Parent<'_>,
    declared: &Sourced<BTreeMap<ScopeValue, Scope>>,
    live: &[LiveScope],
    names: &mut ScopeNames,
    findings: &mut Findings,
) {
    let desired: Vec<DesiredChild<'_>> =
        declared.value.iter().map(|(value, scope)| desired_child(parent, value, scope)).collect();
    let children: Vec<LiveChild<'_, LiveScope>> =
        live.iter().map(|scope| LiveChild { key: scope.value.as_str(), id: scope.id, live: scope }).collect();
    let matched = match_children(&desired, &children, findings);
    for (value, scope) in &declared.value {
        match matched.found.get(value.as_str()) {
            None => {}
            Some(ChildMatch::Missing) => create(parent, value, scope, names, findings),
            Some(ChildMatch::Live(live)) => update(parent, (value, scope), live, names, findings),
            Some(ChildMatch::Renamed(live)) => {
                names.renamed.insert(live.id, value.clone());
                update(parent, (value, scope), live, names, findings);
            }
        }
    }
    let unlisted: Vec<&LiveScope> = matched.unlisted.into_iter().filter(|scope| !scope.inherited).collect();
    if !parent.deletes_unlisted() {
        for scope in unlisted {
            names.refs.insert(scope.value.clone(), ScopeRef::Live(scope.id));
        }
        return;
    }
    let own = parent.live.iter().flat_map(|live| live.scopes.iter().flatten()).filter(|scope| !scope.inherited).count();
    findings.totals.children.insert((parent.address(), Kind::Scope), own);
    if declared.value.is_empty() && !unlisted.is_empty() {
        findings.totals.emptied.push((parent.address(), Kind::Scope));
    }
    let held = held(parent);
    for scope in unlisted {
        let is_held = held.as_ref().is_none_or(|held| held.contains(&scope.id));
        delete(parent, declared, (scope, is_held), findings);
    }
}

/// Returns the scopes that bound clients hold; `None` where the bindings were not read.
fn held(parent: &Parent<'_>) -> Option<BTreeSet<RemoteId>> {
    let clients = parent.live?.clients.as_ref()?;
    Some(clients.iter().flat_map(|client| &client.scopes).map(|scope| scope.id).collect())
}

fn address(parent: &Parent<'_>, value: &ScopeValue) -> Address {
    Address::Scope(parent.key.clone(), value.clone())
}

fn desired_child<'a>(parent: &Parent<'_>, value: &'a ScopeValue, scope: &'a Scope) -> DesiredChild<'a> {
    DesiredChild {
        key: value.as_str(),
        address: address(parent, value),
        origin: &scope.origin,
        renamed_from: scope.renamed_from.as_ref().map(|old| Sourced::new(old.value.as_str(), old.origin.clone())),
    }
}

/// Nobody holds a new scope yet, so making one changes nothing about access; binding it to a client does.
fn create(parent: &Parent<'_>, value: &ScopeValue, scope: &Scope, names: &mut ScopeNames, findings: &mut Findings) {
    let new = NewScope { value: value.clone(), description: given(&scope.description).unwrap_or_default() };
    let mut fields = Fields::default();
    fields.made("description", new.description.clone());
    names.refs.insert(value.clone(), ScopeRef::Planned(value.clone()));
    let subject = Subject { address: address(parent, value), origin: &scope.origin };
    let edit = Edit::Scope { server: parent.object(), operation: Operation::Create(new) };
    findings.create(&subject, Impact::Cosmetic, fields.into_vec(), edit);
}

fn update(
    parent: &Parent<'_>,
    (value, scope): (&ScopeValue, &Scope),
    live: &LiveScope,
    names: &mut ScopeNames,
    findings: &mut Findings,
) {
    names.refs.insert(value.clone(), ScopeRef::Live(live.id));
    let subject = Subject { address: address(parent, value), origin: &scope.origin };
    let mut fields = Fields::default();
    let is_renamed = *value != live.value;
    let patch = ScopePatch {
        value: is_renamed.then(|| {
            fields.push("value", live.value.as_str().into(), value.as_str().into());
            value.clone()
        }),
        description: fields.text("description", &scope.description, live.description.as_deref()),
    };
    if live.inherited {
        if !fields.into_vec().is_empty() {
            findings.refuse(subject.refusal(RefusalKind::Inherited));
        }
        return;
    }
    findings.count_live(Kind::Scope);
    let impact = if is_renamed { Impact::Breaks } else { Impact::Cosmetic };
    let edit = Edit::Scope { server: parent.object(), operation: Operation::Update { id: live.id, patch } };
    findings.update(&subject, impact, is_renamed, live.fingerprint(), (fields.into_vec(), edit));
}

/// A scope that no client holds can go unnoticed; one that is held, or whose holders were not read, breaks them.
fn delete(
    parent: &Parent<'_>,
    declared: &Sourced<BTreeMap<ScopeValue, Scope>>,
    (live, is_held): (&LiveScope, bool),
    findings: &mut Findings,
) {
    findings.count_live(Kind::Scope);
    let subject = Subject { address: address(parent, &live.value), origin: &declared.origin };
    let impact = if is_held { Impact::Breaks } else { Impact::Narrows };
    let mut fields = Fields::default();
    fields.gone("description", live.description.clone());
    let edit = Edit::Scope { server: parent.object(), operation: Operation::Delete { id: live.id } };
    findings.delete(&subject, (impact, Reason::OnlyLive), live.fingerprint(), fields.into_vec(), edit);
}

/// Inherited scopes may be granted. On a server that is yet to be made they cannot be seen, and are taken on trust.
fn add_inherited(parent: &Parent<'_>, live: &[LiveScope], names: &mut ScopeNames, findings: &mut Findings) {
    for scope in live.iter().filter(|scope| scope.inherited) {
        names.refs.insert(scope.value.clone(), ScopeRef::Live(scope.id));
    }
    for value in &parent.server.inherited_scopes {
        if names.refs.contains_key(&value.value) {
            continue;
        }
        if parent.live.is_none() {
            names.refs.insert(value.value.clone(), ScopeRef::Planned(value.value.clone()));
            continue;
        }
        let subject = Subject { address: parent.address(), origin: &value.origin };
        let nearest = names.nearest(&value.value);
        findings.refuse(subject.refusal(RefusalKind::ScopeNotLive { value: value.value.to_string(), nearest }));
    }
}
