//! The OneLogin tenant a file is about.

use url::Url;

/// A OneLogin tenant.
///
/// Source: one issuer, one JWKS and one token endpoint serve all authorization servers of a tenant, on the tenant's host
/// or its custom domain (OneLogin, OpenID Connect provider configuration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The subdomain, `[a-z0-9-]{1,63}`.
    pub subdomain: String,
    /// The account id that the token answer has to carry; `None`: not checked.
    pub account_id: Option<u64>,
    /// The custom domain's origin, without a path; `None`: `https://<subdomain>.onelogin.com`.
    pub base_url: Option<Url>,
}

impl Tenant {
    /// Returns the tenant's own origin without a trailing slash, such as `https://acme.onelogin.com`.
    pub fn origin(&self) -> String {
        match &self.base_url {
            Some(url) => url.origin().ascii_serialization(),
            None => format!("https://{}.onelogin.com", self.subdomain),
        }
    }

    /// Returns the issuer of every token of the tenant; exact, no trailing slash.
    pub fn issuer(&self) -> String {
        format!("{}/oidc/2", self.origin())
    }

    /// Returns the URL of the tenant's signing keys.
    pub fn jwks_url(&self) -> String {
        format!("{}/oidc/2/certs", self.origin())
    }

    /// Returns the host name, as used in folder names.
    pub fn host(&self) -> String {
        match self.base_url.as_ref().and_then(Url::host_str) {
            Some(host) => host.to_owned(),
            None => format!("{}.onelogin.com", self.subdomain),
        }
    }
}
