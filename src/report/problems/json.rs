//! Version 1 of the problems format.

use super::ProblemsView;
use super::place::Region;
use crate::diagnostic::{Allowed, Diagnostic, Label, Severity};
use crate::report::visible::visible_json;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The number that stands in `format_version`.
const FORMAT_VERSION: u32 = 1;

/// What is wrong with a configuration.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gatewright problems")]
struct ProblemsV1 {
    /// The version of this format.
    format_version: u32,
    /// The version of the program.
    program_version: &'static str,
    /// Whether the configuration is valid: no problem is an error.
    valid: bool,
    /// The folder of the configuration file, which `file` is relative to; empty for the current folder.
    folder: String,
    /// The problems, sorted by place.
    problems: Vec<ProblemV1>,
    /// The problems that comments of the files allow, sorted by place.
    allowed: Vec<AllowedV1>,
}

/// One problem.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProblemV1 {
    /// The stable code; `gatewright explain CODE` says what it means.
    code: &'static str,
    /// How bad it is; a warning that was denied is an error.
    severity: SeverityV1,
    /// What is wrong, without a full stop.
    message: String,
    /// What to do; null where the message says it all.
    hint: Option<String>,
    /// Where it is wrong; null where no file can be blamed.
    place: Option<PlaceV1>,
    /// Other places that take part.
    related: Vec<RelatedV1>,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SeverityV1 {
    /// Nothing can be planned until it is mended.
    Error,
    /// Works, and probably not as meant.
    Warning,
}

/// A place in a file. Lines and columns count from 1, columns in characters; the end lies behind the last character.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlaceV1 {
    /// The file, relative to `folder`, with `/`.
    file: String,
    /// The first line.
    line: u32,
    /// The first column.
    column: u32,
    /// The last line.
    end_line: u32,
    /// The column behind the last character.
    end_column: u32,
}

/// Another place that takes part in a problem.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RelatedV1 {
    /// The place.
    place: PlaceV1,
    /// What it has to do with the problem; may be empty.
    text: String,
}

/// A problem that a comment allows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AllowedV1 {
    /// The problem.
    problem: ProblemV1,
    /// Why it is allowed, in the words of the comment.
    reason: String,
    /// The comment.
    comment: PlaceV1,
}

/// Writes problems as JSON, with a line feed at the end.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_problems_json(out: &mut dyn Write, view: &ProblemsView<'_>) -> io::Result<()> {
    let allowed = |Allowed { problem, reason, comment }: &Allowed| AllowedV1 {
        problem: to_v1(problem, view),
        reason: reason.clone(),
        comment: place(&Label { origin: comment.clone(), text: String::new() }, view),
    };
    let problems = ProblemsV1 {
        format_version: FORMAT_VERSION,
        program_version: env!("CARGO_PKG_VERSION"),
        valid: !view.judged.has_errors(),
        folder: view.folder.to_owned(),
        problems: view.judged.problems.iter().map(|problem| to_v1(problem, view)).collect(),
        allowed: view.judged.allowed.iter().map(allowed).collect(),
    };
    writeln!(out, "{}", visible_json(&serde_json::to_string_pretty(&problems)?))
}

/// Returns the JSON Schema of the problems format, draft-07.
pub fn problems_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<ProblemsV1>().to_value()
}

fn to_v1(problem: &Diagnostic, view: &ProblemsView<'_>) -> ProblemV1 {
    let Diagnostic { code, severity, message, primary, related, hint } = problem;
    ProblemV1 {
        code: code.as_str(),
        severity: match severity {
            Severity::Error => SeverityV1::Error,
            Severity::Warning => SeverityV1::Warning,
        },
        message: message.clone(),
        hint: hint.clone(),
        place: primary.as_ref().map(|label| place(label, view)),
        related: related
            .iter()
            .map(|label| RelatedV1 { place: place(label, view), text: label.text.clone() })
            .collect(),
    }
}

fn place(label: &Label, view: &ProblemsView<'_>) -> PlaceV1 {
    let Region { line, column, end_line, end_column } = Region::of(&label.origin, view.sources);
    PlaceV1 { file: label.origin.file.to_string(), line, column, end_line, end_column }
}
