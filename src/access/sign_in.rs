//! Who may use a client, and how it gets its tokens.

use super::change::{AccessChange, list};
use super::state::{Access, Labels};
use crate::diff::{AppOperation, Change, Edit, FieldChange, Impact, ObjectRef, Operation};
use crate::model::{Address, LiveState, NewRole, RemoteId, RolePatch, TokenEndpointAuthMethod};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The account around a plan, seen from the clients.
pub(super) struct Around<'a> {
    labels: &'a Labels<'a>,
    /// The servers that a client is bound to before and after.
    apis: BTreeMap<&'a str, Vec<&'a str>>,
    /// The apps that a role opens.
    apps: BTreeMap<RemoteId, BTreeSet<RemoteId>>,
    /// The roles that apps get.
    roles: BTreeMap<RemoteId, &'a BTreeSet<ObjectRef>>,
}

impl<'a> Around<'a> {
    pub(super) fn new(
        (before, after): (&'a Access, &'a Access),
        live: &'a LiveState,
        labels: &'a Labels<'a>,
        changes: &[&'a Change],
    ) -> Self {
        let mut apis: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (server, access) in &before.servers {
            let later = after.servers.get(server).and_then(|server| server.clients.as_ref());
            let bound = access.clients.iter().flat_map(BTreeMap::keys);
            for client in bound.filter(|client| later.is_some_and(|later| later.contains_key(*client))) {
                apis.entry(client).or_default().push(server);
            }
        }
        let mut apps = live.consequences.role_apps.clone();
        for app in live.apps.values() {
            for role in &app.role_ids {
                apps.entry(*role).or_default().insert(app.id);
            }
        }
        let roles = changes.iter().filter_map(|change| match &change.edit {
            Edit::App(AppOperation::Update { id, patch }) => Some((*id, patch.roles.as_ref()?)),
            Edit::App(AppOperation::Replace { id, new }) => Some((*id, new.roles.as_ref()?)),
            _ => None,
        });
        Self { labels, apis, apps, roles: roles.collect() }
    }

    /// Returns the servers that a client is bound to before and after.
    pub(super) fn apis(&self, client: &str) -> &[&'a str] {
        self.apis.get(client).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Finds what a plan changes about the roles that open clients and their members, the places that tokens are sent to, and how
/// clients sign in.
///
/// Shape: for each API that the client is bound to before and after; elsewhere its grants say all there is to say.
pub(super) fn find(around: &Around<'_>, changes: &[&Change]) -> Vec<AccessChange> {
    let mut found = Vec::new();
    for change in changes {
        match &change.edit {
            Edit::App(AppOperation::Update { id, .. } | AppOperation::Replace { id, .. }) => {
                let client = around.labels.app(*id);
                for server in around.apis(&client) {
                    let said = change.fields.iter().flat_map(|field| sentences(field, &client, server));
                    found.extend(said.map(|said| access_change(said, &client, server)));
                }
            }
            Edit::Role(operation) => found.extend(of_role(change, operation, around)),
            _ => {}
        }
    }
    found
}

fn access_change((impact, sentence): Said, client: &str, server: &str) -> AccessChange {
    let (server, client) = (server.to_owned(), Some(client.to_owned()));
    AccessChange { impact, server, client, policy: None, scopes: Vec::new(), sentence }
}

/// What members of a role gain or lose by it, where no change of a client says so.
fn of_role(change: &Change, operation: &Operation<NewRole, RolePatch>, around: &Around<'_>) -> Vec<AccessChange> {
    let Address::Role(role) = &change.address else { return Vec::new() };
    let (id, impact, who) = match operation {
        Operation::Create(_) => return Vec::new(),
        Operation::Update { id, .. } => {
            let members = change.fields.iter().find(|field| field.path == "ensure_users");
            let Some(FieldChange { before, after, .. }) = members else { return Vec::new() };
            (*id, Impact::Widens, list(more(after, before)))
        }
        Operation::Delete { id } => (*id, Impact::Breaks, String::new()),
    };
    let is_told_elsewhere = |app: &&RemoteId| match around.roles.get(app) {
        None => false,
        // What an app gains or loses is told of the app.
        Some(roles) => impact == Impact::Breaks || !roles.contains(&ObjectRef::Live(id)),
    };
    let mut found = Vec::new();
    for app in around.apps.get(&id).into_iter().flatten().filter(|app| !is_told_elsewhere(app)) {
        let client = around.labels.app(*app);
        for server in around.apis(&client) {
            let sentence = match impact {
                Impact::Breaks => format!("`{client}`, a client of `{server}`, closes to role `{role}`, which is gone"),
                _ => format!("`{client}`, a client of `{server}`, opens to {who} by role `{role}`"),
            };
            found.push(access_change((impact, sentence), &client, server));
        }
    }
    found
}

fn sentences(field: &FieldChange, client: &str, server: &str) -> Vec<(Impact, String)> {
    let FieldChange { path, before, after } = field;
    if before == after {
        return Vec::new();
    }
    let (gained, lost) = (more(after, before), more(before, after));
    let (more, less): (Said, Said) = match *path {
        "roles" => (
            (Impact::Widens, format!("`{client}`, a client of `{server}`, opens to role")),
            (Impact::Breaks, format!("`{client}`, a client of `{server}`, closes to role")),
        ),
        "redirect_uris" => (
            (Impact::Widens, format!("`{client}` may take tokens for `{server}` at")),
            (Impact::Breaks, format!("`{client}` no longer takes tokens for `{server}` at")),
        ),
        "application_type" | "token_endpoint_auth_method" => {
            let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let sentence = format!(
                "`{client}` gets tokens for `{server}` only with {path} `{}`, not `{}` as today",
                words(after),
                words(before)
            );
            let unguarded = format!("`{client}` gets tokens for `{server}` without a secret");
            let is_unguarded = after.as_str() == Some(TokenEndpointAuthMethod::None.as_str());
            let widens = is_unguarded.then_some((Impact::Widens, unguarded));
            return [(Impact::Breaks, sentence)].into_iter().chain(widens).collect();
        }
        _ => return Vec::new(),
    };
    let say = |(impact, words): Said, names: Vec<&str>| {
        (!names.is_empty()).then(|| (impact, format!("{words} {}", list(names))))
    };
    say(more, gained).into_iter().chain(say(less, lost)).collect()
}

type Said = (Impact, String);

/// Returns what one list of texts holds and another does not.
fn more<'a>(one: &'a Value, other: &Value) -> Vec<&'a str> {
    let other: BTreeSet<&str> = other.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let one = one.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.filter(|text| !other.contains(text)).collect()
}

#[cfg(test)]
mod tests {
    use crate::access::{Planned, of_plan};
    use crate::diff::{Change, diff};
    use crate::model::sample::{
        account, app, at, claims, clients, file, key, live_app, live_claim, live_client, live_server, role, server,
    };
    use crate::model::{
        App, ClaimSource, DesiredState, Entry, LiveState, LiveUser, RemoteId, Server, TokenEndpointAuthMethod, UserRef,
    };
    use std::collections::BTreeSet;

