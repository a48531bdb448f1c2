//! Which files are read: the root file, and what `include` names inside its folder.

use super::document;
use super::tree::{Node, Value};
use crate::diagnostic::{Allowance, Code, Diagnostic, Origin, SourceFiles};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most files that `include` may name.
pub const MAX_FILES: usize = 10_000;
/// The largest file that is read.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// The most bytes that are read in all.
const MAX_TOTAL_BYTES: u64 = 256 * 1024 * 1024;

/// Every file of one configuration, parsed.
#[derive(Debug)]
pub(crate) struct Input {
    /// The folder of the root file.
    pub(crate) root: PathBuf,
    /// The trees, the root file's first, then by path; a file that is not YAML has none.
    pub(crate) trees: Vec<Node>,
    /// Whether every file was read and parsed: only then is an unknown name unknown.
    pub(crate) is_whole: bool,
    pub(crate) sources: SourceFiles,
    pub(crate) problems: Vec<Diagnostic>,
    /// What the comments of all files allow.
    pub(crate) allowances: Vec<Allowance>,
}

/// Reads the root file and what it includes.
pub(crate) fn read(path: &Path) -> Input {
    let root = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let input = Input {
        root,
        trees: Vec::new(),
        is_whole: true,
        sources: SourceFiles::default(),
        problems: Vec::new(),
        allowances: Vec::new(),
    };
    let mut reader = Reader { input, total_bytes: 0 };
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    reader.file(path, &name, None);
    if let Some(include) =
        reader.input.trees.first().and_then(|tree| tree.get("include")).map(|pair| pair.value.clone())
    {
        reader.includes(&include, &name);
    }
    reader.input
}

/// What to do where the root file is not there or cannot be read.
const NO_FILE: &str = "Name the file with `--file`. `gatewright init` writes one to start from, `gatewright init \
                       --from-live` one from an account.";

struct Reader {
    input: Input,
    total_bytes: u64,
}

impl Reader {
    fn problem(&mut self, code: Code, origin: Option<&Origin>, message: String, hint: &str) {
        self.input.is_whole = false;
        let diagnostic = match origin {
            Some(origin) => Diagnostic::error(code, origin.clone(), message),
            None => Diagnostic::unplaced(code, message),
        };
        self.input.problems.push(diagnostic.with_hint(hint));
    }

    /// Reads and parses one file; `origin` is the pattern that named it.
    fn file(&mut self, path: &Path, name: &str, origin: Option<&Origin>) {
        let bytes = match self.bytes(path) {
            Ok(bytes) => bytes,
            Err(reason) if origin.is_some() => {
                let hint = "Make it a file that can be read, or take it out of `include`.";
                return self.problem(Code::FileUnreadable, origin, format!("cannot read {name}: {reason}"), hint);
            }
            Err(reason) => {
                let message = match path.try_exists() {
                    Ok(false) => format!("there is no file {}", path.display()),
                    _ => format!("cannot read {}: {reason}", path.display()),
                };
                return self.problem(Code::FileUnreadable, None, message, NO_FILE);
            }
        };
        let file: Arc<str> = Arc::from(name);
        let text: Arc<str> = match String::from_utf8(bytes) {
            Ok(text) => Arc::from(text),
            Err(error) => return self.not_utf8(file, &error),
        };
        self.input.sources.insert(file.clone(), text.clone());
        match document::parse(&file, &text, &mut self.input.problems) {
            Some(document::Parsed { tree, allowances }) => {
                self.input.trees.push(tree);
                self.input.allowances.extend(allowances);
            }
            None => self.input.is_whole = false,
        }
    }

    fn bytes(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
        if !metadata.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        self.total_bytes = self.total_bytes.saturating_add(metadata.len());
        if metadata.len() > MAX_FILE_BYTES || self.total_bytes > MAX_TOTAL_BYTES {
            return Err(format!(
                "it is too large; a file may have {MAX_FILE_BYTES} bytes, all together {MAX_TOTAL_BYTES}"
            ));
        }
        // It may have grown since, or not say its length at all.
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(|error| error.to_string())?;
        let read = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if u64::try_from(read).is_ok_and(|read| read <= MAX_FILE_BYTES) {
            return Ok(bytes);
        }
        Err(format!("it is too large; a file may have {MAX_FILE_BYTES} bytes"))
    }

