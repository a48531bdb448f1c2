//! Reads the account through `api`: the lists, and whole what the file speaks of. Of a whole read that was saved it chooses the
//! same.
//!
//! The room knows how few requests that takes. It compares nothing and decides nothing: which live object a desired thing
//! is, `model::identify` says.

mod choose;
mod collect;
mod consequences;
mod error;
mod needs;

pub use choose::{Unheld, UnheldWhat, choose};
pub use collect::{collect, collect_all, collect_chosen, collect_whole, with_consequences};
pub use consequences::{Deletions, consequences};
pub use error::CollectError;
