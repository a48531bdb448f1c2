//! The `.gatewright` folder: the lock, the secrets of apps that were made, and the records of runs.
//!
//! The room knows files and the command that takes secrets, and nothing of the account. [`RunHost`] is what an execution
//! writes through; [`History`] is what earlier ones left behind. The emulator's runs keep a folder of their own, opened
//! with [`Workspace::open`] like any other.
//!
//! ```text
//!   .gatewright/                 0700, .gitignore of *
//!     lock                       the operating system's lock, the process id inside
//!     secrets/<host>/<app key>.<app id>.json
//!     runs/<host>/<time>-<process id>.jsonl
//! ```

mod command;
mod entry;
mod error;
mod folder;
mod history;
mod host;
mod lock;
mod object;
mod record;
mod secrets;

pub use command::SecretsCommand;
pub use entry::run_schema;
pub use error::WorkspaceError;
pub use folder::{Workspace, create_part, host_folder, read_regular};
pub use history::{History, LostSecret, RecordedRun, RecordedWrite, WriteState};
pub use host::{BreakingOff, RunHost, Secrets};
pub use lock::Lock;
pub use record::{RunHeader, RunRecord};
pub use secrets::{SecretFiles, StoredSecret};
