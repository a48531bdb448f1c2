//! What an environment says, field by field.

use crate::diagnostic::{Origin, Sourced};
use crate::model::{
    Address, App, Claim, ClientIdCheck, ClientRef, DesiredState, Entry, EntryKey, Expectation, External, ExternalBy,
    ExternalServer, Field, Policy, Probe, ProbeMethod, ProbeUser, Role, Route, Scope, Server, ServerRename, Unmanaged,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a field says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Said {
    /// The value in the words of the file; sorted where order means nothing.
    pub(super) value: Value,
    /// Where it stands; empty: where another field stands, or nowhere.
    pub(super) places: Vec<Origin>,
}

/// The fields of one thing by path.
///
/// Shape: what the file does not say is left out.
pub(super) type Fields = BTreeMap<&'static str, Said>;

/// Returns everything an environment says, by address.
pub(super) fn fields(desired: &DesiredState) -> BTreeMap<Address, Fields> {
    let DesiredState {
        tenant: _,        // It has no address, and is compared apart.
        environment: _,   // Differs by definition.
        config_digest: _, // Follows from the rest.
        roles,
        apps,
        servers,
        policies,
        replaces: _, // Said by no file.
        notes: _,    // Change nothing.
    } = desired;
    let mut found = BTreeMap::new();
    for (key, entry) in roles {
        found.insert(Address::Role(key.clone()), of_entry(entry, "name", of_role, |()| Fields::new()));
    }
    for (key, entry) in apps {
        found.insert(Address::OidcApp(key.clone()), of_entry(entry, "name", of_app, |()| Fields::new()));
    }
    for (key, entry) in servers {
        found.insert(
            Address::Server(key.clone()),
            of_entry(entry, "resource_identifier", of_server, of_external_server),
        );
        if let Some(server) = entry.present() {
            add_children(key, server, &mut found);
        }
    }
    for (key, policy) in policies {
        found.insert(Address::Policy(key.clone()), of_policy(policy));
    }
    found
}

/// `identity` is what an external entry is found by where it has no id.
fn of_entry<T, E>(entry: &Entry<T, E>, identity: &str, of: fn(&T) -> Fields, declared: fn(&E) -> Fields) -> Fields {
    match entry {
        Entry::Present(value) => of(value),
        Entry::Absent(value) => {
            let mut fields = of(value);
            fields.insert("state", Said { value: json!("absent"), places: Vec::new() });
            fields
        }
        Entry::External(External { origin: _, by, declared: said }) => {
            let by = match by {
                ExternalBy::Id(id) => json!({ "id": id.0 }),
                ExternalBy::Name(name) => json!({ identity: name }),
            };
            let mut fields = declared(said);
            fields.insert("external", Said { value: by, places: Vec::new() });
            fields
        }
    }
}

/// Adds fields as the file gives them.
trait Add {
    /// Adds a field, if the file says it.
    fn add<T>(&mut self, path: &'static str, field: &Field<T>, value: impl FnOnce(&T) -> Value);

    /// Adds a list whose order means nothing, and the places of its items.
    fn add_items<T>(&mut self, path: &'static str, items: &[Sourced<T>], text: impl Fn(&T) -> &str);

    /// Adds what stands at a place.
    fn put(&mut self, path: &'static str, value: Value, places: Vec<Origin>);
}

impl Add for Fields {
    fn add<T>(&mut self, path: &'static str, field: &Field<T>, value: impl FnOnce(&T) -> Value) {
        if let Some(field) = field {
            self.put(path, value(&field.value), vec![field.origin.clone()]);
        }
    }

    fn add_items<T>(&mut self, path: &'static str, items: &[Sourced<T>], text: impl Fn(&T) -> &str) {
        if !items.is_empty() {
            let places = items.iter().map(|item| item.origin.clone()).collect();
            self.put(path, set(items.iter().map(|item| text(&item.value))), places);
        }
    }

    fn put(&mut self, path: &'static str, value: Value, places: Vec<Origin>) {
        self.insert(path, Said { value, places });
    }
}

fn text(value: &String) -> Value {
    json!(value)
}

fn set<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    let mut items: Vec<&str> = items.collect();
    items.sort_unstable();
    json!(items)
}

fn of_role(role: &Role) -> Fields {
    let Role { origin: _, id, renamed_from, name, ensure_users } = role;
    let mut fields = Fields::new();
    fields.add("id", id, |id| json!(id.0));
    fields.add("renamed_from", renamed_from, text);
    fields.add("name", name, text);
    fields.add("ensure_users", ensure_users, |users| set(users.iter().map(|user| user.value.as_str())));
    fields
}

fn of_app(app: &App) -> Fields {
    let App {
        origin: _,
        id,
        renamed_from,
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
        connector_id,
    } = app;
    let mut fields = Fields::new();
    fields.add("id", id, |id| json!(id.0));
    fields.add("renamed_from", renamed_from, text);
    fields.add("name", name, text);
    fields.add("description", description, text);
    fields.add("notes", notes, text);
    fields.add("visible", visible, |visible| json!(visible));
    fields.add("application_type", application_type, |kind| json!(kind.as_str()));
    fields.add("token_endpoint_auth_method", token_endpoint_auth_method, |method| json!(method.as_str()));
    fields.add("redirect_uris", redirect_uris, |uris| set(uris.iter().map(String::as_str)));
    fields.add("post_logout_redirect_uris", post_logout_redirect_uris, |uris| set(uris.iter().map(String::as_str)));
    fields.add("login_url", login_url, text);
    fields.add("access_token_expiration_minutes", access_token_expiration_minutes, |minutes| json!(minutes));
    fields.add("refresh_token_expiration_minutes", refresh_token_expiration_minutes, |minutes| json!(minutes));
    if let Some(Sourced { value: roles, origin }) = roles {
        // With the places of its items: `only:` leaves some out.
        let places = [origin].into_iter().chain(roles.iter().map(|role| &role.origin)).cloned().collect();
        fields.put("roles", set(roles.iter().map(|role| role.value.as_str())), places);
    }
    fields.add("connector_id", connector_id, |id| json!(id.0));
    fields
}

fn of_server(server: &Server) -> Fields {
    let Server {
        origin: _,
        id,
        renamed_from,
        name,
        description,
        resource_identifier,
        audiences,
        share_audience_with,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        scopes: _, // Have addresses of their own, as have claims and clients.
        inherited_scopes,
        claims: _,
        clients: _,
        unmanaged,
    } = server;
    let mut fields = Fields::new();
    fields.add("id", id, |id| json!(id.0));
    fields.add("renamed_from", renamed_from, |old| match old {
        ServerRename::Name(name) => json!({ "name": name }),
        ServerRename::ResourceIdentifier(identifier) => json!({ "resource_identifier": identifier }),
    });
    fields.add("name", name, text);
    fields.add("description", description, text);
    fields.add("resource_identifier", resource_identifier, text);
    fields.add("audiences", audiences, |audiences| set(audiences.iter().map(|audience| audience.value.as_str())));
    fields.add_items("share_audience_with", share_audience_with, EntryKey::as_str);
    fields.add("access_token_expiration_minutes", access_token_expiration_minutes, |minutes| json!(minutes));
    fields.add("refresh_token_expiration_minutes", refresh_token_expiration_minutes, |minutes| json!(minutes));
    fields.add_items("inherited_scopes", inherited_scopes, |scope| scope.as_str());
    match unmanaged {
        Unmanaged::Delete => {}
        Unmanaged::Keep => fields.put("unmanaged", json!("keep"), Vec::new()),
    }
    fields
}

fn of_external_server(declared: &ExternalServer) -> Fields {
    let ExternalServer { audiences, scopes } = declared;
    let mut fields = Fields::new();
    if let Some(audiences) = audiences {
        fields.add_items("audiences", audiences, String::as_str);
    }
    if let Some(scopes) = scopes {
        fields.put("scopes", set(scopes.iter().map(|scope| scope.as_str())), Vec::new());
    }
    fields
}

fn add_children(key: &EntryKey, server: &Server, found: &mut BTreeMap<Address, Fields>) {
    for (value, scope) in server.scopes.iter().flat_map(|scopes| &scopes.value) {
        let Scope { origin: _, description, renamed_from } = scope;
        let mut fields = Fields::new();
        fields.add("description", description, text);
        fields.add("renamed_from", renamed_from, |old| json!(old.as_str()));
        found.insert(Address::Scope(key.clone(), value.clone()), fields);
    }
    for (name, claim) in server.claims.iter().flat_map(|claims| &claims.value) {
        let Claim { origin: _, source, transformation, renamed_from } = claim;
        let mut fields = Fields::new();
        fields.add("source", source, |source| {
            let (mapping, template) = source.to_mapping();
            json!(template.unwrap_or(mapping))
        });
        fields.add("transformation", transformation, text);
        fields.add("renamed_from", renamed_from, |old| json!(old.as_str()));
        found.insert(Address::Claim(key.clone(), name.clone()), fields);
    }
    for (client, scopes) in server.clients.iter().flat_map(|clients| &clients.value) {
        let mut fields = Fields::new();
        let value = set(scopes.value.iter().map(|scope| scope.value.as_str()));
        fields.put("scopes", value, vec![scopes.origin.clone()]);
        found.insert(Address::Client(key.clone(), ClientRef::Key(client.clone())), fields);
    }
}

fn of_policy(policy: &Policy) -> Fields {
    let Policy {
        origin: _,
        authorization_server,
        require_scopes,
        require_any_scope,
        require_claims,
        audiences,
        jwks_ttl_minutes,
        client_id,
        routes,
        open,
        output,
        probes,
        gateway: _, // What only one gateway takes is seen in the file that is rendered for it.
    } = policy;
    let mut fields = Fields::new();
    let server = json!(authorization_server.value.as_str());
    fields.put("authorization_server", server, vec![authorization_server.origin.clone()]);
    fields.add_items("require_scopes", require_scopes, |scope| scope.as_str());
    fields.add_items("require_any_scope", require_any_scope, |scope| scope.as_str());
    if !require_claims.is_empty() {
        let claims = require_claims.iter();
        let claims: Map<String, Value> =
            claims.map(|(name, values)| (name.to_string(), set(values.value.iter().map(String::as_str)))).collect();
        let places = require_claims.values().map(|values| values.origin.clone()).collect();
        fields.put("require_claims", claims.into(), places);
    }
    if let Some(audiences) = audiences {
        fields.add_items("audiences", audiences, String::as_str);
    }
    fields.add("jwks_ttl_minutes", jwks_ttl_minutes, |minutes| json!(minutes));
    if let ClientIdCheck::Claim(name) = client_id {
        fields.put("client_id", json!(name.as_str()), Vec::new());
    }
    if !routes.is_empty() {
        let places = routes.iter().map(|route| route.origin.clone()).collect();
        let shown = routes.iter().map(|Sourced { value: Route { methods, path }, origin: _ }| {
            if methods.is_empty() { json!({ "path": path }) } else { json!({ "methods": methods, "path": path }) }
        });
        fields.put("routes", shown.collect(), places);
    }
    if *open {
        fields.put("open", json!(true), Vec::new());
    }
    fields.put("output", json!(output.value), vec![output.origin.clone()]);
    if !probes.is_empty() {
        fields.put("probe", probes.iter().map(of_probe).collect(), probes.iter().flat_map(places_of_probe).collect());
    }
    fields
}

fn of_probe(probe: &Probe) -> Value {
    let Probe { origin: _, url, client, method, user, client_secret_env, expect } = probe;
    let Expectation { no_token, accepted, refused } = expect;
    let mut shown = Map::new();
    let mut add = |key: &str, value: Value| {
        if !value.is_null() {
            shown.insert(key.to_owned(), value);
        }
    };
    add("url", json!(url.value.as_str()));
    add("client", json!(client.value.as_str()));
    match method {
        ProbeMethod::Get => {}
        ProbeMethod::Head => add("method", json!("HEAD")),
    }
    if let Some(ProbeUser { name, password_env }) = user {
        add("user", json!({ "name": name.value, "password_env": password_env.value }));
    }
    add("client_secret_env", json!(client_secret_env.as_ref().map(|name| &name.value)));
    add("expect.no_token", json!(no_token));
    add("expect.accepted", json!(accepted));
    add("expect.refused", json!(refused));
    shown.into()
}

fn places_of_probe(probe: &Probe) -> Vec<Origin> {
    let Probe { origin: _, url, client, method: _, user, client_secret_env, expect: _ } = probe;
    let user = user.iter().flat_map(|user| [&user.name.origin, &user.password_env.origin]);
    let secret = client_secret_env.iter().map(|name| &name.origin);
    [&url.origin, &client.origin].into_iter().chain(user).chain(secret).cloned().collect()
}
