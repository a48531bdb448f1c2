//! `gatewright snapshot`.

use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::planning;
use crate::cli::policy_files;
use crate::cli::terminal::Terminal;
use crate::live;
use crate::report::{self, Snapshot};
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;

/// Save a read of the account for offline plans
///
/// Holds every authorization server and OIDC app whole, and of roles and users what the file names: enough to plan this
/// file, or a changed version of it, with `plan --snapshot FILE`. It holds no secret, but names users of the account.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright snapshot --env prod --out prod.json    then: gatewright plan --env prod --snapshot prod.json
  gatewright snapshot --emulator > account.json")]
pub(in crate::cli) struct SnapshotArgs {
    /// Write a file, readable by you alone, instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Reads the account and saves it.
pub(in crate::cli) async fn run(
    args: &SnapshotArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let SnapshotArgs { out } = args;
    if let Some(path) = out {
        policy_files::must_be_writable(path)?;
    }
    let inputs = inputs::load(global, env, terminal)?;
    let tenant = &inputs.desired.tenant;
    let connection = connect::connect(tenant, Vec::new(), &inputs.root, global, (env, terminal)).await?;
    let began = Instant::now();
    let reading = terminal.busy("reading the account…");
    let live = live::collect_whole(&connection.reader, &inputs.desired).await;
    drop(reading);
    let told = planning::tell_cost(&connection, began.elapsed(), None, terminal);
    connection.close().await;
    let snapshot = Snapshot { tenant: tenant.host(), live: live.context("cannot read the account")? };
    told?;
    let Some(path) = out else {
        terminal.print(|stdout| report::write_snapshot(stdout, snapshot))?;
        return Ok(Exit::Done);
    };
    let mut bytes = Vec::new();
    report::write_snapshot(&mut bytes, snapshot)?;
    policy_files::replace_private(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Exit::Done)
}
