//! Version 1 of the plan format.

use crate::access::AccessChange;
use crate::diagnostic::Origin;
use crate::diff::{Change, FieldChange, Refusal};
use crate::model::Note;
use crate::plan::{Context, Drift, FileAction, FileChange, Plan, Summary};
use crate::report::PlanView;
use crate::report::refusal::refusal_advice;
use crate::report::text::file_diff;
use crate::report::visible::visible_json;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The number that stands in `format_version`.
pub(super) const FORMAT_VERSION: u32 = 1;

/// A plan of gatewright, which `gatewright apply PLAN` takes as a permission.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gatewright plan")]
pub(super) struct PlanV1 {
    /// The version of this format.
    pub(super) format_version: u32,
    /// The version of the program that made the plan.
    pub(super) program_version: String,
    /// The digest of the resolved configuration.
    pub(super) config_digest: String,
    /// The host of the tenant.
    pub(super) tenant: String,
    /// The id of the account the plan was made for.
    pub(super) account_id: Option<u64>,
    /// The environment; null where the file has none.
    pub(super) environment: Option<String>,
    /// What the plan was asked to be.
    pub(super) options: OptionsV1,
    /// What changes in the account, in the order of execution.
    pub(super) changes: Vec<ChangeV1>,
    /// What it means for access, worst first.
    pub(super) access: Vec<AccessV1>,
    /// The policy files that are written.
    pub(super) files: Vec<FileV1>,
    /// What is worth saying and changes nothing.
    notes: Vec<NoteV1>,
    /// Why the plan must not be executed; judged anew when it is.
    refusals: Vec<RefusalV1>,
    /// How live and file have come apart, counted in objects.
    drift: DriftV1,
    /// How many objects there are of each fate.
    summary: SummaryV1,
    /// How many requests are made.
    requests: RequestsV1,
}

/// What a plan was asked to be.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionsV1 {
    /// The addresses it is limited to.
    pub(super) targets: Vec<String>,
    /// The addresses to be replaced.
    pub(super) replaces: Vec<String>,
    /// Whether it deletes all that the file lists.
    pub(super) destroy: bool,
    /// The variables given on the command line.
    pub(super) vars: BTreeMap<String, String>,
    /// Whether the policy files were compared with those of another folder than they are written to.
    #[serde(default)]
    pub(super) files_base: bool,
}

/// One change.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeV1 {
    /// The address of the object.
    pub(super) address: String,
    /// The kind of the object.
    kind: String,
    /// What happens to it: `create`, `update`, `delete` or `replace`.
    pub(super) action: String,
    /// What it means for access: `breaks`, `widens`, `narrows` or `cosmetic`.
    impact: String,
    /// Why it is planned: `missing_live`, `differs`, `renamed`, `only_live`, `state_absent`, `replaced`,
    /// `undo` or `destroy`.
    reason: String,
    /// The id of the live object, of a replacement the old one's; null where it is yet to be made.
    pub(super) id: Option<u64>,
    /// The digest of the live object the change was computed from, and of what goes along with it; null where it has to be absent.
    pub(super) fingerprint: Option<String>,
    /// Field by field; of a replacement also the fields that stay.
    pub(super) fields: Vec<FieldV1>,
    /// The line that asks for it.
    origin: Option<OriginV1>,
}

/// One field.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldV1 {
    /// The field as the file names it.
    pub(super) path: String,
    /// What live holds; null where there is nothing.
    pub(super) before: Value,
    /// What it will hold; null where there is nothing.
    pub(super) after: Value,
}

/// A place in the configuration, relative to the folder of the root file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OriginV1 {
    /// The file.
    file: String,
    /// The line, from 1.
    line: u32,
    /// The column in characters, from 1.
    column: u32,
}

/// One change of access.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessV1 {
    /// What it means: `breaks`, `widens`, `narrows` or `cosmetic`.
    pub(super) impact: String,
    /// The authorization server, by key where the file lists it.
    pub(super) server: String,
    /// The client; null: all of the server's.
    pub(super) client: Option<String>,
    /// The gateway policy it is about.
    pub(super) policy: Option<String>,
    /// The scopes gained, lost or lacking.
    pub(super) scopes: Vec<String>,
    /// All of it as a sentence.
    pub(super) sentence: String,
}

/// One policy file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileV1 {
    /// The path, relative to the folder of the root file.
    pub(super) path: String,
    /// `create` or `update`.
    pub(super) action: String,
    /// The unified diff.
    pub(super) diff: String,
}

/// One note.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoteV1 {
    /// The sentence.
    text: String,
    /// The place it is about.
    origin: Option<OriginV1>,
}

/// One refusal.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RefusalV1 {
    /// The address of the object.
    address: String,
    /// What is refused.
    message: String,
    /// The way out.
    hint: Option<String>,
    /// The line that asks for it.
    origin: Option<OriginV1>,
}

/// How live and file have come apart.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DriftV1 {
    /// In the file, not live.
    missing_live: usize,
    /// In both, different.
    differs: usize,
    /// Live, and not in the file's complete list.
    only_live: usize,
}

