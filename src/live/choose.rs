//! The part of a whole read that a file needs: what [`collect`](fn@super::collect) would have read, and nobody is asked.

use super::consequences::bindings_of;
use super::needs::{self, Children, Lists, Needs};
use crate::diagnostic::Origin;
use crate::model::{
    Consequences, DesiredState, Entry, EntryKey, LiveLists, LiveServer, LiveState, Pairing, RemoteId, UserRef,
};
use std::collections::BTreeMap;

/// Something that a file asks for and a whole read does not hold. It may be there or not: nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheld {
    /// The place that asks for it.
    pub origin: Option<Origin>,
    /// What it is.
    pub what: UnheldWhat,
}

/// What a whole read does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnheldWhat {
    /// A user that the file did not name when the account was read.
    #[error("the snapshot does not say who `{0}` is")]
    User(UserRef),
    /// The members of a role that the file did not list.
    #[error("the snapshot does not hold the members of the role `{0}`")]
    Members(String),
    /// The apps of a role that the file did not list.
    #[error("the snapshot does not say which apps the role `{0}` gives")]
    RoleApps(String),
    /// A server beyond a list that is cut off, which the file did not pin.
    #[error("the snapshot does not hold authorization server {0}, and its list of servers is cut off")]
    Server(RemoteId),
    /// An app that is listed and was not read.
    #[error("the snapshot does not hold the app {0}")]
    App(RemoteId),
}

/// Chooses from a whole read what a file needs, as [`collect`](fn@super::collect) would have read it.
///
/// `whole` is what [`collect_whole`](super::collect_whole) returned, for this file or for another one.
///
/// # Errors
/// Everything that the file asks for and that was not read, in the order of the file.
pub fn choose(whole: LiveState, desired: &DesiredState) -> Result<LiveState, Vec<Unheld>> {
    let LiveState { account_id, lists, servers, apps, role_members, consequences, users } = whole;
    let all_servers: Vec<RemoteId> = lists.servers.iter().map(|server| server.id).collect();
    let lists = narrow(lists, needs::lists(desired));
    let Needs { identities, servers: needed_servers, apps: needed_apps, members, deletions } =
        Needs::of(desired, &lists);
    let named = needs::users(desired);
    let mut unheld = Vec::new();
    let users = pick(named.keys().cloned(), users, &mut unheld, |user| Unheld {
        origin: named.get(user).map(|origin| (*origin).clone()),
        what: UnheldWhat::User(user.clone()),
    });
    let of_role = |id: &RemoteId, what: fn(String) -> UnheldWhat| {
        let role = lists.roles.iter().find(|role| role.id == *id);
        let origin = origin(&identities.roles, *id, &desired.roles, |role| &role.origin);
        Unheld { origin, what: what(role.map_or_else(|| id.to_string(), |role| role.name.clone())) }
    };
    let lost = pick(deletions.roles.clone(), role_members.clone(), &mut unheld, |id| of_role(id, UnheldWhat::Members));
    let role_members = pick(members, role_members, &mut unheld, |id| of_role(id, UnheldWhat::Members));
    let role_apps = pick(deletions.roles, consequences.role_apps, &mut unheld, |id| of_role(id, UnheldWhat::RoleApps));
    let apps = pick(needed_apps, apps, &mut unheld, |id| {
        let origin = origin(&identities.apps, *id, &desired.apps, |app| &app.origin);
        Unheld { origin, what: UnheldWhat::App(*id) }
    });
    let of_server = |id: &RemoteId| {
        let origin = origin(&identities.servers, *id, &desired.servers, |server| &server.origin);
        Unheld { origin, what: UnheldWhat::Server(*id) }
    };
    let bindings = match deletions.apps.is_empty() {
        true => BTreeMap::new(),
        false => {
            let all = servers.iter().filter_map(|(id, server)| Some((*id, server.clients.clone()?))).collect();
            bindings_of(&deletions.apps, pick(all_servers, all, &mut unheld, of_server))
        }
    };
    let mut servers = pick(needed_servers.keys().copied(), servers, &mut unheld, of_server);
    for (id, server) in &mut servers {
        keep(server, needed_servers.get(id).copied().unwrap_or_default());
    }
    if !unheld.is_empty() {
        unheld.sort_by(|one, other| one.origin.cmp(&other.origin));
        return Err(unheld);
    }
    let consequences = Consequences { bindings, role_apps, role_members: lost };
    Ok(LiveState { account_id, lists, servers, apps, role_members, consequences, users })
}

