//! What an inline policy and a `PolicyBinding` of Flex Gateway have in common: the policy's name, its configuration
//! and its rules.

use serde_json::Value;

use super::{
    error::FileError,
    fields::{Fields, wrong_type},
    instance::AppliedPolicy,
    jwt_policy::{JwtPolicy, Technology},
    rules::{Pattern, Rule, Rules},
};

/// Where resources without a namespace live, and the policies that Flex ships.
pub(super) const DEFAULT_NAMESPACE: &str = "default";

/// Name and namespace of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) namespace: String,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.name, self.namespace)
    }
}

/// The policies this gateway knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShippedPolicy {
    Jwt,
    Route,
}

/// Reads which policy is meant.
///
/// The reference's namespace defaults to that of the resource it stands in, while the shipped policies live in
/// `default`: in any other namespace the policy is not found.
pub(super) fn read_policy_ref(fields: &mut Fields<'_>, namespace: &str) -> Result<ShippedPolicy, FileError> {
    let mut reference = fields.required_object("policyRef")?;
    let at = fields.path("policyRef");
    let name = read_name(&mut reference, namespace)?;
    reference.finish()?;
    if name.namespace != DEFAULT_NAMESPACE {
        let reason = format!("there is no policy {name}: shipped policies are in `namespace: {DEFAULT_NAMESPACE}`");
        return Err(FileError::refused(at, reason));
    }
    match name.name.as_str() {
        "jwt-validation-flex" => Ok(ShippedPolicy::Jwt),
        "route" => Ok(ShippedPolicy::Route),
        "jwt-validation" => Err(FileError::refused(at, "in local mode the policy is named `jwt-validation-flex`")),
        other => Err(FileError::unsupported(at, format!("the policy `{other}`"))),
    }
}

pub(super) fn read_jwt(fields: &mut Fields<'_>) -> Result<AppliedPolicy, FileError> {
    let at = fields.path("config");
    let config = fields.required("config")?;
    refuse_variables(config, &at)?;
    Ok(AppliedPolicy { policy: JwtPolicy::read(config, &at, Technology::FlexLocal)?, rules: read_rules(fields)? })
}

/// Refuses values that Flex would replace by an environment variable, which is unknown here.
pub(super) fn refuse_variables(config: &Value, at: &str) -> Result<(), FileError> {
    match config {
        Value::String(text) if text.starts_with('$') => {
            Err(FileError::refused(at, format!("`{text}` is read as an environment variable")))
        }
        Value::Array(items) => items.iter().try_for_each(|item| refuse_variables(item, at)),
        Value::Object(object) => {
            object.iter().try_for_each(|(key, value)| refuse_variables(value, &format!("{at}.{key}")))
        }
        _ => Ok(()),
    }
}

/// Reads `rules`: alternatives whose fields all have to hold; none at all is every request.
pub(super) fn read_rules(fields: &mut Fields<'_>) -> Result<Rules, FileError> {
    let at = fields.path("rules");
    if fields.any("rules").is_none() {
        return Ok(Rules::everything());
    }
    let items = fields.list("rules")?;
    if items.is_empty() {
        return Err(FileError::refused(at, "an empty list of rules names no request"));
    }
    let rules = items.iter().enumerate();
    let rules = rules.map(|(place, item)| read_rule(item, format!("{at}[{place}]")));
    rules.collect::<Result<_, _>>().map(Rules::any_of)
}

fn read_rule(item: &Value, at: String) -> Result<Rule, FileError> {
    let mut fields = Fields::of(item, at)?;
    let mut rule = Rule::default();
    if let Some(path) = fields.text("path")? {
        rule.path = Some(Pattern::compile(&fields.path("path"), path)?);
    }
    if let Some(methods) = fields.text("methods")? {
        rule.method = Some(Pattern::compile(&fields.path("methods"), methods)?);
    }
    if fields.text("host")?.is_some() {
        // The emulator is not called by the API's own host name, so the condition cannot be judged.
        return Err(FileError::unsupported(fields.path("host"), "a rule on the host"));
    }
    if let Some(headers) = fields.any("headers") {
        let at = fields.path("headers");
        let Value::Object(headers) = headers else {
            return Err(wrong_type(at, "an object", headers));
        };
        for (name, pattern) in headers {
            let at = format!("{at}.{name}");
            let Value::String(pattern) = pattern else {
                return Err(wrong_type(at, "a string", pattern));
            };
            rule.headers.push((name.clone(), Pattern::compile(&at, pattern)?));
        }
    }
    fields.finish()?;
    Ok(rule)
}

/// Reads `name` and `namespace`.
pub(super) fn read_name(fields: &mut Fields<'_>, default_namespace: &str) -> Result<Name, FileError> {
    let namespace = match fields.text("namespace")? {
        None => default_namespace,
        Some("") => {
            return Err(FileError::refused(fields.path("namespace"), "the string is empty"));
        }
        Some(namespace) => namespace,
    };
    Ok(Name { name: fields.required_text("name")?.to_owned(), namespace: namespace.to_owned() })
}
