//! Version 1 of the access format.

use crate::access::{AccessChange, Api, Client};
use crate::report::json::v1::AccessV1;
use crate::report::visible::visible_json;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The number that stands in `format_version`.
const FORMAT_VERSION: u32 = 1;

/// Who may call what.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gatewright access")]
struct MatrixV1 {
    /// The version of this format.
    format_version: u32,
    /// Whose access it is: `live`, `desired` or `diff`.
    of: &'static str,
    /// The APIs; empty for a diff.
    apis: Vec<ApiV1>,
    /// What a plan would change, worst first; empty but for a diff.
    changes: Vec<AccessV1>,
}

/// One API.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ApiV1 {
    /// The authorization server, by key.
    server: String,
    /// What clients send as `resource`; null where it is not known.
    resource_identifier: Option<String>,
    /// What tokens carry as `aud`; null where it is not known.
    audiences: Option<Vec<String>>,
    /// Lifetime of access tokens in minutes; null: OneLogin's default, or the file does not say.
    access_token_minutes: Option<u64>,
    /// Lifetime of refresh tokens in minutes; null: OneLogin's default, or the file does not say.
    refresh_token_minutes: Option<u64>,
    /// The clients; null where they are not known.
    clients: Option<Vec<ClientV1>>,
}

/// One client of an API.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClientV1 {
    /// The app, by key where the file lists it.
    client: String,
    /// The scopes it may get.
    scopes: Vec<String>,
    /// The gateway policies its tokens lead to.
    policies: Vec<PolicyV1>,
}

/// What a gateway policy makes of a client.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PolicyV1 {
    /// The policy.
    policy: String,
    /// Whether it lets the client in, with a token that meets the conditions.
    passes: bool,
    /// What has to be so of its token, in words.
    conditions: Vec<String>,
    /// What keeps the client out, in words.
    reasons: Vec<String>,
}

/// Whose access is written.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// That of the account as it is.
    Live(&'a [Api]),
    /// That of the file.
    Desired(&'a [Api]),
    /// What a plan changes.
    Diff(&'a [AccessChange]),
}

/// Writes access as JSON, with a line feed at the end.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_access_json(out: &mut dyn Write, shown: Shown<'_>) -> io::Result<()> {
    let (of, apis, changes): (_, &[Api], &[AccessChange]) = match shown {
        Shown::Live(apis) => ("live", apis, &[]),
        Shown::Desired(apis) => ("desired", apis, &[]),
        Shown::Diff(changes) => ("diff", &[], changes),
    };
    let matrix = MatrixV1 {
        format_version: FORMAT_VERSION,
        of,
        apis: apis.iter().map(ApiV1::from).collect(),
        changes: changes.iter().map(AccessV1::from).collect(),
    };
    let text = serde_json::to_string_pretty(&matrix)?;
    writeln!(out, "{}", visible_json(&text))
}

/// Returns the JSON Schema of the access format, draft-07.
pub fn access_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<MatrixV1>().to_value()
}

impl From<&Api> for ApiV1 {
    fn from(api: &Api) -> Self {
        let Api { server, resource_identifier, audiences, access_token_minutes, refresh_token_minutes, clients } = api;
        Self {
            server: server.clone(),
            resource_identifier: resource_identifier.clone(),
            audiences: audiences.clone(),
            access_token_minutes: *access_token_minutes,
            refresh_token_minutes: *refresh_token_minutes,
            clients: clients.as_ref().map(|clients| clients.iter().map(ClientV1::from).collect()),
        }
    }
}

impl From<&Client> for ClientV1 {
    fn from(client: &Client) -> Self {
        let Client { client, scopes, policies } = client;
        let policies = policies.iter().map(|passage| PolicyV1 {
            policy: passage.policy.to_string(),
            passes: passage.obstacles.is_empty(),
            conditions: passage.conditions(),
            reasons: passage.obstacles.iter().map(ToString::to_string).collect(),
        });
        Self {
            client: client.clone(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            policies: policies.collect(),
        }
    }
}