/// Keeps the lists that the file speaks of.
fn narrow(all: LiveLists, needed: Lists) -> LiveLists {
    let Lists { servers, apps, roles } = needed;
    LiveLists {
        servers: if servers { all.servers } else { Vec::new() },
        servers_truncated: all.servers_truncated && servers,
        apps: if apps { all.apps } else { Vec::new() },
        roles: if roles { all.roles } else { Vec::new() },
    }
}

/// Takes what is needed, and files what is not there.
fn pick<K: Ord, V>(
    needed: impl IntoIterator<Item = K>,
    mut all: BTreeMap<K, V>,
    unheld: &mut Vec<Unheld>,
    missing: impl Fn(&K) -> Unheld,
) -> BTreeMap<K, V> {
    let mut picked = BTreeMap::new();
    for key in needed {
        match all.remove(&key) {
            Some(found) => drop(picked.insert(key, found)),
            None => unheld.push(missing(&key)),
        }
    }
    picked
}

/// Leaves of a server what would have been read of it.
fn keep(server: &mut LiveServer, needed: Children) {
    let Children { scopes, claims, clients } = needed;
    server.scopes.take_if(|_| !scopes);
    server.claims.take_if(|_| !claims);
    server.clients.take_if(|_| !clients);
}

/// Returns the place of the entry that is a live object.
fn origin<T, E>(
    pairing: &Pairing,
    id: RemoteId,
    entries: &BTreeMap<EntryKey, Entry<T, E>>,
    of: impl FnOnce(&T) -> &Origin,
) -> Option<Origin> {
    let (key, _) = pairing.iter().find(|(_, found)| found.id() == Some(id))?;
    match entries.get(key)? {
        Entry::Present(value) | Entry::Absent(value) => Some(of(value).clone()),
        Entry::External(external) => Some(external.origin.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{UnheldWhat, choose};
    use crate::model::sample::{account, app, at, file, key, live_app, role};
    use crate::model::{DesiredState, Entry, LiveState, RemoteId, Role, UserRef};

    fn whole() -> LiveState {
        account(Vec::new(), vec![live_app(5, "Web")], &[(3, "Testers"), (4, "Staff")])
    }

    fn with(role: Role) -> DesiredState {
        DesiredState { roles: [(key("r"), Entry::Present(role))].into(), ..file() }
    }

    fn user(name: &str) -> UserRef {
        UserRef::Username(name.to_owned())
    }

    fn unheld(whole: LiveState, desired: &DesiredState) -> Vec<UnheldWhat> {
        let missing = choose(whole, desired).unwrap_err();
        assert!(missing.iter().all(|one| one.origin.is_some()), "{missing:?}");
        missing.into_iter().map(|one| one.what).collect()
    }

    #[test]
    fn what_was_not_read_is_no_absence() {
        let testers = Role { ensure_users: Some(at(vec![at(user("ann"))])), ..role("Testers") };
        assert_eq!(unheld(whole(), &with(testers.clone())), [UnheldWhat::User(user("ann"))]);
        let mut account = whole();
        account.users.insert(user("ann"), Vec::new());
        assert!(choose(account.clone(), &with(testers.clone())).unwrap().users.contains_key(&user("ann")));
        account.role_members.remove(&RemoteId(3));
        assert_eq!(unheld(account, &with(testers)), [UnheldWhat::Members("Testers".to_owned())]);
        let gone = DesiredState { roles: [(key("r"), Entry::Absent(role("Staff")))].into(), ..file() };
        assert_eq!(unheld(whole(), &gone), [UnheldWhat::RoleApps("Staff".to_owned())]);
        let mut account = whole();
        account.apps.clear();
        let web = DesiredState { apps: [(key("web"), Entry::Present(app("Web")))].into(), ..file() };
        assert_eq!(unheld(account, &web), [UnheldWhat::App(RemoteId(5))]);
    }

    #[test]
    fn what_the_file_does_not_speak_of_is_left_out() {
        let chosen = choose(whole(), &with(role("Testers"))).unwrap();
        let (account_id, lists) = (Some(555_555), chosen.lists.clone());
        assert_eq!(chosen, LiveState { account_id, lists, ..LiveState::default() });
        assert!(chosen.lists.apps.is_empty() && chosen.lists.roles.len() == 2);
    }
}
