//! A plan read back from a file: a permission to compare with, never an instruction.

use super::v1::{AccessV1, ChangeV1, FORMAT_VERSION, FieldV1, FileV1, OptionsV1, PlanV1};
use super::version;
use crate::access::AccessChange;
use crate::diff::Change;
use crate::plan::FileChange;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a saved plan permits, and for what.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedPlan {
    /// The version of the program that made it.
    pub program_version: String,
    /// The digest of the resolved configuration.
    pub config_digest: String,
    /// The host of the tenant.
    pub tenant: String,
    /// The account.
    pub account_id: Option<u64>,
    /// The environment.
    pub environment: Option<String>,
    /// The variables that were given on the command line.
    pub variables: BTreeMap<String, String>,
    /// The addresses that the plan is limited to.
    pub targets: Vec<String>,
    /// Whether it deletes all that the file lists.
    pub destroy: bool,
    /// The addresses of the apps that are to be made anew.
    pub replaces: Vec<String>,
    /// The permitted changes.
    pub changes: Vec<SavedChange>,
    /// The policy files that may be written, by path.
    pub files: BTreeMap<String, SavedFile>,
    /// Whether those were compared with files of another folder; then only their paths can be judged.
    pub has_files_base: bool,
    /// What the plan means for access.
    pub access: Vec<SavedAccess>,
}

/// What a permission says about one policy file; equal only if it permits exactly this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFile {
    /// `create` or `update`.
    pub action: String,
    /// The unified diff.
    pub diff: String,
}

/// One thing that a plan said it changes for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAccess {
    /// `breaks`, `widens`, `narrows` or `cosmetic`.
    pub impact: String,
    /// The server.
    pub server: String,
    /// The client; `None`: all of the server's.
    pub client: Option<String>,
    /// The gateway policy it is about, if any.
    pub policy: Option<String>,
    /// The scopes gained, lost or lacking.
    pub scopes: BTreeSet<String>,
    /// All of it as a sentence.
    pub sentence: String,
}

/// What a permission says about one object; equal only if it permits exactly this.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedChange {
    /// The address.
    pub address: String,
    /// `create`, `update`, `delete` or `replace`.
    pub action: String,
    /// The id of the live object.
    pub id: Option<u64>,
    /// The digest of the live object.
    pub fingerprint: Option<String>,
    /// Field by field.
    pub fields: Vec<SavedField>,
}

/// One field of a permitted change.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedField {
    /// The field as the file names it.
    pub path: String,
    /// What live held.
    pub before: Value,
    /// What it may be made.
    pub after: Value,
}

/// The ways a saved plan cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is no JSON, or not of the published shape.
    #[error("the file is not a saved plan")]
    Shape(#[source] serde_json::Error),
    /// It is of another version.
    #[error("the saved plan is of format version {found}, and this program reads version {FORMAT_VERSION}")]
    Version {
        /// The version it is of.
        found: u64,
    },
}

/// Reads a saved plan.
///
/// # Errors
/// [`SavedPlanError::Version`] for another format version, [`SavedPlanError::Shape`] for anything else.
pub fn read_plan(text: &[u8]) -> Result<SavedPlan, SavedPlanError> {
    if let Some(found) = version::other_than(FORMAT_VERSION, text) {
        return Err(SavedPlanError::Version { found });
    }
    // From the text, so that an error says the line and the column, and a key that stands twice is one.
    let plan: PlanV1 = serde_json::from_slice(text).map_err(SavedPlanError::Shape)?;
    let PlanV1 {
        program_version, config_digest, tenant, account_id, environment, options, changes, access, files, ..
    } = plan;
    let OptionsV1 { vars: variables, targets, replaces, destroy, files_base: has_files_base } = options;
    let changes = changes.into_iter().map(SavedChange::from).collect();
    let files = files.into_iter().map(|FileV1 { path, action, diff }| (path, SavedFile { action, diff })).collect();
    let access = access.into_iter().map(SavedAccess::from).collect();
    Ok(SavedPlan {
        program_version,
        config_digest,
        tenant,
        account_id,
        environment,
        variables,
        targets,
        destroy,
        replaces,
        changes,
        files,
        has_files_base,
        access,
    })
}

impl From<&FileChange> for SavedFile {
    fn from(change: &FileChange) -> Self {
        let FileV1 { path: _, action, diff } = FileV1::from(change);
        Self { action, diff }
    }
}

impl From<AccessV1> for SavedAccess {
    fn from(change: AccessV1) -> Self {
        let AccessV1 { impact, server, client, policy, scopes, sentence } = change;
        Self { impact, server, client, policy, scopes: scopes.into_iter().collect(), sentence }
    }
}

impl From<&AccessChange> for SavedAccess {
    fn from(change: &AccessChange) -> Self {
        AccessV1::from(change).into()
    }
}

impl SavedAccess {
    /// Says whether this tells what the other one does, or more of it: a run that was broken off leaves a part.
    pub fn covers(&self, other: &Self) -> bool {
        let Self { impact, server, client, policy, scopes, sentence } = self;
        let is_about_the_same =
            *impact == other.impact && *server == other.server && *client == other.client && *policy == other.policy;
        *sentence == other.sentence || (is_about_the_same && client.is_some() && other.scopes.is_subset(scopes))
    }
}

impl From<ChangeV1> for SavedChange {
    fn from(change: ChangeV1) -> Self {
        let ChangeV1 { address, action, id, fingerprint, fields, .. } = change;
        let fields =
            fields.into_iter().map(|FieldV1 { path, before, after }| SavedField { path, before, after }).collect();
        Self { address, action, id, fingerprint, fields }
    }
}

impl From<&Change> for SavedChange {
    fn from(change: &Change) -> Self {
        Self::from(ChangeV1::from(change))
    }
}
