//! Why a policy file is rejected.

use super::dataweave::ExpressionError;

/// A policy file that this gateway does not enforce, and therefore does not serve.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("the policy file cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// The file is larger than any policy file is.
    #[error("the policy file is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The most that is read.
        limit_bytes: u64,
    },
    /// The file is not well-formed; duplicate keys are part of that.
    #[error("the policy file is not well-formed: {0}")]
    Malformed(String),
    /// A key that the gateway's documentation does not name.
    #[error("{at}: unknown key `{key}`")]
    UnknownKey {
        /// Path of the object that holds it.
        at: String,
        /// The key.
        key: String,
    },
    /// A key without which nothing can be enforced.
    #[error("{at}: `{key}` is missing")]
    Missing {
        /// Path of the object that lacks it.
        at: String,
        /// The key.
        key: &'static str,
    },
    /// A value of another type than the documented one.
    #[error("{at}: expected {expected}, found {found}")]
    WrongType {
        /// Path of the value.
        at: String,
        /// The documented type.
        expected: &'static str,
        /// The type in the file.
        found: &'static str,
    },
    /// A value that the gateway would not take, or with which it would check nothing.
    #[error("{at}: {reason}")]
    Refused {
        /// Path of the value.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something the real gateway has and this emulator has not.
    #[error("{at}: {what} is not supported by this emulator")]
    Unsupported {
        /// Path of the value.
        at: String,
        /// What is asked for.
        what: String,
    },
    /// An expression that is not understood.
    #[error("{at}: the expression is not understood")]
    Expression {
        /// Path of the value.
        at: String,
        /// Where and why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl FileError {
    /// Builds the error of a value that is refused.
    pub(super) fn refused(at: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Refused { at: at.into(), reason: reason.into() }
    }

    /// Builds the error of something only the real gateway has.
    pub(super) fn unsupported(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Unsupported { at: at.into(), what: what.into() }
    }

    /// Builds the error of an expression.
    pub(super) fn expression(at: impl Into<String>, source: ExpressionError) -> Self {
        Self::Expression { at: at.into(), source: Box::new(source) }
    }

    /// Returns the message with those of its sources, for the body of an answer.
    pub fn reason(&self) -> String {
        let mut reason = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            reason.push_str(": ");
            reason.push_str(&error.to_string());
            source = error.source();
        }
        reason
    }
}
