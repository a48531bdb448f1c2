//! What an emulator is started with, and why it may not start.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::gateway::GatewayFile;
use super::state::{DocumentError, StateFileError};

/// Account number of an emulator that is not told one. Source: the samples of the vendor's docs.
pub const DEFAULT_ACCOUNT_ID: u64 = 555_555;

/// Settings of an emulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes any.
    pub listen: SocketAddr,
    /// Issuer of OIDC tokens, such as `https://acme.onelogin.com/oidc/2`; its own address where absent.
    pub issuer: Option<String>,
    /// Where the account is kept.
    pub state: StateLocation,
    /// A state document that fills a fresh account; an account that exists is left as it is.
    pub seed: Option<Value>,
    /// Account number in token answers. A seed's own number holds where this is the default.
    pub account_id: u64,
    /// Added to every answer but those of the control API.
    pub latency: Duration,
    /// Calls an hour.
    pub quota: u32,
    /// How many seconds of its clock pass in one real second. Waits are told in real ones.
    pub clock_rate: NonZeroU32,
    /// Fault rules, as `PUT /_emulator/faults` takes them.
    pub faults: Option<Value>,
    /// Switches, as `PUT /_emulator/switches` takes them.
    pub switches: Option<Value>,
    /// Rendered policy files to serve one protected API each for.
    pub gateways: Vec<GatewayFile>,
}

impl Options {
    /// Returns the settings of a fresh account in memory on any loopback port.
    pub fn in_memory() -> Options {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            issuer: None,
            state: StateLocation::Memory,
            seed: None,
            account_id: DEFAULT_ACCOUNT_ID,
            latency: Duration::ZERO,
            // Source: the rate-limit page.
            quota: 5000,
            clock_rate: NonZeroU32::MIN,
            faults: None,
            switches: None,
            gateways: Vec::new(),
        }
    }
}

/// Where the account is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateLocation {
    /// In memory; gone at the end.
    Memory,
    /// In this file and its journal beside it.
    File(PathBuf),
}

/// Why an emulator could not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// The address could not be taken.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// Why it could not be taken.
        #[source]
        source: io::Error,
    },
    /// The seed is not a state.
    #[error("seed of the emulator is unusable")]
    Seed(#[source] DocumentError),
    /// The state file is unusable.
    #[error("state file of the emulator is unusable")]
    State(#[source] StateFileError),
    /// The fault rules do not read.
    #[error("fault rules of the emulator are unusable: {0}")]
    Faults(String),
    /// The switches do not read.
    #[error("switches of the emulator are unusable: {0}")]
    Switches(String),
}
