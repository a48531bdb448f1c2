//! Variables: what they are worth, and how texts use them.
//!
//! `${name}` is a variable, `${environment}` the environment, `$${` a literal `${`; `${env:NAME}` reads the process
//! environment and stands inside `variables` only. Nothing here is secret: names that sound like secrets are refused.

use super::nearest;
use super::tree::{CoreType, Node, Scalar, Style, Value};
use crate::diagnostic::{Code, Diagnostic, Origin};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The longest text a variable may grow to.
const MAX_VALUE_BYTES: usize = 64 * 1024;
/// The most text that variables may stand for in one environment.
const MAX_REPLACED_BYTES: usize = 32 * 1024 * 1024;
/// The most unknown names that get a nearest name: the search is linear, and nobody reads more.
pub(super) const MAX_SUGGESTIONS: usize = 200;
/// The longest chain of variables that refer to variables.
const MAX_CHAIN: usize = 32;
/// What environment variables must not hold in their names: their values are shown in plans.
const SECRET_WORDS: [&str; 4] = ["SECRET", "TOKEN", "PASSWORD", "KEY"];
/// What environment variables must not begin with: those are credentials and hosts.
const REFUSED_PREFIXES: [&str; 2] = ["ONELOGIN_", "ANYPOINT_"];

/// What a resolved scalar can be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A plain scalar: the core schema tells its type.
    Plain,
    /// Text, whatever it looks like.
    Text,
    /// From the command line or the environment: read as the type of the field.
    Open,
}

/// A scalar with its variables replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved<'t> {
    pub(crate) text: Cow<'t, str>,
    pub(crate) kind: Kind,
}

/// Refuses a text that is too long for a variable.
fn must_be_short(text: &str, origin: &Origin) -> Result<(), Unresolved> {
    if text.len() <= MAX_VALUE_BYTES {
        return Ok(());
    }
    let message = format!("the text grows beyond {MAX_VALUE_BYTES} bytes");
    let problem = Diagnostic::error(Code::Variable, origin.clone(), message);
    Err(Some(Box::new(problem.with_hint("Variables are meant for names and URLs."))))
}

/// A scalar that could not be resolved; `None`: the problem was reported where its variable is defined.
pub(crate) type Unresolved = Option<Box<Diagnostic>>;

/// The variables of one environment.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    environment: Option<String>,
    /// Whether every variable is known: only then is an unknown name unknown.
    is_complete: bool,
    /// `None`: broken, and reported.
    values: BTreeMap<String, Option<(String, Kind)>>,
    work: Work,
}

/// What was done so far, counted so that it ends.
#[derive(Debug, Default)]
struct Work {
    replaced_bytes: Cell<usize>,
    suggestions: Cell<usize>,
}

impl Work {
    /// Counts a text that variables stand for; the problem of the first one too many is told, and no other.
    fn count(&self, text: &str, origin: &Origin) -> Result<(), Unresolved> {
        let before = self.replaced_bytes.get();
        let after = before.saturating_add(text.len());
        self.replaced_bytes.set(after);
        if after <= MAX_REPLACED_BYTES {
            return Ok(());
        }
        let problem = || {
            let message = format!("variables stand for more than {MAX_REPLACED_BYTES} bytes of text in all");
            let problem = Diagnostic::error(Code::Variable, origin.clone(), message);
            Box::new(problem.with_hint("Variables are meant for names and URLs; write long texts out."))
        };
        Err((before <= MAX_REPLACED_BYTES).then(problem))
    }

    fn unknown<'a>(&self, name: &str, origin: Origin, names: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
        let count = self.suggestions.get();
        self.suggestions.set(count + 1);
        let most = if count < MAX_SUGGESTIONS { usize::MAX } else { 0 };
        unknown(name, origin, names.take(most))
    }
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Definition<'t> {
    /// The file, with the place of the key.
    File(&'t Origin, &'t Node),
    /// The command line.
    Given(&'t str),
}

