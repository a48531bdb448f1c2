//! A pure account that carries out a plan the way OneLogin would: ids stay, names are unique, deletes cascade.

use gatewright::diff::*;
use gatewright::execute::{Children, Image, Images, NaturalKey, check};
use gatewright::model::*;
use gatewright::plan::{Plan, Step};
use gatewright::workspace::{RecordedWrite, WriteState};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Ids from here on are of what a plan made.
pub(super) const FIRST_MADE: u64 = 1_000_000;

/// Carries out a plan. Panics where a step names something that is not there, takes a name that is taken, or finds its
/// object other than the plan saw it.
pub(super) fn apply(live: &LiveState, plan: &Plan) -> LiveState {
    apply_in_order(live, plan, |_| 0)
}

/// Carries out a plan in any order that its dependencies allow: `choose` picks among that many steps that are ready.
pub(super) fn apply_in_order(live: &LiveState, plan: &Plan, choose: impl FnMut(usize) -> usize) -> LiveState {
    carry_out(live, plan, choose, |_, _| {})
}

/// Carries out a plan and returns what its record would hold: a write a step, each done.
pub(super) fn record(live: &LiveState, plan: &Plan) -> (LiveState, Vec<RecordedWrite>) {
    let mut writes = Vec::new();
    let live = carry_out(live, plan, |_| 0, |step, (before, after)| writes.push(write(&step.change, before, after)));
    (live, writes)
}

fn carry_out<'p>(
    live: &LiveState,
    plan: &'p Plan,
    mut choose: impl FnMut(usize) -> usize,
    mut watch: impl FnMut(&'p Step, (&Account, &Account)),
) -> LiveState {
    let live = live.clone();
    let next = last_id(&live).max(FIRST_MADE);
    let mut account = Account { live, made: BTreeMap::new(), next, to_be_freed: BTreeSet::new() };
    let mut open: Vec<usize> = (0..plan.steps.len()).collect();
    let mut done = BTreeSet::new();
    while !open.is_empty() {
        let is_ready = |index: &&usize| plan.steps[**index].after.iter().all(|earlier| done.contains(earlier));
        let ready: Vec<usize> = open.iter().filter(is_ready).copied().collect();
        assert!(!ready.is_empty(), "steps wait for each other");
        let index = ready[choose(ready.len())];
        open.retain(|other| *other != index);
        account.to_be_freed = open.iter().filter_map(|other| app_that_gives_up_its_name(&plan.steps[*other])).collect();
        let before = account.clone();
        account.carry_out(&plan.steps[index]);
        watch(&plan.steps[index], (&before, &account));
        done.insert(index);
    }
    account.relist();
    account.live
}

/// No id is given twice, whatever an earlier plan has made.
fn last_id(live: &LiveState) -> u64 {
    let children = live.servers.values().flat_map(|server| {
        let scopes = server.scopes.iter().flatten().map(|scope| scope.id);
        scopes.chain(server.claims.iter().flatten().map(|claim| claim.id))
    });
    let roles = live.lists.roles.iter().map(|role| role.id);
    let roots = live.servers.keys().chain(live.apps.keys()).copied().chain(roles);
    roots.chain(children).map(|id| id.0).max().unwrap_or_default()
}

#[derive(Clone)]
struct Account {
    live: LiveState,
    made: BTreeMap<Address, RemoteId>,
    next: u64,
    /// Apps that a later step renames or deletes.
    to_be_freed: BTreeSet<RemoteId>,
}

fn app_that_gives_up_its_name(step: &Step) -> Option<RemoteId> {
    match &step.change.edit {
        Edit::App(AppOperation::Update { id, patch }) if patch.patch.name.is_some() => Some(*id),
        Edit::App(AppOperation::Delete { id } | AppOperation::Replace { id, .. }) => Some(*id),
        _ => None,
    }
}

impl Account {
    fn id(&mut self, address: &Address) -> RemoteId {
        self.next += 1;
        self.made.insert(address.clone(), RemoteId(self.next));
        RemoteId(self.next)
    }

