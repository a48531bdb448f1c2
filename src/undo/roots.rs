//! Takes roles and apps back.

use super::deed::{Deed, Done};
use super::entries::{self, app_back, without_empty};
use super::inverse::Undo;
use super::names::external;
use crate::execute::{Image, check};
use crate::model::{Address, AppPatch, Entry, EntryKey, RemoteId, RolePatch, text};
use std::collections::BTreeSet;

/// Ids whose names the undo frees: what it deletes, and what it renames.
fn freed(
    done: &[Done],
    undo: &Undo<'_>,
    is_kind: fn(&Address) -> bool,
    renames: fn(&Image) -> bool,
) -> BTreeSet<RemoteId> {
    let frees = |deed: &Deed| match deed {
        Deed::Made { .. } => true,
        Deed::Changed { sent, .. } => renames(sent),
        Deed::Deleted { .. } => false,
    };
    let kind = done.iter().filter(|one| is_kind(&one.address) && frees(&one.deed));
    kind.filter_map(|one| one.deed.root_id(&undo.live.lists)).collect()
}

/// Finds an object that has a name already, or nearly; `freed` ones will have let go of it.
fn holder<'a>(
    name: Option<&String>,
    mut named: impl Iterator<Item = (RemoteId, &'a str)>,
    freed: &BTreeSet<RemoteId>,
) -> Option<RemoteId> {
    let name = text::fold(&text::canonical(name?));
    named.find(|(id, other)| !freed.contains(id) && text::fold(&text::canonical(other)) == name).map(|(id, _)| id)
}

/// Says why something is not made again; an entry is found by its name, so the name has to be free first.
fn name_taken(noun: &str, holder: RemoteId, freed: &BTreeSet<RemoteId>) -> String {
    match freed.contains(&holder) {
        true => format!("{noun} {holder} has its name until this undo is done: undo the run once more then"),
        false => format!("{noun} {holder} has its name by now"),
    }
}

/// Takes back what a run did to roles.
pub(super) fn undo_roles(done: &[Done], undo: &mut Undo<'_>) {
    let renames = |image: &Image| matches!(image, Image::Role(RolePatch { name: Some(_), .. }));
    let freed = freed(done, undo, |address| matches!(address, Address::Role(_)), renames);
    for one in done {
        let Address::Role(key) = &one.address else { continue };
        let (live, id) = (undo.live, one.deed.root_id(&undo.live.lists));
        let there = live.lists.roles.iter().find(|role| Some(role.id) == id);
        let named = live.lists.roles.iter().map(|role| (role.id, role.name.as_str()));
        match (&one.deed, there) {
            (Deed::Made { sent: Image::Role(sent), .. }, Some(role)) => {
                let changed = check::role_name(sent.name.as_ref(), role);
                if !changed.is_empty() {
                    undo.leave_changed(&one.address, &changed);
                    continue;
                }
                undo.lose(format!("the members of {}, which goes", one.address));
                let entry = entries::role(Some(role.id), None, Vec::new());
                undo.state.roles.insert(key.clone(), Entry::Absent(entry));
            }
            (Deed::Changed { before: Image::Role(before), sent: Image::Role(sent), .. }, Some(role)) => {
                if !sent.add_members.is_empty() {
                    let count = text::count(sent.add_members.len(), "user");
                    undo.keep(format!("{count} that the run made members of {}: nobody is ever removed", one.address));
                }
                let name = entries::kept(&sent.name, &before.name);
                let changed = check::role_name(sent.name.as_ref(), role);
                if check::role_name(name.as_ref(), role).is_empty() {
                    continue;
                }
                if !changed.is_empty() {
                    undo.leave_changed(&one.address, &changed);
                } else if let Some(holder) = holder(name.as_ref(), named, &freed) {
                    undo.leave(&one.address, &format!("role {holder} has its old name by now"));
                } else {
                    let entry = entries::role(Some(role.id), name, Vec::new());
                    undo.state.roles.insert(key.clone(), Entry::Present(entry));
                }
            }
            (Deed::Changed { .. }, None) => undo.leave(&one.address, "it is gone"),
            (Deed::Deleted { id, before: Image::Role(before) }, None) => {
                if let Some(again) = undo.ids_of_now.get(&one.address).copied()
                    && live.lists.roles.iter().any(|role| role.id == again)
                {
                    undo.references.remake_role(*id, key);
                    let entry = match undo.made_again.contains_key(&one.address) {
                        // Its members are a request of their own, which may not have been sent.
                        true => {
                            let members = before.add_members.iter().map(|user| undo.user(*user)).collect();
                            Entry::Present(entries::role(Some(again), None, members))
                        }
                        false => external(again),
                    };
                    undo.state.roles.insert(key.clone(), entry);
                    continue;
                }
                if let Some(holder) = holder(before.name.as_ref(), named, &BTreeSet::new()) {
                    undo.leave(&one.address, &name_taken("role", holder, &freed));
                    continue;
                }
                undo.lose(format!("the id {id} of {}, and with it apps that the run did not change", one.address));
                let members = before.add_members.iter().map(|user| undo.user(*user)).collect();
                let entry = entries::role(None, before.name.clone(), members);
                undo.references.remake_role(*id, key);
                undo.state.roles.insert(key.clone(), Entry::Present(entry));
            }
            // Nothing is left of what was made, or nothing was deleted after all.
            _ => {}
        }
    }
}

