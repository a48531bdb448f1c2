//! Version 1 of the format of a proof.

use crate::report::visible::visible_json;
use crate::verify::{Check, CheckKind, Outcome, VerifyReport};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The number that stands in `format_version`.
const FORMAT_VERSION: u32 = 1;

/// What a proof came to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gatewright verify")]
struct ProofV1 {
    /// The version of this format.
    format_version: u32,
    /// Whether the proof holds: the exit code is 0, otherwise 5.
    passed: bool,
    /// How many checks came to what.
    summary: SummaryV1,
    /// The checks: the tenant's first, then those of each probe.
    checks: Vec<CheckV1>,
}

/// How many checks came to what.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SummaryV1 {
    /// As it has to be.
    ok: usize,
    /// Otherwise.
    failed: usize,
    /// It could have been checked and was not.
    not_run: usize,
    /// It cannot be checked in this place.
    not_checkable: usize,
}

/// One check.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CheckV1 {
    /// The gateway policy; null for what is the tenant's.
    policy: Option<String>,
    /// The position of the probe in the policy's list, from 1; null for what is the tenant's.
    probe: Option<usize>,
    /// What was checked, as a word.
    check: &'static str,
    /// The scope or claim that the check is about; null where it is about neither.
    subject: Option<String>,
    /// What it came to.
    outcome: OutcomeV1,
    /// Why it was not run or cannot be checked; null otherwise.
    reason: Option<String>,
    /// What had to be seen.
    expected: String,
    /// What was seen; null where nothing was looked at.
    seen: Option<String>,
    /// Whether the token differed from the right one in this property only.
    isolated: bool,
    /// The digest of the answer's body; null where there was none.
    body_digest: Option<String>,
}

/// What a check came to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeV1 {
    /// As it has to be.
    Ok,
    /// Otherwise.
    Failed,
    /// It could have been checked and was not; fails unless skips are allowed.
    NotRun,
    /// It cannot be checked in this place.
    NotCheckable,
}

/// Writes a proof as JSON, with a line feed at the end.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_verify_json(out: &mut dyn Write, report: &VerifyReport, allow_skips: bool) -> io::Result<()> {
    let mut summary = SummaryV1::default();
    for check in &report.checks {
        let number = match check.outcome {
            Outcome::Passed => &mut summary.ok,
            Outcome::Failed => &mut summary.failed,
            Outcome::NotRun(_) => &mut summary.not_run,
            Outcome::NotCheckable(_) => &mut summary.not_checkable,
        };
        *number += 1;
    }
    let passed = !report.has_failed(allow_skips);
    let checks = report.checks.iter().map(CheckV1::from).collect();
    let text = serde_json::to_string_pretty(&ProofV1 { format_version: FORMAT_VERSION, passed, summary, checks })?;
    writeln!(out, "{}", visible_json(&text))
}

/// Returns the JSON Schema of the format of a proof, draft-07.
pub fn verify_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<ProofV1>().to_value()
}

impl From<&Check> for CheckV1 {
    fn from(check: &Check) -> Self {
        let Check { probe, kind, expected, seen, outcome, is_isolated, body_digest } = check;
        let (word, subject) = word(kind);
        let (outcome, reason) = match outcome {
            Outcome::Passed => (OutcomeV1::Ok, None),
            Outcome::Failed => (OutcomeV1::Failed, None),
            Outcome::NotRun(reason) => (OutcomeV1::NotRun, Some(reason.clone())),
            Outcome::NotCheckable(reason) => (OutcomeV1::NotCheckable, Some(reason.clone())),
        };
        Self {
            policy: probe.as_ref().map(|probe| probe.policy.to_string()),
            probe: probe.as_ref().map(|probe| probe.number),
            check: word,
            subject: subject.map(str::to_owned),
            outcome,
            reason,
            expected: expected.clone(),
            seen: Some(seen.clone()).filter(|seen| !seen.is_empty()),
            isolated: *is_isolated,
            body_digest: body_digest.clone(),
        }
    }
}

/// Returns the word of a check, and the scope or claim it is about.
fn word(kind: &CheckKind) -> (&'static str, Option<&str>) {
    let word = match kind {
        CheckKind::Claim(name) => return ("token_claim", Some(name.as_str())),
        CheckKind::MissingScope(scope) => return ("missing_scope", Some(scope.as_str())),
        CheckKind::DiscoveredIssuer => "discovered_issuer",
        CheckKind::DiscoveredKeys => "discovered_jwks_url",
        CheckKind::SigningKeys => "signing_keys",
        CheckKind::Probe => "probe",
        CheckKind::Token => "token",
        CheckKind::Signature => "token_signature",
        CheckKind::Issuer => "token_issuer",
        CheckKind::Audience => "token_audience",
        CheckKind::Scopes => "token_scopes",
        CheckKind::Lifetime => "token_lifetime",
        CheckKind::NoToken => "no_token",
        CheckKind::RightToken => "right_token",
        CheckKind::WrongAudience => "wrong_audience",
        CheckKind::MissingAnyScope => "missing_any_scope",
        CheckKind::Expired => "expired",
        CheckKind::WrongIssuer => "wrong_issuer",
        CheckKind::ForeignKey => "foreign_key",
        CheckKind::NoSignature => "no_signature",
    };
    (word, None)
}
