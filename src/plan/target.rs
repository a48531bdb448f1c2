//! Limits a plan to targets, and to what they depend on.

use super::graph::{Tie, needs};
use super::order::Order;
use super::permit::binding_of_a_new_app;
use super::{FileChange, Plan};
use crate::diff::{Action, Change, Diff, RefusalKind};
use crate::model::{Address, Kind, Note, Targets, text};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Of more servers, apps and roles than this the rest is not named.
const MOST_NAMED: usize = 5;

/// What is left of a comparison.
pub(super) struct Limited {
    pub(super) diff: Diff,
    pub(super) order: Order,
    /// How many changes are not in it.
    pub(super) left_out: usize,
}

/// Leaves out what no target names and what is named does not depend on; says what is taken along and what is left out.
///
/// Without targets nothing is left out. Refusals stay that are about a target or about what a change needs.
pub(super) fn limit(mut diff: Diff, order: Order, targets: &Targets) -> Limited {
    if targets.is_empty() {
        return Limited { diff, order, left_out: 0 };
    }
    let chosen = choose(&diff.changes, &order, targets);
    diff.notes.extend(taken_along(&diff.changes, &chosen, targets));
    let mut kept = Vec::new();
    let mut left = Vec::new();
    for (index, change) in diff.changes.into_iter().enumerate() {
        if chosen.contains_key(&index) { kept.push(change) } else { left.push(change) }
    }
    diff.changes = kept;
    diff.notes.extend(left_out(&left));
    diff.remarks.retain(|remark| !left.iter().any(|change| change.address == remark.about));
    let concerned = concerned(&diff.changes, targets);
    diff.refusals.retain(|refusal| concerned.contains(&refusal.address) || targets.cover(&refusal.address));
    diff.totals.emptied = emptied(&diff.changes, &diff.totals.children);
    let order = restrict(order, &chosen, &concerned);
    Limited { diff, order, left_out: left.len() }
}

/// Why a change is in a limited plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chosen {
    /// A target names it, or the server it belongs to.
    Targeted,
    /// The file of a targeted policy tells gateways what the change makes of its server.
    ForPolicy,
    /// The change at this index waits for it.
    Before(usize, Tie),
    /// It binds the app that the change at this index makes anew, and that would be bound no more without it.
    Binds(usize),
}

/// Chooses what the targets name, and from there on whatever must not be missing.
fn choose(changes: &[Change], order: &Order, targets: &Targets) -> BTreeMap<usize, Chosen> {
    let mut bindings: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
    let mut chosen = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        if let Some((app, _)) = binding_of_a_new_app(change) {
            bindings.entry(app).or_default().push(index);
        }
        if targets.name(&change.address) {
            chosen.insert(index, Chosen::Targeted);
        } else if targets.policy_over(&change.address).is_some() {
            chosen.insert(index, Chosen::ForPolicy);
        }
    }
    let mut open: VecDeque<usize> = chosen.keys().copied().collect();
    while let Some(index) = open.pop_front() {
        let waits = order.waits.get(index).into_iter().flatten().filter(|(_, tie)| **tie != Tie::Order);
        let mut along: Vec<(usize, Chosen)> = waits.map(|(other, tie)| (*other, Chosen::Before(index, *tie))).collect();
        if let Some(change) = changes.get(index).filter(|change| change.action() == Action::Replace) {
            let again = bindings.get(&change.address).into_iter().flatten();
            along.extend(again.map(|other| (*other, Chosen::Binds(index))));
        }
        for (other, why) in along {
            if let Entry::Vacant(place) = chosen.entry(other) {
                place.insert(why);
                open.push_back(other);
            }
        }
    }
    chosen
}

