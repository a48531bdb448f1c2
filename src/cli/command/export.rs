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
use crate::config::{self, ExportedFile};
use crate::diagnostic::SourceFiles;
use crate::live;
use crate::model::{LiveState, Tenant, text};
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
  gatewright export --subdomain acme --split .
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

    /// Write gatewright.yaml and a file below apis for each authorization server; what exists is left alone
    #[arg(long, value_name = "FOLDER", conflicts_with = "out")]
    split: Option<PathBuf>,
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
    let ExportArgs { subdomain, snapshot, out, split } = args;
    if let Some(path) = out {
        must_be_new(path, "Name another file with `--out`, or move this one away.")?;
    }
    if let Some(folder) = split {
        must_have_room(folder)?;
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
    let live = match snapshot.path() {
        Some(path) => {
            let asked = Asked { tenant: &tenant, place: place.as_ref(), sources: &sources };
            let live = offline::whole(path, &asked, terminal)?;
            offline::tell_source(path, terminal)?;
            live
        }
        None => read_account(&tenant, &root, global, (env, terminal)).await?,
    };
    match split {
        Some(folder) => deliver_split(&config::export_split(&live, &tenant), folder, terminal)?,
        None => deliver(&config::export(&live, &tenant), out.as_deref(), terminal)?,
    }
    Ok(Exit::Done)
}

/// Refuses a file that exists.
pub(super) fn must_be_new(path: &Path, hint: &str) -> Result<(), Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(Failure::hinted(anyhow::anyhow!("{} exists already", path.display()), hint))
}

/// Refuses a folder where a root file stands already, or anything that the new one would take in.
fn must_have_room(folder: &Path) -> Result<(), Failure> {
    const HINT: &str = "Name another folder with `--split`, or move this away.";
    must_be_new(&folder.join(config::SPLIT_ROOT), HINT)?;
    let included = folder.join(config::SPLIT_FOLDER);
    let is_empty = || std::fs::read_dir(&included).is_ok_and(|mut entries| entries.next().is_none());
    match included.symlink_metadata() {
        Ok(metadata) if !metadata.is_dir() => must_be_new(&included, HINT),
        Ok(_) if !is_empty() => {
            Err(Failure::hinted(anyhow::anyhow!("{} is not an empty folder", included.display()), HINT))
        }
        _ => Ok(()),
    }
}

/// Reads an account whole.
pub(super) async fn read_account(
    tenant: &Tenant,
    root: &Path,
    global: &GlobalArgs,
    (env, terminal): (ProcessEnv<'_>, &Terminal),
) -> Result<LiveState, Failure> {
    let connection = connect::connect(tenant, Vec::new(), root, global, (env, terminal)).await?;
    let reading = terminal.busy("reading the account…");
    let live = live::collect_all(&connection.reader).await;
    drop(reading);
    connection.close().await;
    Ok(live.context("cannot read the account")?)
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

/// Writes several new files, or none.
fn deliver_split(files: &[ExportedFile], folder: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let included = files.len().saturating_sub(1);
    if included > config::MAX_FILES {
        let most = format!("{included} authorization servers need a file each, and a configuration has at most");
        let error = anyhow::anyhow!("{most} {}", config::MAX_FILES);
        return Err(Failure::hinted(error, "Leave `--split` out: one file holds them all."));
    }
    let named = files.iter().map(|file| (file.path.as_str(), file.contents.as_str()));
    policy_files::create_all(folder, named)?;
    let root = folder.join(config::SPLIT_ROOT).display().to_string();
    let beside = match included {
        0 => String::new(),
        _ => format!(" and {} in {}", text::count(included, "file"), folder.join(config::SPLIT_FOLDER).display()),
    };
    terminal.tell(|err| writeln!(err, "wrote {}", report::visible(&format!("{root}{beside}"))))?;
    Ok(())
}