impl Variables {
    /// Evaluates every variable, so that each problem is found whether or not the variable is used.
    pub(crate) fn evaluate(
        environment: Option<&str>,
        definitions: &BTreeMap<&str, Definition<'_>>,
        is_complete: bool,
        process_env: &dyn Fn(&str) -> Option<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let environment = environment.map(str::to_owned);
        let variables = Self { environment, is_complete, values: BTreeMap::new(), work: Work::default() };
        let mut evaluation = Evaluation { variables, definitions, process_env, problems, chain: Vec::new() };
        for name in definitions.keys() {
            evaluation.value(name);
        }
        evaluation.variables
    }

    /// Replaces the variables of a scalar.
    pub(crate) fn resolve<'t>(&self, scalar: &'t Scalar, origin: &Origin) -> Result<Resolved<'t>, Unresolved> {
        let kind = if scalar.style == Style::Plain { Kind::Plain } else { Kind::Text };
        if !scalar.text.contains("${") {
            return Ok(Resolved { text: Cow::Borrowed(&scalar.text), kind });
        }
        resolve_pieces(scalar, origin, |reference| match reference.name {
            Name::Env(_) => Err(Some(Box::new(
                Diagnostic::error(Code::Variable, reference.origin, "`${env:…}` is allowed in `variables` only")
                    .with_hint("Define a variable from it, and use the variable here."),
            ))),
            Name::Variable(name) => self.lookup(name, reference.origin),
        })
    }

    /// Returns what each variable stands for.
    pub(crate) fn texts(self) -> BTreeMap<String, String> {
        self.values.into_iter().filter_map(|(name, value)| Some((name, value?.0))).collect()
    }

    /// Counts a text of a field that variables were replaced in.
    pub(crate) fn count(&self, resolved: &Resolved<'_>, origin: &Origin) -> Result<(), Unresolved> {
        match &resolved.text {
            Cow::Borrowed(_) => Ok(()),
            Cow::Owned(text) => self.work.count(text, origin),
        }
    }

    fn lookup(&self, name: &str, origin: Origin) -> Result<(String, Kind), Unresolved> {
        if name == "environment" {
            return self.named_environment(origin);
        }
        match self.values.get(name) {
            Some(Some(value)) => Ok(value.clone()),
            Some(None) => Err(None),
            None if !self.is_complete => Err(None),
            None => Err(Some(Box::new(self.work.unknown(name, origin, self.values.keys().map(String::as_str))))),
        }
    }

    fn named_environment(&self, origin: Origin) -> Result<(String, Kind), Unresolved> {
        match &self.environment {
            Some(name) => Ok((name.clone(), Kind::Text)),
            None => Err(Some(Box::new(
                Diagnostic::error(
                    Code::Environment,
                    origin,
                    "`${environment}` is used, and the file has no environments",
                )
                .with_hint("Add an `environments:` block, such as `environments: { dev: {}, prod: {} }`."),
            ))),
        }
    }
}

fn unknown<'a>(name: &str, origin: Origin, names: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    if name.trim().is_empty() {
        return Diagnostic::error(Code::Variable, origin, "`${}` names no variable")
            .with_hint("Write a name between the braces, or `$${}` for the text itself.");
    }
    let none = format!("Define it under `variables:`, or write `$${{{name}}}` for the text itself.");
    Diagnostic::error(Code::Variable, origin, format!("unknown variable `{name}`"))
        .with_hint(nearest::hint(name, names, &none))
}

/// Returns the variables that stand in a scalar; a broken one uses none.
pub(crate) fn used(scalar: &Scalar, origin: &Origin) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let noted = resolve_pieces(scalar, origin, |reference| {
        if let Name::Variable(name) = reference.name {
            names.insert(name.to_owned());
        }
        Ok((String::new(), Kind::Text))
    });
    if noted.is_ok() { names } else { BTreeSet::new() }
}

/// A use of a variable.
struct Reference<'t> {
    name: Name<'t>,
    origin: Origin,
}

