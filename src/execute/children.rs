//! Writing scopes, claims and bindings, by what was read of their server before its first write.

use super::create::{Creation, Made};
use super::fields;
use super::guard;
use super::task::{Done, Performed, Task, lock};
use super::view::{self, ServerView};
use super::{Image, Images, MovedWhy, NaturalKey, StepResult, check};
use crate::diff::{Action, ScopeRef};
use crate::model::{ClaimPatch, NewClaim, NewScope, RemoteId, ScopePatch, ScopeValue};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

impl<'r> Task<'r> {
    pub(super) async fn create_scope(&mut self, server: RemoteId, new: &NewScope) -> Performed {
        let run = self.run;
        let view = &*self.view().await?;
        let there = {
            let view = lock(view);
            view.scope_valued(&new.value).map(|scope| (scope.id, fields::of_scope(scope)))
        };
        let creation = Creation::child(
            NaturalKey::Scope { server, value: new.value.clone() },
            there,
            Image::scope(check::scope_made(new)),
        );
        let send = async || run.writer.create_scope(server, new).await.map(Made::without_secret);
        let done = self.create(creation, send).await?;
        lock(view).add_scope(done.id, new);
        Ok(done)
    }

    pub(super) async fn update_scope(&mut self, server: RemoteId, id: RemoteId, patch: &ScopePatch) -> Performed {
        let view = &*self.view().await?;
        let (live, taken) = {
            let view = lock(view);
            let taken = patch.value.as_ref().and_then(|value| view.scope_valued(value));
            let taken = taken.filter(|scope| scope.id != id).map(|scope| (scope.id, fields::of_scope(scope)));
            (view.scope(id).cloned(), taken)
        };
        let is_as_sent = || live.as_ref().is_some_and(|it| check::scope(patch, it).is_empty());
        let seen = live.as_ref().map(|it| (it.fingerprint(), fields::of_scope(it)));
        if let Some(done) = self.judge(id, seen, is_as_sent)? {
            return Ok(done);
        }
        self.refuse_taken(taken)?;
        let Some(live) = live else { return Err(self.gone()) };
        let images = Images::changed(&live, Image::scope(patch.clone()));
        self.write(id, &images, self.run.writer.update_scope(server, &live, patch)).await?;
        lock(view).change_scope(id, patch);
        Ok(Done::written(id))
    }

    pub(super) async fn delete_scope(&mut self, server: RemoteId, id: RemoteId) -> Performed {
        let view = &*self.view().await?;
        let (live, holders) = {
            let view = lock(view);
            (view.scope(id).cloned(), view.holders(id))
        };
        let seen = live.as_ref().map(|it| (it.fingerprint(), fields::of_scope(it)));
        if let Some(done) = self.judge(id, seen, || false)? {
            return Ok(done);
        }
        let Some(live) = live else { return Err(self.gone()) };
        let before = Image::Scope { fields: (&live).into(), holders };
        self.write(id, &Images::deleted(before), self.run.writer.delete_scope(server, id)).await?;
        lock(view).remove_scope(id);
        Ok(Done::written(id))
    }

    pub(super) async fn create_claim(&mut self, server: RemoteId, new: &NewClaim) -> Performed {
        let run = self.run;
        let view = &*self.view().await?;
        let there = {
            let view = lock(view);
            view.claim_named(&new.name).map(|claim| (claim.id, fields::of_claim(claim)))
        };
        let creation = Creation::child(
            NaturalKey::Claim { server, name: new.name.clone() },
            there,
            Image::Claim(check::claim_made(new)),
        );
        let send = async || run.writer.create_claim(server, new).await.map(Made::without_secret);
        let done = self.create(creation, send).await?;
        lock(view).add_claim(done.id, new);
        Ok(done)
    }

    pub(super) async fn update_claim(&mut self, server: RemoteId, id: RemoteId, patch: &ClaimPatch) -> Performed {
        let view = &*self.view().await?;
        let (live, taken) = {
            let view = lock(view);
            let taken = patch.name.as_ref().and_then(|name| view.claim_named(name));
            let taken = taken.filter(|claim| claim.id != id).map(|claim| (claim.id, fields::of_claim(claim)));
            (view.claim(id).cloned(), taken)
        };
        let is_as_sent = || live.as_ref().is_some_and(|it| check::claim(patch, it).is_empty());
        let seen = live.as_ref().map(|it| (it.fingerprint(), fields::of_claim(it)));
        if let Some(done) = self.judge(id, seen, is_as_sent)? {
            return Ok(done);
        }
        self.refuse_taken(taken)?;
        let Some(live) = live else { return Err(self.gone()) };
        let images = Images::changed(&live, Image::Claim(patch.clone()));
        self.write(id, &images, self.run.writer.update_claim(server, &live, patch)).await?;
        if let Some(name) = &patch.name {
            lock(view).rename_claim(id, name);
        }
        Ok(Done::written(id))
    }

