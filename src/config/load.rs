//! From a path to desired states: reads once, resolves once an environment.

use super::check::{self, Names};
use super::decode::{self, At, Decoder};
use super::digest::{self, Meaning};
use super::frame::{self, Frame, Section};
use super::include::{self, Input};
use super::interpolate::{Definition, Variables};
use super::nearest;
use super::tree::{Pair, Value};
use crate::diagnostic::{Code, Diagnostic, SourceFiles};
use crate::model::{DesiredState, EntryKey, Note};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the command line and the process say about the file.
#[derive(Clone, Copy)]
pub struct LoadOptions<'a> {
    /// The environment that is meant; [`load_all`] takes all where none is named.
    pub environment: Option<&'a str>,
    /// Values of declared variables, by name.
    pub variables: &'a BTreeMap<String, String>,
    /// Reads an environment variable of the process.
    pub process_env: &'a dyn Fn(&str) -> Option<String>,
}

/// One environment of a file.
#[derive(Debug)]
pub struct Loaded {
    /// What the file asks for; `None` as soon as one diagnostic is an error.
    pub desired: Option<DesiredState>,
    /// Every problem, each once, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read.
    pub sources: SourceFiles,
    /// The folder of the root file.
    pub root: PathBuf,
}

/// All environments of a file.
#[derive(Debug)]
pub struct LoadedAll {
    /// What each environment asks for, by name; `None` names the file that has no environments. An environment with an
    /// error is left out.
    pub environments: Vec<(Option<String>, DesiredState)>,
    /// Every problem, each once, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read.
    pub sources: SourceFiles,
    /// The folder of the root file.
    pub root: PathBuf,
}

/// Loads one environment of a file.
pub fn load(path: &Path, options: &LoadOptions<'_>) -> Loaded {
    let input = include::read(path);
    let frame = frame::frame(&input);
    let mut diagnostics = common_problems(&input, &frame, options);
    let mut desired = None;
    match choose(&frame, options.environment) {
        Ok(environment) => {
            let outcome = resolve(&input, &frame, environment, options);
            diagnostics.extend(outcome.problems);
            desired = outcome.desired;
        }
        // Without a root tree there is nothing to choose from.
        Err(problem) if !input.trees.is_empty() => diagnostics.push(problem),
        Err(_) => {}
    }
    sort(&mut diagnostics);
    drop(frame);
    if diagnostics.iter().any(Diagnostic::is_error) {
        desired = None;
    }
    Loaded { desired, diagnostics, sources: input.sources, root: input.root }
}

/// Loads every environment of a file, or the one that is named, and compares the environments with one another.
pub fn load_all(path: &Path, options: &LoadOptions<'_>) -> LoadedAll {
    let input = include::read(path);
    let frame = frame::frame(&input);
    let mut diagnostics = common_problems(&input, &frame, options);
    let mut chosen: Vec<Option<&str>> = Vec::new();
    match (options.environment, &frame.environments) {
        (None, Some(environments)) => chosen.extend(environments.blocks.keys().map(|name| Some(*name))),
        (environment, _) => match choose(&frame, environment) {
            Ok(environment) => chosen.push(environment),
            Err(problem) if !input.trees.is_empty() => diagnostics.push(problem),
            Err(_) => {}
        },
    }
    let mut found: Vec<(Option<&str>, Vec<Diagnostic>)> = Vec::new();
    let mut environments = Vec::new();
    for environment in chosen {
        let outcome = resolve(&input, &frame, environment, options);
        if let Some(desired) = outcome.desired {
            environments.push((environment.map(str::to_owned), desired));
        }
        found.push((environment, outcome.problems));
    }
    diagnostics.extend(merge(found));
    diagnostics.extend(check::across(&environments));
    sort(&mut diagnostics);
    drop(frame);
    LoadedAll { environments, diagnostics, sources: input.sources, root: input.root }
}

/// Problems that are the same in every environment.
fn common_problems(input: &Input, frame: &Frame<'_>, options: &LoadOptions<'_>) -> Vec<Diagnostic> {
    let mut problems = input.problems.clone();
    problems.extend(frame.problems.iter().cloned());
    if input.trees.is_empty() {
        return problems;
    }
    for name in options.variables.keys().filter(|name| !frame.variables.contains_key(name.as_str())) {
        let hint = nearest::hint(name, frame.variables.keys().copied(), "The file declares no variables.");
        problems.push(
            Diagnostic::unplaced(
                Code::Variable,
                format!("`--var {name}=…` names a variable that the file does not declare"),
            )
            .with_hint(hint),
        );
    }
    problems
}

