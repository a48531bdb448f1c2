//! Places in the user's files.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A place in one of the configuration files.
///
/// Shape: `file` is relative to the folder of the root configuration file, with `/`; `line` and `column` count from 1,
/// columns in characters; `start..end` are byte offsets into the file, on character boundaries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file, relative to the root configuration file's folder.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The first byte of the place.
    pub start: usize,
    /// The byte after the place.
    pub end: usize,
}

/// A value together with the place that said it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sourced<T> {
    /// What the file says.
    pub value: T,
    /// Where it says so.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// Pairs a value with its place.
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// The text of every file that was read, so that a report can quote the line.
///
/// Shape: keyed by the same relative path as [`Origin::file`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFiles {
    files: BTreeMap<Arc<str>, Arc<str>>,
}

impl SourceFiles {
    /// Adds a file; a second text under the same path replaces the first.
    pub fn insert(&mut self, file: Arc<str>, text: Arc<str>) {
        self.files.insert(file, text);
    }

    /// Returns the text of a file.
    pub fn text(&self, file: &str) -> Option<&Arc<str>> {
        self.files.get(file)
    }

    /// Iterates over the files by path.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.files.iter()
    }
}
