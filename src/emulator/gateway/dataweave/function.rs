//! The functions that Flex Gateway lists, by name and number of arguments.

use serde_json::{Number, Value};

use super::{error::EvaluationError, evaluate::type_name};

/// A function of the subset.
///
/// Source: "DataWeave Support in Flex Gateway Policies", available functions; the overloads are those listed there,
/// so that `contains`, `splitBy`, `sizeOf` and `++` are not defined for null although newer Mule runtimes accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Concat,
    Contains,
    Lower,
    Upper,
    Trim,
    SplitBy,
    SizeOf,
    SubstringAfter,
    SubstringAfterLast,
    SubstringBefore,
    SubstringBeforeLast,
}

/// Where the four substring functions live; both the full path and the bare name are read.
pub(super) const STRINGS_MODULE: &str = "dw::core::Strings";

impl Function {
    /// Finds a function by its bare name. `++` is an operator sign and not found here.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "contains" => Self::Contains,
            "lower" => Self::Lower,
            "upper" => Self::Upper,
            "trim" => Self::Trim,
            "splitBy" => Self::SplitBy,
            "sizeOf" => Self::SizeOf,
            "substringAfter" => Self::SubstringAfter,
            "substringAfterLast" => Self::SubstringAfterLast,
            "substringBefore" => Self::SubstringBefore,
            "substringBeforeLast" => Self::SubstringBeforeLast,
            _ => return None,
        })
    }

    /// Returns the name as it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Concat => "++",
            Self::Contains => "contains",
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Trim => "trim",
            Self::SplitBy => "splitBy",
            Self::SizeOf => "sizeOf",
            Self::SubstringAfter => "substringAfter",
            Self::SubstringAfterLast => "substringAfterLast",
            Self::SubstringBefore => "substringBefore",
            Self::SubstringBeforeLast => "substringBeforeLast",
        }
    }

    /// Returns how many arguments it takes; one with two can also stand between them.
    pub(super) fn arity(self) -> usize {
        match self {
            Self::Lower | Self::Upper | Self::Trim | Self::SizeOf => 1,
            Self::Concat
            | Self::Contains
            | Self::SplitBy
            | Self::SubstringAfter
            | Self::SubstringAfterLast
            | Self::SubstringBefore
            | Self::SubstringBeforeLast => 2,
        }
    }

    /// Tells whether it belongs to `dw::core::Strings`.
    pub(super) fn is_in_strings_module(self) -> bool {
        matches!(
            self,
            Self::SubstringAfter | Self::SubstringAfterLast | Self::SubstringBefore | Self::SubstringBeforeLast
        )
    }

    /// Computes the function.
    ///
    /// Errors: the arguments are of types it is not defined for.
    pub(super) fn call(self, arguments: &[Value]) -> Result<Value, EvaluationError> {
        match (self, arguments) {
            (Self::Lower, [value]) => self.map_text(value, str::to_lowercase),
            (Self::Upper, [value]) => self.map_text(value, str::to_uppercase),
            (Self::Trim, [value]) => self.map_text(value, |text| text.trim().to_owned()),
            (Self::SizeOf, [value]) => self.size_of(value),
            (Self::Concat, [Value::String(left), Value::String(right)]) => Ok(Value::String(format!("{left}{right}"))),
            (Self::Concat, [Value::Array(left), Value::Array(right)]) => {
                Ok(Value::Array(left.iter().chain(right).cloned().collect()))
            }
            (Self::Contains, [Value::Array(list), item]) => {
                Ok(Value::Bool(list.iter().any(|each| super::evaluate::equal(each, item))))
            }
            (Self::Contains, [Value::String(text), Value::String(part)]) => {
                Ok(Value::Bool(text.contains(part.as_str())))
            }
            (Self::SplitBy, [Value::String(text), Value::String(separator)]) => Ok(split(text, separator)),
            (_, [Value::Null, Value::String(_)]) if self.is_in_strings_module() => Ok(Value::Null),
            (_, [Value::String(text), Value::String(separator)]) if self.is_in_strings_module() => {
                Ok(self.substring(text, separator).map_or(Value::Null, Value::String))
            }
            _ => Err(self.wrong_types(arguments)),
        }
    }

    fn map_text(self, value: &Value, change: impl Fn(&str) -> String) -> Result<Value, EvaluationError> {
        match value {
            Value::String(text) => Ok(Value::String(change(text))),
            Value::Null => Ok(Value::Null),
            other => Err(self.wrong_types(std::slice::from_ref(other))),
        }
    }

    fn size_of(self, value: &Value) -> Result<Value, EvaluationError> {
        let size = match value {
            Value::Array(list) => list.len(),
            Value::Object(object) => object.len(),
            Value::String(text) => text.chars().count(),
            other => return Err(self.wrong_types(std::slice::from_ref(other))),
        };
        Ok(Value::Number(Number::from(size)))
    }

    /// Source: the example tables of the four pages of `dw::core::Strings`, which also fix the odd results for
    /// an empty separator.
    fn substring(self, text: &str, separator: &str) -> Option<String> {
        let found = match self {
            Self::SubstringAfter if separator.is_empty() => Some(without_first(text)),
            Self::SubstringAfterLast if separator.is_empty() => return None,
            Self::SubstringBeforeLast if separator.is_empty() => Some(without_last(text)),
            Self::SubstringAfter => text.split_once(separator).map(|(_, after)| after),
            Self::SubstringAfterLast => text.rsplit_once(separator).map(|(_, after)| after),
            Self::SubstringBefore => text.split_once(separator).map(|(before, _)| before),
            _ => text.rsplit_once(separator).map(|(before, _)| before),
        };
        Some(found.unwrap_or_default().to_owned())
    }

    fn wrong_types(self, arguments: &[Value]) -> EvaluationError {
        let types: Vec<&str> = arguments.iter().map(type_name).collect();
        EvaluationError::WrongType { operation: self.name(), types: types.join(", ") }
    }
}

fn without_first(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next();
    characters.as_str()
}

fn without_last(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next_back();
    characters.as_str()
}

/// Splits at every occurrence; an empty separator splits into characters, as the page of `splitBy` shows.
fn split(text: &str, separator: &str) -> Value {
    if separator.is_empty() {
        return text.chars().map(|c| Value::String(c.into())).collect();
    }
    text.split(separator).map(Value::from).collect()
}