/// Finds the environment that is meant.
fn choose<'a>(frame: &Frame<'_>, wanted: Option<&'a str>) -> Result<Option<&'a str>, Diagnostic> {
    match (wanted, &frame.environments) {
        (None, None) => Ok(None),
        (Some(name), Some(environments)) if environments.blocks.contains_key(name) => Ok(Some(name)),
        (Some(name), Some(environments)) => {
            let names = environments.blocks.keys().copied();
            let message = format!("the file has no environment `{name}`");
            let hint = nearest::hint(name, names, "The file names none.");
            Err(Diagnostic::error(Code::Environment, environments.origin.clone(), message).with_hint(hint))
        }
        (Some(name), None) => {
            let message = format!("`--env {name}` names an environment, and the file has none");
            Err(Diagnostic::unplaced(Code::Environment, message)
                .with_hint(format!("Leave `--env` out, or add `environments: {{ {name}: {{}} }}` to the file.")))
        }
        (None, Some(environments)) => {
            let names: Vec<String> = environments.blocks.keys().map(|name| format!("`--env {name}`")).collect();
            let message = "the file has environments, and none is chosen";
            Err(Diagnostic::error(Code::Environment, environments.origin.clone(), message)
                .with_hint(format!("Add {}.", names.join(" or "))))
        }
    }
}

struct Outcome {
    desired: Option<DesiredState>,
    problems: Vec<Diagnostic>,
}

/// Resolves one environment: variables, types, references.
fn resolve(input: &Input, frame: &Frame<'_>, environment: Option<&str>, options: &LoadOptions<'_>) -> Outcome {
    let mut problems = Vec::new();
    let definitions = definitions(frame, environment, options);
    let variables = Variables::evaluate(environment, &definitions, options.process_env, &mut problems);
    let mut decoder = Decoder { variables: &variables, problems };
    let block = environment.zip(frame.environments.as_ref()).and_then(|(name, all)| all.blocks.get(name));
    let tenant = block.and_then(|block| block.tenant).or(frame.tenant);
    let tenant = tenant.and_then(|pair| decode::tenant(&mut decoder, At::pair(pair)));
    let mut notes = Vec::new();
    let names = names(&mut decoder, frame, environment, &mut notes);
    let folder = environment.map_or_else(|| "policies/".to_owned(), |name| format!("policies/{name}/"));
    // A stand-in lets the rest be checked; a missing tenant was reported and stops the plan.
    let is_named = tenant.is_some();
    let tenant = tenant.unwrap_or(crate::model::Tenant { subdomain: String::new(), account_id: None, base_url: None });
    let mut desired = DesiredState {
        environment: environment.map(str::to_owned),
        config_digest: String::new(),
        roles: entries(&names.roles.here, |at| decode::role(&mut decoder, at)),
        apps: entries(&names.apps.here, |at| decode::app(&mut decoder, at)),
        servers: entries(&names.servers.here, |at| decode::server(&mut decoder, at)),
        policies: entries(&names.policies.here, |at| decode::policy(&mut decoder, at, &folder)),
        tenant,
        notes,
    };
    let mut problems = decoder.problems;
    if input.is_whole {
        problems.extend(check::check(&mut desired, &names, &input.root, &input.sources));
    }
    desired.notes.sort();
    let is_sound = is_named && input.is_whole && !problems.iter().any(Diagnostic::is_error);
    if is_sound {
        desired.config_digest = digest::digest(&Meaning {
            environment,
            tenant: &desired.tenant,
            variables: &variables,
            sections: [
                ("roles", &names.roles.here),
                ("oidc_apps", &names.apps.here),
                ("authorization_servers", &names.servers.here),
                ("gateway_policies", &names.policies.here),
            ],
        });
    }
    Outcome { desired: is_sound.then_some(desired), problems }
}

