//! Which operator of two comes first, and where nobody says so.
//!
//! From the tightest to the loosest: functions between their arguments, `< <= > >=`, `== !=`, `and`, `or`, `default`,
//! `if … else` (source: "Precedence in DataWeave"; chained functions run from first to last). That page does not
//! place `contains`, `splitBy`, `++` and the substring functions among the operators, and the operators page
//! contradicts it on `not` (`not true or true` is `not (true or true)` there). Such mixes need parentheses here,
//! as do `a == b == c` and `a < b < c`, whose direction no page gives.

use super::{
    error::Refusal,
    function::Function,
    tree::{Logic, Node, Operator},
};

/// An operand with what its surroundings have to know about it.
pub(super) struct Operand {
    pub(super) node: Node,
    pub(super) shape: Shape,
    /// Whether it ends in a `not` without parentheses, which might reach over what follows.
    pub(super) open_not: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A literal, a selector, a call or something in parentheses.
    Closed,
    /// Functions standing between their arguments.
    Chain,
    Operation(Level),
}

/// How tightly an operator binds; later variants bind tighter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Default,
    Or,
    And,
    Equality,
    Relational,
    Function,
    Operand,
}

impl Level {
    /// Returns the next tighter level.
    pub(super) fn tighter(self) -> Self {
        match self {
            Self::Default => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Equality,
            Self::Equality => Self::Relational,
            Self::Relational => Self::Function,
            Self::Function | Self::Operand => Self::Operand,
        }
    }
}

/// Something that stands between two operands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Infix {
    Logic(Logic),
    Operator(Operator),
    Function(Function),
}

impl Infix {
    /// Returns how tightly it binds.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Function(_) => Level::Function,
            Self::Logic(Logic::And) => Level::And,
            Self::Logic(Logic::Or) => Level::Or,
            Self::Operator(operator) => match operator {
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                    Level::Relational
                }
                Operator::Equal | Operator::NotEqual => Level::Equality,
                Operator::Default => Level::Default,
            },
        }
    }
}

/// Joins two operands.
///
/// Errors: [`Refusal::Ambiguous`] where no page says which operator comes first.
pub(super) fn combine(infix: Infix, left: Operand, right: Operand) -> Result<Operand, Refusal> {
    if left.open_not {
        return Err(Refusal::Ambiguous("`not` and the operators after its operand"));
    }
    let mixed = Refusal::Ambiguous("functions such as `contains` and operators beside each other");
    let (node, shape) = match infix {
        Infix::Function(_) if matches!(left.shape, Shape::Operation(_)) || right.shape != Shape::Closed => {
            return Err(mixed);
        }
        Infix::Function(function) => {
            let arguments = vec![left.node, right.node];
            (Node::Call { function, arguments }, Shape::Chain)
        }
        _ if left.shape == Shape::Chain || right.shape == Shape::Chain => return Err(mixed),
        Infix::Logic(logic) => {
            let level = infix.level();
            let operands = match left.node {
                // One more operand of the same operator, unless parentheses close what is there.
                Node::Logic { operands, .. } if left.shape == Shape::Operation(level) => operands,
                node => vec![node],
            };
            let operands = operands.into_iter().chain([right.node]).collect();
            (Node::Logic { logic, operands }, Shape::Operation(level))
        }
        Infix::Operator(operator) => {
            let level = infix.level();
            let is_comparison = matches!(level, Level::Equality | Level::Relational);
            if is_comparison && left.shape == Shape::Operation(level) {
                return Err(Refusal::Ambiguous("several comparisons in a row"));
            }
            let (left, right) = (Box::new(left.node), Box::new(right.node));
            (Node::Binary { operator, left, right }, Shape::Operation(level))
        }
    };
    Ok(Operand { node, shape, open_not: right.open_not })
}
