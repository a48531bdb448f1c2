//! Typed reading of nodes: each method returns what it read or reports why it could not.

use super::hidden::is_hidden;
use crate::config::colon;
use crate::config::interpolate::{Kind, Resolved, Variables};
use crate::config::nearest;
use crate::config::shifted::too_far_left;
use crate::config::tree::{CoreType, Node, Pair, Value};
use crate::diagnostic::{Code, Diagnostic, Origin, Sourced};
use crate::model::{EntryKey, Field, RemoteId, ScopeValue};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Reads one environment of the tree, keeping every problem.
pub(crate) struct Decoder<'a> {
    pub(crate) variables: &'a Variables,
    pub(crate) problems: Vec<Diagnostic>,
    /// The servers of whose scopes one could not be taken, which was reported.
    pub(crate) lacking_scopes: BTreeSet<EntryKey>,
    /// Where unknown keys and their values stand that were read as the nearest known key.
    guessed: HashSet<Origin>,
}

/// A node and the key it belongs to, for messages.
#[derive(Clone, Copy)]
pub(crate) struct At<'t> {
    pub(crate) name: &'t str,
    pub(crate) node: &'t Node,
    /// Where the key stands; for items the item itself.
    pub(crate) origin: &'t Origin,
    is_item: bool,
}

impl<'t> At<'t> {
    /// Names the value of a pair by its key.
    pub(crate) fn pair(pair: &'t Pair) -> Self {
        Self { name: &pair.key.value, node: &pair.value, origin: &pair.key.origin, is_item: false }
    }

    /// Names an item by the key of its list.
    pub(crate) fn item(self, node: &'t Node) -> Self {
        Self { name: self.name, node, origin: &node.origin, is_item: true }
    }

    /// Says whether the scalar uses a variable.
    fn has_variable(self) -> bool {
        self.node.scalar().is_some_and(|scalar| scalar.text.contains("${"))
    }

    /// Names the place in a message.
    pub(crate) fn what(self) -> String {
        if self.is_item { format!("an item of `{}`", self.name) } else { format!("`{}`", self.name) }
    }
}

/// The pairs of a mapping whose keys are known.
///
/// A misspelt key is read as the one that was probably meant: it is an error anyway, and what it says is then neither
/// missing nor unknown elsewhere.
pub(crate) struct Fields<'t> {
    pairs: &'t [Pair],
    origin: &'t Origin,
    known: &'static [&'static str],
    misspelt: Vec<(&'static str, &'t Pair)>,
}

impl<'t> Fields<'t> {
    /// Returns the pair of a key.
    pub(crate) fn get(&self, key: &'static str) -> Option<At<'t>> {
        if let Some(pair) = self.pairs.iter().find(|pair| pair.key.value == key) {
            return Some(At::pair(pair));
        }
        let (_, pair) = self.misspelt.iter().find(|(meant, _)| *meant == key)?;
        Some(At { name: key, ..At::pair(pair) })
    }

    /// Returns where the entry stands.
    pub(crate) const fn origin(&self) -> &'t Origin {
        self.origin
    }

    /// Iterates over the pairs whose keys are known.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'t Pair> {
        let known = self.known;
        self.pairs.iter().filter(move |pair| known.contains(&pair.key.value.as_str()))
    }
}

/// What a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextRule {
    /// A name that is matched exactly: not empty, one line, no `*`, nothing hidden.
    Name,
    /// One line that may not be empty, nothing hidden.
    Line,
    /// Not empty, no blanks, nothing hidden.
    Word,
    /// A word that stands in a token between blanks.
    Scope,
    /// A word that is a URL or names an API.
    Url,
    /// Anything, empty included.
    Free,
}

impl<'a> Decoder<'a> {
    /// Begins with problems that were found before.
    pub(crate) fn new(variables: &'a Variables, problems: Vec<Diagnostic>) -> Self {
        Self { variables, problems, lacking_scopes: BTreeSet::new(), guessed: HashSet::new() }
    }

