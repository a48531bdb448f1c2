//! Why a command stopped.

use super::Exit;
use super::inputs::ProcessEnv;
use super::terminal::Terminal;
use crate::api::ApiError;
use crate::emulator::EmulatorError;
use crate::report;
use std::io;
use std::path::Path;

/// Why a command stopped; each kind has its exit code.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line does not make sense as a whole. Nothing was written.
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
    pub(super) fn tell(&self, env: ProcessEnv<'_>, terminal: &Terminal) -> io::Result<()> {
        let (error, hint) = match self {
            Self::Configuration => return Ok(()),
            Self::Usage { message, hint } => (anyhow::Error::msg(message.clone()), Some(hint.as_str())),
            Self::Refused { message, hint } => (anyhow::Error::msg(message.clone()), hint.as_deref()),
            Self::Failed { error, hint } => {
                let hint = hint.clone().or_else(|| unreached(error, env));
                return terminal.tell(|err| report::write_error(err, error.as_ref(), hint.as_deref()));
            }
        };
        terminal.tell(|err| report::write_error(err, error.as_ref(), hint))
    }
}

/// Names the file that a fresh emulated account could not be filled from.
pub(super) fn emulator_failure(error: EmulatorError, seed: Option<&Path>) -> anyhow::Error {
    match (error, seed) {
        (EmulatorError::Seed(source), Some(seed)) => {
            anyhow::Error::from(source).context(format!("{} is no seed for the emulator", seed.display()))
        }
        (error, _) => anyhow::Error::from(error).context("cannot start the emulator"),
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let hint = error.chain().find_map(|cause| cause.downcast_ref::<ApiError>()).and_then(way_out);
        Self::Failed { error, hint: hint.map(str::to_owned) }
    }
}

/// Says what to look at where nobody answers and the environment says who should.
fn unreached(error: &anyhow::Error, env: ProcessEnv<'_>) -> Option<String> {
    let is_unreached = |error: &ApiError| matches!(error, ApiError::Unwell { may_have_run: false, .. });
    let api_url = env("ONELOGIN_API_URL").filter(|url| !url.is_empty())?;
    error
        .chain()
        .any(|cause| cause.downcast_ref::<ApiError>().is_some_and(is_unreached))
        .then(|| format!("ONELOGIN_API_URL is {api_url}: check that something answers there, or unset it."))
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
        | ApiError::BrokenOff { .. }
        | ApiError::Stale { .. }
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

#[cfg(test)]
mod tests {
    use super::unreached;
    use crate::api::{ApiError, Attempted};

    #[test]
    fn an_address_from_the_environment_is_named_where_nobody_answers() {
        let check = |may_have_run: bool, url: Option<&str>, expected: Option<&str>| {
            let at = Attempted {
                method: "GET",
                path: "/".into(),
                attempts: 1,
                request_id: None,
                earlier_may_have_run: false,
            };
            let error = ApiError::Unwell { at, reason: "x".into(), may_have_run, source: None };
            let error = anyhow::Error::from(error).context("cannot plan");
            let hint = unreached(&error, &|name| url.filter(|_| name == "ONELOGIN_API_URL").map(str::to_owned));
            assert_eq!(hint.as_deref(), expected);
        };
        let hint = "ONELOGIN_API_URL is http://127.0.0.1:9: check that something answers there, or unset it.";
        check(false, Some("http://127.0.0.1:9"), Some(hint));
        check(true, Some("http://127.0.0.1:9"), None);
        check(false, Some(""), None);
        check(false, None, None);
    }
}
