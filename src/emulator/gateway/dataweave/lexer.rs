//! Text of an expression → tokens.

use serde_json::Number;

use super::error::{ExpressionError, Refusal};

/// Longest expression that is read. Chosen here: several times what any policy needs.
const LONGEST_CHARACTERS: usize = 16 * 1024;

/// One token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) at: usize,
    /// Whether blanks stand before it. `not(true)` does not work in DataWeave, `not (true)` does.
    pub(super) spaced: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Number(Number),
    Symbol(Symbol),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
    Path,
    Concat,
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
}

/// Longest symbols first, so that `<=` is not read as `<`.
const SYMBOLS: [(&str, Symbol); 14] = [
    ("::", Symbol::Path),
    ("++", Symbol::Concat),
    ("==", Symbol::Equal),
    ("!=", Symbol::NotEqual),
    ("<=", Symbol::LessOrEqual),
    (">=", Symbol::GreaterOrEqual),
    ("(", Symbol::Open),
    (")", Symbol::Close),
    ("[", Symbol::OpenBracket),
    ("]", Symbol::CloseBracket),
    (",", Symbol::Comma),
    (".", Symbol::Dot),
    ("<", Symbol::Less),
    (">", Symbol::Greater),
];

/// What full DataWeave writes with signs that the subset does not have; longest first.
const FOREIGN: [(&str, &str); 21] = [
    ("%dw", "a `%dw` header"),
    ("---", "a script header (`---`)"),
    ("->", "a lambda (`->`)"),
    ("//", "a comment"),
    ("/*", "a comment"),
    ("<<", "`<<`"),
    (">>", "`>>`"),
    ("~=", "`~=`"),
    ("{", "an object literal"),
    ("}", "an object literal"),
    ("/", "a regular expression or `/`"),
    ("!", "`!`"),
    ("$", "`$`"),
    ("|", "a date literal"),
    ("`", "a back-tick string"),
    ("?", "`?`"),
    ("&", "`&`"),
    ("@", "`@`"),
    ("+", "`+`"),
    ("-", "`-`"),
    ("*", "`*`"),
];

/// Splits an expression into tokens.
pub(super) fn lex(source: &str) -> Result<Vec<Lexeme>, ExpressionError> {
    let mut lexer = Lexer { characters: source.chars().collect(), at: 0 };
    if lexer.characters.len() > LONGEST_CHARACTERS {
        return Err(lexer.refuse(Refusal::TooLarge));
    }
    let mut lexemes: Vec<Lexeme> = Vec::new();
    loop {
        let spaced = lexer.skip_blanks();
        let at = lexer.at;
        let Some(first) = lexer.peek(0) else {
            return Ok(lexemes);
        };
        let operand_before = lexemes.last().is_some_and(|lexeme| lexeme.ends_operand());
        let token = lexer.token(first, operand_before)?;
        lexemes.push(Lexeme { token, at, spaced });
    }
}

impl Lexeme {
    /// Tells whether a `-` after this token would be a subtraction rather than a sign.
    fn ends_operand(&self) -> bool {
        match &self.token {
            Token::Text(_) | Token::Number(_) => true,
            Token::Name(name) => !super::parser::is_operator_word(name),
            Token::Symbol(symbol) => matches!(symbol, Symbol::Close | Symbol::CloseBracket),
        }
    }
}

struct Lexer {
    characters: Vec<char>,
    at: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn refuse(&self, refusal: Refusal) -> ExpressionError {
        ExpressionError { at: self.at, refusal }
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, expected)| self.peek(ahead) == Some(expected))
    }

    fn skip_blanks(&mut self) -> bool {
        let start = self.at;
        while self.peek(0).is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
        self.at > start
    }

    fn token(&mut self, first: char, operand_before: bool) -> Result<Token, ExpressionError> {
        if first == '\'' || first == '"' {
            return self.text(first).map(Token::Text);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Token::Name(self.name()));
        }
        let signed = first == '-' && !operand_before && self.peek(1).is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || signed {
            return self.number().map(Token::Number);
        }
        self.symbol().map(Token::Symbol)
    }

    fn symbol(&mut self) -> Result<Symbol, ExpressionError> {
        let foreign = FOREIGN.iter().find(|(text, _)| self.starts_with(text));
        let known = SYMBOLS.iter().find(|(text, _)| self.starts_with(text));
        match (known, foreign) {
            // `<` is known and `<<` is not: the longer of the two is what is written.
            (Some((text, symbol)), None) => {
                self.at += text.len();
                Ok(*symbol)
            }
            (Some((text, symbol)), Some((other, _))) if text.len() > other.len() => {
                self.at += text.len();
                Ok(*symbol)
            }
            (_, Some((_, what))) => Err(self.refuse(Refusal::OutsideSubset((*what).to_owned()))),
            (None, None) => {
                let what = self.peek(0).map_or_else(String::new, |c| c.escape_debug().to_string());
                Err(self.refuse(Refusal::OutsideSubset(format!("`{what}`"))))
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek(0)
            && (c.is_ascii_alphanumeric() || c == '_')
        {
            name.push(c);
            self.at += 1;
        }
        name
    }

    fn number(&mut self) -> Result<Number, ExpressionError> {
        let start = self.at;
        self.at += 1;
        self.skip_digits();
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            self.skip_digits();
        }
        let after_exponent = usize::from(matches!(self.peek(1), Some('+' | '-'))) + 1;
        if matches!(self.peek(0), Some('e' | 'E')) && self.peek(after_exponent).is_some_and(|c| c.is_ascii_digit()) {
            self.at += after_exponent;
            self.skip_digits();
        }
        let glued = self.peek(0).is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let written: String = self.characters.iter().take(self.at).skip(start).collect();
        let number = serde_json::from_str(&written).ok();
        number.filter(|_| !glued).ok_or_else(|| self.refuse(Refusal::Expected("a number")))
    }

    fn skip_digits(&mut self) {
        while self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn text(&mut self, quote: char) -> Result<String, ExpressionError> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let Some(c) = self.peek(0) else {
                return Err(self.refuse(Refusal::Expected("the closing quote of a string")));
            };
            match c {
                c if c == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => text.push(self.escape()?),
                '$' if self.starts_interpolation() => {
                    let what = "string interpolation (`$(…)`)".to_owned();
                    return Err(self.refuse(Refusal::OutsideSubset(what)));
                }
                c => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// Tells whether the `$` here begins an interpolated expression.
    fn starts_interpolation(&self) -> bool {
        self.peek(1).is_some_and(|c| matches!(c, '(' | '$' | '_') || c.is_ascii_alphabetic())
    }

    fn escape(&mut self) -> Result<char, ExpressionError> {
        let escaped = match self.peek(1) {
            Some(c @ ('\'' | '"' | '\\' | '$' | '/')) => c,
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => return self.unicode_escape(),
            _ => return Err(self.refuse(Refusal::Expected("a known escape after `\\`"))),
        };
        self.at += 2;
        Ok(escaped)
    }

    fn unicode_escape(&mut self) -> Result<char, ExpressionError> {
        let digits: Option<String> = (2..6).map(|ahead| self.peek(ahead)).collect();
        let decoded = digits
            .filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(&digits, 16).ok())
            .and_then(char::from_u32);
        let Some(decoded) = decoded else {
            return Err(self.refuse(Refusal::Expected("four hex digits after `\\u`")));
        };
        self.at += 6;
        Ok(decoded)
    }
}
