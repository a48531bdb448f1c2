//! `gatewright export`.

use crate::cli::Exit;
use crate::cli::again;
use crate::cli::args::GlobalArgs;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::offline::{self, Asked, SnapshotArgs};
use crate::cli::policy_files;
use crate::cli::terminal::Terminal;
use crate::config;
use crate::diagnostic::SourceFiles;
use crate::live;
use crate::model::Tenant;
use crate::report;
use anyhow::Context;
use clap::Args;
use std::path::{Path, PathBuf};

/// Write the account down as a configuration that plans empty
///
/// The tenant is that of the configuration file, or the one that --subdomain names where there is no file yet.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright export --subdomain acme --out gatewright.yaml
  gatewright export --emulator > account.yaml")]
pub(in crate::cli) struct ExportArgs {
    /// The tenant's subdomain, for a folder without a configuration file
    #[arg(long, value_name = "NAME", value_parser = parse_subdomain, conflicts_with_all = ["file", "env"])]
    subdomain: Option<String>,

    #[command(flatten)]
    snapshot: SnapshotArgs,

    /// Write a new file instead of stdout; one that exists is left alone
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Source: a subdomain is one label of a host name.
pub(super) fn parse_subdomain(text: &str) -> Result<String, String> {
    let is_label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match text.len() {
        1..=63 if text.chars().all(is_label) => Ok(text.to_owned()),
        _ => Err("expected lower-case letters, digits and `-`, at most 63".to_owned()),
    }
}

/// Reads the account whole and writes it down.
pub(in crate::cli) async fn run(
    args: &ExportArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let ExportArgs { subdomain, snapshot, out } = args;
    if let Some(path) = out {
        must_be_new(path, "--out")?;
    }
    snapshot.check(global)?;
    let (tenant, root, place, sources) = match subdomain {
        Some(subdomain) => {
            let tenant = Tenant { subdomain: subdomain.clone(), account_id: None, base_url: None };
            (tenant, PathBuf::from("."), None, SourceFiles::default())
        }
        None if global.file().exists() => {
            let inputs = inputs::load(global, env, terminal)?;
            (inputs.desired.tenant, inputs.root, inputs.tenant, inputs.sources)
        }
        None => {
            return Err(Failure::usage(
                format!("{} does not exist, so no tenant is known", global.file().display()),
                format!("Name the tenant: `{}`.", again::again(global, "export", ["--subdomain", "acme"])),
            ));
        }
    };
    let text = match snapshot.path() {
        Some(path) => {
            let asked = Asked { tenant: &tenant, place: place.as_ref(), sources: &sources };
            config::export(&offline::whole(path, &asked, terminal)?, &tenant)
        }
        None => read_account(&tenant, &root, global, (env, terminal)).await?,
    };
    deliver(&text, out.as_deref(), terminal)?;
    Ok(Exit::Done)
}

/// Refuses a file that exists; `option` names another one.
pub(super) fn must_be_new(path: &Path, option: &str) -> Result<(), Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let error = anyhow::anyhow!("{} exists already", path.display());
    Err(Failure::hinted(error, format!("Name another file with `{option}`, or move this one away.")))
}

/// Writes an account down.
pub(super) async fn read_account(
    tenant: &Tenant,
    root: &Path,
    global: &GlobalArgs,
    (env, terminal): (ProcessEnv<'_>, &Terminal),
) -> Result<String, Failure> {
    let connection = connect::connect(tenant, Vec::new(), root, global, (env, terminal)).await?;
    let reading = terminal.busy("reading the account…");
    let live = live::collect_all(&connection.reader).await;
    drop(reading);
    connection.close().await;
    Ok(config::export(&live.context("cannot export")?, tenant))
}

/// Writes to a new file, or to stdout.
pub(super) fn deliver(text: &str, out: Option<&Path>, terminal: &Terminal) -> Result<(), Failure> {
    let Some(path) = out else {
        terminal.print(|stdout| stdout.write_all(text.as_bytes()))?;
        return Ok(());
    };
    policy_files::create(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    let path = path.display().to_string();
    terminal.tell(|err| writeln!(err, "wrote {}", report::visible(&path)))?;
    Ok(())
}
