//! References between entries, with `only` applied.

use super::{audience, identity, output, policy, scope};
use crate::config::frame::Section;
use crate::config::interpolate::MAX_SUGGESTIONS;
use crate::config::nearest;
use crate::diagnostic::{Code, Diagnostic, Origin, SourceFiles, Sourced};
use crate::model::{Address, DesiredState, Entry, EntryKey, Note, ScopeValue, Server, Unmanaged};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The keys of the file, by kind.
#[derive(Debug)]
pub(crate) struct Names<'t> {
    pub(crate) roles: Kind<'t>,
    pub(crate) apps: Kind<'t>,
    pub(crate) servers: Kind<'t>,
    pub(crate) policies: Kind<'t>,
}

/// The entries of one kind, split by `only`.
#[derive(Debug)]
pub(crate) struct Kind<'t> {
    pub(crate) here: Section<'t>,
    pub(crate) left_out: BTreeSet<&'t str>,
    /// Whether every entry is known: only then is an unknown name unknown.
    pub(crate) is_complete: bool,
}

impl<'t> Kind<'t> {
    fn all(&self) -> impl Iterator<Item = &'t str> + Clone + '_ {
        self.here.keys().chain(&self.left_out).copied()
    }
}

/// The servers of which something was said and could not be read, so that nothing is called missing there.
#[derive(Debug)]
pub(crate) struct Unread {
    /// Those of which anything could not be read.
    pub(crate) servers: BTreeSet<EntryKey>,
    /// Those of whose scopes one could not be taken.
    pub(crate) scopes: BTreeSet<EntryKey>,
}

/// Checks one environment and takes out of its lists and maps what `only` leaves out.
pub(crate) fn check(
    desired: &mut DesiredState,
    names: &Names<'_>,
    mut unread: Unread,
    (root, sources): (&Path, &SourceFiles),
) -> Vec<Diagnostic> {
    let mut checker = Checker { problems: Vec::new(), notes: Vec::new(), suggestions: 0 };
    scope::check(desired, &mut unread.scopes, &mut checker.problems);
    checker.app_roles(desired, names);
    checker.clients(desired, names, &unread.scopes);
    checker.shared(desired, names);
    checker.policy_references(desired, names);
    identity::check(desired, &mut checker.problems);
    audience::check(desired, &mut checker.problems);
    policy::check(desired, &unread, &mut checker.problems);
    output::check(desired, root, sources, &mut checker.problems);
    desired.notes.append(&mut checker.notes);
    checker.problems
}

struct Checker {
    problems: Vec<Diagnostic>,
    notes: Vec<Note>,
    suggestions: usize,
}

/// What a key refers to.
#[derive(PartialEq, Eq)]
enum Target {
    Here,
    LeftOut,
    Unknown,
}

impl Checker {
    fn target(&mut self, noun: &str, key: &Sourced<EntryKey>, kind: &Kind<'_>) -> Target {
        let name = key.value.as_str();
        if kind.here.contains_key(name) {
            return Target::Here;
        }
        if kind.left_out.contains(name) {
            return Target::LeftOut;
        }
        if !kind.is_complete {
            return Target::Unknown;
        }
        self.suggestions += 1;
        let hint = match self.suggestions > MAX_SUGGESTIONS {
            true => String::new(),
            false => nearest::hint(name, kind.all(), &format!("The file lists no {noun}.")),
        };
        let diagnostic =
            Diagnostic::error(Code::UnknownReference, key.origin.clone(), format!("unknown {noun} `{name}`"));
        self.problems.push(if hint.is_empty() { diagnostic } else { diagnostic.with_hint(hint) });
        Target::Unknown
    }

    fn refuse_absent(&mut self, noun: &str, key: &Sourced<EntryKey>, absent: Option<&Origin>) {
        if let Some(origin) = absent {
            let message = format!("the {noun} `{}` is to be deleted", key.value);
            self.problems.push(
                Diagnostic::error(Code::UnknownReference, key.origin.clone(), message)
                    .with_related(origin.clone(), "`state: absent` is said here")
                    .with_hint("Take the reference out, or keep the entry."),
            );
        }
    }

    fn note_left_out(&mut self, noun: &str, key: &Sourced<EntryKey>, place: &Address) {
        let text = format!("{place} lacks {noun} `{}`, which `only` leaves out of this environment", key.value);
        self.notes.push(Note { origin: Some(key.origin.clone()), text });
    }

    fn app_roles(&mut self, desired: &mut DesiredState, names: &Names<'_>) {
        for (app_key, entry) in &mut desired.apps {
            let (Entry::Present(app) | Entry::Absent(app)) = entry else { continue };
            let Some(roles) = &mut app.roles else { continue };
            roles.value.retain(|role| match self.target("role", role, &names.roles) {
                Target::Here => {
                    let absent =
                        desired.roles.get(&role.value).and_then(|entry| absent(entry).map(|role| &role.origin));
                    self.refuse_absent("role", role, absent);
                    true
                }
                Target::LeftOut => {
                    self.note_left_out("role", role, &Address::OidcApp(app_key.clone()));
                    false
                }
                Target::Unknown => true,
            });
        }
    }

