//! The DataWeave expressions that run both on Mule 4 and on Flex Gateway: lexer, parser and evaluator.
//!
//! A policy value is an expression when it is written `#[…]`. Only the portable subset is known here: literals,
//! the selectors of the JWT policy's variables, comparison and logic, `default`, `if … else` and the string
//! functions Flex lists. Everything else is refused by name when the file is read, and so is every mix of
//! operators whose order MuleSoft's pages leave open or contradict each other on. An expression that cannot be
//! evaluated is an error of its caller, who refuses the token.
//!
//! Deliberately absent: `uuid()` (its value differs at every call), lambdas, imports, object literals, type tests.

mod error;
mod evaluate;
mod function;
mod lexer;
mod parser;
mod precedence;
mod tree;

#[cfg(test)]
mod tests;

pub(super) use error::ExpressionError;
pub(super) use evaluate::Scope;
pub(super) use parser::Dialect;
pub(super) use tree::Expression;
