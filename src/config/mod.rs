//! Reads `gatewright.yaml` and what it includes into a [`DesiredState`](crate::model::DesiredState), reporting every
//! problem of a run at once; and writes an account back as such a file.
//!
//! ```text
//! files ─ document ─▶ trees ─ frame ─▶ sections ─ decode ─▶ draft ─ check ─▶ DesiredState
//!         (syntax)            (root keys,          (types,          (references,
//!                              includes)            variables)       identity, outputs)
//! ```
//!
//! Trees are parsed once; `decode` and `check` run once an environment. The room knows neither the account nor what a
//! gateway can express: the first is `live`'s, the second `render`'s.

mod allow;
mod check;
mod colon;
mod decode;
mod digest;
mod document;
mod explain;
mod export;
mod frame;
mod include;
mod interpolate;
mod layout;
mod load;
mod nearest;
mod outline;
#[cfg(test)]
mod properties;
mod resolve;
mod scan;
mod schema;
mod shifted;
mod starter;
mod syntax;
mod tree;
mod uses;

pub use explain::{KeyDoc, UnknownKey, explain, keys};
pub use export::{ExportedFile, SPLIT_FOLDER, SPLIT_ROOT, export, export_split};
pub use include::MAX_FILES;
pub use load::{LoadOptions, Loaded, LoadedAll, LoadedEnvironment, LoadedSome, TenantPlace, load, load_all, load_some};
pub(crate) use nearest::{hint as nearest_hint, nearest};
pub use outline::{Outline, outline};
pub use resolve::policy_folder;
pub use schema::{include_schema, schema};
pub use starter::{Starter, StarterGateway, starter};
