//! Turns the desired state into the policy files of gateways, byte for byte the same for the same input.
//!
//! Issuer, JWKS URL, audiences and scopes come from the tenant and the authorization server, so a policy cannot disagree
//! with them. A gateway that cannot express what a policy asks for is an error, never a weaker policy. The room does not
//! know the disk, the account or what the files looked like before.
//!
//! One gateway is one folder. What MuleSoft's two gateways share is in `jwt_validation` (the policy's keys) and
//! `dataweave` (the expressions both can run).

mod dataweave;
mod facts;
mod file;
mod flex;
mod jwt_validation;
mod lint;
mod mulesoft;
mod routes;

pub use file::{RenderedFile, render};
pub use flex::source;
pub use lint::lint;
