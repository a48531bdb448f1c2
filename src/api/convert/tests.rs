//! What is written comes back as it was meant, and what is not changed goes back as it was.

use super::{app, claim, scope, server};
use crate::model::{
    AppPatch, ApplicationType, ClaimName, ClaimPatch, ClaimSource, LiveApp, NewApp, NewClaim, NewScope, NewServer,
    RemoteId, ScopePatch, ScopeValue, ServerPatch, TokenEndpointAuthMethod, text,
};
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Texts with what OneLogin may escape, and line breaks.
fn texts() -> impl Strategy<Value = String> {
    "[a-zA-Zé&<>;\"' \n]{0,12}"
}

fn uris() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("https://[a-z]{1,6}/[a-z?=&]{0,6}", 0..4)
}

fn new_servers() -> impl Strategy<Value = NewServer> {
    (texts(), texts(), texts(), uris(), of(1..9999_u32), of(1..9999_u32)).prop_map(
        |(name, description, resource_identifier, audiences, access, refresh)| NewServer {
            name,
            description,
            resource_identifier,
            audiences,
            access_token_expiration_minutes: access,
            refresh_token_expiration_minutes: refresh,
        },
    )
}

fn sources() -> impl Strategy<Value = ClaimSource> {
    prop_oneof![
        "[a-z]{1,8}".prop_map(ClaimSource::UserAttribute),
        "[a-z_]{1,8}".prop_map(ClaimSource::CustomAttribute),
        texts().prop_map(ClaimSource::Macro),
    ]
}

fn new_apps() -> impl Strategy<Value = NewApp> {
    let types = prop_oneof![Just(ApplicationType::Web), Just(ApplicationType::Native)];
    let methods = prop_oneof![
        Just(TokenEndpointAuthMethod::Basic),
        Just(TokenEndpointAuthMethod::Post),
        Just(TokenEndpointAuthMethod::None)
    ];
    let words = (texts(), of(texts()), of(texts()), of(texts()));
    let rest = (of(any::<bool>()), types, methods, uris(), of(uris()), of(1..9999_u32), of(1..9999_u32));
    (words, rest).prop_map(|((name, description, notes, login_url), rest)| {
        let (visible, application_type, token_endpoint_auth_method, redirect_uris, post_logout, access, refresh) = rest;
        NewApp {
            name,
            description,
            notes,
            visible,
            application_type,
            token_endpoint_auth_method,
            redirect_uris,
            post_logout_redirect_uris: post_logout,
            login_url,
            access_token_expiration_minutes: access,
            refresh_token_expiration_minutes: refresh,
            connector_id: None,
        }
    })
}

/// Answers as OneLogin does to what was written: with an id, and with keys of its own.
fn answered(written: impl serde::Serialize, own: Value) -> Value {
    let mut answer: Map<String, Value> = serde_json::from_value(serde_json::to_value(written).unwrap()).unwrap();
    answer.extend(own.as_object().unwrap().clone());
    answer.into()
}

/// Leaves the zeros out, as OneLogin may.
fn without_zeros(mut app: Value) -> Value {
    if let Some(configuration) = app.get_mut("configuration").and_then(Value::as_object_mut) {
        configuration.retain(|_, value| *value != json!(0));
    }
    app
}

