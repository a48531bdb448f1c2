//! Emulates OneLogin: the admin API, the OpenID provider and one protected API a gateway policy.
//!
//! It does what the vendor documents, always; what is left open is a named switch. It knows nothing of the rest of
//! this crate, not even its wire types, so that a misunderstanding cannot be on both sides. The main type is
//! [`Emulator`].
//!
//! A request goes `server` → `dispatch` (faults, journal) → `routes` (one file a collection) → `state` (tables,
//! durable). Admin and refresh tokens live in memory: a restart revokes them.

mod answer;
mod call;
mod clock;
mod control;
mod dispatch;
mod errors;
mod faults;
pub mod gateway;
mod ids;
mod journal;
mod keys;
mod listener;
mod options;
mod paging;
mod quota;
mod random;
mod request;
mod routes;
mod server;
mod state;
mod switches;
mod tokens;
mod wire;
mod world;

pub use gateway::{FileFormat, GatewayFile};
pub use options::{DEFAULT_ACCOUNT_ID, EmulatorError, Options, StateLocation};
pub use server::Emulator;
pub use state::{DocumentError, StateFileError, state_holder, state_instance};
