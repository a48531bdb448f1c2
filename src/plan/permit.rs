//! What of a plan may be executed where not all of it may.

use super::{Plan, Step, Summary, requests};
use crate::diff::{Action, Change, Edit, ObjectRef};
use crate::model::{Address, Kind, RemoteId};
use std::collections::BTreeMap;

/// A plan that is left of another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Permitted {
    /// What may be executed; in the order it had.
    pub plan: Plan,
    /// What may not, by its index among the steps of the whole plan.
    pub withheld: BTreeMap<usize, Withheld>,
}

/// Why a step is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// It is not permitted.
    NotPermitted,
    /// It depends on this one, which is not permitted.
    DependsOn(Address),
}

impl Plan {
    /// Holds back every change that is not permitted, every change of what hangs on such an object (children of a server,
    /// bindings of an app, apps of a role), and every step that waits for one of these, however far. An app is not made anew
    /// where one of its bindings may not be made again: it would be lost with the old app.
    ///
    /// The refusals stay: they are about the whole, and what is left is not judged more mildly.
    pub fn permitted(&self, permits: impl Fn(&Change) -> bool) -> Permitted {
        let forbidden: BTreeMap<(Kind, RemoteId), &Address> = self
            .changes()
            .filter(|change| !permits(change))
            .filter_map(|change| Some(((change.address.kind(), change.edit.id()?), &change.address)))
            .collect();
        let unbound = self.changes().filter(|change| !permits(change)).filter_map(binding_of_a_new_app);
        let unbound: BTreeMap<&Address, &Address> = unbound.collect();
        let mut withheld: BTreeMap<usize, Withheld> = BTreeMap::new();
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        let mut steps: Vec<Step> = Vec::new();
        for (index, Step { change, after }) in self.steps.iter().enumerate() {
            if !permits(change) {
                withheld.insert(index, Withheld::NotPermitted);
            } else if let Some(because) = hangs_on(change).iter().find_map(|object| forbidden.get(object)) {
                withheld.insert(index, Withheld::DependsOn((*because).clone()));
            } else if let (Action::Replace, Some(binding)) = (change.action(), unbound.get(&change.address)) {
                withheld.insert(index, Withheld::DependsOn((*binding).clone()));
            } else if let Some(because) = self.held_back_by(after, &withheld) {
                withheld.insert(index, Withheld::DependsOn(because));
            } else {
                places.insert(index, steps.len());
                let after = after.iter().filter_map(|earlier| places.get(earlier).copied()).collect();
                steps.push(Step { change: change.clone(), after });
            }
        }
        let summary = Summary::of(steps.iter().map(|step| &step.change), self.summary.keep);
        let changes: Vec<Change> = steps.iter().map(|step| step.change.clone()).collect();
        let plan = Plan { steps, summary, apply_requests: requests::count(&changes), ..self.clone() };
        Permitted { plan, withheld }
    }

    /// Returns the change without permission that a step waits for, directly or through others.
    fn held_back_by(&self, after: &[usize], withheld: &BTreeMap<usize, Withheld>) -> Option<Address> {
        let (index, why) = after.iter().find_map(|earlier| withheld.get_key_value(earlier))?;
        match why {
            Withheld::NotPermitted => self.steps.get(*index).map(|step| step.change.address.clone()),
            Withheld::DependsOn(address) => Some(address.clone()),
        }
    }
}

/// Returns the app that a binding waits for, and the binding.
pub(super) fn binding_of_a_new_app(change: &Change) -> Option<(&Address, &Address)> {
    match &change.edit {
        Edit::Client { app: ObjectRef::Planned(app), .. } => Some((app, &change.address)),
        _ => None,
    }
}

