//! Which desired thing is which live object: names and ids, no state file.
//!
//! A thing is found by its pinned id, else by its natural key: a server by resource identifier (by name only where the
//! entry declares no identifier), an app by name among OIDC apps, a role by name. Whatever is not plain is a problem that
//! names the candidates; the room never picks the first of two.

mod identify;
mod index;
mod locate;
mod problem;

pub use identify::{Identities, Pairing, identify};
pub use locate::Match;
pub use problem::{Candidate, IdentityProblem, IdentityProblemKind};

#[cfg(test)]
mod tests;