    fn resolve(&self, object: &ObjectRef) -> RemoteId {
        match object {
            ObjectRef::Live(id) => *id,
            ObjectRef::Planned(address) => {
                *self.made.get(address).unwrap_or_else(|| panic!("{address} is not made yet"))
            }
        }
    }

    fn server(&mut self, object: &ObjectRef) -> &mut LiveServer {
        let id = self.resolve(object);
        self.live.servers.get_mut(&id).unwrap_or_else(|| panic!("server {id} is not there"))
    }

    fn carry_out(&mut self, step: &Step) {
        let address = &step.change.address;
        assert_eq!(self.fingerprint(&step.change), step.change.fingerprint, "{address} is not what the plan saw");
        match &step.change.edit {
            Edit::Role(operation) => self.role(address, operation),
            Edit::App(operation) => self.app(address, operation),
            Edit::Server(operation) => self.change_server(address, operation),
            Edit::Scope { server, operation } => self.scope(address, server, operation),
            Edit::Claim { server, operation } => self.claim(address, server, operation),
            Edit::Client { server, app, operation } => self.client(address, server, app, operation),
        }
    }

    /// Returns the digest of the live object that a change is about.
    fn fingerprint(&self, change: &Change) -> Option<Fingerprint> {
        let id = change.edit.id()?;
        let server = |server: &ObjectRef| &self.live.servers[&self.resolve(server)];
        match &change.edit {
            Edit::Role(_) => self.live.lists.roles.iter().find(|role| role.id == id).map(LiveRole::fingerprint),
            Edit::App(_) => self.live.apps.get(&id).map(LiveApp::fingerprint),
            Edit::Server(_) => self.live.servers.get(&id).map(LiveServer::fingerprint),
            Edit::Scope { server: owner, .. } => {
                server(owner).scopes.iter().flatten().find(|scope| scope.id == id).map(LiveScope::fingerprint)
            }
            Edit::Claim { server: owner, .. } => {
                server(owner).claims.iter().flatten().find(|claim| claim.id == id).map(LiveClaim::fingerprint)
            }
            Edit::Client { server: owner, .. } => {
                server(owner).clients.iter().flatten().find(|client| client.app_id == id).map(LiveClient::fingerprint)
            }
        }
    }

    fn role(&mut self, address: &Address, operation: &Operation<NewRole, RolePatch>) {
        match operation {
            Operation::Create(new) => {
                assert!(self.live.lists.roles.iter().all(|role| role.name != new.name), "role name is taken");
                let id = self.id(address);
                self.live.lists.roles.push(LiveRole { id, name: new.name.clone() });
                self.live.role_members.insert(id, new.members.iter().copied().collect());
            }
            Operation::Update { id, patch } => {
                let role = self.live.lists.roles.iter_mut().find(|role| role.id == *id).unwrap();
                role.name = patch.name.clone().unwrap_or_else(|| role.name.clone());
                self.live.role_members.entry(*id).or_default().extend(&patch.add_members);
            }
            Operation::Delete { id } => {
                self.live.lists.roles.retain(|role| role.id != *id);
                for app in self.live.apps.values_mut() {
                    app.role_ids.remove(id);
                }
            }
        }
    }

    fn app(&mut self, address: &Address, operation: &AppOperation) {
        if let Some(name) = operation_name(operation) {
            // A pinned app may become the twin of one that stays.
            let mut holders = self.live.apps.values().filter(|app| app.name == *name);
            assert!(holders.all(|app| !self.to_be_freed.contains(&app.id)), "app name `{name}` is not free yet");
        }
        match operation {
            AppOperation::Create(new) => self.make_app(address, new),
            AppOperation::Update { id, patch: AppUpdate { patch, roles } } => {
                let role_ids = roles.as_ref().map(|roles| roles.iter().map(|role| self.resolve(role)).collect());
                let app = self.live.apps.get_mut(id).unwrap();
                app.role_ids = role_ids.unwrap_or_else(|| app.role_ids.clone());
                patch_app(app, patch.clone());
            }
            AppOperation::Delete { id } => self.delete_app(*id),
            AppOperation::Replace { id, new } => {
                self.delete_app(*id);
                self.make_app(address, new);
            }
        }
    }

