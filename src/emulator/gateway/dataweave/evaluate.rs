//! Evaluates an expression for one request.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{
    error::EvaluationError,
    tree::{Expression, Logic, Node, Operator, Selector, Variable},
};

/// What the variables of an expression stand for.
#[derive(Debug, Clone, Copy)]
pub(in crate::emulator::gateway) struct Scope<'a> {
    /// Claims of the token; empty while the token itself is being looked for.
    pub(in crate::emulator::gateway) claims: &'a Map<String, Value>,
    /// Headers of the request, names in any case.
    pub(in crate::emulator::gateway) headers: &'a [(String, String)],
    /// Method of the request.
    pub(in crate::emulator::gateway) method: &'a str,
    /// Path of the request, without the query.
    pub(in crate::emulator::gateway) path: &'a str,
    /// Query of the request without its `?`, empty where there is none.
    pub(in crate::emulator::gateway) query: &'a str,
}

impl Expression {
    /// Evaluates to a Boolean.
    ///
    /// Errors: the expression cannot be evaluated or returns something else. MuleSoft: such a claim always fails.
    pub(in crate::emulator::gateway) fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        match scope.value(&self.root)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(EvaluationError::WrongResult(type_name(&other))),
        }
    }

    /// Evaluates to a string, or to none where the result is null.
    ///
    /// Errors: the expression cannot be evaluated or returns something else.
    pub(in crate::emulator::gateway) fn text(&self, scope: &Scope<'_>) -> Result<Option<String>, EvaluationError> {
        match scope.value(&self.root)? {
            Value::String(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            other => Err(EvaluationError::WrongResult(type_name(&other))),
        }
    }
}

impl Scope<'_> {
    /// Evaluates one node.
    pub(super) fn value(&self, node: &Node) -> Result<Value, EvaluationError> {
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Node::Variable(variable) => Ok(self.variable(*variable)),
            Node::Select { from, by } => self.select(from, by),
            Node::Not(operand) => Ok(Value::Bool(!self.condition("not", operand)?)),
            Node::Logic { logic, operands } => self.logic(*logic, operands).map(Value::Bool),
            Node::Binary { operator, left, right } => self.binary(*operator, left, right),
            Node::If { condition, then, otherwise } => {
                let branch = if self.condition("if", condition)? { then } else { otherwise };
                self.value(branch)
            }
            Node::Call { function, arguments } => {
                let arguments: Vec<Value> = arguments.iter().map(|each| self.value(each)).collect::<Result<_, _>>()?;
                function.call(&arguments)
            }
        }
    }

    fn variable(&self, variable: Variable) -> Value {
        match variable {
            Variable::ClaimSet => Value::Object(self.claims.clone()),
            Variable::Headers => {
                self.headers.iter().rev().map(|(name, value)| (name.to_lowercase(), value.as_str())).collect()
            }
            Variable::Method => self.method.into(),
            Variable::QueryString => self.query.into(),
            Variable::RequestPath => self.path.into(),
            Variable::RequestUri if self.query.is_empty() => self.path.into(),
            Variable::RequestUri => format!("{}?{}", self.path, self.query).into(),
            Variable::QueryParams => query_params(self.query),
            Variable::Authentication => Value::Null,
        }
    }

    fn select(&self, from: &Node, by: &Selector) -> Result<Value, EvaluationError> {
        let insensitive = matches!(from, Node::Variable(Variable::Headers));
        match (self.value(from)?, by) {
            (Value::Null, _) => Ok(Value::Null),
            (Value::Object(object), Selector::Key(key)) if insensitive => Ok(field(&object, &key.to_lowercase())),
            (Value::Object(object), Selector::Key(key)) => Ok(field(&object, key)),
            (Value::Array(items), Selector::Key(key)) => items
                .iter()
                .filter_map(|item| match item {
                    Value::Object(object) => object.get(key).cloned().map(Ok),
                    other => Some(Err(wrong_types("a key selector", &[other]))),
                })
                .collect(),
            (Value::Array(items), Selector::Index(index)) => {
                Ok(at(items.len(), *index).and_then(|place| items.get(place).cloned()).unwrap_or(Value::Null))
            }
            (Value::String(text), Selector::Index(index)) => {
                let place = at(text.chars().count(), *index);
                let character = place.and_then(|place| text.chars().nth(place));
                Ok(character.map_or(Value::Null, |c| Value::String(c.into())))
            }
            (other, Selector::Key(_)) => Err(wrong_types("a key selector", &[&other])),
            (other, Selector::Index(_)) => Err(wrong_types("an index selector", &[&other])),
        }
    }

    fn condition(&self, operation: &'static str, node: &Node) -> Result<bool, EvaluationError> {
        match self.value(node)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(wrong_types(operation, &[&other])),
        }
    }

    /// Operands are evaluated from the first to the one that decides.
    fn logic(&self, logic: Logic, operands: &[Node]) -> Result<bool, EvaluationError> {
        let (name, decides) = match logic {
            Logic::And => ("and", false),
            Logic::Or => ("or", true),
        };
        for operand in operands {
            if self.condition(name, operand)? == decides {
                return Ok(decides);
            }
        }
        Ok(!decides)
    }

    fn binary(&self, operator: Operator, left: &Node, right: &Node) -> Result<Value, EvaluationError> {
        match operator {
            Operator::Default => match self.value(left)? {
                Value::Null => self.value(right),
                value => Ok(value),
            },
            Operator::Equal => Ok(Value::Bool(equal(&self.value(left)?, &self.value(right)?))),
            Operator::NotEqual => Ok(Value::Bool(!equal(&self.value(left)?, &self.value(right)?))),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let order = compare(operator, &self.value(left)?, &self.value(right)?)?;
                Ok(Value::Bool(match operator {
                    Operator::Less => order.is_lt(),
                    Operator::LessOrEqual => order.is_le(),
                    Operator::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
        }
    }
}

fn field(object: &Map<String, Value>, key: &str) -> Value {
    object.get(key).cloned().unwrap_or(Value::Null)
}

/// Resolves an index; a negative one counts from the end.
fn at(length: usize, index: i64) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 { length.checked_sub(distance) } else { Some(distance) }
}

fn query_params(query: &str) -> Value {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    // The first of several values of one name is the one a key selector returns.
    pairs.into_iter().rev().collect()
}

/// Compares for equality as `==` does: values of different types are never equal.
///
/// Source: DataWeave operators page, `"true" == true` is false.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        (left, right) => left == right,
    }
}

/// Orders two values, the right one coerced to the type of the left.
///
/// Source: DataWeave operators page: `"123" > 12` compares texts, `123 > "12"` compares numbers.
fn compare(operator: Operator, left: &Value, right: &Value) -> Result<Ordering, EvaluationError> {
    let order = match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::Number(right)) => Some(left.cmp(&right.to_string())),
        (Value::Number(left), Value::Number(right)) => compare_numbers(left.as_f64(), right.as_f64()),
        (Value::Number(left), Value::String(right)) => compare_numbers(left.as_f64(), right.parse().ok()),
        _ => None,
    };
    order.ok_or_else(|| wrong_types(operator.name(), &[left, right]))
}

fn compare_numbers(left: Option<f64>, right: Option<f64>) -> Option<Ordering> {
    left?.partial_cmp(&right?)
}

fn wrong_types(operation: &'static str, values: &[&Value]) -> EvaluationError {
    let types: Vec<&str> = values.iter().map(|value| type_name(value)).collect();
    EvaluationError::WrongType { operation, types: types.join(", ") }
}

/// Names the DataWeave type of a value.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(_) => "Number",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    }
}
