//! `gatewright validate`.

use crate::access;
use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::deny::DenyArgs;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::terminal::Terminal;
use crate::config::{self, LoadOptions, LoadedAll};
use crate::diagnostic::{Code, Diagnostic, judge, merge};
use crate::model::DesiredState;
use crate::render::{self, RenderedFile};
use crate::report::{self, ProblemsView, count, visible};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Check everything that can be checked without a network, lints included
///
/// Takes all environments of the file, or the one that --env names. A comment `# gatewright: allow CODE REASON` in the file
/// allows a warning: at the end of its line, on the line above, or above the key of an entry for all of the entry.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright validate
  gatewright validate --env prod -f apis/gatewright.yaml
  gatewright validate --deny warnings
  gatewright validate --format sarif > gatewright.sarif
  gatewright explain --codes    all codes; gatewright explain CODE for one")]
pub(in crate::cli) struct ValidateArgs {
    /// How to write what is found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    denies: DenyArgs,
}

/// How problems are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, on stderr
    Text,
    /// For programs
    Json,
    /// For code scanning services; what comments allow is in it as suppressed
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// Checks a file.
pub(in crate::cli) fn run(
    args: &ValidateArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let ValidateArgs { format, denies } = args;
    let variables = inputs::variables(global);
    let options = LoadOptions { environment: global.env.as_deref(), variables: &variables, process_env: env };
    let LoadedAll { environments, mut diagnostics, allowances, sources, root: _ } =
        config::load_all(global.file(), &options);
    let mut written = Written::default();
    let found = environments.iter().map(|(name, desired)| {
        let name = name.as_deref();
        (name, check(name, desired, &mut written))
    });
    diagnostics.extend(merge(found.collect()));
    // In one environment of several, an allowance may be for another.
    let judged = judge(diagnostics, &allowances, &denies.denied(), global.env.is_none());
    let folder = folder(global.file(), env);
    let view = ProblemsView { judged: &judged, sources: &sources, folder: &folder };
    match format {
        Format::Text => {
            inputs::tell(&judged, &sources, terminal)?;
            if !judged.has_errors() {
                let file = global.file().display().to_string();
                terminal.print(|out| writeln!(out, "{} is valid: {}.", visible(&file), contents(&environments)))?;
            }
        }
        Format::Json => terminal.print(|out| report::write_problems_json(out, &view))?,
        Format::Sarif => terminal.print(|out| report::write_problems_sarif(out, &view))?,
        Format::Github => terminal.print(|out| report::write_problems_github(out, &view))?,
    }
    if judged.has_errors() { Err(Failure::Configuration) } else { Ok(Exit::Done) }
}

/// Names the folder of a file as a service that shows problems beside the code names it: relative to the working copy that
/// a runner of GitHub Actions says it has, else to the current folder, with `/`.
fn folder(file: &Path, env: ProcessEnv<'_>) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let path = current.join(file);
    let workspace = env("GITHUB_WORKSPACE").map(PathBuf::from);
    let below = |base: &Path| path.strip_prefix(base).ok().map(Path::to_owned);
    let path = workspace.as_deref().and_then(below).or_else(|| below(&current)).unwrap_or_else(|| path.clone());
    let segments = path.parent().into_iter().flat_map(Path::components).filter_map(|part| match part {
        Component::CurDir => None,
        Component::RootDir => Some(String::new()),
        part => Some(part.as_os_str().to_string_lossy().into_owned()),
    });
    segments.collect::<Vec<_>>().join("/")
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
