//! When the user, or whoever runs the program, wants it to end.

use std::future::Future;
use std::io;

/// Returns a future that ends when the process is asked to stop.
#[cfg(unix)]
pub(super) fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that ends when the process is asked to stop.
#[cfg(not(unix))]
pub(super) fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without a signal handler the process ends by itself.
        let _handled = tokio::signal::ctrl_c().await;
    })
}
