//! One list of problems out of those of several environments.

use super::{Code, Diagnostic, Origin};
use std::collections::BTreeMap;

/// What makes two problems one.
type Said = (Code, String, Option<Origin>);

/// Puts the problems of several environments together: each once, saying where it is not the same everywhere.
///
/// Shape: in the order of the first environment that has them.
pub fn merge(found: Vec<(Option<&str>, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let environments = found.len();
    let mut merged: Vec<(Diagnostic, Vec<&str>)> = Vec::new();
    let mut said: BTreeMap<Said, usize> = BTreeMap::new();
    for (environment, problems) in found {
        for problem in problems {
            let place = problem.primary.as_ref().map(|label| label.origin.clone());
            let index = *said.entry((problem.code, problem.message.clone(), place)).or_insert_with(|| {
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
