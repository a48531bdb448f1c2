//! Takes roles and apps back.

use super::deed::{Deed, Done};
use super::entries::{self, app_back, without_empty};
use super::inverse::Undo;
use super::names::external;
use crate::execute::{Image, check};
use crate::model::{Address, AppPatch, Entry, EntryKey, LiveApp, LiveRole, RemoteId, RolePatch, text};
use std::collections::BTreeSet;

/// An object whose name the undo frees, unless it cannot: what it deletes, and what it renames.
struct Freeing<'a> {
    id: RemoteId,
    /// The name that it gets back; `None` where it goes.
    back: Option<&'a String>,
}

/// Returns the ids whose names are free once the undo is done. A rename that cannot be taken back frees none, and so neither
/// does one that waits for it.
fn freed(candidates: &[Freeing<'_>], named: &[(RemoteId, &str)]) -> BTreeSet<RemoteId> {
    let mut freed: BTreeSet<RemoteId> = candidates.iter().map(|one| one.id).collect();
    loop {
        let is_stuck = |one: &&Freeing<'_>| freed.contains(&one.id) && holder(one.back, named, &freed).is_some();
        let stuck: Vec<RemoteId> = candidates.iter().filter(is_stuck).map(|one| one.id).collect();
        if stuck.is_empty() {
            return freed;
        }
        freed.retain(|id| !stuck.contains(id));
    }
}

/// Finds an object that has a name already, or nearly; `freed` ones will have let go of it.
fn holder(name: Option<&String>, named: &[(RemoteId, &str)], freed: &BTreeSet<RemoteId>) -> Option<RemoteId> {
    let name = text::fold(&text::canonical(name?));
    let is_it = |(id, other): &&(RemoteId, &str)| !freed.contains(id) && text::fold(&text::canonical(other)) == name;
    named.iter().find(is_it).map(|(id, _)| *id)
}

/// Says why something is not made again; an entry is found by its name, so the name has to be free first.
fn name_taken(noun: &str, holder: RemoteId, freed: &BTreeSet<RemoteId>) -> String {
    match freed.contains(&holder) {
        true => format!("{noun} {holder} has its name until this undo is done: undo the run once more then"),
        false => format!("{noun} {holder} has its name by now"),
    }
}

/// The names of one kind: who has them, and which are free once the undo is done.
struct Taken<'a> {
    named: Vec<(RemoteId, &'a str)>,
    freed: BTreeSet<RemoteId>,
}

/// Takes back what a run did to roles.
pub(super) fn undo_roles(done: &[Done], undo: &mut Undo<'_>) {
    let live = undo.live;
    let find = |deed: &Deed| {
        let id = deed.root_id(&live.lists)?;
        live.lists.roles.iter().find(|role| role.id == id)
    };
    let roles = || done.iter().filter(|one| matches!(one.address, Address::Role(_)));
    let candidates: Vec<Freeing<'_>> = roles().filter_map(|one| freeing_role(&one.deed, find(&one.deed)?)).collect();
    let named: Vec<_> = live.lists.roles.iter().map(|role| (role.id, role.name.as_str())).collect();
    let freed = freed(&candidates, &named);
    let taken = Taken { named, freed };
    for one in roles() {
        let Address::Role(key) = &one.address else { continue };
        match (&one.deed, find(&one.deed)) {
            (Deed::Made { sent: Image::Role(sent), .. }, Some(role)) => unmake_role((key, one), sent, role, undo),
            (Deed::Changed { before: Image::Role(before), sent: Image::Role(sent), .. }, Some(role)) => {
                change_role_back((key, one), (sent, before), role, &taken, undo);
            }
            (Deed::Changed { .. }, None) => undo.leave(&one.address, "it is gone"),
            (Deed::Deleted { id, before: Image::Role(before) }, None) => {
                make_role_again((key, one), (*id, before), &taken, undo);
            }
            // Nothing is left of what was made, or nothing was deleted after all.
            _ => {}
        }
    }
}

/// Says which name an undo frees of a role that is as the run left it.
fn freeing_role<'a>(deed: &'a Deed, role: &LiveRole) -> Option<Freeing<'a>> {
    let (sent, back) = match deed {
        Deed::Made { sent: Image::Role(sent), .. } => (sent, None),
        Deed::Changed { before: Image::Role(before), sent: Image::Role(sent), .. } => {
            (sent, Some(before.name.as_ref().filter(|_| sent.name.is_some())?))
        }
        _ => return None,
    };
    check::role_name(sent.name.as_ref(), role).is_empty().then_some(Freeing { id: role.id, back })
}

fn unmake_role((key, one): (&EntryKey, &Done), sent: &RolePatch, role: &LiveRole, undo: &mut Undo<'_>) {
    let changed = check::role_name(sent.name.as_ref(), role);
    if !changed.is_empty() {
        return undo.leave_changed(&one.address, &changed);
    }
    undo.lose(format!("the members of {}, which goes", one.address));
    let entry = entries::role(Some(role.id), None, Vec::new());
    undo.state.roles.insert(key.clone(), Entry::Absent(entry));
}

