//! Addresses of an ApiInstance and its upstream: `http(s)://host:port`, with a path where one is taken.

use crate::diagnostic::{Code, Diagnostic, Sourced};
use url::Url;

/// An address cut in two.
pub(super) struct Address {
    /// Scheme, host and port.
    pub(super) origin: String,
    /// The path without a trailing slash; empty for none.
    pub(super) path: String,
}

impl Address {
    /// Reads an address; what is wrong with it becomes a problem.
    ///
    /// The text is cut, not printed back from a parsed URL, because that would drop a default port, which the gateway
    /// wants to see.
    pub(super) fn read(key: &str, text: &Sourced<String>, problems: &mut Vec<Diagnostic>) -> Self {
        let address = cut(&text.value);
        if address.is_none() {
            problems.push(
                Diagnostic::error(
                    Code::InvalidValue,
                    text.origin.clone(),
                    format!("`{}` is not an address of Flex Gateway", text.value),
                )
                .with_hint(format!("Write scheme, host and port: `{key}: http://0.0.0.0:8081/base`.")),
            );
        }
        address.unwrap_or(Self { origin: String::new(), path: String::new() })
    }
}

fn cut(text: &str) -> Option<Address> {
    let url = Url::parse(text).ok()?;
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let (scheme, rest) = text.split_once("://")?;
    if !is_plain || !matches!(scheme, "http" | "https") {
        return None;
    }
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let (host, port) = authority.rsplit_once(':')?;
    if host.is_empty() || port.parse::<u16>().is_err() {
        return None;
    }
    Some(Address { origin: format!("{scheme}://{authority}"), path: path.trim_end_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn addresses_name_their_port() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = cut(text).map(|address| (address.origin, address.path));
            assert_eq!(found.as_ref().map(|(o, p)| (o.as_str(), p.as_str())), expected, "{text}");
        };
        check("http://0.0.0.0:8081", Some(("http://0.0.0.0:8081", "")));
        check("https://orders.example:443/", Some(("https://orders.example:443", "")));
        check("https://orders.example:443/v1/", Some(("https://orders.example:443", "/v1")));
        check("http://[::1]:80", Some(("http://[::1]:80", "")));
        check("https://orders.example", None);
        check("http://[::1]", None);
        check("ftp://orders.example:21", None);
        check("https://user:pw@orders.example:443", None);
        check("https://orders.example:443/v1?x", None);
        check("$ADDRESS", None);
    }
}