    /// `web` with role `testers`, a client of `contacts`; the account holds it so, and a role `Staff` beside.
    fn sides() -> (DesiredState, LiveState) {
        let web = App { roles: Some(at(vec![at(key("testers"))])), ..app("Web") };
        let contacts =
            Server { clients: clients(&[("web", &[])]), claims: claims(&["dept"]), ..server("Contacts", "https://a") };
        let desired = DesiredState {
            roles: [("testers", "Testers"), ("staff", "Staff")]
                .map(|(k, name)| (key(k), Entry::Present(role(name))))
                .into(),
            apps: [(key("web"), Entry::Present(web))].into(),
            servers: [(key("contacts"), Entry::Present(contacts))].into(),
            ..file()
        };
        let mut held = live_app(11, "Web");
        held.role_ids = BTreeSet::from([RemoteId(7)]);
        let mut contacts = live_server(100, "Contacts", "https://a");
        contacts.clients = Some(vec![live_client(11, "Web", &[])]);
        contacts.claims = Some(vec![live_claim(1, "dept")]);
        (desired, account(vec![contacts], vec![held], &[(7, "Testers"), (8, "Staff")]))
    }

    fn told(desired: &DesiredState, live: &LiveState) -> Vec<String> {
        let diff = diff(desired, live);
        assert_eq!((diff.problems, diff.refusals), (Vec::new(), Vec::new()));
        let changes: Vec<&Change> = diff.changes.iter().collect();
        let found = of_plan(Planned { desired, live, changes: &changes, rewritten: &[] }).changes;
        found.iter().map(|change| format!("{}: {}", change.impact.as_str(), change.sentence)).collect()
    }

