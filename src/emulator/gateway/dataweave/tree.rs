//! The parsed form of an expression.

use serde_json::Value;

use super::{ExpressionError, error::Refusal, function::Function, parser::Dialect};

/// A parsed expression of a policy file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::emulator::gateway) struct Expression {
    pub(super) root: Node,
}

impl Expression {
    /// Tells whether a policy value is meant as an expression rather than as a literal.
    pub(in crate::emulator::gateway) fn is_meant_by(value: &str) -> bool {
        value.starts_with("#[")
    }

    /// Reads a policy value of the form `#[…]`.
    ///
    /// Errors: whatever the portable subset does not hold, by name and place.
    pub(in crate::emulator::gateway) fn parse(
        value: &str,
        dialect: Dialect,
    ) -> Result<Self, ExpressionError> {
        let source = value
            .strip_prefix("#[")
            .and_then(|rest| rest.strip_suffix(']'))
            .ok_or(ExpressionError {
                at: 0,
                refusal: Refusal::NotWrapped,
            })?;
        super::parser::parse(source, dialect).map(|root| Self { root })
    }
}

/// One node of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Literal(Value),
    Array(Vec<Node>),
    Variable(Variable),
    Select {
        from: Box<Node>,
        by: Selector,
    },
    Not(Box<Node>),
    Binary {
        operator: Operator,
        left: Box<Node>,
        right: Box<Node>,
    },
    If {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Box<Node>,
    },
    Call {
        function: Function,
        arguments: Vec<Node>,
    },
}

/// What a selector picks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selector {
    Key(String),
    Index(i64),
}

/// A predefined variable, as far as the request side of the JWT policy has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    /// `vars.claimSet`
    ClaimSet,
    /// `attributes.headers`
    Headers,
    /// `attributes.method`
    Method,
    /// `attributes.queryParams`
    QueryParams,
    /// `attributes.queryString`
    QueryString,
    /// `attributes.requestPath`
    RequestPath,
    /// `attributes.requestUri`
    RequestUri,
    /// A field of `authentication`: null, because no policy runs before this one.
    Authentication,
}

/// An operator between two operands that is not a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Or,
    Default,
}

impl Operator {
    /// Returns the operator as it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::And => "and",
            Self::Or => "or",
            Self::Default => "default",
        }
    }
}