/// Says what is taken along, and because of what.
fn taken_along(changes: &[Change], chosen: &BTreeMap<usize, Chosen>, targets: &Targets) -> Vec<Note> {
    let note = |(index, why): (&usize, &Chosen)| {
        let taken = changes.get(*index)?;
        let address = |other: usize| changes.get(other).map(|change| &change.address);
        let because = match *why {
            Chosen::Targeted => return None,
            Chosen::ForPolicy => {
                format!("{} relies on {}", targets.policy_over(&taken.address)?, taken.address.owner())
            }
            Chosen::Before(other, Tie::Needs) => format!("{} needs it", address(other)?),
            Chosen::Before(other, Tie::Frees) => format!("it gives up the name that {} takes", address(other)?),
            Chosen::Before(other, Tie::LetsGo | Tie::Order) => format!("it lets go of {}", address(other)?),
            Chosen::Binds(other) => format!("it binds the new {}", address(other)?),
        };
        Some(Note { origin: taken.origin.clone(), text: format!("{} is taken along: {because}", taken.address) })
    };
    chosen.iter().filter_map(note).collect()
}

/// Says how many changes are left out, and of what.
fn left_out(left: &[Change]) -> Option<Note> {
    let mut owners: BTreeMap<Address, usize> = BTreeMap::new();
    for change in left {
        *owners.entry(change.address.owner()).or_default() += 1;
    }
    let named = owners.iter().take(MOST_NAMED);
    let mut names: Vec<String> = named.map(|(owner, number)| format!("{owner} ({number})")).collect();
    if let Some(more) = owners.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    let number = text::count(left.len(), "change");
    (!left.is_empty()).then(|| Note { origin: None, text: format!("{number} not targeted: {}", names.join(", ")) })
}

/// Returns the objects whose refusals count although no target names them: what the changes and the targets belong to, and
/// what the changes need.
fn concerned(kept: &[Change], targets: &Targets) -> BTreeSet<Address> {
    let mut concerned: BTreeSet<Address> = targets.addresses().map(Address::owner).collect();
    for change in kept {
        concerned.extend([change.address.clone(), change.address.owner()]);
        concerned.extend(needs(change));
    }
    concerned
}

/// Finds the servers that lose all their scopes or clients by what is left in: the file may ask for others that are left out.
fn emptied(kept: &[Change], children: &BTreeMap<(Address, Kind), usize>) -> Vec<(Address, Kind)> {
    let of = |server: &Address, kind: Kind, action: Action| {
        let is_one = |change: &&Change| {
            change.action() == action && change.address.kind() == kind && change.address.owner() == *server
        };
        kept.iter().filter(is_one).count()
    };
    let loses_all = |((server, kind), live): &(&(Address, Kind), &usize)| {
        **live > 0 && of(server, *kind, Action::Delete) == **live && of(server, *kind, Action::Create) == 0
    };
    children.iter().filter(loses_all).map(|(child, _)| child.clone()).collect()
}

/// Returns the order of what is chosen, by new indices: it stays what it was. A circle counts where any of it is chosen.
fn restrict(order: Order, chosen: &BTreeMap<usize, Chosen>, concerned: &BTreeSet<Address>) -> Order {
    let places: BTreeMap<usize, usize> = chosen.keys().enumerate().map(|(new, old)| (*old, new)).collect();
    let place = |old: usize| places.get(&old).copied();
    let Order { waits, sequence, mut circles } = order;
    let kept = waits.into_iter().enumerate().filter(|(index, _)| chosen.contains_key(index));
    let waits =
        kept.map(|(_, before)| before.into_iter().filter_map(|(other, tie)| Some((place(other)?, tie))).collect());
    let waits = waits.collect();
    circles.retain(|circle| match &circle.kind {
        RefusalKind::Cycle { addresses } => addresses.iter().any(|address| concerned.contains(address)),
        _ => true,
    });
    Order { waits, sequence: sequence.into_iter().filter_map(place).collect(), circles }
}

