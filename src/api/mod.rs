//! Speaks HTTP: to OneLogin's admin API, to its OpenID provider, and to the URLs that prove a gateway.
//!
//! The room owns credentials, quota, retries, paging and the shapes on the wire, and answers in the words of `model`. It
//! does not know what is desired, and it decides nothing: it reads what it is asked for and writes what it is given.
//!
//! ```text
//!   Reader ── ReadLink ──┐
//!                        ├── Admin (token, gate, retries) ── Transport (slots, origins, bounds) ── network
//!   Writer ── WriteLink ─┘                                      │
//!   OidcClient, Prober ─────────────────────────────────────────┘
//! ```
//!
//! A [`Reader`] can send GET and the admin-token POST and nothing else: the link that writes opens only with a key that
//! the `writer` module alone can make.

mod answer;
mod authorization;
mod backoff;
mod config;
mod convert;
mod error;
mod failure;
mod forge;
mod gate;
mod link;
mod notice;
mod oidc;
mod page;
mod probe;
mod quota;
mod reader;
mod shown;
#[cfg(test)]
mod tests;
mod token;
mod transport;
mod wire;
mod writer;

pub use config::{ClientConfig, Clock, Credentials, Reroute};
pub use error::{ApiError, Attempted};
pub use forge::Forge;
pub use gate::STALE_AFTER;
pub use notice::{Listener, Notice};
pub use oidc::{ClientAuth, Discovery, Grant, Jwk, OAuthRefusal, OidcApp, OidcClient, TokenAnswer, TokenReply};
pub use probe::{ProbeAnswer, ProbeRequest, ProbeVia, Prober};
pub use reader::{RateLimit, Reader, ServerList};
pub(crate) use shown::shown;
pub use writer::{CreatedApp, Writer};
