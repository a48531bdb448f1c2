//! Takes client bindings back: live's, corrected by the record.

use super::children::After;
use super::deed::{Deed, Done};
use super::entries::at;
use super::inverse::Undo;
use super::names::app_of;
use crate::diagnostic::Sourced;
use crate::execute::{FieldView, Image, check};
use crate::model::{
    Address, Entry, EntryKey, LiveClient, LiveClientScope, LiveServer, RemoteId, ScopePatch, ScopeValue,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The bindings of a server by app, as they will be; a scope is named by the id of before, or of now.
pub(super) type Bindings = BTreeMap<RemoteId, Vec<LiveClientScope>>;

/// A server's bindings as a desired state names them.
pub(super) type Clients = BTreeMap<EntryKey, Sourced<Vec<Sourced<ScopeValue>>>>;

/// Returns the bindings as they will be, without those of apps that go.
pub(super) fn undo_bindings(live: &LiveServer, done: &[&Done], undo: &mut Undo<'_>) -> Bindings {
    let going: BTreeSet<RemoteId> = undo
        .state
        .apps
        .values()
        .filter_map(|entry| match entry {
            Entry::Absent(app) => app.id.as_ref().map(|id| id.value),
            Entry::Present(_) | Entry::External(_) => None,
        })
        .collect();
    let held: BTreeMap<RemoteId, &LiveClient> =
        live.clients.iter().flatten().map(|client| (client.app_id, client)).collect();
    let stays = held.iter().filter(|(app, _)| !going.contains(app));
    let mut after: Bindings = stays.map(|(app, client)| (*app, client.scopes.clone())).collect();
    for one in done {
        if let (Address::Client(..), Some(app)) = (&one.address, app_of(&one.deed)) {
            undo_binding(app, held.get(&app).copied(), one, undo, &mut after);
        }
    }
    after
}

fn undo_binding(app: RemoteId, live: Option<&LiveClient>, one: &Done, undo: &mut Undo<'_>, after: &mut Bindings) {
    match (&one.deed, live) {
        (Deed::Made { sent: Image::Client(sent), .. }, Some(live)) => {
            let changed = check::client(&ids(sent), live);
            match changed.is_empty() {
                true => drop(after.remove(&app)),
                false => undo.leave_changed(&one.address, &[view(live, sent)]),
            }
        }
        (Deed::Changed { before: Image::Client(before), sent: Image::Client(sent), .. }, Some(live)) => {
            let changed = check::client(&ids(sent), live);
            if changed.is_empty() {
                after.insert(app, before.clone());
            } else if values(before) != values(&live.scopes) {
                undo.leave_changed(&one.address, &[view(live, sent)]);
            }
        }
        (Deed::Changed { .. }, None) => undo.leave(&one.address, "it is gone"),
        (Deed::Deleted { before: Image::Client(before), .. }, None) => drop(after.insert(app, before.clone())),
        _ => {}
    }
}

/// Lays the scopes of a binding beside those that the run left; by value, since ids say nothing to a reader.
fn view(live: &LiveClient, sent: &[LiveClientScope]) -> FieldView {
    let shown = |scopes: &[LiveClientScope]| values(scopes).into_iter().collect::<Value>();
    FieldView { path: "scopes".into(), plan: None, live: Some(shown(&live.scopes)), desired: Some(shown(sent)) }
}

fn values(scopes: &[LiveClientScope]) -> BTreeSet<&str> {
    scopes.iter().map(|scope| scope.value.as_str()).collect()
}

fn ids(scopes: &[LiveClientScope]) -> BTreeSet<RemoteId> {
    scopes.iter().map(|scope| scope.id).collect()
}

/// Gives scopes that are made again back to the bindings that lost them with the scope.
pub(super) fn give_back(done: &[&Done], scopes: &[After<ScopePatch>], undo: &mut Undo<'_>, after: &mut Bindings) {
    for one in done {
        let Deed::Deleted { id, before: Image::Scope { fields: ScopePatch { value: Some(value), .. }, holders } } =
            &one.deed
        else {
            continue;
        };
        let again = undo.made_again.get(&one.address).copied();
        if !scopes.iter().any(|scope| scope.key == value.as_str() && (scope.id.is_none() || scope.id == again)) {
            continue;
        }
        for app in holders {
            match after.get_mut(app) {
                Some(granted) if granted.iter().all(|scope| scope.id != *id) => {
                    granted.push(LiveClientScope { value: value.clone(), id: *id });
                }
                Some(_) => {}
                None => undo.lose(format!("{} for app {app}, which is not bound any more", one.address)),
            }
        }
    }
}

/// Names the bindings of a server, which may be live, by the apps and scopes there will be.
pub(super) fn clients(
    (server, live): (&Address, Option<&LiveServer>),
    bindings: Bindings,
    value_of: impl Fn(&LiveClientScope) -> Option<ScopeValue>,
    undo: &mut Undo<'_>,
) -> Clients {
    let mut clients = Clients::new();
    for (app, granted) in bindings {
        let Some(key) = undo.references.app(app, &mut undo.state) else {
            if let Some(live) = live.filter(|live| live.clients.iter().flatten().any(|client| client.app_id == app)) {
                undo.unnamed.insert((live.id, app));
                undo.keep(format!("the binding of app {app}, which is not in the list of OIDC apps, on {server}"));
                continue;
            }
            undo.lose(format!("the binding of app {app}, which is gone, on {server}"));
            continue;
        };
        let mut values = BTreeSet::new();
        for scope in granted {
            match value_of(&scope) {
                Some(value) => drop(values.insert(value)),
                None => undo.lose(format!("`{}` for app {app} on {server}: the scope is gone", scope.value)),
            }
        }
        clients.insert(key, at(values.into_iter().map(at).collect()));
    }
    clients
}
