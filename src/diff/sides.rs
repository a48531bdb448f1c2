//! What every kind's comparison looks at and adds to.

use super::{
    Action, Along, Change, Diff, Edit, FieldChange, Impact, ObjectRef, Reason, Refusal, RefusalKind, Remark, Totals,
    losses,
};
use crate::diagnostic::Origin;
use crate::model::{
    Address, App, DesiredState, Entry, EntryKey, Fingerprint, Identities, IdentityProblem, Kind, LiveRole, LiveState,
    Match, Note, RemoteId,
};
use std::collections::{BTreeMap, BTreeSet};

/// The two sides, matched.
pub(super) struct Sides<'a> {
    pub(super) desired: &'a DesiredState,
    pub(super) live: &'a LiveState,
    pub(super) identities: &'a Identities,
    roles: BTreeMap<RemoteId, &'a LiveRole>,
    roles_by_id: BTreeMap<RemoteId, &'a EntryKey>,
    apps_by_id: BTreeMap<RemoteId, &'a EntryKey>,
}

impl<'a> Sides<'a> {
    pub(super) fn new(desired: &'a DesiredState, live: &'a LiveState, identities: &'a Identities) -> Self {
        let by_id = |pairing: &'a BTreeMap<EntryKey, Match>| {
            pairing.iter().filter_map(|(key, found)| Some((found.id()?, key))).collect()
        };
        Self {
            desired,
            live,
            identities,
            roles: live.lists.roles.iter().map(|role| (role.id, role)).collect(),
            roles_by_id: by_id(&identities.roles),
            apps_by_id: by_id(&identities.apps),
        }
    }

    /// Returns a live role.
    pub(super) fn role(&self, id: RemoteId) -> Option<&'a LiveRole> {
        self.roles.get(&id).copied()
    }

    /// Says whether a live role is to be gone.
    pub(super) fn is_role_deleted(&self, id: RemoteId) -> bool {
        let entry = self.roles_by_id.get(&id).and_then(|key| self.desired.roles.get(*key));
        matches!(entry, Some(Entry::Absent(_)))
    }

    /// Returns what a reference to a role of the file means; `None` where the entry has a problem or is to be gone.
    pub(super) fn role_ref(&self, key: &EntryKey) -> Option<ObjectRef> {
        let is_made = matches!(self.desired.roles.get(key), Some(Entry::Present(_)));
        object_ref(self.identities.roles.get(key).copied(), is_made, || Address::Role(key.clone()))
    }

    /// Returns what a reference to an app of the file means; `None` where the entry has a problem or is to be gone.
    pub(super) fn app_ref(&self, key: &EntryKey) -> Option<ObjectRef> {
        if self.is_replaced(key) {
            return Some(ObjectRef::Planned(Address::OidcApp(key.clone())));
        }
        let is_made = matches!(self.desired.apps.get(key), Some(Entry::Present(_)));
        object_ref(self.identities.apps.get(key).copied(), is_made, || Address::OidcApp(key.clone()))
    }

    /// Names a live role for a reader: by key, else by name and id.
    pub(super) fn role_label(&self, id: RemoteId) -> String {
        match self.roles_by_id.get(&id) {
            Some(key) => key.to_string(),
            None => match self.role(id) {
                Some(role) => format!("{} (id {id})", role.name),
                None => format!("id {id}"),
            },
        }
    }

    /// Names a live app for a note.
    pub(super) fn app_label(&self, id: RemoteId) -> String {
        match self.app_key(id) {
            Some(key) => format!("`{key}`"),
            None => {
                let listed = self.live.lists.apps.iter().find(|app| app.id == id);
                losses::unlisted(listed.map(|app| app.name.as_str()), id)
            }
        }
    }

    /// Names a live server for a note.
    pub(super) fn server_label(&self, id: RemoteId) -> String {
        match self.identities.servers.iter().find(|(_, found)| found.id() == Some(id)) {
            Some((key, _)) => format!("`{key}`"),
            None => {
                let listed = self.live.lists.servers.iter().find(|server| server.id == id);
                losses::unlisted(listed.map(|server| server.name.as_str()), id)
            }
        }
    }

    /// Returns the live object that an app of the file is.
    pub(super) fn live_app(&self, key: &EntryKey) -> Option<RemoteId> {
        self.identities.apps.get(key).copied().and_then(Match::id)
    }

    /// Says whether a live app is deleted and made anew.
    pub(super) fn is_replaced(&self, key: &EntryKey) -> bool {
        self.desired.replaces.contains(key) && self.live_app(key).is_some()
    }

    /// Returns the live apps that are deleted or made anew, with all their bindings.
    pub(super) fn leaving_apps(&self) -> BTreeSet<RemoteId> {
        let leaves =
            |(key, entry): &(&EntryKey, &Entry<App, ()>)| matches!(entry, Entry::Absent(_)) || self.is_replaced(key);
        self.desired.apps.iter().filter(leaves).filter_map(|(key, _)| self.live_app(key)).collect()
    }

    /// Returns the key of a live app, where the file lists it.
    pub(super) fn app_key(&self, id: RemoteId) -> Option<&'a EntryKey> {
        self.apps_by_id.get(&id).copied()
    }
}

