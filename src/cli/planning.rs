//! From a configuration and an account to a plan and all that lies beside it.

use super::connect::Connection;
use super::failure::Failure;
use super::inputs::{self, Inputs};
use super::policy_files;
use super::targeting;
use super::terminal::Terminal;
use crate::access::{self, AccessDiff};
use crate::diff::{self, Change, Impact, Refusal, RefusalKind};
use crate::live;
use crate::model::{Address, ClientRef, Entry, EntryKey, LiveState, Note, Pairing, Targets, identify};
use crate::plan::{self, Context, FileAction, FileChange, Plan, SafetyLimits};
use crate::report::{self, Cost, PlanView};
use anyhow::Context as _;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// How far deletion may go.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct SafetyArgs {
    /// Allow servers, apps and roles to be deleted, and apps to be replaced
    #[arg(long)]
    allow_destroy: bool,

    /// Allow a run to delete up to N objects, even if it looks like a mistake
    #[arg(long, value_name = "N")]
    max_deletes: Option<usize>,
}

impl SafetyArgs {
    /// Words them as they were given.
    pub(super) fn words(self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.allow_destroy.then(|| "--allow-destroy".to_owned()));
        words.extend(self.max_deletes.iter().flat_map(|most| ["--max-deletes".to_owned(), most.to_string()]));
        words
    }

    /// Returns the limits for the plan.
    pub(super) const fn limits(self) -> SafetyLimits {
        SafetyLimits { allow_destroy: self.allow_destroy, max_deletes: self.max_deletes }
    }
}

/// What a plan is asked to be, beside what the file says.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// What it is limited to.
    pub(super) targets: Targets,
    /// Whether every target has to be there: one of a saved plan may be gone, because that was done already.
    pub(super) must_find_targets: bool,
    /// Whether all that the file lists is to be gone; the file has been turned round already.
    pub(super) destroy: bool,
    /// How far deletion may go.
    pub(super) limits: SafetyLimits,
}

/// A plan, and what it means for access and for the policy files.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) access: AccessDiff,
    pub(super) files: Vec<FileChange>,
    /// Whether those were compared with files of another folder than they are written to.
    pub(super) has_files_base: bool,
    /// The account it was made from.
    pub(super) live: LiveState,
    /// Which apps of the file are which live ones.
    pub(super) apps: Pairing,
    /// How long reading the account took; no part of the plan.
    pub(super) took: Duration,
}

impl Planned {
    /// Returns it as the report shows it.
    pub(super) fn view<'a>(&'a self, variables: &'a BTreeMap<String, String>) -> PlanView<'a> {
        let AccessDiff { changes: access, graph } = &self.access;
        let (files, has_files_base) = (&self.files, self.has_files_base);
        PlanView { plan: &self.plan, access, graph, files, has_files_base, variables }
    }
}

/// Reads the account and plans; policy files are compared with those below `files_base`.
pub(super) async fn make(
    inputs: &Inputs,
    connection: &Connection,
    files_base: &Path,
    asked: &Asked,
    terminal: &Terminal,
) -> Result<Planned, Failure> {
    let began = Instant::now();
    let live = live::collect(&connection.reader, &inputs.desired).await.context("cannot plan")?;
    let planned = of(inputs, live, files_base, asked, terminal)?;
    tell_emulated_users(&planned.plan, connection, terminal)?;
    Ok(Planned { took: began.elapsed(), ..planned })
}

/// Plans for an account that was read; policy files are compared with those below `files_base`.
pub(super) fn of(
    inputs: &Inputs,
    live: LiveState,
    files_base: &Path,
    asked: &Asked,
    terminal: &Terminal,
) -> Result<Planned, Failure> {
    if asked.must_find_targets {
        targeting::find(&asked.targets, &inputs.desired, &live)?;
    }
    let diff = diff::diff(&inputs.desired, &live);
    if !diff.problems.is_empty() {
        let problems: Vec<_> = diff.problems.iter().map(report::identity_problem).collect();
        inputs::tell(&problems.into(), &inputs.sources, terminal)?;
        return Err(Failure::Configuration);
    }
    let context = Context {
        tenant: inputs.desired.tenant.host(),
        account_id: live.account_id,
        environment: inputs.desired.environment.clone(),
        config_digest: inputs.desired.config_digest.clone(),
        replaces: inputs.desired.replaces.clone(),
        targets: asked.targets.clone(),
        destroy: asked.destroy,
    };
    let mut plan = plan::plan(diff, context, &asked.limits);
    let alike = diff::lookalikes(&inputs.desired, &live, plan.changes());
    plan.add_notes(alike);
    let files = match asked.destroy {
        true => {
            plan.add_notes(left_files(inputs, files_base)?);
            Vec::new()
        }
        false => plan.limit_files(policy_files::compare(files_base, &inputs.rendered)?),
    };
    let changes: Vec<_> = plan.changes().collect();
    let access = access_of(inputs, &live, &changes, &files);
    plan.worsen(&refused_bindings(&access, &files));
    let apps = identify(&inputs.desired, &live.lists).apps;
    let has_files_base = !is_same_folder(files_base, &inputs.root);
    Ok(Planned { plan, access, files, has_files_base, live, apps, took: Duration::ZERO })
}

