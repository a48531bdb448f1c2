//! Apps that are to be deleted and made anew.

use super::{Address, DesiredState, Entry, EntryKey};
use std::collections::BTreeSet;

/// Apps that are to be deleted and made anew, because the command line asks for it.
///
/// Shape: keys of apps that have to be as described; only [`DesiredState::replace`] adds any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replaces(BTreeSet<EntryKey>);

impl Replaces {
    /// Says whether an app is to be made anew.
    pub fn contains(&self, app: &EntryKey) -> bool {
        self.0.contains(app)
    }

    /// Says whether all apps stay what they are.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the addresses, sorted.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.0.iter().cloned().map(Address::OidcApp)
    }
}

/// Why something cannot be made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReplaceable {
    /// It is no app: nothing but a lost client secret asks for a replacement.
    #[error("only apps can be replaced")]
    NotAnApp,
    /// The file lists no such app.
    #[error("the file lists no such app")]
    Unknown,
    /// The app is somebody else's.
    #[error("the app is external, and those are never changed")]
    External,
    /// The entry pins the live app, which goes: the next plan would look for it in vain.
    #[error("the entry pins the app that goes by `id:`")]
    Pinned,
    /// The app has to be gone.
    #[error("the file says `state: absent` of it")]
    Absent,
}

impl DesiredState {
    /// Asks for an app to be deleted and made anew.
    ///
    /// # Errors
    /// [`NotReplaceable`] for everything that is not an app of ours.
    pub fn replace(&mut self, address: &Address) -> Result<(), NotReplaceable> {
        let Address::OidcApp(key) = address else { return Err(NotReplaceable::NotAnApp) };
        match self.apps.get(key) {
            None => Err(NotReplaceable::Unknown),
            Some(Entry::External(_)) => Err(NotReplaceable::External),
            Some(Entry::Absent(_)) => Err(NotReplaceable::Absent),
            Some(Entry::Present(app)) if app.id.is_some() => Err(NotReplaceable::Pinned),
            Some(Entry::Present(_)) => {
                self.replaces.0.insert(key.clone());
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NotReplaceable;
    use crate::model::sample::{app, at, file, key};
    use crate::model::{Address, App, DesiredState, Entry, External, ExternalBy, RemoteId};

    #[test]
    fn only_apps_of_ours_can_be_replaced() {
        let external = External { origin: at(()).origin, by: ExternalBy::Name("Legacy".into()), declared: () };
        let mut desired = DesiredState {
            apps: [
                (key("web"), Entry::Present(app("Web"))),
                (key("pinned"), Entry::Present(App { id: Some(at(RemoteId(5))), ..app("Pinned") })),
                (key("gone"), Entry::Absent(app("Gone"))),
                (key("legacy"), Entry::External(external)),
            ]
            .into(),
            ..file()
        };
        let mut check = |address: &str, expected: Result<(), NotReplaceable>| {
            assert_eq!(desired.replace(&Address::parse(address).unwrap()), expected, "{address}");
        };
        check("oidc_app/web", Ok(()));
        check("oidc_app/web", Ok(()));
        check("oidc_app/pinned", Err(NotReplaceable::Pinned));
        check("oidc_app/gone", Err(NotReplaceable::Absent));
        check("oidc_app/legacy", Err(NotReplaceable::External));
        check("oidc_app/other", Err(NotReplaceable::Unknown));
        check("role/web", Err(NotReplaceable::NotAnApp));
        check("authorization_server/s/client/web", Err(NotReplaceable::NotAnApp));
        assert_eq!(desired.replaces.addresses().collect::<Vec<_>>(), [Address::OidcApp(key("web"))]);
    }
}
