//! From a path to desired states: reads once, resolves once an environment.

use super::check;
use super::frame::{self, Frame};
use super::include::{self, Input};
use super::nearest;
use super::resolve::{Outcome, resolve};
use super::uses;
use crate::diagnostic::{Allowance, Code, Diagnostic, Origin, SourceFiles, merge};
use crate::model::DesiredState;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The most text that is resolved in one run, each file counted once an environment.
const MAX_RESOLVED_BYTES: usize = 256 * 1024 * 1024;

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
    /// Where the tenant is named, for problems found later.
    pub tenant: Option<TenantPlace>,
    /// Every problem, each once, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the comments of the files allow; nothing is taken out of the problems for it.
    pub allowances: Vec<Allowance>,
    /// The files that were read.
    pub sources: SourceFiles,
    /// The folder of the root file.
    pub root: PathBuf,
}

/// Where a file names the tenant of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPlace {
    /// Its subdomain or custom domain.
    pub host: Origin,
    /// Its account, if the file names one.
    pub account_id: Option<Origin>,
}

/// All environments of a file.
#[derive(Debug)]
pub struct LoadedAll {
    /// What each environment asks for, by name; `None` names the file that has no environments. An environment with an
    /// error is left out.
    pub environments: Vec<(Option<String>, DesiredState)>,
    /// Every problem, each once, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the comments of the files allow; nothing is taken out of the problems for it.
    pub allowances: Vec<Allowance>,
    /// The files that were read.
    pub sources: SourceFiles,
    /// The folder of the root file.
    pub root: PathBuf,
}

/// Some environments of a file, by name.
#[derive(Debug)]
pub struct LoadedSome {
    /// The environments in the order they were asked for; one with an error is left out.
    pub environments: Vec<LoadedEnvironment>,
    /// Every problem, each once, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the comments of the files allow; nothing is taken out of the problems for it.
    pub allowances: Vec<Allowance>,
    /// The files that were read.
    pub sources: SourceFiles,
    /// The variables that stand at each place of the files: of a text at the text, of a list at its key.
    pub uses: BTreeMap<Origin, BTreeSet<String>>,
}

/// One environment of several.
#[derive(Debug)]
pub struct LoadedEnvironment {
    /// Its name.
    pub name: String,
    /// What it asks for.
    pub desired: DesiredState,
    /// What its variables stand for, by name.
    pub variables: BTreeMap<String, String>,
}

/// Loads the environments that are named; does not compare them with one another.
pub fn load_some(path: &Path, names: &[&str], options: &LoadOptions<'_>) -> LoadedSome {
    let input = include::read(path);
    let frame = frame::frame(&input);
    let mut diagnostics = common_problems(&input, &frame, options);
    let mut found: Vec<(Option<&str>, Vec<Diagnostic>)> = Vec::new();
    let mut environments = Vec::new();
    for name in names {
        match choose(&frame, Some(name)) {
            Ok(environment) => {
                let Outcome { desired, tenant: _, problems, variables } = resolve(&input, &frame, environment, options);
                let variables = variables.texts();
                environments.extend(desired.map(|desired| LoadedEnvironment {
                    name: (*name).to_owned(),
                    desired,
                    variables,
                }));
                found.push((environment, problems));
            }
            Err(problem) if !input.trees.is_empty() => diagnostics.push(problem),
            Err(_) => {}
        }
    }
    diagnostics.extend(merge(found));
    sort(&mut diagnostics);
    drop(frame);
    let uses = uses::uses(&input.trees);
    let Input { allowances, sources, .. } = input;
    LoadedSome { environments, diagnostics, allowances, sources, uses }
}

/// Loads one environment of a file.
pub fn load(path: &Path, options: &LoadOptions<'_>) -> Loaded {
    let input = include::read(path);
    let frame = frame::frame(&input);
    let mut diagnostics = common_problems(&input, &frame, options);
    let (mut desired, mut tenant) = (None, None);
    match choose(&frame, options.environment) {
        Ok(environment) => {
            let outcome = resolve(&input, &frame, environment, options);
            diagnostics.extend(outcome.problems);
            (desired, tenant) = (outcome.desired, outcome.tenant);
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
    let Input { allowances, sources, root, .. } = input;
    Loaded { desired, tenant, diagnostics, allowances, sources, root }
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
    if let Some(problem) = too_many(&input, &chosen, &frame) {
        diagnostics.push(problem);
        chosen.clear();
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
    let Input { allowances, sources, root, .. } = input;
    LoadedAll { environments, diagnostics, allowances, sources, root }
}

/// Problems that are the same in every environment.
fn common_problems(input: &Input, frame: &Frame<'_>, options: &LoadOptions<'_>) -> Vec<Diagnostic> {
    let mut problems = input.problems.clone();
    problems.extend(frame.problems.iter().cloned());
    if input.trees.is_empty() || frame.unreadable.contains("variables") {
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

/// Refuses to resolve more than there is room for: what a file says is kept once an environment.
fn too_many(input: &Input, chosen: &[Option<&str>], frame: &Frame<'_>) -> Option<Diagnostic> {
    let environments = frame.environments.as_ref().filter(|_| chosen.len() > 1)?;
    let bytes = input.sources.iter().fold(0_usize, |sum, (_, text)| sum.saturating_add(text.len()));
    if bytes.saturating_mul(chosen.len()) <= MAX_RESOLVED_BYTES {
        return None;
    }
    let message = format!(
        "{} environments of {bytes} bytes each are more than the {MAX_RESOLVED_BYTES} that are checked at once",
        chosen.len()
    );
    let problem = Diagnostic::error(Code::Environment, environments.origin.clone(), message);
    Some(problem.with_hint("Check one at a time, with `--env`."))
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

/// Sorts by place and drops what was said before.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|one, other| one.place().cmp(&other.place()));
    diagnostics.dedup();
}
