//! One step under way: its turn, its judgment, its write, and how it ends.

use super::fields::LiveFields;
use super::guard::{self, Verdict};
use super::host::{RecordedResult, WriteAction};
use super::run::Run;
use super::view::{Reading, ServerSlot};
use super::{Doubt, Event, How, Images, Moved, MovedWhy, NaturalKey, StepError, StepResult};
use crate::api::{ApiError, STALE_AFTER};
use crate::diff::{Action, Along, AppOperation, Change, ClientOperation, Edit, ObjectRef, Operation};
use crate::model::{Fingerprint, Kind, RemoteId};
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{RwLockReadGuard, SemaphorePermit};
use tokio::time::Instant;

/// About how many requests a step makes at the most: the four reads of a server, its write, and one more.
const REQUESTS_OF_A_STEP: u64 = 6;

/// How often a step is judged anew because its write had to wait: each time it should have been able to go.
pub(super) const MOST_JUDGMENTS: u32 = 6;

/// One step under way.
pub(super) struct Task<'r> {
    pub(super) run: &'r Run<'r>,
    pub(super) index: usize,
    pub(super) change: &'r Change,
    turn: Option<SemaphorePermit<'r>>,
    /// The gate, kept where a step had to wait for it, so that it need not wait again once it is judged anew.
    gate: Option<RwLockReadGuard<'r, ()>>,
    /// What was read of the step's server, if anything.
    pub(super) reading: Option<Arc<Reading>>,
    /// Whether a write was not sent, or not sent again, since it had to wait: what it was judged by may have changed.
    pub(super) is_stale: bool,
    /// A write of which nobody knows whether it took effect.
    unknown: Option<u64>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) id: RemoteId,
    pub(super) how: How,
}

impl Done {
    pub(super) const fn written(id: RemoteId) -> Self {
        Self { id, how: How::Written }
    }
}

/// A step that is done, or what became of it instead.
pub(super) type Performed = Result<Done, StepResult>;

impl<'r> Task<'r> {
    pub(super) fn new(run: &'r Run<'r>, index: usize, change: &'r Change) -> Self {
        Self { run, index, change, turn: None, gate: None, reading: None, is_stale: false, unknown: None }
    }

    pub(super) async fn run(mut self) -> StepResult {
        self.take_turn().await;
        self.wait_for_room().await;
        if self.run.is_stopped() {
            return StepResult::NotAttempted;
        }
        let (address, action) = (self.change.address.clone(), self.change.action());
        self.run.tell(Event::Started { address: address.clone(), action });
        // A step that waits for its turn need not have room for all it will do.
        match self.perform_fresh().await {
            Ok(Done { id, how }) => {
                if how != How::AlreadyGone {
                    self.run.tell(Event::Written { address, action, id, how });
                }
                StepResult::Applied { id, how }
            }
            Err(result) => self.unless_unsent(result),
        }
    }

    /// Performs the step, and judges it anew as often as its write had to wait too long.
    async fn perform_fresh(&mut self) -> Performed {
        let mut performed = Box::pin(self.perform()).await;
        for _ in 0..MOST_JUDGMENTS {
            if !std::mem::take(&mut self.is_stale) || self.run.is_stopped() {
                break;
            }
            if let (Some(reading), Some(slot)) = (&self.reading, self.run.servers.get(&self.change.address.owner())) {
                slot.forget_if(reading);
            }
            performed = Box::pin(self.perform()).await;
        }
        self.gate = None;
        performed
    }

    /// Waits for the next window of the quota rather than begin what it might end in the middle of: what was read and judged
    /// must not wait an hour for its write.
    async fn wait_for_room(&mut self) {
        let run = self.run;
        let reader = run.writer.reader();
        let at_once = run.options.max_in_flight.max(1);
        let needed = REQUESTS_OF_A_STEP.saturating_mul(u64::try_from(at_once).unwrap_or(u64::MAX));
        if reader.has_room(needed) {
            return;
        }
        self.give_turn_back();
        // While all turns are held nobody is between a read and its write. The semaphore is never closed.
        let all = run.turns.acquire_many(u32::try_from(at_once).unwrap_or(u32::MAX)).await.ok();
        if !reader.has_room(needed) && reader.wait_for_room(needed).await {
            run.servers.values().for_each(ServerSlot::forget);
        }
        drop(all);
        self.take_turn().await;
    }

