//! A base URL that makes issuer or keys another tenant's (L-03).

use crate::diagnostic::{Code, Diagnostic};
use crate::model::DesiredState;
use crate::render::facts::is_loopback;

pub(super) fn lint(desired: &DesiredState, found: &mut Vec<Diagnostic>) {
    let tenant = &desired.tenant;
    let (Some(first), Some(url)) = (desired.policies.values().next(), &tenant.base_url) else { return };
    let origin = &first.authorization_server.origin;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        let message = format!("only the origin of `{url}` goes into the issuer: `{}`", tenant.issuer());
        found.push(
            Diagnostic::warning(Code::LintBaseUrl, origin.clone(), message)
                .with_hint("Give `tenant.base_url` without a path."),
        );
    }
    let own = format!("{}.onelogin.com", tenant.subdomain);
    let host = url.host_str().unwrap_or_default();
    if host.ends_with(".onelogin.com") && host != own && !is_loopback(url) {
        let message = format!("issuer and keys are those of `{host}`, and the tenant is `{own}`");
        found.push(
            Diagnostic::warning(Code::LintBaseUrl, origin.clone(), message)
                .with_hint("`tenant.base_url` is for a custom domain of the same tenant."),
        );
    }
}
