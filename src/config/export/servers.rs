//! `authorization_servers` of an account.

use super::apps::first_of_each;
use super::document::{Names, Page, count_names, is_unique, own_servers};
use super::{scalar, words};
use crate::model::{
    ClaimSource, EntryKey, LiveClaim, LiveClient, LiveScope, LiveServer, LiveState, RemoteId, ServerSummary,
};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the servers of the account; OneLogin's own are only mentioned.
pub(super) fn write(page: &mut Page, live: &LiveState, names: &Names) {
    let left_out = left_out(live, names);
    if names.servers.is_empty() && left_out.is_empty() {
        return;
    }
    page.section(if names.servers.is_empty() { "authorization_servers: {}" } else { "authorization_servers:" });
    let servers = Servers::new(live, names);
    for (key, server) in servers.all() {
        servers.write_one(page, key, server);
    }
    for server in left_out {
        page.comment(2, &server);
    }
}

/// Returns a comment on each server that is not written.
pub(super) fn left_out(live: &LiveState, names: &Names) -> Vec<String> {
    let left_out = live.lists.servers.iter().filter(|server| !names.servers.contains_key(&server.id));
    let comment = |server: &ServerSummary| {
        let why = if server.built_in { "belongs to OneLogin" } else { "was not read" };
        format!("left out: `{}` ({}) {why}", server.name, server.id)
    };
    left_out.map(comment).collect()
}

/// The servers that are written, with what one has to know of the others.
pub(super) struct Servers<'a> {
    live: &'a LiveState,
    names: &'a Names,
    /// How many servers have an identifier.
    counts: BTreeMap<String, usize>,
    shared: Shared<'a>,
}

impl<'a> Servers<'a> {
    pub(super) fn new(live: &'a LiveState, names: &'a Names) -> Self {
        let listed = live.lists.servers.iter().map(|server| (server.id, server.resource_identifier.as_str()));
        let read = live.servers.values().map(|server| (server.id, server.resource_identifier.as_str()));
        let identifiers: BTreeMap<RemoteId, &str> = listed.chain(read).collect();
        let counts = count_names(identifiers.into_values());
        Self { live, names, counts, shared: shared_audiences(live, names) }
    }

    /// Returns the servers with their keys.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a EntryKey, &'a LiveServer)> {
        let names = self.names;
        own_servers(self.live).filter_map(|server| Some((names.servers.get(&server.id)?, server)))
    }

    /// Writes one server as an entry of `authorization_servers`.
    pub(super) fn write_one(&self, page: &mut Page, key: &EntryKey, server: &LiveServer) {
        page.line(2, &format!("{}:", scalar::key(key.as_str())));
        let is_unique = is_unique(&server.resource_identifier, &self.counts);
        write_server(page, server, is_unique, self.names, self.shared.get(key));
    }
}

type Shared<'a> = BTreeMap<&'a EntryKey, BTreeSet<&'a EntryKey>>;

/// Returns, for each server, the others that accept one of its audiences.
fn shared_audiences<'a>(live: &'a LiveState, names: &'a Names) -> Shared<'a> {
    let mut holders: BTreeMap<&str, BTreeSet<&EntryKey>> = BTreeMap::new();
    for server in own_servers(live).filter(|server| are_audiences_said(server)) {
        for audience in &server.audiences {
            holders.entry(audience).or_default().extend(names.servers.get(&server.id));
        }
    }
    let mut shared = Shared::new();
    for keys in holders.into_values().filter(|keys| keys.len() > 1) {
        for key in &keys {
            shared.entry(key).or_default().extend(keys.iter().filter(|other| *other != key));
        }
    }
    shared
}

fn are_audiences_said(server: &LiveServer) -> bool {
    !server.audiences.is_empty() && server.audiences.iter().all(|audience| words::is_identifier(audience))
}

fn write_server(
    page: &mut Page,
    server: &LiveServer,
    is_unique: bool,
    names: &Names,
    shared: Option<&BTreeSet<&EntryKey>>,
) {
    let LiveServer {
        id,
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        built_in: _,
        raw: _,
        scopes,
        claims,
        clients,
    } = server;
    let is_identified = words::is_identifier(resource_identifier) && is_unique;
    page.name(*id, name, is_identified);
    if let Some(text) = words::said(description) {
        page.text(4, "description", &text);
    }
    if is_identified {
        page.text(4, "resource_identifier", resource_identifier);
    } else {
        page.comment(4, &format!("resource_identifier is left alone, the file cannot say it: {resource_identifier}"));
    }
    if are_audiences_said(server) {
        page.list(4, "audiences", first_of_each(audiences));
    } else {
        page.comment(4, &format!("audiences are left alone, the file cannot say them: {audiences:?}"));
    }
    if let Some(others) = shared {
        page.list(4, "share_audience_with", others.iter().map(|key| key.as_str()));
    }
    page.minutes(4, "access_token_expiration_minutes", *access_token_expiration_minutes);
    page.minutes(4, "refresh_token_expiration_minutes", *refresh_token_expiration_minutes);
    let mut is_complete = true;
    if let Some(scopes) = scopes {
        is_complete &= write_scopes(page, scopes);
    }
    if let Some(claims) = claims {
        is_complete &= write_claims(page, claims);
    }
    if let Some(clients) = clients {
        is_complete &= write_clients(page, clients, scopes.as_deref(), names);
    }
    if !is_complete {
        page.line(4, "unmanaged: keep");
    }
}

