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
    pub(in crate::emulator::gateway) fn parse(value: &str, dialect: Dialect) -> Result<Self, ExpressionError> {
        let source = value
            .strip_prefix("#[")
            .and_then(|rest| rest.strip_suffix(']'))
            .ok_or(ExpressionError { at: 0, refusal: Refusal::NotWrapped })?;
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
    /// Operands of which all (`and`) or one (`or`) have to be true; flat, so that many scopes are not a deep tree.
    Logic {
        logic: Logic,
        operands: Vec<Node>,
    },
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

impl Node {
    /// Tells whether evaluating the tree would recurse deeper than `limit`. The check itself does not recurse.
    pub(super) fn is_deeper_than(&self, limit: usize) -> bool {
        let mut waiting = vec![(self, 1)];
        while let Some((node, depth)) = waiting.pop() {
            if depth > limit {
                return true;
            }
            waiting.extend(node.children().into_iter().map(|child| (child, depth + 1)));
        }
        false
    }

    fn children(&self) -> Vec<&Self> {
        match self {
            Self::Literal(_) | Self::Variable(_) => Vec::new(),
            Self::Select { from: child, by: _ } | Self::Not(child) => vec![child],
            Self::Binary { operator: _, left, right } => vec![left, right],
            Self::If { condition, then, otherwise } => vec![condition, then, otherwise],
            Self::Array(children)
            | Self::Logic { logic: _, operands: children }
            | Self::Call { function: _, arguments: children } => children.iter().collect(),
        }
    }
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

/// How Booleans are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logic {
    And,
    Or,
}

/// An operator between two operands that is neither a function nor logic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
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
            Self::Default => "default",
        }
    }
}
