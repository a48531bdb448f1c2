//! Tokens → tree, by precedence climbing.

use serde_json::Value;

use super::{
    error::{ExpressionError, Refusal},
    function::{Function, STRINGS_MODULE},
    lexer::{Lexeme, Symbol, Token, lex},
    precedence::{Infix, Level, Operand, Shape, combine},
    tree::{Logic, Node, Operator, Selector, Variable},
};

/// Deepest nesting that is read; chosen here, it bounds the recursion.
const DEEPEST: usize = 64;

/// Deepest tree that is evaluated. Chains such as `a ++ b ++ c` deepen it without nesting.
const DEEPEST_TREE: usize = 2 * DEEPEST;

/// Most operators and selectors that are read; chosen here, several hundred scopes in one expression fit.
const MOST_OPERATIONS: usize = 2048;

/// What differs between the gateways that run the subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator::gateway) struct Dialect {
    /// Whether the literal `null` may be written. Flex's page lists it as not supported.
    pub(in crate::emulator::gateway) null_literal: bool,
}

/// Words of full DataWeave that Flex does not run, so that their refusal can say so.
const FULL_DATAWEAVE: &str = "as avg case distinctBy do endsWith every filter find flatMap flatten fun groupBy import is \
     isBlank isEmpty joinBy log map mapObject match matches now orderBy output payload pluck \
     read reduce replace scan some startsWith using var";

fn needs_full_dataweave(name: &str) -> bool {
    FULL_DATAWEAVE.split_whitespace().any(|word| word == name)
}

/// Tells whether a name is an operator, so that an operand follows it.
pub(super) fn is_operator_word(name: &str) -> bool {
    matches!(name, "and" | "or" | "not" | "default" | "if" | "else")
        || Function::named(name).is_some_and(|function| function.arity() == 2)
}

/// Reads the text between `#[` and `]`.
pub(super) fn parse(source: &str, dialect: Dialect) -> Result<Node, ExpressionError> {
    let mut parser =
        Parser { lexemes: lex(source)?, next: 0, end: source.chars().count(), depth: 0, operations: 0, dialect };
    let node = parser.expression()?;
    match parser.peek() {
        None if node.is_deeper_than(DEEPEST_TREE) => Err(parser.refuse(Refusal::TooLarge)),
        None => Ok(node),
        Some(_) => Err(parser.unexpected("an operator or the end of the expression")),
    }
}

