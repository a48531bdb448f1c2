//! The root of the file.
#![expect(dead_code, reason = "the types are described, never made")]

use super::entries::{App, Role, Server};
use super::policies::Policy;
use super::values::{Entries, Id, Line, OrVariable, Subdomain, VariableValue};
use schemars::JsonSchema;
use serde_json::json;

/// API authorization as code for OneLogin: what should exist in one account, and what gateways should check.
///
/// What the file says is owned whole; what it does not say is left alone. A key that is absent is neither compared nor
/// changed; a list or mapping that is present is complete. Null is an error everywhere: `{}`, `[]` and `""` empty a
/// thing, removing its key leaves it alone. `${name}` in a value is a variable, `$${` a literal `${`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "gatewright.yaml")]
pub(super) struct Root {
    /// The version of the file format: 1.
    #[schemars(extend("default" = 1))]
    version: Version,
    /// The OneLogin account the file is about.
    #[schemars(example = json!({ "subdomain": "acme" }))]
    tenant: Tenant,
    /// Values that texts of the file use as `${name}`.
    ///
    /// A value may refer to other variables, to `${environment}`, and to `${env:NAME}`, an environment variable of the
    /// process. Values are shown in plans, so no secret belongs here: names that end in `secret`, `password`, `passwd`,
    /// `token`, `key` or `credentials` are refused, and so is `${env:NAME}` where NAME sounds like a secret. A probe names
    /// the environment variable of its secret (`client_secret_env: NAME`). `--var name=value` replaces a value.
    #[schemars(example = json!({ "contacts_url": "https://contacts.${environment}.example.com" }))]
    variables: Option<Entries<VariableValue>>,
    /// Environments such as `dev` and `prod`, by name. With this block, `--env` says which one is meant, and
    /// `${environment}` is its name.
    #[schemars(example = json!({ "dev": {}, "prod": { "tenant": { "subdomain": "acme" } } }))]
    environments: Option<Entries<Environment>>,
    /// Further files, relative to this one and below its folder; `*` matches within one folder. A pattern without a match
    /// is an error. Included files hold roles, oidc_apps, authorization_servers and gateway_policies only.
    #[schemars(inner(pattern(r"^[^/$\\:][^$\\:]*$")), example = json!(["apis/*.yaml"]))]
    include: Option<Vec<String>>,
    /// Roles: what lets a user reach an app.
    roles: Option<Entries<Role>>,
    /// OIDC apps: the clients of your APIs.
    oidc_apps: Option<Entries<App>>,
    /// Authorization servers: one for each API, with its audiences, scopes, claims and clients.
    authorization_servers: Option<Entries<Server>>,
    /// Gateway policies: what the gateway in front of an API checks, rendered to files.
    gateway_policies: Option<Entries<Policy>>,
}

/// A file that `include` of the root file names: entries that the root file could hold as well.
///
/// A key may be defined once in all files. What concerns the whole configuration, such as `tenant` and `variables`, stands
/// in the root file only.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "a file that gatewright.yaml includes")]
pub(super) struct Included {
    /// Roles: what lets a user reach an app.
    roles: Option<Entries<Role>>,
    /// OIDC apps: the clients of your APIs.
    oidc_apps: Option<Entries<App>>,
    /// Authorization servers: one for each API, with its audiences, scopes, claims and clients.
    authorization_servers: Option<Entries<Server>>,
    /// Gateway policies: what the gateway in front of an API checks, rendered to files.
    gateway_policies: Option<Entries<Policy>>,
}

/// The version of the file format.
struct Version;

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "enum": [1] })
    }
}

// A OneLogin account.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "tenant")]
pub(super) struct Tenant {
    /// The subdomain: `acme` for https://acme.onelogin.com.
    #[schemars(example = &"acme", example = &"acme-${environment}")]
    subdomain: Subdomain,
    /// The account id. Where it is given, the token answer has to carry it before anything else happens.
    #[schemars(example = 555_555)]
    account_id: Option<OrVariable<Id>>,
    /// The origin of a custom domain. Credentials are sent there only where `ONELOGIN_API_URL` names the same host.
    #[schemars(example = &"https://login.acme.example")]
    base_url: Option<Line>,
}

/// What one environment changes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "environment")]
struct Environment {
    /// Replaces the whole `tenant` block.
    #[schemars(example = json!({ "subdomain": "acme" }))]
    tenant: Option<Tenant>,
    /// Replaces values of variables that the file declares.
    #[schemars(example = json!({ "contacts_url": "https://contacts.example.com" }))]
    variables: Option<Entries<VariableValue>>,
}
