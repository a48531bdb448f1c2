//! Emulates OneLogin: the admin API, the OpenID provider and one protected API a gateway policy.

pub mod gateway;
