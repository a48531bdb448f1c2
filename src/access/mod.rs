//! Who may get which scopes on which API, and what a change means for them.
//!
//! The room is pure: a desired or live state in, grants out, and the difference of two of them. One issuer signs for all
//! servers of a tenant, so an API is its audience: a token of any server that carries the audience reaches the gateway,
//! and only the policy's scopes tell them apart. The room does not know policy files on disk, order or safety.

mod admission;
mod after;
mod change;
mod compare;
mod contrast;
mod files;
mod graph;
mod lint;
mod matrix;
mod settings;
mod sign_in;
mod state;
#[cfg(test)]
mod tests;

pub use admission::{Admission, Obstacle, admissions};
pub use change::{AccessChange, AccessDiff, Planned, of_plan};
pub use compare::compare;
pub use contrast::{AccessContrast, Side, TokenKind, contrast};
pub use files::Rewritten;
pub use graph::{Gate, GraphApi, GraphClient, GraphScope, Presence};
pub use lint::lint;
pub use matrix::{Api, Client, Passage, Wanted, matrix, servers_of};
pub use state::{Access, Grant, ServerAccess, desired_access, live_access};