    fn web(desired: &mut DesiredState) -> &mut App {
        let Some(Entry::Present(web)) = desired.apps.get_mut(&key("web")) else { panic!("listed") };
        web
    }

    fn contacts(desired: &mut DesiredState) -> &mut Server {
        let Some(Entry::Present(server)) = desired.servers.get_mut(&key("contacts")) else { panic!("listed") };
        server
    }

    #[test]
    fn what_changes_about_a_client_is_told_for_each_of_its_apis() {
        let (mut desired, live) = sides();
        assert_eq!(told(&desired, &live), Vec::<String>::new());
        web(&mut desired).roles = Some(at(vec![at(key("staff"))]));
        web(&mut desired).redirect_uris = Some(at(vec!["https://new".to_owned()]));
        web(&mut desired).token_endpoint_auth_method = Some(at(TokenEndpointAuthMethod::Post));
        assert_eq!(
            told(&desired, &live),
            [
                "breaks: `web` gets tokens for `contacts` only with token_endpoint_auth_method `post`, not `basic` as today",
                "breaks: `web` no longer takes tokens for `contacts` at `https://a.example/cb`",
                "breaks: `web`, a client of `contacts`, closes to role `testers`",
                "widens: `web` may take tokens for `contacts` at `https://new`",
                "widens: `web`, a client of `contacts`, opens to role `staff`",
            ]
        );
        // Without a secret, whoever knows the client id is the client.
        web(&mut desired).token_endpoint_auth_method = Some(at(TokenEndpointAuthMethod::None));
        assert!(
            told(&desired, &live).contains(&"widens: `web` gets tokens for `contacts` without a secret".to_owned())
        );
        // What is no client afterwards loses its grants, and that is said once.
        contacts(&mut desired).clients = clients(&[]);
        assert_eq!(told(&desired, &live), ["breaks: `web` gets no more tokens for `contacts`"]);
    }

    #[test]
    fn what_changes_about_a_role_is_told_for_the_clients_it_opens() {
        let (mut desired, mut live) = sides();
        let bob = UserRef::Email("bob@example.com".to_owned());
        let user = LiveUser { id: RemoteId(5), email: "bob@example.com".to_owned(), username: "bob".to_owned() };
        live.users.insert(bob.clone(), vec![user]);
        let Some(Entry::Present(testers)) = desired.roles.get_mut(&key("testers")) else { panic!("listed") };
        testers.ensure_users = Some(at(vec![at(bob)]));
        assert_eq!(
            told(&desired, &live),
            ["widens: `web`, a client of `contacts`, opens to `bob@example.com` by role `testers`"]
        );
        // A client that is not told what its roles are loses one that goes all the same.
        desired.roles.insert(key("testers"), Entry::Absent(role("Testers")));
        web(&mut desired).roles = None;
        assert_eq!(
            told(&desired, &live),
            ["breaks: `web`, a client of `contacts`, closes to role `testers`, which is gone"]
        );
    }

    #[test]
    fn a_claim_that_gets_another_value_breaks_who_relies_on_it() {
        let (mut desired, live) = sides();
        let dept = contacts(&mut desired).claims.as_mut().unwrap().value.first_entry().unwrap().into_mut();
        dept.source = Some(at(ClaimSource::UserAttribute("title".to_owned())));
        assert_eq!(told(&desired, &live), ["breaks: tokens of `contacts` carry another value as the claim `dept`"]);
    }
}