proptest! {
    #[test]
    fn servers_come_back(new in new_servers()) {
        let own = json!({"id": 5, "onelogin": false, "created_at": "2020"});
        let live = server::from_wire(answered(server::to_wire(&new), own)).unwrap();
        prop_assert_eq!(&live.name, &new.name);
        prop_assert_eq!(live.description.as_deref(), Some(new.description.as_str()));
        prop_assert_eq!(&live.resource_identifier, &new.resource_identifier);
        prop_assert_eq!(&live.audiences, &new.audiences);
        let minutes = new.access_token_expiration_minutes.map(u64::from);
        prop_assert_eq!(live.access_token_expiration_minutes, minutes);
        let minutes = new.refresh_token_expiration_minutes.map(u64::from);
        prop_assert_eq!(live.refresh_token_expiration_minutes, minutes);

        let again = server::from_wire(answered(server::patched(&live, &ServerPatch::default()), json!({"id": 5}))).unwrap();
        prop_assert!(text::is_same(&again.name, &live.name));
        prop_assert!(!again.raw.0.contains_key("onelogin") && !again.raw.0.contains_key("created_at"));
        prop_assert_eq!(again.raw.0.get("configuration"), live.raw.0.get("configuration"));
    }

    #[test]
    fn scopes_come_back(value in "[a-z:.]{1,12}", description in texts()) {
        let new = NewScope { value: ScopeValue::new(value), description };
        let live = scope::from_wire(answered(scope::to_wire(&new), json!({"id": 6, "inherited": true}))).unwrap();
        prop_assert_eq!(&live.value, &new.value);
        prop_assert_eq!(live.description.as_deref(), Some(new.description.as_str()));
        prop_assert!(live.inherited);
        let again = scope::patched(&live, &ScopePatch::default());
        prop_assert_eq!(again.get("value"), live.raw.0.get("value"));
        prop_assert_eq!(again.len(), 2);
    }

    #[test]
    fn claims_come_back(name in "[a-z]{1,8}", source in sources(), transformation in of("[a-z_]{1,8}")) {
        let new = NewClaim { name: ClaimName::new(name), source, transformation };
        let live = claim::from_wire(answered(claim::to_wire(&new), json!({"id": 7, "label": "x"}))).unwrap();
        prop_assert_eq!(&live.name, &new.name);
        prop_assert_eq!(live.source.as_ref(), Some(&new.source));
        prop_assert_eq!(&live.transformation, &new.transformation);
        prop_assert_eq!(claim::patched(&live, &ClaimPatch::default()), claim::to_wire(&new));
    }

    #[test]
    fn apps_come_back(new in new_apps(), roles in prop::collection::btree_set(1..99_u64, 0..3), zeros in any::<bool>()) {
        let roles: BTreeSet<RemoteId> = roles.into_iter().map(RemoteId).collect();
        let written = app::to_wire(&new, RemoteId(108_419), &roles);
        let mut own = json!({"id": 9, "sso": {"client_id": "c"}});
        if new.visible.is_none() {
            own["visible"] = true.into();
        }
        if roles.is_empty() {
            own["role_ids"] = json!([]);
        }
        let answer = answered(written, own);
        let answer = if zeros { answer } else { without_zeros(answer) };
        let live: LiveApp = app::from_wire(serde_json::from_value(answer).unwrap()).unwrap();
        prop_assert_eq!(&live.name, &new.name);
        prop_assert_eq!(&live.description, &new.description);
        prop_assert_eq!(&live.notes, &new.notes);
        prop_assert_eq!(live.visible, new.visible.unwrap_or(true));
        prop_assert_eq!(live.application_type, new.application_type);
        prop_assert_eq!(live.token_endpoint_auth_method, new.token_endpoint_auth_method);
        prop_assert_eq!(&live.redirect_uris, &new.redirect_uris);
        prop_assert_eq!(&live.post_logout_redirect_uris, &new.post_logout_redirect_uris.unwrap_or_default());
        prop_assert_eq!(&live.login_url, &new.login_url);
        prop_assert_eq!(live.access_token_expiration_minutes, new.access_token_expiration_minutes.map(u64::from));
        prop_assert_eq!(live.refresh_token_expiration_minutes, new.refresh_token_expiration_minutes.map(u64::from));
        prop_assert_eq!(live.role_ids, roles);
        prop_assert_eq!(live.connector_id, Some(RemoteId(108_419)));
        prop_assert_eq!(live.client_id.as_deref(), Some("c"));
    }
}

#[test]
fn an_empty_patch_of_an_app_is_an_empty_body() {
    let body = serde_json::to_value(app::patched(&AppPatch::default(), None)).unwrap();
    assert_eq!(body, json!({}));
}

#[test]
fn redirect_uris_are_read_in_every_form() {
    let check = |uris: Value, expected: &[&str]| {
        let configuration = json!({"redirect_uri": uris, "login_url": null});
        let answer = json!({"id": 1, "name": "n", "visible": true, "role_ids": null, "configuration": configuration});
        let live = app::from_wire(serde_json::from_value(answer).unwrap()).unwrap();
        assert_eq!(live.redirect_uris, expected, "{uris}");
    };
    check(json!("https://a\nhttps://b"), &["https://a", "https://b"]);
    check(json!("https://a\r\n https://b ,\n"), &["https://a", "https://b"]);
    check(json!("https://a,https://b"), &["https://a", "https://b"]);
    check(json!(["https://a", "https://b"]), &["https://a", "https://b"]);
    check(json!(""), &[]);
    check(json!(null), &[]);
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let check = |configuration: Value, expected: &str| {
        let answer = json!({"id": 1, "name": "n", "visible": true, "role_ids": [], "configuration": configuration});
        let error = app::from_wire(serde_json::from_value(answer).unwrap()).unwrap_err();
        assert_eq!(error.0, expected);
    };
    check(json!({"oidc_application_type": 2}), "app 1 has the unknown `oidc_application_type` 2");
    check(json!({"token_endpoint_auth_method": 3}), "app 1 has the unknown `token_endpoint_auth_method` 3");

    let check = |server: Value, expected: Result<bool, &str>| {
        let read = server::from_wire(server).map(|live| live.built_in).map_err(|mismatch| mismatch.0);
        assert_eq!(read, expected.map_err(str::to_owned));
    };
    check(json!({"id": 1, "name": "n"}), Err("server 1 has no `configuration.resource_identifier`"));
    check(
        json!({"id": 1, "name": "n", "configuration": {"resource_identifier": "r"}}),
        Err("server 1 has no `configuration.audiences`"),
    );
    check(json!({"id": 1, "name": "n", "onelogin": true}), Ok(true));
    check(
        json!({"id": 1, "name": "n", "onelogin": null, "configuration": {"resource_identifier": "r", "audiences": []}}),
        Ok(false),
    );
    check(json!([]), Err("an object was expected"));
}
