//! Takes authorization servers back, with all that hangs on them.

use super::bindings::{clients, give_back, undo_bindings};
use super::children::{After, Child, undo_children};
use super::deed::{Deed, Done, ServerDeeds, by_server};
use super::entries::{self, at, origin, server_back};
use super::inverse::{Undo, sourced};
use crate::execute::{Children, Image, check};
use crate::model::{
    Address, Claim, ClaimName, ClaimPatch, Entry, EntryKey, Field, LiveClaim, LiveClientScope, LiveScope, LiveServer,
    RemoteId, Scope, ScopePatch, ScopeValue, Server, ServerPatch, ServerSummary, Unmanaged, text,
};
use std::collections::BTreeMap;

/// Takes back what a run did to servers, scopes, claims and bindings.
pub(super) fn undo_servers(done: &[Done], undo: &mut Undo<'_>) {
    for (key, deeds) in by_server(done) {
        let address = Address::Server(key.clone());
        let id = deeds.id(&undo.live.lists);
        let live = id.and_then(|id| undo.live.servers.get(&id));
        match (deeds.own, live) {
            (_, None) if id.is_none() && !deeds.children.is_empty() => {
                undo.leave(&address, "the record does not say which server it was");
            }
            (_, None) if undo.live.lists.servers_truncated => {
                undo.leave(&address, "the list of servers may be cut off, and it is not in it");
            }
            (Some(Deed::Made { sent: Image::Server { fields, .. }, .. }), Some(live)) => {
                undo_made(key, (fields, live), &deeds, undo);
            }
            (Some(Deed::Deleted { id, before: Image::Server { fields, children } }), None) => {
                make_again((key, *id), fields, children.as_ref(), undo);
            }
            (
                Some(Deed::Changed {
                    before: Image::Server { fields: before, .. },
                    sent: Image::Server { fields: sent, .. },
                    ..
                }),
                Some(live),
            ) => {
                let fields = change_back(&address, (sent, before), live, done, undo);
                correct(key, fields, live, &deeds, undo);
            }
            (None, Some(live)) => correct(key, ServerPatch::default(), live, &deeds, undo),
            (Some(Deed::Changed { .. }) | None, None) => undo.leave(&address, "it is gone"),
            // Nothing is left of what was made, or nothing was deleted after all.
            _ => {}
        }
    }
}

/// A server that the run made goes, unless it or what hangs on it is not as the run left it.
fn undo_made(key: &EntryKey, (sent, live): (&ServerPatch, &LiveServer), deeds: &ServerDeeds<'_>, undo: &mut Undo<'_>) {
    let address = Address::Server(key.clone());
    let changed = check::server(sent, live);
    if !changed.is_empty() {
        return undo.leave_changed(&address, &changed);
    }
    let foreign = foreign_children(live, &deeds.children);
    if !foreign.is_empty() {
        let why = format!("it has got what the run did not make, or what was changed since: {}", foreign.join(", "));
        return undo.leave(&address, &why);
    }
    undo.keep(format!("tokens of {address}, which goes, until they expire"));
    undo.state.servers.insert(key.clone(), Entry::Absent(entries::server(Some(live.id), ServerPatch::default())));
}

/// Names the children of a server that are not as the run made them.
fn foreign_children(live: &LiveServer, done: &[&Done]) -> Vec<String> {
    fn foreign<'a, C: Child>(live: &'a Option<Vec<C>>, done: &[&Done]) -> impl Iterator<Item = &'a C> {
        let is_ours = |child: &C| {
            done.iter().any(|one| match &one.deed {
                Deed::Made { id, sent, .. } => C::patch(sent).is_some_and(|sent| {
                    id.is_none_or(|id| child.id() == id)
                        && C::new_key(sent) == Some(child.key())
                        && child.unlike(sent).is_empty()
                }),
                Deed::Changed { .. } | Deed::Deleted { .. } => false,
            })
        };
        let foreign: Vec<&C> = live.iter().flatten().filter(|child| !child.is_inherited() && !is_ours(child)).collect();
        foreign.into_iter()
    }
    let bound = live.clients.iter().flatten().filter(|client| {
        !done.iter().any(|one| match &one.deed {
            Deed::Made { sent: Image::Client(sent), .. } => {
                super::names::app_of(&one.deed) == Some(client.app_id)
                    && check::client(&sent.iter().map(|scope| scope.id).collect(), client).is_empty()
            }
            _ => false,
        })
    });
    let scopes = foreign(&live.scopes, done).map(|scope| format!("scope `{}`", scope.value));
    let claims = foreign(&live.claims, done).map(|claim| format!("claim `{}`", claim.name));
    let clients = bound.map(|client| format!("the binding of `{}`", text::canonical(&client.app_name)));
    scopes.chain(claims).chain(clients).collect()
}

