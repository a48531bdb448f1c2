//! From a configuration and an account to a plan and all that lies beside it.

use super::args::GlobalArgs;
use super::connect::Connection;
use super::failure::Failure;
use super::inputs::{self, Inputs};
use super::policy_files;
use super::terminal::Terminal;
use crate::access::{self, AccessChange};
use crate::diff;
use crate::live;
use crate::model::{Pairing, identify};
use crate::plan::{self, Context, FileChange, Plan, SafetyLimits};
use crate::report::{self, PlanView};
use anyhow::Context as _;
use clap::Args;
use std::collections::BTreeMap;
use std::path::Path;

/// How far deletion may go.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct SafetyArgs {
    /// Allow servers, apps and roles to be deleted
    #[arg(long)]
    allow_destroy: bool,

    /// Allow a run to delete up to N objects, even if it looks like a mistake
    #[arg(long, value_name = "N")]
    max_deletes: Option<usize>,
}

impl SafetyArgs {
    /// Returns the limits for the plan.
    pub(super) const fn limits(self) -> SafetyLimits {
        SafetyLimits { allow_destroy: self.allow_destroy, max_deletes: self.max_deletes }
    }
}

/// A plan, and what it means for access and for the policy files.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) access: Vec<AccessChange>,
    pub(super) files: Vec<FileChange>,
    /// Which apps of the file are which live ones.
    pub(super) apps: Pairing,
}

impl Planned {
    /// Returns it as the report shows it.
    pub(super) fn view<'a>(&'a self, variables: &'a BTreeMap<String, String>) -> PlanView<'a> {
        PlanView { plan: &self.plan, access: &self.access, files: &self.files, variables }
    }
}

/// Reads the account and plans; policy files are compared with those below `files_base`.
pub(super) async fn make(
    inputs: &Inputs,
    connection: &Connection,
    files_base: &Path,
    limits: &SafetyLimits,
    terminal: &Terminal,
) -> Result<Planned, Failure> {
    let live = live::collect(&connection.reader, &inputs.desired).await.context("cannot plan")?;
    let diff = diff::diff(&inputs.desired, &live);
    if !diff.problems.is_empty() {
        let problems: Vec<_> = diff.problems.iter().map(report::identity_problem).collect();
        inputs::tell(&problems, &inputs.sources, terminal)?;
        return Err(Failure::Configuration);
    }
    let context = Context {
        tenant: inputs.desired.tenant.host(),
        account_id: live.account_id,
        environment: inputs.desired.environment.clone(),
        config_digest: inputs.desired.config_digest.clone(),
    };
    let plan = plan::plan(diff, context, limits);
    let files = policy_files::compare(files_base, &inputs.rendered)?;
    let changes: Vec<_> = plan.changes().collect();
    let access = access::changes(access::Planned {
        desired: &inputs.desired,
        live: &live,
        changes: &changes,
        rewritten: &files.iter().map(|file| file.policy.clone()).collect(),
    });
    let apps = identify(&inputs.desired, &live.lists).apps;
    Ok(Planned { plan, access, files, apps })
}

/// Says on stderr what depends on the moment and so is no part of a plan.
pub(super) fn tell_cost(connection: &Connection, global: &GlobalArgs, terminal: &Terminal) -> Result<(), Failure> {
    if global.verbose == 0 {
        return Ok(());
    }
    let made = usize::try_from(connection.reader.requests_made()).unwrap_or(usize::MAX);
    let requests = report::count(made, "request", None);
    terminal.tell(|err| match connection.reader.quota() {
        Some(quota) => writeln!(err, "{requests} made, {} of {} left this hour", quota.remaining, quota.limit),
        None => writeln!(err, "{requests} made"),
    })?;
    Ok(())
}
