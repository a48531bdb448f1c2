//! Making things: nothing twice, and no secret lost in silence.

use super::fields::LiveFields;
use super::guard;
use super::host::{NewSecret, RecordedResult, WriteAction};
use super::settle::Pauses;
use super::task::{Done, MOST_JUDGMENTS, Performed, Task, message};
use super::{
    Doubt, Event, Fatal, HostError, How, Image, Images, Moved, MovedWhy, NaturalKey, SecretFate, StepError, StepResult,
};
use crate::api::{ApiError, CreatedApp, STALE_AFTER};
use crate::diff::Action;
use crate::model::{EntryKey, Kind, LiveApp, RemoteId, RolePatch};
use std::sync::Arc;
use tokio::time::Instant;

/// Something to be made, and what stands in its place already.
pub(super) struct Creation {
    key: NaturalKey,
    there: Vec<RemoteId>,
    live: Option<LiveFields>,
    images: Images,
    /// For apps, whether a secret comes with it.
    is_secret_due: Option<bool>,
}

impl Creation {
    /// Describes a child of a server by what was read of the server.
    pub(super) fn child(key: NaturalKey, there: Option<(RemoteId, LiveFields)>, sent: Image) -> Self {
        let (there, live) = there.map_or((Vec::new(), None), |(id, live)| (vec![id], Some(live)));
        Self { key, there, live, images: Images::made(sent), is_secret_due: None }
    }

    const fn is_app(&self) -> bool {
        self.is_secret_due.is_some()
    }
}

/// What a create answered.
pub(super) struct Made {
    id: RemoteId,
    secret: Option<NewSecret>,
}

impl Made {
    pub(super) const fn without_secret(id: RemoteId) -> Self {
        Self { id, secret: None }
    }

    pub(super) fn app(app: &EntryKey, name: &str, created: CreatedApp) -> Self {
        let CreatedApp { id, client_id, client_secret } = created;
        let secret = client_secret.map(|client_secret| NewSecret {
            app: app.clone(),
            id,
            name: name.to_owned(),
            client_id,
            client_secret,
        });
        Self { id, secret }
    }
}

/// What sending a create came to.
pub(super) enum Sent {
    Made(RemoteId),
    Unknown { write: u64, error: Arc<ApiError> },
}

