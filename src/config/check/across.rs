//! Two environments of one tenant that want different things of one object.

use crate::diagnostic::{Code, Diagnostic, Origin};
use crate::model::{App, DesiredState, Entry, EntryKey, Field, RemoteId, Role, Server};
use std::collections::BTreeMap;

/// Reports objects that two environments of one tenant would fight over.
///
/// A field that only one of the two says is no conflict: the other leaves it alone.
pub(crate) fn across(environments: &[(Option<String>, DesiredState)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if environments.len() < 2 {
        return problems;
    }
    let mut seen: BTreeMap<(String, &'static str, String), (&str, Object<'_>)> = BTreeMap::new();
    for (name, desired) in environments {
        let name = name.as_deref().unwrap_or_default();
        let tenant = desired.tenant.origin();
        for object in objects(desired) {
            match seen.get(&(tenant.clone(), object.noun, object.identity.clone())) {
                Some((other_name, other)) => compare((other_name, other), (name, &object), &mut problems),
                None => {
                    seen.insert((tenant.clone(), object.noun, object.identity.clone()), (name, object));
                }
            }
        }
    }
    problems
}

/// What one environment wants of one object, as texts that can be compared.
struct Object<'a> {
    noun: &'static str,
    /// The pinned id, else the natural key.
    identity: String,
    fields: Vec<(&'static str, String, &'a Origin)>,
}

fn compare(one: (&str, &Object<'_>), other: (&str, &Object<'_>), problems: &mut Vec<Diagnostic>) {
    for (field, value, origin) in &other.1.fields {
        let Some((_, first, first_origin)) = one.1.fields.iter().find(|(name, ..)| name == field) else { continue };
        if first == value {
            continue;
        }
        let Object { noun, identity, fields: _ } = other.1;
        let message = format!(
            "the environments `{}` and `{}` share a tenant and want different `{field}` of the {noun} {identity}",
            one.0, other.0
        );
        let mut diagnostic = Diagnostic::error(Code::DuplicateIdentity, (*origin).clone(), message).with_hint(
            "Give each environment an object of its own, such as `name: … ${environment}`, or say the same in both.",
        );
        if first_origin != origin {
            diagnostic = diagnostic.with_related((*first_origin).clone(), format!("`{}` says it here", one.0));
        }
        problems.push(diagnostic);
    }
}

fn objects(desired: &DesiredState) -> impl Iterator<Item = Object<'_>> {
    let roles = desired.roles.values().filter_map(role);
    let apps = desired.apps.values().filter_map(|entry| app(entry, desired));
    let servers = desired.servers.values().filter_map(|entry| server(entry, desired));
    roles.chain(apps).chain(servers)
}

fn identity(id: &Field<RemoteId>, key: &Field<String>) -> Option<String> {
    match (id, key) {
        (Some(id), _) => Some(id.value.to_string()),
        (None, Some(key)) => Some(format!("`{}`", key.value)),
        (None, None) => None,
    }
}

/// Collects the fields that are said.
struct Fields<'a>(Vec<(&'static str, String, &'a Origin)>);

impl<'a> Fields<'a> {
    fn new<T, E>(entry: &Entry<T, E>, origin: &'a Origin) -> Self {
        let state = if entry.present().is_some() { "present" } else { "absent" };
        Self(vec![("state", state.to_owned(), origin)])
    }

