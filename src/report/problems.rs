//! Problems in the user's files, for programs.
//!
//! One file a format. What people read is `diagnostics`.

mod github;
mod json;
mod place;
mod sarif;

pub use github::write_problems_github;
pub use json::{problems_schema, write_problems_json};
pub use sarif::write_problems_sarif;

use crate::diagnostic::{Judged, SourceFiles};

/// Problems, and what is needed to say where they are.
#[derive(Debug, Clone, Copy)]
pub struct ProblemsView<'a> {
    /// The problems, and those that the file allows.
    pub judged: &'a Judged,
    /// The files they are in.
    pub sources: &'a SourceFiles,
    /// The folder of the root file, as whoever reads the output names it: relative to the repository, `/` separated,
    /// without a `/` at the end; empty for the repository itself.
    pub folder: &'a str,
}

impl ProblemsView<'_> {
    /// Returns the path of a file as the reader of the output names it.
    fn path(&self, file: &str) -> String {
        match self.folder {
            "" => file.to_owned(),
            folder => format!("{folder}/{file}"),
        }
    }
}
