//! What happens, while it happens.

use super::outcome::result_words;
use super::{count, visible};
use crate::execute::{Event, StepResult};
use crate::model::Address;
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// After how many steps a line says how far it has come, where no bar does.
const STEPS_A_LINE: usize = 50;

/// The most columns of what stands beside a bar: with the bar and the numbers it stays below 80.
const MOST_LABEL: usize = 44;

/// Shows the events of an execution: a bar on a terminal, otherwise lines for what goes wrong or takes long.
///
/// What became of every step is the outcome's to say, afterwards and on stdout. A writer that fails is left alone:
/// progress is no reason to stop a run.
pub struct Progress {
    lines: Mutex<Lines>,
    bar: Option<ProgressBar>,
    settle: Duration,
}

/// Where lines go, and how far it has come.
struct Lines {
    out: Box<dyn Write + Send>,
    steps: usize,
    written: usize,
}

impl Progress {
    /// Writes lines; `settle` is how long a lost answer is looked up.
    pub fn lines(out: Box<dyn Write + Send>, settle: Duration) -> Self {
        Self { lines: Mutex::new(Lines { out, steps: 0, written: 0 }), bar: None, settle }
    }

    /// Draws a bar on stderr, and writes lines above it for what has to stay.
    pub fn bar(out: Box<dyn Write + Send>, settle: Duration) -> Self {
        let bar = ProgressBar::no_length();
        // What does not fit is cut: a bar of two lines is cleared badly.
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        // Waits for quota may be long; the bar shows that the program lives.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar: Some(bar), ..Self::lines(out, settle) }
    }

    /// Returns the bar, if there is one.
    pub fn drawn(&self) -> Option<ProgressBar> {
        self.bar.clone()
    }

    /// Shows one event.
    pub fn tell(&self, event: &Event) {
        if let Some(bar) = self.bar.as_ref().filter(|bar| !bar.is_finished()) {
            advance(bar, event);
        }
        self.write(|lines| match line(event, self.settle) {
            Some(line) => Some(line),
            None if self.bar.is_none() => lines.advance(event),
            None => None,
        });
    }

    /// Shows a line that is no event.
    pub fn say(&self, line: &str) {
        self.write(|_| Some(line.to_owned()));
    }

