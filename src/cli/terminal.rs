//! Stdout, stderr and the question.

use crate::report;
use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// What is drawn on stderr at the moment; other lines are written around it.
static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// The streams of the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    color: ColorChoice,
    /// What happens meanwhile is told in log lines, for programs.
    is_logged: bool,
}

impl Terminal {
    pub(super) const fn new(color: ColorChoice) -> Self {
        Self { color, is_logged: false }
    }

    /// Tells what happens meanwhile in log lines, and draws nothing.
    pub(super) const fn logged(self) -> Self {
        Self { is_logged: true, ..self }
    }

    /// Says what happens meanwhile; somebody who cannot hear it waits all the same.
    pub(super) fn progress(&self, words: &str) {
        match self.is_logged {
            true => tracing::warn!("{words}"),
            false => drop(self.tell(|err| writeln!(err, "{words}"))),
        }
    }

    /// Returns where lines about what happens meanwhile are written.
    pub(super) fn progress_lines(&self) -> Box<dyn Write + Send> {
        match self.is_logged {
            true => Box::new(Logged),
            false => self.stderr(),
        }
    }

    /// Says beside what is drawn, if anything is, what goes on from now.
    pub(super) fn label(words: String) {
        if let Some(bar) = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.set_message(words);
        }
    }

    /// Writes data to stdout.
    pub(super) fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        undisturbed(|| deliver(AutoStream::new(io::stdout(), self.color), write)).map_err(|error| {
            let words = error.to_string();
            // The number of the system says nothing that the words do not.
            let words = words.split(" (os error").next().unwrap_or_default().to_lowercase();
            io::Error::new(error.kind(), format!("cannot write to stdout: {words}"))
        })
    }

    /// Writes anything that is not data to stderr.
    pub(super) fn tell(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        undisturbed(|| deliver(AutoStream::new(io::stderr(), self.color), write))
    }

    /// Returns stderr, for what is written while something else goes on.
    fn stderr(&self) -> Box<dyn Write + Send> {
        Box::new(AutoStream::new(io::stderr(), self.color))
    }

    /// Shows on a terminal that something is going on, for as long as what is returned lives.
    pub(super) fn busy(&self, doing: &'static str) -> Option<Drawn> {
        self.is_interactive().then(|| Drawn::new(report::spinner(doing)))
    }

    /// Says whether somebody looks at what is drawn on stderr.
    pub(super) fn is_interactive(&self) -> bool {
        io::stderr().is_terminal() && !self.is_logged
    }

    /// Returns how many columns what goes to stderr may have.
    pub(super) fn width(&self) -> usize {
        columns().unwrap_or(report::WIDTH).max(NARROWEST)
    }

    /// Says whether somebody is there to answer a question.
    pub(super) fn can_ask() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question on stderr; only `yes` is a yes.
    pub(super) fn ask(&self, question: &str) -> io::Result<bool> {
        let answer = self.ask_line(&format!("{question} Only `yes` is accepted: "))?;
        Ok(answer.is_some_and(|answer| answer.trim() == "yes"))
    }

    /// Asks for a line on stderr; `None` where the input is over.
    pub(super) fn ask_line(&self, question: &str) -> io::Result<Option<String>> {
        self.tell(|err| write!(err, "{question}"))?;
        let mut answer = String::new();
        if io::stdin().read_line(&mut answer)? == 0 {
            // Nobody pressed Enter, so the line is still open.
            self.tell(|err| writeln!(err))?;
            return Ok(None);
        }
        Ok(Some(answer))
    }
}

/// Below this nothing fits, and it is better to let the terminal break lines.
const NARROWEST: usize = 40;

/// Returns the width of the terminal that stderr is, if it is one.
#[cfg(unix)]
fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    // A terminal that does not know its width says 0.
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
const fn columns() -> Option<usize> {
    None
}

/// Something drawn on stderr, which is cleared when this is dropped.
pub(super) struct Drawn(ProgressBar);

impl Drawn {
    /// Takes over what is drawn, so that lines are written around it.
    pub(super) fn new(bar: ProgressBar) -> Self {
        *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
        Self(bar)
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.finish_and_clear();
    }
}

/// Writes while nothing is drawn.
fn undisturbed<R>(write: impl FnOnce() -> R) -> R {
    let drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match drawn {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Turns each line into one of the log.
struct Logged;

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line comes in pieces, of which the last is its end.
        let words = String::from_utf8_lossy(bytes);
        words.lines().filter(|line| !line.is_empty()).for_each(|line| tracing::warn!("{line}"));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Stderr for log lines.
pub(super) struct LogLines;

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        undisturbed(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
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
