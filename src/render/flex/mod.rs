//! MuleSoft Flex Gateway in local mode: declarative resources in YAML.
//!
//! Two styles: a PolicyBinding on an ApiInstance that stands elsewhere, or the ApiInstance with the policy in it.

mod address;
mod file;
mod names;
mod resource;

pub(super) use file::contents;
pub use file::source;
pub(super) use names::check_names;