    fn clients(&mut self, desired: &mut DesiredState, names: &Names<'_>, lacking_scopes: &BTreeSet<EntryKey>) {
        for (server_key, entry) in &mut desired.servers {
            let (Entry::Present(server) | Entry::Absent(server)) = entry else { continue };
            let grantable = grantable(server).filter(|_| !lacking_scopes.contains(server_key));
            let scopes_origin = server.scopes.as_ref().map(|scopes| scopes.origin.clone());
            let Some(clients) = &mut server.clients else { continue };
            clients.value.retain(|app, scopes| {
                let app = Sourced::new(app.clone(), scopes.origin.clone());
                if let Some(grantable) = &grantable {
                    self.client_scopes(server_key, grantable, scopes_origin.as_ref(), &scopes.value);
                }
                match self.target("OIDC app", &app, &names.apps) {
                    Target::Here => {
                        let absent =
                            desired.apps.get(&app.value).and_then(|entry| absent(entry).map(|app| &app.origin));
                        self.refuse_absent("OIDC app", &app, absent);
                        true
                    }
                    Target::LeftOut => {
                        self.note_left_out("client", &app, &Address::Server(server_key.clone()));
                        false
                    }
                    Target::Unknown => true,
                }
            });
        }
    }

    fn client_scopes(
        &mut self,
        server: &EntryKey,
        grantable: &BTreeSet<ScopeValue>,
        defined: Option<&Origin>,
        scopes: &[Sourced<ScopeValue>],
    ) {
        for scope in scopes.iter().filter(|scope| !grantable.contains(&scope.value)) {
            self.suggestions += 1;
            let mut diagnostic = Diagnostic::error(
                Code::UngrantableScope,
                scope.origin.clone(),
                format!("the server `{server}` has no scope `{}`", scope.value),
            );
            if let Some(defined) = defined {
                diagnostic = diagnostic.with_related(defined.clone(), "its scopes are listed here");
            }
            if self.suggestions <= MAX_SUGGESTIONS {
                let names = grantable.iter().map(ScopeValue::as_str);
                let none = "Add it to the server's `scopes:`, or to `inherited_scopes:` where OneLogin supplies it.";
                diagnostic = diagnostic.with_hint(match nearest::nearest(scope.value.as_str(), names.clone()) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => match nearest::list(names) {
                        Some(all) => format!("It has {all}. {none}"),
                        None => none.to_owned(),
                    },
                });
            }
            self.problems.push(diagnostic);
        }
    }

    fn shared(&mut self, desired: &mut DesiredState, names: &Names<'_>) {
        for (server_key, entry) in &mut desired.servers {
            let (Entry::Present(server) | Entry::Absent(server)) = entry else { continue };
            server.share_audience_with.retain(|other| {
                if other.value == *server_key {
                    let hint = "Name the other server.";
                    let message = format!("`{server_key}` shares its audience with itself");
                    let diagnostic = Diagnostic::error(Code::InvalidValue, other.origin.clone(), message);
                    self.problems.push(diagnostic.with_hint(hint));
                    return true;
                }
                match self.target("authorization server", other, &names.servers) {
                    Target::Here | Target::Unknown => true,
                    Target::LeftOut => {
                        self.note_left_out("authorization server", other, &Address::Server(server_key.clone()));
                        false
                    }
                }
            });
        }
    }

    fn policy_references(&mut self, desired: &DesiredState, names: &Names<'_>) {
        for policy in desired.policies.values() {
            let server = &policy.authorization_server;
            match self.target("authorization server", server, &names.servers) {
                Target::Here => {
                    let origin = desired.servers.get(&server.value).and_then(|e| absent(e).map(|s| &s.origin));
                    self.refuse_absent("authorization server", server, origin);
                }
                Target::LeftOut => self.left_out_reference("authorization server", server),
                Target::Unknown => {}
            }
            for probe in &policy.probes {
                match self.target("OIDC app", &probe.client, &names.apps) {
                    Target::Here => {
                        let origin = desired.apps.get(&probe.client.value).and_then(|e| absent(e).map(|a| &a.origin));
                        self.refuse_absent("OIDC app", &probe.client, origin);
                    }
                    Target::LeftOut => self.left_out_reference("OIDC app", &probe.client),
                    Target::Unknown => {}
                }
            }
        }
    }

    /// A single reference cannot simply lack what it names.
    fn left_out_reference(&mut self, noun: &str, key: &Sourced<EntryKey>) {
        let message = format!("`only` leaves the {noun} `{}` out of this environment", key.value);
        self.problems.push(
            Diagnostic::error(Code::UnknownReference, key.origin.clone(), message)
                .with_hint("Put the same `only` on this entry, or name the environment there."),
        );
    }
}

fn absent<T, E>(entry: &Entry<T, E>) -> Option<&T> {
    match entry {
        Entry::Absent(value) => Some(value),
        Entry::Present(_) | Entry::External(_) => None,
    }
}

/// Returns the scopes a client may get; `None` where only the account knows all of them.
pub(super) fn grantable(server: &Server) -> Option<BTreeSet<ScopeValue>> {
    let scopes: &Sourced<BTreeMap<_, _>> = server.scopes.as_ref()?;
    if server.unmanaged == Unmanaged::Keep {
        return None;
    }
    let inherited = server.inherited_scopes.iter().map(|scope| scope.value.clone());
    Some(scopes.value.keys().cloned().chain(inherited).collect())
}
