//! What a plan is limited to, because the command line asks for it.

use super::{Address, ClientRef, DesiredState, Entry, EntryKey, LiveState, Server, identify};
use std::collections::{BTreeMap, BTreeSet};

/// The addresses that a plan is limited to; without any it is whole.
///
/// Shape: only [`Targets::add`] adds one, so each is managed by the file or may be a live child of a server of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    addresses: BTreeSet<Address>,
    /// The server of every policy of the file.
    servers: BTreeMap<EntryKey, Address>,
}

/// Why something cannot be targeted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTargetable {
    /// The file has no such entry, nor the server it would belong to.
    #[error("the file lists no such thing")]
    Unlisted,
    /// The entry, or the server it would belong to, is somebody else's.
    #[error("it is external, and that is never changed")]
    External,
    /// It is no server, app or role, and only those are destroyed.
    #[error("only whole servers, apps and roles are destroyed")]
    NotDestroyed,
    /// Neither the file nor the account has such a child.
    #[error("neither the file nor the account has it")]
    Nowhere,
}

impl Targets {
    /// Limits a plan to an address as well.
    ///
    /// # Errors
    /// [`NotTargetable`] for what the file alone rules out; whether a child is there, [`Targets::find`] knows.
    pub fn add(&mut self, address: Address, desired: &DesiredState) -> Result<(), NotTargetable> {
        let is_managed = match address.owner() {
            Address::Role(key) => desired.roles.get(&key).map(|entry| entry.managed().is_some()),
            Address::OidcApp(key) => desired.apps.get(&key).map(|entry| entry.managed().is_some()),
            Address::Policy(key) => desired.policies.get(&key).map(|_| true),
            Address::Server(key) | Address::Scope(key, _) | Address::Claim(key, _) | Address::Client(key, _) => {
                desired.servers.get(&key).map(|entry| entry.managed().is_some())
            }
        };
        match is_managed {
            None => Err(NotTargetable::Unlisted),
            Some(false) => Err(NotTargetable::External),
            Some(true) => {
                let server = |policy: &super::Policy| Address::Server(policy.authorization_server.value.clone());
                self.servers = desired.policies.iter().map(|(key, policy)| (key.clone(), server(policy))).collect();
                self.addresses.insert(address);
                Ok(())
            }
        }
    }

    /// Looks for every address in the file and the account.
    ///
    /// # Errors
    /// The first one that neither of them has; [`NotTargetable::Nowhere`] is what there is to say about it.
    pub fn find(&self, desired: &DesiredState, live: &LiveState) -> Result<(), Address> {
        if self.is_empty() {
            return Ok(());
        }
        let known = targetable(desired, Some(live));
        self.addresses.iter().find(|address| !known.contains(address)).map_or(Ok(()), |address| Err(address.clone()))
    }

    /// Says whether the plan is whole.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Returns the addresses, sorted.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.iter()
    }

    /// Says whether a target names an object, or the server it belongs to.
    pub fn name(&self, address: &Address) -> bool {
        self.addresses.contains(address) || self.addresses.contains(&address.owner())
    }

    /// Returns the targeted policy whose server an object is or belongs to.
    pub fn policy_over(&self, address: &Address) -> Option<Address> {
        let owner = address.owner();
        let policies = self.servers.iter().filter(|(_, server)| **server == owner);
        policies.map(|(key, _)| Address::Policy(key.clone())).find(|policy| self.addresses.contains(policy))
    }

    /// Says whether the targets have an object in the plan, whatever it is needed for.
    pub fn cover(&self, address: &Address) -> bool {
        self.name(address) || self.policy_over(address).is_some()
    }

    /// Returns the server of a policy.
    pub fn server_of(&self, policy: &EntryKey) -> Option<&Address> {
        self.servers.get(policy)
    }
}

/// Returns all that can be targeted: what the file manages, and of its servers the live children, as far as they are known.
pub fn targetable(desired: &DesiredState, live: Option<&LiveState>) -> BTreeSet<Address> {
    let mut known: BTreeSet<Address> = desired.policies.keys().cloned().map(Address::Policy).collect();
    known.extend(managed(&desired.roles).map(|(key, _)| Address::Role(key)));
    known.extend(managed(&desired.apps).map(|(key, _)| Address::OidcApp(key)));
    for (key, server) in managed(&desired.servers) {
        known.extend(listed_children(&key, server));
        known.insert(Address::Server(key));
    }
    if let Some(live) = live {
        known.extend(live_children(desired, live));
    }
    known
}

fn managed<T, E>(entries: &BTreeMap<EntryKey, Entry<T, E>>) -> impl Iterator<Item = (EntryKey, &T)> {
    entries.iter().filter_map(|(key, entry)| Some((key.clone(), entry.managed()?)))
}

fn listed_children(key: &EntryKey, server: &Server) -> Vec<Address> {
    let scopes = server.scopes.iter().flat_map(|scopes| scopes.value.keys());
    let claims = server.claims.iter().flat_map(|claims| claims.value.keys());
    let clients = server.clients.iter().flat_map(|clients| clients.value.keys());
    let mut children: Vec<Address> = scopes.map(|value| Address::Scope(key.clone(), value.clone())).collect();
    children.extend(claims.map(|name| Address::Claim(key.clone(), name.clone())));
    children.extend(clients.map(|app| Address::Client(key.clone(), ClientRef::Key(app.clone()))));
    children
}

/// Returns the live children of the file's servers by the addresses they have in a plan: what is renamed has its new one.
fn live_children(desired: &DesiredState, live: &LiveState) -> Vec<Address> {
    let identities = identify(desired, &live.lists);
    let apps: BTreeMap<_, _> = identities.apps.iter().filter_map(|(key, found)| Some((found.id()?, key))).collect();
    let mut children = Vec::new();
    for (key, server) in managed(&desired.servers) {
        let found = identities.servers.get(&key).and_then(|found| found.id()).and_then(|id| live.servers.get(&id));
        let Some(found) = found else { continue };
        let old_scopes = server.scopes.iter().flat_map(|scopes| scopes.value.values());
        let old_scopes: BTreeSet<_> =
            old_scopes.filter_map(|scope| Some(&scope.renamed_from.as_ref()?.value)).collect();
        let old_claims = server.claims.iter().flat_map(|claims| claims.value.values());
        let old_claims: BTreeSet<_> =
            old_claims.filter_map(|claim| Some(&claim.renamed_from.as_ref()?.value)).collect();
        let scopes =
            found.scopes.iter().flatten().map(|scope| &scope.value).filter(|value| !old_scopes.contains(value));
        let claims = found.claims.iter().flatten().map(|claim| &claim.name).filter(|name| !old_claims.contains(name));
        children.extend(scopes.map(|value| Address::Scope(key.clone(), value.clone())));
        children.extend(claims.map(|name| Address::Claim(key.clone(), name.clone())));
        children.extend(found.clients.iter().flatten().map(|client| {
            let app =
                apps.get(&client.app_id).map_or(ClientRef::Id(client.app_id), |app| ClientRef::Key((*app).clone()));
            Address::Client(key.clone(), app)
        }));
    }
    children
}
