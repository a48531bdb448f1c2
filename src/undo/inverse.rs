//! The inverse as a whole.

use super::deed::{Deeds, Recorded, deeds, made_again};
use super::entries::at;
use super::names::{Names, References};
use super::{roots, servers};
use crate::execute::FieldView;
use crate::model::{Address, DesiredState, Entry, LiveState, LiveUser, Note, Policy, RemoteId, Replaces, UserRef};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What takes a run back.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    /// The state to come to; it changes only what the run touched, and refers to what else has a key.
    pub desired: DesiredState,
    /// The users it names, by their ids: the record knows them by nothing else.
    pub users: BTreeMap<UserRef, Vec<LiveUser>>,
    /// Live bindings that stay although the state cannot name their apps, by server and app.
    pub unnamed: BTreeSet<(RemoteId, RemoteId)>,
    /// What is left alone and what cannot come back, sorted.
    pub notes: Vec<Note>,
}

/// Makes the inverse of a run on an account as it is now.
///
/// `live` holds all lists, and whole what [`needs`](super::needs) names. `file` only says what things are called today, and
/// which gateway policies stand in front of them.
pub fn inverse(recorded: &Recorded<'_>, live: &LiveState, file: &DesiredState) -> Inverse {
    let Deeds { done, unclear } = deeds(recorded.run);
    let ids_of_now = made_again(recorded, &live.lists, true);
    let names = Names::new(&done, &ids_of_now, live, file);
    let mut undo = Undo {
        live,
        references: References::new(&names, live),
        made_again: made_again(recorded, &live.lists, false),
        ids_of_now,
        state: empty(file, recorded.run.header.environment.clone()),
        users: BTreeMap::new(),
        unnamed: BTreeSet::new(),
        notes: Vec::new(),
    };
    for (address, reason) in unclear {
        undo.leave(&address, reason);
    }
    roots::undo_roles(&done, &mut undo);
    roots::undo_apps(&done, &mut undo);
    servers::undo_servers(&done, &mut undo);
    let Undo { mut state, users, unnamed, mut notes, .. } = undo;
    names.list_others(live, &mut state);
    state.policies = policies(file, &state);
    notes.sort();
    notes.dedup();
    Inverse { desired: state, users, unnamed, notes }
}

fn empty(file: &DesiredState, environment: Option<String>) -> DesiredState {
    DesiredState {
        tenant: file.tenant.clone(),
        environment,
        replaces: Replaces::default(),
        config_digest: file.config_digest.clone(),
        roles: BTreeMap::new(),
        apps: BTreeMap::new(),
        servers: BTreeMap::new(),
        policies: BTreeMap::new(),
        notes: Vec::new(),
    }
}

/// Returns the policies of the file in front of servers of the inverse; their files stay, so they accept what the file says.
fn policies(file: &DesiredState, state: &DesiredState) -> BTreeMap<crate::model::EntryKey, Policy> {
    let in_front = file.policies.iter().filter(|(_, policy)| {
        let server = &policy.authorization_server.value;
        state.servers.contains_key(server) && file.servers.contains_key(server)
    });
    let fixed = in_front.map(|(key, policy)| {
        let declared = match file.servers.get(&policy.authorization_server.value) {
            Some(Entry::Present(server)) => server.audiences.as_ref().map(|audiences| audiences.value.clone()),
            Some(Entry::External(external)) => external.declared.audiences.clone(),
            Some(Entry::Absent(_)) | None => None,
        };
        (key.clone(), Policy { audiences: policy.audiences.clone().or(declared), ..policy.clone() })
    });
    fixed.collect()
}

/// The inverse in the making.
pub(super) struct Undo<'a> {
    pub(super) live: &'a LiveState,
    pub(super) references: References<'a>,
    /// What an undo that was broken off has made already.
    pub(super) made_again: BTreeMap<Address, RemoteId>,
    /// What any undo has made again.
    pub(super) ids_of_now: BTreeMap<Address, RemoteId>,
    pub(super) state: DesiredState,
    users: BTreeMap<UserRef, Vec<LiveUser>>,
    /// Live bindings of apps that have no name here, by server and app.
    pub(super) unnamed: BTreeSet<(RemoteId, RemoteId)>,
    notes: Vec<Note>,
}

impl Undo<'_> {
    /// Says that an object stays as it is.
    pub(super) fn leave(&mut self, address: &Address, why: &str) {
        self.notes.push(Note { origin: None, text: format!("left alone: {address}: {why}") });
    }

    /// Says that an object stays as it is because somebody changed it, field by field.
    pub(super) fn leave_changed(&mut self, address: &Address, views: &[FieldView]) {
        let word = |view: &FieldView| {
            let (live, left) = (shown(view.live.as_ref()), shown(view.desired.as_ref()));
            format!("`{}` is {live}, and the run left {left}", view.path)
        };
        let fields: Vec<String> = views.iter().map(word).collect();
        self.leave(address, &format!("it was changed since: {}", fields.join("; ")));
    }

    /// Says what the undo does not bring back.
    pub(super) fn lose(&mut self, what: impl std::fmt::Display) {
        self.notes.push(Note { origin: None, text: format!("cannot come back: {what}") });
    }

    /// Says what the undo cannot take away again.
    pub(super) fn keep(&mut self, what: impl std::fmt::Display) {
        self.notes.push(Note { origin: None, text: format!("stays: {what}") });
    }

    /// Says which lifetimes stay because they were OneLogin's default.
    pub(super) fn lose_defaults(&mut self, address: &Address, minutes: [(&str, Option<u32>, Option<u32>); 2]) {
        for (path, sent, before) in minutes {
            if sent.is_some() && before.is_none() {
                self.keep(format!("`{path}` of {address}: it was OneLogin's default, which cannot be set"));
            }
        }
    }

    /// Names a user whose id is all that is known.
    pub(super) fn user(&mut self, id: RemoteId) -> UserRef {
        let user = UserRef::Username(format!("id {id}"));
        let known = LiveUser { id, email: String::new(), username: user.to_string() };
        self.users.insert(user.clone(), vec![known]);
        user
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// Pairs the keys of a map with places.
pub(super) fn sourced<K: Ord, V>(
    entries: impl IntoIterator<Item = (K, V)>,
) -> Option<crate::diagnostic::Sourced<BTreeMap<K, V>>> {
    Some(at(entries.into_iter().collect()))
}
