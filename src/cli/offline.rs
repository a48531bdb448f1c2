//! Accounts that were saved: read from a file where nobody is asked.

use super::args::GlobalArgs;
use super::failure::Failure;
use super::inputs::{self, Inputs};
use super::state_file::MOST_BYTES;
use super::terminal::Terminal;
use crate::config::TenantPlace;
use crate::diagnostic::{Code, Diagnostic, Origin, SourceFiles};
use crate::live::{self, Unheld, UnheldWhat};
use crate::model::{LiveState, Tenant};
use crate::report::{self, Snapshot, SnapshotError};
use crate::workspace::read_regular;
use anyhow::Context;
use clap::Args;
use std::path::{Path, PathBuf};

/// Where the account is taken from instead of being asked.
#[derive(Debug, Clone, Args)]
pub(super) struct SnapshotArgs {
    /// Take the account from a file of `gatewright snapshot`: no credentials, no network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["emulator", "emulator_seed"])]
    snapshot: Option<PathBuf>,
}

impl SnapshotArgs {
    /// Returns the file.
    pub(super) fn path(&self) -> Option<&Path> {
        self.snapshot.as_deref()
    }

    /// Refuses a snapshot beside an account to be asked; the parser sees only options that stand behind the command.
    pub(super) fn check(&self, global: &GlobalArgs) -> Result<(), Failure> {
        match self.snapshot.is_some() && (global.emulator.is_some() || global.emulator_seed.is_some()) {
            true => Err(Failure::usage("a snapshot takes the place of the account", "Leave `--emulator` out.")),
            false => Ok(()),
        }
    }
}

/// Whose account a snapshot has to be, and who says so.
pub(super) struct Asked<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) place: Option<&'a TenantPlace>,
    pub(super) sources: &'a SourceFiles,
}

impl<'a> Asked<'a> {
    /// Asks for the account of a configuration.
    pub(super) fn by(inputs: &'a Inputs) -> Self {
        Self { tenant: &inputs.desired.tenant, place: inputs.tenant.as_ref(), sources: &inputs.sources }
    }
}

/// Reads a snapshot whole; that of another account is refused.
pub(super) fn whole(path: &Path, asked: &Asked<'_>, terminal: &Terminal) -> Result<LiveState, Failure> {
    let bytes = read_regular(path, MOST_BYTES).with_context(|| format!("cannot read {}", path.display()))?;
    let Snapshot { tenant, live } = match report::read_snapshot(&bytes) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            let hint = match error {
                SnapshotError::Version { .. } => "Take it with the program that plans from it.",
                _ => "Take it again: `gatewright snapshot --out FILE`.",
            };
            let error = anyhow::Error::from(error).context(format!("cannot plan from {}", path.display()));
            return Err(Failure::hinted(error, hint));
        }
    };
    drop(bytes);
    if let Some(problem) = another_account(path, asked, &tenant, live.account_id) {
        inputs::tell(&vec![problem].into(), asked.sources, terminal)?;
        return Err(Failure::Configuration);
    }
    Ok(live)
}

/// Reads from a snapshot what a plan of the configuration needs, and says on stderr that it is one.
pub(super) fn read(path: &Path, inputs: &Inputs, terminal: &Terminal) -> Result<LiveState, Failure> {
    let whole = whole(path, &Asked::by(inputs), terminal)?;
    match live::choose(whole, &inputs.desired) {
        Ok(live) => {
            tell_source(path, terminal)?;
            Ok(live)
        }
        Err(unheld) => {
            let problems: Vec<Diagnostic> = unheld.into_iter().map(problem).collect();
            inputs::tell(&problems.into(), &inputs.sources, terminal)?;
            Err(Failure::Configuration)
        }
    }
}

/// Says on stderr that a snapshot was read.
pub(super) fn tell_source(path: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let note = format!("{} was read, not the account, which may have changed since", path.display());
    terminal.tell(|err| report::write_note(err, &note))?;
    Ok(())
}

fn another_account(path: &Path, asked: &Asked<'_>, host: &str, account_id: Option<u64>) -> Option<Diagnostic> {
    let Asked { tenant, place, sources: _ } = asked;
    let (path, expected) = (path.display(), tenant.host());
    let name = |id: Option<u64>| id.map_or_else(|| "an unnamed account".to_owned(), |id| format!("account {id}"));
    let (is, wanted, origin) = if host != expected {
        (host.to_owned(), expected, place.map(|place| &place.host))
    } else if tenant.account_id.is_some() && tenant.account_id != account_id {
        (name(account_id), name(tenant.account_id), place.and_then(|place| place.account_id.as_ref()))
    } else {
        return None;
    };
    let message = format!("{path} is a snapshot of {is}, and the file is about {wanted}");
    let hint = "Name a snapshot of that account, or the environment that this one is of.";
    Some(error(origin.cloned(), message).with_hint(hint))
}

/// Words what a snapshot does not hold.
fn problem(unheld: Unheld) -> Diagnostic {
    let Unheld { origin, what } = unheld;
    let hint = match what {
        UnheldWhat::User(_) => "Take one with a file that names the user, or plan from the account.",
        UnheldWhat::Members(_) | UnheldWhat::RoleApps(_) => {
            "Take one with a file that lists the role, or plan from the account."
        }
        UnheldWhat::Server(_) => "Take one with a file that pins the server, or plan from the account.",
        UnheldWhat::App(_) => "Take it again, or plan from the account.",
    };
    error(origin, what.to_string()).with_hint(hint)
}

fn error(origin: Option<Origin>, message: String) -> Diagnostic {
    match origin {
        Some(origin) => Diagnostic::error(Code::Snapshot, origin, message),
        None => Diagnostic::unplaced(Code::Snapshot, message),
    }
}
