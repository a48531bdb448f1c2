//! Named guesses: what the vendor's documents leave open, each as a setting that tests can turn.
//!
//! The default of every switch is what is documented, or the likelier guess where nothing is. A switch never
//! changes documented behaviour.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Every switch, by name.
///
/// Source: reference onelogin-api.md sections 10 and 11 (the gap number stands beside each field).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Switches {
    /// Region whose connector catalogue the account has.
    pub(crate) region: Region,
    /// Gap 1: a second server with a resource identifier that is taken.
    pub(crate) duplicate_identifier: Duplicate,
    /// Gap 1: a second server with a name that is taken.
    pub(crate) duplicate_server_name: Duplicate,
    /// Gap 2: a second POST of a bound app.
    pub(crate) double_bind: DoubleBind,
    /// Gap 3: deleting a scope that a client holds.
    pub(crate) scope_in_use: InUse,
    /// Gap 4: deleting an app that is bound to a server.
    pub(crate) delete_bound_app: InUse,
    /// Gap 4: deleting a server that has clients.
    pub(crate) delete_bound_server: InUse,
    /// Gap 5: what a PUT leaves out of a server, a scope or a claim.
    pub(crate) put_omitted: PutOmitted,
    /// Gap 6: what GET shows of a lifetime that was never given.
    pub(crate) default_expirations: DefaultExpirations,
    /// Gap 7: status of POST on scopes and claims.
    pub(crate) scope_claim_post_status: PostStatus,
    /// Gap 8: how `audiences` are stored.
    pub(crate) audiences: Audiences,
    /// Gap 8: whether one string with commas or line breaks stands for several audiences.
    pub(crate) audiences_string: AudiencesString,
    /// Gap 13: status for a credential whose level is too low.
    pub(crate) weak_credential: WeakCredential,
    /// Gap 14: whether ordinary answers carry the quota as headers.
    ///
    /// Source: the vendor's generate-tokens page says the values are in the header of a resource call.
    pub(crate) rate_limit_headers: bool,
    /// Gap 14: shape of the body once the quota is spent.
    pub(crate) rate_limit_body: RateLimitBody,
    /// Gap 14: whether a 429 carries `Retry-After`.
    pub(crate) retry_after: bool,
    /// Gap 14: which calls the quota counts.
    pub(crate) quota_counts: QuotaCounts,
    /// Whether asking for the quota uses some of it.
    pub(crate) rate_limit_call_counts: bool,
    /// Gap 17: whether authorization servers show in the list of apps.
    pub(crate) servers_in_apps: bool,
    /// Gap 18: seconds until the token endpoint honours a changed binding.
    pub(crate) binding_delay_seconds: u64,
    /// Gap 19: body of the app PUT answer.
    pub(crate) app_put_body: AppPutBody,
    /// Gap 19: how GET says that the client secret is not told.
    pub(crate) client_secret_on_get: SecretOnGet,
    /// Gap 20: how the name filter of the server list matches.
    pub(crate) server_name_filter: NameFilter,
    /// Gap 21: an empty list of scopes on a client.
    pub(crate) empty_client_scopes: EmptyScopes,
    /// A scope value with blanks in it.
    pub(crate) scope_whitespace: ScopeWhitespace,
    /// OIDC settings whose value is 0 on GET.
    pub(crate) zero_values: ZeroValues,
    /// Whether the server list shows the lifetimes.
    pub(crate) list_expirations: bool,
    /// Whether role answers carry their members without being asked.
    pub(crate) role_inline_members: bool,
    /// An empty array in the body of a role PUT.
    pub(crate) role_put_empty: RolePutEmpty,
    /// Seconds until a new role member shows in reads.
    pub(crate) membership_lag_seconds: u64,
    /// Milliseconds after a write for which reads are answered from before it.
    pub(crate) stale_reads_ms: u32,
    /// A `resource` that is unknown or not bound to the client.
    pub(crate) unknown_resource: UnknownResource,
    /// A requested scope that the client was not granted.
    pub(crate) ungranted_scope: UngrantedScope,
    /// Whether names, descriptions and notes come back HTML-escaped.
    pub(crate) html_escape: bool,
    /// Whether line feeds in notes come back as CRLF.
    pub(crate) crlf_notes: bool,
    /// Rows the server list shows at most.
    pub(crate) list_cap: usize,
}

impl Default for Switches {
    fn default() -> Self {
        Switches {
            region: Region::Us,
            duplicate_identifier: Duplicate::Refuse,
            duplicate_server_name: Duplicate::Allow,
            double_bind: DoubleBind::Refuse,
            scope_in_use: InUse::Cascade,
            delete_bound_app: InUse::Cascade,
            delete_bound_server: InUse::Cascade,
            put_omitted: PutOmitted::Keep,
            default_expirations: DefaultExpirations::Absent,
            scope_claim_post_status: PostStatus::Ok,
            audiences: Audiences::AsSent,
            audiences_string: AudiencesString::Refuse,
            weak_credential: WeakCredential::Unauthorized,
            rate_limit_headers: true,
            rate_limit_body: RateLimitBody::V1,
            retry_after: false,
            quota_counts: QuotaCounts::All,
            rate_limit_call_counts: false,
            servers_in_apps: false,
            binding_delay_seconds: 0,
            app_put_body: AppPutBody::Full,
            client_secret_on_get: SecretOnGet::Absent,
            server_name_filter: NameFilter::Substring,
            empty_client_scopes: EmptyScopes::Allow,
            scope_whitespace: ScopeWhitespace::Unprocessable,
            zero_values: ZeroValues::Omit,
            list_expirations: false,
            role_inline_members: false,
            role_put_empty: RolePutEmpty::Refuse,
            membership_lag_seconds: 0,
            stale_reads_ms: 0,
            unknown_resource: UnknownResource::InvalidTarget,
            ungranted_scope: UngrantedScope::Drop,
            html_escape: false,
            crlf_notes: false,
            // Source: the list page of the vendor's docs says up to 1,000 rows and no paging.
            list_cap: 1000,
        }
    }
}