    /// Tells a step that failed from one of which nothing was sent, because it would have had to wait for quota.
    fn unless_unsent(&self, result: StepResult) -> StepResult {
        let StepResult::Failed { error, wrote } = &result else { return result };
        let Some(source) = error.request() else { return result };
        self.run.stop_without_quota(source);
        match **source {
            ApiError::WaitTooLong { .. } | ApiError::BrokenOff { .. } if !wrote => StepResult::NotAttempted,
            ApiError::Stale { .. } if !wrote && self.run.is_stopped() => StepResult::NotAttempted,
            _ => result,
        }
    }

    /// Waits until not too many steps are under way.
    pub(super) async fn take_turn(&mut self) {
        if self.turn.is_none() {
            // The semaphore is never closed, so the wait cannot fail.
            self.turn = self.run.turns.acquire().await.ok();
        }
    }

    /// Lets another step go on while this one only waits.
    pub(super) fn give_turn_back(&mut self) {
        self.turn = None;
    }

    async fn perform(&mut self) -> Performed {
        match &self.change.edit {
            Edit::Role(Operation::Create(new)) => self.create_role(new).await,
            Edit::Role(Operation::Update { id, patch }) => self.update_role(*id, patch).await,
            Edit::Role(Operation::Delete { id }) => self.delete_role(*id).await,
            Edit::App(AppOperation::Create(new)) => self.create_app(new).await,
            Edit::App(AppOperation::Update { id, patch }) => self.update_app(*id, patch).await,
            Edit::App(AppOperation::Delete { id }) => self.delete_app(*id).await,
            Edit::App(AppOperation::Replace { id, new }) => self.replace_app(*id, new).await,
            Edit::Server(Operation::Create(new)) => self.create_server(new).await,
            Edit::Server(Operation::Update { id, patch }) => self.update_server(*id, patch).await,
            Edit::Server(Operation::Delete { id }) => self.delete_server(*id).await,
            Edit::Scope { server, operation } => {
                let server = self.resolve(server)?;
                match operation {
                    Operation::Create(new) => self.create_scope(server, new).await,
                    Operation::Update { id, patch } => self.update_scope(server, *id, patch).await,
                    Operation::Delete { id } => self.delete_scope(server, *id).await,
                }
            }
            Edit::Claim { server, operation } => {
                let server = self.resolve(server)?;
                match operation {
                    Operation::Create(new) => self.create_claim(server, new).await,
                    Operation::Update { id, patch } => self.update_claim(server, *id, patch).await,
                    Operation::Delete { id } => self.delete_claim(server, *id).await,
                }
            }
            Edit::Client { server, app, operation } => {
                let (server, app) = (self.resolve(server)?, self.resolve(app)?);
                match operation {
                    ClientOperation::Bind(scopes) => self.bind_client(server, app, scopes).await,
                    ClientOperation::Update(scopes) => self.update_client(server, app, scopes).await,
                    ClientOperation::Unbind => self.unbind_client(server, app).await,
                }
            }
        }
    }

    /// Judges an update or a deletion. Returns what it came to where nothing is left to do.
    ///
    /// Where an earlier write of the step may have taken effect, `is_as_sent` says whether live is what it sends.
    pub(super) fn judge(
        &mut self,
        id: RemoteId,
        live: Option<(Fingerprint, LiveFields)>,
        is_as_sent: impl FnOnce() -> bool,
    ) -> Result<Option<Done>, StepResult> {
        let (verdict, unknown) = (guard::judge(self.change, live), self.unknown.take());
        let Some(write) = unknown else {
            return match verdict {
                Verdict::Go => Ok(None),
                Verdict::AlreadyGone => Ok(Some(Done { id, how: How::AlreadyGone })),
                Verdict::Moved(moved) => Err(StepResult::Moved(moved)),
            };
        };
        let record = |result| self.run.record_result(write, &self.change.address, result);
        match verdict {
            Verdict::Go => {
                record(RecordedResult::Failed { message: "it had no effect when it was read again".to_owned() });
                Ok(None)
            }
            Verdict::Moved(Moved { why: MovedWhy::Gone, .. }) if self.change.action() == Action::Update => {
                Err(StepResult::Unseen { id, doubt: Doubt::WrongPresence })
            }
            Verdict::Moved(Moved { why: MovedWhy::Changed, fields }) if !is_as_sent() => {
                Err(StepResult::Unseen { id, doubt: Doubt::Differs(fields) })
            }
            Verdict::AlreadyGone | Verdict::Moved(_) => {
                record(RecordedResult::Done { id, secret: None });
                Ok(Some(Done { id, how: How::Found }))
            }
        }
    }