struct Parser {
    lexemes: Vec<Lexeme>,
    next: usize,
    end: usize,
    depth: usize,
    operations: usize,
    dialect: Dialect,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.lexemes.get(self.next).map(|lexeme| &lexeme.token)
    }

    fn at(&self) -> usize {
        self.lexemes.get(self.next).map_or(self.end, |lexeme| lexeme.at)
    }

    fn refuse(&self, refusal: Refusal) -> ExpressionError {
        ExpressionError { at: self.at(), refusal }
    }

    /// Refuses what stands here, by name where full DataWeave knows it.
    fn unexpected(&self, expected: &'static str) -> ExpressionError {
        match self.peek() {
            Some(Token::Name(name)) if needs_full_dataweave(name) => {
                self.refuse(Refusal::OutsideSubset(format!("`{name}`")))
            }
            _ => self.refuse(Refusal::Expected(expected)),
        }
    }

    fn is_at(&self, symbol: Symbol) -> bool {
        self.peek() == Some(&Token::Symbol(symbol))
    }

    fn is_at_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(name)) if name == word)
    }

    fn take(&mut self, symbol: Symbol) -> bool {
        let found = self.is_at(symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: Symbol, expected: &'static str) -> Result<(), ExpressionError> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    /// Reads a whole expression: what stands alone, in parentheses, in a branch or as an argument.
    fn expression(&mut self) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.refuse(Refusal::TooLarge));
        }
        let node = if self.is_at_word("if") { self.conditional()? } else { self.operation(Level::Default)?.node };
        self.depth -= 1;
        Ok(node)
    }

    fn count_operation(&mut self) -> Result<(), ExpressionError> {
        self.operations += 1;
        if self.operations > MOST_OPERATIONS {
            return Err(self.refuse(Refusal::TooLarge));
        }
        Ok(())
    }

    fn conditional(&mut self) -> Result<Node, ExpressionError> {
        self.next += 1;
        self.expect(Symbol::Open, "`(` after `if`")?;
        let condition = Box::new(self.expression()?);
        self.expect(Symbol::Close, "`)` after the condition of `if`")?;
        let then = Box::new(self.expression()?);
        if !self.is_at_word("else") {
            return Err(self.unexpected("`else`"));
        }
        self.next += 1;
        let otherwise = Box::new(self.expression()?);
        Ok(Node::If { condition, then, otherwise })
    }

    fn operation(&mut self, loosest: Level) -> Result<Operand, ExpressionError> {
        let mut left = self.unary(loosest)?;
        while let Some(infix) = self.infix()?
            && infix.level() >= loosest
        {
            self.next += 1;
            self.count_operation()?;
            let right = self.operation(infix.level().tighter())?;
            left = combine(infix, left, right).map_err(|refusal| self.refuse(refusal))?;
        }
        Ok(left)
    }

    /// Recognizes the operator that stands here, without taking it.
    fn infix(&self) -> Result<Option<Infix>, ExpressionError> {
        let operator = match self.peek() {
            Some(Token::Symbol(symbol)) => match symbol {
                Symbol::Concat => return Ok(Some(Infix::Function(Function::Concat))),
                Symbol::Equal => Operator::Equal,
                Symbol::NotEqual => Operator::NotEqual,
                Symbol::Less => Operator::Less,
                Symbol::LessOrEqual => Operator::LessOrEqual,
                Symbol::Greater => Operator::Greater,
                Symbol::GreaterOrEqual => Operator::GreaterOrEqual,
                _ => return Ok(None),
            },
            Some(Token::Name(name)) => match name.as_str() {
                "and" => return Ok(Some(Infix::Logic(Logic::And))),
                "or" => return Ok(Some(Infix::Logic(Logic::Or))),
                "default" => Operator::Default,
                _ => return self.infix_function(name),
            },
            _ => return Ok(None),
        };
        Ok(Some(Infix::Operator(operator)))
    }

    fn infix_function(&self, name: &str) -> Result<Option<Infix>, ExpressionError> {
        match Function::named(name) {
            Some(function) if function.arity() == 2 => Ok(Some(Infix::Function(function))),
            Some(function) => {
                Err(self.refuse(Refusal::Arguments { function: function.name(), takes: function.arity(), given: 2 }))
            }
            None => Ok(None),
        }
    }

    fn unary(&mut self, loosest: Level) -> Result<Operand, ExpressionError> {
        if !self.is_at_word("not") {
            return self.postfix().map(|node| Operand { node, shape: Shape::Closed, open_not: false });
        }
        if loosest > Level::Equality {
            return Err(self.refuse(Refusal::Ambiguous("`not` after a comparison or function")));
        }
        self.next += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.refuse(Refusal::TooLarge));
        }
        if self.is_at(Symbol::Open) && self.lexemes.get(self.next).is_some_and(|open| !open.spaced) {
            return Err(self.refuse(Refusal::Expected("a blank between `not` and `(`")));
        }
        let operand = self.operation(Level::Equality)?;
        self.depth -= 1;
        if operand.shape == Shape::Chain {
            return Err(self.refuse(Refusal::Ambiguous("`not` and functions such as `contains`")));
        }
        Ok(Operand {
            node: Node::Not(Box::new(operand.node)),
            shape: Shape::Operation(Level::Equality),
            open_not: true,
        })
    }

    fn postfix(&mut self) -> Result<Node, ExpressionError> {
        let mut node = self.primary()?;
        loop {
            let by = if self.take(Symbol::Dot) {
                self.key("a name after `.`")?
            } else if self.take(Symbol::OpenBracket) {
                let by = self.bracketed()?;
                self.expect(Symbol::CloseBracket, "`]`")?;
                by
            } else {
                return Ok(node);
            };
            self.count_operation()?;
            node = Node::Select { from: Box::new(node), by };
        }
    }

    fn key(&mut self, expected: &'static str) -> Result<Selector, ExpressionError> {
        let (Some(Token::Name(key)) | Some(Token::Text(key))) = self.peek() else {
            return Err(self.refuse(Refusal::Expected(expected)));
        };
        let key = Selector::Key(key.clone());
        self.next += 1;
        Ok(key)
    }

    fn bracketed(&mut self) -> Result<Selector, ExpressionError> {
        let selector = match self.peek() {
            Some(Token::Text(key)) => Some(Selector::Key(key.clone())),
            Some(Token::Number(number)) => number.as_i64().map(Selector::Index),
            _ => None,
        };
        let expected = "a quoted name or a whole number in the selector";
        let selector = selector.ok_or_else(|| self.refuse(Refusal::Expected(expected)))?;
        self.next += 1;
        Ok(selector)
    }

    fn primary(&mut self) -> Result<Node, ExpressionError> {
        let literal = match self.peek() {
            Some(Token::Text(text)) => Value::String(text.clone()),
            Some(Token::Number(number)) => Value::Number(number.clone()),
            Some(Token::Symbol(Symbol::Open)) => {
                self.next += 1;
                let node = self.expression()?;
                self.expect(Symbol::Close, "`)`")?;
                return Ok(node);
            }
            Some(Token::Symbol(Symbol::OpenBracket)) => {
                self.next += 1;
                return self.list(Symbol::CloseBracket, "`,` or `]`").map(Node::Array);
            }
            Some(Token::Name(name)) => match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" if self.dialect.null_literal => Value::Null,
                name => {
                    let name = name.to_owned();
                    return self.named(&name);
                }
            },
            _ => return Err(self.unexpected("a value")),
        };
        self.next += 1;
        Ok(Node::Literal(literal))
    }

    fn named(&mut self, name: &str) -> Result<Node, ExpressionError> {
        match name {
            "vars" | "attributes" | "authentication" => self.variable(name),
            "null" => Err(self.refuse(Refusal::OutsideSubset("the literal `null`".to_owned()))),
            "uuid" => Err(self.refuse(Refusal::OutsideSubset("`uuid()`, never the same twice,".to_owned()))),
            "if" => Err(self.refuse(Refusal::Ambiguous("`if` as an operand"))),
            "and" | "or" | "default" | "else" => Err(self.refuse(Refusal::Expected("a value"))),
            "dw" => self.qualified_call(),
            _ => match Function::named(name) {
                Some(function) => {
                    self.next += 1;
                    self.call(function)
                }
                None if needs_full_dataweave(name) => Err(self.refuse(Refusal::OutsideSubset(format!("`{name}`")))),
                None => Err(self.refuse(Refusal::UnknownName(name.to_owned()))),
            },
        }
    }

    fn variable(&mut self, root: &str) -> Result<Node, ExpressionError> {
        let start = self.at();
        self.next += 1;
        let by = if self.take(Symbol::Dot) {
            self.key("a name after `.`")?
        } else if self.take(Symbol::OpenBracket) {
            let by = self.bracketed()?;
            self.expect(Symbol::CloseBracket, "`]`")?;
            by
        } else {
            return Err(self.refuse(Refusal::Expected("`.` and the name of a variable")));
        };
        let Selector::Key(name) = by else {
            return Err(self.refuse(Refusal::Expected("the name of a variable")));
        };
        let variable = match (root, name.as_str()) {
            ("vars", "claimSet") => Variable::ClaimSet,
            ("attributes", "headers") => Variable::Headers,
            ("attributes", "method") => Variable::Method,
            ("attributes", "queryParams") => Variable::QueryParams,
            ("attributes", "queryString") => Variable::QueryString,
            ("attributes", "requestPath") => Variable::RequestPath,
            ("attributes", "requestUri") => Variable::RequestUri,
            ("authentication", "clientId" | "clientName" | "principal" | "properties") => Variable::Authentication,
            _ => {
                return Err(ExpressionError { at: start, refusal: Refusal::UnknownName(format!("{root}.{name}")) });
            }
        };
        Ok(Node::Variable(variable))
    }

    /// Reads a call by full path, such as `dw::core::Strings::substringAfter(…)`.
    fn qualified_call(&mut self) -> Result<Node, ExpressionError> {
        let start = self.at();
        let mut path: Vec<String> = vec!["dw".to_owned()];
        self.next += 1;
        while self.take(Symbol::Path) {
            let Some(Token::Name(part)) = self.peek() else {
                return Err(self.refuse(Refusal::Expected("a name after `::`")));
            };
            path.push(part.clone());
            self.next += 1;
        }
        let written = path.join("::");
        let function = written
            .strip_prefix(STRINGS_MODULE)
            .and_then(|rest| rest.strip_prefix("::"))
            .and_then(Function::named)
            .filter(|function| function.is_in_strings_module());
        match function {
            Some(function) => self.call(function),
            None => Err(ExpressionError { at: start, refusal: Refusal::OutsideSubset(format!("`{written}`")) }),
        }
    }

    fn call(&mut self, function: Function) -> Result<Node, ExpressionError> {
        self.expect(Symbol::Open, "`(` and the arguments of the function")?;
        let arguments = self.list(Symbol::Close, "`,` or `)`")?;
        if arguments.len() != function.arity() {
            return Err(self.refuse(Refusal::Arguments {
                function: function.name(),
                takes: function.arity(),
                given: arguments.len(),
            }));
        }
        Ok(Node::Call { function, arguments })
    }

    /// Reads expressions up to the closing sign, whose opening one is taken already.
    fn list(&mut self, close: Symbol, expected: &'static str) -> Result<Vec<Node>, ExpressionError> {
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if self.take(close) {
                return Ok(items);
            }
            self.expect(Symbol::Comma, expected)?;
        }
    }
}
