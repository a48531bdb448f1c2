//! Version 1 of the format of two environments' differences.

use crate::access::{AccessContrast, Side};
use crate::contrast::{Contrast, FieldContrast, FileContrast, ValueContrast};
use crate::report::visible::visible_json;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The number that stands in `format_version`.
const FORMAT_VERSION: u32 = 1;

/// How two environments differ. Every pair is in the order of `environments`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gatewright diff")]
struct ContrastV1 {
    /// The version of this format.
    format_version: u32,
    /// The names of the two.
    environments: [String; 2],
    /// Differences in access, by server.
    access: Vec<AccessContrastV1>,
    /// What only one of the two has.
    only: Vec<OnlyV1>,
    /// Differences of the tenant, by key of the file.
    tenant: Vec<ValueV1>,
    /// Variables that stand for different things.
    variables: Vec<ValueV1>,
    /// Fields that differ of what both have.
    fields: Vec<FieldV1>,
    /// Policy files with different contents.
    files: Vec<FileV1>,
}

/// One difference in access.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccessContrastV1 {
    /// `grant`, `admission`, `roles`, `authentication` or `lifetime`.
    kind: &'static str,
    /// The authorization server, by key.
    server: String,
    /// The client, by key; null: all of the server's.
    client: Option<String>,
    /// The gateway policy it is about.
    policy: Option<String>,
    /// The scopes that only one environment grants; empty for tokens without scopes.
    scopes: Vec<String>,
    /// The environment in which the client may do more; null for lifetimes and authentication.
    environment: Option<String>,
    /// All of it as a sentence.
    sentence: String,
}

/// Something that only one environment has.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OnlyV1 {
    /// Its address; what it contains is not listed again.
    address: String,
    /// The environment that has it.
    environment: String,
}

/// A name that stands for two values.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ValueV1 {
    /// The name.
    name: String,
    /// The two values; null where one environment does not say it.
    values: [Value; 2],
}

/// A field that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FieldV1 {
    /// The thing.
    address: String,
    /// The key of the file.
    path: String,
    /// The two values; null where one environment does not say it.
    values: [Value; 2],
    /// The variables that make the difference: the file says the same for both. Empty where it is not known to be so.
    variables: Vec<String>,
}

/// A policy file with different contents.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileV1 {
    /// The policy, by key.
    policy: String,
    /// Where each environment writes it, relative to the folder of the root file.
    paths: [String; 2],
    /// What each environment writes.
    contents: [String; 2],
}

/// Writes how two environments differ as JSON, with a line feed at the end.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_contrast_json(out: &mut dyn Write, contrast: &Contrast) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&ContrastV1::from(contrast))?;
    writeln!(out, "{}", visible_json(&text))
}

/// Returns the JSON Schema of the format, draft-07.
pub fn contrast_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<ContrastV1>().to_value()
}

impl From<&Contrast> for ContrastV1 {
    fn from(contrast: &Contrast) -> Self {
        let Contrast { names, access, tenant, variables, only, fields, files } = contrast;
        let values = |values: &[ValueContrast]| values.iter().map(ValueV1::from).collect();
        let alone = |side: Side| {
            side.of(only)
                .iter()
                .map(move |address| OnlyV1 { address: address.to_string(), environment: side.of(names).clone() })
        };
        Self {
            format_version: FORMAT_VERSION,
            environments: names.clone(),
            access: access.iter().map(|difference| AccessContrastV1::of(difference, names)).collect(),
            only: Side::BOTH.into_iter().flat_map(alone).collect(),
            tenant: values(tenant),
            variables: values(variables),
            fields: fields.iter().map(FieldV1::from).collect(),
            files: files.iter().map(FileV1::from).collect(),
        }
    }
}

impl AccessContrastV1 {
    fn of(difference: &AccessContrast, names: &[String; 2]) -> Self {
        let [first, second] = names;
        let written = Self {
            kind: "",
            server: difference.server().to_owned(),
            client: None,
            policy: None,
            scopes: Vec::new(),
            environment: None,
            sentence: difference.sentence(&[first, second]),
        };
        match difference {
            AccessContrast::Grant { server: _, client, scopes, side } => Self {
                kind: "grant",
                client: Some(client.clone()),
                scopes: scopes.iter().map(ToString::to_string).collect(),
                environment: Some(side.of(names).clone()),
                ..written
            },
            AccessContrast::Admission { server: _, client, policy, obstacles: _, side } => Self {
                kind: "admission",
                client: Some(client.clone()),
                policy: Some(policy.to_string()),
                environment: Some(side.of(names).clone()),
                ..written
            },
            AccessContrast::Roles { server: _, client, roles: _, side } => Self {
                kind: "roles",
                client: Some(client.clone()),
                environment: Some(side.of(names).clone()),
                ..written
            },
            AccessContrast::Authentication { server: _, client, methods: _ } => {
                Self { kind: "authentication", client: Some(client.clone()), ..written }
            }
            AccessContrast::Lifetime { server: _, tokens: _, minutes: _ } => Self { kind: "lifetime", ..written },
        }
    }
}

impl From<&ValueContrast> for ValueV1 {
    fn from(contrast: &ValueContrast) -> Self {
        let ValueContrast { name, values } = contrast;
        Self { name: name.clone(), values: values.clone() }
    }
}

impl From<&FieldContrast> for FieldV1 {
    fn from(contrast: &FieldContrast) -> Self {
        let FieldContrast { address, path, values, variables } = contrast;
        Self {
            address: address.to_string(),
            path: (*path).to_owned(),
            values: values.clone(),
            variables: variables.clone(),
        }
    }
}

impl From<&FileContrast> for FileV1 {
    fn from(contrast: &FileContrast) -> Self {
        let FileContrast { policy, paths, contents } = contrast;
        Self { policy: policy.to_string(), paths: paths.clone(), contents: contents.clone() }
    }
}