/// How many objects there are of each fate.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SummaryV1 {
    /// Objects made.
    create: usize,
    /// Objects changed in place.
    update: usize,
    /// Objects deleted.
    delete: usize,
    /// Objects deleted and made again.
    replace: usize,
    /// Objects that stay as they are.
    keep: usize,
}

/// How many requests are made.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RequestsV1 {
    /// By an apply of this plan, retries and polling apart.
    apply: u64,
}

/// Writes a plan as JSON, with a line feed at the end.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_plan_json(out: &mut dyn Write, view: &PlanView<'_>) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&PlanV1::from(view))?;
    writeln!(out, "{}", visible_json(&text))
}

/// Returns the JSON Schema of the plan format, draft-07: what editors understand.
pub fn plan_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<PlanV1>().to_value()
}

impl From<&PlanView<'_>> for PlanV1 {
    fn from(view: &PlanView<'_>) -> Self {
        let PlanView { plan, access, graph: _, files, has_files_base, variables } = *view;
        let Plan { context, steps, notes, refusals, drift, summary, not_targeted: _, apply_requests } = plan;
        let Context { tenant, account_id, environment, config_digest, replaces, targets, destroy } = context;
        Self {
            format_version: FORMAT_VERSION,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            config_digest: config_digest.clone(),
            tenant: tenant.clone(),
            account_id: *account_id,
            environment: environment.clone(),
            options: OptionsV1 {
                targets: targets.addresses().map(ToString::to_string).collect(),
                replaces: replaces.addresses().map(|address| address.to_string()).collect(),
                destroy: *destroy,
                vars: variables.clone(),
                files_base: has_files_base,
            },
            changes: steps.iter().map(|step| ChangeV1::from(&step.change)).collect(),
            access: access.iter().map(AccessV1::from).collect(),
            files: files.iter().map(FileV1::from).collect(),
            notes: notes.iter().map(NoteV1::from).collect(),
            refusals: refusals.iter().map(|refusal| RefusalV1::of(refusal, summary.delete)).collect(),
            drift: DriftV1::from(drift),
            summary: SummaryV1::from(summary),
            requests: RequestsV1 { apply: *apply_requests },
        }
    }
}

impl From<&Change> for ChangeV1 {
    fn from(change: &Change) -> Self {
        let Change { address, origin, impact, reason, fingerprint: _, along: _, fields, edit } = change;
        Self {
            address: address.to_string(),
            kind: address.kind().as_str().to_owned(),
            action: edit.action().as_str().to_owned(),
            impact: impact.as_str().to_owned(),
            reason: reason.as_str().to_owned(),
            id: edit.id().map(|id| id.0),
            fingerprint: change.digest().as_ref().map(ToString::to_string),
            fields: fields.iter().map(FieldV1::from).collect(),
            origin: origin.as_ref().map(OriginV1::from),
        }
    }
}

impl From<&FieldChange> for FieldV1 {
    fn from(field: &FieldChange) -> Self {
        let FieldChange { path, before, after } = field;
        Self { path: (*path).to_owned(), before: before.clone(), after: after.clone() }
    }
}

impl From<&Origin> for OriginV1 {
    fn from(origin: &Origin) -> Self {
        let Origin { file, line, column, start: _, end: _ } = origin;
        Self { file: file.to_string(), line: *line, column: *column }
    }
}

impl From<&AccessChange> for AccessV1 {
    fn from(change: &AccessChange) -> Self {
        let AccessChange { impact, server, client, policy, scopes, sentence } = change;
        Self {
            impact: impact.as_str().to_owned(),
            server: server.clone(),
            client: client.clone(),
            policy: policy.as_ref().map(ToString::to_string),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            sentence: sentence.clone(),
        }
    }
}

impl From<&FileChange> for FileV1 {
    fn from(file: &FileChange) -> Self {
        let FileChange { policy: _, path, action, after: _ } = file;
        let action = match action {
            FileAction::Create => "create",
            FileAction::Update { .. } => "update",
        };
        Self { path: path.clone(), action: action.to_owned(), diff: file_diff(file) }
    }
}

impl From<&Note> for NoteV1 {
    fn from(note: &Note) -> Self {
        let Note { origin, text } = note;
        Self { text: text.clone(), origin: origin.as_ref().map(OriginV1::from) }
    }
}

impl RefusalV1 {
    fn of(refusal: &Refusal, deletes: usize) -> Self {
        let advice = refusal_advice(refusal, deletes);
        Self {
            address: refusal.address.to_string(),
            message: advice.message,
            hint: advice.hint,
            origin: refusal.origin.as_ref().map(OriginV1::from),
        }
    }
}

impl From<&Drift> for DriftV1 {
    fn from(drift: &Drift) -> Self {
        let Drift { missing_live, differs, only_live } = *drift;
        Self { missing_live, differs, only_live }
    }
}

impl From<&Summary> for SummaryV1 {
    fn from(summary: &Summary) -> Self {
        let Summary { create, update, delete, replace, keep } = *summary;
        Self { create, update, delete, replace, keep }
    }
}
