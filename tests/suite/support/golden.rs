//! Files that hold what was said last time.

use std::path::Path;

/// Set to write the files anew instead of comparing them.
const BLESS: &str = "GATEWRIGHT_BLESS";

/// Compares a text with a file, or writes it.
pub(crate) fn compare(path: &Path, text: &str) {
    if std::env::var_os(BLESS).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(golden.as_str(), text);
    assert!(golden == text, "{}", diff.unified_diff().header(&path.to_string_lossy(), "this run"));
}
