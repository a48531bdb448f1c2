//! `gatewright validate`.

use crate::access;
use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::terminal::Terminal;
use crate::config::{self, LoadOptions, LoadedAll};
use crate::diagnostic::{Code, Diagnostic, merge};
use crate::model::DesiredState;
use crate::render::{self, RenderedFile};
use crate::report::{count, visible};
use clap::Args;
use std::collections::BTreeMap;

/// Check everything that can be checked without a network, lints included
///
/// Takes all environments of the file, or the one that --env names.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright validate
  gatewright validate --env prod -f apis/gatewright.yaml")]
pub(in crate::cli) struct ValidateArgs {}

/// Checks a file.
pub(in crate::cli) fn run(
    args: &ValidateArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let ValidateArgs {} = args;
    let variables = inputs::variables(global);
    let options = LoadOptions { environment: global.env.as_deref(), variables: &variables, process_env: env };
    let LoadedAll { environments, mut diagnostics, sources, root: _ } = config::load_all(global.file(), &options);
    let mut written = Written::default();
    let found = environments.iter().map(|(name, desired)| {
        let name = name.as_deref();
        (name, check(name, desired, &mut written))
    });
    diagnostics.extend(merge(found.collect()));
    diagnostics.sort_by(|one, other| one.place().cmp(&other.place()));
    inputs::tell(&diagnostics, &sources, terminal)?;
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Failure::Configuration);
    }
    let file = global.file().display().to_string();
    terminal.print(|out| writeln!(out, "{} is valid: {}.", visible(&file), contents(&environments)))?;
    Ok(Exit::Done)
}

/// The policy files of all environments by path, each with the environment that wrote it first.
type Written = BTreeMap<String, (Option<String>, String)>;

fn check(environment: Option<&str>, desired: &DesiredState, written: &mut Written) -> Vec<Diagnostic> {
    let mut problems = render::lint(desired);
    problems.extend(access::lint(desired));
    // What cannot be rendered is among the lints.
    let files = render::render(desired).unwrap_or_default();
    for RenderedFile { policy, path, contents } in files {
        match written.get(&path) {
            Some((first, other)) if *other != contents => {
                let name = |environment: Option<&str>| environment.unwrap_or("the file").to_owned();
                let message = format!(
                    "`{}` and `{}` write different contents to `{path}`",
                    name(first.as_deref()),
                    name(environment)
                );
                if let Some(policy) = desired.policies.get(&policy) {
                    let problem = Diagnostic::error(Code::OutputPath, policy.output.origin.clone(), message);
                    problems.push(problem.with_hint("Put `${environment}` into the path."));
                }
            }
            Some(_) => {}
            None => {
                written.insert(path, (environment.map(str::to_owned), contents));
            }
        }
    }
    problems
}

/// Counts what a file describes.
fn contents(environments: &[(Option<String>, DesiredState)]) -> String {
    let mut parts = Vec::new();
    let named: Vec<&str> = environments.iter().filter_map(|(name, _)| name.as_deref()).collect();
    if !named.is_empty() {
        parts.push(format!("{} ({})", count(named.len(), "environment", None), named.join(", ")));
    }
    let largest = |size: fn(&DesiredState) -> usize| environments.iter().map(|(_, desired)| size(desired)).max();
    let mut push = |number: Option<usize>, singular, plural| {
        if let Some(number @ 1..) = number {
            parts.push(count(number, singular, plural));
        }
    };
    push(largest(|desired| desired.servers.len()), "authorization server", None);
    push(largest(|desired| desired.apps.len()), "OIDC app", None);
    push(largest(|desired| desired.roles.len()), "role", None);
    push(largest(|desired| desired.policies.len()), "gateway policy", Some("gateway policies"));
    if parts.is_empty() { "it describes nothing".to_owned() } else { parts.join(", ") }
}
