//! MuleSoft: a Mule 4 gateway behind API Manager, or on its own.
//!
//! Three files, one configuration: the bare object for the command line, the body of an API Manager request, and the
//! file that a runtime reads without API Manager.

mod configuration;
mod format;

pub(super) use format::contents;
