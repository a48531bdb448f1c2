//! The client over a real socket.

mod bodies;
mod collect;
mod emulated;
mod faults;
mod oidc;
mod reads;
mod responder;
mod retries;
mod token;
