//! What a thing that was just made can be found by when its id is not known.

use crate::model::{Address, ClaimName, Kind, RemoteId, ScopeValue};
use std::fmt;

/// What a thing is found by without its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NaturalKey {
    /// A role.
    Role {
        /// Its name.
        name: String,
    },
    /// An OIDC app.
    App {
        /// Its name.
        name: String,
    },
    /// An authorization server.
    Server {
        /// Its name.
        name: String,
        /// Its resource identifier.
        resource_identifier: String,
    },
    /// A scope.
    Scope {
        /// The server that has it.
        server: RemoteId,
        /// Its value.
        value: ScopeValue,
    },
    /// A claim.
    Claim {
        /// The server that has it.
        server: RemoteId,
        /// Its name.
        name: ClaimName,
    },
    /// A client binding.
    Client {
        /// The server that has it.
        server: RemoteId,
        /// The bound app.
        app: RemoteId,
    },
}

impl NaturalKey {
    /// Returns the kind of the thing.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Role { .. } => Kind::Role,
            Self::App { .. } => Kind::OidcApp,
            Self::Server { .. } => Kind::AuthorizationServer,
            Self::Scope { .. } => Kind::Scope,
            Self::Claim { .. } => Kind::Claim,
            Self::Client { .. } => Kind::Client,
        }
    }

    /// Says whether OneLogin lets two things have it: then a create whose fate is unknown is never sent again.
    ///
    /// Source: names of apps are not unique, those of servers and roles are not known to be; a second scope of one value
    /// and a second claim of one name are a 422.
    pub const fn allows_twins(&self) -> bool {
        match self {
            Self::Role { .. } | Self::App { .. } | Self::Server { .. } => true,
            Self::Scope { .. } | Self::Claim { .. } | Self::Client { .. } => false,
        }
    }
}

impl fmt::Display for NaturalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = self.kind().noun();
        match self {
            Self::Role { name } | Self::App { name } => write!(f, "{noun} named `{name}`"),
            Self::Server { name, resource_identifier } => {
                write!(f, "{noun} named `{name}` for `{resource_identifier}`")
            }
            Self::Scope { server, value } => write!(f, "{noun} `{value}` of server {server}"),
            Self::Claim { server, name } => write!(f, "{noun} `{name}` of server {server}"),
            Self::Client { server, app } => write!(f, "{noun} {app} of server {server}"),
        }
    }
}

/// Returns the key of an entry that an address names: what a secret is filed under.
pub(super) fn entry_key(address: &Address) -> crate::model::EntryKey {
    match address {
        Address::Role(key)
        | Address::OidcApp(key)
        | Address::Server(key)
        | Address::Policy(key)
        | Address::Scope(key, _)
        | Address::Claim(key, _)
        | Address::Client(key, _) => key.clone(),
    }
}