enum Name<'t> {
    Variable(&'t str),
    Env(&'t str),
}

/// Replaces what `${…}` stands for; a scalar that is nothing else keeps the type of its variable.
fn resolve_pieces<'t>(
    scalar: &'t Scalar,
    origin: &Origin,
    mut value: impl FnMut(Reference<'t>) -> Result<(String, Kind), Unresolved>,
) -> Result<Resolved<'t>, Unresolved> {
    let text = scalar.text.as_str();
    let mut resolved = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(found) = text.get(rest..).and_then(|tail| tail.find("${")) {
        let start = rest + found;
        let before = text.get(rest..start).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            resolved.push_str(before);
            resolved.push_str("${");
            rest = start + 2;
            continue;
        }
        resolved.push_str(before);
        let Some(length) = text.get(start..).and_then(|tail| tail.find('}')) else {
            let origin = scalar.part(origin, start, text.len());
            return Err(Some(Box::new(
                Diagnostic::error(Code::Variable, origin, "`${` is never closed")
                    .with_hint("Add the `}`, or write `$${` for the text itself."),
            )));
        };
        let end = start + length + 1;
        let name = text.get(start + 2..end - 1).unwrap_or_default();
        let name = name.strip_prefix("env:").map_or(Name::Variable(name), Name::Env);
        let (replacement, kind) = value(Reference { name, origin: scalar.part(origin, start, end) })?;
        if start == 0 && end == text.len() {
            must_be_short(&replacement, origin)?;
            return Ok(Resolved { text: Cow::Owned(replacement), kind });
        }
        resolved.push_str(&replacement);
        must_be_short(&resolved, origin)?;
        rest = end;
    }
    resolved.push_str(text.get(rest..).unwrap_or_default());
    must_be_short(&resolved, origin)?;
    Ok(Resolved { text: Cow::Owned(resolved), kind: Kind::Text })
}

struct Evaluation<'a, 't> {
    variables: Variables,
    definitions: &'a BTreeMap<&'t str, Definition<'t>>,
    process_env: &'a dyn Fn(&str) -> Option<String>,
    problems: &'a mut Vec<Diagnostic>,
    /// The variables under evaluation, outermost first.
    chain: Vec<&'t str>,
}

