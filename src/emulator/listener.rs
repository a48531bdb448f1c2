//! The listening socket: counts connections and can cut one off in place of an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::journal::{Journal, ResetCount};
use super::server::Shared;

/// Pause after the system had no connection to give, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The other end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    cut: Arc<AtomicBool>,
    /// Which reset of the counters the connection was counted after.
    counted: ResetCount,
    used_for: Arc<AtomicU8>,
}

/// Nothing was asked on the connection yet.
const NOTHING: u8 = 0;
/// Only the control API was asked.
const CONTROL: u8 = 1;
/// What is emulated was asked.
const EMULATED: u8 = 2;

impl Peer {
    /// Keeps connections that serve the control API alone out of the counters.
    ///
    /// All are counted when they are accepted, since one that is never used is a connection too.
    pub(crate) fn note_use(&self, journal: &mut Journal, is_control: bool) {
        let (now, before) = match is_control {
            true => (CONTROL, self.used_for.compare_exchange(NOTHING, CONTROL, Ordering::Relaxed, Ordering::Relaxed)),
            false => (EMULATED, Ok(self.used_for.swap(EMULATED, Ordering::Relaxed))),
        };
        match (before, now) {
            (Ok(NOTHING), CONTROL) => journal.uncount_connection(self.counted),
            (Ok(CONTROL), EMULATED) => {
                journal.count_connection();
            }
            _ => {}
        }
    }

    /// Makes the connection break at the next byte sent.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, CountingListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, CountingListener>) -> Peer {
        stream.remote_addr().clone()
    }
}

/// Accepts connections and counts them.
pub(crate) struct CountingListener {
    pub(crate) inner: TcpListener,
    pub(crate) shared: Arc<Shared>,
}

impl Listener for CountingListener {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Connection, Peer) {
        loop {
            match self.inner.accept().await {
                Ok((stream, address)) => {
                    // Small answers must not wait for more to send.
                    let _best_effort = stream.set_nodelay(true);
                    let counted = self.shared.world().journal.count_connection();
                    let cut = Arc::new(AtomicBool::new(false));
                    return (
                        Connection { stream, cut: Arc::clone(&cut) },
                        Peer { address, cut, counted, used_for: Arc::default() },
                    );
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer {
            address: self.inner.local_addr()?,
            cut: Arc::default(),
            counted: ResetCount::default(),
            used_for: Arc::default(),
        })
    }
}

/// A connection that can be cut off.
pub(crate) struct Connection {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Connection {
    fn check(&self) -> io::Result<()> {
        match self.cut.load(Ordering::Relaxed) {
            true => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
            false => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
