//! Live objects that a new entry may be meant to be, under an old name.

use super::{AppOperation, Change, Edit, Operation};
use crate::model::{Address, DesiredState, EntryKey, Identities, LiveState, Match, Note, RemoteId, identify, text};
use std::collections::{BTreeMap, BTreeSet};

/// The fewest characters by which two different names are alike.
const FEWEST: usize = 4;
/// The most objects without an entry that are looked at: among more than these, a like name means little.
const MOST: usize = 500;

/// Notes what is made anew although the account has one object of a like name that the file does not list.
///
/// Shape: in the order of the changes. A file that gives an object another name and does not say so gets another object.
pub fn lookalikes<'a>(
    desired: &DesiredState,
    live: &LiveState,
    changes: impl IntoIterator<Item = &'a Change>,
) -> Vec<Note> {
    let identities = identify(desired, &live.lists);
    let unlisted = Unlisted::new(live, &identities);
    changes.into_iter().filter_map(|change| note(change, &unlisted)).collect()
}

fn note(change: &Change, unlisted: &Unlisted<'_>) -> Option<Note> {
    let address = &change.address;
    let (made, name, among, renamed_from): (&str, &str, _, fn(&str) -> String) = match &change.edit {
        Edit::Role(Operation::Create(new)) => ("without the members of another", &new.name, &unlisted.roles, of_name),
        Edit::App(AppOperation::Create(new)) => {
            ("with a client id and a secret of its own", &new.app.name, &unlisted.apps, of_name)
        }
        Edit::Server(Operation::Create(new)) => {
            ("and with it what stands on it", &new.name, &unlisted.servers, |old| {
                format!("renamed_from: {{ name: \"{old}\" }}")
            })
        }
        _ => return None,
    };
    let (Address::Role(key) | Address::OidcApp(key) | Address::Server(key)) = address else { return None };
    let (key, name) = (letters(key.as_str()), letters(name));
    let mut alike = among.iter().filter(|(_, _, live)| is_alike(&key, &name, live));
    // Of several none is likelier than the others.
    let (Some((id, old, _)), None) = (alike.next(), alike.next()) else { return None };
    let old = text::canonical(old);
    let hint = if is_plain(&old) { renamed_from(&old) } else { format!("id: {id}") };
    let old = text::between_backticks(&old);
    let text = format!("{address} is made anew, {made}: if it is `{old}` (id {id}) by another name, add `{hint}`");
    Some(Note { origin: change.origin.clone(), text })
}

/// Says whether a name stands between quotes as it is.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || " _-.,:/()&".contains(c))
}

fn of_name(old: &str) -> String {
    format!("renamed_from: \"{old}\"")
}

/// What the account has and the file does not list: id, name and the letters of the name.
struct Unlisted<'a> {
    roles: Vec<(RemoteId, &'a str, String)>,
    apps: Vec<(RemoteId, &'a str, String)>,
    servers: Vec<(RemoteId, &'a str, String)>,
}

impl<'a> Unlisted<'a> {
    fn new(live: &'a LiveState, identities: &Identities) -> Self {
        let lists = &live.lists;
        let roles = lists.roles.iter().map(|role| (role.id, role.name.as_str()));
        let apps = lists.apps.iter().filter(|app| app.is_oidc()).map(|app| (app.id, app.name.as_str()));
        let servers = lists.servers.iter().filter(|server| !server.built_in);
        Self {
            roles: unlisted(roles, &identities.roles),
            apps: unlisted(apps, &identities.apps),
            servers: unlisted(servers.map(|server| (server.id, server.name.as_str())), &identities.servers),
        }
    }
}

fn unlisted<'a>(
    all: impl Iterator<Item = (RemoteId, &'a str)>,
    listed: &BTreeMap<EntryKey, Match>,
) -> Vec<(RemoteId, &'a str, String)> {
    let listed: BTreeSet<RemoteId> = listed.values().filter_map(|found| found.id()).collect();
    let found: Vec<_> = all.filter(|(id, _)| !listed.contains(id)).take(MOST + 1).collect();
    if found.len() > MOST {
        return Vec::new();
    }
    found.into_iter().map(|(id, name)| (id, name, letters(name))).collect()
}

/// Compares the letters of names.
fn is_alike(key: &str, name: &str, live: &str) -> bool {
    let holds = |long: &str, short: &str| short.chars().count() >= FEWEST && long.contains(short);
    live == key || holds(name, live) || holds(live, name)
}

fn letters(name: &str) -> String {
    text::canonical(name).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_alike, letters, lookalikes};
    use crate::diff::diff;
    use crate::model::sample::{account, app, file, key, live_app, live_server, role, server};
    use crate::model::{DesiredState, Entry};

    #[test]
    fn names_are_alike_by_key_or_by_words_in_common() {
        let check = |key: &str, name: &str, live: &str, expected: bool| {
            assert_eq!(is_alike(&letters(key), &letters(name), &letters(live)), expected, "{key} {name} {live}");
        };
        check("mobile", "Handheld", "Mobile", true);
        check("clerks", "Office Clerks", "Clerks", true);
        check("contacts-api", "Contacts", "Contacts API v1", true);
        check("contacts", "Contacts", "Orders", false);
        check("api", "My Thing", "API", true);
        check("x", "My API", "API", false);
        check("x", "日本語サービス", "日本語サ", true);
        check("x", "y", "", false);
    }

    /// What is listed is nobody's old name, and of two that are alike neither is named.
    #[test]
    fn what_is_made_anew_names_what_it_may_have_been() {
        let desired = DesiredState {
            roles: [(key("clerks"), Entry::Present(role("Office Clerks"))), (key("ops"), Entry::Present(role("Ops")))]
                .into(),
            apps: [(key("mobile"), Entry::Present(app("Mobile App"))), (key("web"), Entry::Present(app("Web")))].into(),
            servers: [(key("orders"), Entry::Present(server("Orders v2", "https://v2")))].into(),
            ..file()
        };
        let live = account(
            vec![live_server(1, "Orders", "https://v1")],
            vec![live_app(11, "Mobile"), live_app(12, "Web")],
            &[(7, "Clerks"), (8, "Ops"), (9, "Nobody's")],
        );
        let told = |live| {
            let diff = diff(&desired, live);
            let notes = lookalikes(&desired, live, &diff.changes);
            notes.into_iter().map(|note| note.text).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&live),
            [
                "role/clerks is made anew, without the members of another: if it is `Clerks` (id 7) by another name, add \
                 `renamed_from: \"Clerks\"`",
                "oidc_app/mobile is made anew, with a client id and a secret of its own: if it is `Mobile` (id 11) by \
                 another name, add `renamed_from: \"Mobile\"`",
                "authorization_server/orders is made anew, and with it what stands on it: if it is `Orders` (id 1) by \
                 another name, add `renamed_from: { name: \"Orders\" }`",
            ]
        );
        let odd = account(vec![], vec![live_app(11, "Mobile \"`\"")], &[]);
        let told_odd = told(&odd);
        assert!(told_odd.iter().any(|text| text.ends_with("by another name, add `id: 11`")), "{told_odd:?}");
        let twins = account(vec![], vec![live_app(11, "Mobile"), live_app(13, "mobile")], &[]);
        assert!(told(&twins).is_empty(), "{:?}", told(&twins));
    }
}
