//! The configuration, and the policy files that follow from it.

use super::args::GlobalArgs;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::{self, LoadOptions, TenantPlace};
use crate::diagnostic::{Denied, Judged, SourceFiles, judge};
use crate::model::DesiredState;
use crate::render::{self, RenderedFile};
use crate::report;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Reads an environment variable of the process.
pub(super) type ProcessEnv<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One environment of a configuration without errors.
#[derive(Debug)]
pub(super) struct Inputs {
    /// What the file asks for.
    pub(super) desired: DesiredState,
    /// The policy files that follow from it, by path.
    pub(super) rendered: Vec<RenderedFile>,
    /// The folder of the root file.
    pub(super) root: PathBuf,
    /// Where the tenant is named, and the text of the files: for problems found later.
    pub(super) tenant: Option<TenantPlace>,
    pub(super) sources: SourceFiles,
}

/// Returns the variables of the command line; the last of two with one name counts.
pub(super) fn variables(global: &GlobalArgs) -> BTreeMap<String, String> {
    global.variables.iter().cloned().collect()
}

/// Loads one environment and renders its policies; says on stderr whatever is wrong.
pub(super) fn load(global: &GlobalArgs, env: ProcessEnv<'_>, terminal: &Terminal) -> Result<Inputs, Failure> {
    load_with(global, global.env.as_deref(), &variables(global), env, terminal)
}

/// Loads a given environment with given variables, as a saved plan wants it.
pub(super) fn load_with(
    global: &GlobalArgs,
    environment: Option<&str>,
    variables: &BTreeMap<String, String>,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Inputs, Failure> {
    let loaded = config::load(global.file(), &LoadOptions { environment, variables, process_env: env });
    let config::Loaded { desired, tenant, mut diagnostics, allowances, sources, root } = loaded;
    let rendered = match desired.as_ref().map(render::render) {
        Some(Ok(rendered)) => rendered,
        Some(Err(problems)) => {
            diagnostics.extend(problems);
            Vec::new()
        }
        None => Vec::new(),
    };
    // Not all lints ran, so nothing can be said about allowances that met no warning.
    let judged = judge(diagnostics, &allowances, &Denied::default(), false);
    tell(&judged, &sources, terminal)?;
    match desired {
        Some(desired) if !judged.has_errors() => Ok(Inputs { desired, rendered, root, tenant, sources }),
        _ => Err(Failure::Configuration),
    }
}

/// Says on stderr what is wrong, if anything is.
pub(super) fn tell(judged: &Judged, sources: &SourceFiles, terminal: &Terminal) -> Result<(), Failure> {
    terminal.tell(|err| report::write_diagnostics(err, judged, sources, terminal.width()))?;
    Ok(())
}
