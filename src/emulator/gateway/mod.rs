//! Serves one protected API per rendered gateway policy and enforces that file as it lies on disk.
//!
//! The file is read by a reader of its own, written from the gateway's documentation, and whatever the reader does
//! not know (a key, a type, a function, a policy) rejects the file: the API then answers 503 with the reason, never
//! with a weaker check. [`Registry`] is the door: it is pure but for reading the files, so the clock, the request and
//! the key sets are handed in.
//!
//! Deliberately unknown here: who renders the files, the accounts, how requests arrive. Not emulated: the cache of
//! the key set (every request asks for it anew) and the time a gateway takes to pick a change up.

mod answer;
mod claims;
mod dataweave;
mod document;
mod enforce;
mod error;
mod fields;
mod flex;
mod flex_policy;
mod instance;
mod jwt_policy;
mod mule;
mod registry;
mod rules;
mod signature;
mod token;

#[cfg(test)]
mod testing;

pub use answer::{GatewayAnswer, GatewayRequest, KeySource};
pub use error::FileError;
pub use registry::{FileFormat, GatewayFile, Registry};
