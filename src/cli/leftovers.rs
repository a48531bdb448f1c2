//! Policy files that earlier runs wrote and that no policy is written to any more.
//!
//! Nothing is deleted and nothing is recorded: a file is ours where it says so in its first line, or where it holds exactly
//! what a policy is rendered to. A file of JSON whose policy is gone tells nothing, and is not found.

use super::args::GlobalArgs;
use super::inputs::{Inputs, ProcessEnv};
use super::policy_files;
use crate::config::{self, LoadOptions, LoadedAll};
use crate::diagnostic::Diagnostic;
use crate::model::{DesiredState, EntryKey, Note, text};
use crate::render;
use crate::workspace::read_regular;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How many names of a folder are looked at. A configuration has thousands of policies at most, each with one file.
const MOST_NAMES: usize = 20_000;

/// How many files are read that no policy is written to: a folder of something else is not ours to go through.
const MOST_FILES: usize = 1_000;

/// The longest file that is read, in bytes; policy files have a few thousand.
const MOST_BYTES: u64 = 256 << 10;

/// The names that policy files have at the end.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// Finds policy files below a folder that nothing of the file is written to, in any of its environments.
///
/// Shape: sorted by path. Only the folders of today's outputs and that of outputs without a path are looked into. What cannot
/// be read is no finding, and there is none where another environment cannot be loaded: the file may be that one's.
pub(super) fn find(
    inputs: &Inputs,
    folder: &Path,
    variables: &BTreeMap<String, String>,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
) -> Vec<Note> {
    let owned = outputs(&inputs.desired);
    let candidates = candidates(folder, &folders(inputs), &owned);
    let read = candidates.iter().take(MOST_FILES).filter_map(|path| Some((path, contents(folder, path)?)));
    let mut found: Vec<(&String, String)> =
        read.filter_map(|(path, contents)| Some((path, reason(&contents, inputs)?))).collect();
    if !found.is_empty() && inputs.desired.environment.is_some() {
        let options = LoadOptions { environment: None, variables, process_env: env };
        let LoadedAll { environments, diagnostics, .. } = config::load_all(global.file(), &options);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Vec::new();
        }
        let owned: BTreeSet<String> = environments.iter().flat_map(|(_, desired)| outputs(desired)).collect();
        found.retain(|(path, _)| !owned.contains(&text::fold(path)));
    }
    let note = |(path, reason): (&String, String)| Note {
        origin: None,
        text: format!("{path} stays on disk: {reason}; does another configuration write it?"),
    };
    found.into_iter().map(note).collect()
}

/// Returns the paths that policies are written to, folded: on many disks case makes no other file.
fn outputs(desired: &DesiredState) -> BTreeSet<String> {
    desired.policies.values().map(|policy| text::fold(&policy.output.value)).collect()
}

/// Returns the folders that policy files are in, each with a `/` at the end unless it is the root.
fn folders(inputs: &Inputs) -> BTreeSet<String> {
    let environment = inputs.desired.environment.as_deref();
    let usual = config::policy_folder(environment);
    let of = |path: &str| path.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"));
    inputs.rendered.iter().map(|file| of(&file.path)).chain([usual]).collect()
}

/// Returns the files that no policy of this environment is written to, sorted.
fn candidates(root: &Path, folders: &BTreeSet<String>, owned: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in folders {
        let Ok(place) = policy_files::inside(root, folder) else { continue };
        let Ok(entries) = fs::read_dir(place) else { continue };
        for entry in entries.take(MOST_NAMES).flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let is_policy = name.rsplit_once('.').is_some_and(|(_, end)| EXTENSIONS.contains(&end));
            let path = format!("{folder}{name}");
            if is_file && is_policy && !name.starts_with('.') && !owned.contains(&text::fold(&path)) {
                found.insert(path);
            }
        }
    }
    found
}

fn contents(root: &Path, path: &str) -> Option<String> {
    let file = policy_files::inside(root, path).ok()?;
    String::from_utf8(read_regular(&file, MOST_BYTES).ok()?).ok()
}

/// Says why a file is ours; nothing where it does not tell.
fn reason(contents: &str, inputs: &Inputs) -> Option<String> {
    let today = |policy: &EntryKey| {
        let file = inputs.rendered.iter().find(|file| file.policy == *policy);
        file.map_or_else(
            || "which the file does not list".to_owned(),
            |file| format!("which is written to {}", file.path),
        )
    };
    if let Some(policy) = render::source(contents) {
        return Some(format!("it was written for gateway_policy/{policy}, {}", today(&policy)));
    }
    let policy = &inputs.rendered.iter().find(|file| file.contents == contents)?.policy;
    Some(format!("it holds what gateway_policy/{policy} is, {}", today(policy)))
}
