//! When the user, or whoever runs the program, wants it to end.

use super::failure::Failure;
use std::future::Future;
use std::io;
use tokio::sync::watch;

/// The signals that ask the process to stop.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    const fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a signal handler the process ends by itself.
            std::future::pending::<()>().await;
        }
    }
}

/// Returns a future that ends when the process is asked to stop.
pub(super) fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = Signals::new()?;
    Ok(async move { signals.next().await })
}

/// Hears all requests to stop of one command: the first asks it to end well, the second to end at once.
///
/// While it lives no signal ends the process by itself, so whatever takes time has to ask it.
pub(super) struct Stop {
    first: watch::Receiver<bool>,
    second: watch::Receiver<bool>,
}

impl Stop {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        let mut signals = Signals::new()?;
        let (tell_first, first) = watch::channel(false);
        let (tell_second, second) = watch::channel(false);
        tokio::spawn(async move {
            for tell in [&tell_first, &tell_second] {
                signals.next().await;
                // Nobody is left to hear it only when the command is over.
                let _over = tell.send(true);
            }
            std::future::pending::<()>().await;
        });
        Ok(Self { first, second })
    }

    /// Returns what holds `true` once the process was asked to stop.
    pub(super) const fn is_requested(&self) -> &watch::Receiver<bool> {
        &self.first
    }

    /// Returns what holds `true` once the process was asked to stop a second time.
    pub(super) const fn is_requested_again(&self) -> &watch::Receiver<bool> {
        &self.second
    }

    /// Waits until the process is asked to stop.
    pub(super) async fn first(&self) {
        heard(&self.first).await;
    }

    /// Waits until the process is asked to stop once more.
    pub(super) async fn second(&self) {
        heard(&self.second).await;
    }

    /// Does what writes nothing, unless the process is asked to stop.
    pub(super) async fn unless<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.first() => Err(Failure::from(anyhow::anyhow!("broken off; nothing was written"))),
            done = work => done,
        }
    }
}

async fn heard(requested: &watch::Receiver<bool>) {
    if requested.clone().wait_for(|is_requested| *is_requested).await.is_err() {
        // Nobody listens any more, so nothing will be heard.
        std::future::pending::<()>().await;
    }
}