/// Returns the bindings whose clients a policy refuses that stays as it is: it is the binding that does it.
fn refused_bindings(access: &AccessDiff, files: &[FileChange]) -> BTreeMap<Address, Impact> {
    let rewritten: BTreeSet<&EntryKey> = files.iter().map(|file| &file.policy).collect();
    let mut worst = BTreeMap::new();
    for change in access.changes.iter().filter(|change| change.impact == Impact::Breaks) {
        if let (Some(client), Some(policy)) = (&change.client, &change.policy)
            && !rewritten.contains(policy)
        {
            let address =
                Address::Client(EntryKey::new(change.server.as_str()), ClientRef::Key(EntryKey::new(client.as_str())));
            worst.insert(address, change.impact);
        }
    }
    worst
}

/// Says whether two paths lead to the same folder, however they are spelled.
fn is_same_folder(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// Says what changes mean for access.
pub(super) fn access_of<'a>(
    inputs: &Inputs,
    live: &LiveState,
    changes: &[&Change],
    files: impl IntoIterator<Item = &'a FileChange>,
) -> AccessDiff {
    let rewritten: Vec<_> = files.into_iter().map(rewritten).collect();
    access::of_plan(access::Planned { desired: &inputs.desired, live, changes, rewritten: &rewritten })
}

fn rewritten(file: &FileChange) -> access::Rewritten<'_> {
    let FileChange { policy, path: _, action, after } = file;
    let before = match action {
        FileAction::Create => None,
        FileAction::Update { before } => Some(before.as_str()),
    };
    access::Rewritten { policy, before, after }
}

/// Says where the users of an emulated account come from, where one is not found there.
fn tell_emulated_users(plan: &Plan, connection: &Connection, terminal: &Terminal) -> Result<(), Failure> {
    let is_unknown_user = |refusal: &Refusal| matches!(refusal.kind, RefusalKind::UserNotFound { .. });
    if connection.emulator_url().is_some() && plan.refusals.iter().any(is_unknown_user) {
        let hint = "The users of an emulated account are `tester@example.com` and those of the `--emulator-seed` that \
                    filled it; a new state file is filled anew.";
        terminal.tell(|err| report::write_hint(err, hint))?;
    }
    Ok(())
}

/// Names the policy files that stay on disk when their servers go.
fn left_files(inputs: &Inputs, files_base: &Path) -> Result<Vec<Note>, Failure> {
    let mut notes = Vec::new();
    for file in &inputs.rendered {
        let Some(policy) = inputs.desired.policies.get(&file.policy) else { continue };
        let key = &policy.authorization_server.value;
        let server = Address::Server(key.clone());
        let goes = matches!(inputs.desired.servers.get(key), Some(Entry::Absent(_)));
        if goes && policy_files::is_there(files_base, file)? {
            let policy = Address::Policy(file.policy.clone());
            let text = format!("{} of {policy} stays on disk; nobody gets tokens for it without {server}", file.path);
            notes.push(Note { origin: None, text });
        }
    }
    Ok(notes)
}

/// Says on stderr what depends on the moment and so is no part of a plan; of a plan that is given, what its apply will cost.
pub(super) fn tell_cost(
    connection: &Connection,
    took: Duration,
    plan: Option<&Plan>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let max_wait = connection.config.max_wait;
    let cost = Cost {
        requests: connection.reader.requests_made(),
        took,
        quota: connection.reader.quota(),
        max_wait,
        apply_requests: plan.filter(|plan| plan.has_changes()).map(|plan| plan.apply_requests),
    };
    terminal.tell(|err| report::write_cost(err, &cost))?;
    Ok(())
}
