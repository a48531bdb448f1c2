//! Everything the emulator holds behind its one lock.

use std::io;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::oneshot;

use super::clock::Clock;
use super::faults::Faults;
use super::journal::Journal;
use super::keys::SigningKey;
use super::quota::Quota;
use super::state::{Change, Document, DocumentError, Log, Purpose, State};
use super::switches::Switches;
use super::tokens::Tokens;

/// Where the emulator is to be found.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Issuer of OIDC tokens, no trailing slash.
    pub(crate) issuer: String,
}

/// The account and everything around it.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) switches: Switches,
    pub(crate) tokens: Tokens,
    pub(crate) quota: Quota,
    pub(crate) quota_limit: u32,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) keys: Keys,
    pub(crate) site: Site,
    /// What takes back the last write, for `stale` answers.
    pub(crate) last_undo: Vec<Change>,
    /// When that was, in milliseconds since the epoch.
    pub(crate) last_write_at: i64,
    pub(crate) log: Option<Log>,
    pub(crate) clock: Clock,
    pub(crate) seed: Option<Value>,
}

/// Signing keys that were read or made already.
#[derive(Default)]
pub(crate) struct Keys {
    own: Option<SigningKey>,
    foreign: Option<SigningKey>,
}

impl Keys {
    /// Returns the account's key and, where it had to be made, the change that keeps it.
    pub(crate) fn own(&mut self, kept: Option<&str>) -> Option<(&SigningKey, Option<Change>)> {
        if self.own.is_none() {
            self.own = Some(match kept {
                Some(text) => SigningKey::from_text(text)?,
                None => SigningKey::generate()?,
            });
        }
        let key = self.own.as_ref()?;
        // Made by a request that was refused in the end, a key is here but not kept yet.
        let change = kept.is_none().then(|| Change::SigningKey(key.to_text()));
        Some((key, change))
    }

    /// Returns a key that is not the account's.
    pub(crate) fn foreign(&mut self) -> Option<&SigningKey> {
        if self.foreign.is_none() {
            self.foreign = SigningKey::generate();
        }
        self.foreign.as_ref()
    }

    /// Forgets the account's key, because the account was replaced.
    pub(crate) fn forget_own(&mut self) {
        self.own = None;
    }
}

/// The answer to come when something is on disk.
pub(crate) type Durable = Option<oneshot::Receiver<io::Result<()>>>;

impl World {
    /// Returns the time in milliseconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        self.clock.at(Timestamp::now().as_millisecond())
    }

    /// Notes changes that were made: for `stale` answers and in the state file.
    pub(crate) fn keep(&mut self, redo: &[Change], undo: Vec<Change>) -> Durable {
        if redo.is_empty() {
            return None;
        }
        if redo.iter().any(is_effect) {
            self.last_undo = undo;
            self.last_write_at = self.now();
        }
        self.log.as_mut().map(|log| log.append(redo))
    }

    /// Returns the signing key, making and keeping it where there is none yet.
    pub(crate) fn signing_key(&mut self) -> (Option<&SigningKey>, Durable) {
        let made = match self.keys.own(self.state.signing_key.as_deref()) {
            Some((_, change)) => change,
            None => None,
        };
        let durable = made.and_then(|change| {
            self.state.apply(change.clone());
            self.log.as_mut().map(|log| log.append(std::slice::from_ref(&change)))
        });
        let key = self.keys.own(self.state.signing_key.as_deref()).map(|(key, _)| key);
        (key, durable)
    }

    /// Replaces the account by the one of a document; the signing key stays.
    ///
    /// # Errors
    /// What is wrong with the document; the account is then as it was.
    pub(crate) fn replace(&mut self, document: Value) -> Result<Durable, DocumentError> {
        let mut document = Document::from_json(document)?;
        let kept = self.state.instance_id.clone();
        document.instance_id.get_or_insert(kept);
        if document.signing_key.is_some() {
            self.keys.forget_own();
        } else {
            document.signing_key.clone_from(&self.state.signing_key);
        }
        let state = document.into_state(self.state.account_id, Purpose::Whole)?;
        Ok(self.enter(state))
    }

    /// Returns to a fresh account, seeded as at the start; instance id and signing key stay.
    ///
    /// # Errors
    /// What is wrong with the seed; the account is then as it was.
    pub(crate) fn start_over(&mut self) -> Result<Durable, DocumentError> {
        let mut state = fresh_state(self.seed.clone(), self.state.account_id)?;
        state.instance_id.clone_from(&self.state.instance_id);
        state.signing_key.clone_from(&self.state.signing_key);
        Ok(self.enter(state))
    }

    fn enter(&mut self, state: State) -> Durable {
        self.state = state;
        self.last_undo = Vec::new();
        self.tokens = Tokens::default();
        self.log.as_mut().map(|log| log.replace(&self.state))
    }
}

/// Returns whether a change is one of the account's objects, not of the emulator's own bookkeeping.
pub(crate) fn is_effect(change: &Change) -> bool {
    !matches!(change, Change::NextId(_) | Change::SigningKey(_))
}

/// Returns a fresh account, filled from a seed if there is one.
///
/// # Errors
/// What is wrong with the seed.
pub(crate) fn fresh_state(seed: Option<Value>, account_id: u64) -> Result<State, DocumentError> {
    let document = match seed {
        Some(seed) => Document::from_json(seed)?,
        None => Document::default(),
    };
    document.into_state(account_id, Purpose::Seed)
}
