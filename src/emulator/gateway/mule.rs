//! The three JSON files that configure a JWT policy: the bare configuration, the API Manager request and Mule's
//! offline file.

use serde_json::Value;

use super::{
    document::from_json,
    error::FileError,
    fields::{Fields, wrong_type},
    instance::{AppliedPolicy, Instance},
    jwt_policy::{JwtPolicy, Technology},
    rules::{Pattern, Rule, Rules},
};

/// MuleSoft's organization for the policies it ships, the same in every region.
const SYSTEM_GROUP: &str = "68ef9520-24e9-4cf2-b2f5-620025690913";

/// Asset ids of the policy; API Manager uses the first for both technologies, some listings show the second.
const ASSETS: [&str; 2] = ["jwt-validation", "jwt-validation-flex"];

/// Reads the bare `configurationData` object, as `anypoint-cli-v4 … --configFile` takes it.
pub(super) fn read_configuration(text: &str) -> Result<Instance, FileError> {
    let document = from_json(text)?;
    Ok(Instance::protected_by(AppliedPolicy {
        policy: JwtPolicy::read(&document, "configuration", Technology::Mule)?,
        rules: Rules::everything(),
    }))
}

/// Reads the body of `POST …/apis/ID/policies`.
pub(super) fn read_request(text: &str) -> Result<Instance, FileError> {
    let document = from_json(text)?;
    let mut fields = Fields::of(&document, "request")?;
    let technology = read_asset(&mut fields, "assetVersion")?;
    let config = fields.required("configurationData")?;
    let policy = JwtPolicy::read(config, &fields.path("configurationData"), technology)?;
    let rules = read_pointcut(&mut fields, technology)?;
    fields.positive("order")?;
    fields.text("label")?;
    if fields.flag("disabled", false)? {
        let at = fields.path("disabled");
        return Err(FileError::refused(at, "a disabled policy protects nothing"));
    }
    expect_null_or_text(&mut fields, "policyTemplateId")?;
    fields.positive("apiVersionId")?;
    if !fields.list("upstreamIds")?.is_empty() {
        let at = fields.path("upstreamIds");
        return Err(FileError::refused(at, "outbound policies only"));
    }
    fields.finish()?;
    Ok(Instance::protected_by(AppliedPolicy { policy, rules }))
}

/// Reads `$MULE_HOME/policies/offline-policies/NAME.json`. That its resources stand under `pointcutData` is inferred
/// from the request; the vendor's page promises them without showing the key.
pub(super) fn read_offline(text: &str) -> Result<Instance, FileError> {
    let document = from_json(text)?;
    let mut fields = Fields::of(&document, "file")?;
    let mut template = fields.required_object("template")?;
    read_asset(&mut template, "version")?;
    template.finish()?;
    read_apis(&mut fields)?;
    fields.positive("order")?;
    let config = fields.required("configuration")?;
    let policy = JwtPolicy::read(config, &fields.path("configuration"), Technology::Mule)?;
    let rules = read_pointcut(&mut fields, Technology::Mule)?;
    fields.finish()?;
    Ok(Instance::protected_by(AppliedPolicy { policy, rules }))
}

/// Reads which policy is meant, and which technology its version is for.
fn read_asset(fields: &mut Fields<'_>, version_key: &'static str) -> Result<Technology, FileError> {
    let group = fields.required_text("groupId")?;
    if group != SYSTEM_GROUP {
        let at = fields.path("groupId");
        return Err(FileError::refused(at, format!("`{group}` is not the organization of the shipped policies")));
    }
    let asset = fields.required_text("assetId")?;
    if !ASSETS.contains(&asset) {
        let at = fields.path("assetId");
        return Err(FileError::refused(at, format!("`{asset}` is not the JWT Validation policy")));
    }
    let version = fields.required_text(version_key)?;
    let numbers: Vec<&str> = version.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if numbers.len() != 3 || !numbers.iter().all(is_number) {
        let at = fields.path(version_key);
        return Err(FileError::refused(at, format!("`{version}` is not a version such as 1.4.0")));
    }
    // The line below 1.0 is Flex's (release notes: 0.9.0 brought its connected mode).
    Ok(if numbers.first() == Some(&"0") { Technology::Flex } else { Technology::Mule })
}

fn expect_null_or_text(fields: &mut Fields<'_>, key: &'static str) -> Result<(), FileError> {
    match fields.any(key) {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(other) => Err(wrong_type(fields.path(key), "null or a string", other)),
    }
}

fn read_apis(fields: &mut Fields<'_>) -> Result<(), FileError> {
    let at = fields.path("api");
    let apis = fields.list("api")?;
    if apis.is_empty() {
        return Err(FileError::refused(at, "no API is named"));
    }
    for (place, api) in apis.iter().enumerate() {
        let mut api = Fields::of(api, format!("{at}[{place}]"))?;
        api.required_text("id")?;
        api.finish()?;
    }
    Ok(())
}

/// Reads the resources of a policy: null is the whole API, several rules are alternatives.
fn read_pointcut(fields: &mut Fields<'_>, technology: Technology) -> Result<Rules, FileError> {
    let at = fields.path("pointcutData");
    let items = match fields.any("pointcutData") {
        None | Some(Value::Null) => return Ok(Rules::everything()),
        Some(Value::Array(items)) if items.is_empty() => {
            return Err(FileError::refused(at, "an empty list names no request, null is the whole API"));
        }
        Some(Value::Array(items)) => items,
        Some(other) => return Err(wrong_type(at, "null or a list", other)),
    };
    let rules = items.iter().enumerate();
    let rules = rules.map(|(place, item)| read_resource(item, format!("{at}[{place}]"), technology));
    rules.collect::<Result<_, _>>().map(Rules::any_of)
}

fn read_resource(item: &Value, at: String, technology: Technology) -> Result<Rule, FileError> {
    let mut fields = Fields::of(item, at)?;
    let method = fields.required_text("methodRegex")?;
    let path = fields.required_text("uriTemplateRegex")?;
    let compile = |key: &str, pattern: &str| {
        let at = fields.path(key);
        refuse_java_only(&at, pattern, technology)?;
        Pattern::compile(&at, pattern)
    };
    let rule = Rule {
        method: Some(compile("methodRegex", method)?),
        path: Some(compile("uriTemplateRegex", path)?),
        headers: Vec::new(),
    };
    fields.finish()?;
    Ok(rule)
}

/// Refuses what Java reads differently from RE2 without RE2 objecting: possessive repetition.
fn refuse_java_only(at: &str, pattern: &str, technology: Technology) -> Result<(), FileError> {
    let is_java = technology == Technology::Mule;
    if is_java && ["++", "*+", "?+", "}+"].iter().any(|sign| pattern.contains(sign)) {
        return Err(FileError::unsupported(at, "possessive repetition in a regular expression"));
    }
    Ok(())
}