/// Takes back what a run did to apps.
pub(super) fn undo_apps(done: &[Done], undo: &mut Undo<'_>) {
    let renames = |image: &Image| matches!(image, Image::App { fields, .. } if fields.name.is_some());
    let freed = freed(done, undo, |address| matches!(address, Address::OidcApp(_)), renames);
    for one in done {
        let Address::OidcApp(key) = &one.address else { continue };
        let (live, id) = (undo.live, one.deed.root_id(&undo.live.lists));
        let there = id.and_then(|id| live.apps.get(&id));
        let oidc = live.lists.apps.iter().filter(|app| app.is_oidc());
        let named = oidc.map(|app| (app.id, app.name.as_str()));
        match (&one.deed, there) {
            (Deed::Made { sent: Image::App { fields, roles, .. }, .. }, Some(app)) => {
                let changed = check::app(fields, roles.as_ref(), app);
                if !changed.is_empty() {
                    undo.leave_changed(&one.address, &changed);
                    continue;
                }
                undo.lose(format!("the client id and the secret of {}, which goes; users lose it", one.address));
                let entry = entries::app(Some(app.id), AppPatch::default(), None);
                undo.state.apps.insert(key.clone(), Entry::Absent(entry));
            }
            (
                Deed::Changed {
                    before: Image::App { fields: before, roles: roles_before, .. },
                    sent: Image::App { fields: sent, roles: roles_sent, .. },
                    ..
                },
                Some(app),
            ) => {
                let (back, roles) = (app_back(sent, before), entries::kept(roles_sent, roles_before));
                let changed = check::app(sent, roles_sent.as_ref(), app);
                if !changed.is_empty() {
                    let roles = roles.map(|roles| ids_of_now(roles, done, undo));
                    if !check::app(&back, roles.as_ref(), app).is_empty() {
                        undo.leave_changed(&one.address, &changed);
                    }
                    continue;
                }
                if let Some(holder) = holder(back.name.as_ref(), named, &freed) {
                    undo.leave(&one.address, &format!("app {holder} has its old name by now"));
                    continue;
                }
                lose_lifetimes(undo, &one.address, sent, before);
                let roles = roles.map(|roles| role_keys(&one.address, &roles, undo));
                let entry = entries::app(Some(app.id), back, roles);
                undo.state.apps.insert(key.clone(), Entry::Present(entry));
            }
            (Deed::Changed { .. }, None) => undo.leave(&one.address, "it is gone"),
            (Deed::Deleted { id, before: Image::App { fields, roles, connector } }, None) => {
                if let Some(again) = undo.ids_of_now.get(&one.address).copied()
                    && live.lists.apps.iter().any(|app| app.id == again)
                {
                    undo.references.remake_app(*id, key);
                    undo.state.apps.insert(key.clone(), external(again));
                    continue;
                }
                if let Some(holder) = holder(fields.name.as_ref(), named, &BTreeSet::new()) {
                    undo.leave(&one.address, &name_taken("app", holder, &freed));
                    continue;
                }
                let address = &one.address;
                undo.lose(format!(
                    "the id {id}, the client id and the secret of {address}: made again, it gets new ones"
                ));
                undo.lose(format!("bindings of {address} on servers that the run did not change, and users who had it otherwise than by its roles"));
                let roles = roles.as_ref().map(|roles| role_keys(address, roles, undo));
                let mut entry = entries::app(None, without_empty((**fields).clone()), roles);
                entry.connector_id = connector.map(entries::at);
                undo.references.remake_app(*id, key);
                undo.state.apps.insert(key.clone(), Entry::Present(entry));
            }
            _ => {}
        }
    }
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
