//! The resources of Flex Gateway, as far as a policy needs them.
//!
//! Source: declarative configuration reference; the order of the fields is the one of its examples.

use crate::render::jwt_validation::CustomClaim;
use serde::Serialize;
use std::collections::BTreeMap;

/// The API of every resource.
pub(super) const API_VERSION: &str = "gateway.mulesoft.com/v1alpha1";

/// The name local mode knows the policy by; API Manager's `jwt-validation` is not found there.
pub(super) const POLICY_NAME: &str = "jwt-validation-flex";

/// Where the shipped policies are, and where resources are that say nothing.
///
/// A reference without a namespace means the namespace of the resource it stands in, so it is always written.
pub(super) const DEFAULT_NAMESPACE: &str = "default";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource<S> {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: Metadata,
    pub(super) spec: S,
}

#[derive(Serialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyBinding {
    pub(super) target_ref: TargetRef,
    pub(super) policy_ref: PolicyRef,
    pub(super) config: Config,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<Rule>,
}

/// What the policy protects; `kind` is written although it has a default, because Kubernetes wants it.
#[derive(Serialize)]
pub(super) struct TargetRef {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Serialize)]
pub(super) struct PolicyRef {
    pub(super) name: &'static str,
    pub(super) namespace: &'static str,
}

#[derive(Serialize)]
pub(super) struct ApiInstance {
    pub(super) address: String,
    pub(super) services: BTreeMap<&'static str, Service>,
    pub(super) policies: Vec<InlinePolicy>,
}

#[derive(Serialize)]
pub(super) struct Service {
    pub(super) address: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) routes: Vec<ServiceRoute>,
}

#[derive(Serialize)]
pub(super) struct ServiceRoute {
    pub(super) config: ServiceRouteConfig,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceRouteConfig {
    pub(super) destination_path: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InlinePolicy {
    pub(super) policy_ref: PolicyRef,
    pub(super) config: Config,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<Rule>,
}

/// Requests the policy applies to: rules are or-ed, the fields of one are and-ed.
#[derive(Serialize)]
pub(super) struct Rule {
    pub(super) path: String,
    /// One expression, not a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) methods: Option<String>,
}

/// The keys of the policy; those that local mode does not use are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config {
    pub(super) jwt_origin: &'static str,
    pub(super) signing_method: &'static str,
    /// The length of the SHA, not of the key.
    pub(super) signing_key_length: u32,
    pub(super) jwt_key_origin: &'static str,
    pub(super) jwks_url: String,
    pub(super) jwks_service_time_to_live: u32,
    pub(super) jwks_service_connection_timeout: u32,
    pub(super) skip_client_id_validation: bool,
    pub(super) validate_aud_claim: bool,
    pub(super) mandatory_aud_claim: bool,
    pub(super) supported_audiences: String,
    pub(super) mandatory_exp_claim: bool,
    pub(super) validate_custom_claim: bool,
    pub(super) mandatory_custom_claims: Vec<CustomClaim>,
}
