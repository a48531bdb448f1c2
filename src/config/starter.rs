//! The file that a project starts from.

use std::fmt::Write;

/// What a starter file is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starter {
    /// The tenant's subdomain.
    pub subdomain: String,
    /// The API's URL: its identifier, and where it is called.
    pub api: String,
    /// The gateway in front of the API; `None`: no policy.
    pub gateway: Option<StarterGateway>,
}

/// The gateways a starter file can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StarterGateway {
    /// API Manager and Mule 4.
    Mulesoft,
    /// Flex Gateway.
    Flex,
}

/// Writes a commented file about one API, one app for people and one for machines.
pub fn starter(starter: &Starter) -> String {
    let Starter { subdomain, api, gateway } = starter;
    let api = api.trim_end_matches('/');
    let key = entry_key(api);
    let title = title(&key);
    let mut text = format!(
        r#"# What should exist in OneLogin for this API, and what its gateway checks.
#
#   gatewright validate          checks this file, offline
#   gatewright plan --emulator   shows what would be made, without an account
#   gatewright explain KEY       says what a key means
#
# What the file says is owned whole; what it does not say is left alone.
version: 1

tenant:
  subdomain: {subdomain} # https://{subdomain}.onelogin.com

variables:
  api_url: {api}

# What lets people use an app: its members see it, and may sign in to it.
roles:
  {key}-users:
    name: {title} Users
    # ensure_users: [ann@example.com] # made members; nobody is ever removed

# The clients of the API.
oidc_apps:
  # Signs people in.
  {key}-web:
    name: {title} Web
    application_type: web
    token_endpoint_auth_method: basic
    redirect_uris: ["${{api_url}}/callback"]
    roles: [{key}-users]
  # Calls the API by itself, without a user.
  {key}-batch:
    name: {title} Batch
    application_type: web
    token_endpoint_auth_method: post
    redirect_uris: ["https://localhost/unused"]

# The API: what its tokens say, and who gets them.
authorization_servers:
  {key}:
    name: {title} API
    description: {title} API
    resource_identifier: ${{api_url}} # clients send it as `resource`
    audiences: ["${{api_url}}"] # what tokens carry as `aud`
    access_token_expiration_minutes: 10
    refresh_token_expiration_minutes: 30
    scopes:
      {key}:read: Read
      {key}:write: Create and change
    claims:
      email: {{ user_attribute: email }}
    clients:
      {key}-web: ["{key}:read", "{key}:write"]
      {key}-batch: ["{key}:read"]
"#
    );
    if let Some(gateway) = gateway {
        text.push_str(&policy(&key, *gateway));
    }
    text
}

fn policy(key: &str, gateway: StarterGateway) -> String {
    let (word, ending) = match gateway {
        StarterGateway::Mulesoft => ("mulesoft", "json"),
        StarterGateway::Flex => ("flex", "yaml"),
    };
    let mut text = format!(
        r#"
# What the gateway in front of the API checks. Issuer, signing keys and audiences come from above.
gateway_policies:
  {key}:
    gateway: {word}
    authorization_server: {key}
    require_scopes: ["{key}:read"]
    output: policies/{key}.{ending}
"#
    );
    if gateway == StarterGateway::Flex {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "    api_instance: {key}");
    }
    text.push_str(&format!(
        "    # Proves the policy with real tokens: `gatewright verify`.\n    probe: {{ url: \"${{api_url}}/\", client: {key}-batch }}\n"
    ));
    text
}

/// Makes a key of the URL's last path segment that is no version, else of the first word of its host.
fn entry_key(api: &str) -> String {
    let rest = api.split_once("://").map_or(api, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let named = path.rsplit('/').find(|part| !part.is_empty() && !is_version(part));
    let word = named.unwrap_or_else(|| host.split(['.', ':']).next().unwrap_or(host));
    let key: String = word
        .chars()
        .filter_map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => Some(c),
            '-' | '_' | '.' => Some('-'),
            _ => None,
        })
        .take(40)
        .collect();
    match key.trim_matches('-') {
        // Words that YAML takes for something else would need quotes wherever they stand.
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" => "api".to_owned(),
        key if key.starts_with(|c: char| c.is_ascii_alphabetic()) => key.to_owned(),
        _ => "api".to_owned(),
    }
}

/// Says whether a path segment is a version: `v1`, `v2.1`, `2024-01-01`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix(['v', 'V']).unwrap_or(segment);
    number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || ".-".contains(c))
}

/// Words a key as a title: `order-items` as `Order Items`.
fn title(key: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    key.split('-').map(word).collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Starter, StarterGateway, entry_key, starter, title};
    use crate::config::{LoadOptions, load};
    use std::collections::BTreeMap;

    #[test]
    fn a_starter_file_is_valid() {
        for gateway in [None, Some(StarterGateway::Mulesoft), Some(StarterGateway::Flex)] {
            for api in ["https://contacts.example.com", "https://api.example.com/v1/orders/", "https://10.0.0.1"] {
                let text = starter(&Starter { subdomain: "acme".into(), api: api.into(), gateway });
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("gatewright.yaml");
                std::fs::write(&path, &text).unwrap();
                let options = LoadOptions { environment: None, variables: &BTreeMap::new(), process_env: &|_| None };
                let loaded = load(&path, &options);
                assert!(loaded.diagnostics.is_empty(), "{text}\n{:#?}", loaded.diagnostics);
                assert_eq!(loaded.desired.unwrap().policies.len(), usize::from(gateway.is_some()));
            }
        }
    }

    #[test]
    fn keys_come_from_the_url() {
        let check = |api: &str, expected: &str| assert_eq!(entry_key(api), expected, "{api}");
        check("https://contacts.example.com", "contacts");
        check("https://api.example.com/v1/order_items", "order-items");
        check("https://api.example.com/contacts/v1", "contacts");
        check("https://api.example.com/contacts/v2.1/", "contacts");
        check("https://contacts.example.com/v1", "contacts");
        check("https://api.example.com/contacts/2024-01-01", "contacts");
        check("https://api.example.com/vendors", "vendors");
        check("http://localhost:8080", "localhost");
        check("urn:x", "urn");
        check("https://-.example.com", "api");
        check("https://10.0.0.1", "api");
        check("https://true.example.com", "api");
        assert_eq!(title("order-items"), "Order Items");
    }
}