    /// Returns the problems, without the types of values whose key was guessed.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        let Self { variables: _, mut problems, lacking_scopes: _, guessed } = self;
        let is_guess = |problem: &Diagnostic| {
            matches!(problem.code, Code::WrongType | Code::NullValue)
                && problem.primary.as_ref().is_some_and(|label| guessed.contains(&label.origin))
        };
        if !guessed.is_empty() {
            problems.retain(|problem| !is_guess(problem));
        }
        problems
    }

    /// Reports a problem.
    pub(crate) fn error(&mut self, code: Code, origin: &Origin, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, origin.clone(), message).with_hint(hint));
    }

    /// Reports what works and is probably not meant.
    pub(crate) fn warn(&mut self, code: Code, origin: &Origin, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Diagnostic::warning(code, origin.clone(), message).with_hint(hint));
    }

    /// Reads a mapping whose keys are known; unknown keys are reported and the known ones still read.
    pub(crate) fn fields<'t>(&mut self, at: At<'t>, known: &'static [&'static str]) -> Option<Fields<'t>> {
        if at.node.is_null() {
            let hint = "Write its keys below it, or remove it.";
            self.error(Code::NullValue, at.origin, format!("{} has no value", at.what()), hint);
            return None;
        }
        if let Some(lacking) = at.node.scalar().and_then(|scalar| colon::lacking(&scalar.text, known.iter().copied())) {
            self.error(Code::WrongType, &at.node.origin, lacking.message(), lacking.hint());
            return None;
        }
        let pairs = self.map(at)?;
        let mut misspelt: Vec<(&'static str, &'t Pair)> = Vec::new();
        for pair in pairs.iter().filter(|pair| !known.contains(&pair.key.value.as_str())) {
            let Some(meant) = self.unknown_key(at, &pair.key, known, pairs) else { continue };
            if !misspelt.iter().any(|(other, _)| *other == meant) {
                self.guessed.extend([pair.key.origin.clone(), pair.value.origin.clone()]);
                misspelt.push((meant, pair));
            }
        }
        Some(Fields { pairs, origin: at.origin, known, misspelt })
    }

    /// Reports an unknown key; returns the one that was probably meant.
    fn unknown_key(
        &mut self,
        at: At<'_>,
        key: &Sourced<String>,
        known: &'static [&'static str],
        beside: &[Pair],
    ) -> Option<&'static str> {
        let name = key.value.as_str();
        if let Some(lacking) = colon::lacking(name, known.iter().copied()) {
            self.error(Code::UnknownKey, &key.origin, lacking.message(), lacking.hint());
            return known.iter().copied().find(|known| *known == lacking.key);
        }
        let is_secret = matches!(name, "client_secret" | "secret" | "password");
        let near = nearest::nearest(name, known.iter().copied()).filter(|_| !is_secret);
        let hint = match near {
            _ if is_secret => {
                "Remove it; no field takes a secret. OneLogin makes client secrets, and a probe names the variable that \
                 holds one (`client_secret_env: NAME`)."
                    .to_owned()
            }
            Some(near) => format!("Did you mean `{near}`?"),
            None => too_far_left(key, beside).unwrap_or_else(|| {
                let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("Known here: {}.", names.join(", "))
            }),
        };
        self.error(Code::UnknownKey, &key.origin, format!("unknown key `{name}` in {}", at.what()), hint);
        near
    }

    /// Reads a mapping with keys of the user's choice.
    pub(crate) fn map<'t>(&mut self, at: At<'t>) -> Option<&'t [Pair]> {
        match &at.node.value {
            Value::Map(pairs) => Some(pairs),
            Value::Scalar(_) | Value::List(_) => {
                self.wrong_type(
                    at,
                    "a mapping",
                    "{}",
                    "Write `key: value` lines below it, with a blank after the colon.",
                );
                None
            }
        }
    }

    /// Reads a list.
    pub(crate) fn list<'t>(&mut self, at: At<'t>) -> Option<&'t [Node]> {
        match &at.node.value {
            Value::List(items) => Some(items),
            Value::Scalar(scalar) if !at.node.is_null() => {
                let hint = match scalar.text.starts_with('-') {
                    true => "An item begins with `- `: a blank is missing after the dash.".to_owned(),
                    false => format!("Put it in brackets: `{}: [{}]`.", at.name, quoted(&scalar.text)),
                };
                self.error(
                    Code::WrongType,
                    &at.node.origin,
                    format!("{} takes a list, found {}", at.what(), at.node.describe()),
                    hint,
                );
                None
            }
            Value::Scalar(_) | Value::Map(_) => {
                self.wrong_type(at, "a list", "[]", "Write its items in brackets, or one a line after `- `.");
                None
            }
        }
    }

    fn wrong_type(&mut self, at: At<'_>, wanted: &str, empty: &str, hint: &str) {
        if at.node.is_null() {
            return self.null(at, empty);
        }
        let message = format!("{} takes {wanted}, found {}", at.what(), at.node.describe());
        self.error(Code::WrongType, &at.node.origin, message, hint);
    }

    /// Reports that a key has no value, with the way to say what may be meant.
    pub(crate) fn null(&mut self, at: At<'_>, empty: &str) {
        let hint = match empty {
            _ if at.is_item => "Write a value, or remove the item.".to_owned(),
            "" => "Write a value, or remove the key to leave it alone.".to_owned(),
            _ => format!("Write a value, `{empty}` to empty it, or remove the key to leave it alone."),
        };
        self.error(Code::NullValue, at.origin, format!("{} has no value", at.what()), hint);
    }

    /// Resolves the variables of a scalar; reports lists, mappings and nothing.
    fn scalar<'t>(&mut self, at: At<'t>, wanted: &str, empty: &str) -> Option<Resolved<'t>> {
        let Some(scalar) = at.node.scalar() else {
            let hint = pair_in_list(at.node).unwrap_or_else(|| format!("Write {wanted} after `{}:`.", at.name));
            let message = format!("{} takes {wanted}, found {}", at.what(), at.node.describe());
            self.error(Code::WrongType, &at.node.origin, message, hint);
            return None;
        };
        if at.node.is_null() {
            self.null(at, empty);
            return None;
        }
        let resolved = self.variables.resolve(scalar, &at.node.origin).and_then(|resolved| {
            self.variables.count(&resolved, &at.node.origin)?;
            Ok(resolved)
        });
        match resolved {
            Ok(resolved) => Some(resolved),
            Err(problem) => {
                self.problems.extend(problem.map(|problem| *problem));
                None
            }
        }
    }

    /// Reads a text.
    pub(crate) fn text(&mut self, at: At<'_>, rule: TextRule) -> Option<String> {
        let empty = if rule == TextRule::Free { "\"\"" } else { "" };
        let resolved = self.scalar(at, "a text", empty)?;
        if resolved.kind == Kind::Plain {
            let found = match CoreType::of(&resolved.text) {
                CoreType::Text => None,
                CoreType::Number => Some("a number"),
                CoreType::Bool => Some("true or false"),
                CoreType::Null => Some("nothing"),
            };
            if let Some(found) = found {
                let hint = match at.has_variable() {
                    true => format!("Put the value in quotes where the variable is defined: \"{}\".", resolved.text),
                    false => format!("Write it in quotes: \"{}\".", resolved.text),
                };
                let message = format!("{} takes a text, found {found}", at.what());
                self.error(Code::WrongType, &at.node.origin, message, hint);
                return None;
            }
        }
        let text = resolved.text.into_owned();
        self.check_text(&at.what(), &text, &at.node.origin, rule).then_some(text)
    }

    /// Checks what a text holds; also for keys that are names of the account.
    pub(crate) fn check_text(&mut self, what: &str, text: &str, origin: &Origin, rule: TextRule) -> bool {
        if rule == TextRule::Free {
            return true;
        }
        if let Some(hidden) = text.chars().find(|character| is_hidden(*character)) {
            let message = format!("{what} holds the hidden character U+{:04X}", u32::from(hidden));
            self.error(Code::HiddenCharacter, origin, message, "Type the text anew; it was probably pasted.");
            return false;
        }
        if text.trim().is_empty() {
            self.error(Code::InvalidValue, origin, format!("{what} is empty"), "Write a text, or remove the key.");
            return false;
        }
        if rule == TextRule::Name && text.contains('*') {
            let hint = "OneLogin reads `*` as a wildcard in searches; write the whole name.";
            self.error(Code::InvalidValue, origin, format!("{what} holds a `*`"), hint);
            return false;
        }
        if matches!(rule, TextRule::Word | TextRule::Scope | TextRule::Url) && text.contains(char::is_whitespace) {
            let hint = match rule {
                TextRule::Scope => "Write one value an item; blanks separate the values in a token.",
                TextRule::Url => "Write `%20` for a blank that belongs there, and one value an item.",
                _ => "Write one word.",
            };
            self.error(Code::InvalidValue, origin, format!("{what} holds a blank: `{text}`"), hint);
            return false;
        }
        true
    }

    /// Reads a whole number.
    pub(crate) fn integer(&mut self, at: At<'_>, least: u64, most: u64) -> Option<u64> {
        let resolved = self.scalar(at, "a number", "")?;
        if resolved.kind == Kind::Text {
            let hint = match resolved.text.parse::<u64>() {
                Ok(_) if at.has_variable() => {
                    format!("Write the value without quotes where the variable is defined: {}.", resolved.text)
                }
                Ok(_) => format!("Write it without quotes: `{}: {}`.", at.name, resolved.text),
                Err(_) => format!("Write a whole number, such as `{}: {}`.", at.name, least.max(10)),
            };
            self.error(Code::WrongType, &at.node.origin, format!("{} takes a number, found text", at.what()), hint);
            return None;
        }
        let digits = resolved.text.bytes().all(|byte| byte.is_ascii_digit());
        let leads_with_zero = resolved.text.len() > 1 && resolved.text.starts_with('0');
        let number = resolved.text.parse::<u64>().ok().filter(|_| digits && !leads_with_zero);
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(number) => {
                let hint = match (number, at.name.ends_with("_minutes")) {
                    (0, true) => "OneLogin stores 0 as 0; remove the key for its default.".to_owned(),
                    _ => format!("Write a number from {least} to {most}."),
                };
                self.error(Code::InvalidValue, &at.node.origin, format!("{} cannot be {number}", at.what()), hint);
                None
            }
            None if is_integer(&resolved.text) => {
                let message = format!("{} cannot be {}", at.what(), resolved.text);
                self.error(
                    Code::InvalidValue,
                    &at.node.origin,
                    message,
                    format!("Write a number from {least} to {most}."),
                );
                None
            }
            None => {
                let message = format!("{} takes a whole number, found `{}`", at.what(), resolved.text);
                let hint =
                    format!("Write decimal digits from {least} to {most}, such as `{}: {}`.", at.name, least.max(10));
                self.error(Code::WrongType, &at.node.origin, message, hint);
                None
            }
        }
    }

    /// Reads a number of minutes, at least 1.
    pub(crate) fn minutes(&mut self, at: At<'_>) -> Option<u32> {
        self.integer(at, 1, u64::from(i32::MAX.unsigned_abs())).and_then(|number| u32::try_from(number).ok())
    }

    /// Reads an id of the account.
    pub(crate) fn remote_id(&mut self, at: At<'_>) -> Option<RemoteId> {
        self.integer(at, 1, i64::MAX.unsigned_abs()).map(RemoteId)
    }

    /// Reads true or false.
    pub(crate) fn boolean(&mut self, at: At<'_>) -> Option<bool> {
        let resolved = self.scalar(at, "true or false", "")?;
        match (resolved.kind, resolved.text.as_ref()) {
            (Kind::Plain | Kind::Open, "true" | "True" | "TRUE") => Some(true),
            (Kind::Plain | Kind::Open, "false" | "False" | "FALSE") => Some(false),
            (_, other) => {
                let hint = match other.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" | "1" => "Write `true`, without quotes.",
                    "no" | "off" | "n" | "false" | "0" => "Write `false`, without quotes.",
                    _ => "Write `true` or `false`.",
                };
                let message = format!("{} takes true or false, found `{other}`", at.what());
                self.error(Code::WrongType, &at.node.origin, message, hint);
                None
            }
        }
    }

    /// Reads one of a few words.
    pub(crate) fn choice<T: Copy>(&mut self, at: At<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(at, TextRule::Line)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let hint = match nearest::nearest(&text, words.iter().map(|(word, _)| *word)) {
            Some(near) => format!("Did you mean `{near}`? It takes {}.", names.join(", ")),
            None => format!("It takes {}.", names.join(", ")),
        };
        self.error(Code::InvalidValue, &at.node.origin, format!("{} cannot be `{text}`", at.what()), hint);
        None
    }

    /// Reads a field that may be absent, with its place.
    pub(crate) fn field<'t, T>(
        &mut self,
        fields: &Fields<'t>,
        key: &'static str,
        read: impl FnOnce(&mut Self, At<'t>) -> Option<T>,
    ) -> Field<T> {
        let at = fields.get(key)?;
        let origin = if at.node.scalar().is_some() { &at.node.origin } else { at.origin };
        read(self, at).map(|value| Sourced::new(value, origin.clone()))
    }

    /// Reads a list of texts; equal items are reported.
    pub(crate) fn texts(&mut self, at: At<'_>, rule: TextRule) -> Option<Vec<Sourced<String>>> {
        let mut texts: Vec<Sourced<String>> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for item in self.list(at)? {
            let Some(text) = self.text(at.item(item), rule) else { continue };
            match seen.get(&text).and_then(|first| texts.get(*first)) {
                Some(first) => {
                    let message = format!("`{text}` stands twice in `{}`", at.name);
                    let diagnostic = Diagnostic::error(Code::InvalidValue, item.origin.clone(), message)
                        .with_related(first.origin.clone(), "first listed here")
                        .with_hint("Remove one of the two.");
                    self.problems.push(diagnostic);
                }
                None => {
                    seen.insert(text.clone(), texts.len());
                    texts.push(Sourced::new(text, item.origin.clone()));
                }
            }
        }
        Some(texts)
    }

    /// Reads a list of scope values.
    pub(crate) fn scope_values(&mut self, at: At<'_>) -> Option<Vec<Sourced<ScopeValue>>> {
        let texts = self.texts(at, TextRule::Scope)?;
        Some(texts.into_iter().map(|text| Sourced::new(ScopeValue::new(text.value), text.origin)).collect())
    }

    /// Reads a list of keys of entries.
    pub(crate) fn keys(&mut self, at: At<'_>) -> Option<Vec<Sourced<EntryKey>>> {
        let texts = self.texts(at, TextRule::Line)?;
        Some(texts.into_iter().map(|text| Sourced::new(EntryKey::new(text.value), text.origin)).collect())
    }
}

/// Says what to write where `[contacts: read]` was read as a mapping.
fn pair_in_list(node: &Node) -> Option<String> {
    let Value::Map(pairs) = &node.value else { return None };
    let [Pair { key, value }] = pairs.as_slice() else { return None };
    let text = &value.scalar()?.text;
    Some(format!(
        "A colon and a blank make a mapping: write `{}:{text}` without the blank, or quote a text.",
        key.value
    ))
}

/// Says whether a text is a whole number of any size, the way people write it.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leads_with_zero = digits.len() > 1 && digits.starts_with('0');
    !leads_with_zero && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn quoted(text: &str) -> String {
    if text.contains(['{', '}', '[', ']', ',', '#', '"', '\'', ':']) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}