fn change_role_back(
    (key, one): (&EntryKey, &Done),
    (sent, before): (&RolePatch, &RolePatch),
    role: &LiveRole,
    taken: &Taken<'_>,
    undo: &mut Undo<'_>,
) {
    if !sent.add_members.is_empty() {
        let count = text::count(sent.add_members.len(), "user");
        undo.keep(format!("{count} that the run made members of {}: nobody is ever removed", one.address));
    }
    let name = entries::kept(&sent.name, &before.name);
    let changed = check::role_name(sent.name.as_ref(), role);
    if check::role_name(name.as_ref(), role).is_empty() {
        return;
    }
    if !changed.is_empty() {
        undo.leave_changed(&one.address, &changed);
    } else if let Some(holder) = holder(name.as_ref(), &taken.named, &taken.freed) {
        undo.leave(&one.address, &format!("role {holder} has its old name by now"));
    } else {
        let entry = entries::role(Some(role.id), name, Vec::new());
        undo.state.roles.insert(key.clone(), Entry::Present(entry));
    }
}

fn make_role_again(
    (key, one): (&EntryKey, &Done),
    (id, before): (RemoteId, &RolePatch),
    taken: &Taken<'_>,
    undo: &mut Undo<'_>,
) {
    if let Some(again) = undo.ids_of_now.get(&one.address).copied()
        && undo.live.lists.roles.iter().any(|role| role.id == again)
    {
        undo.references.remake_role(id, key);
        let entry = match undo.made_again.contains_key(&one.address) {
            // Its members are a request of their own, which may not have been sent.
            true => {
                let members = before.add_members.iter().map(|user| undo.user(*user)).collect();
                Entry::Present(entries::role(Some(again), None, members))
            }
            false => external(again),
        };
        undo.state.roles.insert(key.clone(), entry);
        return;
    }
    if let Some(holder) = holder(before.name.as_ref(), &taken.named, &BTreeSet::new()) {
        return undo.leave(&one.address, &name_taken("role", holder, &taken.freed));
    }
    undo.lose(format!("the id {id} of {}, and with it apps that the run did not change", one.address));
    let members = before.add_members.iter().map(|user| undo.user(*user)).collect();
    let entry = entries::role(None, before.name.clone(), members);
    undo.references.remake_role(id, key);
    undo.state.roles.insert(key.clone(), Entry::Present(entry));
}

/// What an app had, or was given.
type AppImage<'a> = (&'a AppPatch, &'a Option<BTreeSet<RemoteId>>);

/// Takes back what a run did to apps.
pub(super) fn undo_apps(done: &[Done], undo: &mut Undo<'_>) {
    let live = undo.live;
    let find = |deed: &Deed| deed.root_id(&live.lists).and_then(|id| live.apps.get(&id));
    let apps = || done.iter().filter(|one| matches!(one.address, Address::OidcApp(_)));
    let candidates: Vec<Freeing<'_>> = apps().filter_map(|one| freeing_app(&one.deed, find(&one.deed)?)).collect();
    let oidc = live.lists.apps.iter().filter(|app| app.is_oidc());
    let named: Vec<_> = oidc.map(|app| (app.id, app.name.as_str())).collect();
    let freed = freed(&candidates, &named);
    let taken = Taken { named, freed };
    for one in apps() {
        let Address::OidcApp(key) = &one.address else { continue };
        match (&one.deed, find(&one.deed)) {
            (Deed::Made { sent: Image::App { fields, roles, .. }, .. }, Some(app)) => {
                unmake_app((key, one), (fields, roles), app, undo);
            }
            (
                Deed::Changed {
                    before: Image::App { fields: before, roles: roles_before, .. },
                    sent: Image::App { fields: sent, roles: roles_sent, .. },
                    ..
                },
                Some(app),
            ) => {
                let roles = (entries::kept(roles_sent, roles_before), done);
                change_app_back((key, one), ((sent, roles_sent), before), roles, (app, &taken), undo);
            }
            (Deed::Changed { .. }, None) => undo.leave(&one.address, "it is gone"),
            (Deed::Deleted { id, before: Image::App { fields, roles, connector } }, None) => {
                make_app_again((key, one), (*id, *connector), (fields, roles), &taken, undo);
            }
            _ => {}
        }
    }
}

/// Says which name an undo frees of an app that is as the run left it.
fn freeing_app<'a>(deed: &'a Deed, app: &LiveApp) -> Option<Freeing<'a>> {
    let (sent, roles, back) = match deed {
        Deed::Made { sent: Image::App { fields, roles, .. }, .. } => (fields, roles, None),
        Deed::Changed {
            before: Image::App { fields: before, .. },
            sent: Image::App { fields: sent, roles, .. },
            ..
        } => (sent, roles, Some(before.name.as_ref().filter(|_| sent.name.is_some())?)),
        _ => return None,
    };
    check::app(sent, roles.as_ref(), app).is_empty().then_some(Freeing { id: app.id, back })
}

