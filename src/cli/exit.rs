//! What the exit code says.

use std::process::ExitCode;

/// How a run ended. The codes are part of the interface: scripts and CI rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing is pending.
    Done,
    /// Failed, and nothing was written.
    Failed,
    /// Changes are pending (`plan --detailed-exitcode`, `render --check`).
    Pending,
    /// Something was written and something was not.
    Partial,
    /// Nothing was written: refused by a safety rule, live moved, or declined.
    Refused,
    /// Verification failed.
    Unproven,
    /// Wrong usage; no request was made.
    Usage,
}

impl Exit {
    /// Returns the code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Pending => 2,
            Self::Partial => 3,
            Self::Refused => 4,
            Self::Unproven => 5,
            // Source: EX_USAGE of sysexits.h, far from what shells and signals use.
            Self::Usage => 64,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
