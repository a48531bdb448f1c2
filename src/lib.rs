//! API authorization as code for OneLogin.

pub mod emulator;
