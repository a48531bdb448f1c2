//! API authorization as code for OneLogin: how the program is built.
//!
//! One YAML file says which authorization servers, audiences, scopes, claims, OIDC apps, client bindings and gateway
//! policies should exist. The program compares it with the live account, shows a plan, applies it, renders the gateways'
//! policy files from the same facts, and proves with real tokens that a gateway lets the right callers in.
//!
//! # The path of one line of YAML
//!
//! ```text
//!  gatewright.yaml ─ config ─▶ DesiredState ─┬─▶ render ─▶ policy files
//!                                            │
//!  OneLogin ─ api ─ live ───▶ LiveState ─────┴─▶ diff ─▶ plan ─▶ execute ─▶ OneLogin
//!                                                  │       │        │
//!                                                  └───────┴────────┴──▶ report ─▶ text, JSON
//! ```
//!
//! `config` reads files into a spanned tree and lowers it, reporting everything wrong in one run. `live` reads the account
//! through `api`, only as far as the file speaks of it. `diff` pairs the two by identity and says what differs, `plan`
//! orders that into steps and judges how dangerous it is, `execute` performs the steps and reads back what it wrote.
//! `render` hangs off the desired state alone. `verify` mints tokens and calls the gateway.
//!
//! # Rooms
//!
//! | room | sentence |
//! |---|---|
//! | [`diagnostic`] | describes a problem in the user's files; never prints |
//! | [`model`] | the nouns: desired, live, identity; equality with absent fields left alone |
//! | [`config`] | YAML to desired state, and an account back to YAML |
//! | [`api`] | speaks HTTP: tokens, paging, retries, wire types; reading and writing are two types |
//! | [`live`] | collects a live state through the reader, or chooses it from a saved one |
//! | [`diff`] | pairs desired with live and compares field by field; pure |
//! | [`access`] | who may call what, and what a plan changes about it; pure |
//! | [`plan`] | orders changes into steps and judges safety; pure, the last place anything is decided |
//! | [`execute`] | performs one plan through the writer, emits events, returns an outcome a step |
//! | [`workspace`] | the `.gatewright` folder: lock, secrets, run records |
//! | [`undo`] | the state that takes a recorded run back; pure |
//! | [`render`] | policy files in memory, and the lints about them; pure |
//! | [`contrast`] | how two environments of a file differ; pure |
//! | [`verify`] | proves tokens and gateway behavior |
//! | [`report`] | turns plans, events, outcomes, problems and errors into text or versioned JSON |
//! | [`emulator`] | serves OneLogin's API and protected APIs from a state file |
//! | [`cli`] | arguments, environment, terminal, files, exit code |
//!
//! # Invariants
//!
//! - `plan` cannot write: it holds an [`api::Reader`], which has no way to send anything but GET and the token request.
//! - `diff`, `plan`, `access`, `undo`, `render` and `contrast` do no I/O, so they cannot fail for outside reasons and are tested as laws.
//! - `execute` decides nothing: a step says all there is to do, and a live object that moved stops it.
//! - Nothing outside `api` knows a URL of OneLogin's admin API; nothing outside `config` knows YAML positions.
//! - No state file: identity is a pinned id or a natural key, and two candidates are an error.
//! - An unreadable answer is an error. It never counts as absence.
//! - `emulator` imports nothing of ours, not even wire types: a misspelt field cannot be wrong on both sides.
//! - Internal types are not serializable; files and JSON have structs of their own, with a version.
//!
//! The import table is enforced by `tests/suite/architecture.rs`.

pub mod access;
pub mod api;
pub mod cli;
pub mod config;
pub mod contrast;
pub mod diagnostic;
pub mod diff;
pub mod emulator;
pub mod execute;
pub mod live;
pub mod model;
pub mod plan;
pub mod render;
pub mod report;
pub mod undo;
pub mod verify;
pub mod workspace;
