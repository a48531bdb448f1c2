//! Reads the keys of one object by their documented types and refuses the others.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::error::FileError;

/// The keys of one object while they are read. A key that nobody asked for is an error of [`Fields::finish`].
#[derive(Debug)]
pub(super) struct Fields<'a> {
    at: String,
    object: &'a Map<String, Value>,
    read: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    /// Starts reading a value that has to be an object; `at` is its path in messages.
    pub(super) fn of(value: &'a Value, at: impl Into<String>) -> Result<Self, FileError> {
        let at = at.into();
        match value {
            Value::Object(object) => Ok(Self { at, object, read: BTreeSet::new() }),
            other => Err(wrong_type(at, "an object", other)),
        }
    }

    /// Returns the path of a key.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.at)
    }

    /// Returns a value of any type; a null is a value.
    pub(super) fn any(&mut self, key: &'static str) -> Option<&'a Value> {
        self.read.insert(key);
        self.object.get(key)
    }

    /// Returns a value that has to be there.
    pub(super) fn required(&mut self, key: &'static str) -> Result<&'a Value, FileError> {
        let at = self.at.clone();
        self.any(key).ok_or(FileError::Missing { at, key })
    }

    /// Returns a text.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, FileError> {
        match self.any(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(self.path(key), "a string", other)),
        }
    }

    /// Returns a text that has to be there and not be empty.
    pub(super) fn required_text(&mut self, key: &'static str) -> Result<&'a str, FileError> {
        let at = self.at.clone();
        let text = self.text(key)?.ok_or(FileError::Missing { at, key })?;
        if text.is_empty() {
            return Err(FileError::refused(self.path(key), "the string is empty"));
        }
        Ok(text)
    }

    /// Returns a Boolean, or the documented default.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> Result<bool, FileError> {
        match self.any(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong_type(self.path(key), "a Boolean", other)),
        }
    }

    /// Returns a whole number above zero.
    pub(super) fn positive(&mut self, key: &'static str) -> Result<Option<u64>, FileError> {
        match self.any(key) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) if number > 0 => Ok(Some(number)),
                Some(_) => Err(FileError::refused(self.path(key), "the number has to be above zero")),
                None => Err(wrong_type(self.path(key), "a whole number above zero", value)),
            },
        }
    }

    /// Returns the items of a list, none where the key is absent.
    pub(super) fn list(&mut self, key: &'static str) -> Result<&'a [Value], FileError> {
        match self.any(key) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(wrong_type(self.path(key), "a list", other)),
        }
    }

    /// Starts reading an object that has to be there.
    pub(super) fn required_object(&mut self, key: &'static str) -> Result<Fields<'a>, FileError> {
        let value = self.required(key)?;
        Fields::of(value, self.path(key))
    }

    /// Ends the reading.
    ///
    /// Errors: [`FileError::UnknownKey`] for the first key that was not asked for.
    pub(super) fn finish(self) -> Result<(), FileError> {
        match self.object.keys().find(|key| !self.read.contains(key.as_str())) {
            None => Ok(()),
            Some(key) => Err(FileError::UnknownKey { at: self.at, key: key.clone() }),
        }
    }
}

/// Builds the error of a value of another type.
pub(super) fn wrong_type(at: String, expected: &'static str, found: &Value) -> FileError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a Boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    FileError::WrongType { at, expected, found }
}
