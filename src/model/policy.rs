//! Gateway policies: what the gateway in front of an API checks, and how to prove it.

use super::{ClaimName, EntryKey, RemoteId, ScopeValue};
use crate::diagnostic::{Origin, Sourced};
use std::collections::BTreeMap;
use url::Url;

/// A gateway policy as the file desires it.
///
/// Issuer, JWKS URL and default audiences are not part of it: they are the tenant's and the server's, written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Where the entry stands.
    pub origin: Origin,
    /// The server whose tokens are accepted.
    pub authorization_server: Sourced<EntryKey>,
    /// Scopes a token has to carry, all of them; in written order, without repeats.
    pub require_scopes: Vec<Sourced<ScopeValue>>,
    /// Scopes of which a token has to carry at least one; empty: no such rule.
    pub require_any_scope: Vec<Sourced<ScopeValue>>,
    /// Claims a token has to carry, each with the values allowed (any of).
    pub require_claims: BTreeMap<ClaimName, Sourced<Vec<String>>>,
    /// The accepted audiences; `None`: the server's.
    pub audiences: Option<Vec<Sourced<String>>>,
    /// How long the gateway keeps the signing keys, in minutes; `None`: the gateway's default.
    pub jwks_ttl_minutes: Option<Sourced<u32>>,
    /// What the gateway does about the client's id.
    pub client_id: ClientIdCheck,
    /// The routes it covers; empty: all.
    pub routes: Vec<Sourced<Route>>,
    /// Whether routes it does not cover may stay without a token check.
    pub open: bool,
    /// The file to write, relative to the root configuration file's folder; `/` separated.
    pub output: Sourced<String>,
    /// How `verify` proves it.
    pub probes: Vec<Probe>,
    /// The gateway and what only that gateway takes.
    pub gateway: Gateway,
}

/// What the gateway does about the client's id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ClientIdCheck {
    /// Nothing: a token's scopes decide.
    #[default]
    Skip,
    /// It takes the id from this claim and checks it against the API's contracts.
    Claim(ClaimName),
}

/// Requests a policy covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// HTTP methods, upper case; empty: all.
    pub methods: Vec<String>,
    /// A regular expression over the path, in the gateway's dialect.
    pub path: String,
}

/// The gateway a policy is rendered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gateway {
    /// MuleSoft API Manager or a Mule 4 runtime.
    Mulesoft(Mulesoft),
    /// MuleSoft Flex Gateway in local mode.
    Flex(Flex),
}

/// What only MuleSoft API Manager takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mulesoft {
    /// Which file.
    pub format: MuleFormat,
    /// The API instance the offline file names.
    pub api_id: Option<Sourced<RemoteId>>,
    /// The version of the policy asset.
    pub asset_version: Option<Sourced<String>>,
}

/// The files MuleSoft takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MuleFormat {
    /// The bare `configurationData` object, as `--configFile` takes it.
    #[default]
    Configuration,
    /// The body of an API Manager request.
    Request,
    /// The file a Mule 4 runtime reads offline.
    Offline,
}

impl MuleFormat {
    /// Returns the word used in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Request => "request",
            Self::Offline => "offline",
        }
    }
}

/// What only Flex Gateway takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flex {
    /// Which of the two styles of file.
    pub style: FlexStyle,
    /// The name of the ApiInstance.
    pub api_instance: Option<Sourced<String>>,
    /// The namespace of the resources; `None`: `default`.
    pub namespace: Option<Sourced<String>>,
    /// The address the inline ApiInstance listens on.
    pub address: Option<Sourced<String>>,
    /// The address of the inline ApiInstance's upstream.
    pub upstream: Option<Sourced<String>>,
}

/// The two styles of Flex Gateway files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlexStyle {
    /// A PolicyBinding on an ApiInstance that stands elsewhere.
    #[default]
    Binding,
    /// The ApiInstance with the policy in it.
    Inline,
}

impl FlexStyle {
    /// Returns the word used in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::Inline => "inline",
        }
    }
}

/// One way to prove a policy: a URL, and the client whose token opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Where the probe stands.
    pub origin: Origin,
    /// The URL to call; https except loopback, at the origin of the server's identifier or an audience.
    pub url: Sourced<Url>,
    /// The app whose client asks for the token.
    pub client: Sourced<EntryKey>,
    /// The method, GET unless said otherwise.
    pub method: ProbeMethod,
    /// The user of the password grant; `None`: a machine token.
    pub user: Option<ProbeUser>,
    /// The environment variable that holds the client's secret; `None`: the sink.
    pub client_secret_env: Option<Sourced<String>>,
    /// Answers that differ from what the gateway is documented to give.
    pub expect: Expectation,
}

/// The methods a probe may use: neither changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProbeMethod {
    /// GET.
    #[default]
    Get,
    /// HEAD.
    Head,
}

/// The user of a password grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeUser {
    /// The username or email.
    pub name: Sourced<String>,
    /// The environment variable that holds the password.
    pub password_env: Sourced<String>,
}

/// HTTP statuses a probe has to see; `None`: accepted is 2xx, refused is 400, 401 or 403.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The status without a token.
    pub no_token: Option<u16>,
    /// The status with the right token.
    pub accepted: Option<u16>,
    /// The status with a token that differs in one property.
    pub refused: Option<u16>,
}
