//! The three files that hold the configuration.

use super::configuration::Configuration;
use crate::diagnostic::{Code, Diagnostic, Sourced};
use crate::model::{MuleFormat, Mulesoft, RemoteId, Route};
use crate::render::facts::Facts;
use crate::render::routes;
use serde::Serialize;

/// MuleSoft's own organization, which publishes the shipped policies.
///
/// Source: the same in every region (API Manager replies, the official Terraform table).
const GROUP_ID: &str = "68ef9520-24e9-4cf2-b2f5-620025690913";

/// The policy's asset.
const ASSET_ID: &str = "jwt-validation";

/// The body of `POST …/apis/API_ID/policies`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    group_id: &'static str,
    asset_id: &'static str,
    asset_version: String,
    configuration_data: Configuration,
    /// `null` is the whole API.
    pointcut_data: Option<Vec<Pointcut>>,
    order: u32,
    disabled: bool,
    label: String,
}

/// The file in `$MULE_HOME/policies/offline-policies`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Offline {
    template: Template,
    api: Vec<Api>,
    order: u32,
    configuration: Configuration,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointcut_data: Option<Vec<Pointcut>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    group_id: &'static str,
    asset_id: &'static str,
    version: String,
}

#[derive(Serialize)]
struct Api {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pointcut {
    method_regex: String,
    uri_template_regex: String,
}

/// Renders the file of a MuleSoft policy.
pub(in crate::render) fn contents(facts: &Facts<'_>, mulesoft: &Mulesoft, problems: &mut Vec<Diagnostic>) -> String {
    let Mulesoft { format, api_id, asset_version } = mulesoft;
    let configuration = Configuration::of(facts, problems);
    let pointcut = pointcut(&facts.policy.routes, problems);
    match format {
        MuleFormat::Configuration => {
            refuse_pointcut(facts, problems);
            pretty(&configuration)
        }
        MuleFormat::Request => pretty(&Request {
            group_id: GROUP_ID,
            asset_id: ASSET_ID,
            asset_version: version(facts, *format, asset_version.as_ref(), problems),
            configuration_data: configuration,
            pointcut_data: pointcut,
            order: 1,
            disabled: false,
            label: format!("gatewright: {}", facts.key),
        }),
        MuleFormat::Offline => pretty(&Offline {
            template: Template {
                group_id: GROUP_ID,
                asset_id: ASSET_ID,
                version: version(facts, *format, asset_version.as_ref(), problems),
            },
            api: vec![Api { id: api(facts, api_id.as_ref(), problems) }],
            order: 1,
            configuration,
            pointcut_data: pointcut,
        }),
    }
}

fn pointcut(all: &[Sourced<Route>], problems: &mut Vec<Diagnostic>) -> Option<Vec<Pointcut>> {
    let mut pointcuts = Vec::new();
    for route in all {
        routes::check_syntax(route, problems);
        pointcuts.push(Pointcut {
            method_regex: routes::methods(&route.value).unwrap_or_else(|| ".*".to_owned()),
            uri_template_regex: route.value.path.clone(),
        });
    }
    (!pointcuts.is_empty()).then_some(pointcuts)
}

fn refuse_pointcut(facts: &Facts<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(route) = facts.policy.routes.first() else { return };
    problems.push(
        Diagnostic::error(
            Code::NotExpressible,
            route.origin.clone(),
            "the bare configuration cannot carry routes: the command line takes them apart from it, with `-p`",
        )
        .with_hint("Say `format: request` or `format: offline`, or leave `routes` out."),
    );
}

/// Returns the version of the policy asset, which only API Manager knows and we do not guess.
fn version(
    facts: &Facts<'_>,
    format: MuleFormat,
    version: Option<&Sourced<String>>,
    problems: &mut Vec<Diagnostic>,
) -> String {
    let Some(version) = version else {
        problems.push(
            Diagnostic::error(
                Code::PolicyIncomplete,
                facts.policy.origin.clone(),
                format!("`format: {}` needs `asset_version`", format.as_str()),
            )
            .with_hint(
                "Take the version that API Manager offers for the instance, such as `asset_version: \"1.4.0\"`. \
                 `format: configuration`, the default, needs nothing.",
            ),
        );
        return String::new();
    };
    let parts: Vec<&str> = version.value.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if parts.len() != 3 || !parts.iter().all(is_number) {
        let message = format!("`{}` is not the version of a policy asset", version.value);
        problems.push(
            Diagnostic::error(Code::InvalidValue, version.origin.clone(), message)
                .with_hint("It has three numbers: `1.4.0`."),
        );
    }
    version.value.clone()
}

fn api(facts: &Facts<'_>, api_id: Option<&Sourced<RemoteId>>, problems: &mut Vec<Diagnostic>) -> String {
    if let Some(api_id) = api_id {
        return api_id.value.to_string();
    }
    problems.push(
        Diagnostic::error(Code::PolicyIncomplete, facts.policy.origin.clone(), "`format: offline` needs `api_id`")
            .with_hint(
                "Give the id of the API instance that the runtime is paired with, such as `api_id: 15772912`. \
                        `format: request` needs `asset_version` alone, `format: configuration`, the default, nothing.",
            ),
    );
    String::new()
}

fn pretty(value: &impl Serialize) -> String {
    // Structs of texts, numbers and lists always have a JSON form.
    #[expect(clippy::expect_used, reason = "plain structs always serialize")]
    let mut text = serde_json::to_string_pretty(value).expect("policy files are plain data");
    text.push('\n');
    text
}
