//! Compares the client bindings of one server.

use super::fields::Fields;
use super::scopes::ScopeNames;
use super::servers::{Parent, is_read};
use super::sides::{Findings, Sides, Subject};
use super::{ClientOperation, Edit, Impact, ObjectRef, Reason, RefusalKind, ScopeRef};
use crate::diagnostic::{Origin, Sourced};
use crate::model::{Address, ClientRef, EntryKey, Kind, LiveClient, RemoteId, ScopeValue};
use std::collections::{BTreeMap, BTreeSet};

/// A listed binding: its app, and the scopes with the places that list them.
type Listed = BTreeMap<EntryKey, Sourced<Vec<Sourced<ScopeValue>>>>;

/// Compares the bindings the file declares, and makes those again that an app made anew would lose.
pub(super) fn compare(parent: &Parent<'_>, names: &ScopeNames, sides: &Sides<'_>, findings: &mut Findings) {
    let Some(declared) = &parent.server.clients else {
        return carry_over(parent, &parent.server.origin, undeclared(parent, sides), names, sides, findings);
    };
    if !is_read(parent, "bindings", |live| &live.clients, findings) {
        return;
    }
    let live: &[LiveClient] = parent.live.and_then(|server| server.clients.as_deref()).unwrap_or_default();
    let by_app: BTreeMap<RemoteId, &LiveClient> = live.iter().map(|client| (client.app_id, client)).collect();
    let mut listed = BTreeSet::new();
    for (key, scopes) in &declared.value {
        let Some(app) = sides.app_ref(key) else { continue };
        let bound = sides.live_app(key).and_then(|id| by_app.get(&id).copied());
        listed.extend(bound.map(|client| client.app_id));
        compare_binding(parent, (key, scopes), (app, bound), names, findings);
    }
    let unlisted = live.iter().filter(|client| !listed.contains(&client.app_id)).collect();
    match parent.deletes_unlisted() {
        true => unbind(parent, declared, unlisted, sides, findings),
        false => carry_over(parent, &declared.origin, unlisted, names, sides, findings),
    }
}

/// Returns what is known of the bindings of a server whose bindings the file leaves alone.
fn undeclared<'a>(parent: &Parent<'a>, sides: &Sides<'a>) -> Vec<&'a LiveClient> {
    let Some(live) = parent.live else { return Vec::new() };
    let known = live.clients.as_ref().or_else(|| sides.live.consequences.bindings.get(&live.id));
    known.into_iter().flatten().collect()
}

fn compare_binding(
    parent: &Parent<'_>,
    (key, scopes): (&EntryKey, &Sourced<Vec<Sourced<ScopeValue>>>),
    (app, bound): (ObjectRef, Option<&LiveClient>),
    names: &ScopeNames,
    findings: &mut Findings,
) {
    let subject = subject(parent, ClientRef::Key(key.clone()), &scopes.origin);
    let wanted = resolve(&subject, &scopes.value, names, findings);
    let values: BTreeSet<&str> = scopes.value.iter().map(|scope| scope.value.as_str()).collect();
    let mut fields = Fields::default();
    let Some(bound) = bound else {
        fields.made("scopes", values.into_iter().collect::<Vec<_>>());
        let edit = Edit::Client { server: parent.object(), app, operation: ClientOperation::Bind(wanted) };
        return findings.create(&subject, Impact::Widens, fields.into_vec(), edit);
    };
    findings.count_live(Kind::Client);
    if let ObjectRef::Planned(_) = app {
        return bind_again(parent, &subject, (app, bound), (wanted, values), findings);
    }
    let held: BTreeSet<ScopeRef> = bound.scopes.iter().map(|scope| ScopeRef::Live(scope.id)).collect();
    if wanted != held {
        let before: BTreeSet<&str> =
            bound.scopes.iter().map(|scope| names.value_of(scope.id, &scope.value).as_str()).collect();
        fields.push("scopes", before.into_iter().collect(), values.into_iter().collect());
    }
    let impact = if wanted.difference(&held).next().is_some() { Impact::Widens } else { Impact::Narrows };
    let edit = Edit::Client { server: parent.object(), app, operation: ClientOperation::Update(wanted) };
    findings.update(&subject, impact, false, bound.fingerprint(), (fields.into_vec(), edit));
}

