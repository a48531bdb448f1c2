//! Reads the account through `api`: the lists, and whole what the file speaks of.
//!
//! The room knows how few requests that takes. It compares nothing and decides nothing: which live object a desired thing
//! is, `model::identify` says.

mod collect;
mod consequences;
mod error;
mod needs;

pub use collect::{collect, collect_all, collect_chosen, with_consequences};
pub use consequences::{Deletions, consequences};
pub use error::CollectError;
