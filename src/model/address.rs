//! Addresses: how a thing is named in output, on the command line and in JSON.

use super::{ClaimName, ClientRef, EntryKey, RemoteId, ScopeValue};
use std::fmt;

/// The kinds of things under management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A role.
    Role,
    /// An OIDC app.
    OidcApp,
    /// An authorization server.
    AuthorizationServer,
    /// A scope of a server.
    Scope,
    /// A claim of a server.
    Claim,
    /// A client binding of a server.
    Client,
    /// A rendered gateway policy.
    GatewayPolicy,
}

impl Kind {
    /// Returns the word used in addresses and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::OidcApp => "oidc_app",
            Self::AuthorizationServer => "authorization_server",
            Self::Scope => "scope",
            Self::Claim => "claim",
            Self::Client => "client",
            Self::GatewayPolicy => "gateway_policy",
        }
    }

    /// Returns the words used in sentences.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::OidcApp => "OIDC app",
            Self::AuthorizationServer => "authorization server",
            Self::Scope => "scope",
            Self::Claim => "claim",
            Self::Client => "client",
            Self::GatewayPolicy => "gateway policy",
        }
    }
}

/// The name of one thing: `authorization_server/contacts/scope/contacts:read`.
///
/// Shape: printed with `/`, `%`, blanks and control characters of a segment percent-encoded; sorts by kind, then key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A role.
    Role(EntryKey),
    /// An OIDC app.
    OidcApp(EntryKey),
    /// An authorization server.
    Server(EntryKey),
    /// A scope of a server.
    Scope(EntryKey, ScopeValue),
    /// A claim of a server.
    Claim(EntryKey, ClaimName),
    /// A client binding of a server.
    Client(EntryKey, ClientRef),
    /// A gateway policy.
    Policy(EntryKey),
}

/// An address that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address such as `oidc_app/web` or `authorization_server/contacts/scope/contacts:read`")]
pub struct AddressError(pub String);

impl Address {
    /// Returns the kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Role(_) => Kind::Role,
            Self::OidcApp(_) => Kind::OidcApp,
            Self::Server(_) => Kind::AuthorizationServer,
            Self::Scope(..) => Kind::Scope,
            Self::Claim(..) => Kind::Claim,
            Self::Client(..) => Kind::Client,
            Self::Policy(_) => Kind::GatewayPolicy,
        }
    }

    /// Returns the address of the server, app or role that is read again before the thing is written.
    pub fn owner(&self) -> Self {
        match self {
            Self::Scope(server, _) | Self::Claim(server, _) | Self::Client(server, _) => Self::Server(server.clone()),
            Self::Role(_) | Self::OidcApp(_) | Self::Server(_) | Self::Policy(_) => self.clone(),
        }
    }

    /// Reads an address as printed.
    ///
    /// # Errors
    /// [`AddressError`] where the text names no kind, has too many or too few segments or a broken percent code.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let fail = || AddressError(text.to_owned());
        let segments: Vec<String> = text.split('/').map(decode).collect::<Option<_>>().ok_or_else(fail)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return Err(fail());
        }
        match segments.as_slice() {
            ["role", key] => Ok(Self::Role(EntryKey::new(*key))),
            ["oidc_app", key] => Ok(Self::OidcApp(EntryKey::new(*key))),
            ["authorization_server", key] => Ok(Self::Server(EntryKey::new(*key))),
            ["gateway_policy", key] => Ok(Self::Policy(EntryKey::new(*key))),
            ["authorization_server", key, "scope", value] => {
                Ok(Self::Scope(EntryKey::new(*key), ScopeValue::new(*value)))
            }
            ["authorization_server", key, "claim", name] => Ok(Self::Claim(EntryKey::new(*key), ClaimName::new(*name))),
            ["authorization_server", key, "client", app] => {
                Ok(Self::Client(EntryKey::new(*key), parse_client(app).ok_or_else(fail)?))
            }
            _ => Err(fail()),
        }
    }
}

fn parse_client(text: &str) -> Option<ClientRef> {
    match text.strip_prefix("id:") {
        Some(id) => Some(ClientRef::Id(RemoteId(id.parse().ok()?))),
        None => Some(ClientRef::Key(EntryKey::new(text))),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(key) | Self::OidcApp(key) | Self::Server(key) | Self::Policy(key) => {
                write!(f, "{}/{}", self.kind().as_str(), encode(key.as_str()))
            }
            Self::Scope(server, value) => child(f, server, Kind::Scope, value.as_str()),
            Self::Claim(server, name) => child(f, server, Kind::Claim, name.as_str()),
            Self::Client(server, ClientRef::Key(key)) => child(f, server, Kind::Client, key.as_str()),
            Self::Client(server, ClientRef::Id(id)) => child(f, server, Kind::Client, &format!("id:{id}")),
        }
    }
}

fn child(f: &mut fmt::Formatter<'_>, server: &EntryKey, kind: Kind, name: &str) -> fmt::Result {
    let parent = Kind::AuthorizationServer.as_str();
    write!(f, "{parent}/{}/{}/{}", encode(server.as_str()), kind.as_str(), encode(name))
}

fn encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for character in segment.chars() {
        if matches!(character, '/' | '%') || character.is_whitespace() || character.is_control() {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        } else {
            encoded.push(character);
        }
    }
    encoded
}

fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_print_and_parse_back() {
        let check = |text: &str| {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), text);
        };
        check("role/api-testers");
        check("oidc_app/contacts-web");
        check("authorization_server/contacts");
        check("authorization_server/contacts/scope/contacts:read");
        check("authorization_server/contacts/scope/a%2Fb%25c%20d");
        check("authorization_server/contacts/claim/cost_centre");
        check("authorization_server/contacts/client/contacts-web");
        check("authorization_server/contacts/client/id:1026152");
        check("gateway_policy/contacts-mule");
    }

    #[test]
    fn broken_addresses_are_refused() {
        for text in ["", "role", "role/", "app/x", "authorization_server/a/scope", "role/a/b", "role/%zz", "role/%e"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
