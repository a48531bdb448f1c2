//! Two environments of one tenant that want different things of one object.

use crate::diagnostic::Diagnostic;
use crate::model::DesiredState;

/// Reports objects that two environments of one tenant would fight over.
pub(crate) fn across(_environments: &[(Option<String>, DesiredState)]) -> Vec<Diagnostic> {
    Vec::new()
}
