//! A policy file read setting by setting, as the gateways write them: a line each.

use crate::model::ScopeValue;
use std::collections::{BTreeMap, BTreeSet};

/// The settings of a policy file by name: `claim X` for what a claim has to be, `route X` for what it covers.
///
/// Names that stand several times hold all their values, a line each.
#[derive(Debug, Default)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads JSON or YAML that has a setting on each line; other lines stand for themselves.
    pub(super) fn read(text: &str) -> Self {
        let mut settings = Self::default();
        let mut claim = None;
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let line = line.strip_prefix("- ").unwrap_or(line).trim_end_matches(',');
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            let (name, value) = (bare(name), bare(value));
            match name {
                "key" => claim = Some(value),
                "value" if claim.is_some() => {
                    settings.add(format!("claim {}", claim.take().unwrap_or_default()), value)
                }
                "methodRegex" | "uriTemplateRegex" | "path" | "methods" => settings.add(format!("route {name}"), value),
                // `null` is what an API says for nothing.
                _ if value == "null" || is_frame(name, value) => {}
                _ => settings.add(name.to_owned(), value),
            }
        }
        settings
    }

    fn add(&mut self, name: String, value: &str) {
        let held = self.0.entry(name).or_default();
        if !held.is_empty() {
            held.push('\n');
        }
        held.push_str(value);
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the names of the settings that two files do not share, sorted.
    pub(super) fn differing<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let names = self.0.keys().chain(other.0.keys()).map(String::as_str);
        names.filter(|name| self.get(name) != other.get(name)).collect()
    }

    /// Says whether the file names what it covers; otherwise it covers everything.
    pub(super) fn has_routes(&self) -> bool {
        self.0.keys().any(|name| name.starts_with("route "))
    }
}

/// Says whether a line only opens or closes a part, which says nothing by itself.
fn is_frame(name: &str, value: &str) -> bool {
    let is_empty = |text: &str| text.chars().all(|c| "[]{}:".contains(c));
    is_empty(value) && (is_empty(name) || !value.is_empty() || name.ends_with([':', '"']))
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// Says whether a setting has nothing to do with who gets in.
pub(super) fn is_harmless(name: &str) -> bool {
    const HARMLESS: [&str; 8] = [
        "apiVersion",
        "assetVersion",
        "jwksServiceConnectionTimeout",
        "jwksServiceTimeToLive",
        "label",
        "order",
        "signingKeyLength",
        "textKey",
    ];
    HARMLESS.contains(&name)
}

/// Returns which of its values switches a check off, if the setting is such a switch.
pub(super) fn lax_value(name: &str) -> Option<bool> {
    match name {
        "disabled" => Some(true),
        _ if name.starts_with("skip") => Some(true),
        _ if name.starts_with("validate") || name.starts_with("mandatory") => Some(false),
        _ => None,
    }
}

/// The texts of a DataWeave expression, else the value itself.
pub(super) fn values(value: &str) -> BTreeSet<&str> {
    if !value.starts_with("#[") {
        return value.split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
    }
    quoted(value).into_iter().map(|(_, text)| text).collect()
}

/// The texts between single quotes that are not blank, each with the text before it.
fn quoted(expression: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = expression.split('\'').collect();
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for (place, part) in parts.iter().enumerate() {
        if place % 2 == 1 && !part.trim().is_empty() {
            found.push((expression.get(start..at).unwrap_or_default(), *part));
            start = at + part.len() + 1;
        }
        at += part.len() + 1;
    }
    found
}

/// The scopes that a policy asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Required {
    /// All of these.
    pub(super) all: BTreeSet<ScopeValue>,
    /// One of these, where there are any.
    pub(super) one_of: BTreeSet<ScopeValue>,
}

impl Required {
    /// Reads the rule for the claim `scope`: texts joined by `or` are alternatives, the others are all asked for.
    pub(super) fn read(rule: &str) -> Self {
        let found = quoted(rule);
        let is_or = |place: usize| {
            found.get(place).is_some_and(|(before, _)| before.split([' ', '(', ')']).any(|word| word == "or"))
        };
        let mut required = Self::default();
        for (place, (_, text)) in found.iter().enumerate() {
            let is_alternative = (place > 0 && is_or(place)) || is_or(place + 1);
            let side = if is_alternative { &mut required.one_of } else { &mut required.all };
            side.insert(ScopeValue::new(*text));
        }
        required
    }

    /// Says whether a scope is among them.
    pub(super) fn asks_for(&self, scope: &ScopeValue) -> bool {
        self.all.contains(scope) || self.one_of.contains(scope)
    }

    /// Says whether a client with these scopes gets in.
    pub(super) fn is_met_by(&self, held: &BTreeSet<ScopeValue>) -> bool {
        self.all.is_subset(held) && (self.one_of.is_empty() || !self.one_of.is_disjoint(held))
    }

    /// Calls scopes by their new values.
    pub(super) fn renamed(self, renames: &BTreeMap<&ScopeValue, &ScopeValue>) -> Self {
        let rename = |scopes: BTreeSet<ScopeValue>| {
            scopes.into_iter().map(|scope| renames.get(&scope).copied().cloned().unwrap_or(scope)).collect()
        };
        Self { all: rename(self.all), one_of: rename(self.one_of) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Required, Settings, values};
    use crate::model::ScopeValue;
    use std::collections::BTreeSet;

    #[test]
    fn both_ways_to_write_a_file_are_read() {
        let json = "{\n  \"mandatoryExpClaim\": true,\n  \"mandatoryCustomClaims\": [\n    {\n      \"key\": \"scope\",\n      \
                    \"value\": \"#['a']\"\n    }\n  ],\n  \"pointcutData\": [\n    {\n      \"methodRegex\": \"GET\"\n    }\n  ]\n}\n";
        let yaml = "# a comment\nmandatoryExpClaim: true\nmandatoryCustomClaims:\n  - key: scope\n    value: \"#['a']\"\n\
                    rules:\n  - path: /x\n    methods: GET\n";
        let read = |text: &str| Settings::read(text);
        for text in [json, yaml] {
            assert_eq!(read(text).get("mandatoryExpClaim"), Some("true"), "{text}");
            assert_eq!(read(text).get("claim scope"), Some("#['a']"), "{text}");
            assert!(read(text).has_routes(), "{text}");
        }
        assert_eq!(
            read(json).differing(&read(yaml)).into_iter().collect::<Vec<_>>(),
            ["route methodRegex", "route methods", "route path"]
        );
    }

    #[test]
    fn alternatives_are_told_from_what_is_all_asked_for() {
        let has = |scope: &str| format!("((vars.claimSet.scope splitBy ' ') contains '{scope}')");
        let (a, b, c) = (has("a"), has("b"), has("c"));
        let check = |rule: String, all: &[&str], one_of: &[&str]| {
            let set = |scopes: &[&str]| -> BTreeSet<ScopeValue> {
                scopes.iter().map(|&scope| ScopeValue::new(scope)).collect()
            };
            assert_eq!(Required::read(&rule), Required { all: set(all), one_of: set(one_of) }, "{rule}");
        };
        check(format!("#[{a}]"), &["a"], &[]);
        check(format!("#[{a} and {b}]"), &["a", "b"], &[]);
        check(format!("#[{a} or {b} or {c}]"), &[], &["a", "b", "c"]);
        check(format!("#[{a} and ({b} or {c})]"), &["a"], &["b", "c"]);
        check(String::new(), &[], &[]);
        assert_eq!(values("#[x == 'a' or x == 'b']").into_iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(values("https://a, https://b").into_iter().collect::<Vec<_>>(), ["https://a", "https://b"]);
    }
}
