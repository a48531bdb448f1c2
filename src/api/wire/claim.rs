//! Claims of a server.

use serde::{Deserialize, Serialize};

/// A claim as listed.
#[derive(Debug, Deserialize)]
pub(in crate::api) struct Claim {
    pub(in crate::api) id: u64,
    pub(in crate::api) name: String,
    pub(in crate::api) user_attribute_mappings: Option<String>,
    pub(in crate::api) user_attribute_macros: Option<String>,
    /// The documented name.
    pub(in crate::api) attributes_transformations: Option<String>,
    /// The name in older clients and one draft of OneLogin's own.
    pub(in crate::api) attribute_transformations: Option<String>,
    /// An extra key of live answers.
    pub(in crate::api) inherited: Option<bool>,
}

/// A claim to be made. The other documented keys are ignored by OneLogin.
#[derive(Debug, Serialize)]
pub(in crate::api) struct NewClaim<'a> {
    pub(in crate::api) name: &'a str,
    pub(in crate::api) user_attribute_mappings: &'a str,
    pub(in crate::api) user_attribute_macros: Option<&'a str>,
    pub(in crate::api) attributes_transformations: Option<&'a str>,
}
