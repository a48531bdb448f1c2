//! The vendor's endpoints, one file a collection, and the table that leads to them.

mod app_fields;
mod apps;
mod bindings;
mod claims;
mod connectors;
mod oidc;
mod role_members;
mod roles;
mod scopes;
mod servers;
mod table;
mod token;
mod user_writes;
mod users;

pub(crate) use table::{Found, answer, find, is_token_post, too_many};