    fn make_app(&mut self, address: &Address, new: &AppCreate) {
        let AppCreate { app, roles } = new;
        let role_ids: BTreeSet<RemoteId> = roles.iter().flatten().map(|role| self.resolve(role)).collect();
        assert!(role_ids.iter().all(|id| self.live.lists.roles.iter().any(|role| role.id == *id)), "a role is there");
        let id = self.id(address);
        self.live.apps.insert(id, new_app(id, app, role_ids));
    }

    fn delete_app(&mut self, id: RemoteId) {
        self.live.apps.remove(&id).expect("a deleted app is there");
        for server in self.live.servers.values_mut() {
            server.clients.as_mut().unwrap().retain(|client| client.app_id != id);
        }
    }

    fn change_server(&mut self, address: &Address, operation: &Operation<NewServer, ServerPatch>) {
        match operation {
            Operation::Create(new) => {
                let taken =
                    self.live.servers.values().any(|server| server.resource_identifier == new.resource_identifier);
                assert!(!taken, "identifier is taken");
                let id = self.id(address);
                self.live.servers.insert(id, new_server(id, new));
            }
            Operation::Update { id, patch } => {
                let server = self.live.servers.get_mut(id).unwrap();
                let ServerPatch {
                    name,
                    description,
                    resource_identifier,
                    audiences,
                    access_token_expiration_minutes,
                    refresh_token_expiration_minutes,
                } = patch.clone();
                set(&mut server.name, name);
                set_some(&mut server.description, description);
                set(&mut server.resource_identifier, resource_identifier);
                set(&mut server.audiences, audiences);
                set_some(&mut server.access_token_expiration_minutes, access_token_expiration_minutes.map(u64::from));
                set_some(&mut server.refresh_token_expiration_minutes, refresh_token_expiration_minutes.map(u64::from));
            }
            Operation::Delete { id } => {
                self.live.servers.remove(id).expect("a deleted server is there");
            }
        }
    }