/// Returns the server's own fields to set back.
fn change_back(
    address: &Address,
    (sent, before): (&ServerPatch, &ServerPatch),
    live: &LiveServer,
    done: &[Done],
    undo: &mut Undo<'_>,
) -> ServerPatch {
    let (changed, back) = (check::server(sent, live), server_back(sent, before));
    if !changed.is_empty() {
        if !check::server(&back, live).is_empty() {
            undo.leave_changed(address, &changed);
        }
        return ServerPatch::default();
    }
    if let Some(identifier) = &back.resource_identifier
        && let Some(holder) = holder(Some(identifier), None, Some(live.id), done, undo)
    {
        undo.leave(address, &format!("server {holder} has its old identifier by now"));
        return ServerPatch::default();
    }
    let access = (
        "access_token_expiration_minutes",
        sent.access_token_expiration_minutes,
        before.access_token_expiration_minutes,
    );
    let refresh = (
        "refresh_token_expiration_minutes",
        sent.refresh_token_expiration_minutes,
        before.refresh_token_expiration_minutes,
    );
    undo.lose_defaults(address, [access, refresh]);
    back
}

/// Finds another server that has an identifier or a name once the undo is done.
fn holder(
    identifier: Option<&String>,
    name: Option<&String>,
    but: Option<RemoteId>,
    done: &[Done],
    undo: &Undo<'_>,
) -> Option<RemoteId> {
    let is_it = |other: &str, wanted: Option<&String>| {
        wanted.is_some_and(|wanted| text::fold(&text::canonical(other)) == text::fold(wanted))
    };
    let deeds = by_server(done);
    let has_it = |server: &&ServerSummary| {
        let own = deeds.values().find(|deeds| deeds.id(&undo.live.lists) == Some(server.id));
        let after = names_after(server, own, undo);
        after.is_some_and(|(has_identifier, has_name)| is_it(has_identifier, identifier) || is_it(has_name, name))
    };
    let mut others = undo.live.lists.servers.iter().filter(|server| Some(server.id) != but);
    others.find(has_it).map(|server| server.id)
}

/// Returns the identifier and the name of a server once the undo is done; `None` where it goes. What somebody has changed
/// since stays as it is.
fn names_after<'a>(
    server: &'a ServerSummary,
    deeds: Option<&'a ServerDeeds<'_>>,
    undo: &Undo<'_>,
) -> Option<(&'a str, &'a str)> {
    let now = (server.resource_identifier.as_str(), server.name.as_str());
    let (Some(deeds), Some(live)) = (deeds, undo.live.servers.get(&server.id)) else { return Some(now) };
    match deeds.own {
        Some(Deed::Made { sent: Image::Server { fields, .. }, .. }) => {
            let goes = check::server(fields, live).is_empty() && foreign_children(live, &deeds.children).is_empty();
            (!goes).then_some(now)
        }
        Some(Deed::Changed {
            before: Image::Server { fields: before, .. },
            sent: Image::Server { fields: sent, .. },
            ..
        }) if check::server(sent, live).is_empty() => {
            let back = |sent: &Option<String>, before: &'a Option<String>| sent.as_ref().and(before.as_deref());
            let identifier = back(&sent.resource_identifier, &before.resource_identifier);
            Some((identifier.unwrap_or(now.0), back(&sent.name, &before.name).unwrap_or(now.1)))
        }
        _ => Some(now),
    }
}

