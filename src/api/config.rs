//! What a client has to be told.

use jiff::Timestamp;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// The admin API's credential pair.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The id of the pair; not secret.
    pub client_id: String,
    /// The secret of the pair.
    pub client_secret: SecretString,
}

/// Tells the time; a token's age is counted with it.
pub type Clock = fn() -> Timestamp;

/// What a client has to be told; nothing is read from the environment but proxies and `SSL_CERT_FILE`.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The host of `/auth` and `/api`. Only its origin counts.
    pub admin_base: Url,
    /// The host of `/oidc/2`. Only its origin counts.
    pub oidc_base: Url,
    /// Where requests really go.
    pub reroute: Reroute,
    /// The admin API's credential pair.
    pub credentials: Credentials,
    /// The account id that the token answer has to carry; `None`: not checked.
    pub expected_account_id: Option<u64>,
    /// The most requests on their way at one time, at least 1; also the most connections, where the runtime has one
    /// thread: with several, a connection can be missed while another thread puts it back.
    pub max_in_flight: usize,
    /// How long one request may take.
    pub timeout: Duration,
    /// The longest single wait for quota.
    pub max_wait: Duration,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// Tells the time.
    pub clock: Clock,
}

/// Where requests really go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reroute {
    /// To the hosts they name.
    None,
    /// To an emulator that answers as the tenant. Every other origin is refused before a connection is made, and no proxy
    /// is asked.
    Emulator {
        /// The tenant's public origin, such as `https://acme.onelogin.com`.
        tenant_origin: String,
        /// Where the emulator listens, on loopback.
        to: Url,
    },
}