    fn scope(&mut self, address: &Address, server: &ObjectRef, operation: &Operation<NewScope, ScopePatch>) {
        let made = self.id(address);
        let server = self.server(server);
        let scopes = server.scopes.as_mut().unwrap();
        match operation {
            Operation::Create(new) => scopes.push(LiveScope {
                id: made,
                value: new.value.clone(),
                description: Some(new.description.clone()),
                inherited: false,
                raw: RawObject::default(),
            }),
            Operation::Update { id, patch } => {
                let scope = scopes.iter_mut().find(|scope| scope.id == *id).unwrap();
                assert!(!scope.inherited, "an inherited scope is never changed");
                set(&mut scope.value, patch.value.clone());
                set_some(&mut scope.description, patch.description.clone());
                let value = scope.value.clone();
                for held in server.clients.iter_mut().flatten().flat_map(|client| &mut client.scopes) {
                    if held.id == *id {
                        held.value = value.clone();
                    }
                }
            }
            Operation::Delete { id } => {
                assert!(scopes.iter().any(|scope| scope.id == *id && !scope.inherited));
                scopes.retain(|scope| scope.id != *id);
                for client in server.clients.iter_mut().flatten() {
                    client.scopes.retain(|scope| scope.id != *id);
                }
            }
        }
        let values: Vec<&ScopeValue> = server.scopes.iter().flatten().map(|scope| &scope.value).collect();
        assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), values.len(), "scope value is taken");
    }

    fn claim(&mut self, address: &Address, server: &ObjectRef, operation: &Operation<NewClaim, ClaimPatch>) {
        let made = self.id(address);
        let claims = self.server(server).claims.as_mut().unwrap();
        match operation {
            Operation::Create(new) => claims.push(LiveClaim {
                id: made,
                name: new.name.clone(),
                source: Some(new.source.clone()),
                transformation: new.transformation.clone(),
                inherited: false,
                raw: RawObject::default(),
            }),
            Operation::Update { id, patch } => {
                let claim = claims.iter_mut().find(|claim| claim.id == *id).unwrap();
                assert!(!claim.inherited, "an inherited claim is never changed");
                set(&mut claim.name, patch.name.clone());
                set_some(&mut claim.source, patch.source.clone());
                set_some(&mut claim.transformation, patch.transformation.clone());
            }
            Operation::Delete { id } => claims.retain(|claim| claim.id != *id),
        }
        let names: BTreeSet<&ClaimName> = claims.iter().map(|claim| &claim.name).collect();
        assert_eq!(names.len(), claims.len(), "claim name is taken");
    }

    fn client(&mut self, address: &Address, server: &ObjectRef, app: &ObjectRef, operation: &ClientOperation) {
        let app_id = self.resolve(app);
        let app_name = self.live.apps.get(&app_id).expect("a bound app is there").name.clone();
        let made = self.made.clone();
        let key = address.owner();
        let server = self.server(server);
        let scopes = |refs: &BTreeSet<ScopeRef>| -> Vec<LiveClientScope> {
            let mut granted: Vec<LiveClientScope> = refs
                .iter()
                .map(|scope| {
                    let id = match (scope, &key) {
                        (ScopeRef::Live(id), _) => *id,
                        (ScopeRef::Planned(value), Address::Server(key)) => {
                            made[&Address::Scope(key.clone(), value.clone())]
                        }
                        (ScopeRef::Planned(_), other) => panic!("{other} has no scopes"),
                    };
                    let scope =
                        server.scopes.iter().flatten().find(|scope| scope.id == id).expect("a granted scope is there");
                    LiveClientScope { value: scope.value.clone(), id }
                })
                .collect();
            granted.sort();
            granted
        };
        let granted = match operation {
            ClientOperation::Bind(refs) | ClientOperation::Update(refs) => Some(scopes(refs)),
            ClientOperation::Unbind => None,
        };
        let clients = server.clients.as_mut().unwrap();
        let held = clients.iter().position(|client| client.app_id == app_id);
        assert_eq!(held.is_some(), !matches!(operation, ClientOperation::Bind(_)), "a binding is made once");
        clients.retain(|client| client.app_id != app_id);
        clients.extend(granted.map(|scopes| LiveClient { app_id, app_name, scopes }));
    }

    fn relist(&mut self) {
        let LiveState { lists, servers, apps, .. } = &mut self.live;
        lists.servers = servers
            .values()
            .map(|server| ServerSummary {
                id: server.id,
                name: server.name.clone(),
                resource_identifier: server.resource_identifier.clone(),
                audiences: server.audiences.clone(),
                built_in: server.built_in,
            })
            .collect();
        lists.apps = apps
            .values()
            .map(|app| AppSummary { id: app.id, name: app.name.clone(), auth_method: AppSummary::OPENID_CONNECT })
            .collect();
    }
}

/// Returns the name that an app takes.
fn operation_name(operation: &AppOperation) -> Option<&String> {
    match operation {
        AppOperation::Create(new) | AppOperation::Replace { new, .. } => Some(&new.app.name),
        AppOperation::Update { patch, .. } => patch.patch.name.as_ref(),
        AppOperation::Delete { .. } => None,
    }
}

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

fn set_some<T>(slot: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *slot = value;
    }
}

