//! The loop over the steps, and what all of them share: turns, the gate, the stop, the record.

use super::host::{Host, Intent, RecordEntry, RecordedResult, WriteAction, WriteResult};
use super::read_back;
use super::schedule::Schedule;
use super::task::Task;
use super::view::{self, ServerSlot};
use super::{Event, Fatal, HostError, How, Images, NaturalKey, Outcome, SecretFate, StepOutcome, StepResult};
use crate::api::{ApiError, Writer};
use crate::diff::{Action, Change, Edit, FieldChange, ObjectRef};
use crate::model::{Address, Kind, RemoteId, ScopeValue};
use crate::plan::Plan;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{RwLock, Semaphore, watch};
use tokio::time::Instant;

/// How to execute.
#[derive(Debug, Clone)]
pub struct ExecuteOptions {
    /// How late the effect of a write may show: how long what may have been made is looked up.
    pub settle: Duration,
    /// How long reading back waits for what was written to show. Memberships of roles are known to lag by seconds.
    pub patience: Duration,
    /// How many steps may be under way at once, at least 1.
    pub max_in_flight: usize,
    /// Creates that earlier runs of this folder began and did not record the end of.
    pub pending: Vec<PendingCreate>,
}

/// A create that an earlier run began and did not record the end of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCreate {
    /// The object as it was named then.
    pub address: Address,
    /// What it can be found by.
    pub key: NaturalKey,
    /// How long ago it was begun.
    pub age: Duration,
}

/// Performs the steps of a plan.
///
/// Nothing new is written once `cancel` holds `true`; what is in flight ends and is recorded. The plan's refusals are not
/// looked at: whoever calls has judged them.
pub async fn execute(
    plan: &Plan,
    writer: &Writer,
    host: &dyn Host,
    options: &ExecuteOptions,
    cancel: &watch::Receiver<bool>,
    events: &(dyn Fn(Event) + Sync),
) -> Outcome {
    let run = Run::new(plan, writer, host, options, cancel, events);
    run.tell(Event::Begun { steps: plan.steps.len() });
    let mut results = run.perform_all().await;
    read_back::confirm(&run, &mut results).await;
    run.tell(Event::Ended);
    run.into_outcome(results)
}

/// What the steps of one execution share.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) writer: &'a Writer,
    pub(super) host: &'a dyn Host,
    pub(super) options: &'a ExecuteOptions,
    pub(super) cancel: &'a watch::Receiver<bool>,
    events: &'a (dyn Fn(Event) + Sync),
    pub(super) began: Instant,
    /// One permit a step that is under way; a step that only waits gives its permit back.
    pub(super) turns: Semaphore,
    /// Held shared by every write, alone by the creation of an app.
    pub(super) gate: RwLock<()>,
    pub(super) servers: BTreeMap<Address, ServerSlot>,
    /// What live scopes will be called once the plan is done, by server and scope.
    pub(super) renamed_scopes: BTreeMap<(RemoteId, RemoteId), ScopeValue>,
    state: Mutex<State>,
}

/// What becomes known on the way.
#[derive(Default)]
pub(super) struct State {
    /// Ids of what was made or found, by address.
    pub(super) created: BTreeMap<Address, RemoteId>,
    /// Servers that were found rather than made: their children are not known.
    pub(super) found: BTreeSet<Address>,
    /// What this run deleted or renamed: a look-up that still shows it shows the past.
    pub(super) left_behind: BTreeSet<(Kind, RemoteId)>,
    /// The scopes that bindings were given, by step.
    pub(super) granted: BTreeMap<usize, BTreeSet<RemoteId>>,
    /// What became of secrets, by step.
    pub(super) secrets: BTreeMap<usize, SecretFate>,
    writes: u64,
    fatal: Option<Fatal>,
}

impl<'a> Run<'a> {
    fn new(
        plan: &'a Plan,
        writer: &'a Writer,
        host: &'a dyn Host,
        options: &'a ExecuteOptions,
        cancel: &'a watch::Receiver<bool>,
        events: &'a (dyn Fn(Event) + Sync),
    ) -> Self {
        Self {
            plan,
            writer,
            host,
            options,
            cancel,
            events,
            began: Instant::now(),
            turns: Semaphore::new(options.max_in_flight.max(1)),
            gate: RwLock::new(()),
            servers: view::slots(plan),
            renamed_scopes: view::renamed_scopes(plan),
            state: Mutex::new(State::default()),
        }
    }

    pub(super) fn tell(&self, event: Event) {
        (self.events)(event);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether no further write may be begun.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_cancelled() || self.state().fatal.is_some()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        *self.cancel.borrow()
    }

    /// Begins no further write; the first reason counts.
    pub(super) fn stop(&self, fatal: Fatal) {
        self.state().fatal.get_or_insert(fatal);
    }

    /// Begins no further write where a request would have to wait for quota longer than anybody wants to: so would all others.
    pub(super) fn stop_without_quota(&self, error: &Arc<ApiError>) {
        if matches!(**error, ApiError::WaitTooLong { .. }) {
            self.stop(Fatal::NoQuota(Arc::clone(error)));
        }
    }

    /// Waits, at most until the user breaks the run off.
    pub(super) async fn pause(&self, wait: Duration) {
        let mut cancel = self.cancel.clone();
        let cancelled = async {
            // A sender that is gone can never cancel.
            if cancel.wait_for(|is_cancelled| *is_cancelled).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = cancelled => {}
        }
    }

    /// Returns the id of an object; `None` where it is not made yet.
    pub(super) fn id_of(&self, object: &ObjectRef) -> Option<RemoteId> {
        match object {
            ObjectRef::Live(id) => Some(*id),
            ObjectRef::Planned(address) => self.state().created.get(address).copied(),
        }
    }

