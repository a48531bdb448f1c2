//! Why an expression is refused when it is read, or fails when it is evaluated.

/// An expression that this gateway does not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{refusal} (character {at} of the expression)")]
pub(in crate::emulator::gateway) struct ExpressionError {
    /// Position of the first character that could not be taken, counted from 0 after `#[`.
    pub(super) at: usize,
    /// What is wrong there.
    pub(super) refusal: Refusal,
}

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::emulator::gateway) enum Refusal {
    /// The value is not wrapped in `#[…]`.
    #[error("an expression is written #[…]")]
    NotWrapped,
    /// Something of full DataWeave that Flex Gateway does not run.
    #[error("{0} is outside the DataWeave subset that runs on Mule 4 and Flex Gateway alike")]
    OutsideSubset(String),
    /// A name that is neither a variable nor a function of the subset.
    #[error("`{0}` is not a variable or function of the JWT policy's expressions")]
    UnknownName(String),
    /// A function called with the wrong number of arguments.
    #[error("`{function}` takes {takes} argument(s), {given} given")]
    Arguments {
        /// Name of the function.
        function: &'static str,
        /// How many it takes.
        takes: usize,
        /// How many there are.
        given: usize,
    },
    /// Operators whose order is not documented for the subset.
    #[error("the order of {0} is not documented, parentheses are needed")]
    Ambiguous(&'static str),
    /// Something else was expected.
    #[error("expected {0}")]
    Expected(&'static str),
    /// Too deeply nested or too long.
    #[error("the expression is too large")]
    TooLarge,
}

/// An expression that has no value for this request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::emulator::gateway) enum EvaluationError {
    /// An operator or function met a type it is not defined for.
    #[error("`{operation}` is not defined for {types}")]
    WrongType {
        /// The operator or function.
        operation: &'static str,
        /// The types it was given.
        types: String,
    },
    /// The result is not of the type the policy needs.
    #[error("the expression returns {0}")]
    WrongResult(&'static str),
}
