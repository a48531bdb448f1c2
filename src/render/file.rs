//! Renders every policy of a desired state.

use super::facts::Facts;
use super::{flex, mulesoft, routes};
use crate::diagnostic::Diagnostic;
use crate::model::{DesiredState, EntryKey, Gateway};

/// A policy file as it has to lie on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RenderedFile {
    /// The policy it comes from.
    pub policy: EntryKey,
    /// The policy's output, relative to the root configuration file's folder; `/` separated.
    pub path: String,
    /// The whole file, with a newline at the end.
    pub contents: String,
}

/// Renders the policy files of a desired state.
///
/// Shape: sorted by path.
///
/// # Errors
/// Everything that a gateway cannot express or a policy lacks, each at its place; then no file is rendered at all.
pub fn render(desired: &DesiredState) -> Result<Vec<RenderedFile>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for (key, policy) in &desired.policies {
        let Some(facts) = Facts::of(desired, key, policy, &mut problems) else { continue };
        routes::check_coverage(policy, &mut problems);
        // Contents made beside a problem are dropped below: nothing weaker than asked for gets out.
        let contents = match &policy.gateway {
            Gateway::Mulesoft(mulesoft) => mulesoft::contents(&facts, mulesoft, &mut problems),
            Gateway::Flex(flex) => flex::contents(&facts, flex, &mut problems),
        };
        files.push(RenderedFile { policy: key.clone(), path: policy.output.value.clone(), contents });
    }
    flex::check_names(desired, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    files.sort_by(|one, other| (&one.path, &one.policy).cmp(&(&other.path, &other.policy)));
    Ok(files)
}
