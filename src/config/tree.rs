//! The spanned tree of one file: what YAML says, and where.

use crate::diagnostic::{Origin, Sourced};

/// A value with its place.
///
/// Shape: the origin of a flow collection covers its brackets, that of a block collection its first key or item.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// The three shapes of YAML.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    /// Pairs in written order; keys are unique.
    Map(Vec<Pair>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) key: Sourced<String>,
    pub(crate) value: Node,
}

/// A scalar before variables are replaced.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// How a scalar is written: only a plain one can be a number, a truth value or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    /// In single or double quotes.
    Quoted,
    /// With `|` or `>`.
    Block,
}

/// What the YAML 1.2 core schema makes of a plain scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CoreType {
    Null,
    Bool,
    Number,
    Text,
}

impl CoreType {
    /// Reads a plain scalar as the core schema does.
    ///
    /// Source: YAML 1.2.2, section 10.3.2.
    pub(crate) fn of(plain: &str) -> Self {
        match plain {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Self::Bool,
            _ if is_number(plain) => Self::Number,
            _ => Self::Text,
        }
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    has_digits && digits(whole) && digits(fraction) && exponent_fits
}

impl Node {
    /// Says what the node is, for `expected …, found …`.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Scalar(scalar) if scalar.style != Style::Plain => "text",
            Value::Scalar(scalar) => match CoreType::of(&scalar.text) {
                CoreType::Null => "nothing",
                CoreType::Bool => "true or false",
                CoreType::Number => "a number",
                CoreType::Text => "text",
            },
        }
    }

    /// Returns the scalar, if it is one.
    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Says whether nothing is written.
    pub(crate) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|s| s.style == Style::Plain && CoreType::of(&s.text) == CoreType::Null)
    }

    /// Returns the value of a key, if the node is a mapping that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Pair> {
        match &self.value {
            Value::Map(pairs) => pairs.iter().find(|pair| pair.key.value == key),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }
}

impl Scalar {
    /// Returns the place of a part of the text, or the whole place where quoting hides it.
    pub(crate) fn part(&self, origin: &Origin, start: usize, end: usize) -> Origin {
        let quote = match self.style {
            Style::Plain => 0,
            Style::Quoted => 1,
            Style::Block => return origin.clone(),
        };
        // Escapes and folded lines make the source longer than the text.
        if origin.end - origin.start != self.text.len() + 2 * quote {
            return origin.clone();
        }
        let before = self.text.get(..start).map_or(0, |text| text.chars().count());
        Origin {
            file: origin.file.clone(),
            line: origin.line,
            column: origin.column + u32::try_from(before + quote).unwrap_or(u32::MAX - origin.column),
            start: origin.start + quote + start,
            end: origin.start + quote + end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CoreType;

    #[test]
    fn plain_scalars_are_read_by_the_core_schema() {
        let check = |text: &str, expected: CoreType| assert_eq!(CoreType::of(text), expected, "{text:?}");
        for text in ["", "~", "null", "Null", "NULL"] {
            check(text, CoreType::Null);
        }
        for text in ["true", "False", "TRUE"] {
            check(text, CoreType::Bool);
        }
        for text in ["0", "-1", "+12", "007", "0o17", "0xFf", "1.", ".5", "1e3", "-1.5E-3", ".inf", "-.INF", ".nan"] {
            check(text, CoreType::Number);
        }
        for text in ["yes", "on", "1_000", "2024-01-01", "12:30", "0o8", "0x", "1e", ".", "-", "+", "e3", "-.nan"] {
            check(text, CoreType::Text);
        }
    }
}
