//! What a proof needs.

use crate::api::{Forge, OidcClient, Prober};
use crate::model::{DesiredState, EntryKey, LiveState, RemoteId};
use jiff::Timestamp;
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use url::Url;

/// What a proof needs; nothing is read from the environment or the disk.
#[derive(Clone, Copy)]
pub struct VerifyInput<'a> {
    /// The file.
    pub desired: &'a DesiredState,
    /// The account, for the client ids of the probes' apps; [`unread_apps`](super::unread_apps) have to be added to it.
    pub live: &'a LiveState,
    /// The OpenID provider.
    pub oidc: &'a OidcClient,
    /// The way to the gateways.
    pub prober: &'a Prober,
    /// Signs what no provider signs; `None` on a real tenant.
    pub forge: Option<&'a Forge>,
    /// The emulator's address, which serves the gateways; `None`: probe URLs are called where they point.
    pub emulator: Option<&'a Url>,
    /// Looks a secret up; `None`: it is not there.
    pub secrets: &'a (dyn Fn(&SecretQuery<'_>) -> Option<SecretString> + Send + Sync),
    /// Hosts that probes may call besides those of identifiers and audiences.
    pub allowed_hosts: &'a BTreeSet<String>,
    /// Policies whose files do not exist yet, each with its path: a gateway has nothing to load.
    pub unwritten: &'a BTreeMap<EntryKey, String>,
    /// How long a gateway that answers 503 is asked again.
    pub ready_within: Duration,
    /// The time, for tokens that are past their end.
    pub now: Timestamp,
}

/// A secret that a probe needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretQuery<'a> {
    /// An app's client secret, from the variable the probe names.
    ClientVariable {
        /// The variable.
        name: &'a str,
    },
    /// An app's client secret, from where new secrets go.
    ClientSink {
        /// The app's key.
        app: &'a EntryKey,
        /// The app's id.
        id: RemoteId,
    },
    /// A user's password.
    Password {
        /// The variable that holds it.
        variable: &'a str,
        /// The user.
        user: &'a str,
    },
}