    fn not_utf8(&mut self, file: Arc<str>, error: &std::string::FromUtf8Error) {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        let line = text.matches('\n').count() + 1;
        let column = text.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        let origin = Origin {
            file: file.clone(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            start: valid,
            end: valid,
        };
        self.input.sources.insert(file, Arc::from(text));
        self.problem(Code::Syntax, Some(&origin), "the file is not UTF-8".to_owned(), "Save it as UTF-8.");
    }

    fn includes(&mut self, include: &Node, root_name: &str) {
        let Value::List(items) = &include.value else {
            // `frame` reports what stands there instead of a list.
            self.input.is_whole = false;
            return;
        };
        let mut files: BTreeSet<String> = BTreeSet::new();
        for item in items {
            let Some(pattern) = item.scalar().filter(|_| !item.is_null()) else {
                let message = format!("an item of `include` is {}, not a path", item.describe());
                self.problem(Code::Include, Some(&item.origin), message, "Write a path such as `apis/*.yaml`.");
                continue;
            };
            for found in self.matches(&pattern.text, &item.origin) {
                if found == root_name || !files.insert(found.clone()) {
                    continue;
                }
                if files.len() > MAX_FILES {
                    let message = format!("`include` names more than {MAX_FILES} files");
                    return self.problem(Code::Include, Some(&item.origin), message, "Merge some of them.");
                }
                self.included(&found, &item.origin);
            }
        }
        self.input.trees.get_mut(1..).unwrap_or_default().sort_by(|a, b| a.origin.file.cmp(&b.origin.file));
    }

    fn included(&mut self, found: &str, origin: &Origin) {
        let path = self.input.root.join(found);
        if !found.ends_with(".yaml") && !found.ends_with(".yml") {
            let message = format!("{found} is not a .yaml or .yml file");
            return self.problem(Code::Include, Some(origin), message, "Narrow the pattern, such as `apis/*.yaml`.");
        }
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.file_type().is_symlink() => {
                let message = format!("{found} is a symbolic link");
                self.problem(
                    Code::Include,
                    Some(origin),
                    message,
                    "Include the file itself, inside the root file's folder.",
                );
            }
            Ok(metadata) if !metadata.is_file() => {
                let message = format!("{found} is not a regular file");
                self.problem(Code::Include, Some(origin), message, "Take it out of the pattern.");
            }
            _ => self.file(&path, found, Some(origin)),
        }
    }

    /// Returns the files a pattern names, relative to the root and sorted.
    fn matches(&mut self, pattern: &str, origin: &Origin) -> Vec<String> {
        if let Err((message, hint)) = check_pattern(pattern) {
            self.problem(Code::Include, Some(origin), message, hint);
            return Vec::new();
        }
        let mut found = vec![String::new()];
        for segment in pattern.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
            match self.descend(&found, segment) {
                Ok(next) => found = next,
                Err(link) => {
                    let hint = "Include files inside the root file's folder, not through links.";
                    self.problem(Code::Include, Some(origin), format!("{link} is a symbolic link"), hint);
                    return Vec::new();
                }
            }
        }
        if found.is_empty() {
            let message = format!("`{pattern}` names no file");
            let hint = "Patterns are relative to the root file's folder; remove one that is not needed.";
            self.problem(Code::Include, Some(origin), message, hint);
        }
        found
    }

    /// Follows one segment of a pattern; a folder that is a link is returned as the error.
    fn descend(&self, folders: &[String], segment: &str) -> Result<Vec<String>, String> {
        let mut next = Vec::new();
        for folder in folders {
            let path = self.input.root.join(folder);
            let is_link = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink());
            if !folder.is_empty() && is_link(&path) {
                return Err(folder.clone());
            }
            let joined = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            if !segment.contains('*') {
                if fs::symlink_metadata(path.join(segment)).is_ok() {
                    next.push(joined(segment));
                }
                continue;
            }
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            next.extend(names.filter(|name| is_match(segment, name)).map(|name| joined(&name)));
        }
        next.sort();
        Ok(next)
    }
}

fn check_pattern(pattern: &str) -> Result<(), (String, &'static str)> {
    if pattern.contains("${") {
        let message = "variables are not replaced in `include`".to_owned();
        return Err((message, "Write the path out; `only` on an entry leaves it out of an environment."));
    }
    if pattern.starts_with('/') || pattern.contains('\\') || pattern.contains(':') {
        return Err((format!("`{pattern}` is not a relative path"), "Write it relative to the root file, with `/`."));
    }
    if pattern.split('/').any(|segment| segment == "..") {
        return Err((format!("`{pattern}` leaves the root file's folder"), "Move the file into the folder."));
    }
    if pattern.contains("**") {
        return Err((format!("`{pattern}` holds `**`"), "`*` matches within one folder; list the folders."));
    }
    if pattern.is_empty() {
        return Err(("an item of `include` is empty".to_owned(), "Write a path such as `apis/*.yaml`."));
    }
    Ok(())
}

/// Matches a name with a pattern in which `*` is any text; names that begin with a dot need a dot.
fn is_match(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(start) => rest = rest.get(start + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{check_pattern, is_match};

    #[test]
    fn stars_match_within_a_name() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(is_match(pattern, name), expected, "{pattern} {name}");
        };
        check("*.yaml", "a.yaml", true);
        check("*.yaml", "a.yml", false);
        check("*.yaml", ".hidden.yaml", false);
        check(".*.yaml", ".hidden.yaml", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c", false);
        check("a*a", "a", false);
        check("a*a", "aa", true);
        check("*", "anything", true);
        check("same", "same", true);
        check("same", "same2", false);
    }

    #[test]
    fn patterns_stay_inside() {
        for pattern in ["/etc/x.yaml", "../x.yaml", "a/../../x.yaml", "a\\b.yaml", "c:/x.yaml", "**/x.yaml", "", "${x}"]
        {
            assert!(check_pattern(pattern).is_err(), "{pattern}");
        }
        for pattern in ["x.yaml", "apis/*.yaml", "./apis/*/x.yml"] {
            assert!(check_pattern(pattern).is_ok(), "{pattern}");
        }
    }
}