impl Switches {
    /// Returns these switches with the named ones set; `null` returns one to its default.
    ///
    /// # Errors
    /// A sentence naming the unknown switch or the values it may have.
    pub(crate) fn with(&self, named: &Value) -> Result<Switches, String> {
        let Value::Object(named) = named else {
            return Err("switches are a JSON object of name and value".to_owned());
        };
        let mut all = to_map(self);
        let defaults = to_map(&Switches::default());
        for (name, value) in named {
            let Some(default) = defaults.get(name) else {
                let known: Vec<&str> = defaults.keys().map(String::as_str).collect();
                return Err(format!("unknown switch `{name}`, known are {}", known.join(", ")));
            };
            let value = match value {
                Value::Null => default.clone(),
                // A status may be written as the number it is.
                Value::Number(number) if default.is_string() => Value::String(number.to_string()),
                other => other.clone(),
            };
            all.insert(name.clone(), value);
        }
        serde_json::from_value(Value::Object(all)).map_err(|error| error.to_string())
    }
}

fn to_map(switches: &Switches) -> Map<String, Value> {
    match serde_json::to_value(switches) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

macro_rules! setting {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) enum $name { $($(#[$inner])* #[serde(rename = $text)] $variant),+ }
    };
}

setting! {
    /// Region of the connector catalogue.
    Region { Us = "us", Eu = "eu" }
}
setting! {
    /// What happens to a second object with the same key.
    Duplicate { Refuse = "422", Allow = "allow" }
}
setting! {
    /// What a second POST of a bound app does.
    DoubleBind { Refuse = "422", Upsert = "upsert" }
}
setting! {
    /// What deleting something in use does.
    InUse { Cascade = "cascade", Refuse = "422" }
}
setting! {
    /// What a PUT does with what it leaves out.
    PutOmitted { Keep = "keep", Null = "null", Reject = "reject" }
}
setting! {
    /// What GET shows of a lifetime that was never given.
    DefaultExpirations { Absent = "absent", Null = "null", Filled = "filled" }
}
setting! {
    /// Status of a POST that created a scope or a claim.
    PostStatus { Ok = "200", Created = "201" }
}
setting! {
    /// How a list of audiences is stored.
    Audiences { AsSent = "as_sent", Sorted = "sorted", SortedUnique = "sorted_unique" }
}
setting! {
    /// What an `audiences` string does.
    AudiencesString { Refuse = "422", Split = "split" }
}
setting! {
    /// Status for a credential whose level is too low.
    WeakCredential { Unauthorized = "401", Forbidden = "403" }
}
setting! {
    /// Body of a 429.
    RateLimitBody { V1 = "v1", V2 = "v2" }
}
setting! {
    /// Calls that use up the quota.
    QuotaCounts { All = "all", V1 = "v1" }
}
setting! {
    /// Body of the app PUT answer.
    AppPutBody { Full = "full", Id = "id" }
}
setting! {
    /// How GET says that the client secret is not told.
    SecretOnGet { Absent = "absent", Empty = "empty" }
}
setting! {
    /// How the name filter of the server list matches.
    NameFilter { Substring = "substring", CaseSensitive = "case_sensitive", Wildcard = "wildcard" }
}
setting! {
    /// What an empty list of scopes on a client does.
    EmptyScopes { Allow = "allow", Refuse = "422" }
}
setting! {
    /// Status for a scope value with blanks.
    ScopeWhitespace { Unprocessable = "422", BadRequest = "400" }
}
setting! {
    /// What GET does with OIDC settings that are 0.
    ZeroValues { Omit = "omit", Show = "show" }
}
setting! {
    /// What an empty array in the body of a role PUT does. Source: reference section 6.1, sources contradict.
    RolePutEmpty { Refuse = "400", Clear = "clear", Ignore = "ignore" }
}
setting! {
    /// The token endpoint's answer to a `resource` it cannot serve.
    UnknownResource { InvalidTarget = "invalid_target", NotFound = "resource_not_found" }
}
setting! {
    /// The token endpoint's answer to a scope that was not granted.
    UngrantedScope { Drop = "drop", InvalidScope = "invalid_scope" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn named_switches_change_and_null_restores() {
        let set = Switches::default()
            .with(&json!({"double_bind": "upsert", "scope_claim_post_status": 201, "list_cap": 3}))
            .unwrap();
        assert_eq!(set.double_bind, DoubleBind::Upsert);
        assert_eq!(set.scope_claim_post_status, PostStatus::Created);
        assert_eq!(set.list_cap, 3);
        let back = set.with(&json!({"double_bind": null})).unwrap();
        assert_eq!(back.double_bind, DoubleBind::Refuse);
        assert_eq!(back.list_cap, 3);
    }

    #[test]
    fn unknown_names_and_values_are_refused() {
        let check = |named: Value, part: &str| {
            let error = Switches::default().with(&named).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check(json!({"put_omited": "keep"}), "put_omited");
        check(json!({"put_omitted": "drop"}), "keep");
        check(json!([]), "object");
    }
}
