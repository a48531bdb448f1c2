//! Gateway policies.
#![expect(dead_code, reason = "the types are described, never made")]

use super::values::{
    EnvironmentName, Id, Key, Line, Method, Minutes, Name, Named, NonEmpty, OrVariable, Set, Status, Word,
};
use schemars::JsonSchema;
use serde_json::json;

/// A gateway policy: what the gateway in front of an API checks. Issuer and signing keys are the tenant's, audiences the
/// server's; they are written once.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "gateway policy")]
pub(super) struct Policy {
    /// The environments the entry is for. Elsewhere its file is not written.
    #[schemars(example = json!(["dev"]))]
    only: Option<NonEmpty<Key>>,
    /// The gateway that the policy is written for.
    #[schemars(example = &"mulesoft")]
    gateway: OrVariable<Gateway>,
    /// The key of the server whose tokens are accepted.
    #[schemars(example = &"contacts")]
    authorization_server: Line,
    /// Scopes a token has to carry, all of them.
    #[schemars(example = json!(["contacts:read"]))]
    require_scopes: Option<Set<Word>>,
    /// Scopes of which a token has to carry at least one.
    #[schemars(example = json!(["contacts:read", "contacts:write"]))]
    require_any_scope: Option<NonEmpty<Word>>,
    /// Claims a token has to carry, each with its value or the values of which one is enough.
    #[schemars(example = json!({ "department": ["sales", "support"] }))]
    require_claims: Option<Named<ClaimValues>>,
    /// The audiences that are accepted, where not all of the server's.
    #[schemars(example = json!(["https://contacts.example.com"]))]
    audiences: Option<NonEmpty<Line>>,
    /// How long the gateway keeps the signing keys, in minutes.
    #[schemars(extend("default" = 60))]
    jwks_ttl_minutes: Option<OrVariable<Minutes>>,
    /// `skip`, or the claim whose value the gateway checks against the API's contracts.
    #[schemars(extend("default" = "skip"))]
    client_id: Option<Word>,
    /// The requests it covers; all of them where this is absent.
    #[schemars(length(min = 1), example = json!([{ "methods": ["GET"], "path": "/contacts/.*" }]))]
    routes: Option<Vec<Route>>,
    /// Says that paths which `routes` leaves uncovered may stay without a token check.
    #[schemars(extend("default" = false))]
    open: Option<OrVariable<bool>>,
    /// The file to write, relative to this one's folder; `policies/[<environment>/]<key>.<extension>` where it is absent.
    #[schemars(example = &"policies/contacts-jwt-validation.json")]
    output: Option<Line>,
    /// How `verify` proves it: one probe or a list.
    #[schemars(example = json!({ "url": "https://contacts.example.com/contacts", "client": "contacts-batch" }))]
    probe: Option<Probes>,
    /// `mulesoft`: `configuration`, the default, is the bare configuration object; `request` is the body of API Manager's
    /// request and needs `asset_version`; `offline` is the file of an offline policy and needs `api_id` and
    /// `asset_version`.
    #[schemars(extend("default" = "configuration"))]
    format: Option<OrVariable<Format>>,
    /// `mulesoft`: the id of the API instance that the offline file names. Needed by `format: offline`.
    #[schemars(example = 17_283_942)]
    api_id: Option<OrVariable<Id>>,
    /// `mulesoft`: the version of the policy asset, such as `"1.4.0"`. Needed by `format: request` and
    /// `format: offline`.
    #[schemars(example = &"1.4.0")]
    asset_version: Option<Word>,
    /// `flex`: `binding`, the default, is a PolicyBinding on an ApiInstance that stands elsewhere, and needs
    /// `api_instance`; `inline` is an ApiInstance with the policy in it, and needs `address` and `upstream`.
    #[schemars(extend("default" = "binding"))]
    style: Option<OrVariable<Style>>,
    /// `flex`: the name of the ApiInstance. Needed by `style: binding`.
    #[schemars(example = &"contacts")]
    api_instance: Option<Word>,
    /// `flex`: the namespace of the resources.
    #[schemars(extend("default" = "default"))]
    namespace: Option<Word>,
    /// `flex`: the address the inline ApiInstance listens on, such as `http://0.0.0.0:8081/orders`. Needed by
    /// `style: inline`.
    #[schemars(example = &"http://0.0.0.0:8081/contacts")]
    address: Option<Word>,
    /// `flex`: the address of the API behind the inline ApiInstance, such as `https://orders.internal.example:443`.
    /// Needed by `style: inline`.
    #[schemars(example = &"https://contacts.internal.example:443")]
    upstream: Option<Word>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Gateway {
    /// API Manager, or a Mule 4 runtime.
    Mulesoft,
    /// Flex Gateway in local mode.
    Flex,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Format {
    /// The bare object, as `--configFile` takes it.
    Configuration,
    /// The body of an API Manager request.
    Request,
    /// The file a Mule 4 runtime reads offline.
    Offline,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Style {
    /// A PolicyBinding on an ApiInstance that stands elsewhere.
    Binding,
    /// The ApiInstance with the policy in it.
    Inline,
}

/// The value of the claim, or values of which one is enough.
#[derive(JsonSchema)]
#[schemars(untagged, example = json!(["sales", "support"]))]
enum ClaimValues {
    /// The value.
    One(Line),
    /// Values of which one is enough.
    Any(NonEmpty<Line>),
}

/// Requests a policy covers.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "route")]
struct Route {
    /// HTTP methods in upper case; all where this is absent.
    #[schemars(example = json!(["GET", "HEAD"]))]
    methods: Option<NonEmpty<Method>>,
    /// A regular expression over the path, in the gateway's dialect.
    #[schemars(example = &"/contacts/.*")]
    path: Line,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Probes {
    One(Probe),
    Several(Vec<Probe>),
}

// A request that proves the policy.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "probe")]
struct Probe {
    /// The URL to call: https except loopback. Its origin has to be that of the server's identifier or an audience, else
    /// `--allow-probe-host` has to name the host.
    #[schemars(example = &"https://contacts.example.com/contacts")]
    url: Word,
    /// The key of the app whose token opens it.
    #[schemars(example = &"contacts-batch")]
    client: Line,
    /// The method: GET unless said otherwise.
    #[schemars(extend("default" = "GET"))]
    method: Option<OrVariable<ProbeMethod>>,
    /// The user of the password grant; without one the token is a machine's and carries no user.
    #[schemars(example = json!({ "name": "tester@example.com", "password_env": "TESTER_PASSWORD" }))]
    user: Option<ProbeUser>,
    /// The environment variable that holds the client's secret; where it is absent, the stored secret is taken.
    #[schemars(example = &"CONTACTS_BATCH_SECRET")]
    client_secret_env: Option<EnvironmentName>,
    /// Statuses to expect, where the gateway answers otherwise than documented.
    #[schemars(example = json!({ "no_token": 401 }))]
    expect: Option<Expectation>,
}

#[derive(JsonSchema)]
enum ProbeMethod {
    /// The answer with its body.
    #[schemars(rename = "GET")]
    Get,
    /// The answer without its body.
    #[schemars(rename = "HEAD")]
    Head,
}

// The user of a password grant.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "user")]
struct ProbeUser {
    /// The username or email.
    #[schemars(example = &"tester@example.com")]
    name: Name,
    /// The environment variable that holds the password.
    #[schemars(example = &"TESTER_PASSWORD")]
    password_env: EnvironmentName,
}

// HTTP statuses a probe has to see.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "expectation")]
struct Expectation {
    /// Without a token.
    #[schemars(example = 401)]
    no_token: Option<OrVariable<Status>>,
    /// With the right token; 2xx where this is absent.
    #[schemars(example = 200)]
    accepted: Option<OrVariable<Status>>,
    /// With a token that differs in one property; 400, 401 or 403 where this is absent.
    #[schemars(example = 403)]
    refused: Option<OrVariable<Status>>,
}