fn subject<'a>(parent: &Parent<'_>, client: ClientRef, origin: &'a Origin) -> Subject<'a> {
    Subject { address: Address::Client(parent.key.clone(), client), origin }
}

/// Binds an app that is made anew as the old one was bound, where the file does not say how.
fn carry_over(
    parent: &Parent<'_>,
    origin: &Origin,
    bindings: Vec<&LiveClient>,
    names: &ScopeNames,
    sides: &Sides<'_>,
    findings: &mut Findings,
) {
    for bound in bindings {
        let Some(key) = sides.app_key(bound.app_id).filter(|key| sides.is_replaced(key)) else { continue };
        let Some(app) = sides.app_ref(key) else { continue };
        let is_read = parent.live.is_some_and(|live| live.scopes.is_some());
        let mut kept = BTreeSet::new();
        let mut values = BTreeSet::new();
        for scope in &bound.scopes {
            let (found, value) = (ScopeRef::Live(scope.id), names.value_of(scope.id, &scope.value));
            // A scope that the plan deletes is taken from its clients by that.
            if !is_read || names.get(value) == Some(&found) {
                kept.insert(found);
                values.insert(value.as_str());
            }
        }
        let subject = subject(parent, ClientRef::Key(key.clone()), origin);
        bind_again(parent, &subject, (app, bound), (kept, values), findings);
    }
}

/// Binds an app that is made anew in the place of the old one. That it has to be is the app's doing.
fn bind_again(
    parent: &Parent<'_>,
    subject: &Subject<'_>,
    (app, old): (ObjectRef, &LiveClient),
    (wanted, values): (BTreeSet<ScopeRef>, BTreeSet<&str>),
    findings: &mut Findings,
) {
    let held: BTreeSet<ScopeRef> = old.scopes.iter().map(|scope| ScopeRef::Live(scope.id)).collect();
    let impact = match (wanted.is_subset(&held), held.is_subset(&wanted)) {
        (true, true) => Impact::Cosmetic,
        (true, false) => Impact::Narrows,
        (false, _) => Impact::Widens,
    };
    let mut fields = Fields::default();
    fields.made("scopes", values.into_iter().collect::<Vec<_>>());
    let edit = Edit::Client { server: parent.object(), app, operation: ClientOperation::Bind(wanted) };
    findings.replace(subject, impact, None, (fields.into_vec(), edit));
}

fn resolve(
    subject: &Subject<'_>,
    scopes: &[Sourced<ScopeValue>],
    names: &ScopeNames,
    findings: &mut Findings,
) -> BTreeSet<ScopeRef> {
    let mut resolved = BTreeSet::new();
    for scope in scopes {
        match names.get(&scope.value) {
            Some(found) => {
                resolved.insert(found.clone());
            }
            None => {
                let at = Subject { address: subject.address.clone(), origin: &scope.origin };
                let value = scope.value.to_string();
                findings.refuse(at.refusal(RefusalKind::ScopeNotLive { value, nearest: names.nearest(&scope.value) }));
            }
        }
    }
    resolved
}

fn unbind(
    parent: &Parent<'_>,
    declared: &Sourced<Listed>,
    unlisted: Vec<&LiveClient>,
    sides: &Sides<'_>,
    findings: &mut Findings,
) {
    let bound = parent.live.iter().flat_map(|live| live.clients.iter().flatten()).count();
    findings.totals.children.insert((parent.address(), Kind::Client), bound);
    if declared.value.is_empty() && !unlisted.is_empty() {
        findings.totals.emptied.push((parent.address(), Kind::Client));
    }
    for client in unlisted {
        findings.count_live(Kind::Client);
        let name = sides.app_key(client.app_id).map_or(ClientRef::Id(client.app_id), |key| ClientRef::Key(key.clone()));
        let subject = subject(parent, name, &declared.origin);
        let mut fields = Fields::default();
        fields.gone("app", client.app_name.clone());
        fields.gone_set("scopes", client.scopes.iter().map(|scope| scope.value.as_str()));
        let edit = Edit::Client {
            server: parent.object(),
            app: ObjectRef::Live(client.app_id),
            operation: ClientOperation::Unbind,
        };
        findings.delete(&subject, (Impact::Breaks, Reason::OnlyLive), client.fingerprint(), fields.into_vec(), edit);
    }
}