impl Plan {
    /// Leaves out the files of policies that are not targeted, and says so.
    ///
    /// A file tells the gateway what its server is. So it is only written where its policy is targeted, which takes along
    /// all changes of the server: no file runs ahead of its server.
    pub fn limit_files(&mut self, files: Vec<FileChange>) -> Vec<FileChange> {
        let targets = &self.context.targets;
        if targets.is_empty() {
            return files;
        }
        let (kept, left): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| targets.cover(&file.address()));
        let changed: BTreeSet<Address> = self.changes().map(|change| change.address.owner()).collect();
        let note = |file: &FileChange| {
            let mut text = format!("{} is not targeted: {} stays as it is", file.address(), file.path);
            if let Some(server) = targets.server_of(&file.policy).filter(|server| changed.contains(server)) {
                text.push_str(&format!(", although {server} changes"));
            }
            Note { origin: None, text }
        };
        let notes: Vec<Note> = left.iter().map(note).collect();
        self.add_notes(notes);
        self.not_targeted.files = left.len();
        kept
    }
}

#[cfg(test)]
mod tests {
    use crate::diff::{RefusalKind, diff};
    use crate::model::sample::{
        account, app, at, clients, file, key, live_app, live_client, live_scope, live_server, policy, role, scopes,
        server,
    };
    use crate::model::{
        Address, App, DesiredState, Entry, LiveServer, LiveState, RemoteId, ScopeValue, Server, Targets,
    };
    use crate::plan::{Context, FileAction, FileChange, Plan, SafetyLimits, plan};

    fn limited(desired: &DesiredState, live: &LiveState, addresses: &[&str], limits: SafetyLimits) -> Plan {
        let mut targets = Targets::default();
        for address in addresses {
            targets.add(Address::parse(address).unwrap(), desired).unwrap();
        }
        assert_eq!(targets.find(desired, live), Ok(()));
        plan(diff(desired, live), Context { targets, ..Context::default() }, &limits)
    }

    fn refusals(plan: &Plan) -> Vec<(String, RefusalKind)> {
        plan.refusals.iter().map(|refusal| (refusal.address.to_string(), refusal.kind.clone())).collect()
    }

    /// A server whose two scopes are held and have to go with their holders, an app that goes, a role that is made.
    fn world() -> (DesiredState, LiveState) {
        let [read, write] = [live_scope(11, "read"), live_scope(12, "write")];
        let bound = LiveServer {
            clients: Some(vec![live_client(5, "web", &[&read]), live_client(6, "batch", &[&write])]),
            scopes: Some(vec![read, write]),
            ..live_server(1, "API", "https://a")
        };
        let live = account(vec![bound], vec![live_app(5, "web"), live_app(6, "batch")], &[]);
        let emptied = Server { scopes: scopes(&[]), clients: clients(&[]), ..server("API", "https://a") };
        let desired = DesiredState {
            roles: [(key("testers"), Entry::Present(role("Testers")))].into(),
            apps: [(key("web"), Entry::Absent(app("web")))].into(),
            servers: [(key("x"), Entry::Present(emptied))].into(),
            ..file()
        };
        (desired, live)
    }

