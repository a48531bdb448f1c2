//! `gatewright diff`.

use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::terminal::Terminal;
use crate::config::{self, LoadOptions, LoadedEnvironment, LoadedSome};
use crate::contrast::{self, Environment};
use crate::diagnostic::{Denied, Diagnostic, judge};
use crate::render::{self, RenderedFile};
use crate::report;
use clap::{ArgAction, Args, ValueEnum};

/// Show how two environments of the file differ, in access and in fields
///
/// No network is used. Whatever differs does so because of a variable, the tenant or an `only:`; the variables that make
/// a field differ stand beside it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright diff --env dev --env prod
  gatewright diff --env dev --env prod --format json")]
pub(in crate::cli) struct DiffArgs {
    // Takes the place of the global option of that name, which takes one.
    /// The two environments: give it twice
    #[arg(id = "env", long = "env", value_name = "NAME", action = ArgAction::Append)]
    environments: Vec<String>,

    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// How differences are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Compares two environments.
pub(in crate::cli) fn run(
    args: &DiffArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let DiffArgs { environments: names, format } = args;
    let [first, second] = names.as_slice() else {
        let message = format!("`diff` compares two environments, and {} named", named(names.len()));
        return Err(Failure::usage(message, "Write `gatewright diff --env dev --env prod`, in the names of the file."));
    };
    let variables = inputs::variables(global);
    let options = LoadOptions { environment: None, variables: &variables, process_env: env };
    let loaded = config::load_some(global.file(), &[first, second], &options);
    let LoadedSome { environments, mut diagnostics, allowances, sources, uses } = loaded;
    let mut rendered: Vec<Vec<RenderedFile>> = Vec::new();
    for LoadedEnvironment { name: _, desired, variables: _ } in &environments {
        match render::render(desired) {
            Ok(files) => rendered.push(files),
            Err(problems) => {
                // What is wrong in both is said once.
                let news: Vec<Diagnostic> = problems.into_iter().filter(|found| !diagnostics.contains(found)).collect();
                diagnostics.extend(news);
            }
        }
    }
    inputs::tell(&judge(diagnostics, &allowances, &Denied::default(), false), &sources, terminal)?;
    let ([first, second], [files, other_files]) = (environments.as_slice(), rendered.as_slice()) else {
        return Err(Failure::Configuration);
    };
    let contrast = contrast::contrast([of(first, files), of(second, other_files)], &uses);
    terminal.print(|out| match format {
        Format::Text => report::write_contrast(out, &contrast),
        Format::Json => report::write_contrast_json(out, &contrast),
    })?;
    Ok(Exit::Done)
}

fn named(number: usize) -> String {
    match number {
        0 => "none is".to_owned(),
        1 => "one is".to_owned(),
        number => format!("{number} are"),
    }
}

fn of<'a>(loaded: &'a LoadedEnvironment, files: &'a [RenderedFile]) -> Environment<'a> {
    let LoadedEnvironment { name, desired, variables } = loaded;
    Environment { name, desired, files, variables }
}
