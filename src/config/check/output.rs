//! Where policies are written.

use crate::diagnostic::{Code, Diagnostic, Origin, SourceFiles, Sourced};
use crate::model::DesiredState;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

/// Checks every output path and brings it into plain form (`./a//b` is `a/b`).
pub(super) fn check(desired: &mut DesiredState, root: &Path, sources: &SourceFiles, problems: &mut Vec<Diagnostic>) {
    let mut links = Links { root, known: HashMap::new() };
    let mut taken: BTreeMap<String, Origin> = BTreeMap::new();
    for policy in desired.policies.values_mut() {
        let output = &mut policy.output;
        if output.value.is_empty() {
            // Reported when it was read.
            continue;
        }
        match plain(&output.value) {
            Ok(path) => output.value = path,
            Err((message, hint)) => {
                problems.push(error(output, message).with_hint(hint));
                continue;
            }
        }
        if sources.text(&output.value).is_some() {
            let diagnostic = error(output, format!("{} is an input of this configuration", output.value));
            problems.push(diagnostic.with_hint("Write the policy to another file, such as one under `policies/`."));
        }
        if let Some(link) = links.find(&output.value) {
            let diagnostic = error(output, format!("{link} is a symbolic link"));
            problems.push(diagnostic.with_hint("Write to a folder that is one, below the root file."));
        }
        match taken.get(&output.value) {
            Some(first) => {
                let (first, second) =
                    if *first <= output.origin { (first, &output.origin) } else { (&output.origin, first) };
                let message = format!("two policies are written to {}", output.value);
                problems.push(
                    Diagnostic::error(Code::OutputPath, second.clone(), message)
                        .with_related(first.clone(), "first written here")
                        .with_hint("Give each policy a file of its own."),
                );
            }
            None => {
                taken.insert(output.value.clone(), output.origin.clone());
            }
        }
    }
    refuse_files_as_folders(&taken, problems);
}

fn error(output: &Sourced<String>, message: String) -> Diagnostic {
    Diagnostic::error(Code::OutputPath, output.origin.clone(), message)
}

/// Returns the path without `.` and empty segments; the error says what is not allowed and what to do.
fn plain(path: &str) -> Result<String, (String, &'static str)> {
    const RELATIVE: &str = "Write it relative to the root file's folder, with `/`.";
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') || path.contains('\\') || has_drive || path.starts_with('~') {
        return Err((format!("`{path}` is not a relative path"), RELATIVE));
    }
    if path.ends_with('/') {
        return Err((format!("`{path}` is a folder"), "Add the name of a file."));
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
    if segments.contains(&"..") {
        return Err((format!("`{path}` leaves the root file's folder"), RELATIVE));
    }
    let folders = segments.split_last().map_or(&[][..], |(_, folders)| folders);
    if let Some(folder) = folders.iter().find(|folder| folder.starts_with('.')) {
        return Err((
            format!("`{path}` enters the hidden folder `{folder}`"),
            "Write to a folder without a leading dot.",
        ));
    }
    if segments.is_empty() {
        return Err((format!("`{path}` names no file"), "Add the name of a file."));
    }
    Ok(segments.join("/"))
}

/// Finds links on the way to a file, asking the disk once a folder.
struct Links<'a> {
    root: &'a Path,
    known: HashMap<String, bool>,
}

impl Links<'_> {
    fn find(&mut self, path: &str) -> Option<String> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for end in ends {
            let part = path.get(..end).unwrap_or_default();
            let root = self.root;
            let is_link = *self.known.entry(part.to_owned()).or_insert_with(|| {
                fs::symlink_metadata(root.join(part)).is_ok_and(|found| found.file_type().is_symlink())
            });
            if is_link {
                return Some(part.to_owned());
            }
        }
        None
    }
}

fn refuse_files_as_folders(taken: &BTreeMap<String, Origin>, problems: &mut Vec<Diagnostic>) {
    for (path, origin) in taken {
        for (end, _) in path.match_indices('/') {
            if let Some((folder, first)) = path.get(..end).and_then(|folder| taken.get_key_value(folder)) {
                let message = format!("{path} needs {folder} to be a folder, and another policy is written there");
                problems.push(
                    Diagnostic::error(Code::OutputPath, origin.clone(), message)
                        .with_related(first.clone(), "written here")
                        .with_hint("Give each policy a file of its own."),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn paths_stay_inside_and_become_plain() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(plain(path).ok().as_deref(), expected, "{path}");
        check("policies/a.json", Some("policies/a.json"));
        check("./policies//a.json", Some("policies/a.json"));
        check("a.json", Some("a.json"));
        for path in
            ["/a.json", "../a.json", "a/../../b.json", "a\\b.json", "C:/a.json", "~/a", "a/", ".", ".git/a", "a/.b/c"]
        {
            check(path, None);
        }
    }
}
