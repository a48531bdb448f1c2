//! The colours of the program. Nothing is said by colour alone.

use crate::diff::{Action, Impact};
use anstyle::{AnsiColor, Style};

/// Headings.
pub(super) const HEADING: Style = Style::new().bold();
/// What is less important than what stands beside it.
pub(super) const FAINT: Style = Style::new().dimmed();
/// What is added.
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
/// What is removed.
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
/// What is changed.
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// The word `error`.
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// The word `warning`.
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The word `note`.
pub(super) const NOTE: Style = AnsiColor::Blue.on_default().bold();
/// The word `hint`.
pub(super) const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Returns the colour of an action.
pub(super) const fn of_action(action: Action) -> Style {
    match action {
        Action::Create => ADDED,
        Action::Update | Action::Replace => CHANGED,
        Action::Delete => REMOVED,
    }
}

/// Returns the colour of an impact.
pub(super) const fn of_impact(impact: Impact) -> Style {
    match impact {
        Impact::Breaks => ERROR,
        Impact::Widens => CHANGED,
        Impact::Narrows | Impact::Cosmetic => Style::new(),
    }
}
