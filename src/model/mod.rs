//! The nouns of the program: what the file desires, what the account holds, and how the two are told to be the same.
//!
//! Two rules shape every type. *Absent is left alone*: a field the file does not say is `None` on the desired side and is
//! neither compared nor changed. *Present is owned whole*: a list or map that is there is complete. The room does no I/O
//! and knows neither YAML nor HTTP.

mod address;
mod app;
mod claim;
mod client;
mod desired;
mod destroy;
mod fingerprint;
mod identity;
mod key;
mod live;
mod policy;
mod replace;
mod role;
#[cfg(test)]
pub(crate) mod sample;
mod scope;
mod server;
mod target;
mod tenant;
pub mod text;

pub use address::{Address, AddressError, Kind};
pub use app::{App, AppPatch, AppSummary, ApplicationType, LiveApp, NewApp, TokenEndpointAuthMethod};
pub use claim::{Claim, ClaimPatch, ClaimSource, LiveClaim, NewClaim};
pub use client::{ClientRef, LiveClient, LiveClientScope};
pub use desired::{DesiredState, Entry, External, ExternalBy, Field, Note};
pub use fingerprint::Fingerprint;
pub use identity::{Candidate, Identities, IdentityProblem, IdentityProblemKind, Match, Pairing, identify};
pub use key::{ClaimName, EntryKey, RawObject, RemoteId, ScopeValue};
pub use live::{Consequences, LiveLists, LiveState, LiveUser};
pub use policy::{
    ClientIdCheck, Expectation, Flex, FlexStyle, Gateway, MuleFormat, Mulesoft, Policy, Probe, ProbeMethod, ProbeUser,
    Route,
};
pub use replace::{NotReplaceable, Replaces};
pub use role::{LiveRole, NewRole, Role, RolePatch, UserRef};
pub use scope::{LiveScope, NewScope, Scope, ScopePatch};
pub use server::{ExternalServer, LiveServer, NewServer, Server, ServerPatch, ServerRename, ServerSummary, Unmanaged};
pub use target::{NotTargetable, Targets, targetable};
pub use tenant::Tenant;