    /// Returns how much longer the effect of an earlier run's create may take to show; `None` where there was none.
    pub(super) fn pending(&self, key: &NaturalKey) -> Option<Duration> {
        let ages = self.options.pending.iter().filter(|pending| pending.key == *key).map(|pending| pending.age);
        let youngest = ages.min()?;
        Some(self.options.settle.saturating_sub(youngest).saturating_sub(self.began.elapsed()))
    }

    /// Records that something is about to be written, and returns the number of the write.
    pub(super) fn record_intent(
        &self,
        change: &Change,
        action: WriteAction,
        key: Option<NaturalKey>,
        id: Option<RemoteId>,
        images: &Images,
    ) -> Result<u64, HostError> {
        let server = match &change.edit {
            Edit::Scope { server, .. } | Edit::Claim { server, .. } | Edit::Client { server, .. } => self.id_of(server),
            Edit::Role(_) | Edit::App(_) | Edit::Server(_) => None,
        };
        let write = {
            let mut state = self.state();
            let write = state.writes;
            state.writes += 1;
            write
        };
        let intent = Intent {
            write,
            address: &change.address,
            action,
            key,
            id,
            // Nothing is live where something is made.
            fingerprint: change.fingerprint.as_ref().filter(|_| action != WriteAction::Create),
            fields: &written_fields(change, action),
            server,
            images,
        };
        let recorded = self.host.record(&RecordEntry::Intent(intent));
        recorded.inspect_err(|error| self.stop(Fatal::Record(error.clone()))).map(|()| write)
    }

    /// Records what became of a write; what cannot be recorded stops the run.
    pub(super) fn record_result(&self, write: u64, address: &Address, result: RecordedResult) {
        if let Err(error) = self.host.record(&RecordEntry::Result(WriteResult { write, address, result })) {
            self.stop(Fatal::Record(error));
        }
    }

    async fn perform_all(&self) -> Vec<Option<StepResult>> {
        let mut schedule = Schedule::new(&self.plan.steps);
        let mut results: Vec<Option<StepResult>> = vec![None; self.plan.steps.len()];
        let mut running = FuturesUnordered::new();
        let mut is_stopping = false;
        loop {
            while !self.is_stopped()
                && let Some(index) = schedule.next()
            {
                running.extend(
                    self.plan
                        .steps
                        .get(index)
                        .map(|step| async move { (index, Task::new(self, index, &step.change).run().await) }),
                );
            }
            if self.is_stopped() && !std::mem::replace(&mut is_stopping, true) {
                self.tell(Event::Stopping);
            }
            let Some((index, result)) = running.next().await else { break };
            if result.is_applied() {
                schedule.went_well(index);
            } else if !matches!(result, StepResult::NotAttempted) {
                self.skip(schedule.went_wrong(index), index, &mut results);
            }
            self.settle(index, result, &mut results);
        }
        for index in 0..results.len() {
            if results.get(index).is_some_and(Option::is_none) {
                self.settle(index, StepResult::NotAttempted, &mut results);
            }
        }
        results
    }

    fn skip(&self, skipped: BTreeSet<usize>, failed: usize, results: &mut [Option<StepResult>]) {
        let Some(failed) = self.plan.steps.get(failed) else { return };
        for index in skipped {
            let because = failed.change.address.clone();
            self.settle(index, StepResult::Skipped { because }, results);
        }
    }

    /// Notes the result of a step; what has to be read back first is told later.
    fn settle(&self, index: usize, result: StepResult, results: &mut [Option<StepResult>]) {
        let is_open = matches!(result, StepResult::Applied { how, .. } if how != How::AlreadyGone);
        if !is_open {
            self.tell_finished(index, &result);
        }
        if let Some(slot) = results.get_mut(index) {
            *slot = Some(result);
        }
    }

    pub(super) fn tell_finished(&self, index: usize, result: &StepResult) {
        if let Some(step) = self.plan.steps.get(index) {
            let (address, action) = (step.change.address.clone(), step.change.action());
            self.tell(Event::Finished { address, action, result: result.clone() });
        }
    }

    fn into_outcome(self, results: Vec<Option<StepResult>>) -> Outcome {
        let is_cancelled = self.is_cancelled();
        let State { created, mut secrets, fatal, .. } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut steps = Vec::with_capacity(results.len());
        for (index, (step, result)) in self.plan.steps.iter().zip(results).enumerate() {
            steps.push(StepOutcome {
                address: step.change.address.clone(),
                action: step.change.action(),
                result: result.unwrap_or(StepResult::NotAttempted),
                secret: secrets.remove(&index),
            });
        }
        let wrote = steps.iter().any(|step| step.result.may_have_written());
        let interrupted = is_cancelled && steps.iter().any(|step| !step.result.is_applied());
        Outcome { steps, wrote, interrupted, fatal, created }
    }
}

/// Returns what one write does, field by field: a replacement is two, of which one takes all and the other gives all.
fn written_fields(change: &Change, action: WriteAction) -> Cow<'_, [FieldChange]> {
    if change.action() != Action::Replace {
        return Cow::Borrowed(&change.fields);
    }
    let written = |FieldChange { path, before, after }: &FieldChange| match action {
        WriteAction::Create => FieldChange { path, before: Value::Null, after: after.clone() },
        WriteAction::Update => FieldChange { path, before: before.clone(), after: after.clone() },
        WriteAction::Delete => FieldChange { path, before: before.clone(), after: Value::Null },
    };
    let fields = change.fields.iter().map(written);
    fields.filter(|field| !(field.before.is_null() && field.after.is_null())).collect()
}
