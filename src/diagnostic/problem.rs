//! One problem.

use super::{Code, Origin};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing can be planned until it is mended.
    Error,
    /// Works, and probably not as meant.
    Warning,
}

/// A place that takes part in a problem, and what it has to do with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// What the place has to do with the problem, a lowercase fragment; empty where the message says it all.
    pub text: String,
}

/// A problem in the user's files.
///
/// Shape: `message` is a lowercase fragment without a full stop that reads after `error:`; `hint` is a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where it is wrong; `None` only where no file can be blamed (a missing file, a command line value).
    pub primary: Option<Label>,
    /// Other places that take part, such as the first of two duplicate keys.
    pub related: Vec<Label>,
    /// What to do, with the nearest valid name where there is one.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Makes an error that points at a place; the code is one of an error.
    pub fn error(code: Code, origin: Origin, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, Some(origin), message)
    }

    /// Makes a warning that points at a place; the code is one of a warning.
    pub fn warning(code: Code, origin: Origin, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, Some(origin), message)
    }

    /// Makes an error that no place in a file can be blamed for.
    pub fn unplaced(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, None, message)
    }

    fn new(severity: Severity, code: Code, origin: Option<Origin>, message: impl Into<String>) -> Self {
        debug_assert_eq!(severity, code.severity(), "{code:?}");
        let primary = origin.map(|origin| Label { origin, text: String::new() });
        Self { code, severity, message: message.into(), primary, related: Vec::new(), hint: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds another place that takes part.
    #[must_use]
    pub fn with_related(mut self, origin: Origin, text: impl Into<String>) -> Self {
        self.related.push(Label { origin, text: text.into() });
        self
    }

    /// Returns what problems are sorted by: the place, the code, the message.
    pub fn place(&self) -> (Option<&Label>, Code, &str) {
        (self.primary.as_ref(), self.code, &self.message)
    }

    /// Says whether the problem stops a plan.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
