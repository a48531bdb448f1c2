//! `tenant`.

use super::decoder::{At, Decoder, TextRule};
use crate::diagnostic::Code;
use crate::model::Tenant;
use url::{Host, Url};

/// Reads a tenant block.
pub(crate) fn tenant(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Tenant> {
    let fields = decoder.fields(at, &["subdomain", "account_id", "base_url"])?;
    let account_id = fields.get("account_id").and_then(|at| decoder.integer(at, 1, i64::MAX.unsigned_abs()));
    let base_url = fields.get("base_url").and_then(|at| base_url(decoder, at));
    let Some(subdomain) = fields.get("subdomain") else {
        let hint = "Write `subdomain: acme` for https://acme.onelogin.com.";
        decoder.error(Code::MissingKey, at.origin, "the tenant has no `subdomain`", hint);
        return None;
    };
    let text = decoder.text(subdomain, TextRule::Line)?;
    if !is_subdomain(&text) {
        let hint = match text.split_once(".onelogin.com") {
            Some((name, _)) => format!("Write `{}` alone.", name.trim_start_matches("https://")),
            None => "It holds 1 to 63 of `a-z`, `0-9` and `-`; a custom domain is `base_url`.".to_owned(),
        };
        decoder.error(Code::InvalidValue, &subdomain.node.origin, format!("`{text}` is not a subdomain"), hint);
        return None;
    }
    Some(Tenant { subdomain: text, account_id, base_url })
}

fn is_subdomain(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn base_url(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Url> {
    let url = web_url(decoder, at)?;
    if url.path() != "/" || url.query().is_some() {
        let hint = format!("Write the origin alone: `{}`.", url.origin().ascii_serialization());
        decoder.error(Code::InvalidValue, &at.node.origin, "`base_url` has a path", hint);
        return None;
    }
    Some(url)
}

/// Reads a URL that may be called: https, or http to loopback; no credentials, no fragment.
pub(crate) fn web_url(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Url> {
    let text = decoder.text(at, TextRule::Url)?;
    let mut fail = |message: String, hint: &str| {
        decoder.error(Code::InvalidValue, &at.node.origin, message, hint);
        None
    };
    let url = match Url::parse(&text) {
        Ok(url) => url,
        Err(error) => {
            return fail(format!("`{}` is not a URL: {error}", at.name), "Write it whole: `https://host/path`.");
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return fail(format!("`{}` holds credentials", at.name), "Remove what stands before the `@`.");
    }
    if url.fragment().is_some() {
        return fail(format!("`{}` holds a fragment", at.name), "Remove the `#` and what follows: it is never sent.");
    }
    match url.scheme() {
        "https" if url.host().is_some() => Some(url),
        "http" if is_loopback(&url) => Some(url),
        "http" => fail(format!("`{}` is plain http", at.name), "Use https; http is allowed to loopback only."),
        scheme => fail(format!("`{}` has the scheme `{scheme}`", at.name), "Use https."),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
