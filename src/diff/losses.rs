//! What goes along with a deleted app or role although the file does not list it.

use super::sides::{Findings, Sides, Subject};
use super::{Along, Impact};
use crate::model::{Entry, ExternalServer, LiveClient, LiveServer, Match, RemoteId, Server, Unmanaged, text};
use std::collections::{BTreeMap, BTreeSet};

/// Bindings by app; a plan does not show one by one what becomes of all of them.
pub(super) struct SilentBindings<'a> {
    by_app: BTreeMap<RemoteId, Vec<(RemoteId, &'a LiveClient)>>,
    /// Servers that go altogether, or whose unlisted bindings are deleted as changes of their own.
    shown: BTreeSet<RemoteId>,
    /// Servers of ours, where the bindings of an app that is made anew are made again.
    managed: BTreeSet<RemoteId>,
}

impl<'a> SilentBindings<'a> {
    pub(super) fn new(sides: &Sides<'a>) -> Self {
        let deletes = sides.desired.apps.values().any(|entry| matches!(entry, Entry::Absent(_)));
        if !deletes && sides.desired.replaces.is_empty() {
            return Self { by_app: BTreeMap::new(), shown: BTreeSet::new(), managed: BTreeSet::new() };
        }
        let read_whole = sides
            .live
            .servers
            .values()
            .flat_map(|server: &LiveServer| server.clients.iter().flatten().map(|client| (server.id, client)));
        let is_read = |id: &RemoteId| sides.live.servers.get(id).is_some_and(|server| server.clients.is_some());
        let others = sides.live.consequences.bindings.iter().filter(|(id, _)| !is_read(id));
        let others = others.flat_map(|(id, clients)| clients.iter().map(|client| (*id, client)));
        let mut by_app: BTreeMap<RemoteId, Vec<(RemoteId, &LiveClient)>> = BTreeMap::new();
        for (server, client) in read_whole.chain(others) {
            by_app.entry(client.app_id).or_default().push((server, client));
        }
        let shown = servers(sides, |entry| match entry {
            Entry::Present(Server { clients, unmanaged, .. }) => clients.is_some() && *unmanaged == Unmanaged::Delete,
            Entry::Absent(_) => true,
            Entry::External(_) => false,
        });
        Self { by_app, shown, managed: servers(sides, |entry| entry.managed().is_some()) }
    }

    /// Names the bindings that go with a deleted app, and returns them.
    pub(super) fn note_gone(
        &self,
        subject: &Subject<'_>,
        app: RemoteId,
        sides: &Sides<'_>,
        findings: &mut Findings,
    ) -> Along {
        let gone = || self.of(app).filter(|(server, _)| !self.shown.contains(server));
        for (server, client) in gone() {
            let (address, server) = (&subject.address, sides.server_label(server));
            let text = format!("with {address} goes its binding ({}) on {server}", granted(client));
            findings.remark(subject, format!("{}: {text}", Impact::Breaks.as_str()));
        }
        Along::of_app(gone())
    }

    /// Names the bindings that an app that is made anew does not get back, and returns them.
    pub(super) fn note_lost(
        &self,
        subject: &Subject<'_>,
        app: RemoteId,
        sides: &Sides<'_>,
        findings: &mut Findings,
    ) -> Along {
        let lost = || self.of(app).filter(|(server, _)| !self.managed.contains(server));
        for (server, client) in lost() {
            let (address, server) = (&subject.address, sides.server_label(server));
            let text = format!("the new {address} does not get its binding ({}) on {server}", granted(client));
            findings.remark(subject, format!("{}: {text}", Impact::Breaks.as_str()));
        }
        Along::of_app(lost())
    }

    fn of(&self, app: RemoteId) -> impl Iterator<Item = (RemoteId, &'a LiveClient)> {
        self.by_app.get(&app).into_iter().flatten().copied()
    }
}

fn granted(client: &LiveClient) -> String {
    let scopes: Vec<String> =
        client.scopes.iter().map(|scope| format!("`{}`", text::between_backticks(scope.value.as_str()))).collect();
    if scopes.is_empty() { "no scopes".to_owned() } else { scopes.join(", ") }
}

/// Returns the live servers of the file whose entries fit.
fn servers(sides: &Sides<'_>, fits: impl Fn(&Entry<Server, ExternalServer>) -> bool) -> BTreeSet<RemoteId> {
    let fitting = sides.desired.servers.iter().filter(|(_, entry)| fits(entry));
    fitting.filter_map(|(key, _)| sides.identities.servers.get(key).copied().and_then(Match::id)).collect()
}

/// Names the apps that a deleted role gave and that the plan does not show to lose it. Returns them with its members.
pub(super) fn note_apps_of_role(
    subject: &Subject<'_>,
    role: RemoteId,
    sides: &Sides<'_>,
    findings: &mut Findings,
) -> Along {
    let read = sides.live.apps.values().filter(|app| app.role_ids.contains(&role)).map(|app| app.id);
    let listed = sides.live.consequences.role_apps.get(&role).into_iter().flatten().copied();
    let mut apps: BTreeSet<RemoteId> = read.chain(listed).collect();
    apps.retain(|app| {
        let entry = sides.app_key(*app).and_then(|key| sides.desired.apps.get(key));
        match entry {
            Some(Entry::Present(app)) => app.roles.is_none(),
            Some(Entry::Absent(_)) => false,
            Some(Entry::External(_)) | None => true,
        }
    });
    for app in &apps {
        let (impact, label) = (Impact::Breaks.as_str(), sides.app_label(*app));
        let text = format!("{impact}: with {} its members lose the app {label}", subject.address);
        findings.remark(subject, text);
    }
    Along::of_role(sides.live.consequences.role_members.get(&role).into_iter().flatten(), &apps)
}

/// Names a live object that the file does not list.
pub(super) fn unlisted(name: Option<&str>, id: RemoteId) -> String {
    match name {
        Some(name) => {
            let name = text::canonical(name);
            format!("`{}` (id {id}), which the file does not list", text::between_backticks(&name))
        }
        None => format!("id {id}, which the file does not list"),
    }
}
