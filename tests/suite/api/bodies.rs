//! What writes send.

use super::responder::{Reply, Responder};
use gatewright::api::{Reader, Writer};
use gatewright::model::{
    AppPatch, ApplicationType, ClaimName, ClaimPatch, ClaimSource, NewApp, NewClaim, NewScope, NewServer, RemoteId,
    ScopePatch, ScopeValue, ServerPatch, TokenEndpointAuthMethod,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SERVER: &str = r#"{"id":5,"name":"R&amp;D","description":null,"onelogin":false,"connector_id":123215,"future":1,
    "configuration":{"resource_identifier":"https://r","audiences":["a"],"access_token_expiration_minutes":0,
    "refresh_token_expiration_minutes":null,"later":true}}"#;
const SCOPES: &str = r#"[{"id":6,"value":"read","description":"a &lt; b","inherited":false,"future":2}]"#;
const CLAIMS: &str = r#"[{"id":7,"label":"mail","name":"mail","user_attribute_mappings":"email",
    "user_attribute_macros":null,"attribute_transformations":"semicolon_separated_list","skip_if_blank":false,
    "values":null,"default_values":null,"provisioned_entitlements":false,"inherited":false}]"#;

/// Starts a host that has one server with children, and takes every write.
fn host() -> Responder {
    Responder::start(|request, _| match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/api/2/api_authorizations/5") => Some(Reply::json(200, SERVER)),
        ("GET", "/api/2/api_authorizations/5/scopes") => Some(Reply::json(200, SCOPES)),
        ("GET", "/api/2/api_authorizations/5/claims") => Some(Reply::json(200, CLAIMS)),
        ("POST", "/api/2/api_authorizations/5/clients") => Some(Reply::json(201, r#"{"app_id":9,"api_auth_id":5}"#)),
        ("POST", "/api/2/apps") => {
            Some(Reply::json(201, r#"{"id":11,"sso":{"client_id":"c","client_secret":"hush"}}"#))
        }
        ("POST", "/auth/oauth2/v2/token") | ("GET", _) => None,
        ("DELETE", _) => Some(Reply::json(204, "")),
        _ => Some(Reply::json(200, r#"{"id":11}"#)),
    })
}

fn check(host: &Responder, line: &str, expected: Value) {
    let seen = host.seen();
    let last = seen.last().unwrap();
    assert_eq!(last.line(), line);
    assert_eq!(serde_json::from_str::<Value>(&last.body).unwrap(), expected, "{line}");
}

#[tokio::test]
async fn servers_are_sent_whole() {
    let host = host();
    let writer = Writer::new(Reader::new(host.config()).unwrap());
    let new = NewServer {
        name: "N".into(),
        description: String::new(),
        resource_identifier: "https://n".into(),
        audiences: vec!["z".into(), "a".into()],
        access_token_expiration_minutes: Some(10),
        refresh_token_expiration_minutes: None,
    };
    assert_eq!(writer.create_server(&new).await.unwrap(), RemoteId(11));
    let configuration =
        json!({"resource_identifier": "https://n", "audiences": ["z", "a"], "access_token_expiration_minutes": 10});
    let body = json!({"name": "N", "description": "", "configuration": configuration});
    check(&host, "POST /api/2/api_authorizations", body);

    let live = writer.reader().server(RemoteId(5)).await.unwrap().unwrap();
    let patch = ServerPatch { refresh_token_expiration_minutes: Some(30), ..ServerPatch::default() };
    writer.update_server(&live, &patch).await.unwrap();
    let configuration = json!({"resource_identifier": "https://r", "audiences": ["a"],
        "access_token_expiration_minutes": 0, "refresh_token_expiration_minutes": 30, "later": true});
    let body = json!({"name": "R&D", "description": "", "future": 1, "configuration": configuration});
    check(&host, "PUT /api/2/api_authorizations/5", body);

    let patch = ServerPatch {
        name: Some("A &amp; B".into()),
        description: Some("d".into()),
        resource_identifier: Some("https://q".into()),
        audiences: Some(vec!["b".into()]),
        access_token_expiration_minutes: Some(1),
        refresh_token_expiration_minutes: None,
    };
    writer.update_server(&live, &patch).await.unwrap();
    let configuration = json!({"resource_identifier": "https://q", "audiences": ["b"],
        "access_token_expiration_minutes": 1, "refresh_token_expiration_minutes": null, "later": true});
    let body = json!({"name": "A &amp; B", "description": "d", "future": 1, "configuration": configuration});
    check(&host, "PUT /api/2/api_authorizations/5", body);

    writer.delete_server(RemoteId(5)).await.unwrap();
    assert_eq!(host.lines().last().unwrap(), "DELETE /api/2/api_authorizations/5");
}

#[tokio::test]
async fn scopes_and_claims_are_sent_whole() {
    let host = host();
    let writer = Writer::new(Reader::new(host.config()).unwrap());
    let server = RemoteId(5);
    let new = NewScope { value: ScopeValue::new("w"), description: "W".into() };
    assert_eq!(writer.create_scope(server, &new).await.unwrap(), RemoteId(11));
    check(&host, "POST /api/2/api_authorizations/5/scopes", json!({"value": "w", "description": "W"}));

    let scope = writer.reader().scopes(server).await.unwrap().remove(0);
    let patch = ScopePatch { value: Some(ScopeValue::new("reads")), description: None };
    writer.update_scope(server, &scope, &patch).await.unwrap();
    let body = json!({"value": "reads", "description": "a < b", "future": 2});
    check(&host, "PUT /api/2/api_authorizations/5/scopes/6", body);

    let new = NewClaim {
        name: ClaimName::new("cc"),
        source: ClaimSource::CustomAttribute("costcentre".into()),
        transformation: Some(String::new()),
    };
    assert_eq!(writer.create_claim(server, &new).await.unwrap(), RemoteId(11));
    let body = json!({"name": "cc", "user_attribute_mappings": "custom_attribute_costcentre",
        "user_attribute_macros": null, "attributes_transformations": null});
    check(&host, "POST /api/2/api_authorizations/5/claims", body);

    let claim = writer.reader().claims(server).await.unwrap().remove(0);
    let rest = |mapping: &str, macros: Value, transformation: Value| {
        json!({"name": "mail", "user_attribute_mappings": mapping, "user_attribute_macros": macros,
            "attributes_transformations": transformation, "skip_if_blank": false, "values": null,
            "default_values": null, "provisioned_entitlements": false})
    };
    let line = "PUT /api/2/api_authorizations/5/claims/7";
    let patch = ClaimPatch { source: Some(ClaimSource::Macro("{x}".into())), ..ClaimPatch::default() };
    writer.update_claim(server, &claim, &patch).await.unwrap();
    check(&host, line, rest("_macro_", "{x}".into(), "semicolon_separated_list".into()));
    let patch = ClaimPatch { transformation: Some(String::new()), ..ClaimPatch::default() };
    writer.update_claim(server, &claim, &patch).await.unwrap();
    check(&host, line, rest("email", Value::Null, Value::Null));

    writer.delete_scope(server, scope.id).await.unwrap();
    writer.delete_claim(server, claim.id).await.unwrap();
    let lines = host.lines();
    let deletes: Vec<&String> = lines.iter().filter(|line| line.starts_with("DELETE")).collect();
    assert_eq!(deletes, ["DELETE /api/2/api_authorizations/5/scopes/6", "DELETE /api/2/api_authorizations/5/claims/7"]);
}

#[tokio::test]
async fn bindings_take_scope_ids() {
    let host = host();
    let writer = Writer::new(Reader::new(host.config()).unwrap());
    let (server, app) = (RemoteId(5), RemoteId(9));
    writer.bind_client(server, app, &[RemoteId(6)]).await.unwrap();
    check(&host, "POST /api/2/api_authorizations/5/clients", json!({"app_id": 9, "scopes": [6]}));
    writer.update_client(server, app, &[]).await.unwrap();
    check(&host, "PUT /api/2/api_authorizations/5/clients/9", json!({"scopes": []}));
    writer.unbind_client(server, app).await.unwrap();
    assert_eq!(host.lines().last().unwrap(), "DELETE /api/2/api_authorizations/5/clients/9");
    let error = writer.bind_client(server, RemoteId(8), &[]).await.unwrap_err();
    assert!(error.may_have_run(), "an answer about another app proves nothing: {error:?}");
}

#[tokio::test]
async fn apps_get_their_changed_keys() {
    let host = host();
    let writer = Writer::new(Reader::new(host.config()).unwrap());
    let new = NewApp {
        name: "Web".into(),
        description: None,
        notes: None,
        visible: Some(false),
        application_type: ApplicationType::Web,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Post,
        redirect_uris: vec!["https://b".into(), "https://a".into()],
        post_logout_redirect_uris: None,
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: Some(30),
        connector_id: None,
    };
    let roles = BTreeSet::from([RemoteId(3), RemoteId(2)]);
    let created = writer.create_app(&new, RemoteId(108_419), &roles).await.unwrap();
    assert_eq!((created.id, created.client_id.as_deref()), (RemoteId(11), Some("c")));
    assert_eq!(created.client_secret.as_ref().unwrap().expose_secret(), "hush");
    assert!(!format!("{created:?}").contains("hush"));
    let configuration = json!({"redirect_uri": "https://b\nhttps://a", "oidc_application_type": 0,
        "token_endpoint_auth_method": 1, "refresh_token_expiration_minutes": 30});
    let body = json!({"connector_id": 108_419, "name": "Web", "visible": false, "role_ids": [2, 3],
        "configuration": configuration});
    check(&host, "POST /api/2/apps", body);

    let patch = AppPatch { post_logout_redirect_uris: Some(vec![]), ..AppPatch::default() };
    writer.update_app(RemoteId(9), &patch, Some(&BTreeSet::new())).await.unwrap();
    let body = json!({"role_ids": [], "configuration": {"post_logout_redirect_uri": ""}});
    check(&host, "PUT /api/2/apps/9", body);
    let patch = AppPatch { description: Some(String::new()), ..AppPatch::default() };
    writer.update_app(RemoteId(9), &patch, None).await.unwrap();
    check(&host, "PUT /api/2/apps/9", json!({"description": ""}));
    writer.delete_app(RemoteId(9)).await.unwrap();
    assert_eq!(host.lines().last().unwrap(), "DELETE /api/2/apps/9");
}

#[tokio::test]
async fn roles_take_bare_arrays() {
    let host = host();
    let writer = Writer::new(Reader::new(host.config()).unwrap());
    assert_eq!(writer.create_role("R").await.unwrap(), RemoteId(11));
    check(&host, "POST /api/2/roles", json!({"name": "R"}));
    writer.rename_role(RemoteId(3), "S").await.unwrap();
    check(&host, "PUT /api/2/roles/3", json!({"name": "S"}));
    writer.add_role_members(RemoteId(3), &[RemoteId(7), RemoteId(8)]).await.unwrap();
    check(&host, "POST /api/2/roles/3/users", json!([7, 8]));
    writer.delete_role(RemoteId(3)).await.unwrap();
    assert_eq!(host.lines().last().unwrap(), "DELETE /api/2/roles/3");
}
