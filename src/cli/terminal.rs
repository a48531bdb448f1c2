//! Stdout, stderr and the question.

use anstream::{AutoStream, ColorChoice};
use std::io::{self, BufWriter, IsTerminal, Write};

/// The streams of the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    color: ColorChoice,
}

impl Terminal {
    pub(super) const fn new(color: ColorChoice) -> Self {
        Self { color }
    }

    /// Writes data to stdout.
    pub(super) fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        deliver(AutoStream::new(io::stdout(), self.color), write).map_err(|error| {
            let words = error.to_string();
            // The number of the system says nothing that the words do not.
            let words = words.split(" (os error").next().unwrap_or_default().to_lowercase();
            io::Error::new(error.kind(), format!("cannot write to stdout: {words}"))
        })
    }

    /// Writes anything that is not data to stderr.
    pub(super) fn tell(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        deliver(AutoStream::new(io::stderr(), self.color), write)
    }

    /// Returns stderr, for what is written while something else goes on.
    pub(super) fn stderr(&self) -> Box<dyn Write + Send> {
        Box::new(AutoStream::new(io::stderr(), self.color))
    }

    /// Says whether stderr is a terminal.
    pub(super) fn is_interactive(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Says whether somebody is there to answer a question.
    pub(super) fn can_ask() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question on stderr; only `yes` is a yes.
    pub(super) fn ask(&self, question: &str) -> io::Result<bool> {
        self.tell(|err| write!(err, "{question} Only `yes` is accepted: "))?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer.trim() == "yes")
    }
}

/// Writes all or nothing more: a reader that has gone away, as `head` does, is no error of ours.
fn deliver(stream: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut stream = BufWriter::new(stream);
    let result = write(&mut stream).and_then(|()| stream.flush());
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer would only fail again when it is dropped.
            let _unwritten = stream.into_parts();
            Ok(())
        }
        result => result,
    }
}