    #[test]
    fn a_limited_plan_is_judged_and_counted_by_what_is_in_it() {
        let (desired, live) = world();
        let none = SafetyLimits::default();
        let whole = limited(&desired, &live, &[], none);
        assert_eq!((whole.steps.len(), whole.refusals.len(), whole.drift.only_live), (6, 4, 5));
        let role = limited(&desired, &live, &["role/testers"], none);
        assert_eq!(refusals(&role), []);
        assert_eq!((role.summary.create, role.summary.delete, role.summary.keep), (1, 0, whole.summary.keep));
        assert_eq!((role.drift.missing_live, role.drift.only_live), (1, 0));
        assert_eq!((role.apply_requests, role.not_targeted.changes), (3, 5));
        let notes: Vec<&str> = role.notes.iter().map(|note| note.text.as_str()).collect();
        assert!(notes.contains(&"5 changes not targeted: oidc_app/web (1), authorization_server/x (4)"), "{notes:?}");
        // One of two scopes is not all of them.
        let scope = limited(&desired, &live, &["authorization_server/x/scope/write"], none);
        assert_eq!(refusals(&scope), []);
        assert_eq!(scope.summary.delete, 2, "the scope and the binding that holds it");
        // The file asks for other scopes and clients instead, which are left out.
        let mut other = desired.clone();
        let others = Server { scopes: scopes(&["other"]), clients: clients(&[]), ..server("API", "https://a") };
        other.servers.insert(key("x"), Entry::Present(others));
        let [first, second] = ["read", "write"].map(|scope| format!("authorization_server/x/scope/{scope}"));
        let scopes = limited(&other, &live, &[&first, &second], none);
        let kinds: Vec<RefusalKind> = refusals(&scopes).into_iter().map(|(_, kind)| kind).collect();
        assert!(kinds.contains(&RefusalKind::Emptied { children: crate::model::Kind::Scope }), "{kinds:?}");
        let with_the_other = [first.as_str(), &second, "authorization_server/x/scope/other"];
        let kinds: Vec<RefusalKind> =
            refusals(&limited(&other, &live, &with_the_other, none)).into_iter().map(|(_, kind)| kind).collect();
        assert!(!kinds.contains(&RefusalKind::Emptied { children: crate::model::Kind::Scope }), "{kinds:?}");
        let server = limited(&desired, &live, &["authorization_server/x"], none);
        let kinds: Vec<RefusalKind> = refusals(&server).into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds.len(), 3, "{kinds:?}");
        assert!(!kinds.contains(&RefusalKind::DestroyNotAllowed));
        let app = limited(&desired, &live, &["oidc_app/web"], none);
        assert_eq!(refusals(&app), [("oidc_app/web".to_owned(), RefusalKind::DestroyNotAllowed)]);
        let because = "authorization_server/x/client/web is taken along: it lets go of oidc_app/web";
        assert!(app.notes.iter().any(|note| note.text == because), "{:?}", app.notes);
    }

    #[test]
    fn what_is_refused_counts_where_it_is_targeted_or_needed() {
        let bound = Server { clients: clients(&[("half", &[])]), ..server("API", "https://a") };
        let desired = DesiredState {
            roles: [(key("testers"), Entry::Present(role("Testers")))].into(),
            apps: [(key("half"), Entry::Present(App { redirect_uris: None, ..app("Half") }))].into(),
            servers: [(key("x"), Entry::Present(bound))].into(),
            ..file()
        };
        let live = account(Vec::new(), Vec::new(), &[]);
        let check = |target: &str, expected: usize| {
            let found = refusals(&limited(&desired, &live, &[target], SafetyLimits::default()));
            assert_eq!(found.len(), expected, "{target}: {found:?}");
        };
        check("role/testers", 0);
        check("oidc_app/half", 1);
        check("authorization_server/x", 1);
        check("authorization_server/x/client/half", 1);
    }

    #[test]
    fn what_is_said_about_a_change_goes_with_it() {
        let (desired, live) = world();
        let mut desired = DesiredState { apps: [(key("batch"), Entry::Present(app("batch")))].into(), ..desired };
        desired.replace(&Address::OidcApp(key("batch"))).unwrap();
        let says = |plan: &Plan| plan.notes.iter().any(|note| note.text.starts_with("breaks: oidc_app/batch"));
        let all = SafetyLimits { allow_destroy: true, max_deletes: Some(9) };
        assert!(says(&limited(&desired, &live, &["oidc_app/batch"], all)));
        assert!(!says(&limited(&desired, &live, &["role/testers"], all)));
    }

    #[test]
    fn an_app_made_anew_takes_its_bindings_along() {
        let bound = LiveServer {
            clients: Some(vec![live_client(5, "web", &[])]),
            scopes: Some(Vec::new()),
            ..live_server(1, "API", "https://a")
        };
        let live = account(vec![bound], vec![live_app(5, "web")], &[(3, "Testers")]);
        let mut desired = DesiredState {
            apps: [(key("web"), Entry::Present(App { roles: Some(at(Vec::new())), ..app("web") }))].into(),
            servers: [(
                key("x"),
                Entry::Present(Server { clients: clients(&[("web", &[])]), ..server("API", "https://a") }),
            )]
            .into(),
            ..file()
        };
        desired.replace(&Address::OidcApp(key("web"))).unwrap();
        let all = SafetyLimits { allow_destroy: true, max_deletes: None };
        let plan = limited(&desired, &live, &["oidc_app/web"], all);
        let changes: Vec<String> = plan.changes().map(|change| change.address.to_string()).collect();
        assert_eq!(changes, ["oidc_app/web", "authorization_server/x/client/web"]);
        let because = "authorization_server/x/client/web is taken along: it binds the new oidc_app/web";
        assert!(plan.notes.iter().any(|note| note.text == because), "{:?}", plan.notes);
    }

    #[test]
    fn a_role_that_goes_takes_along_who_has_it_and_nobody_else() {
        let mut live =
            account(Vec::new(), vec![live_app(5, "has"), live_app(6, "other"), live_app(7, "gone")], &[(3, "R")]);
        live.apps.get_mut(&RemoteId(5)).unwrap().role_ids.insert(RemoteId(3));
        let uris = Some(at(vec!["https://b.example/cb".to_owned()]));
        let desired = DesiredState {
            roles: [(key("r"), Entry::Absent(role("R")))].into(),
            apps: [
                (key("has"), Entry::Present(App { roles: Some(at(Vec::new())), ..app("has") })),
                (key("other"), Entry::Present(App { redirect_uris: uris, ..app("other") })),
                (key("gone"), Entry::Absent(app("gone"))),
            ]
            .into(),
            ..file()
        };
        let plan = limited(&desired, &live, &["role/r"], SafetyLimits::default());
        let changes: Vec<String> = plan.changes().map(|change| change.address.to_string()).collect();
        assert_eq!(changes, ["oidc_app/has", "role/r"]);
    }

    /// A binding that grants a scope by its new name would be of nothing without the rename.
    #[test]
    fn a_binding_takes_along_the_new_names_of_its_scopes() {
        let mut listed = scopes(&["list", "write"]);
        let list = listed.as_mut().unwrap().value.get_mut(&ScopeValue::new("list")).unwrap();
        list.renamed_from = Some(at(ScopeValue::new("read")));
        let api = Server { scopes: listed, clients: clients(&[("web", &["list"])]), ..server("API", "https://a") };
        let desired = DesiredState {
            apps: [(key("web"), Entry::Present(app("Web")))].into(),
            servers: [(key("api"), Entry::Present(api))].into(),
            ..file()
        };
        let held = [live_scope(1, "read"), live_scope(2, "write")];
        let mut api = live_server(100, "API", "https://a");
        api.clients = Some(vec![live_client(11, "Web", &[&held[0], &held[1]])]);
        api.scopes = Some(held.into());
        let live = account(vec![api], vec![live_app(11, "Web")], &[]);
        let plan = limited(&desired, &live, &["authorization_server/api/client/web"], SafetyLimits::default());
        let addresses: Vec<String> = plan.changes().map(|change| change.address.to_string()).collect();
        assert_eq!(addresses, ["authorization_server/api/scope/list", "authorization_server/api/client/web"]);
        let notes: Vec<&str> = plan.notes.iter().map(|note| note.text.as_str()).collect();
        let along = "authorization_server/api/scope/list is taken along: authorization_server/api/client/web needs it";
        assert!(notes.contains(&along), "{notes:?}");
    }

    #[test]
    fn a_file_is_written_where_its_policy_is_targeted() {
        let (desired, live) = world();
        let policies = [(key("p"), policy("x")), (key("q"), policy("x"))].into();
        let desired = DesiredState { policies, ..desired };
        let change = |policy: &str| FileChange {
            policy: key(policy),
            path: format!("{policy}.json"),
            action: FileAction::Create,
            after: String::new(),
        };
        let mut plan = limited(&desired, &live, &["gateway_policy/p"], SafetyLimits::default());
        assert_eq!(plan.steps.len(), 4, "all of its server");
        let kept = plan.limit_files(vec![change("p"), change("q")]);
        assert_eq!(kept, [change("p")]);
        assert_eq!(plan.not_targeted.files, 1);
        let said = "gateway_policy/q is not targeted: q.json stays as it is, although authorization_server/x changes";
        assert!(plan.notes.iter().any(|note| note.text == said), "{:?}", plan.notes);
    }
}
