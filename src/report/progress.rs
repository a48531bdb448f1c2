//! What happens, while it happens.

use super::outcome::{done, how_words};
use super::{count, visible};
use crate::execute::{Event, How};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Shows the events of an execution: a bar on a terminal, plain lines otherwise.
///
/// A writer that fails is left alone: progress is no reason to stop a run.
pub struct Progress {
    lines: Mutex<Box<dyn Write + Send>>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Writes a line an event.
    pub fn lines(out: Box<dyn Write + Send>) -> Self {
        Self { lines: Mutex::new(out), bar: None }
    }

    /// Draws a bar on stderr, and writes lines above it for what has to stay.
    pub fn bar(out: Box<dyn Write + Send>) -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        // Waits for quota may be long; the bar shows that the program lives.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { lines: Mutex::new(out), bar: Some(bar) }
    }

    /// Shows one event.
    pub fn tell(&self, event: &Event) {
        if let Some(bar) = &self.bar {
            advance(bar, event);
        }
        if let Some(line) = line(event, self.bar.is_some()) {
            self.say(&line);
        }
    }

    /// Shows a line that is no event.
    pub fn say(&self, line: &str) {
        let write = || {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            // See the type: progress is no reason to stop.
            let _unheard = writeln!(lines, "{line}").and_then(|()| lines.flush());
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

fn advance(bar: &ProgressBar, event: &Event) {
    match event {
        Event::Begun { steps } => bar.set_length(u64::try_from(*steps).unwrap_or(u64::MAX)),
        Event::Started { address, action } => bar.set_message(format!("{} {address}", action.as_str())),
        Event::Written { .. } => bar.inc(1),
        Event::ReadingBack { owner } => bar.set_message(format!("reading {owner} back")),
        Event::Ended => bar.finish_and_clear(),
        Event::LookingUp { .. }
        | Event::SendingAgain { .. }
        | Event::SecretStored { .. }
        | Event::SecretLost { .. }
        | Event::Stopping
        | Event::Finished { .. } => {}
    }
}

/// Words an event; `None` where the bar or the outcome says it.
fn line(event: &Event, has_bar: bool) -> Option<String> {
    let said = |address: &crate::model::Address, what: String| format!("{}: {what}", visible(&address.to_string()));
    match event {
        Event::Begun { .. } | Event::Started { .. } | Event::ReadingBack { .. } => None,
        Event::Finished { .. } | Event::Ended => None,
        Event::Written { how: How::Written, .. } if has_bar => None,
        Event::Written { address, action, id, how } => {
            Some(said(address, format!("{} {id}{}", done(*action), how_words(*how))))
        }
        Event::LookingUp { address, key, is_earlier_run } => {
            let whose = if *is_earlier_run { "an earlier run" } else { "this run" };
            Some(said(address, format!("looking up whether {whose} made {}", visible(&key.to_string()))))
        }
        Event::SendingAgain { address } => Some(said(address, "it was not made; sending it again".to_owned())),
        Event::SecretStored { address, id: _, at } => {
            Some(said(address, format!("secret stored in {}", visible(&at.to_string()))))
        }
        Event::SecretLost { address, id } => Some(said(address, format!("the secret of {id} is lost"))),
        Event::Stopping => Some("stopping: requests in flight are finished first".to_owned()),
    }
}

/// Says how long a lock or quota is waited for, and for whom.
pub fn lock_wait_words(pid: Option<u32>, max_wait: Duration) -> String {
    let seconds = usize::try_from(max_wait.as_secs()).unwrap_or(usize::MAX);
    let whom = pid.map_or_else(|| "another apply".to_owned(), |pid| format!("process {pid}"));
    format!("waiting for {whom}, which has the lock of this folder, for at most {}", count(seconds, "second", None))
}