    fn add<T>(&mut self, name: &'static str, field: &'a Field<T>, text: impl FnOnce(&'a T) -> String) {
        if let Some(field) = field {
            self.0.push((name, text(&field.value), &field.origin));
        }
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> String {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    format!("{texts:?}")
}

fn role(entry: &Entry<Role, ()>) -> Option<Object<'_>> {
    // Members are only ever added, so two lists of them never fight.
    let Role { origin, id, renamed_from: _, name, ensure_users: _ } = entry.managed()?;
    let mut fields = Fields::new(entry, origin);
    fields.add("name", name, Clone::clone);
    Some(Object { noun: "role", identity: identity(id, name)?, fields: fields.0 })
}

fn role_identity(desired: &DesiredState, key: &EntryKey) -> String {
    let managed = desired.roles.get(key).and_then(Entry::managed);
    managed.and_then(|role| identity(&role.id, &role.name)).unwrap_or_else(|| key.to_string())
}

fn app_identity(desired: &DesiredState, key: &EntryKey) -> String {
    let managed = desired.apps.get(key).and_then(Entry::managed);
    managed.and_then(|app| identity(&app.id, &app.name)).unwrap_or_else(|| key.to_string())
}

fn app<'a>(entry: &'a Entry<App, ()>, desired: &DesiredState) -> Option<Object<'a>> {
    let App {
        origin,
        id,
        renamed_from: _,
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
        roles,
        connector_id: _,
    } = entry.managed()?;
    let mut fields = Fields::new(entry, origin);
    fields.add("name", name, Clone::clone);
    fields.add("description", description, Clone::clone);
    fields.add("notes", notes, Clone::clone);
    fields.add("visible", visible, bool::to_string);
    fields.add("application_type", application_type, |value| value.as_str().to_owned());
    fields.add("token_endpoint_auth_method", token_endpoint_auth_method, |value| value.as_str().to_owned());
    fields.add("redirect_uris", redirect_uris, |uris| sorted(uris.iter().cloned()));
    fields.add("post_logout_redirect_uris", post_logout_redirect_uris, |uris| sorted(uris.iter().cloned()));
    fields.add("login_url", login_url, Clone::clone);
    fields.add("access_token_expiration_minutes", access_token_expiration_minutes, u32::to_string);
    fields.add("refresh_token_expiration_minutes", refresh_token_expiration_minutes, u32::to_string);
    fields.add("roles", roles, |roles| sorted(roles.iter().map(|role| role_identity(desired, &role.value))));
    Some(Object { noun: "OIDC app", identity: identity(id, name)?, fields: fields.0 })
}

fn server<'a, E>(entry: &'a Entry<Server, E>, desired: &DesiredState) -> Option<Object<'a>> {
    let Server {
        origin,
        id,
        renamed_from: _,
        name,
        description,
        resource_identifier,
        audiences,
        // Sharing is a statement about the file, not about the account.
        share_audience_with: _,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        scopes,
        inherited_scopes: _,
        claims,
        clients,
        // Says what happens to the rest, not what is wanted; the lists are compared.
        unmanaged: _,
    } = entry.managed()?;
    let mut fields = Fields::new(entry, origin);
    fields.add("name", name, Clone::clone);
    fields.add("description", description, Clone::clone);
    fields.add("resource_identifier", resource_identifier, Clone::clone);
    fields.add("audiences", audiences, |audiences| sorted(audiences.iter().map(|audience| audience.value.clone())));
    fields.add("access_token_expiration_minutes", access_token_expiration_minutes, u32::to_string);
    fields.add("refresh_token_expiration_minutes", refresh_token_expiration_minutes, u32::to_string);
    fields.add("scopes", scopes, |scopes| {
        sorted(scopes.iter().map(|(value, scope)| {
            format!("{value} {:?}", scope.description.as_ref().map(|description| &description.value))
        }))
    });
    fields.add("claims", claims, |claims| {
        sorted(claims.iter().map(|(name, claim)| {
            let source = claim.source.as_ref().map(|source| &source.value);
            format!("{name} {source:?} {:?}", claim.transformation.as_ref().map(|text| &text.value))
        }))
    });
    fields.add("clients", clients, |clients| {
        sorted(clients.iter().map(|(app, scopes)| {
            let scopes = sorted(scopes.value.iter().map(|scope| scope.value.to_string()));
            format!("{} {scopes}", app_identity(desired, app))
        }))
    });
    let key = if resource_identifier.is_some() { resource_identifier } else { name };
    Some(Object { noun: "authorization server", identity: identity(id, key)?, fields: fields.0 })
}
