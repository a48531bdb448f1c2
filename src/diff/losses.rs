//! What goes along with a deleted app or role although the file does not list it.

use super::Impact;
use super::sides::{Findings, Sides, Subject};
use crate::model::{Entry, LiveClient, LiveServer, Match, RemoteId, Unmanaged, text};
use std::collections::{BTreeMap, BTreeSet};

/// Bindings by app, on servers whose change of bindings the plan does not show one by one.
pub(super) struct SilentBindings<'a> {
    by_app: BTreeMap<RemoteId, Vec<(RemoteId, &'a LiveClient)>>,
}

impl<'a> SilentBindings<'a> {
    pub(super) fn new(sides: &Sides<'a>) -> Self {
        if !sides.desired.apps.values().any(|entry| matches!(entry, Entry::Absent(_))) {
            return Self { by_app: BTreeMap::new() };
        }
        let shown = servers_with_shown_bindings(sides);
        let read_whole = sides
            .live
            .servers
            .values()
            .flat_map(|server: &LiveServer| server.clients.iter().flatten().map(|client| (server.id, client)));
        let is_read = |id: &RemoteId| sides.live.servers.get(id).is_some_and(|server| server.clients.is_some());
        let others = sides.live.consequences.bindings.iter().filter(|(id, _)| !is_read(id));
        let others = others.flat_map(|(id, clients)| clients.iter().map(|client| (*id, client)));
        let mut by_app: BTreeMap<RemoteId, Vec<(RemoteId, &LiveClient)>> = BTreeMap::new();
        for (server, client) in read_whole.chain(others).filter(|(server, _)| !shown.contains(server)) {
            by_app.entry(client.app_id).or_default().push((server, client));
        }
        Self { by_app }
    }

    /// Names the bindings that go with an app.
    pub(super) fn note(&self, subject: &Subject<'_>, app: RemoteId, sides: &Sides<'_>, findings: &mut Findings) {
        for (server, client) in self.by_app.get(&app).into_iter().flatten() {
            let scopes: Vec<String> = client.scopes.iter().map(|scope| format!("`{}`", scope.value)).collect();
            let granted = if scopes.is_empty() { "no scopes".to_owned() } else { scopes.join(", ") };
            let text = format!(
                "{}: with {} goes its binding ({granted}) on {}",
                Impact::Breaks.as_str(),
                subject.address,
                sides.server_label(*server),
            );
            findings.note(Some(subject.origin), text);
        }
    }
}

/// Returns the servers that go altogether, or whose unlisted bindings are deleted as changes of their own.
fn servers_with_shown_bindings(sides: &Sides<'_>) -> BTreeSet<RemoteId> {
    let is_shown = |entry: &Entry<_, _>| match entry {
        Entry::Present(crate::model::Server { clients, unmanaged, .. }) => {
            clients.is_some() && *unmanaged == Unmanaged::Delete
        }
        Entry::Absent(_) => true,
        Entry::External(_) => false,
    };
    let shown = sides.desired.servers.iter().filter(|(_, entry)| is_shown(entry));
    shown.filter_map(|(key, _)| sides.identities.servers.get(key).copied().and_then(Match::id)).collect()
}

/// Names the apps that a deleted role gave and that the plan does not show to lose it.
pub(super) fn note_apps_of_role(subject: &Subject<'_>, role: RemoteId, sides: &Sides<'_>, findings: &mut Findings) {
    let read = sides.live.apps.values().filter(|app| app.role_ids.contains(&role)).map(|app| app.id);
    let listed = sides.live.consequences.role_apps.get(&role).into_iter().flatten().copied();
    let apps: BTreeSet<RemoteId> = read.chain(listed).collect();
    for app in apps {
        let entry = sides.app_key(app).and_then(|key| sides.desired.apps.get(key));
        let is_shown = match entry {
            Some(Entry::Present(app)) => app.roles.is_some(),
            Some(Entry::Absent(_)) => true,
            Some(Entry::External(_)) | None => false,
        };
        if !is_shown {
            let (impact, label) = (Impact::Breaks.as_str(), sides.app_label(app));
            let text = format!("{impact}: with {} its members lose the app {label}", subject.address);
            findings.note(Some(subject.origin), text);
        }
    }
}

/// Names a live object that the file does not list.
pub(super) fn unlisted(name: Option<&str>, id: RemoteId) -> String {
    match name {
        Some(name) => format!("`{}` (id {id}), which the file does not list", text::canonical(name)),
        None => format!("id {id}, which the file does not list"),
    }
}
