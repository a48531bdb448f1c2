//! Compares roles.

use super::fields::{Fields, missing};
use super::losses::note_apps_of_role;
use super::sides::{Findings, Sides, Subject};
use super::{Along, Edit, Impact, Operation, Reason, RefusalKind};
use crate::model::{Address, Entry, EntryKey, Kind, LiveRole, Match, NewRole, RemoteId, Role, RolePatch, UserRef};
use serde_json::Value;
use std::collections::BTreeSet;

/// Compares every role the file manages.
pub(super) fn compare(sides: &Sides<'_>, findings: &mut Findings) {
    for (key, entry) in &sides.desired.roles {
        let Some(found) = sides.identities.roles.get(key) else { continue };
        let live = found.id().and_then(|id| sides.role(id));
        match (entry, live) {
            (Entry::External(_), _) | (Entry::Absent(_), None) => {}
            (Entry::Present(role), None) => create(key, role, sides, findings),
            (Entry::Present(role), Some(live)) => update(key, role, (live, *found), sides, findings),
            (Entry::Absent(role), Some(live)) => {
                let along = note_apps_of_role(&subject(key, role), live.id, sides, findings);
                delete(key, role, (live, along), findings);
            }
        }
    }
}

fn subject<'a>(key: &EntryKey, role: &'a Role) -> Subject<'a> {
    Subject { address: Address::Role(key.clone()), origin: &role.origin }
}

fn create(key: &EntryKey, role: &Role, sides: &Sides<'_>, findings: &mut Findings) {
    let subject = subject(key, role);
    let users = resolve_users(&subject, role, sides, findings);
    let Some(name) = &role.name else {
        let missing = missing(&[("name", false)]);
        return findings.refuse(subject.refusal(RefusalKind::IncompleteCreate { missing }));
    };
    let mut fields = Fields::default();
    fields.made("name", name.value.clone());
    if !users.is_empty() {
        fields.made("ensure_users", users.iter().map(|(user, _)| user.as_str()).collect::<Vec<_>>());
    }
    let impact = if users.is_empty() { Impact::Cosmetic } else { Impact::Widens };
    let members = users.into_iter().map(|(_, id)| id).collect();
    let new = NewRole { name: name.value.clone(), members };
    findings.create(&subject, impact, fields.into_vec(), Edit::Role(Operation::Create(new)));
}

fn update(key: &EntryKey, role: &Role, (live, found): (&LiveRole, Match), sides: &Sides<'_>, findings: &mut Findings) {
    findings.count_live(Kind::Role);
    let subject = subject(key, role);
    let users = resolve_users(&subject, role, sides, findings);
    let mut fields = Fields::default();
    let name = fields.text("name", &role.name, Some(&live.name));
    let no_members = BTreeSet::new();
    let members = sides.live.role_members.get(&live.id).unwrap_or(&no_members);
    let add_members: Vec<RemoteId> = users.iter().map(|(_, id)| *id).filter(|id| !members.contains(id)).collect();
    if !add_members.is_empty() {
        let already = users.iter().filter(|(_, id)| members.contains(id));
        let before: Vec<Value> = already.map(|(user, _)| Value::from(user.as_str())).collect();
        let after: Vec<Value> = users.iter().map(|(user, _)| Value::from(user.as_str())).collect();
        fields.push("ensure_users", Value::from(before), Value::from(after));
    }
    let impact = if add_members.is_empty() { Impact::Cosmetic } else { Impact::Widens };
    let edit = Edit::Role(Operation::Update { id: live.id, patch: RolePatch { name, add_members } });
    let is_renamed = matches!(found, Match::Renamed(_));
    findings.update(&subject, impact, is_renamed, live.fingerprint(), (fields.into_vec(), edit));
}

fn delete(key: &EntryKey, role: &Role, (live, along): (&LiveRole, Along), findings: &mut Findings) {
    findings.count_live(Kind::Role);
    let mut fields = Fields::default();
    fields.gone("name", live.name.clone());
    let edit = Edit::Role(Operation::Delete { id: live.id });
    let why = (Impact::Breaks, Reason::StateAbsent);
    findings.delete(&subject(key, role), why, (live.fingerprint(), along), fields.into_vec(), edit);
}

/// Finds the users the file names; sorted as named, without repeats.
fn resolve_users(
    subject: &Subject<'_>,
    role: &Role,
    sides: &Sides<'_>,
    findings: &mut Findings,
) -> Vec<(UserRef, RemoteId)> {
    let named: BTreeSet<&UserRef> =
        role.ensure_users.iter().flat_map(|users| &users.value).map(|user| &user.value).collect();
    let mut resolved = Vec::new();
    for user in named {
        match sides.live.users.get(user).map_or(&[][..], Vec::as_slice) {
            [one] => resolved.push((user.clone(), one.id)),
            [] => findings.refuse(subject.refusal(RefusalKind::UserNotFound { user: user.to_string() })),
            several => findings.refuse(subject.refusal(RefusalKind::UserAmbiguous {
                user: user.to_string(),
                ids: several.iter().map(|user| user.id).collect(),
            })),
        }
    }
    resolved
}