fn make_again(
    (key, id): (&EntryKey, RemoteId),
    fields: &ServerPatch,
    children: Option<&Children>,
    undo: &mut Undo<'_>,
) {
    let address = Address::Server(key.clone());
    let is_live = |id: &RemoteId| undo.live.lists.servers.iter().any(|server| server.id == *id);
    if !undo.made_again.contains_key(&address) && undo.ids_of_now.get(&address).is_some_and(is_live) {
        return;
    }
    let again = undo.made_again.get(&address).and_then(|id| undo.live.servers.get(id));
    if let Some(changed) = again.map(|live| check::server(fields, live)).filter(|changed| !changed.is_empty()) {
        return undo.leave_changed(&address, &changed);
    }
    if again.is_none()
        && let Some(holder) = holder(fields.resource_identifier.as_ref(), fields.name.as_ref(), None, &[], undo)
    {
        return undo.leave(&address, &format!("there is a server of that name or identifier again ({holder})"));
    }
    let pinned = again.map(|live| live.id);
    undo.lose(format!("the id {id} of {address}, the ids of what hung on it, and tokens that can be refreshed"));
    let empty = Children::default();
    let Children { scopes, claims, clients: bound } = children.unwrap_or(&empty);
    if children.is_none() {
        undo.lose(format!("scopes, claims and bindings of {address}, which the record does not hold"));
    }
    let own = scopes.iter().filter(|scope| !scope.inherited);
    let again =
        own.map(|scope| After { id: None, key: scope.value.to_string(), old: None, set: ScopePatch::from(scope) });
    let scope_entries = scope_entries(again.collect());
    let again = claims.iter().filter(|claim| !claim.inherited);
    let again =
        again.map(|claim| After { id: None, key: claim.name.to_string(), old: None, set: ClaimPatch::from(claim) });
    let claim_entries = claim_entries(&address, again.collect(), undo);
    let bindings = bound.iter().map(|client| (client.app_id, client.scopes.clone())).collect();
    let granted: Vec<&LiveScope> =
        scopes.iter().filter(|scope| scope.inherited && is_granted(scope, children)).collect();
    let clients = clients((&address, None), bindings, |scope| Some(scope.value.clone()), undo);
    let server = Server {
        scopes: scope_entries,
        inherited_scopes: granted.iter().map(|scope| at(scope.value.clone())).collect(),
        claims: claim_entries,
        clients: Some(at(clients)),
        // What stands there since an undo that was broken off stays.
        unmanaged: if pinned.is_some() { Unmanaged::Keep } else { Unmanaged::Delete },
        ..entries::server(pinned, fields.clone())
    };
    undo.state.servers.insert(key.clone(), Entry::Present(server));
}

fn is_granted(scope: &LiveScope, children: Option<&Children>) -> bool {
    let clients = children.into_iter().flat_map(|children| &children.clients);
    clients.flat_map(|client| &client.scopes).any(|held| held.id == scope.id)
}

/// Names a live server with its children as they will be.
fn correct(key: &EntryKey, fields: ServerPatch, live: &LiveServer, deeds: &ServerDeeds<'_>, undo: &mut Undo<'_>) {
    let address = Address::Server(key.clone());
    let (scopes, claims): (&[LiveScope], &[LiveClaim]) =
        (live.scopes.as_deref().unwrap_or_default(), live.claims.as_deref().unwrap_or_default());
    let done = deeds.children.as_slice();
    let mut bindings = undo_bindings(live, done, undo);
    let is_held = |id| bindings.values().flatten().any(|scope: &LiveClientScope| scope.id == id);
    let scopes_after = undo_children(scopes, done, undo, is_held);
    let claims_after = undo_children(claims, done, undo, |_| false);
    give_back(done, &scopes_after, undo, &mut bindings);
    let by_id: BTreeMap<RemoteId, String> =
        scopes_after.iter().filter_map(|scope| Some((scope.id?, scope.key.clone()))).collect();
    let own: Vec<String> = scopes_after.iter().map(|scope| scope.key.clone()).collect();
    let inherited = || scopes.iter().filter(|scope| scope.inherited).map(|scope| &scope.value);
    let value_of = |scope: &LiveClientScope| {
        let by_value = || own.iter().map(String::as_str).chain(inherited().map(ScopeValue::as_str));
        let value = by_id.get(&scope.id).map(String::as_str);
        value.or_else(|| by_value().find(|value| *value == scope.value.as_str())).map(ScopeValue::new)
    };
    let clients = clients((&address, Some(live)), bindings, value_of, undo);
    let server = Server {
        scopes: scope_entries(scopes_after),
        claims: claim_entries(&address, claims_after, undo),
        clients: Some(at(clients)),
        ..entries::server(Some(live.id), fields)
    };
    undo.state.servers.insert(key.clone(), Entry::Present(server));
}

fn scope_entries(after: Vec<After<ScopePatch>>) -> Field<BTreeMap<ScopeValue, Scope>> {
    sourced(after.into_iter().map(|After { id: _, key, old, set }| {
        let renamed_from = old.map(|old| at(ScopeValue::new(old)));
        (ScopeValue::new(key), Scope { origin: origin(), description: set.description.map(at), renamed_from })
    }))
}

fn claim_entries(
    server: &Address,
    after: Vec<After<ClaimPatch>>,
    undo: &mut Undo<'_>,
) -> Field<BTreeMap<ClaimName, Claim>> {
    let mut claims = Vec::new();
    for After { id, key, old, set } in after {
        if id.is_none() && set.source.is_none() {
            undo.lose(format!("the claim `{key}` of {server}, whose source OneLogin did not tell"));
            continue;
        }
        let renamed_from = old.map(|old| at(ClaimName::new(old)));
        let (source, transformation) = (set.source.map(at), set.transformation.map(at));
        claims.push((ClaimName::new(key), Claim { origin: origin(), source, transformation, renamed_from }));
    }
    sourced(claims)
}
