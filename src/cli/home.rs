//! The folder of secrets and records that belongs to the account in use.

use super::again::Invocation;
use super::args::GlobalArgs;
use super::connect::{self, Connection};
use super::failure::Failure;
use super::inputs::{Inputs, ProcessEnv};
use super::state_file;
use super::terminal::Terminal;
use crate::emulator;
use crate::model::{EntryKey, RemoteId, Tenant};
use crate::report;
use crate::workspace::{History, Lock, LostSecret, Workspace, WorkspaceError, host_folder};
use anyhow::Context;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is said where the folder is none of ours.
const UNUSABLE: &str = "cannot use the folder of secrets and records";

/// A workspace, and the host whose part of it counts.
pub(super) struct Home {
    /// The folder.
    pub(super) workspace: Workspace,
    /// The API host, as folders name it.
    pub(super) host: String,
}

/// Opens `.gatewright` beside the root file, as every other use opens it: private, and out of git.
pub(super) fn beside(root: &Path) -> anyhow::Result<Workspace> {
    Workspace::open(&folder_beside(root)).context(UNUSABLE)
}

/// Names `.gatewright` beside the root file.
pub(super) fn folder_beside(root: &Path) -> PathBuf {
    // A `./` in front would stand in every path that is shown.
    if root == Path::new(".") { PathBuf::from(Workspace::NAME) } else { root.join(Workspace::NAME) }
}

/// Finds the folder that [`open`] opens without asking the account anything; `None` where there is none yet.
pub(super) fn find(inputs: &Inputs, global: &GlobalArgs, env: ProcessEnv<'_>) -> Result<Option<Home>, Failure> {
    let tenant = &inputs.desired.tenant;
    let beside = Workspace::find(&folder_beside(&inputs.root)).context(UNUSABLE)?;
    let (folder, host) = match &global.emulator {
        None => (beside, host_folder(&connect::api_base(tenant, env)?)),
        Some(state) => {
            let usual = || Some(beside?.emulator_of(&tenant.host()).join(state_file::NAME));
            let Some(state) = state.clone().or_else(usual) else { return Ok(None) };
            let instance = emulator::state_instance(&state);
            let instance = instance.with_context(|| format!("cannot read {}", state.display()))?;
            let folder = instance.map(|id| Workspace::find(&state.with_file_name(id))).transpose().context(UNUSABLE)?;
            (folder.flatten(), tenant.host())
        }
    };
    Ok(folder.map(|workspace| Home { workspace, host }))
}

/// Opens the folder: `.gatewright` beside the root file, or one beside the emulator's state that bears the random name of
/// its account, so that a fresh state starts with no secrets and no records.
pub(super) fn open(root: &Path, tenant: &Tenant, connection: &Connection) -> Result<Home, Failure> {
    let home = match connection.emulator_home() {
        Some(folder) => {
            Home { workspace: Workspace::open(&folder).context("cannot use the folder")?, host: tenant.host() }
        }
        None => Home { workspace: beside(root)?, host: host_folder(&connection.config.admin_base) },
    };
    Ok(home)
}

/// Returns what earlier runs recorded.
pub(super) fn history(home: &Home, account_id: Option<u64>) -> Result<History, Failure> {
    Ok(History::read(&home.workspace, &home.host, account_id).context("cannot read the records of earlier runs")?)
}

/// Says on stderr which client secrets nobody has, and the way out. Returns the apps.
///
/// `live` names the live object of an app of the file.
pub(super) fn tell_lost_secrets(
    home: &Home,
    history: &History,
    live: &dyn Fn(&EntryKey) -> Option<RemoteId>,
    invocation: &Invocation<'_>,
    terminal: &Terminal,
) -> Result<BTreeSet<EntryKey>, Failure> {
    let lost =
        history.lost_secrets(&home.workspace.secrets(&home.host), live).context("cannot look for lost secrets")?;
    for LostSecret { app, id, run } in &lost {
        let text = format!("nobody has the client secret of oidc_app/{app} ({id}), which run {run} made");
        terminal.tell(|err| {
            report::write_warning(err, &text)?;
            report::write_hint(err, &invocation.way_out(app))
        })?;
    }
    Ok(lost.into_iter().map(|lost| lost.app).collect())
}

/// Takes the lock of the folder, and says for whom it waits.
pub(super) async fn lock(home: &Home, global: &GlobalArgs, terminal: &Terminal) -> Result<Lock, Failure> {
    let max_wait = global.max_wait();
    let tell_wait = |pid: Option<u32>| {
        let words = report::lock_wait_words(pid, max_wait);
        terminal.progress(&words);
    };
    home.workspace.lock(max_wait, &tell_wait).await.map_err(lock_failure)
}

/// Turns a lock that is held for too long into a refusal; every other error failed.
fn lock_failure(error: WorkspaceError) -> Failure {
    match error {
        WorkspaceError::Locked { .. } => Failure::Refused {
            message: error.to_string(),
            hint: Some("Wait for it to end, or give it longer with `--max-wait`.".to_owned()),
        },
        error => Failure::from(anyhow::Error::from(error)),
    }
}
