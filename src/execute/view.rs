//! What was read of a server right before its first write, kept up with what this run writes after it.

use super::Children;
use crate::api::{ApiError, Reader};
use crate::diff::{Along, Change, ClientOperation, Edit, ObjectRef, Operation};
use crate::model::{
    Address, ClaimName, LiveClaim, LiveClient, LiveClientScope, LiveScope, LiveServer, NewClaim, NewScope, RawObject,
    RemoteId, ScopePatch, ScopeValue,
};
use crate::plan::Plan;
use futures_util::future::try_join4;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Which of the four reads of a server are needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) server: bool,
    pub(super) scopes: bool,
    pub(super) claims: bool,
    pub(super) clients: bool,
}

impl Parts {
    /// Adds what has to be known before a change is written: the server has to be there and not OneLogin's own, and a
    /// grant names scopes by id, so it needs their list too. What goes along with a deletion is read for the record.
    fn add_before(&mut self, edit: &Edit) {
        self.server = true;
        self.add_after(edit);
        match edit {
            Edit::Client { operation: ClientOperation::Bind(_) | ClientOperation::Update(_), .. } => self.scopes = true,
            Edit::Scope { operation: Operation::Delete { .. }, .. } => self.clients = true,
            Edit::Server(Operation::Delete { .. }) => {
                *self = Self { server: true, scopes: true, claims: true, clients: true };
            }
            _ => {}
        }
    }

    /// Adds what shows a change once it is written.
    pub(super) fn add_after(&mut self, edit: &Edit) {
        match edit {
            Edit::Role(_) | Edit::App(_) => {}
            Edit::Server(_) => self.server = true,
            Edit::Scope { .. } => self.scopes = true,
            Edit::Claim { .. } => self.claims = true,
            Edit::Client { .. } => self.clients = true,
        }
    }
}

/// A server that the plan touches.
#[derive(Default)]
pub(super) struct ServerSlot {
    /// Its id; `None` where the plan makes it.
    pub(super) id: Option<RemoteId>,
    pub(super) parts: Parts,
    /// What was read of it; made new where it has to be read again.
    cell: Mutex<Arc<Reading>>,
}

/// What a read of a server came to, once it is there.
pub(super) type Reading = OnceCell<Result<Arc<Mutex<ServerView>>, Arc<ApiError>>>;

