//! Compares the client bindings of one server.

use super::fields::Fields;
use super::scopes::ScopeNames;
use super::servers::{Parent, is_read};
use super::sides::{Findings, Sides, Subject};
use super::{ClientOperation, Edit, Impact, ObjectRef, Reason, RefusalKind, ScopeRef};
use crate::diagnostic::Sourced;
use crate::model::{Address, ClientRef, EntryKey, Kind, LiveClient, RemoteId, ScopeValue};
use std::collections::{BTreeMap, BTreeSet};

/// A listed binding: its app, and the scopes with the places that list them.
type Listed = BTreeMap<EntryKey, Sourced<Vec<Sourced<ScopeValue>>>>;

/// Compares the bindings the file declares.
pub(super) fn compare(parent: &Parent<'_>, names: &ScopeNames, sides: &Sides<'_>, findings: &mut Findings) {
    let Some(declared) = &parent.server.clients else { return };
    if !is_read(parent, "bindings", |live| &live.clients, findings) {
        return;
    }
    let live: &[LiveClient] = parent.live.and_then(|server| server.clients.as_deref()).unwrap_or_default();
    let by_app: BTreeMap<RemoteId, &LiveClient> = live.iter().map(|client| (client.app_id, client)).collect();
    let mut listed = BTreeSet::new();
    for (key, scopes) in &declared.value {
        let Some(app) = sides.app_ref(key) else { continue };
        let bound = match &app {
            ObjectRef::Live(id) => by_app.get(id).copied(),
            ObjectRef::Planned(_) => None,
        };
        listed.extend(bound.map(|client| client.app_id));
        compare_binding(parent, (key, scopes), (app, bound), names, findings);
    }
    if parent.deletes_unlisted() {
        unbind_unlisted(parent, declared, live, &listed, sides, findings);
    }
}

fn compare_binding(
    parent: &Parent<'_>,
    (key, scopes): (&EntryKey, &Sourced<Vec<Sourced<ScopeValue>>>),
    (app, bound): (ObjectRef, Option<&LiveClient>),
    names: &ScopeNames,
    findings: &mut Findings,
) {
    let address = Address::Client(parent.key.clone(), ClientRef::Key(key.clone()));
    let subject = Subject { address, origin: &scopes.origin };
    let wanted = resolve(&subject, &scopes.value, names, findings);
    let values: BTreeSet<&str> = scopes.value.iter().map(|scope| scope.value.as_str()).collect();
    let after: Vec<&str> = values.into_iter().collect();
    let mut fields = Fields::default();
    let Some(bound) = bound else {
        fields.made("scopes", after);
        let edit = Edit::Client { server: parent.object(), app, operation: ClientOperation::Bind(wanted) };
        return findings.create(&subject, Impact::Widens, fields.into_vec(), edit);
    };
    findings.count_live(Kind::Client);
    let held: BTreeSet<ScopeRef> = bound.scopes.iter().map(|scope| ScopeRef::Live(scope.id)).collect();
    if wanted != held {
        let before: BTreeSet<&str> =
            bound.scopes.iter().map(|scope| names.value_of(scope.id, &scope.value).as_str()).collect();
        fields.push("scopes", before.into_iter().collect(), after.into());
    }
    let impact = if wanted.difference(&held).next().is_some() { Impact::Widens } else { Impact::Narrows };
    let edit = Edit::Client { server: parent.object(), app, operation: ClientOperation::Update(wanted) };
    findings.update(&subject, impact, false, bound.fingerprint(), (fields.into_vec(), edit));
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

fn unbind_unlisted(
    parent: &Parent<'_>,
    declared: &Sourced<Listed>,
    live: &[LiveClient],
    listed: &BTreeSet<RemoteId>,
    sides: &Sides<'_>,
    findings: &mut Findings,
) {
    let unlisted: Vec<&LiveClient> = live.iter().filter(|client| !listed.contains(&client.app_id)).collect();
    if declared.value.is_empty() && !unlisted.is_empty() {
        findings.totals.emptied.push((parent.address(), Kind::Client));
    }
    for client in unlisted {
        findings.count_live(Kind::Client);
        let name = sides.app_key(client.app_id).map_or(ClientRef::Id(client.app_id), |key| ClientRef::Key(key.clone()));
        let subject = Subject { address: Address::Client(parent.key.clone(), name), origin: &declared.origin };
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
