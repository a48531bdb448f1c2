//! The embedded emulator: on a thread of its own, so that its work and the program's do not wait for each other.

use super::failure::{Failure, emulator_failure};
use super::terminal::Terminal;
use crate::emulator::{Emulator, EmulatorError, Options, state_holder};
use crate::report;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use url::Url;

/// How long the state file may be somebody else's before that is worth a line.
const UNNOTICED: Duration = Duration::from_secs(1);

/// An emulator that lives as long as the command.
pub(super) struct Embedded {
    emulator: Emulator,
    url: Url,
    state: PathBuf,
    thread: Thread,
}

/// A runtime that may be dropped anywhere.
struct Thread(Option<Runtime>);

impl Drop for Thread {
    fn drop(&mut self) {
        // Dropping a runtime waits for its tasks, which no asynchronous caller may do.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Embedded {
    /// Starts an emulator on a state file; one that is in use is waited for, at most `max_wait`.
    pub(super) async fn start(
        options: Options,
        (state, seed): (PathBuf, Option<&Path>),
        max_wait: Duration,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.context("cannot start the emulator")?;
        let starting = runtime.spawn(Emulator::start(options));
        let thread = Thread(Some(runtime));
        let started = wait(starting, &state, max_wait, terminal).await?;
        let emulator = started.map_err(|error| emulator_failure(error, seed))?;
        let url = Url::parse(&emulator.base_url()).context("the emulator has no address")?;
        Ok(Self { emulator, url, state, thread })
    }

    /// Returns where it answers.
    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the folder of its account's secrets and records.
    pub(super) fn home(&self) -> PathBuf {
        self.state.with_file_name(self.emulator.instance_id())
    }

    /// Ends it; its state is folded together.
    pub(super) async fn close(self) {
        let Self { emulator, url: _, state: _, thread } = self;
        if let Some(runtime) = &thread.0 {
            // A shutdown that fails leaves the journal, which the next start reads.
            let _unfolded = runtime.spawn(emulator.shutdown()).await;
        }
    }
}

async fn wait(
    mut starting: tokio::task::JoinHandle<Result<Emulator, EmulatorError>>,
    state: &Path,
    max_wait: Duration,
    terminal: &Terminal,
) -> Result<Result<Emulator, EmulatorError>, Failure> {
    if let Ok(started) = tokio::time::timeout(UNNOTICED.min(max_wait), &mut starting).await {
        return Ok(started.context("the emulator broke down")?);
    }
    let words = report::state_wait_words(state, state_holder(state), max_wait);
    terminal.progress(&words);
    match tokio::time::timeout(max_wait.saturating_sub(UNNOTICED), &mut starting).await {
        Ok(started) => Ok(started.context("the emulator broke down")?),
        Err(_) => {
            starting.abort();
            Err(Failure::Refused {
                message: format!("{} is still in use after {} s", state.display(), max_wait.as_secs()),
                hint: Some("Wait for it to end, or give it longer with `--max-wait`.".to_owned()),
            })
        }
    }
}