    pub(super) async fn delete_claim(&mut self, server: RemoteId, id: RemoteId) -> Performed {
        let view = &*self.view().await?;
        let live = lock(view).claim(id).cloned();
        let seen = live.as_ref().map(|it| (it.fingerprint(), fields::of_claim(it)));
        if let Some(done) = self.judge(id, seen, || false)? {
            return Ok(done);
        }
        let Some(live) = live else { return Err(self.gone()) };
        self.write(id, &Images::deleted(&live), self.run.writer.delete_claim(server, id)).await?;
        lock(view).claims.retain(|claim| claim.id != id);
        Ok(Done::written(id))
    }

    pub(super) async fn bind_client(
        &mut self,
        server: RemoteId,
        app: RemoteId,
        scopes: &BTreeSet<ScopeRef>,
    ) -> Performed {
        let run = self.run;
        let view = &*self.view().await?;
        let there = {
            let view = lock(view);
            view.client(app).map(|client| (client.app_id, fields::of_client(client)))
        };
        let ids = self.resolve_scopes(server, view, scopes).await?;
        let sent = Image::Client(lock(view).granted(&ids));
        let creation = Creation::child(NaturalKey::Client { server, app }, there, sent);
        let send = async || run.writer.bind_client(server, app, &ids).await.map(|()| Made::without_secret(app));
        let done = self.create(creation, send).await?;
        lock(view).set_client(app, &ids);
        Ok(done)
    }

    pub(super) async fn update_client(
        &mut self,
        server: RemoteId,
        app: RemoteId,
        scopes: &BTreeSet<ScopeRef>,
    ) -> Performed {
        let view = &*self.view().await?;
        let live = lock(view).client(app).cloned();
        let sent = self.run.state().granted.get(&self.index).cloned().unwrap_or_default();
        let is_as_sent = || live.as_ref().is_some_and(|it| check::client(&sent, it).is_empty());
        let seen = live.as_ref().map(|it| (it.fingerprint(), fields::of_client(it)));
        if let Some(done) = self.judge(app, seen, is_as_sent)? {
            return Ok(done);
        }
        let Some(live) = live else { return Err(self.gone()) };
        let ids = self.resolve_scopes(server, view, scopes).await?;
        let images = Images::changed(&live, Image::Client(lock(view).granted(&ids)));
        self.write(app, &images, self.run.writer.update_client(server, app, &ids)).await?;
        lock(view).set_client(app, &ids);
        Ok(Done::written(app))
    }

    pub(super) async fn unbind_client(&mut self, server: RemoteId, app: RemoteId) -> Performed {
        let view = &*self.view().await?;
        let live = lock(view).client(app).cloned();
        let seen = live.as_ref().map(|it| (it.fingerprint(), fields::of_client(it)));
        if let Some(done) = self.judge(app, seen, || false)? {
            return Ok(done);
        }
        let Some(live) = live else { return Err(self.gone()) };
        self.write(app, &Images::deleted(&live), self.run.writer.unbind_client(server, app)).await?;
        lock(view).clients.retain(|client| client.app_id != app);
        Ok(Done::written(app))
    }

    /// Returns what was read of the step's server before its first write; read once.
    pub(super) async fn view(&mut self) -> Result<Arc<Mutex<ServerView>>, StepResult> {
        let run = self.run;
        let owner = self.change.address.owner();
        let Some(slot) = run.servers.get(&owner) else { return Err(self.unresolved(&owner)) };
        let reading = slot.reading();
        self.reading = Some(Arc::clone(&reading));
        let read = reading.get_or_init(|| async {
            let id = slot.id.or_else(|| {
                let state = run.state();
                state.created.get(&owner).filter(|_| state.found.contains(&owner)).copied()
            });
            // What this run made has no children yet, apart from what OneLogin supplies.
            let Some(id) = id else { return Ok(Arc::default()) };
            let view = view::read(run.writer.reader(), id, slot.parts).await;
            view.map(|view| Arc::new(Mutex::new(view))).map_err(Arc::new)
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
            _ => Ok(Arc::clone(view)),
        }
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
        value: &ScopeValue,
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
}
