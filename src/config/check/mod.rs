//! Checks that need more than one entry: references, identity, audiences, policies, outputs.

mod across;
mod audience;
mod identity;
mod output;
mod policy;
mod reference;
mod scope;

pub(crate) use across::across;
pub(crate) use reference::{Kind, Names, Unread, check};