    /// Writes a line, if there is one to write, beside the bar.
    fn write(&self, said: impl FnOnce(&mut Lines) -> Option<String>) {
        let write = || {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(said) = said(&mut lines) {
                // See the type: progress is no reason to stop.
                let _unheard = lines.out.write_all(format!("{said}\n").as_bytes()).and_then(|()| lines.out.flush());
            }
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Lines {
    /// Counts, and says what a bar would show.
    fn advance(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Begun { steps } => {
                self.steps = *steps;
                None
            }
            Event::Written { .. } => {
                self.written += 1;
                let is_due = self.written.is_multiple_of(STEPS_A_LINE) && self.written < self.steps;
                is_due.then(|| format!("{} of {} steps done", self.written, self.steps))
            }
            Event::Finished { address, action, result } => match result {
                StepResult::Failed { error, wrote: _ } => Some(said(address, &failure_words(error))),
                StepResult::Moved(_) | StepResult::Unknown { .. } => {
                    Some(said(address, &result_words(*action, result)))
                }
                StepResult::Applied { .. }
                | StepResult::Unseen { .. }
                | StepResult::Skipped { .. }
                | StepResult::NotAttempted => None,
            },
            Event::Started { .. }
            | Event::LookingUp { .. }
            | Event::SendingAgain { .. }
            | Event::SecretStored { .. }
            | Event::SecretLost { .. }
            | Event::Stopping
            | Event::ReadingBack { .. }
            | Event::Ended => None,
        }
    }
}

/// Draws a sign of life on stderr, with what is being done.
pub fn spinner(doing: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(doing);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

fn advance(bar: &ProgressBar, event: &Event) {
    match event {
        Event::Begun { steps } => bar.set_length(u64::try_from(*steps).unwrap_or(u64::MAX)),
        Event::Started { address, action } => {
            bar.set_message(label(&format!("{} {address}", action.as_str())));
        }
        Event::Written { .. } => bar.inc(1),
        Event::ReadingBack { owner } => bar.set_message(label(&format!("reading {owner} back"))),
        // Whoever breaks a run off gets the line back at once.
        Event::Stopping | Event::Ended => bar.finish_and_clear(),
        Event::LookingUp { .. }
        | Event::SendingAgain { .. }
        | Event::SecretStored { .. }
        | Event::SecretLost { .. }
        | Event::Finished { .. } => {}
    }
}

/// Fits what is being done beside a bar, and says where something was left out.
fn label(doing: &str) -> String {
    let shown = visible(doing);
    match shown.char_indices().nth(MOST_LABEL) {
        None => shown.into_owned(),
        Some(_) => shown.chars().take(MOST_LABEL - 1).chain(['…']).collect(),
    }
}

/// Words a failure by its first cause, which is what differs from one to the next.
fn failure_words(error: &dyn Error) -> String {
    let words = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    format!("failed: {}", visible(&words))
}

fn said(address: &Address, what: &str) -> String {
    format!("{}: {what}", visible(&address.to_string()))
}

/// Words an event that has to stay; `None` where the bar or the outcome says it.
fn line(event: &Event, settle: Duration) -> Option<String> {
    match event {
        Event::Begun { .. } | Event::Started { .. } | Event::Written { .. } | Event::SecretStored { .. } => None,
        Event::ReadingBack { .. } | Event::Finished { .. } | Event::Ended => None,
        Event::LookingUp { address, key, is_earlier_run } => {
            let whose = if *is_earlier_run { "an earlier run" } else { "this run" };
            let most = settle.as_secs();
            let key = visible(&key.to_string()).into_owned();
            Some(said(address, &format!("looking up whether {whose} made {key}, for at most {most} s (see --settle)")))
        }
        Event::SendingAgain { address } => Some(said(address, "it was not made; sending it again")),
        Event::SecretLost { address, id } => Some(said(address, &format!("the secret of {id} is lost"))),
        Event::Stopping => Some("stopping: requests in flight are finished first".to_owned()),
    }
}

/// Says how long a lock or quota is waited for, and for whom.
pub fn lock_wait_words(pid: Option<u32>, max_wait: Duration) -> String {
    let seconds = usize::try_from(max_wait.as_secs()).unwrap_or(usize::MAX);
    let whom = pid.map_or_else(|| "another apply".to_owned(), |pid| format!("process {pid}"));
    format!("waiting for {whom}, which has the lock of this folder, for at most {}", count(seconds, "second", None))
}

/// Returns the line that says whom a start of the embedded emulator waits for.
pub fn state_wait_words(state: &Path, pid: Option<u32>, max_wait: Duration) -> String {
    let seconds = usize::try_from(max_wait.as_secs()).unwrap_or(usize::MAX);
    let whom = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    let (state, seconds) = (state.display().to_string(), count(seconds, "second", None));
    format!("waiting for {whom}, which uses {}, for at most {seconds}", visible(&state))
}

#[cfg(test)]
mod tests {
    use super::{MOST_LABEL, Progress, label};
    use crate::diff::Action;
    use crate::execute::{Event, How, NaturalKey, StepResult};
    use crate::model::{Address, EntryKey, RemoteId};
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn labels_say_that_they_are_cut() {
        assert_eq!(label("create role/a\u{202E}"), "create role/a\\u{202E}");
        assert_eq!(label(&"é".repeat(MOST_LABEL)), "é".repeat(MOST_LABEL));
        assert_eq!(label(&"é".repeat(MOST_LABEL + 1)), format!("{}…", "é".repeat(MOST_LABEL - 1)));
    }

    #[test]
    fn without_a_terminal_only_what_is_worth_a_line_gets_one() {
        let out = Shared::default();
        let progress = Progress::lines(Box::new(out.clone()), Duration::from_secs(60));
        let role = |number: u64| Address::Role(EntryKey::new(format!("r{number}")));
        let action = Action::Create;
        progress.tell(&Event::Begun { steps: 100 });
        for number in 1..=100 {
            let (address, id) = (role(number), RemoteId(number));
            progress.tell(&Event::Started { address: address.clone(), action });
            progress.tell(&Event::Written { address, action, id, how: How::Written });
        }
        let key = NaturalKey::Role { name: "R1".into() };
        progress.tell(&Event::LookingUp { address: role(1), key, is_earlier_run: false });
        let because = role(2);
        progress.tell(&Event::Finished { address: role(1), action, result: StepResult::Skipped { because } });
        progress.tell(&Event::Ended);
        let written = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        let looked_up = "role/r1: looking up whether this run made role named `R1`, for at most 60 s (see --settle)";
        assert_eq!(lines, ["50 of 100 steps done", looked_up]);
    }
}
