//! One step: read again, judge, send, and what the send makes known.

use super::create::{Creation, Made};
use super::fields::{self, LiveFields};
use super::guard::{self, Verdict};
use super::host::RecordedResult;
use super::key::entry_key;
use super::run::Run;
use super::view::{self, ServerView};
use super::{Event, How, MovedWhy, NaturalKey, StepError, StepResult};
use crate::api::ApiError;
use crate::diff::{Action, AppCreate, AppUpdate, Change, ClientOperation, Edit, ObjectRef, Operation, ScopeRef};
use crate::model::{
    ClaimPatch, Fingerprint, Kind, NewClaim, NewRole, NewScope, NewServer, RemoteId, RolePatch, ScopePatch,
    ServerPatch, TokenEndpointAuthMethod,
};
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::SemaphorePermit;

/// One step under way.
pub(super) struct Task<'r> {
    pub(super) run: &'r Run<'r>,
    pub(super) index: usize,
    pub(super) change: &'r Change,
    turn: Option<SemaphorePermit<'r>>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) id: RemoteId,
    pub(super) how: How,
}

impl Done {
    const fn written(id: RemoteId) -> Self {
        Self { id, how: How::Written }
    }
}

/// A step that is done, or what became of it instead.
pub(super) type Performed = Result<Done, StepResult>;

impl<'r> Task<'r> {
    pub(super) fn new(run: &'r Run<'r>, index: usize, change: &'r Change) -> Self {
        Self { run, index, change, turn: None }
    }

