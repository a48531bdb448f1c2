//! What happens to one object and why, in words.

use crate::diff::{Action, Change, Edit, Reason};

/// Says what happens to an object, with the id that live knows it by, and why: `delete 7, not in the file`.
pub(super) fn facts(change: &Change) -> String {
    let action = change.edit.action();
    let id = match (&change.edit, change.edit.id()) {
        (_, None) => String::new(),
        // A binding has no id of its own: the app's must not read as if the app were meant.
        (Edit::Client { .. }, Some(id)) => format!(" app {id}"),
        (_, Some(id)) => format!(" {id}"),
    };
    format!("{}{id}{}", action.as_str(), reason_words(change.reason, action).unwrap_or_default())
}

/// Says why, where the action does not say it already.
const fn reason_words(reason: Reason, action: Action) -> Option<&'static str> {
    match (reason, action) {
        (Reason::MissingLive, Action::Create)
        | (Reason::Differs, Action::Update)
        | (Reason::Undo | Reason::Destroy, _) => None,
        (Reason::Replaced, Action::Replace) => None,
        (Reason::Replaced, _) => Some(", for the new app"),
        (Reason::Renamed, _) => Some(", renamed"),
        (Reason::OnlyLive, _) => Some(", not in the file"),
        (Reason::StateAbsent, _) => Some(", state: absent"),
        (Reason::MissingLive, _) => Some(", not live"),
        (Reason::Differs, _) => Some(", differs"),
    }
}
