//! URIs that are stored and never called: where an app may be sent back to, and what names an API.

use crate::model::ApplicationType;
use url::Url;

/// What is wrong with a text, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Reads after what the text is: `` `login_url` … ``.
    pub(crate) message: String,
    pub(crate) hint: String,
}

fn fault(message: impl Into<String>, hint: impl Into<String>) -> Result<(), Fault> {
    Err(Fault { message: message.into(), hint: hint.into() })
}

/// Checks a URI that a browser may be sent to; one word without hidden characters comes in.
///
/// `application` is the app's type where schemes of its own are allowed.
///
/// Source: OneLogin takes https only, except http to localhost, and keeps the list as one text that commas and line breaks
/// separate; private-use schemes of native apps are named after a domain and hold a dot (RFC 8252, section 7.1).
pub(crate) fn check_callback(text: &str, application: Option<ApplicationType>) -> Result<(), Fault> {
    let example = "Write it whole, such as `https://app.example.com/callback`.";
    for (sign, hint) in [
        (',', "OneLogin separates URIs by commas; write `%2C`, or one URI an item."),
        ('*', "OneLogin compares URIs exactly; list each of them."),
        ('#', "Remove the `#` and what follows: browsers do not send it."),
    ] {
        if text.contains(sign) {
            return fault(format!("holds a `{sign}`: `{text}`"), hint);
        }
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => return fault(format!("is not a whole URL: `{text}`"), example),
        Err(error) => return fault(format!("is not a URL: `{text}`: {error}"), example),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return fault("holds credentials", "Remove what stands before the `@`.");
    }
    match url.scheme() {
        // The parser mends `https:host` and `https:///host`; what is compared as a text is not mended.
        "https" | "http" if !has_authority(text) => fault(format!("is not a whole URL: `{text}`"), example),
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => {
            fault(format!("is plain http: `{text}`"), "Use https; http is for localhost, 127.0.0.1 and [::1] only.")
        }
        scheme if scheme.contains('.') && application == Some(ApplicationType::Native) => Ok(()),
        scheme if scheme.contains('.') && application.is_none() => {
            fault(format!("has the scheme `{scheme}`"), "Use https.")
        }
        scheme if scheme.contains('.') => fault(
            format!("has the scheme `{scheme}`, which only a native app may have"),
            "Use https, or say `application_type: native`.",
        ),
        scheme => fault(
            format!("has the scheme `{scheme}`"),
            "Use https; a native app may also have a scheme named after a domain, such as `com.example.app:/callback`.",
        ),
    }
}

/// Says whether a host follows the scheme directly.
fn has_authority(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) && !rest.starts_with(['/', '\\'])
    })
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// Checks what names an API: any word will do, and what looks like a URL has to be one.
pub(crate) fn check_identifier(text: &str) -> Result<(), Fault> {
    if !text.contains("://") {
        return Ok(());
    }
    match Url::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => fault(
            format!("looks like a URL and is none: `{text}`: {error}"),
            "Write scheme, host and path: `https://api.example.com/contacts`; a plain word or `urn:…` will do too.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{check_callback, check_identifier};
    use crate::model::ApplicationType::{Native, Web};

    #[test]
    fn callbacks_are_https_or_loopback_or_a_native_apps_own() {
        let check = |text: &str, application, expected: &str| {
            let found = check_callback(text, application).err().map(|fault| fault.message).unwrap_or_default();
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{text}: {found}");
        };
        for text in [
            "https://app.example.com/callback",
            "https://app.example.com",
            "HTTPS://app.example.com/cb?x=%2C",
            "https://localhost/cb",
            "http://localhost:8080/cb",
            "http://127.0.0.1:1/cb",
            "http://[::1]/cb",
        ] {
            check(text, Some(Web), "");
            check(text, None, "");
        }
        check("com.acme.app:/cb", Some(Native), "");
        check("com.acme.app://cb", Some(Native), "");
        check("com.acme.app:/cb", Some(Web), "only a native app");
        check("com.acme.app:/cb", None, "the scheme `com.acme.app`");
        check("acme:/cb", Some(Native), "the scheme `acme`");
        check("javascript:alert(1)", Some(Native), "the scheme `javascript`");
        check("data:text/html;x", Some(Web), "the scheme `data`");
        check("file:///etc/passwd", Some(Web), "the scheme `file`");
        check("http://app.example.com/cb", Some(Web), "plain http");
        check("http://localhost.example.com/cb", Some(Web), "plain http");
        check("app.example.com/cb", Some(Web), "not a whole URL");
        check("/cb", Some(Web), "not a whole URL");
        check("nonsense", Some(Web), "not a whole URL");
        check("https:app.example.com", Some(Web), "not a whole URL");
        check("https:///app.example.com", Some(Web), "not a whole URL");
        check("https://", Some(Web), "not a URL");
        check("https://app.example.com:99999/", Some(Web), "not a URL");
        check("https://*.example.com/cb", Some(Web), "`*`");
        check("https://app.example.com/#cb", Some(Web), "`#`");
        check("https://a.example.com,https://b.example.com", Some(Web), "`,`");
        check("https://me:pw@app.example.com", Some(Web), "credentials");
    }

    #[test]
    fn identifiers_are_words_or_urls() {
        let check = |text: &str, expected: bool| assert_eq!(check_identifier(text).is_ok(), expected, "{text}");
        check("https://api.example.com", true);
        check("api://contacts", true);
        check("urn:acme:contacts", true);
        check("contacts", true);
        check("https://", false);
        check("https://api.example.com:99999", false);
        check("://contacts", false);
    }
}