impl ServerSlot {
    /// Returns the read of the server, which may be yet to come.
    pub(super) fn reading(&self) -> Arc<Reading> {
        Arc::clone(&self.cell.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets a read, unless there is another one already.
    pub(super) fn forget_if(&self, reading: &Arc<Reading>) {
        let mut cell = self.cell.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&cell, reading) {
            *cell = Arc::default();
        }
    }

    /// Forgets what was read: whoever comes next reads it again.
    pub(super) fn forget(&self) {
        *self.cell.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }
}

/// Returns a slot for every server the plan touches.
pub(super) fn slots(plan: &Plan) -> BTreeMap<Address, ServerSlot> {
    let mut slots: BTreeMap<Address, ServerSlot> = BTreeMap::new();
    for change in plan.changes() {
        let id = match &change.edit {
            Edit::Role(_) | Edit::App(_) => continue,
            Edit::Server(operation) => operation_id(operation),
            Edit::Scope { server, .. } | Edit::Claim { server, .. } | Edit::Client { server, .. } => match server {
                ObjectRef::Live(id) => Some(*id),
                ObjectRef::Planned(_) => None,
            },
        };
        let slot = slots.entry(change.address.owner()).or_default();
        slot.id = slot.id.or(id);
        slot.parts.add_before(&change.edit);
    }
    slots
}

fn operation_id<N, P>(operation: &Operation<N, P>) -> Option<RemoteId> {
    match operation {
        Operation::Create(_) => None,
        Operation::Update { id, .. } | Operation::Delete { id } => Some(*id),
    }
}

/// What is known of a server.
#[derive(Debug, Default)]
pub(super) struct ServerView {
    /// Whether it is not there any more.
    pub(super) is_gone: bool,
    /// The object; `None` where it was not read or is gone.
    pub(super) server: Option<LiveServer>,
    pub(super) scopes: Vec<LiveScope>,
    pub(super) claims: Vec<LiveClaim>,
    pub(super) clients: Vec<LiveClient>,
}

/// Reads the given parts of a server at once.
pub(super) async fn read(reader: &Reader, id: RemoteId, parts: Parts) -> Result<ServerView, ApiError> {
    let all = try_join4(
        async {
            if parts.server {
                reader.server(id).await.map(|server| (server.is_none(), server))
            } else {
                Ok((false, None))
            }
        },
        async { if parts.scopes { reader.scopes(id).await } else { Ok(Vec::new()) } },
        async { if parts.claims { reader.claims(id).await } else { Ok(Vec::new()) } },
        async { if parts.clients { reader.clients(id).await } else { Ok(Vec::new()) } },
    );
    match all.await {
        Ok(((is_gone, server), scopes, claims, clients)) => Ok(ServerView { is_gone, server, scopes, claims, clients }),
        // A list of a server that is gone is a 404; only the server itself says whether that is why.
        Err(error) if error.is_not_found() => match reader.server(id).await? {
            None => Ok(ServerView { is_gone: true, ..ServerView::default() }),
            Some(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

impl ServerView {
    pub(super) fn scope(&self, id: RemoteId) -> Option<&LiveScope> {
        self.scopes.iter().find(|scope| scope.id == id)
    }

    pub(super) fn scope_valued(&self, value: &ScopeValue) -> Option<&LiveScope> {
        self.scopes.iter().find(|scope| scope.value == *value)
    }

    pub(super) fn claim(&self, id: RemoteId) -> Option<&LiveClaim> {
        self.claims.iter().find(|claim| claim.id == id)
    }

    pub(super) fn claim_named(&self, name: &ClaimName) -> Option<&LiveClaim> {
        self.claims.iter().find(|claim| claim.name == *name)
    }

    pub(super) fn client(&self, app: RemoteId) -> Option<&LiveClient> {
        self.clients.iter().find(|client| client.app_id == app)
    }

    pub(super) fn add_scope(&mut self, id: RemoteId, new: &NewScope) {
        let NewScope { value, description } = new;
        self.scopes.push(LiveScope {
            id,
            value: value.clone(),
            description: Some(description.clone()),
            inherited: false,
            raw: RawObject::default(),
        });
    }

    pub(super) fn change_scope(&mut self, id: RemoteId, patch: &ScopePatch) {
        let Some(scope) = self.scopes.iter_mut().find(|scope| scope.id == id) else { return };
        if let Some(value) = &patch.value {
            scope.value = value.clone();
        }
    }

    /// Takes a scope away, and with it what it granted.
    pub(super) fn remove_scope(&mut self, id: RemoteId) {
        self.scopes.retain(|scope| scope.id != id);
        for client in &mut self.clients {
            client.scopes.retain(|scope| scope.id != id);
        }
    }

    pub(super) fn add_claim(&mut self, id: RemoteId, new: &NewClaim) {
        let NewClaim { name, source, transformation } = new;
        self.claims.push(LiveClaim {
            id,
            name: name.clone(),
            source: Some(source.clone()),
            transformation: transformation.clone(),
            inherited: false,
            raw: RawObject::default(),
        });
    }

    pub(super) fn rename_claim(&mut self, id: RemoteId, name: &ClaimName) {
        if let Some(claim) = self.claims.iter_mut().find(|claim| claim.id == id) {
            claim.name = name.clone();
        }
    }

    /// Returns scopes as a binding holds them.
    pub(super) fn granted(&self, scopes: &[RemoteId]) -> Vec<LiveClientScope> {
        let known = scopes.iter().filter_map(|id| self.scope(*id));
        known.map(|scope| LiveClientScope { value: scope.value.clone(), id: scope.id }).collect()
    }

    /// Returns the apps whose bindings hold a scope.
    pub(super) fn holders(&self, scope: RemoteId) -> BTreeSet<RemoteId> {
        let holds = |client: &&LiveClient| client.scopes.iter().any(|held| held.id == scope);
        self.clients.iter().filter(holds).map(|client| client.app_id).collect()
    }

    /// Returns what goes with the server, without bindings of apps that leave themselves.
    pub(super) fn along(&self, leaving: &BTreeSet<RemoteId>) -> Along {
        Along::of_server(&self.scopes, &self.claims, &self.clients, leaving.clone())
    }

    /// Returns what goes with the server, for the record.
    pub(super) fn children(&self) -> Children {
        let Self { is_gone: _, server: _, scopes, claims, clients } = self;
        Children { scopes: scopes.clone(), claims: claims.clone(), clients: clients.clone() }
    }

    pub(super) fn set_client(&mut self, app: RemoteId, scopes: &[RemoteId]) {
        let granted = self.granted(scopes);
        match self.clients.iter_mut().find(|client| client.app_id == app) {
            Some(client) => client.scopes = granted,
            None => self.clients.push(LiveClient { app_id: app, app_name: String::new(), scopes: granted }),
        }
    }
}

/// Returns the new values of the scopes that the plan renames, by server and scope.
pub(super) fn renamed_scopes(plan: &Plan) -> BTreeMap<(RemoteId, RemoteId), ScopeValue> {
    let renamed = |change: &Change| match &change.edit {
        Edit::Scope { server: ObjectRef::Live(server), operation: Operation::Update { id, patch } } => {
            Some(((*server, *id), patch.value.clone()?))
        }
        _ => None,
    };
    plan.changes().filter_map(renamed).collect()
}
