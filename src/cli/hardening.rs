//! A process that dies says nothing of what it holds.

use std::panic;

/// Leaves no core dump behind, which would hold secrets, and keeps what a panic is about to itself.
///
/// The words of a panic can quote the text it was about; where it happened is all that a report of it needs.
pub(super) fn start() {
    forbid_core_dumps();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        // Whatever is wrong with stderr, there is nobody left to tell.
        let _unheard = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("error: gatewright {version} broke down{place}; this is a bug, please report it\n").as_bytes(),
        );
    }));
}

#[cfg(unix)]
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Lowering a limit is always allowed; were it not, the process would be no worse off than without.
    let _kept = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

#[cfg(not(unix))]
const fn forbid_core_dumps() {}