fn open(page: &mut Page, key: &str, is_empty: bool) {
    page.line(4, &if is_empty { format!("{key}: {{}}") } else { format!("{key}:") });
}

/// Writes the scopes and returns whether all of them could be said.
fn write_scopes(page: &mut Page, scopes: &[LiveScope]) -> bool {
    let (inherited, own): (Vec<&LiveScope>, Vec<&LiveScope>) = scopes.iter().partition(|scope| scope.inherited);
    let (said, unsaid): (Vec<&LiveScope>, Vec<&LiveScope>) =
        own.into_iter().partition(|scope| words::is_child_key(scope.value.as_str()));
    open(page, "scopes", said.is_empty());
    for scope in said {
        let description = words::said(&scope.description).unwrap_or_default();
        page.text(6, &scalar::key(scope.value.as_str()), &description);
    }
    for scope in &unsaid {
        page.comment(6, &format!("left alone, the file cannot say it: {}", scope.value));
    }
    let inherited: Vec<&str> =
        inherited.into_iter().map(|scope| scope.value.as_str()).filter(|value| words::is_word(value)).collect();
    if !inherited.is_empty() {
        page.list(4, "inherited_scopes", inherited.into_iter());
    }
    unsaid.is_empty()
}

/// Writes the claims and returns whether all of them could be said.
fn write_claims(page: &mut Page, claims: &[LiveClaim]) -> bool {
    let own = claims.iter().filter(|claim| !claim.inherited);
    let mut said = Vec::new();
    let mut unsaid = Vec::new();
    for claim in own {
        match claim.source.as_ref().and_then(source) {
            Some(source) if words::is_child_key(claim.name.as_str()) => said.push((claim, source)),
            _ => unsaid.push(claim),
        }
    }
    open(page, "claims", said.is_empty());
    for (claim, (key, text)) in said {
        let mut line = format!("{}: {{ {key}: {}", scalar::key(claim.name.as_str()), scalar::value(text));
        if let Some(transformation) = words::said(&claim.transformation) {
            line.push_str(&format!(", transformation: {}", scalar::value(&transformation)));
        }
        line.push_str(" }");
        page.line(6, &line);
    }
    for claim in &unsaid {
        page.comment(6, &format!("left alone, the file cannot say where its value comes from: {}", claim.name));
    }
    unsaid.is_empty()
}

/// Returns a source as key and value, if the reader takes it.
fn source(source: &ClaimSource) -> Option<(&'static str, &str)> {
    let is_marked = |text: &str| text == "_macro_" || text.starts_with("custom_attribute_");
    match source {
        ClaimSource::UserAttribute(name) if words::is_word(name) && !is_marked(name) => Some(("user_attribute", name)),
        ClaimSource::CustomAttribute(name) if words::is_word(name) && !name.starts_with("custom_attribute_") => {
            Some(("custom_attribute", name))
        }
        ClaimSource::Macro(template) if words::is_line(template) => Some(("macro", template)),
        ClaimSource::UserAttribute(_) | ClaimSource::CustomAttribute(_) | ClaimSource::Macro(_) => None,
    }
}

/// Writes the client bindings and returns whether all of them could be said.
fn write_clients(page: &mut Page, clients: &[LiveClient], scopes: Option<&[LiveScope]>, names: &Names) -> bool {
    let grantable: Option<BTreeSet<&str>> =
        scopes.map(|scopes| scopes.iter().map(|scope| scope.value.as_str()).collect());
    let mut said = Vec::new();
    let mut unsaid = Vec::new();
    for client in clients {
        let is_sayable = client.scopes.iter().all(|scope| {
            let value = scope.value.as_str();
            words::is_child_key(value) && grantable.as_ref().is_none_or(|grantable| grantable.contains(value))
        });
        match names.apps.get(&client.app_id) {
            Some(key) if is_sayable => said.push((key, client)),
            Some(_) => unsaid.push((client, "is granted a scope that the file cannot say")),
            None => unsaid.push((client, "is no OIDC app of the file")),
        }
    }
    open(page, "clients", said.is_empty());
    for (key, client) in said {
        let values: BTreeSet<&str> = client.scopes.iter().map(|scope| scope.value.as_str()).collect();
        page.list(6, &scalar::key(key.as_str()), values.into_iter());
    }
    for (client, why) in &unsaid {
        page.comment(6, &format!("left alone: `{}` ({}) {why}", client.app_name, client.app_id));
    }
    unsaid.is_empty()
}
