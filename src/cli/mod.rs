//! The command line: parses arguments, reads the environment, wires the rooms in order, owns terminal, files and exit
//! code.
//!
//! One file a command. Whatever a command decides about the account was decided by `plan`; whatever it says is worded by
//! `report`. Data goes to stdout, everything else to stderr.

mod again;
mod args;
mod command;
mod completion;
mod connect;
mod consent;
mod deny;
mod embedded;
mod execution;
mod exit;
mod failure;
mod gateways;
mod hardening;
mod home;
mod inputs;
mod leftovers;
mod log;
mod man;
mod offline;
mod permission;
mod planning;
mod policy_files;
mod proof;
mod replacing;
mod run;
mod runs;
mod sink;
mod state_file;
mod stop;
mod targeting;
mod terminal;

pub use exit::Exit;
pub use run::run;
