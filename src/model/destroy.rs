//! The file turned round: all that it lists and that is ours has to be gone.

use super::{Address, DesiredState, Entry, EntryKey, Note, Targets};
use crate::diagnostic::Origin;
use std::collections::{BTreeMap, BTreeSet};

impl DesiredState {
    /// Asks for every server, app and role that the file lists and that is ours to be gone, or for those of them that are
    /// targeted: then what stays refers to them no more.
    ///
    /// Says which entries pin an id: the object it names does not come back, so that the entry finds nothing any more.
    pub fn destroy(&mut self, targets: &Targets) {
        let Self { roles, apps, servers, notes, .. } = self;
        let mut pins: Vec<(Address, Origin)> = Vec::new();
        let mut is_gone = |address: Address, pinned: Option<&Origin>| {
            let is_gone = targets.is_empty() || targets.name(&address);
            pins.extend(pinned.filter(|_| is_gone).map(|origin| (address, origin.clone())));
            is_gone
        };
        let origin = |id: &super::Field<super::RemoteId>| id.as_ref().map(|id| id.origin.clone());
        let no_roles = turn(roles, |key, role| is_gone(Address::Role(key), origin(&role.id).as_ref()));
        let no_apps = turn(apps, |key, app| is_gone(Address::OidcApp(key), origin(&app.id).as_ref()));
        turn(servers, |key, server| is_gone(Address::Server(key), origin(&server.id).as_ref()));
        for entry in apps.values_mut() {
            if let Entry::Present(app) = entry
                && let Some(roles) = &mut app.roles
            {
                roles.value.retain(|role| !no_roles.contains(&role.value));
            }
        }
        for entry in servers.values_mut() {
            if let Entry::Present(server) = entry
                && let Some(clients) = &mut server.clients
            {
                clients.value.retain(|app, _| !no_apps.contains(app));
            }
        }
        let note = |(address, origin)| Note {
            origin: Some(origin),
            text: format!("once {address} is gone, `id:` has to go before it can be made again"),
        };
        notes.extend(pins.into_iter().map(note));
    }
}

/// Turns the entries that have to be gone, and returns their keys.
fn turn<T: Clone, E>(
    entries: &mut BTreeMap<EntryKey, Entry<T, E>>,
    mut is_gone: impl FnMut(EntryKey, &T) -> bool,
) -> BTreeSet<EntryKey> {
    let mut gone = BTreeSet::new();
    for (key, entry) in entries {
        if let Entry::Present(value) = entry
            && is_gone(key.clone(), value)
        {
            *entry = Entry::Absent(value.clone());
            gone.insert(key.clone());
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use crate::model::sample::{app, at, clients, file, key, role, server};
    use crate::model::{Address, App, DesiredState, Entry, External, ExternalBy, RemoteId, Server, Targets};

    #[test]
    fn what_is_ours_has_to_be_gone_and_the_rest_stays() {
        let external = External { origin: at(()).origin, by: ExternalBy::Name("Legacy".into()), declared: () };
        let mut desired = DesiredState {
            roles: [(key("r"), Entry::Present(role("R"))), (key("gone"), Entry::Absent(role("Gone")))].into(),
            apps: [
                (key("web"), Entry::Present(App { id: Some(at(RemoteId(5))), ..app("Web") })),
                (key("legacy"), Entry::External(external.clone())),
            ]
            .into(),
            servers: [(key("s"), Entry::Present(server("API", "https://a")))].into(),
            ..file()
        };
        desired.destroy(&Targets::default());
        let gone = |key: &str| matches!(desired.roles[&crate::model::EntryKey::new(key)], Entry::Absent(_));
        assert!(gone("r") && gone("gone"));
        assert!(matches!(&desired.apps[&key("web")], Entry::Absent(web) if web.name == app("Web").name));
        assert_eq!(desired.apps[&key("legacy")], Entry::External(external));
        assert_eq!(desired.servers[&key("s")], Entry::Absent(server("API", "https://a")));
        let notes: Vec<&str> = desired.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(notes, ["once oidc_app/web is gone, `id:` has to go before it can be made again"]);
    }

    #[test]
    fn what_stays_does_not_refer_to_what_goes() {
        let web = App { roles: Some(at(vec![at(key("r")), at(key("other"))])), ..app("Web") };
        let api = Server { clients: clients(&[("web", &["read"]), ("batch", &[])]), ..server("API", "https://a") };
        let desired = DesiredState {
            roles: [(key("r"), Entry::Present(role("R"))), (key("other"), Entry::Present(role("Other")))].into(),
            apps: [(key("web"), Entry::Present(web)), (key("batch"), Entry::Present(app("Batch")))].into(),
            servers: [(key("s"), Entry::Present(api))].into(),
            ..file()
        };
        let without = |address: &str| {
            let (mut targets, mut desired) = (Targets::default(), desired.clone());
            targets.add(Address::parse(address).unwrap(), &desired).unwrap();
            desired.destroy(&targets);
            desired
        };
        let roles = without("role/r").apps[&key("web")].present().unwrap().roles.clone().unwrap();
        assert_eq!(roles.value, [at(key("other"))]);
        let clients = without("oidc_app/web").servers[&key("s")].present().unwrap().clients.clone().unwrap();
        assert_eq!(clients.value.keys().collect::<Vec<_>>(), [&key("batch")]);
        assert!(without("oidc_app/web").apps[&key("batch")].present().is_some());
    }
}