fn object_ref(found: Option<Match>, is_made: bool, address: impl FnOnce() -> Address) -> Option<ObjectRef> {
    match found? {
        Match::Live(id) | Match::Renamed(id) => Some(ObjectRef::Live(id)),
        Match::Missing if is_made => Some(ObjectRef::Planned(address())),
        Match::Missing => None,
    }
}

/// What the comparison has found so far.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) changes: Vec<Change>,
    pub(super) notes: Vec<Note>,
    remarks: Vec<Remark>,
    refusals: Vec<Refusal>,
    problems: Vec<IdentityProblem>,
    pub(super) totals: Totals,
}

/// A change before it is known whether there is one: everything but action and fields.
pub(super) struct Subject<'a> {
    pub(super) address: Address,
    pub(super) origin: &'a Origin,
}

/// What a change is computed from.
pub(super) struct Seen {
    own: Fingerprint,
    along: Along,
}

impl From<Fingerprint> for Seen {
    fn from(own: Fingerprint) -> Self {
        Self { own, along: Along::default() }
    }
}

impl From<(Fingerprint, Along)> for Seen {
    fn from((own, along): (Fingerprint, Along)) -> Self {
        Self { own, along }
    }
}

impl Subject<'_> {
    pub(super) fn refusal(&self, kind: RefusalKind) -> Refusal {
        Refusal { address: self.address.clone(), origin: Some(self.origin.clone()), kind }
    }
}

impl Findings {
    pub(super) fn note(&mut self, origin: Option<&Origin>, text: impl Into<String>) {
        self.notes.push(Note { origin: origin.cloned(), text: text.into() });
    }

    /// Says something about a change that its fields do not show.
    pub(super) fn remark(&mut self, subject: &Subject<'_>, text: impl Into<String>) {
        let note = Note { origin: Some(subject.origin.clone()), text: text.into() };
        self.remarks.push(Remark { about: subject.address.clone(), note });
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
    }

    /// Files a problem where it belongs: to be mended in the file, or not safe to act on.
    pub(super) fn problem(&mut self, problem: IdentityProblem) {
        if problem.kind.is_refusal() {
            let IdentityProblem { address, origin, kind } = problem;
            self.refusals.push(Refusal { address, origin: Some(origin), kind: RefusalKind::Identity(kind) });
        } else {
            self.problems.push(problem);
        }
    }

    /// Counts a live object that the file manages.
    pub(super) fn count_live(&mut self, kind: Kind) {
        *self.totals.live.entry(kind).or_default() += 1;
    }

    pub(super) fn create(&mut self, subject: &Subject<'_>, impact: Impact, fields: Vec<FieldChange>, edit: Edit) {
        self.push(subject, impact, Reason::MissingLive, None, fields, edit);
    }

    /// Adds an update, or counts the object as kept where no field differs.
    pub(super) fn update(
        &mut self,
        subject: &Subject<'_>,
        impact: Impact,
        is_renamed: bool,
        fingerprint: Fingerprint,
        (fields, edit): (Vec<FieldChange>, Edit),
    ) {
        if fields.is_empty() {
            self.totals.kept += 1;
            return;
        }
        let reason = if is_renamed { Reason::Renamed } else { Reason::Differs };
        self.push(subject, impact, reason, Some(fingerprint.into()), fields, edit);
    }

    pub(super) fn delete(
        &mut self,
        subject: &Subject<'_>,
        (impact, reason): (Impact, Reason),
        seen: impl Into<Seen>,
        fields: Vec<FieldChange>,
        edit: Edit,
    ) {
        self.push(subject, impact, reason, Some(seen.into()), fields, edit);
    }

    /// Adds an app that is made anew, or a binding that it takes along.
    pub(super) fn replace(
        &mut self,
        subject: &Subject<'_>,
        impact: Impact,
        seen: Option<Seen>,
        (fields, edit): (Vec<FieldChange>, Edit),
    ) {
        self.push(subject, impact, Reason::Replaced, seen, fields, edit);
    }

    fn push(
        &mut self,
        subject: &Subject<'_>,
        impact: Impact,
        reason: Reason,
        seen: Option<Seen>,
        fields: Vec<FieldChange>,
        edit: Edit,
    ) {
        debug_assert!(seen.is_some() == (edit.action() != Action::Create), "only what is live has a fingerprint");
        let (fingerprint, along) = seen.map(|Seen { own, along }| (own, along)).unzip();
        self.changes.push(Change {
            address: subject.address.clone(),
            origin: Some(subject.origin.clone()),
            impact,
            reason,
            fingerprint,
            along: along.unwrap_or_default(),
            fields,
            edit,
        });
    }

    pub(super) fn into_diff(self) -> Diff {
        let Self { mut changes, mut notes, mut remarks, mut refusals, mut problems, totals } = self;
        changes.sort_by(|one, other| one.address.cmp(&other.address));
        notes.sort();
        notes.dedup();
        remarks.sort();
        remarks.dedup();
        refusals.sort_by(|one, other| (&one.origin, &one.address).cmp(&(&other.origin, &other.address)));
        problems.sort_by(|one, other| one.origin.cmp(&other.origin));
        Diff { changes, notes, remarks, refusals, problems, totals }
    }
}