    /// Judges a deletion by what would go along with it now.
    pub(super) fn judge_along(&self, now: &Along) -> Result<(), StepResult> {
        guard::judge_along(self.change, now).map_err(StepResult::Moved)
    }

    pub(super) fn refuse_taken(&self, taken: Option<(RemoteId, LiveFields)>) -> Result<(), StepResult> {
        match taken {
            None => Ok(()),
            Some((id, live)) => Err(StepResult::Moved(guard::appeared(self.change, vec![id], Some(live)))),
        }
    }

    pub(super) fn resolve(&self, object: &ObjectRef) -> Result<RemoteId, StepResult> {
        self.run.id_of(object).ok_or_else(|| match object {
            ObjectRef::Planned(address) => self.unresolved(address),
            ObjectRef::Live(id) => self.unresolved(id),
        })
    }

    pub(super) fn resolve_all(
        &self,
        objects: Option<&BTreeSet<ObjectRef>>,
    ) -> Result<Option<BTreeSet<RemoteId>>, StepResult> {
        objects.map(|objects| objects.iter().map(|object| self.resolve(object)).collect()).transpose()
    }

    /// Sends an update or a deletion.
    pub(super) async fn write(
        &mut self,
        id: RemoteId,
        images: &Images,
        send: impl Future<Output = Result<(), ApiError>>,
    ) -> Performed {
        let (run, began) = (self.run, Instant::now());
        if self.gate.is_none() {
            self.gate = Some(run.gate.read().await);
        }
        if run.is_stopped() {
            self.gate = None;
            return Err(StepResult::NotAttempted);
        }
        if began.elapsed() > STALE_AFTER {
            self.is_stale = true;
            return Err(StepResult::NotAttempted);
        }
        let performed = self.write_held(id, images, send).await;
        if !self.is_stale {
            self.gate = None;
        }
        performed
    }

    /// Sends an update or a deletion; the gate is the caller's.
    pub(super) async fn write_held(
        &mut self,
        id: RemoteId,
        images: &Images,
        send: impl Future<Output = Result<(), ApiError>>,
    ) -> Performed {
        let run = self.run;
        let action = match self.change.action() {
            Action::Create => WriteAction::Create,
            Action::Update => WriteAction::Update,
            // What comes in the place of the old one is sent as any other create.
            Action::Delete | Action::Replace => WriteAction::Delete,
        };
        let write = self.record_intent(action, None, Some(id), images)?;
        match send.await {
            Ok(()) => {
                run.record_result(write, &self.change.address, RecordedResult::Done { id, secret: None });
                Ok(Done::written(id))
            }
            Err(error) => {
                let message = message(&error);
                let may_have_run = error.may_have_run();
                let result = match may_have_run {
                    true => RecordedResult::Unknown { message },
                    false => RecordedResult::Failed { message },
                };
                run.record_result(write, &self.change.address, result);
                if let ApiError::Stale { .. } = error {
                    self.is_stale = true;
                    self.unknown = may_have_run.then_some(write);
                }
                Err(self.failed(Arc::new(error), may_have_run))
            }
        }
    }

    pub(super) fn record_intent(
        &self,
        action: WriteAction,
        key: Option<NaturalKey>,
        id: Option<RemoteId>,
        images: &Images,
    ) -> Result<u64, StepResult> {
        self.run.record_intent(self.change, action, key, id, images).map_err(|source| {
            let error = StepError::Record { address: self.change.address.clone(), source };
            StepResult::Failed { error, wrote: false }
        })
    }

    pub(super) fn leave_behind(&self, kind: Kind, id: RemoteId) {
        self.run.state().left_behind.insert((kind, id));
    }

    pub(super) fn failed(&self, source: Arc<ApiError>, wrote: bool) -> StepResult {
        let (address, action) = (self.change.address.clone(), self.change.action());
        StepResult::Failed { error: StepError::Write { address, action, source }, wrote }
    }

    pub(super) fn unread(&self, source: Arc<ApiError>) -> StepResult {
        StepResult::Failed { error: StepError::Read { owner: self.change.address.owner(), source }, wrote: false }
    }

    pub(super) fn unresolved(&self, reference: &dyn std::fmt::Display) -> StepResult {
        let error = StepError::Unresolved { address: self.change.address.clone(), reference: reference.to_string() };
        StepResult::Failed { error, wrote: false }
    }

    pub(super) fn gone(&self) -> StepResult {
        StepResult::Moved(guard::moved(MovedWhy::Gone, self.change, None))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns an error and its causes in one line, for the record.
pub(super) fn message(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