fn new_app(id: RemoteId, app: &NewApp, role_ids: BTreeSet<RemoteId>) -> LiveApp {
    LiveApp {
        id,
        name: app.name.clone(),
        description: app.description.clone(),
        notes: app.notes.clone(),
        visible: app.visible.unwrap_or(true),
        application_type: app.application_type,
        token_endpoint_auth_method: app.token_endpoint_auth_method,
        redirect_uris: app.redirect_uris.clone(),
        post_logout_redirect_uris: app.post_logout_redirect_uris.clone().unwrap_or_default(),
        login_url: app.login_url.clone(),
        access_token_expiration_minutes: app.access_token_expiration_minutes.map(u64::from),
        refresh_token_expiration_minutes: app.refresh_token_expiration_minutes.map(u64::from),
        role_ids,
        connector_id: Some(RemoteId(108_419)),
        client_id: None,
    }
}

fn patch_app(app: &mut LiveApp, patch: AppPatch) {
    let AppPatch {
        name,
        description,
        notes,
        visible,
        application_type,
        token_endpoint_auth_method,
        redirect_uris,
        post_logout_redirect_uris,
        login_url,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = patch;
    set(&mut app.name, name);
    set_some(&mut app.description, description);
    set_some(&mut app.notes, notes);
    set(&mut app.visible, visible);
    set(&mut app.application_type, application_type);
    set(&mut app.token_endpoint_auth_method, token_endpoint_auth_method);
    set(&mut app.redirect_uris, redirect_uris);
    set(&mut app.post_logout_redirect_uris, post_logout_redirect_uris);
    set_some(&mut app.login_url, login_url);
    set_some(&mut app.access_token_expiration_minutes, access_token_expiration_minutes.map(u64::from));
    set_some(&mut app.refresh_token_expiration_minutes, refresh_token_expiration_minutes.map(u64::from));
}

fn new_server(id: RemoteId, new: &NewServer) -> LiveServer {
    LiveServer {
        id,
        name: new.name.clone(),
        description: Some(new.description.clone()),
        resource_identifier: new.resource_identifier.clone(),
        audiences: new.audiences.clone(),
        access_token_expiration_minutes: new.access_token_expiration_minutes.map(u64::from),
        refresh_token_expiration_minutes: new.refresh_token_expiration_minutes.map(u64::from),
        built_in: false,
        raw: RawObject::default(),
        scopes: Some(Vec::new()),
        claims: Some(Vec::new()),
        clients: Some(Vec::new()),
    }
}

/// Returns what a record would hold of one change.
fn write(change: &Change, before: &Account, after: &Account) -> RecordedWrite {
    let id = change.edit.id().or_else(|| match &change.edit {
        Edit::Client { app, .. } => Some(after.resolve(app)),
        _ => after.made.get(&change.address).copied(),
    });
    let server = match &change.edit {
        Edit::Scope { server, .. } | Edit::Claim { server, .. } | Edit::Client { server, .. } => {
            Some(after.resolve(server))
        }
        _ => None,
    };
    let action = change.action();
    RecordedWrite {
        address: change.address.clone(),
        action,
        key: (action == Action::Create).then(|| key(&change.edit, server, id.unwrap())),
        id: change.edit.id(),
        fingerprint: change.fingerprint.clone(),
        fields: Vec::new(),
        server,
        images: Images {
            before: (action != Action::Create).then(|| image(&change.edit, before, server, id.unwrap())),
            sent: sent(&change.edit, after, server),
        },
        at: Timestamp::UNIX_EPOCH,
        state: WriteState::Done { id, is_secret_lost: false },
    }
}

fn key(edit: &Edit, server: Option<RemoteId>, id: RemoteId) -> NaturalKey {
    match edit {
        Edit::Role(Operation::Create(new)) => NaturalKey::Role { name: new.name.clone() },
        Edit::App(AppOperation::Create(new)) => NaturalKey::App { name: new.app.name.clone() },
        Edit::Server(Operation::Create(new)) => {
            let (name, resource_identifier) = (new.name.clone(), new.resource_identifier.clone());
            NaturalKey::Server { name, resource_identifier }
        }
        Edit::Scope { operation: Operation::Create(new), .. } => {
            NaturalKey::Scope { server: server.unwrap(), value: new.value.clone() }
        }
        Edit::Claim { operation: Operation::Create(new), .. } => {
            NaturalKey::Claim { server: server.unwrap(), name: new.name.clone() }
        }
        Edit::Client { .. } => NaturalKey::Client { server: server.unwrap(), app: id },
        other => panic!("{other:?} makes nothing"),
    }
}

/// Returns the whole object a change is about, as the account holds it.
fn image(edit: &Edit, account: &Account, server: Option<RemoteId>, id: RemoteId) -> Image {
    let live = &account.live;
    let server = || &live.servers[&server.unwrap()];
    let holders = |clients: &Option<Vec<LiveClient>>| {
        let holds = |client: &&LiveClient| client.scopes.iter().any(|scope| scope.id == id);
        clients.iter().flatten().filter(holds).map(|client| client.app_id).collect()
    };
    match edit {
        Edit::Role(_) => {
            let role = live.lists.roles.iter().find(|role| role.id == id).unwrap();
            let add_members = live.role_members.get(&id).into_iter().flatten().copied().collect();
            Image::Role(RolePatch { add_members, ..role.into() })
        }
        Edit::App(_) => Image::from(&live.apps[&id]),
        Edit::Server(_) => {
            let server = &live.servers[&id];
            let LiveServer { scopes, claims, clients, .. } = server.clone();
            let children = Children { scopes: scopes.unwrap(), claims: claims.unwrap(), clients: clients.unwrap() };
            Image::Server { fields: server.into(), children: Some(children) }
        }
        Edit::Scope { .. } => {
            let server = server();
            let scope = server.scopes.iter().flatten().find(|scope| scope.id == id).unwrap();
            Image::Scope { fields: scope.into(), holders: holders(&server.clients) }
        }
        Edit::Claim { .. } => {
            let server = server();
            server.claims.iter().flatten().find(|claim| claim.id == id).unwrap().into()
        }
        Edit::Client { .. } => {
            let server = server();
            server.clients.iter().flatten().find(|client| client.app_id == id).unwrap().into()
        }
    }
}

/// Returns what a change sets, every reference by its id.
fn sent(edit: &Edit, account: &Account, server: Option<RemoteId>) -> Option<Image> {
    let roles = |roles: &Option<BTreeSet<ObjectRef>>| {
        roles.as_ref().map(|roles| roles.iter().map(|role| account.resolve(role)).collect())
    };
    let app = |fields: AppPatch, ids| Image::App { fields: Box::new(fields), roles: ids, connector: None };
    let scope = |fields| Image::Scope { fields, holders: BTreeSet::new() };
    Some(match edit {
        Edit::Role(Operation::Create(new)) => {
            Image::Role(RolePatch { name: Some(new.name.clone()), add_members: new.members.clone() })
        }
        Edit::Role(Operation::Update { patch, .. }) => Image::Role(patch.clone()),
        Edit::App(AppOperation::Create(new)) => app(check::app_made(&new.app), roles(&new.roles)),
        Edit::App(AppOperation::Update { patch, .. }) => app(patch.patch.clone(), roles(&patch.roles)),
        Edit::Server(Operation::Create(new)) => Image::Server { fields: check::server_made(new), children: None },
        Edit::Server(Operation::Update { patch, .. }) => Image::Server { fields: patch.clone(), children: None },
        Edit::Scope { operation: Operation::Create(new), .. } => scope(check::scope_made(new)),
        Edit::Scope { operation: Operation::Update { patch, .. }, .. } => scope(patch.clone()),
        Edit::Claim { operation: Operation::Create(new), .. } => Image::Claim(check::claim_made(new)),
        Edit::Claim { operation: Operation::Update { patch, .. }, .. } => Image::Claim(patch.clone()),
        Edit::Client { app, operation: ClientOperation::Bind(_) | ClientOperation::Update(_), .. } => {
            let (server, app) = (&account.live.servers[&server.unwrap()], account.resolve(app));
            server.clients.iter().flatten().find(|client| client.app_id == app).unwrap().into()
        }
        _ => return None,
    })
}
