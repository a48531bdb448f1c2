//! Whether what was read back is what was written.

use super::FieldView;
use super::fields::source_value;
use crate::model::{
    AppPatch, ClaimPatch, LiveApp, LiveClaim, LiveClient, LiveRole, LiveScope, LiveServer, NewApp, NewClaim, NewScope,
    NewServer, RemoteId, ScopePatch, ServerPatch, text,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Collects the fields that differ; what was not written is not looked at.
#[derive(Default)]
struct Differences(Vec<FieldView>);

impl Differences {
    fn push(&mut self, path: &'static str, desired: Value, live: Value) {
        self.0.push(FieldView { path: path.into(), plan: None, live: Some(live), desired: Some(desired) });
    }

    /// Compares texts by meaning; null and empty are the same.
    fn text(&mut self, path: &'static str, desired: Option<&String>, live: Option<&String>) {
        let Some(desired) = desired else { return };
        if !text::is_same(desired, live.map_or("", String::as_str)) {
            self.push(path, json!(desired), json!(live));
        }
    }

    fn set(&mut self, path: &'static str, desired: Option<&Vec<String>>, live: &[String]) {
        let Some(desired) = desired else { return };
        if desired.iter().collect::<BTreeSet<_>>() != live.iter().collect::<BTreeSet<_>>() {
            self.push(path, json!(desired), json!(live));
        }
    }

    fn minutes(&mut self, path: &'static str, desired: Option<u32>, live: Option<u64>) {
        let Some(desired) = desired else { return };
        if live != Some(u64::from(desired)) {
            self.push(path, json!(desired), json!(live));
        }
    }

    fn word(&mut self, path: &'static str, desired: Option<&str>, live: &str) {
        let Some(desired) = desired else { return };
        if desired != live {
            self.push(path, json!(desired), json!(live));
        }
    }
}

/// Returns the fields of a server that are not as they were set.
pub fn server(patch: &ServerPatch, live: &LiveServer) -> Vec<FieldView> {
    let ServerPatch {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = patch;
    let mut found = Differences::default();
    found.text("name", name.as_ref(), Some(&live.name));
    found.text("description", description.as_ref(), live.description.as_ref());
    found.word("resource_identifier", resource_identifier.as_deref(), &live.resource_identifier);
    found.set("audiences", audiences.as_ref(), &live.audiences);
    found.minutes(
        "access_token_expiration_minutes",
        *access_token_expiration_minutes,
        live.access_token_expiration_minutes,
    );
    found.minutes(
        "refresh_token_expiration_minutes",
        *refresh_token_expiration_minutes,
        live.refresh_token_expiration_minutes,
    );
    found.0
}

/// Returns the patch that a new server amounts to.
pub fn server_made(new: &NewServer) -> ServerPatch {
    let NewServer {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = new.clone();
    ServerPatch {
        name: Some(name),
        description: Some(description),
        resource_identifier: Some(resource_identifier),
        audiences: Some(audiences),
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    }
}

/// Returns the fields of a scope that are not as they were set.
pub fn scope(patch: &ScopePatch, live: &LiveScope) -> Vec<FieldView> {
    let ScopePatch { value, description } = patch;
    let mut found = Differences::default();
    found.word("value", value.as_ref().map(|value| value.as_str()), live.value.as_str());
    found.text("description", description.as_ref(), live.description.as_ref());
    found.0
}

/// Returns the patch that a new scope amounts to.
pub fn scope_made(new: &NewScope) -> ScopePatch {
    let NewScope { value, description } = new.clone();
    ScopePatch { value: Some(value), description: Some(description) }
}

/// Returns the fields of a claim that are not as they were set.
pub fn claim(patch: &ClaimPatch, live: &LiveClaim) -> Vec<FieldView> {
    let ClaimPatch { name, source, transformation } = patch;
    let mut found = Differences::default();
    found.word("name", name.as_ref().map(|name| name.as_str()), live.name.as_str());
    if let Some(source) = source
        && live.source.as_ref() != Some(source)
    {
        found.push("source", source_value(source), live.source.as_ref().map_or(Value::Null, source_value));
    }
    found.text("transformation", transformation.as_ref(), live.transformation.as_ref());
    found.0
}

/// Returns the patch that a new claim amounts to.
pub fn claim_made(new: &NewClaim) -> ClaimPatch {
    let NewClaim { name, source, transformation } = new.clone();
    ClaimPatch { name: Some(name), source: Some(source), transformation }
}

/// Returns the scopes of a binding, if they are not as they were set.
pub fn client(scopes: &BTreeSet<RemoteId>, live: &LiveClient) -> Vec<FieldView> {
    let held: BTreeSet<RemoteId> = live.scopes.iter().map(|scope| scope.id).collect();
    let mut found = Differences::default();
    if *scopes != held {
        let ids = |ids: &BTreeSet<RemoteId>| ids.iter().map(|id| format!("id {id}")).collect::<Vec<_>>();
        found.push("scopes", json!(ids(scopes)), json!(ids(&held)));
    }
    found.0
}

/// Returns the fields of an app that are not as they were set.
pub fn app(patch: &AppPatch, roles: Option<&BTreeSet<RemoteId>>, live: &LiveApp) -> Vec<FieldView> {
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
    let mut found = Differences::default();
    found.text("name", name.as_ref(), Some(&live.name));
    found.text("description", description.as_ref(), live.description.as_ref());
    found.text("notes", notes.as_ref(), live.notes.as_ref());
    if let Some(visible) = visible
        && *visible != live.visible
    {
        found.push("visible", json!(visible), json!(live.visible));
    }
    found.word("application_type", application_type.map(|kind| kind.as_str()), live.application_type.as_str());
    found.word(
        "token_endpoint_auth_method",
        token_endpoint_auth_method.map(|method| method.as_str()),
        live.token_endpoint_auth_method.as_str(),
    );
    found.set("redirect_uris", redirect_uris.as_ref(), &live.redirect_uris);
    found.set("post_logout_redirect_uris", post_logout_redirect_uris.as_ref(), &live.post_logout_redirect_uris);
    found.text("login_url", login_url.as_ref(), live.login_url.as_ref());
    found.minutes(
        "access_token_expiration_minutes",
        *access_token_expiration_minutes,
        live.access_token_expiration_minutes,
    );
    found.minutes(
        "refresh_token_expiration_minutes",
        *refresh_token_expiration_minutes,
        live.refresh_token_expiration_minutes,
    );
    if let Some(roles) = roles
        && *roles != live.role_ids
    {
        let ids = |ids: &BTreeSet<RemoteId>| ids.iter().map(|id| format!("id {id}")).collect::<Vec<_>>();
        found.push("roles", json!(ids(roles)), json!(ids(&live.role_ids)));
    }
    found.0
}

/// Returns the patch that a new app amounts to; the connector cannot be changed, and is OneLogin's to name.
pub fn app_made(new: &NewApp) -> AppPatch {
    let NewApp {
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
        connector_id: _,
    } = new.clone();
    AppPatch {
        name: Some(name),
        description,
        notes,
        visible,
        application_type: Some(application_type),
        token_endpoint_auth_method: Some(token_endpoint_auth_method),
        redirect_uris: Some(redirect_uris),
        post_logout_redirect_uris,
        login_url,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    }
}

/// Returns the name of a role, if it is not as it was set.
pub fn role_name(name: Option<&String>, live: &LiveRole) -> Vec<FieldView> {
    let mut found = Differences::default();
    found.text("name", name, Some(&live.name));
    found.0
}

/// Says which users were to be members and are not.
pub(super) fn members(wanted: &[RemoteId], live: &BTreeSet<RemoteId>) -> Vec<FieldView> {
    let missing: Vec<String> = wanted.iter().filter(|id| !live.contains(id)).map(|id| format!("id {id}")).collect();
    let mut found = Differences::default();
    if !missing.is_empty() {
        found.push("ensure_users", json!(missing), json!([]));
    }
    found.0
}

#[cfg(test)]
mod tests {
    use super::{claim, client, members, scope, server, server_made};
    use crate::execute::FieldView;
    use crate::model::{
        ClaimName, ClaimPatch, ClaimSource, LiveClaim, LiveClient, LiveClientScope, LiveScope, LiveServer, NewServer,
        RawObject, RemoteId, ScopePatch, ScopeValue,
    };
    use std::collections::BTreeSet;

    fn paths(views: &[FieldView]) -> Vec<&str> {
        views.iter().map(|view| view.path.as_ref()).collect()
    }

    #[test]
    fn a_server_is_compared_by_meaning() {
        let new = NewServer {
            name: "R&D".to_owned(),
            description: String::new(),
            resource_identifier: "https://a".to_owned(),
            audiences: vec!["b".to_owned(), "a".to_owned()],
            access_token_expiration_minutes: Some(10),
            refresh_token_expiration_minutes: None,
        };
        let live = LiveServer {
            id: RemoteId(1),
            name: "R&amp;D".to_owned(),
            description: None,
            resource_identifier: "https://a".to_owned(),
            audiences: vec!["a".to_owned(), "b".to_owned()],
            access_token_expiration_minutes: Some(10),
            refresh_token_expiration_minutes: Some(99),
            built_in: false,
            raw: RawObject::default(),
            scopes: None,
            claims: None,
            clients: None,
        };
        let patch = server_made(&new);
        assert_eq!(paths(&server(&patch, &live)), [""; 0]);
        let moved = LiveServer {
            audiences: vec!["a".to_owned()],
            access_token_expiration_minutes: None,
            resource_identifier: "https://A".to_owned(),
            ..live
        };
        assert_eq!(
            paths(&server(&patch, &moved)),
            ["resource_identifier", "audiences", "access_token_expiration_minutes"]
        );
    }

    #[test]
    fn children_are_compared_in_what_was_written() {
        let live = LiveScope {
            id: RemoteId(1),
            value: ScopeValue::new("a"),
            description: Some("old".to_owned()),
            inherited: false,
            raw: RawObject::default(),
        };
        let value = ScopePatch { value: Some(ScopeValue::new("a")), description: None };
        assert_eq!(paths(&scope(&value, &live)), [""; 0]);
        let both = ScopePatch { value: Some(ScopeValue::new("b")), description: Some("new".to_owned()) };
        assert_eq!(paths(&scope(&both, &live)), ["value", "description"]);

        let live = LiveClaim {
            id: RemoteId(1),
            name: ClaimName::new("email"),
            source: Some(ClaimSource::UserAttribute("email".to_owned())),
            transformation: None,
            inherited: false,
            raw: RawObject::default(),
        };
        let same = ClaimPatch { name: None, source: live.source.clone(), transformation: Some(String::new()) };
        assert_eq!(paths(&claim(&same, &live)), [""; 0]);
        let other = ClaimPatch { source: Some(ClaimSource::Macro("email".to_owned())), ..same };
        assert_eq!(paths(&claim(&other, &live)), ["source"]);
    }

    #[test]
    fn grants_and_members_are_sets() {
        let granted = |id: u64| LiveClientScope { value: ScopeValue::new(format!("s{id}")), id: RemoteId(id) };
        let live = LiveClient { app_id: RemoteId(9), app_name: String::new(), scopes: vec![granted(2), granted(1)] };
        let ids = |ids: &[u64]| ids.iter().map(|id| RemoteId(*id)).collect::<BTreeSet<_>>();
        assert_eq!(paths(&client(&ids(&[1, 2]), &live)), [""; 0]);
        assert_eq!(paths(&client(&ids(&[1]), &live)), ["scopes"]);
        assert_eq!(paths(&members(&[RemoteId(1)], &ids(&[1, 2]))), [""; 0]);
        assert_eq!(paths(&members(&[RemoteId(1), RemoteId(3)], &ids(&[1, 2]))), ["ensure_users"]);
    }
}
