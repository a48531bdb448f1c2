//! What the file can say: the reader's rules, seen from the writer's side.

use crate::config::decode::{check_callback, check_identifier, is_hidden};
use crate::model::{ApplicationType, text};

/// The longest key that is written: YAML readers may stop looking for the colon after 1,024 characters.
const MAX_KEY: usize = 500;

/// Says whether a text fits where one line is asked for.
pub(super) fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(is_hidden)
}

/// Says whether a text fits where a name is asked for.
pub(super) fn is_name(text: &str) -> bool {
    is_line(text) && !text.contains('*')
}

/// Says whether a text fits where blanks are not allowed.
pub(super) fn is_word(text: &str) -> bool {
    is_line(text) && !text.contains(char::is_whitespace)
}

/// Says whether an app may be sent to a URI.
pub(super) fn is_callback(text: &str, application: Option<ApplicationType>) -> bool {
    is_word(text) && check_callback(text, application).is_ok()
}

/// Says whether a text may name an API.
pub(super) fn is_identifier(text: &str) -> bool {
    is_word(text) && check_identifier(text).is_ok()
}

/// Says whether a scope or claim can be a key of the file.
pub(super) fn is_child_key(text: &str) -> bool {
    is_word(text) && !text.contains("${") && text.chars().count() <= MAX_KEY
}

/// Returns a name as people write it: decoded, where that still means the same.
pub(super) fn readable(name: &str) -> String {
    let decoded = text::canonical(name);
    if text::is_same(&decoded, name) { decoded.into_owned() } else { name.to_owned() }
}

/// Returns a text that is there and not empty: null and empty mean the same.
pub(super) fn said(text: &Option<String>) -> Option<String> {
    text.as_deref().filter(|text| !text.is_empty()).map(readable)
}