/// Returns the live objects that a change builds on; the order of steps knows only those that are yet to be made.
fn hangs_on(change: &Change) -> Vec<(Kind, RemoteId)> {
    let live = |kind: Kind, object: &ObjectRef| match object {
        ObjectRef::Live(id) => Some((kind, *id)),
        ObjectRef::Planned(_) => None,
    };
    match &change.edit {
        Edit::Role(_) | Edit::Server(_) => Vec::new(),
        Edit::App(operation) => {
            operation.roles().into_iter().flatten().filter_map(|role| live(Kind::Role, role)).collect()
        }
        Edit::Scope { server, .. } | Edit::Claim { server, .. } => {
            live(Kind::AuthorizationServer, server).into_iter().collect()
        }
        Edit::Client { server, app, .. } => {
            live(Kind::AuthorizationServer, server).into_iter().chain(live(Kind::OidcApp, app)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Withheld;
    use crate::diff::{Action, Edit, diff};
    use crate::model::sample::{
        account, app, at, clients, file, key, live_app, live_client, live_server, role, scopes, server,
    };
    use crate::model::{Address, App, DesiredState, Entry, EntryKey, LiveServer, LiveState, Server};
    use crate::plan::{Context, SafetyLimits, plan};

    /// A role, an app that has it, and a server with a scope that is bound to the app.
    fn desired() -> DesiredState {
        let web = App { roles: Some(at(vec![at(EntryKey::new("testers"))])), ..app("web") };
        let api =
            Server { scopes: scopes(&["read"]), clients: clients(&[("web", &["read"])]), ..server("API", "https://a") };
        DesiredState {
            roles: [(key("testers"), Entry::Present(role("Testers")))].into(),
            apps: [(key("web"), Entry::Present(web)), (key("other"), Entry::Absent(app("other")))].into(),
            servers: [(key("x"), Entry::Present(api))].into(),
            ..file()
        }
    }

    /// Forbids some of all changes, and expects what is held back, each with what it depends on.
    fn check(live: &LiveState, all: &[&str], forbidden: &[&str], expected: &[(&str, &str)]) {
        let whole = plan(diff(&desired(), live), Context::default(), &SafetyLimits::default());
        assert_eq!(whole.changes().map(|change| change.address.to_string()).collect::<Vec<_>>(), all);
        let permitted = whole.permitted(|change| !forbidden.contains(&change.address.to_string().as_str()));
        let words = |(index, why): (&usize, &Withheld)| {
            let why = match why {
                Withheld::NotPermitted => String::new(),
                Withheld::DependsOn(address) => address.to_string(),
            };
            (all[*index].to_owned(), why)
        };
        let withheld: Vec<(String, String)> = permitted.withheld.iter().map(words).collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect();
        assert_eq!(withheld, expected, "{forbidden:?}");
        let kept: Vec<String> = permitted.plan.changes().map(|change| change.address.to_string()).collect();
        let left = all.iter().filter(|one| !withheld.iter().any(|(address, _)| address == *one));
        assert_eq!(kept, left.copied().collect::<Vec<_>>(), "{forbidden:?}");
        for (place, step) in permitted.plan.steps.iter().enumerate() {
            let before = whole.steps.iter().find(|one| one.change == step.change).unwrap();
            let named = |plan: &crate::plan::Plan, after: &[usize]| -> Vec<String> {
                after.iter().map(|index| plan.steps[*index].change.address.to_string()).collect()
            };
            assert_eq!(named(&permitted.plan, &step.after), named(&whole, &before.after), "{forbidden:?}");
            assert!(step.after.iter().all(|earlier| *earlier < place));
        }
        assert_eq!(permitted.plan.refusals, whole.refusals);
        let summary = permitted.plan.summary;
        assert_eq!(summary.create + summary.update + summary.delete, kept.len());
        if expected.is_empty() {
            assert_eq!(permitted.plan, whole);
        }
    }

    #[test]
    fn what_is_not_permitted_holds_back_what_waits_for_it() {
        let live = account(Vec::new(), vec![live_app(5, "other")], &[]);
        let all = [
            "role/testers",
            "oidc_app/web",
            "authorization_server/x",
            "authorization_server/x/scope/read",
            "authorization_server/x/client/web",
            "oidc_app/other",
        ];
        let check = |forbidden: &[&str], expected: &[(&str, &str)]| check(&live, &all, forbidden, expected);
        check(&[], &[]);
        check(&["oidc_app/other"], &[("oidc_app/other", "")]);
        check(
            &["role/testers"],
            &[
                ("role/testers", ""),
                ("oidc_app/web", "role/testers"),
                ("authorization_server/x/client/web", "role/testers"),
            ],
        );
        check(
            &["authorization_server/x/scope/read"],
            &[
                ("authorization_server/x/scope/read", ""),
                ("authorization_server/x/client/web", "authorization_server/x/scope/read"),
            ],
        );
        check(
            &["authorization_server/x", "authorization_server/x/client/web"],
            &[
                ("authorization_server/x", ""),
                ("authorization_server/x/scope/read", "authorization_server/x"),
                ("authorization_server/x/client/web", ""),
            ],
        );
        check(&all, &all.map(|address| (address, "")));
    }

    #[test]
    fn what_hangs_on_a_live_object_is_held_back_with_it() {
        let server =
            LiveServer { scopes: Some(Vec::new()), clients: Some(Vec::new()), ..live_server(1, "Other", "https://a") };
        let live = account(vec![server], vec![live_app(4, "web")], &[(3, "Testers")]);
        let all = [
            "oidc_app/web",
            "authorization_server/x",
            "authorization_server/x/scope/read",
            "authorization_server/x/client/web",
        ];
        let check = |forbidden: &[&str], expected: &[(&str, &str)]| check(&live, &all, forbidden, expected);
        check(
            &["authorization_server/x"],
            &[
                ("authorization_server/x", ""),
                ("authorization_server/x/scope/read", "authorization_server/x"),
                ("authorization_server/x/client/web", "authorization_server/x"),
            ],
        );
        check(&["oidc_app/web"], &[("oidc_app/web", ""), ("authorization_server/x/client/web", "oidc_app/web")]);
    }

    #[test]
    fn an_app_is_not_made_anew_where_a_binding_of_it_may_not_be() {
        let server = LiveServer {
            scopes: Some(Vec::new()),
            clients: Some(vec![live_client(4, "web", &[])]),
            ..live_server(1, "API", "https://a")
        };
        let live = account(vec![server], vec![live_app(4, "web")], &[(3, "Testers")]);
        let mut desired = desired();
        desired.replace(&Address::OidcApp(key("web"))).unwrap();
        let whole = plan(diff(&desired, &live), Context::default(), &SafetyLimits::default());
        let permitted = whole.permitted(|change| !matches!(change.edit, Edit::Client { .. }));
        let binding = Address::parse("authorization_server/x/client/web").unwrap();
        let app = whole.changes().position(|change| change.action() == Action::Replace).unwrap();
        assert_eq!(permitted.withheld.get(&app), Some(&Withheld::DependsOn(binding)));
        assert_eq!(
            permitted.plan.changes().map(|change| change.address.to_string()).collect::<Vec<_>>(),
            ["authorization_server/x/scope/read"]
        );
        assert!(whole.permitted(|_| true).withheld.is_empty());
    }
}