    pub(super) async fn run(mut self) -> StepResult {
        self.take_turn().await;
        if self.run.is_stopped() {
            return StepResult::NotAttempted;
        }
        let (address, action) = (self.change.address.clone(), self.change.action());
        self.run.tell(Event::Started { address: address.clone(), action });
        match self.perform().await {
            Ok(Done { id, how }) => {
                self.run.tell(Event::Written { address, action, id, how });
                StepResult::Applied { id, how }
            }
            Err(result) => result,
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
            Edit::App(Operation::Create(new)) => self.create_app(new).await,
            Edit::App(Operation::Update { id, patch }) => self.update_app(*id, patch).await,
            Edit::App(Operation::Delete { id }) => self.delete_app(*id).await,
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

    async fn create_role(&mut self, new: &NewRole) -> Performed {
        let run = self.run;
        let creation = self.creation(NaturalKey::Role { name: new.name.clone() }, None).await?;
        let send = async || run.writer.create_role(&new.name).await.map(Made::without_secret);
        let done = self.create(creation, send).await?;
        self.add_members(done.id, &new.members, true).await?;
        Ok(done)
    }

    async fn update_role(&mut self, id: RemoteId, patch: &RolePatch) -> Performed {
        let RolePatch { name, add_members } = patch;
        if let Some(done) = self.judge_role(id).await? {
            return Ok(done);
        }
        if let Some(name) = name {
            self.write(id, self.run.writer.rename_role(id, name)).await?;
            self.leave_behind(Kind::Role, id);
        }
        self.add_members(id, add_members, name.is_some()).await?;
        Ok(Done::written(id))
    }

    async fn delete_role(&mut self, id: RemoteId) -> Performed {
        if let Some(done) = self.judge_role(id).await? {
            return Ok(done);
        }
        self.write(id, self.run.writer.delete_role(id)).await?;
        self.leave_behind(Kind::Role, id);
        Ok(Done::written(id))
    }

    async fn judge_role(&self, id: RemoteId) -> Result<Option<Done>, StepResult> {
        let role = self.run.writer.reader().role(id).await.map_err(|error| self.unread(Arc::new(error)))?;
        self.judge(id, role.map(|role| (role.fingerprint(), fields::of_role(&role))))
    }

    async fn create_app(&mut self, new: &AppCreate) -> Performed {
        let run = self.run;
        let AppCreate { app, roles } = new;
        let role_ids = self.resolve_all(roles.as_ref())?.unwrap_or_default();
        let connector = match app.connector_id {
            Some(id) => id,
            None => {
                let found = run.writer.reader().oidc_connector().await;
                found.map_err(|error| self.failed(Arc::new(error), false))?
            }
        };
        let is_secret_due = app.token_endpoint_auth_method != TokenEndpointAuthMethod::None;
        let creation = self.creation(NaturalKey::App { name: app.name.clone() }, Some(is_secret_due)).await?;
        let key = entry_key(&self.change.address);
        let send = async || {
            let created = run.writer.create_app(app, connector, &role_ids).await?;
            Ok(Made::app(&key, &app.name, created))
        };
        self.create(creation, send).await
    }

    async fn update_app(&mut self, id: RemoteId, update: &AppUpdate) -> Performed {
        let AppUpdate { patch, roles } = update;
        if let Some(done) = self.judge_app(id).await? {
            return Ok(done);
        }
        let role_ids = self.resolve_all(roles.as_ref())?;
        self.write(id, self.run.writer.update_app(id, patch, role_ids.as_ref())).await?;
        if patch.name.is_some() {
            self.leave_behind(Kind::OidcApp, id);
        }
        Ok(Done::written(id))
    }

    async fn delete_app(&mut self, id: RemoteId) -> Performed {
        if let Some(done) = self.judge_app(id).await? {
            return Ok(done);
        }
        self.write(id, self.run.writer.delete_app(id)).await?;
        self.leave_behind(Kind::OidcApp, id);
        Ok(Done::written(id))
    }

    async fn judge_app(&self, id: RemoteId) -> Result<Option<Done>, StepResult> {
        let app = self.run.writer.reader().app(id).await.map_err(|error| self.unread(Arc::new(error)))?;
        self.judge(id, app.map(|app| (app.fingerprint(), fields::of_app(&app))))
    }

    async fn create_server(&mut self, new: &NewServer) -> Performed {
        let run = self.run;
        let NewServer { name, resource_identifier, .. } = new;
        let key = NaturalKey::Server { name: name.clone(), resource_identifier: resource_identifier.clone() };
        let creation = self.creation(key, None).await?;
        let done =
            self.create(creation, async || run.writer.create_server(new).await.map(Made::without_secret)).await?;
        if done.how != How::Written {
            run.state().found.insert(self.change.address.clone());
        }
        Ok(done)
    }

    async fn update_server(&mut self, id: RemoteId, patch: &ServerPatch) -> Performed {
        let view = self.view().await?;
        let server = lock(view).server.clone();
        if let Some(done) = self.judge(id, server.as_ref().map(|it| (it.fingerprint(), fields::of_server(it))))? {
            return Ok(done);
        }
        let Some(server) = server else { return Err(self.gone()) };
        self.write(id, self.run.writer.update_server(&server, patch)).await?;
        if patch.name.is_some() {
            self.leave_behind(Kind::AuthorizationServer, id);
        }
        Ok(Done::written(id))
    }

    async fn delete_server(&mut self, id: RemoteId) -> Performed {
        let view = self.view().await?;
        let server = lock(view).server.clone();
        if let Some(done) = self.judge(id, server.map(|it| (it.fingerprint(), fields::of_server(&it))))? {
            return Ok(done);
        }
        self.write(id, self.run.writer.delete_server(id)).await?;
        self.leave_behind(Kind::AuthorizationServer, id);
        Ok(Done::written(id))
    }

    async fn create_scope(&mut self, server: RemoteId, new: &NewScope) -> Performed {
        let run = self.run;
        let view = self.view().await?;
        let there = {
            let view = lock(view);
            view.scope_valued(&new.value).map(|scope| (scope.id, fields::of_scope(scope)))
        };
        let creation = Creation::child(NaturalKey::Scope { server, value: new.value.clone() }, there);
        let send = async || run.writer.create_scope(server, new).await.map(Made::without_secret);
        let done = self.create(creation, send).await?;
        lock(view).add_scope(done.id, new);
        Ok(done)
    }

    async fn update_scope(&mut self, server: RemoteId, id: RemoteId, patch: &ScopePatch) -> Performed {
        let view = self.view().await?;
        let (live, taken) = {
            let view = lock(view);
            let taken = patch.value.as_ref().and_then(|value| view.scope_valued(value));
            let taken = taken.filter(|scope| scope.id != id).map(|scope| (scope.id, fields::of_scope(scope)));
            (view.scope(id).cloned(), taken)
        };
        if let Some(done) = self.judge(id, live.as_ref().map(|it| (it.fingerprint(), fields::of_scope(it))))? {
            return Ok(done);
        }
        self.refuse_taken(taken)?;
        let Some(live) = live else { return Err(self.gone()) };
        self.write(id, self.run.writer.update_scope(server, &live, patch)).await?;
        lock(view).change_scope(id, patch);
        Ok(Done::written(id))
    }

    async fn delete_scope(&mut self, server: RemoteId, id: RemoteId) -> Performed {
        let view = self.view().await?;
        let live = lock(view).scope(id).map(|it| (it.fingerprint(), fields::of_scope(it)));
        if let Some(done) = self.judge(id, live)? {
            return Ok(done);
        }
        self.write(id, self.run.writer.delete_scope(server, id)).await?;
        lock(view).remove_scope(id);
        Ok(Done::written(id))
    }

    async fn create_claim(&mut self, server: RemoteId, new: &NewClaim) -> Performed {
        let run = self.run;
        let view = self.view().await?;
        let there = {
            let view = lock(view);
            view.claim_named(&new.name).map(|claim| (claim.id, fields::of_claim(claim)))
        };
        let creation = Creation::child(NaturalKey::Claim { server, name: new.name.clone() }, there);
        let send = async || run.writer.create_claim(server, new).await.map(Made::without_secret);
        let done = self.create(creation, send).await?;
        lock(view).add_claim(done.id, new);
        Ok(done)
    }

    async fn update_claim(&mut self, server: RemoteId, id: RemoteId, patch: &ClaimPatch) -> Performed {
        let view = self.view().await?;
        let (live, taken) = {
            let view = lock(view);
            let taken = patch.name.as_ref().and_then(|name| view.claim_named(name));
            let taken = taken.filter(|claim| claim.id != id).map(|claim| (claim.id, fields::of_claim(claim)));
            (view.claim(id).cloned(), taken)
        };
        if let Some(done) = self.judge(id, live.as_ref().map(|it| (it.fingerprint(), fields::of_claim(it))))? {
            return Ok(done);
        }
        self.refuse_taken(taken)?;
        let Some(live) = live else { return Err(self.gone()) };
        self.write(id, self.run.writer.update_claim(server, &live, patch)).await?;
        if let Some(name) = &patch.name {
            lock(view).rename_claim(id, name);
        }
        Ok(Done::written(id))
    }

    async fn delete_claim(&mut self, server: RemoteId, id: RemoteId) -> Performed {
        let view = self.view().await?;
        let live = lock(view).claim(id).map(|it| (it.fingerprint(), fields::of_claim(it)));
        if let Some(done) = self.judge(id, live)? {
            return Ok(done);
        }
        self.write(id, self.run.writer.delete_claim(server, id)).await?;
        lock(view).claims.retain(|claim| claim.id != id);
        Ok(Done::written(id))
    }

    async fn bind_client(&mut self, server: RemoteId, app: RemoteId, scopes: &BTreeSet<ScopeRef>) -> Performed {
        let run = self.run;
        let view = self.view().await?;
        let there = {
            let view = lock(view);
            view.client(app).map(|client| (client.app_id, fields::of_client(client)))
        };
        let ids = self.resolve_scopes(server, view, scopes).await?;
        let creation = Creation::child(NaturalKey::Client { server, app }, there);
        let send = async || run.writer.bind_client(server, app, &ids).await.map(|()| Made::without_secret(app));
        let done = self.create(creation, send).await?;
        lock(view).set_client(app, &ids);
        Ok(done)
    }

    async fn update_client(&mut self, server: RemoteId, app: RemoteId, scopes: &BTreeSet<ScopeRef>) -> Performed {
        let view = self.view().await?;
        let live = lock(view).client(app).map(|it| (it.fingerprint(), fields::of_client(it)));
        if let Some(done) = self.judge(app, live)? {
            return Ok(done);
        }
        let ids = self.resolve_scopes(server, view, scopes).await?;
        self.write(app, self.run.writer.update_client(server, app, &ids)).await?;
        lock(view).set_client(app, &ids);
        Ok(Done::written(app))
    }

    async fn unbind_client(&mut self, server: RemoteId, app: RemoteId) -> Performed {
        let view = self.view().await?;
        let live = lock(view).client(app).map(|it| (it.fingerprint(), fields::of_client(it)));
        if let Some(done) = self.judge(app, live)? {
            return Ok(done);
        }
        self.write(app, self.run.writer.unbind_client(server, app)).await?;
        lock(view).clients.retain(|client| client.app_id != app);
        Ok(Done::written(app))
    }

    /// Returns what was read of the step's server before its first write; read once.
    async fn view(&self) -> Result<&'r Mutex<ServerView>, StepResult> {
        let run = self.run;
        let owner = self.change.address.owner();
        let Some(slot) = run.servers.get(&owner) else { return Err(self.unresolved(&owner)) };
        let read = slot.cell.get_or_init(|| async {
            let id = slot.id.or_else(|| {
                let state = run.state();
                state.created.get(&owner).filter(|_| state.found.contains(&owner)).copied()
            });
            // What this run made has no children yet, apart from what OneLogin supplies.
            let Some(id) = id else { return Ok(Mutex::default()) };
            view::read(run.writer.reader(), id, slot.parts).await.map(Mutex::new).map_err(Arc::new)
        });
        let view = read.await.as_ref().map_err(|error| self.unread(Arc::clone(error)))?;
        let (is_gone, is_built_in) = {
            let view = lock(view);
            (view.is_gone, view.server.as_ref().is_some_and(|server| server.built_in))
        };
        match (is_gone, is_built_in) {
            // A deletion of what went with its server is done.
            (true, _) if self.change.action() != Action::Delete => Err(self.gone()),
            (_, true) => Err(StepResult::Moved(guard::moved(MovedWhy::BuiltIn, self.change, None))),
            _ => Ok(view),
        }
    }

    /// Judges an update or a deletion. Returns what it came to where nothing is left to do.
    fn judge(&self, id: RemoteId, live: Option<(Fingerprint, LiveFields)>) -> Result<Option<Done>, StepResult> {
        match guard::judge(self.change, live) {
            Verdict::Go => Ok(None),
            Verdict::AlreadyGone => Ok(Some(Done { id, how: How::AlreadyGone })),
            Verdict::Moved(moved) => Err(StepResult::Moved(moved)),
        }
    }

    fn refuse_taken(&self, taken: Option<(RemoteId, LiveFields)>) -> Result<(), StepResult> {
        match taken {
            None => Ok(()),
            Some((id, live)) => Err(StepResult::Moved(guard::appeared(self.change, vec![id], Some(live)))),
        }
    }

    fn resolve(&self, object: &ObjectRef) -> Result<RemoteId, StepResult> {
        self.run.id_of(object).ok_or_else(|| match object {
            ObjectRef::Planned(address) => self.unresolved(address),
            ObjectRef::Live(id) => self.unresolved(id),
        })
    }

    fn resolve_all(&self, objects: Option<&BTreeSet<ObjectRef>>) -> Result<Option<BTreeSet<RemoteId>>, StepResult> {
        objects.map(|objects| objects.iter().map(|object| self.resolve(object)).collect()).transpose()
    }

    /// Returns the ids of the scopes a binding grants, after a look at whether they still mean what the plan says.
    async fn resolve_scopes(
        &self,
        server: RemoteId,
        view: &Mutex<ServerView>,
        scopes: &BTreeSet<ScopeRef>,
    ) -> Result<Vec<RemoteId>, StepResult> {
        let planned = guard::planned_grant(self.change);
        let mut ids = BTreeSet::new();
        for scope in scopes {
            let id = match scope {
                ScopeRef::Live(id) => {
                    let value = lock(view).scope(*id).map(|scope| scope.value.clone());
                    let renamed = self.run.renamed_scopes.get(&(server, *id));
                    let is_planned = |value| planned.as_ref().is_none_or(|planned| planned.contains(value));
                    if !value.as_ref().is_some_and(|value| is_planned(value) || renamed.is_some_and(is_planned)) {
                        return Err(self.scopes_moved(view));
                    }
                    *id
                }
                ScopeRef::Planned(value) => {
                    let known = lock(view).scope_valued(value).map(|scope| scope.id);
                    let id = match known {
                        Some(id) => Some(id),
                        None => self.read_supplied(server, view, value).await?,
                    };
                    id.ok_or_else(|| self.unresolved(&format!("scope `{value}`")))?
                }
            };
            ids.insert(id);
        }
        self.run.state().granted.insert(self.index, ids.clone());
        Ok(ids.into_iter().collect())
    }

    /// Looks for a scope that OneLogin supplies on a server that was just made.
    async fn read_supplied(
        &self,
        server: RemoteId,
        view: &Mutex<ServerView>,
        value: &crate::model::ScopeValue,
    ) -> Result<Option<RemoteId>, StepResult> {
        let scopes = self.run.writer.reader().scopes(server).await.map_err(|error| self.unread(Arc::new(error)))?;
        let mut view = lock(view);
        for scope in scopes {
            if view.scope(scope.id).is_none() {
                view.scopes.push(scope);
            }
        }
        Ok(view.scope_valued(value).map(|scope| scope.id))
    }

    fn scopes_moved(&self, view: &Mutex<ServerView>) -> StepResult {
        let values: Vec<String> = lock(view).scopes.iter().map(|scope| scope.value.to_string()).collect();
        let live = vec![("scopes of the server", values.into())];
        StepResult::Moved(guard::moved(MovedWhy::ScopesMoved, self.change, Some(live)))
    }

    /// Sends an update or a deletion.
    pub(super) async fn write(&self, id: RemoteId, send: impl Future<Output = Result<(), ApiError>>) -> Performed {
        let run = self.run;
        let _shared = run.gate.read().await;
        if run.is_stopped() {
            return Err(StepResult::NotAttempted);
        }
        let write = self.record_intent(None, Some(id))?;
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
                Err(self.failed(Arc::new(error), may_have_run))
            }
        }
    }

    pub(super) fn record_intent(&self, key: Option<NaturalKey>, id: Option<RemoteId>) -> Result<u64, StepResult> {
        self.run.record_intent(self.change, key, id).map_err(|source| {
            let error = StepError::Record { address: self.change.address.clone(), source };
            StepResult::Failed { error, wrote: false }
        })
    }

    fn leave_behind(&self, kind: Kind, id: RemoteId) {
        self.run.state().left_behind.insert((kind, id));
    }

    pub(super) fn failed(&self, source: Arc<ApiError>, wrote: bool) -> StepResult {
        let (address, action) = (self.change.address.clone(), self.change.action());
        StepResult::Failed { error: StepError::Write { address, action, source }, wrote }
    }

    fn unread(&self, source: Arc<ApiError>) -> StepResult {
        StepResult::Failed { error: StepError::Read { owner: self.change.address.owner(), source }, wrote: false }
    }

    fn unresolved(&self, reference: &dyn std::fmt::Display) -> StepResult {
        let error = StepError::Unresolved { address: self.change.address.clone(), reference: reference.to_string() };
        StepResult::Failed { error, wrote: false }
    }

    fn gone(&self) -> StepResult {
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
