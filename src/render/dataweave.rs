//! Expressions that Mule 4 and Flex Gateway both run.
//!
//! Source: Flex Gateway runs a subset of DataWeave: no lambdas, no imports, no type tests; `splitBy` and `contains` are in
//! it. The precedence of its infix functions is not documented, so every operand stands in parentheses.

use std::fmt;

/// A test of a token's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// The `scope` claim holds this scope as a whole word.
    ///
    /// `scope contains 'read'` alone would be a substring test and let `read:all` in.
    HasScope(String),
    /// The claim equals this text.
    Equals {
        /// The claim.
        claim: String,
        /// The text.
        value: String,
    },
    /// All hold; at least two.
    All(Vec<Expression>),
    /// At least one holds; at least two.
    Any(Vec<Expression>),
}

impl Expression {
    /// Joins with `and`; `None` where there is nothing to join.
    pub(super) fn all(mut parts: Vec<Self>) -> Option<Self> {
        match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Self::All(parts)),
        }
    }

    /// Joins with `or`; `None` where there is nothing to join.
    pub(super) fn any(mut parts: Vec<Self>) -> Option<Self> {
        match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Self::Any(parts)),
        }
    }

    /// Returns the expression as a policy's configuration takes it: `#[…]`.
    pub(super) fn to_value(&self) -> String {
        format!("#[{self}]")
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HasScope(scope) => write!(f, "(vars.claimSet.scope splitBy ' ') contains '{scope}'"),
            Self::Equals { claim, value } => write!(f, "vars.claimSet.{claim} == '{value}'"),
            Self::All(parts) => write_joined(f, parts, "and"),
            Self::Any(parts) => write_joined(f, parts, "or"),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Expression], operator: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            write!(f, " {operator} ")?;
        }
        write!(f, "({part})")?;
    }
    Ok(())
}

/// Returns the first character that may not stand in a claim's name, a scope or a claim's value.
///
/// Only characters without a meaning in DataWeave strings (`'`, `\`, `$(`) and in policy values (`#[`) are let through.
pub(super) fn reserved_character(text: &str) -> Option<char> {
    text.chars().find(|&c| !(c.is_ascii_alphanumeric() || "._:/@-".contains(c)))
}

/// Says whether a claim's name can be selected with a dot: `vars.claimSet.name`.
pub(super) fn is_selectable(claim: &str) -> bool {
    claim.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && claim.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{Expression, is_selectable, reserved_character};

    fn scope(value: &str) -> Expression {
        Expression::HasScope(value.to_owned())
    }

    #[test]
    fn operands_stand_in_parentheses() {
        let check = |expression: Option<Expression>, expected: &str| {
            assert_eq!(expression.unwrap().to_value(), expected);
        };
        check(Expression::all(vec![scope("a")]), "#[(vars.claimSet.scope splitBy ' ') contains 'a']");
        check(
            Expression::all(vec![scope("a"), scope("b")]),
            "#[((vars.claimSet.scope splitBy ' ') contains 'a') and ((vars.claimSet.scope splitBy ' ') contains 'b')]",
        );
        let tier = |value: &str| Expression::Equals { claim: "tier".to_owned(), value: value.to_owned() };
        check(
            Expression::any(vec![tier("gold"), tier("silver")]),
            "#[(vars.claimSet.tier == 'gold') or (vars.claimSet.tier == 'silver')]",
        );
        assert_eq!(Expression::all(Vec::new()), None);
        assert_eq!(Expression::any(Vec::new()), None);
    }

    #[test]
    fn every_reserved_character_is_found() {
        for code in 0..=0x2FF_u32 {
            let Some(character) = char::from_u32(code) else { continue };
            let plain = character.is_ascii_alphanumeric() || ['.', '_', ':', '/', '@', '-'].contains(&character);
            let found = reserved_character(&format!("a{character}b"));
            assert_eq!(found, (!plain).then_some(character), "U+{code:04X}");
        }
    }

    #[test]
    fn names_with_other_characters_are_not_selectable() {
        let check = |name: &str, expected: bool| assert_eq!(is_selectable(name), expected, "{name}");
        check("cost_centre", true);
        check("_x1", true);
        check("cost-centre", false);
        check("https://acme.example/tier", false);
        check("1st", false);
        check("", false);
    }
}
