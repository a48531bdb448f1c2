//! Drives the emulator over a socket, as somebody with the vendor's documentation and an HTTP client would.

mod admin_tokens;
mod apps;
mod control;
mod durability;
mod faults;
mod killed;
mod oidc;
mod protected_apis;
mod provider_switches;
mod roles;
mod server_children;
mod servers;
mod stand;
mod wire;
