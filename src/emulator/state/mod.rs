//! What the emulated account holds: tables, changes to them, the state document and the file it lives in.
//!
//! Tables know nothing of HTTP or of the vendor's rules; those are in `routes`.

mod change;
mod document;
mod file;
mod tables;

pub(crate) use change::{Change, Txn};
pub use document::DocumentError;
pub(crate) use document::{Document, Purpose, groups_fields, sha256_hex};
pub(crate) use file::{Log, open};
pub use file::{StateFileError, state_holder, state_instance};
pub(crate) use tables::{App, Binding, Claim, Connector, Level, Parameter, Role, Scope, Server, State, User};
