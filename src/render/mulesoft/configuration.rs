//! The policy's `configurationData`.

use crate::diagnostic::Diagnostic;
use crate::model::ClientIdCheck;
use crate::render::facts::Facts;
use crate::render::jwt_validation::{self, CLIENT_CLAIM, CustomClaim};
use serde::Serialize;

/// The keys of the policy, in the order of the vendor's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Configuration {
    jwt_origin: &'static str,
    jwt_expression: &'static str,
    signing_method: &'static str,
    /// The length of the SHA, not of the key.
    signing_key_length: u32,
    jwt_key_origin: &'static str,
    text_key: &'static str,
    jwks_url: String,
    jwks_service_time_to_live: u32,
    jwks_service_connection_timeout: u32,
    skip_client_id_validation: bool,
    client_id_expression: String,
    validate_aud_claim: bool,
    mandatory_aud_claim: bool,
    supported_audiences: String,
    mandatory_exp_claim: bool,
    mandatory_nbf_claim: bool,
    validate_custom_claim: bool,
    mandatory_custom_claims: Vec<CustomClaim>,
    non_mandatory_custom_claims: Vec<CustomClaim>,
}

impl Configuration {
    /// Builds the configuration.
    pub(super) fn of(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        Self {
            jwt_origin: "httpBearerAuthenticationHeader",
            jwt_expression: "#[attributes.headers['jwt']]",
            signing_method: "rsa",
            signing_key_length: 256,
            jwt_key_origin: "jwks",
            // API Manager refused policies before 1.4.0 without it, although keys from a JWKS make it useless.
            text_key: "your-(256|384|512)-bit-secret",
            jwks_url: facts.jwks_url.clone(),
            jwks_service_time_to_live: jwt_validation::jwks_ttl(facts, problems),
            jwks_service_connection_timeout: jwt_validation::JWKS_TIMEOUT_MILLISECONDS,
            skip_client_id_validation: facts.policy.client_id == ClientIdCheck::Skip,
            client_id_expression: client_id_expression(facts, problems),
            validate_aud_claim: true,
            mandatory_aud_claim: true,
            supported_audiences: jwt_validation::supported_audiences(facts, problems),
            mandatory_exp_claim: true,
            // The tenant's tokens carry no `nbf`; one that does is checked all the same.
            mandatory_nbf_claim: false,
            validate_custom_claim: true,
            mandatory_custom_claims: jwt_validation::custom_claims(facts, problems),
            non_mandatory_custom_claims: Vec::new(),
        }
    }
}

/// Returns where the client's id is; the tenant's own claim also where nothing is checked, so that turning the check on
/// in the console does the right thing.
fn client_id_expression(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) -> String {
    let claim = match &facts.policy.client_id {
        ClientIdCheck::Skip => CLIENT_CLAIM,
        ClientIdCheck::Claim(name) => {
            jwt_validation::check_selectable(name, &facts.policy.origin, problems);
            name.as_str()
        }
    };
    format!("#[vars.claimSet.{claim}]")
}
