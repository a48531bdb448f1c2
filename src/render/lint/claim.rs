//! Required claims that no token carries, and lists, which are compared as one text.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Policy, Server, Unmanaged};

pub(super) fn lint(policy: &Policy, server: &Server, found: &mut Vec<Diagnostic>) {
    let Some(claims) = &server.claims else { return };
    for (name, values) in &policy.require_claims {
        let place = values.origin.clone();
        let declared = claims.value.get(name);
        if declared.is_none() && server.unmanaged == Unmanaged::Delete && !name.is_standard() {
            let message = format!(
                "breaks: no token of `{}` carries the claim `{name}`, so every client is refused",
                policy.authorization_server.value
            );
            found.push(
                Diagnostic::warning(Code::LintUnknownClaim, place, message)
                    .with_related(claims.origin.clone(), "its claims are listed here")
                    .with_hint("Add the claim to the server, or require another."),
            );
        } else if declared.and_then(|claim| claim.transformation.as_ref()).is_some_and(|how| how.value.contains("list"))
        {
            let message = format!("the claim `{name}` is a list, and the gateway compares all of it with each value");
            found
                .push(Diagnostic::warning(Code::LintListClaim, place, message).with_hint(
                    "A user with two entries would be refused: require a scope, or a claim with one value.",
                ));
        }
    }
}
