//! What a policy takes from the tenant and its authorization server.

use crate::diagnostic::{Code, Diagnostic, Origin, Sourced};
use crate::model::{DesiredState, Entry, EntryKey, Policy, Tenant};
use url::{Host, Url};

/// A policy together with what is written elsewhere, once.
pub(super) struct Facts<'a> {
    /// The policy's key.
    pub(super) key: &'a EntryKey,
    /// The policy.
    pub(super) policy: &'a Policy,
    /// The issuer, exact.
    pub(super) issuer: String,
    /// Where the signing keys are.
    pub(super) jwks_url: String,
    /// The audiences it accepts, at least one, in written order.
    pub(super) audiences: &'a [Sourced<String>],
}

impl<'a> Facts<'a> {
    /// Gathers the facts; `None` with a problem where there is no server to take them from.
    pub(super) fn of(
        desired: &'a DesiredState,
        key: &'a EntryKey,
        policy: &'a Policy,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        check_tenant(&desired.tenant, &policy.authorization_server.origin, problems);
        let server_audiences = server_audiences(desired, policy, problems)?;
        // That a policy's own audiences are among the server's is `config`'s to check.
        let audiences = policy.audiences.as_deref().or(server_audiences).unwrap_or_default();
        if audiences.is_empty() {
            let server = &policy.authorization_server;
            let message = format!("the policy has no audience to check: `{}` declares none", server.value);
            problems.push(
                Diagnostic::error(Code::PolicyIncomplete, server.origin.clone(), message)
                    .with_hint("Declare `audiences` on the server, or on this policy."),
            );
            return None;
        }
        Some(Self { key, policy, issuer: desired.tenant.issuer(), jwks_url: desired.tenant.jwks_url(), audiences })
    }
}

/// Returns the audiences the server declares, `Some(None)` where it declares none.
fn server_audiences<'a>(
    desired: &'a DesiredState,
    policy: &Policy,
    problems: &mut Vec<Diagnostic>,
) -> Option<Option<&'a [Sourced<String>]>> {
    let reference = &policy.authorization_server;
    let mut fail = |code, message: String, hint: &str| {
        problems.push(Diagnostic::error(code, reference.origin.clone(), message).with_hint(hint));
        None
    };
    match desired.servers.get(&reference.value) {
        Some(Entry::Present(server)) => Some(server.audiences.as_ref().map(|audiences| audiences.value.as_slice())),
        Some(Entry::External(external)) => Some(external.declared.audiences.as_deref()),
        Some(Entry::Absent(_)) => fail(
            Code::PolicyIncomplete,
            format!("the authorization server `{}` is to be deleted", reference.value),
            "Remove the policy too, or name another server.",
        ),
        None => fail(
            Code::UnknownReference,
            format!("there is no authorization server `{}`", reference.value),
            "Name a key of `authorization_servers`.",
        ),
    }
}

/// Refuses keys that somebody on the way could replace (L-02).
fn check_tenant(tenant: &Tenant, origin: &Origin, problems: &mut Vec<Diagnostic>) {
    let Some(url) = &tenant.base_url else { return };
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        return;
    }
    let message = format!("the signing keys would be fetched from `{}`, which is not https", tenant.jwks_url());
    let problem = Diagnostic::error(Code::InsecureIssuer, origin.clone(), message)
        .with_hint("Give `tenant.base_url` as an https URL.");
    if !problems.iter().any(|known| known.message == problem.message) {
        problems.push(problem);
    }
}

/// Says whether a URL's host is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
