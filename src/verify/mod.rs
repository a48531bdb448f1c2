//! Proves a policy: mints tokens, reads them, and shows them to the gateway.
//!
//! A probe gets the right token and tokens that differ from it in one property; the gateway has to let the first in and
//! keep the others out. The room writes nothing to the account and decides nothing about it; it prints nothing, and of an
//! answer it keeps the status and a digest only. What cannot be minted honestly on a real tenant is said, not faked: a
//! provider signs no expired token.

mod check;
mod claims;
mod gateway;
mod input;
mod negative;
mod run;
mod sign;
mod subject;
mod token;

pub use check::{Check, CheckKind, Outcome, ProbeName, VerifyReport};
pub use input::{SecretQuery, VerifyInput};
pub use run::verify;
pub use subject::unread_apps;
