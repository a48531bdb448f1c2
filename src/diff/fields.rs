//! Field by field: what the file says, what live holds, and whether the two mean the same.

use super::FieldChange;
use crate::model::{Field, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Collects the differences of one object, in the order they are asked for.
#[derive(Default)]
pub(super) struct Fields {
    changes: Vec<FieldChange>,
}

impl Fields {
    /// Compares a text by meaning; `None` on the live side is empty. Returns what has to be sent.
    pub(super) fn text(&mut self, path: &'static str, desired: &Field<String>, live: Option<&str>) -> Option<String> {
        let wanted = &desired.as_ref()?.value;
        if text::is_same(wanted, live.unwrap_or_default()) {
            return None;
        }
        let before = live.map_or(Value::Null, |live| Value::from(text::canonical(live).into_owned()));
        self.push(path, before, Value::from(wanted.clone()));
        Some(wanted.clone())
    }

    /// Compares a plain value. Returns what has to be sent.
    pub(super) fn value<T>(&mut self, path: &'static str, desired: &Field<T>, live: Option<T>) -> Option<T>
    where
        T: Copy + PartialEq + Shown,
    {
        let wanted = desired.as_ref()?.value;
        if live == Some(wanted) {
            return None;
        }
        self.push(path, live.map_or(Value::Null, Shown::shown), wanted.shown());
        Some(wanted)
    }

    /// Compares minutes; live holds them wider than the file can say. Returns what has to be sent.
    pub(super) fn minutes(&mut self, path: &'static str, desired: &Field<u32>, live: Option<u64>) -> Option<u32> {
        let wanted = desired.as_ref()?.value;
        if live == Some(u64::from(wanted)) {
            return None;
        }
        self.push(path, live.map_or(Value::Null, Value::from), Value::from(wanted));
        Some(wanted)
    }

    /// Compares a list whose order means nothing. Returns the whole list in written order.
    pub(super) fn set<'a>(
        &mut self,
        path: &'static str,
        desired: impl Iterator<Item = &'a str> + Clone,
        live: &[String],
    ) -> Option<Vec<String>> {
        let wanted: BTreeSet<&str> = desired.clone().collect();
        if wanted == live.iter().map(String::as_str).collect() {
            return None;
        }
        let sorted: BTreeSet<&String> = live.iter().collect();
        self.push(path, sorted.into_iter().cloned().collect(), wanted.into_iter().collect());
        Some(desired.map(str::to_owned).collect())
    }

    /// Adds a difference that was found elsewhere.
    pub(super) fn push(&mut self, path: &'static str, before: Value, after: Value) {
        self.changes.push(FieldChange { path, before, after });
    }

    /// Adds a field of an object that is yet to be made, unless there is nothing to say.
    pub(super) fn made(&mut self, path: &'static str, after: impl Into<Value>) {
        let after = after.into();
        if !after.is_null() {
            self.push(path, Value::Null, after);
        }
    }

    /// Adds a field of an object that will be gone, unless there is nothing to say.
    pub(super) fn gone(&mut self, path: &'static str, before: impl Into<Value>) {
        let before = before.into();
        if !before.is_null() {
            self.push(path, before, Value::Null);
        }
    }

    /// Adds a field of an object that is made anew, also where it stays, unless there is nothing to say.
    pub(super) fn both(&mut self, path: &'static str, before: impl Into<Value>, after: impl Into<Value>) {
        let (before, after) = (before.into(), after.into());
        if !(before.is_null() && after.is_null()) {
            self.push(path, before, after);
        }
    }

    /// Adds a list of an object that will be gone, sorted, since its order means nothing.
    pub(super) fn gone_set<'a>(&mut self, path: &'static str, before: impl Iterator<Item = &'a str>) {
        let sorted: BTreeSet<&str> = before.collect();
        self.gone(path, sorted.into_iter().collect::<Value>());
    }

    /// Says whether a field differs.
    pub(super) fn has(&self, path: &str) -> bool {
        self.changes.iter().any(|change| change.path == path)
    }

    /// Returns what was collected.
    pub(super) fn into_vec(self) -> Vec<FieldChange> {
        self.changes
    }
}

/// A value as plans show it.
pub(super) trait Shown {
    /// Returns the word or number of the file format.
    fn shown(self) -> Value;
}

impl Shown for bool {
    fn shown(self) -> Value {
        Value::from(self)
    }
}

impl Shown for crate::model::ApplicationType {
    fn shown(self) -> Value {
        Value::from(self.as_str())
    }
}

impl Shown for crate::model::TokenEndpointAuthMethod {
    fn shown(self) -> Value {
        Value::from(self.as_str())
    }
}

/// Returns the value of a field, if the file gives one.
pub(super) fn given<T: Clone>(field: &Field<T>) -> Option<T> {
    field.as_ref().map(|field| field.value.clone())
}

/// Returns the named keys that are missing.
pub(super) fn missing(keys: &[(&'static str, bool)]) -> Vec<&'static str> {
    keys.iter().filter(|(_, is_given)| !is_given).map(|(key, _)| *key).collect()
}
