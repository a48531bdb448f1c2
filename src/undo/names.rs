//! What things are called: as the record calls them, else as the file does, else by what they are.

use super::deed::{Deed, Done, by_server};
use super::entries::origin;
use crate::execute::NaturalKey;
use crate::model::{
    Address, ClientRef, DesiredState, Entry, EntryKey, External, ExternalBy, LiveLists, LiveState, Pairing, RemoteId,
    identify, text,
};
use std::collections::{BTreeMap, BTreeSet};

/// The keys of live objects.
pub(super) struct Names {
    roles: BTreeMap<RemoteId, EntryKey>,
    apps: BTreeMap<RemoteId, EntryKey>,
    servers: BTreeMap<RemoteId, EntryKey>,
}

impl Names {
    pub(super) fn new(
        done: &[Done],
        made_again: &BTreeMap<Address, RemoteId>,
        live: &LiveState,
        file: &DesiredState,
    ) -> Self {
        let (mut roles, mut apps) = (BTreeMap::new(), BTreeMap::new());
        for (address, id) in made_again {
            match address {
                Address::Role(key) => drop(roles.insert(*id, key.clone())),
                Address::OidcApp(key) => drop(apps.insert(*id, key.clone())),
                _ => {}
            }
        }
        for one in done {
            match (&one.address, one.deed.root_id(&live.lists)) {
                (Address::Role(key), Some(id)) => drop(roles.insert(id, key.clone())),
                (Address::OidcApp(key), Some(id)) => drop(apps.insert(id, key.clone())),
                _ => {}
            }
        }
        for one in done {
            if let (Address::Client(_, ClientRef::Key(key)), Some(id)) = (&one.address, app_of(&one.deed)) {
                apps.entry(id).or_insert_with(|| key.clone());
            }
        }
        let touched = by_server(done);
        let mut servers: BTreeMap<RemoteId, EntryKey> =
            touched.iter().filter_map(|(key, deeds)| Some((deeds.id(&live.lists)?, (*key).clone()))).collect();
        let found = identify(file, &live.lists);
        add(&mut roles, &found.roles);
        add(&mut apps, &found.apps);
        add(&mut servers, &found.servers);
        Self { roles, apps, servers }
    }

    /// Lists all that has a name and is no entry yet: what the inverse leaves alone is still called by its key.
    pub(super) fn list_others(&self, live: &LiveState, state: &mut DesiredState) {
        let LiveLists { roles, apps, servers, .. } = &live.lists;
        refer(&self.roles, roles.iter().map(|role| role.id), &mut state.roles);
        refer(&self.apps, apps.iter().filter(|app| app.is_oidc()).map(|app| app.id), &mut state.apps);
        refer(&self.servers, servers.iter().map(|server| server.id), &mut state.servers);
    }

    fn role(&self, id: RemoteId, live: &LiveState) -> Option<EntryKey> {
        let role = live.lists.roles.iter().find(|role| role.id == id)?;
        let name = || EntryKey::new(format!("{} (id {id})", text::canonical(&role.name)));
        Some(self.roles.get(&id).cloned().unwrap_or_else(name))
    }

    fn app(&self, id: RemoteId, live: &LiveState) -> Option<EntryKey> {
        live.lists.apps.iter().find(|app| app.id == id && app.is_oidc())?;
        // As an address names the app of a binding that the file does not list.
        Some(self.apps.get(&id).cloned().unwrap_or_else(|| EntryKey::new(format!("id:{id}"))))
    }
}

/// Refers to what is live and has a name; an id that is gone would be a problem of the entry.
fn refer<T, E: Default>(
    names: &BTreeMap<RemoteId, EntryKey>,
    live: impl Iterator<Item = RemoteId>,
    entries: &mut BTreeMap<EntryKey, Entry<T, E>>,
) {
    for id in live {
        if let Some(key) = names.get(&id) {
            entries.entry(key.clone()).or_insert_with(|| external(id));
        }
    }
}

/// Adds what the file calls what the record does not name, unless the name is taken.
fn add(names: &mut BTreeMap<RemoteId, EntryKey>, pairing: &Pairing) {
    let mut taken: BTreeSet<EntryKey> = names.values().cloned().collect();
    for (key, found) in pairing {
        if let Some(id) = found.id()
            && !names.contains_key(&id)
            && taken.insert(key.clone())
        {
            names.insert(id, key.clone());
        }
    }
}

/// Returns the app of a binding.
pub(super) const fn app_of(deed: &Deed) -> Option<RemoteId> {
    match deed {
        Deed::Made { key: NaturalKey::Client { app, .. }, .. } => Some(*app),
        Deed::Made { id, .. } => *id,
        Deed::Changed { id, .. } | Deed::Deleted { id, .. } => Some(*id),
    }
}

/// The objects that the inverse refers to: live ones, and those that it makes again.
pub(super) struct References<'a> {
    names: &'a Names,
    live: &'a LiveState,
    /// Keys by the ids of before.
    remade_roles: BTreeMap<RemoteId, EntryKey>,
    remade_apps: BTreeMap<RemoteId, EntryKey>,
}

impl<'a> References<'a> {
    pub(super) const fn new(names: &'a Names, live: &'a LiveState) -> Self {
        Self { names, live, remade_roles: BTreeMap::new(), remade_apps: BTreeMap::new() }
    }

    pub(super) fn remake_role(&mut self, id: RemoteId, key: &EntryKey) {
        self.remade_roles.insert(id, key.clone());
    }

    pub(super) fn remake_app(&mut self, id: RemoteId, key: &EntryKey) {
        self.remade_apps.insert(id, key.clone());
    }

    /// Returns the key by which entries refer to a role; `None` where it is gone for good.
    pub(super) fn role(&self, id: RemoteId, state: &mut DesiredState) -> Option<EntryKey> {
        if let Some(key) = self.remade_roles.get(&id) {
            return Some(key.clone());
        }
        let key = self.names.role(id, self.live)?;
        state.roles.entry(key.clone()).or_insert_with(|| external(id));
        Some(key)
    }

    /// Returns the key by which entries refer to an app; `None` where it is gone for good.
    pub(super) fn app(&self, id: RemoteId, state: &mut DesiredState) -> Option<EntryKey> {
        if let Some(key) = self.remade_apps.get(&id) {
            return Some(key.clone());
        }
        let key = self.names.app(id, self.live)?;
        state.apps.entry(key.clone()).or_insert_with(|| external(id));
        Some(key)
    }
}

/// Makes an entry that is only referred to.
pub(super) fn external<T, E: Default>(id: RemoteId) -> Entry<T, E> {
    Entry::External(External { origin: origin(), by: ExternalBy::Id(id), declared: E::default() })
}