impl<'t> Evaluation<'_, 't> {
    fn value(&mut self, name: &'t str) -> Option<(String, Kind)> {
        if let Some(known) = self.variables.values.get(name) {
            return known.clone();
        }
        let value = match self.definitions.get(name)? {
            Definition::Given(text) => self.given(name, text),
            Definition::File(_, node) => {
                self.chain.push(name);
                let value = self.node(name, node);
                self.chain.pop();
                value
            }
        };
        self.variables.values.insert(name.to_owned(), value.clone());
        value
    }

    fn given(&mut self, name: &str, text: &str) -> Option<(String, Kind)> {
        if text.len() <= MAX_VALUE_BYTES {
            return Some((text.to_owned(), Kind::Open));
        }
        let message = format!("`--var {name}=…` is longer than {MAX_VALUE_BYTES} bytes");
        self.problems
            .push(Diagnostic::unplaced(Code::Variable, message).with_hint("Variables are meant for names and URLs."));
        None
    }

    fn node(&mut self, name: &'t str, node: &'t Node) -> Option<(String, Kind)> {
        let Value::Scalar(scalar) = &node.value else {
            let message = format!("the variable `{name}` is {}, not one value", node.describe());
            self.problems.push(
                Diagnostic::error(Code::WrongType, node.origin.clone(), message)
                    .with_hint("A variable is a text, a number or true or false."),
            );
            return None;
        };
        if scalar.style == Style::Plain && CoreType::of(&scalar.text) == CoreType::Null {
            self.problems.push(
                Diagnostic::error(Code::NullValue, node.origin.clone(), format!("the variable `{name}` has no value"))
                    .with_hint("Write `\"\"` for an empty text."),
            );
            return None;
        }
        match self.resolved(scalar, &node.origin) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problems.extend(problem.map(|problem| *problem));
                None
            }
        }
    }

    fn resolved(&mut self, scalar: &'t Scalar, origin: &'t Origin) -> Result<(String, Kind), Unresolved> {
        if !scalar.text.contains("${") {
            let kind = if scalar.style == Style::Plain { Kind::Plain } else { Kind::Text };
            must_be_short(&scalar.text, origin)?;
            return Ok((scalar.text.clone(), kind));
        }
        let Resolved { text, kind } = resolve_pieces(scalar, origin, |reference| self.reference(reference))?;
        self.variables.work.count(&text, origin)?;
        Ok((text.into_owned(), kind))
    }

    fn reference(&mut self, reference: Reference<'t>) -> Result<(String, Kind), Unresolved> {
        let Reference { name, origin } = reference;
        let name = match name {
            Name::Env(name) => return self.environment_variable(name, origin),
            Name::Variable("environment") => return self.variables.named_environment(origin),
            Name::Variable(name) => name,
        };
        let Some((&name, _)) = self.definitions.get_key_value(name) else {
            if !self.variables.is_complete {
                return Err(None);
            }
            return Err(Some(Box::new(self.variables.work.unknown(name, origin, self.definitions.keys().copied()))));
        };
        if let Some(start) = self.chain.iter().position(|other| *other == name) {
            return Err(Some(Box::new(self.cycle(start, origin))));
        }
        if self.chain.len() >= MAX_CHAIN {
            let message = format!("more than {MAX_CHAIN} variables refer to one another in a row");
            return Err(Some(Box::new(Diagnostic::error(Code::Variable, origin, message))));
        }
        self.value(name).ok_or(None)
    }

    fn cycle(&self, start: usize, origin: Origin) -> Diagnostic {
        let ring = self.chain.get(start..).unwrap_or_default();
        let mut path = ring.join("` → `");
        if let Some(first) = ring.first() {
            path = format!("{path}` → `{first}");
        }
        let mut diagnostic =
            Diagnostic::error(Code::Variable, origin, format!("variables refer to one another: `{path}`"))
                .with_hint("Write one of them out.");
        for name in ring {
            if let Some(Definition::File(key, _)) = self.definitions.get(name) {
                diagnostic = diagnostic.with_related((*key).clone(), format!("`{name}` is defined here"));
            }
        }
        diagnostic
    }

    fn environment_variable(&self, name: &str, origin: Origin) -> Result<(String, Kind), Unresolved> {
        let fail = |message: String, hint: &str| {
            let diagnostic = Diagnostic::error(Code::EnvironmentVariable, origin.clone(), message);
            Err(Some(Box::new(diagnostic.with_hint(hint))))
        };
        if !is_environment_name(name) {
            return fail(
                format!("`{name}` is not the name of an environment variable"),
                "Names hold letters, digits and `_`, and do not begin with a digit.",
            );
        }
        let upper = name.to_ascii_uppercase();
        if REFUSED_PREFIXES.iter().any(|prefix| upper.starts_with(prefix))
            || SECRET_WORDS.iter().any(|word| upper.contains(word))
        {
            return fail(
                format!("the environment variable `{name}` is not read: its name says it may be secret"),
                "Variables are shown in plans; a secret is named where it is needed (`client_secret_env: NAME`).",
            );
        }
        match (self.process_env)(name) {
            Some(value) => Ok((value, Kind::Open)),
            None => fail(
                format!("the environment variable `{name}` is not set"),
                "Set it, or give the variable with `--var name=value`.",
            ),
        }
    }
}

/// Says whether a variable is named like a secret; only the last word counts, for `token_url` is none.
pub(crate) fn sounds_secret(name: &str) -> bool {
    let last = name.rsplit(['_', '-']).next().unwrap_or_default();
    matches!(last, "secret" | "password" | "passwd" | "token" | "key" | "credential" | "credentials")
}

/// Says whether a text can name an environment variable.
pub(crate) fn is_environment_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
