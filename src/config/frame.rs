//! The frame of a configuration: the root keys, the environments and the sections of all files put together.

use super::colon;
use super::decode::is_entry_key;
use super::include::Input;
use super::interpolate::{MAX_SUGGESTIONS, sounds_secret};
use super::nearest;
use super::tree::{Node, Pair, Value};
use crate::diagnostic::{Code, Diagnostic, Origin};
use std::collections::{BTreeMap, BTreeSet};

/// The keys that stand in the root file only.
const ROOT_KEYS: [&str; 5] = ["version", "tenant", "variables", "environments", "include"];
/// The keys that any file may have.
const SECTIONS: [&str; 4] = ["roles", "oidc_apps", "authorization_servers", "gateway_policies"];

/// Says whether a key stands at the root of a file with a mapping below it.
pub(crate) fn is_root_block(key: &str) -> bool {
    SECTIONS.contains(&key) || matches!(key, "tenant" | "variables" | "environments")
}

/// What the files say, before types and variables.
#[derive(Debug)]
pub(crate) struct Frame<'t> {
    pub(crate) tenant: Option<&'t Pair>,
    /// Declared variables by name.
    pub(crate) variables: BTreeMap<&'t str, &'t Pair>,
    /// `None`: the file has no environments.
    pub(crate) environments: Option<Environments<'t>>,
    pub(crate) roles: Section<'t>,
    pub(crate) apps: Section<'t>,
    pub(crate) servers: Section<'t>,
    pub(crate) policies: Section<'t>,
    /// The root keys whose content is not known whole, and was reported.
    pub(crate) unreadable: BTreeSet<&'static str>,
    pub(crate) problems: Vec<Diagnostic>,
}

/// The `environments` block.
#[derive(Debug)]
pub(crate) struct Environments<'t> {
    pub(crate) origin: &'t Origin,
    pub(crate) blocks: BTreeMap<&'t str, Block<'t>>,
}

/// What one environment changes.
#[derive(Debug, Default)]
pub(crate) struct Block<'t> {
    pub(crate) tenant: Option<&'t Pair>,
    pub(crate) variables: BTreeMap<&'t str, &'t Pair>,
}

/// The entries of one kind, of all files, by key.
pub(crate) type Section<'t> = BTreeMap<&'t str, &'t Pair>;

/// Puts the files together.
pub(crate) fn frame(input: &Input) -> Frame<'_> {
    let mut frame = Frame {
        tenant: None,
        variables: BTreeMap::new(),
        environments: None,
        roles: Section::new(),
        apps: Section::new(),
        servers: Section::new(),
        policies: Section::new(),
        unreadable: BTreeSet::new(),
        problems: Vec::new(),
    };
    for (index, tree) in input.trees.iter().enumerate() {
        // Trees stand in reading order, and without the root's own tree nothing was included.
        frame.file(tree, index == 0);
    }
    frame
}