impl Task<'_> {
    /// Looks a server, an app or a role up by name, right before it is made.
    pub(super) async fn creation(
        &self,
        key: NaturalKey,
        sent: Image,
        is_secret_due: Option<bool>,
    ) -> Result<Creation, StepResult> {
        let there = self.run.look_up(&key).await.map_err(|error| not_looked_up(&key, error))?;
        Ok(Creation { key, there, live: None, images: Images::made(sent), is_secret_due })
    }

    /// Makes something, unless it is there.
    pub(super) async fn create(
        &mut self,
        creation: Creation,
        send: impl AsyncFn() -> Result<Made, ApiError>,
    ) -> Performed {
        if let Some(done) = self.take_from_earlier_run(&creation).await? {
            return Ok(done);
        }
        let sent = self.send_create(&creation, &send).await?;
        self.finish_create(&creation, sent, &send).await
    }

    /// Finds out what became of a create where its answer does not say.
    pub(super) async fn finish_create(
        &mut self,
        creation: &Creation,
        sent: Sent,
        send: &impl AsyncFn() -> Result<Made, ApiError>,
    ) -> Performed {
        match sent {
            Sent::Made(id) => Ok(Done::written(id)),
            Sent::Unknown { write, error } => self.settle_create(creation, (write, error), send).await,
        }
    }

    /// Deletes an app and makes it anew, unless others of the new one's name are there.
    ///
    /// The gate is the caller's. From the delete until the secret is stored nothing else is written, and a run that is broken
    /// off goes on: half a replacement is worse than one too many.
    pub(super) async fn replace(
        &mut self,
        old: &LiveApp,
        creation: &Creation,
        send: &impl AsyncFn() -> Result<Made, ApiError>,
    ) -> Result<Sent, StepResult> {
        let others: Vec<RemoteId> = creation.there.iter().copied().filter(|id| *id != old.id).collect();
        if !others.is_empty() {
            return Err(StepResult::Moved(guard::appeared(self.change, others, None)));
        }
        self.delete_replaced(old).await?;
        self.leave_behind(Kind::OidcApp, old.id);
        self.must_be_gone(old.id).await?;
        self.send_held(creation, send).await.map_err(|result| self.half_replaced(old.id, result))
    }

    /// Makes sure that the old app is gone before there is a new one: an answer that says so may be somebody else's.
    async fn must_be_gone(&self, old: RemoteId) -> Result<(), StepResult> {
        let deadline = Instant::now() + self.run.options.patience;
        let mut pauses = Pauses::new();
        loop {
            let doubt = match self.run.writer.reader().app(old).await {
                Ok(None) => return Ok(()),
                Ok(Some(_)) => Doubt::WrongPresence,
                Err(error) => Doubt::Unreadable(Arc::new(error)),
            };
            match pauses.next(deadline).filter(|_| matches!(doubt, Doubt::WrongPresence)) {
                Some(pause) => self.run.pause(pause).await,
                None => return Err(StepResult::Unseen { id: old, doubt }),
            }
            if self.run.is_stopped() {
                return Err(StepResult::Unseen { id: old, doubt: Doubt::NotReadBack });
            }
        }
    }

    fn half_replaced(&self, old: RemoteId, result: StepResult) -> StepResult {
        let source: Arc<dyn std::error::Error + Send + Sync> = match result {
            // That it is about the new one is said already.
            StepResult::Failed { error: StepError::Write { source, .. }, wrote: _ } => source,
            StepResult::Failed { error, wrote: _ } => Arc::new(error),
            // The old one is gone: that somebody has made the same is no reason to call nothing written.
            StepResult::Moved(Moved { why: MovedWhy::Appeared { ids }, fields: _ }) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let what = format!("somebody else has just made one of that name: {}", ids.join(", "));
                Arc::new(HostError { what, source: None })
            }
            result => return result,
        };
        let address = self.change.address.clone();
        StepResult::Failed { error: StepError::HalfReplaced { address, old, source }, wrote: true }
    }

    /// Waits for what an earlier run may have made and takes it. Whatever else stands there has appeared since the plan.
    async fn take_from_earlier_run(&mut self, creation: &Creation) -> Result<Option<Done>, StepResult> {
        let pending = self.run.pending(&creation.key);
        let mut found = creation.there.clone();
        if let Some(left) = pending.filter(|left| found.is_empty() && !left.is_zero()) {
            let looked_up = self.look_up_for(&creation.key, left, true).await;
            found = looked_up.map_err(|error| not_looked_up(&creation.key, error))?;
        }
        match (found.as_slice(), pending) {
            ([], _) => Ok(None),
            (&[id], Some(_)) => {
                let write =
                    self.record_intent(WriteAction::Create, Some(creation.key.clone()), Some(id), &creation.images)?;
                self.note_found(creation, write, id);
                Ok(Some(Done { id, how: How::FoundFromEarlierRun }))
            }
            _ => Err(StepResult::Moved(guard::appeared(self.change, found, creation.live.clone()))),
        }
    }

    async fn send_create(
        &self,
        creation: &Creation,
        send: &impl AsyncFn() -> Result<Made, ApiError>,
    ) -> Result<Sent, StepResult> {
        let (run, began) = (self.run, Instant::now());
        // An app's only chance to have its secret kept is its answer, so nothing else is in flight when it comes.
        let (_alone, _shared) = match creation.is_app() {
            true => (Some(run.gate.write().await), None),
            false => (None, Some(run.gate.read().await)),
        };
        if run.is_stopped() {
            return Err(StepResult::NotAttempted);
        }
        if began.elapsed() > STALE_AFTER {
            self.must_be_absent(creation).await?;
        }
        self.send_held(creation, send).await
    }

    /// Looks up once more what had to wait before it is made.
    async fn must_be_absent(&self, creation: &Creation) -> Result<(), StepResult> {
        let found = self.run.look_up(&creation.key).await;
        match found.map_err(|error| not_looked_up(&creation.key, error))? {
            found if found.is_empty() => Ok(()),
            found => Err(StepResult::Moved(guard::appeared(self.change, found, None))),
        }
    }

    /// Sends a create, and looks again before it goes where it had to wait; the gate is the caller's.
    async fn send_held(
        &self,
        creation: &Creation,
        send: &impl AsyncFn() -> Result<Made, ApiError>,
    ) -> Result<Sent, StepResult> {
        let mut sent = self.send_once(creation, send).await;
        for _ in 0..MOST_JUDGMENTS {
            let is_stale = matches!(&sent, Err(StepResult::Failed { error, wrote: false })
                if error.request().is_some_and(|source| matches!(**source, ApiError::Stale { .. })));
            // Half a replacement is finished whoever breaks it off.
            if !is_stale || self.run.is_stopped() && self.change.action() != Action::Replace {
                break;
            }
            self.must_be_absent(creation).await?;
            sent = self.send_once(creation, send).await;
        }
        sent
    }

    async fn send_once(
        &self,
        creation: &Creation,
        send: &impl AsyncFn() -> Result<Made, ApiError>,
    ) -> Result<Sent, StepResult> {
        let run = self.run;
        let write = self.record_intent(WriteAction::Create, Some(creation.key.clone()), None, &creation.images)?;
        match send().await {
            Ok(made) => {
                let id = made.id;
                run.state().created.insert(self.change.address.clone(), id);
                let result = self.keep_secret(creation, made).await;
                run.record_result(write, &self.change.address, result);
                Ok(Sent::Made(id))
            }
            Err(error) if error.may_have_run() => {
                let result = RecordedResult::Unknown { message: message(&error) };
                run.record_result(write, &self.change.address, result);
                Ok(Sent::Unknown { write, error: Arc::new(error) })
            }
            Err(error) => {
                let result = RecordedResult::Failed { message: message(&error) };
                run.record_result(write, &self.change.address, result);
                Err(self.refused(creation, error).await)
            }
        }
    }

    /// Says why a create was refused: somebody else has made the same since it was looked up, or whatever the answer says.
    async fn refused(&self, creation: &Creation, error: ApiError) -> StepResult {
        if matches!(error, ApiError::Rejected { .. })
            && let Ok(found) = self.run.look_up(&creation.key).await
            && !found.is_empty()
        {
            return StepResult::Moved(guard::appeared(self.change, found, None));
        }
        self.failed(Arc::new(error), false)
    }

    /// Hands a secret over before anything else happens.
    async fn keep_secret(&self, creation: &Creation, made: Made) -> RecordedResult {
        let Made { id, secret } = made;
        let Some(is_due) = creation.is_secret_due else { return RecordedResult::Done { id, secret: None } };
        let app = self.change.address.clone();
        let Some(secret) = secret else {
            return match is_due {
                true => self.lose_secret(id),
                false => {
                    self.run.state().secrets.insert(self.index, SecretFate::None);
                    RecordedResult::Done { id, secret: None }
                }
            };
        };
        match self.run.host.store_secret(&secret).await {
            Ok(at) => {
                if let Some(source) = at.fallback.clone() {
                    let place = at.place.clone();
                    self.run.stop(Fatal::SecretFellBack { app: app.clone(), place, source });
                }
                self.run.tell(Event::SecretStored { address: app, id, at: at.clone() });
                let place = at.place.clone();
                self.run.state().secrets.insert(self.index, SecretFate::Stored(at));
                RecordedResult::Done { id, secret: Some(place) }
            }
            Err(source) => {
                self.run.stop(Fatal::SecretLost { app, id, source });
                self.lose_secret(id)
            }
        }
    }

    fn lose_secret(&self, id: RemoteId) -> RecordedResult {
        self.run.tell(Event::SecretLost { address: self.change.address.clone(), id });
        self.run.state().secrets.insert(self.index, SecretFate::Lost);
        RecordedResult::DoneSecretLost { id }
    }

    /// Finds out what became of a create whose answer was lost.
    async fn settle_create(
        &mut self,
        creation: &Creation,
        (write, error): (u64, Arc<ApiError>),
        send: &impl AsyncFn() -> Result<Made, ApiError>,
    ) -> Performed {
        let unknown = |found| {
            let error = Arc::clone(&error);
            StepResult::Unknown { key: creation.key.clone(), found, error }
        };
        let settle = self.run.options.settle;
        match self.look_up_for(&creation.key, settle, false).await.map_err(|_| unknown(Vec::new()))?.as_slice() {
            &[id] => return Ok(self.note_found(creation, write, id)),
            [] if !creation.key.allows_twins() && !self.run.is_stopped() => {}
            found => return Err(unknown(found.to_vec())),
        }
        self.run.tell(Event::SendingAgain { address: self.change.address.clone() });
        match self.send_create(creation, send).await {
            Ok(Sent::Made(id)) => Ok(Done { id, how: How::Written }),
            Ok(Sent::Unknown { write, error: _ }) => {
                match self.look_up_for(&creation.key, settle, false).await.map_err(|_| unknown(Vec::new()))?.as_slice()
                {
                    &[id] => Ok(self.note_found(creation, write, id)),
                    found => Err(unknown(found.to_vec())),
                }
            }
            Err(StepResult::NotAttempted) => Err(unknown(Vec::new())),
            // A refusal may mean that the first one took effect after all, just now.
            Err(refused) => match (self.run.look_up(&creation.key).await.as_deref(), refused) {
                (Ok(&[id]), _) => Ok(self.note_found(creation, write, id)),
                // The first one may still take effect.
                (_, StepResult::Failed { error, wrote: _ }) => Err(StepResult::Failed { error, wrote: true }),
                (Ok(found), _) => Err(unknown(found.to_vec())),
                (Err(_), _) => Err(unknown(Vec::new())),
            },
        }
    }

    /// Takes what was found as made. The answer that held an app's secret is gone for good.
    fn note_found(&self, creation: &Creation, write: u64, id: RemoteId) -> Done {
        self.run.state().created.insert(self.change.address.clone(), id);
        let result = match creation.is_secret_due {
            Some(true) => self.lose_secret(id),
            Some(false) | None => RecordedResult::Done { id, secret: None },
        };
        self.run.record_result(write, &self.change.address, result);
        Done { id, how: How::Found }
    }

    /// Makes users members of a role; doing so twice does no harm. `is_rest` where a part of the step is written already.
    pub(super) async fn add_members(
        &mut self,
        role: RemoteId,
        users: &[RemoteId],
        is_rest: bool,
    ) -> Result<(), StepResult> {
        if users.is_empty() {
            return Ok(());
        }
        let images = Images::made(Image::Role(RolePatch { name: None, add_members: users.to_vec() }));
        let mut sent = self.write(role, &images, self.run.writer.add_role_members(role, users)).await;
        // Members are only added, whatever the role is called by now.
        while std::mem::take(&mut self.is_stale) && !self.run.is_stopped() {
            sent = self.write(role, &images, self.run.writer.add_role_members(role, users)).await;
        }
        if matches!(sent, Err(StepResult::Failed { wrote: true, .. })) {
            if self.are_members_for(role, users).await {
                return Ok(());
            }
            self.run.tell(Event::SendingAgain { address: self.change.address.clone() });
            let again = self.write(role, &images, self.run.writer.add_role_members(role, users)).await;
            if !matches!(again, Err(StepResult::NotAttempted)) {
                sent = again;
            }
        }
        sent.map(drop).map_err(|result| match result {
            StepResult::Failed { error, wrote } => StepResult::Failed { error, wrote: wrote || is_rest },
            StepResult::NotAttempted if is_rest => {
                let error = StepError::BrokenOff { address: self.change.address.clone() };
                StepResult::Failed { error, wrote: true }
            }
            result => result,
        })
    }

    /// Waits for users to show as members of a role.
    async fn are_members_for(&mut self, role: RemoteId, users: &[RemoteId]) -> bool {
        let deadline = Instant::now() + self.run.options.settle;
        let mut pauses = Pauses::new();
        loop {
            let members = self.run.writer.reader().role_members(role).await;
            if members.is_ok_and(|members| users.iter().all(|user| members.contains(user))) {
                return true;
            }
            let Some(pause) = pauses.next(deadline).filter(|_| !self.run.is_stopped()) else { return false };
            self.give_turn_back();
            self.run.pause(pause).await;
            self.take_turn().await;
        }
    }
}

fn not_looked_up(key: &NaturalKey, error: ApiError) -> StepResult {
    let error = StepError::LookUp { key: key.clone(), source: Arc::new(error) };
    StepResult::Failed { error, wrote: false }
}