fn unmake_app((key, one): (&EntryKey, &Done), (fields, roles): AppImage<'_>, app: &LiveApp, undo: &mut Undo<'_>) {
    let changed = check::app(fields, roles.as_ref(), app);
    if !changed.is_empty() {
        return undo.leave_changed(&one.address, &changed);
    }
    undo.lose(format!("the client id and the secret of {}, which goes; users lose it", one.address));
    let entry = entries::app(Some(app.id), AppPatch::default(), None);
    undo.state.apps.insert(key.clone(), Entry::Absent(entry));
}

fn change_app_back(
    (key, one): (&EntryKey, &Done),
    ((sent, roles_sent), before): (AppImage<'_>, &AppPatch),
    (roles, done): (Option<BTreeSet<RemoteId>>, &[Done]),
    (app, taken): (&LiveApp, &Taken<'_>),
    undo: &mut Undo<'_>,
) {
    let back = app_back(sent, before);
    let changed = check::app(sent, roles_sent.as_ref(), app);
    if !changed.is_empty() {
        let roles = roles.map(|roles| ids_of_now(roles, done, undo));
        if !check::app(&back, roles.as_ref(), app).is_empty() {
            undo.leave_changed(&one.address, &changed);
        }
        return;
    }
    if let Some(holder) = holder(back.name.as_ref(), &taken.named, &taken.freed) {
        return undo.leave(&one.address, &format!("app {holder} has its old name by now"));
    }
    lose_lifetimes(undo, &one.address, sent, before);
    let roles = roles.map(|roles| role_keys(&one.address, &roles, undo));
    let entry = entries::app(Some(app.id), back, roles);
    undo.state.apps.insert(key.clone(), Entry::Present(entry));
}

fn make_app_again(
    (key, one): (&EntryKey, &Done),
    (id, connector): (RemoteId, Option<RemoteId>),
    (fields, roles): AppImage<'_>,
    taken: &Taken<'_>,
    undo: &mut Undo<'_>,
) {
    let address = &one.address;
    if let Some(again) = undo.ids_of_now.get(address).copied()
        && undo.live.lists.apps.iter().any(|app| app.id == again)
    {
        undo.references.remake_app(id, key);
        undo.state.apps.insert(key.clone(), external(again));
        return;
    }
    if let Some(holder) = holder(fields.name.as_ref(), &taken.named, &BTreeSet::new()) {
        return undo.leave(address, &name_taken("app", holder, &taken.freed));
    }
    undo.lose(format!("the id {id}, the client id and the secret of {address}: made again, it gets new ones"));
    undo.lose(format!(
        "bindings of {address} on servers that the run did not change, and users who had it otherwise than by its roles"
    ));
    let roles = roles.as_ref().map(|roles| role_keys(address, roles, undo));
    let mut entry = entries::app(None, without_empty(fields.clone()), roles);
    entry.connector_id = connector.map(entries::at);
    undo.references.remake_app(id, key);
    undo.state.apps.insert(key.clone(), Entry::Present(entry));
}

fn lose_lifetimes(undo: &mut Undo<'_>, address: &Address, sent: &AppPatch, before: &AppPatch) {
    let access = (sent.access_token_expiration_minutes, before.access_token_expiration_minutes);
    let refresh = (sent.refresh_token_expiration_minutes, before.refresh_token_expiration_minutes);
    let access = ("access_token_expiration_minutes", access.0, access.1);
    undo.lose_defaults(address, [access, ("refresh_token_expiration_minutes", refresh.0, refresh.1)]);
}

/// Puts the ids of now in the place of those that roles had before an undo made them again.
fn ids_of_now(roles: BTreeSet<RemoteId>, done: &[Done], undo: &Undo<'_>) -> BTreeSet<RemoteId> {
    let now = |id: RemoteId| {
        let deleted = done.iter().find(|one| matches!(one.deed, Deed::Deleted { id: old, .. } if old == id));
        deleted.and_then(|one| undo.ids_of_now.get(&one.address)).copied().unwrap_or(id)
    };
    roles.into_iter().map(now).collect()
}

/// Returns the keys of roles; those that are gone for good are said to be.
fn role_keys(address: &Address, roles: &BTreeSet<RemoteId>, undo: &mut Undo<'_>) -> Vec<EntryKey> {
    let mut keys = Vec::new();
    for id in roles {
        match undo.references.role(*id, &mut undo.state) {
            Some(key) => keys.push(key),
            None => undo.lose(format!("the role {id} of {address}, which is gone")),
        }
    }
    keys
}
