//! A policy file read setting by setting.

use crate::model::ScopeValue;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest file that is read, in bytes; policy files have a few thousand.
const MOST_BYTES: usize = 1 << 20;

/// What a policy file says, whatever its format and however it is laid out.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The settings by name: `claim X` for what a claim has to be, `optional claim X` for what it has to be where it is there.
    /// Names that stand several times hold all their values, a line each.
    values: BTreeMap<String, String>,
    /// What the file covers, such as `GET /orders/.*`; empty: everything.
    pub(super) routes: BTreeSet<String>,
}

impl Settings {
    /// Reads JSON or YAML; `None` where the text is no mapping in either.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{FEFF}');
        if text.len() > MOST_BYTES {
            return None;
        }
        let json = serde_json::from_str(text).ok();
        let value: Value = json.or_else(|| serde_yaml::from_str(text).ok())?;
        let mut settings = Self::default();
        settings.values.insert("disabled".to_owned(), "false".to_owned());
        settings.object(value.as_object()?);
        Some(settings)
    }

    fn object(&mut self, object: &serde_json::Map<String, Value>) {
        for (name, value) in object {
            match (name.as_str(), value) {
                ("mandatoryCustomClaims", Value::Array(claims)) => self.claims("claim", claims),
                // A claim that may be absent keeps nobody out.
                ("nonMandatoryCustomClaims", Value::Array(claims)) => self.claims("optional claim", claims),
                ("pointcutData" | "rules", Value::Array(routes)) => self.routes.extend(routes.iter().map(route)),
                ("disabled", Value::Bool(is_disabled)) => {
                    self.values.insert(name.clone(), is_disabled.to_string());
                }
                _ => self.setting(name, value),
            }
        }
    }

    fn setting(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(object) => self.object(object),
            Value::Array(items) => items.iter().for_each(|item| self.setting(name, item)),
            Value::Null => {}
            Value::String(text) => self.add(name, text),
            Value::Bool(_) | Value::Number(_) => self.add(name, &value.to_string()),
        }
    }

    fn claims(&mut self, list: &str, claims: &[Value]) {
        for claim in claims {
            let text =
                |key: &str| claim.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let name = format!("{list} {}", text("key").unwrap_or_default());
            self.add(&name, &text("value").unwrap_or_default());
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        let held = self.values.entry(name.to_owned()).or_default();
        if !held.is_empty() {
            held.push('\n');
        }
        held.push_str(value);
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns the names of the settings that two files do not share, sorted, but for those that let nobody in or out.
    pub(super) fn differing<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let names = self.values.keys().chain(other.values.keys()).map(String::as_str);
        let skips = |settings: &Self| settings.get("skipClientIdValidation") == Some("true");
        let is_unused = |name: &str| name == "clientIdExpression" && skips(self) && skips(other);
        names.filter(|name| self.get(name) != other.get(name) && !is_harmless(name) && !is_unused(name)).collect()
    }

    /// Says whether every request needs a token.
    pub(super) fn covers_all(&self) -> bool {
        self.routes.is_empty() || self.routes.contains("/.*")
    }
}

/// Writes methods and path of a route; without methods, or with a pattern for all of them, only the path.
fn route(route: &Value) -> String {
    let text = |keys: [&str; 2]| keys.iter().find_map(|key| route.get(*key)).and_then(Value::as_str);
    let path = text(["uriTemplateRegex", "path"]).unwrap_or_default();
    match text(["methodRegex", "methods"]) {
        None | Some(".*") => path.to_owned(),
        Some(methods) => format!("{methods} {path}"),
    }
}

/// Says whether a setting has nothing to do with who gets in.
fn is_harmless(name: &str) -> bool {
    const HARMLESS: [&str; 14] = [
        "address",
        "apiVersion",
        "assetId",
        "assetVersion",
        "groupId",
        "id",
        "jwksServiceConnectionTimeout",
        "jwksServiceTimeToLive",
        "kind",
        "label",
        "order",
        "signingKeyLength",
        "textKey",
        "version",
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

/// Says whether two expressions are of the same words, in whatever order: then they ask for the same.
pub(super) fn has_same_words(one: &str, other: &str) -> bool {
    let words = |text: &str| {
        let mut words: Vec<String> =
            text.split([' ', '(', ')', '#', '[', ']']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        words.sort();
        words
    };
    words(one) == words(other)
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
    pub(super) fn renamed(self, renames: &BTreeMap<ScopeValue, ScopeValue>) -> Self {
        let rename = |scopes: BTreeSet<ScopeValue>| {
            scopes.into_iter().map(|scope| renames.get(&scope).cloned().unwrap_or(scope)).collect()
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
    fn a_file_is_read_however_it_is_laid_out() {
        let compact = r##"{"configurationData":{"mandatoryExpClaim":true,"mandatoryCustomClaims":[{"value":"#['a']","key":"scope"}],
            "nonMandatoryCustomClaims":[]},"pointcutData":[{"uriTemplateRegex":"/x","methodRegex":"GET"}],"disabled":false}"##;
        let yaml = "---\n# a comment\nmandatoryExpClaim: true # really\nmandatoryCustomClaims:\n  - key: scope\n    value: \"#['a']\"\n\
                    rules:\n  - path: /x\n    methods: GET\n";
        let (one, other) = (Settings::read(compact).unwrap(), Settings::read(yaml).unwrap());
        for settings in [&one, &other] {
            assert_eq!(settings.get("mandatoryExpClaim"), Some("true"), "{settings:?}");
            assert_eq!(settings.get("claim scope"), Some("#['a']"), "{settings:?}");
            assert_eq!(settings.routes.iter().collect::<Vec<_>>(), ["GET /x"], "{settings:?}");
        }
        assert!(one.differing(&other).is_empty(), "{:?}", one.differing(&other));
        let optional = Settings::read(&yaml.replace("mandatoryCustomClaims", "nonMandatoryCustomClaims")).unwrap();
        assert_eq!((optional.get("claim scope"), optional.get("optional claim scope")), (None, Some("#['a']")));
        for garbage in ["", "[]", "not what we write", "{", "a: [", &"x: 1\n".repeat(1 << 20)] {
            assert!(Settings::read(garbage).is_none(), "{}", &garbage[..garbage.len().min(20)]);
        }
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
