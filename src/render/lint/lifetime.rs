//! Lifetimes that outlive what they should, or look like another unit.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Policy, Server};

/// The longest key cache, and the longest access token, without a warning, in minutes: a day.
const LONGEST_MINUTES: u32 = 1440;

/// Warns of a key cache that looks like seconds or outlives a rotation (L-21).
pub(super) fn lint_keys(policy: &Policy, found: &mut Vec<Diagnostic>) {
    let Some(ttl) = policy.jwks_ttl_minutes.as_ref().filter(|ttl| ttl.value > LONGEST_MINUTES) else { return };
    let message = format!("keys would be kept for {} minutes: one that is withdrawn stays accepted as long", ttl.value);
    found.push(
        Diagnostic::warning(Code::LintKeyCache, ttl.origin.clone(), message)
            .with_hint("The unit is minutes; the gateway's default is 60."),
    );
}

/// Warns of access tokens that live for days, or longer than the refresh tokens that are there to renew them.
pub(super) fn lint_tokens(server: &Server, found: &mut Vec<Diagnostic>) {
    let Some(access) = &server.access_token_expiration_minutes else { return };
    if access.value > LONGEST_MINUTES {
        let message =
            format!("access tokens would be good for {} minutes, and no gateway can revoke one", access.value);
        found.push(
            Diagnostic::warning(Code::LintTokenLifetime, access.origin.clone(), message)
                .with_hint("The unit is minutes; write 10 for ten minutes and let clients ask again."),
        );
    }
    if let Some(refresh) = server.refresh_token_expiration_minutes.as_ref().filter(|it| it.value < access.value) {
        let message = format!(
            "refresh tokens end after {} minutes, before the access tokens with {}",
            refresh.value, access.value
        );
        found.push(
            Diagnostic::warning(Code::LintTokenLifetime, refresh.origin.clone(), message)
                .with_related(access.origin.clone(), "the access tokens' lifetime")
                .with_hint("Give refresh tokens longer than access tokens."),
        );
    }
}
