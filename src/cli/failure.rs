//! Why a command stopped.

use super::Exit;
use super::terminal::Terminal;
use crate::api::ApiError;
use crate::report;
use std::io;

/// Why a command stopped; each kind has its exit code.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line does not make sense as a whole. Nothing was asked of anybody.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The configuration is broken, and all that is wrong with it has been said.
    Configuration,
    /// Nothing was written, on purpose.
    Refused {
        /// What is refused.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
    /// Something failed before anything was written.
    Failed {
        /// What failed, with its causes.
        error: anyhow::Error,
        /// What to do.
        hint: Option<String>,
    },
}

impl Failure {
    /// Returns the exit of the run.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } => Exit::Usage,
            Self::Configuration | Self::Failed { .. } => Exit::Failed,
            Self::Refused { .. } => Exit::Refused,
        }
    }

    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    /// Adds what to do about a failure.
    pub(super) fn hinted(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self::Failed { error: error.into(), hint: Some(hint.into()) }
    }

    /// Says on stderr what stopped the run.
    pub(super) fn tell(&self, terminal: &Terminal) -> io::Result<()> {
        let (error, hint) = match self {
            Self::Configuration => return Ok(()),
            Self::Usage { message, hint } => (anyhow::Error::msg(message.clone()), Some(hint.as_str())),
            Self::Refused { message, hint } => (anyhow::Error::msg(message.clone()), hint.as_deref()),
            Self::Failed { error, hint } => {
                return terminal.tell(|err| report::write_error(err, error.as_ref(), hint.as_deref()));
            }
        };
        terminal.tell(|err| report::write_error(err, error.as_ref(), hint))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let hint = error.chain().find_map(|cause| cause.downcast_ref::<ApiError>()).and_then(way_out);
        Self::Failed { error, hint: hint.map(str::to_owned) }
    }
}

/// Says what to do about a request that failed, where there is something to do.
fn way_out(error: &ApiError) -> Option<&'static str> {
    match error {
        ApiError::Credentials { .. } => Some(
            "Check ONELOGIN_CLIENT_ID and ONELOGIN_CLIENT_SECRET: the pair has to exist in the tenant of the file.",
        ),
        ApiError::AccountMismatch { .. } => Some("Use credentials of that account, or correct `tenant.account_id`."),
        ApiError::WaitTooLong { .. } => Some("Give it longer with `--max-wait`, or try again later."),
        ApiError::Rejected { status: 401 | 403, .. } => {
            Some("The credential pair needs the level Manage All; Read All is enough to plan.")
        }
        ApiError::Rejected { .. }
        | ApiError::Unwell { .. }
        | ApiError::Unreadable { .. }
        | ApiError::RefusedOrigin { .. }
        | ApiError::Connector { .. }
        | ApiError::Setup { .. } => None,
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed { error: error.into(), hint: None }
    }
}