/// Gathers where each declared variable gets its value: command line, environment block, `variables`.
fn definitions<'t>(
    frame: &Frame<'t>,
    environment: Option<&str>,
    options: &LoadOptions<'t>,
) -> BTreeMap<&'t str, Definition<'t>> {
    let block = environment.zip(frame.environments.as_ref()).and_then(|(name, all)| all.blocks.get(name));
    let mut definitions = BTreeMap::new();
    for (name, declared) in &frame.variables {
        let pair: &'t Pair = block.and_then(|block| block.variables.get(name).copied()).unwrap_or(declared);
        let definition = match options.variables.get(*name) {
            Some(given) => Definition::Given(given),
            None => Definition::File(&pair.key.origin, &pair.value),
        };
        definitions.insert(*name, definition);
    }
    definitions
}

fn entries<T>(section: &Section<'_>, mut read: impl FnMut(At<'_>) -> Option<T>) -> BTreeMap<EntryKey, T> {
    section.iter().filter_map(|(key, pair)| Some((EntryKey::new(*key), read(At::pair(pair))?))).collect()
}

/// Splits every section by `only`.
fn names<'t>(
    decoder: &mut Decoder<'_>,
    frame: &Frame<'t>,
    environment: Option<&str>,
    notes: &mut Vec<Note>,
) -> Names<'t> {
    let known: Option<BTreeSet<&str>> = frame.environments.as_ref().map(|all| all.blocks.keys().copied().collect());
    let mut split = |noun: &str, section: &Section<'t>| {
        let mut kind = check::Kind { here: Section::new(), left_out: BTreeSet::new() };
        for (key, pair) in section {
            if is_here(decoder, pair, environment, known.as_ref()) {
                kind.here.insert(key, pair);
            } else {
                kind.left_out.insert(key);
                let text = format!("{noun} `{key}` is left alone: `only` does not name this environment");
                notes.push(Note { origin: Some(pair.key.origin.clone()), text });
            }
        }
        kind
    };
    Names {
        roles: split("role", &frame.roles),
        apps: split("OIDC app", &frame.apps),
        servers: split("authorization server", &frame.servers),
        policies: split("gateway policy", &frame.policies),
    }
}

/// Says whether an entry counts in the environment.
fn is_here(decoder: &mut Decoder<'_>, entry: &Pair, environment: Option<&str>, known: Option<&BTreeSet<&str>>) -> bool {
    let Some(only) = entry.value.get("only") else { return true };
    let Some(known) = known else {
        let hint = "Remove `only`, or add an `environments:` block.";
        decoder.error(Code::Environment, &only.key.origin, "`only` is used, and the file has no environments", hint);
        return true;
    };
    let before = decoder.problems.len();
    let Some(names) = decoder.keys(At::pair(only)) else { return true };
    if matches!(&only.value.value, Value::List(items) if items.is_empty()) {
        let hint = "Name the environments the entry is for, or remove the entry.";
        decoder.error(Code::InvalidValue, &only.key.origin, "`only` names no environment", hint);
    }
    for name in &names {
        if !known.contains(name.value.as_str()) {
            let hint = nearest::hint(name.value.as_str(), known.iter().copied(), "");
            let message = format!("`only` names `{}`, which is no environment of the file", name.value);
            decoder.error(Code::Environment, &name.origin, message, hint);
        }
    }
    // What is broken is read all the same, so that its other problems show.
    decoder.problems.len() > before || names.iter().any(|name| Some(name.value.as_str()) == environment)
}

/// Puts the problems of several environments together: each once, saying where it is not the same everywhere.
fn merge(found: Vec<(Option<&str>, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let environments = found.len();
    let mut merged: Vec<(Diagnostic, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<(Code, String, Option<(String, usize)>), usize> = BTreeMap::new();
    for (environment, problems) in found {
        for problem in problems {
            let place = problem.primary.as_ref().map(|label| (label.origin.file.to_string(), label.origin.start));
            let index = *places.entry((problem.code, problem.message.clone(), place)).or_insert_with(|| {
                merged.push((problem, Vec::new()));
                merged.len() - 1
            });
            if let (Some((_, names)), Some(name)) = (merged.get_mut(index), environment)
                && names.last() != Some(&name)
            {
                names.push(name);
            }
        }
    }
    merged
        .into_iter()
        .map(|(mut problem, names)| {
            if !names.is_empty() && names.len() < environments {
                problem.message = format!("{} (in `{}`)", problem.message, names.join("`, `"));
            }
            problem
        })
        .collect()
}

/// Sorts by place and drops what was said before.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|one, other| {
        (&one.primary, one.code, &one.message).cmp(&(&other.primary, other.code, &other.message))
    });
    diagnostics.dedup();
}
