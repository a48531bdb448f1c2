//! Changes to single rows, and the transaction that collects them.
//!
//! A change can be applied, written down and taken back, which is what the state file, `stale` answers and late
//! effects are made of.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::tables::{App, Binding, Claim, Credential, Role, Scope, Server, State, User};

/// One row set or removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// The place of the id counter.
    NextId(u64),
    /// The signing key.
    SigningKey(Option<String>),
    /// An API credential pair.
    Credential(String, Option<Credential>),
    /// An authorization server.
    Server(u64, Option<Server>),
    /// A scope, by server and id.
    Scope((u64, u64), Option<Scope>),
    /// A claim, by server and id.
    Claim((u64, u64), Option<Claim>),
    /// A client binding, by server and app.
    Binding((u64, u64), Option<Binding>),
    /// An app.
    App(u64, Option<App>),
    /// A role.
    Role(u64, Option<Role>),
    /// A user.
    User(u64, Option<User>),
}

impl State {
    /// Applies a change and returns the one that takes it back.
    pub(crate) fn apply(&mut self, change: Change) -> Change {
        match change {
            Change::NextId(next) => Change::NextId(mem::replace(&mut self.next_id, next)),
            Change::SigningKey(key) => Change::SigningKey(mem::replace(&mut self.signing_key, key)),
            Change::Credential(id, row) => {
                let before = swap(&mut self.credentials, &id, row);
                Change::Credential(id, before)
            }
            Change::Server(id, row) => Change::Server(id, swap(&mut self.servers, &id, row)),
            Change::Scope(id, row) => Change::Scope(id, swap(&mut self.scopes, &id, row)),
            Change::Claim(id, row) => Change::Claim(id, swap(&mut self.claims, &id, row)),
            Change::Binding(id, row) => Change::Binding(id, swap(&mut self.bindings, &id, row)),
            Change::App(id, row) => Change::App(id, swap(&mut self.apps, &id, row)),
            Change::Role(id, row) => Change::Role(id, swap(&mut self.roles, &id, row)),
            Change::User(id, row) => Change::User(id, swap(&mut self.users, &id, row)),
        }
    }

    /// Applies changes in reverse order and returns what takes them back, in the order to apply it reversed again.
    pub(crate) fn take_back(&mut self, undo: Vec<Change>) -> Vec<Change> {
        undo.into_iter().rev().map(|change| self.apply(change)).collect()
    }
}

fn swap<K: Ord + Clone, V>(table: &mut BTreeMap<K, V>, key: &K, row: Option<V>) -> Option<V> {
    match row {
        Some(row) => table.insert(key.clone(), row),
        None => table.remove(key),
    }
}

/// The changes of one request.
pub(crate) struct Txn<'a> {
    state: &'a mut State,
    redo: Vec<Change>,
    undo: Vec<Change>,
}

impl<'a> Txn<'a> {
    /// Begins with no change.
    pub(crate) fn new(state: &'a mut State) -> Self {
        Txn { state, redo: Vec::new(), undo: Vec::new() }
    }

    /// Sets or removes one row.
    pub(crate) fn put(&mut self, change: Change) {
        self.undo.push(self.state.apply(change.clone()));
        self.redo.push(change);
    }

    /// Ends with the changes made and those that take them back.
    pub(crate) fn finish(self) -> (Vec<Change>, Vec<Change>) {
        (self.redo, self.undo)
    }

    /// Ends with the state as it was.
    pub(crate) fn roll_back(self) {
        self.state.take_back(self.undo);
    }
}

impl Deref for Txn<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.state
    }
}
