//! Writing roles, apps and servers.

use super::create::{Creation, Made};
use super::key::entry_key;
use super::task::{Done, MOST_JUDGMENTS, Performed, Task, lock};
use super::{How, Image, Images, NaturalKey, StepError, StepResult, check, fields};
use crate::api::ApiError;
use crate::diff::{Along, AppCreate, AppUpdate};
use crate::model::{
    Kind, LiveApp, LiveRole, NewRole, NewServer, RemoteId, RolePatch, ServerPatch, TokenEndpointAuthMethod,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An object that may be written, or what has been done to it already.
enum Judged<L> {
    Go(L),
    Done(Done),
}

impl<'r> Task<'r> {
    pub(super) async fn create_role(&mut self, new: &NewRole) -> Performed {
        let run = self.run;
        let sent = Image::Role(RolePatch { name: Some(new.name.clone()), add_members: Vec::new() });
        let creation = self.creation(NaturalKey::Role { name: new.name.clone() }, sent, None).await?;
        let send = async || run.writer.create_role(&new.name).await.map(Made::without_secret);
        let done = self.create(creation, send).await?;
        self.add_members(done.id, &new.members, true).await?;
        Ok(done)
    }

    pub(super) async fn update_role(&mut self, id: RemoteId, patch: &RolePatch) -> Performed {
        let RolePatch { name, add_members } = patch;
        let role = match self.judge_role(id, name.as_ref()).await? {
            Judged::Go(role) => role,
            Judged::Done(done) => return Ok(done),
        };
        if let Some(name) = name {
            let sent = Image::Role(RolePatch { name: Some(name.clone()), add_members: Vec::new() });
            self.write(id, &Images::changed(&role, sent), self.run.writer.rename_role(id, name)).await?;
            self.leave_behind(Kind::Role, id);
        }
        self.add_members(id, add_members, name.is_some()).await?;
        Ok(Done::written(id))
    }

    pub(super) async fn delete_role(&mut self, id: RemoteId) -> Performed {
        let role = match self.judge_role(id, None).await? {
            Judged::Go(role) => role,
            Judged::Done(done) => return Ok(done),
        };
        let members = self.run.writer.reader().role_members(id).await;
        let members = members.map_err(|error| self.unread(Arc::new(error)))?;
        self.judge_along(&Along::of_role(&members, &BTreeSet::new()))?;
        let before = Image::Role(RolePatch { add_members: members.into_iter().collect(), ..(&role).into() });
        self.write(id, &Images::deleted(before), self.run.writer.delete_role(id)).await?;
        self.leave_behind(Kind::Role, id);
        Ok(Done::written(id))
    }

    async fn judge_role(&mut self, id: RemoteId, name: Option<&String>) -> Result<Judged<LiveRole>, StepResult> {
        let role = self.run.writer.reader().role(id).await.map_err(|error| self.unread(Arc::new(error)))?;
        let seen = role.as_ref().map(|role| (role.fingerprint(), fields::of_role(role)));
        let is_as_sent = || role.as_ref().is_some_and(|role| check::role_name(name, role).is_empty());
        let judged = self.judge(id, seen, is_as_sent)?;
        self.judged(role, judged)
    }

    fn judged<L>(&self, live: Option<L>, done: Option<Done>) -> Result<Judged<L>, StepResult> {
        match (live, done) {
            (_, Some(done)) => Ok(Judged::Done(done)),
            (Some(live), None) => Ok(Judged::Go(live)),
            (None, None) => Err(self.gone()),
        }
    }

    pub(super) async fn create_app(&mut self, new: &AppCreate) -> Performed {
        self.reserve_secret()?;
        let performed = async {
            let (creation, send) = self.app_creation(new).await?;
            self.create(creation, send).await
        };
        let performed = performed.await;
        self.release_secret();
        performed
    }

    /// Makes room for a secret before there is one: OneLogin tells it once.
    fn reserve_secret(&self) -> Result<(), StepResult> {
        self.run.host.reserve_secret(&entry_key(&self.change.address)).map_err(|source| {
            let error = StepError::NoRoom { address: self.change.address.clone(), source };
            StepResult::Failed { error, wrote: false }
        })
    }

    fn release_secret(&self) {
        self.run.host.release_secret(&entry_key(&self.change.address));
    }

    /// Deletes an app and makes it anew; all that has to be known of the new one is looked up while the old one is there.
    pub(super) async fn replace_app(&mut self, id: RemoteId, new: &AppCreate) -> Performed {
        self.reserve_secret()?;
        let performed = self.replace_reserved(id, new).await;
        self.release_secret();
        performed
    }

    async fn replace_reserved(&mut self, id: RemoteId, new: &AppCreate) -> Performed {
        let run = self.run;
        let (creation, send, sent) = {
            // Taken first, so that nothing that is read has to wait for it.
            let _alone = run.gate.write().await;
            if run.is_stopped() {
                return Err(StepResult::NotAttempted);
            }
            let old = match self.judge_app(id, |_| false).await? {
                Judged::Go(old) => old,
                Judged::Done(done) => return Ok(done),
            };
            let (creation, send) = self.app_creation(new).await?;
            let sent = self.replace(&old, &creation, &send).await?;
            (creation, send, sent)
        };
        self.finish_create(&creation, sent, &send).await
    }

    /// Deletes the app that another one takes the place of; the gate is the caller's. A delete that had to wait is judged anew.
    pub(super) async fn delete_replaced(&mut self, old: &LiveApp) -> Result<(), StepResult> {
        let (run, id) = (self.run, old.id);
        let before = Images::deleted(old);
        let mut deleted = self.write_held(id, &before, run.writer.delete_app(id)).await;
        for _ in 0..MOST_JUDGMENTS {
            if !std::mem::take(&mut self.is_stale) || run.is_stopped() {
                break;
            }
            if let Judged::Done(_) = self.judge_app(id, |_| false).await? {
                return Ok(());
            }
            deleted = self.write_held(id, &before, run.writer.delete_app(id)).await;
        }
        deleted.map(drop)
    }

    async fn app_creation<'n>(
        &self,
        new: &'n AppCreate,
    ) -> Result<(Creation, impl AsyncFn() -> Result<Made, ApiError> + use<'n, 'r>), StepResult> {
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
        let sent = Image::app(&check::app_made(app), roles.as_ref().map(|_| &role_ids), Some(connector));
        let creation = self.creation(NaturalKey::App { name: app.name.clone() }, sent, Some(is_secret_due)).await?;
        let key = entry_key(&self.change.address);
        let send = async move || {
            let created = run.writer.create_app(app, connector, &role_ids).await?;
            Ok(Made::app(&key, &app.name, created))
        };
        Ok((creation, send))
    }

    pub(super) async fn update_app(&mut self, id: RemoteId, update: &AppUpdate) -> Performed {
        let AppUpdate { patch, roles } = update;
        let role_ids = self.resolve_all(roles.as_ref())?;
        let app = match self.judge_app(id, |app| check::app(patch, role_ids.as_ref(), app).is_empty()).await? {
            Judged::Go(app) => app,
            Judged::Done(done) => return Ok(done),
        };
        let images = Images::changed(&app, Image::app(patch, role_ids.as_ref(), None));
        self.write(id, &images, self.run.writer.update_app(id, patch, role_ids.as_ref())).await?;
        if patch.name.is_some() {
            self.leave_behind(Kind::OidcApp, id);
        }
        Ok(Done::written(id))
    }

    pub(super) async fn delete_app(&mut self, id: RemoteId) -> Performed {
        let app = match self.judge_app(id, |_| false).await? {
            Judged::Go(app) => app,
            Judged::Done(done) => return Ok(done),
        };
        self.write(id, &Images::deleted(&app), self.run.writer.delete_app(id)).await?;
        self.leave_behind(Kind::OidcApp, id);
        Ok(Done::written(id))
    }

    async fn judge_app(
        &mut self,
        id: RemoteId,
        is_as_sent: impl FnOnce(&LiveApp) -> bool,
    ) -> Result<Judged<LiveApp>, StepResult> {
        let app = self.run.writer.reader().app(id).await.map_err(|error| self.unread(Arc::new(error)))?;
        let seen = app.as_ref().map(|app| (app.fingerprint(), fields::of_app(app)));
        let judged = self.judge(id, seen, || app.as_ref().is_some_and(is_as_sent))?;
        self.judged(app, judged)
    }

    pub(super) async fn create_server(&mut self, new: &NewServer) -> Performed {
        let run = self.run;
        let NewServer { name, resource_identifier, .. } = new;
        let key = NaturalKey::Server { name: name.clone(), resource_identifier: resource_identifier.clone() };
        let sent = Image::server(check::server_made(new));
        let creation = self.creation(key, sent, None).await?;
        let done =
            self.create(creation, async || run.writer.create_server(new).await.map(Made::without_secret)).await?;
        if done.how != How::Written {
            run.state().found.insert(self.change.address.clone());
        }
        Ok(done)
    }

    pub(super) async fn update_server(&mut self, id: RemoteId, patch: &ServerPatch) -> Performed {
        let view = &*self.view().await?;
        let server = lock(view).server.clone();
        let seen = server.as_ref().map(|it| (it.fingerprint(), fields::of_server(it)));
        let is_as_sent = || server.as_ref().is_some_and(|it| check::server(patch, it).is_empty());
        if let Some(done) = self.judge(id, seen, is_as_sent)? {
            return Ok(done);
        }
        let Some(server) = server else { return Err(self.gone()) };
        let images = Images::changed(&server, Image::server(patch.clone()));
        self.write(id, &images, self.run.writer.update_server(&server, patch)).await?;
        if patch.name.is_some() {
            self.leave_behind(Kind::AuthorizationServer, id);
        }
        Ok(Done::written(id))
    }

    pub(super) async fn delete_server(&mut self, id: RemoteId) -> Performed {
        let view = &*self.view().await?;
        let (server, children, along) = {
            let view = lock(view);
            (view.server.clone(), view.children(), view.along(self.change.along.leaving()))
        };
        let seen = server.as_ref().map(|it| (it.fingerprint(), fields::of_server(it)));
        if let Some(done) = self.judge(id, seen, || false)? {
            return Ok(done);
        }
        self.judge_along(&along)?;
        let Some(server) = server else { return Err(self.gone()) };
        let before = Image::Server { fields: (&server).into(), children: Some(children) };
        self.write(id, &Images::deleted(before), self.run.writer.delete_server(id)).await?;
        self.leave_behind(Kind::AuthorizationServer, id);
        Ok(Done::written(id))
    }
}
