//! An account back to a file: what is written loads, and plans nothing.
//!
//! What the file cannot say stands in a comment, and what would be planned because of it is left alone
//! (`unmanaged: keep`, or the key is not written). The room writes text only: it decides no path and reads nothing.

mod apps;
mod document;
mod keys;
mod scalar;
mod servers;
mod split;
mod words;

pub use document::export;
pub use split::{ExportedFile, FOLDER as SPLIT_FOLDER, ROOT as SPLIT_ROOT, export_split};