impl<'t> Frame<'t> {
    fn error(&mut self, code: Code, origin: &Origin, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, origin.clone(), message).with_hint(hint));
    }

    fn file(&mut self, tree: &'t Node, is_root: bool) {
        let Value::Map(pairs) = &tree.value else {
            let message = format!("the file is {}, not a mapping", tree.describe());
            let hint = match is_root {
                true => "Begin with `version: 1`.",
                false => "Begin with a block, such as `roles:`.",
            };
            return self.error(Code::WrongType, &tree.origin, message, hint);
        };
        let mut version = tree.get("version");
        for pair in pairs {
            let key = pair.key.value.as_str();
            if ROOT_KEYS.contains(&key) && !is_root {
                let message = format!("`{key}` stands in an included file");
                self.error(Code::UnknownKey, &pair.key.origin, message, "Move it into the root file.");
            } else if ROOT_KEYS.contains(&key) || SECTIONS.contains(&key) {
                self.block_of_root(key, pair);
            } else {
                // A misspelt key is read as the one that was probably meant, so that nothing seems to be missing.
                match self.unknown_key(key, &pair.key.origin, is_root) {
                    None => self.refuse_to_guess(),
                    Some("version") => version = version.or(Some(pair)),
                    Some("include") => self.unreadable.extend(SECTIONS),
                    Some(meant) if SECTIONS.contains(&meant) || tree.get(meant).is_none() => {
                        self.block_of_root(meant, pair);
                    }
                    Some(_) => {}
                }
            }
        }
        if is_root {
            self.version(version, tree);
            self.refuse_undeclared();
            self.refuse_secrets();
            if self.tenant.is_none() {
                let hint = "Write `tenant: { subdomain: acme }` for https://acme.onelogin.com.";
                self.error(Code::MissingKey, &tree.origin, "the file names no `tenant`", hint);
            }
        }
    }

    fn block_of_root(&mut self, key: &str, pair: &'t Pair) {
        match key {
            "include" => self.include(pair),
            "tenant" => self.tenant = Some(pair),
            "variables" => self.variables = self.variables(pair),
            "environments" => self.environments(pair),
            "roles" => self.section("roles", pair, |frame| &mut frame.roles),
            "oidc_apps" => self.section("oidc_apps", pair, |frame| &mut frame.apps),
            "authorization_servers" => self.section("authorization_servers", pair, |frame| &mut frame.servers),
            "gateway_policies" => self.section("gateway_policies", pair, |frame| &mut frame.policies),
            // The version is read apart, because the file has to say it.
            _ => {}
        }
    }

    /// Reports an unknown key of a file; returns the one that was probably meant.
    fn unknown_key(&mut self, key: &str, origin: &Origin, is_root: bool) -> Option<&'static str> {
        let root_keys: &'static [&'static str] = if is_root { &ROOT_KEYS } else { &[] };
        let known = root_keys.iter().chain(&SECTIONS).copied();
        if let Some(lacking) = colon::lacking(key, known.clone()) {
            self.error(Code::UnknownKey, origin, lacking.message(), lacking.hint());
            return None;
        }
        let near = nearest::nearest(key, known.clone());
        let hint = nearest::hint(key, known, "");
        self.error(Code::UnknownKey, origin, format!("unknown key `{key}`"), hint);
        near
    }

    /// Takes note that an unknown block may hold entries of any kind.
    fn refuse_to_guess(&mut self) {
        self.unreadable.extend(SECTIONS);
    }

    fn version(&mut self, version: Option<&Pair>, tree: &Node) {
        let Some(pair) = version else {
            let hint = "Write `version: 1` as the first line.";
            return self.error(Code::MissingKey, &tree.origin, "the file does not say its `version`", hint);
        };
        if pair.value.scalar().is_none_or(|scalar| scalar.text != "1" || pair.value.describe() != "a number") {
            let hint = "This program reads version 1: write `version: 1`, without quotes.";
            self.error(Code::InvalidValue, &pair.value.origin, "the `version` is not 1", hint);
        }
    }

    fn include(&mut self, pair: &Pair) {
        match &pair.value.value {
            Value::List(_) => {}
            Value::Scalar(scalar) if !pair.value.is_null() => {
                let hint = format!("Write `include: [{}]`.", scalar.text);
                self.error(Code::WrongType, &pair.value.origin, "`include` takes a list, found text", hint);
            }
            Value::Scalar(_) => {
                self.error(Code::NullValue, &pair.key.origin, "`include` has no value", "Remove the key.");
            }
            Value::Map(_) => {
                let hint = "Write `include: [apis/*.yaml]`.";
                self.error(Code::WrongType, &pair.value.origin, "`include` takes a list, found a mapping", hint);
            }
        }
    }

    /// Reads a mapping with keys of the user's choice, reporting keys that are not allowed.
    fn keyed(&mut self, pair: &'t Pair, reserved: Option<&str>) -> &'t [Pair] {
        let Value::Map(pairs) = &pair.value.value else {
            let key = &pair.key.value;
            if pair.value.is_null() {
                let hint = format!("Write `{key}: {{}}`, or remove the key.");
                self.error(Code::NullValue, &pair.key.origin, format!("`{key}` has no value"), hint);
            } else {
                let message = format!("`{key}` takes a mapping, found {}", pair.value.describe());
                self.error(Code::WrongType, &pair.value.origin, message, "Write `key: value` lines below it.");
            }
            return &[];
        };
        for Pair { key, value: _ } in pairs {
            if !is_entry_key(&key.value) {
                let rule = "Keys begin with `a-z` or `0-9` and hold up to 63 of `a-z`, `0-9`, `_` and `-`.";
                let hint =
                    allowed_key(&key.value).map_or_else(|| rule.to_owned(), |key| format!("Write `{key}`. {rule}"));
                self.error(Code::InvalidKey, &key.origin, format!("`{}` is not allowed as a key", key.value), hint);
            } else if reserved == Some(key.value.as_str()) {
                let hint = "`${environment}` is the name of the environment; choose another name.";
                self.error(Code::InvalidKey, &key.origin, format!("`{}` is a reserved name", key.value), hint);
            }
        }
        pairs
    }

    fn variables(&mut self, pair: &'t Pair) -> BTreeMap<&'t str, &'t Pair> {
        if !matches!(&pair.value.value, Value::Map(_)) {
            self.unreadable.insert("variables");
        }
        self.keyed(pair, Some("environment")).iter().map(|pair| (pair.key.value.as_str(), pair)).collect()
    }

    /// Refuses declared variables that are named like secrets: what they hold would be shown in plans.
    fn refuse_secrets(&mut self) {
        for (name, pair) in self.variables.iter().filter(|(name, _)| sounds_secret(name)) {
            let message = format!("the variable `{name}` is named like a secret, and variables are shown in plans");
            let hint = "No field takes a secret: a probe names the environment variable that holds it, \
                        `client_secret_env: NAME` or `password_env: NAME`. Remove the variable, or give it another name.";
            self.problems.push(Diagnostic::error(Code::Variable, pair.key.origin.clone(), message).with_hint(hint));
        }
    }

    fn environments(&mut self, pair: &'t Pair) {
        let mut blocks = BTreeMap::new();
        for environment in self.keyed(pair, None) {
            blocks.insert(environment.key.value.as_str(), self.block(environment));
        }
        if blocks.is_empty() && matches!(&pair.value.value, Value::Map(_)) {
            let hint = "Name one, such as `dev: {}`, or remove the key.";
            self.error(Code::Environment, &pair.key.origin, "`environments` names no environment", hint);
        }
        self.environments = Some(Environments { origin: &pair.key.origin, blocks });
    }

    fn block(&mut self, environment: &'t Pair) -> Block<'t> {
        let mut block = Block::default();
        let Value::Map(pairs) = &environment.value.value else {
            let key = &environment.key.value;
            let hint = format!("Write `{key}: {{}}` where nothing differs.");
            let (code, message) = match environment.value.is_null() {
                true => (Code::NullValue, format!("the environment `{key}` has no value")),
                false => (Code::WrongType, format!("`{key}` takes a mapping, found {}", environment.value.describe())),
            };
            self.error(code, &environment.key.origin, message, hint);
            return block;
        };
        for pair in pairs {
            match pair.key.value.as_str() {
                "tenant" => block.tenant = Some(pair),
                "variables" => block.variables = self.variables(pair),
                key => {
                    let hint = nearest::hint(key, ["tenant", "variables"].into_iter(), "");
                    self.error(Code::UnknownKey, &pair.key.origin, format!("unknown key `{key}`"), hint);
                }
            }
        }
        block
    }

    fn refuse_undeclared(&mut self) {
        let Some(environments) = &self.environments else { return };
        if self.unreadable.contains("variables") {
            return;
        }
        let mut found = Vec::new();
        for (name, pair) in environments.blocks.values().flat_map(|block| &block.variables) {
            if !self.variables.contains_key(name) && is_entry_key(name) {
                let none = format!("Declare it first: add `{name}:` to `variables:`.");
                let message = format!("the variable `{name}` is not declared");
                // The search is linear, and nobody reads more.
                let most = if found.len() < MAX_SUGGESTIONS { usize::MAX } else { 0 };
                let hint = nearest::hint(name, self.variables.keys().copied().take(most), &none);
                found.push(Diagnostic::error(Code::Variable, pair.key.origin.clone(), message).with_hint(hint));
            }
        }
        self.problems.append(&mut found);
    }

    fn section(&mut self, name: &'static str, pair: &'t Pair, of: impl Fn(&mut Self) -> &mut Section<'t>) {
        if !matches!(&pair.value.value, Value::Map(_)) {
            self.unreadable.insert(name);
        }
        for entry in self.keyed(pair, None) {
            let key = entry.key.value.as_str();
            match of(self).get(key).map(|first| first.key.origin.clone()) {
                None => {
                    of(self).insert(key, entry);
                }
                Some(first) => {
                    let message = format!("`{key}` stands under `{name}` in two files");
                    self.problems.push(
                        Diagnostic::error(Code::DuplicateKey, entry.key.origin.clone(), message)
                            .with_related(first, "first defined here")
                            .with_hint("Give one of the two another key, or remove it."),
                    );
                }
            }
        }
    }
}

/// Makes an allowed key of one that is not: `contacts-web` of `Contacts Web`.
fn allowed_key(text: &str) -> Option<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
    let key: String = text.chars().map(plain).collect();
    let key = key.trim_matches(['-', '_']);
    is_entry_key(key).then(|| key.to_owned())
}
