//! The OpenID provider: discovery, keys, grants, and what tokens say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright::emulator::Options;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use super::stand::{Reply, Stand, send};

pub(super) const TOKEN: &str = "/oidc/2/token";
pub(super) const ISSUER: &str = "https://acme.onelogin.com/oidc/2";
pub(super) const BASIC: (&str, &str) = ("machine", "machine-secret");
pub(super) const WEB: (&str, &str) = ("web", "web-secret");

/// An account with one API, a machine client, a web client with a role, and a public client.
pub(super) fn seed() -> Value {
    json!({
        "users": [{
            "id": 9, "email": "ann@example.com", "username": "ann", "password": "pw", "firstname": "Ann",
            "lastname": "Lee", "custom_attributes": {"costcentre": "42"}, "roles": ["Testers", "Admins"],
        }],
        "roles": [{"id": 20, "name": "Testers", "apps": ["Web", "Public"]}, {"id": 21, "name": "Admins"}],
        "apps": [
            {"id": 30, "name": "Machine", "client_id": BASIC.0, "client_secret": BASIC.1},
            {"id": 31, "name": "Web", "client_id": WEB.0, "client_secret": WEB.1,
             "configuration": {"token_endpoint_auth_method": 1, "redirect_uri": "https://web/cb\nhttps://web/cb2"}},
            {"id": 32, "name": "Public", "client_id": "public", "configuration": {"token_endpoint_auth_method": 2}},
        ],
        "authorization_servers": [
            {"id": 40, "name": "Contacts",
             "configuration": {"resource_identifier": "https://c/api", "audiences": ["https://c", "https://c2"],
                               "access_token_expiration_minutes": 15},
             "scopes": [{"value": "contacts:read"}, {"value": "contacts:write"}],
             "claims": [
                {"name": "mail", "user_attribute_mappings": "email"},
                {"name": "roles", "user_attribute_mappings": "roles", "attributes_transformations": "semicolon_separated_list"},
                {"name": "display", "user_attribute_mappings": "_macro_", "user_attribute_macros": "{firstname} {lastname}"},
                {"name": "cost_centre", "user_attribute_mappings": "custom_attribute_costcentre"},
                {"name": "absent", "user_attribute_mappings": "department"},
             ],
             "clients": [{"app_id": "Machine", "scopes": ["contacts:read"]},
                         {"app_id": "Web", "scopes": ["contacts:read", "contacts:write"]}]},
            {"id": 41, "name": "Unbound", "configuration": {"resource_identifier": "https://u", "audiences": ["https://u"]}},
        ],
    })
}

pub(super) async fn stand() -> Stand {
    Stand::with(Options { seed: Some(seed()), issuer: Some(ISSUER.to_owned()), ..Options::in_memory() }).await
}

/// Returns a token's header and claims without checking its signature.
pub(super) fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.');
    let mut part = || serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap()).unwrap();
    (part(), part())
}

pub(super) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

async fn machine_token(stand: &Stand, scope: &str) -> Reply {
    let fields = [("grant_type", "client_credentials"), ("resource", "https://c/api"), ("scope", scope)];
    stand.form(TOKEN, Some(BASIC), &fields).await
}

#[tokio::test]
async fn discovery_names_the_issuer_and_its_endpoints() {
    let stand = stand().await;
    let reply = send(stand.http.get(stand.url("/oidc/2/.well-known/openid-configuration"))).await;
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(reply.header("cache-control"), Some("private"));
    let body = reply.json();
    for (key, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/auth"),
        ("token_endpoint", "/token"),
        ("jwks_uri", "/certs"),
        ("userinfo_endpoint", "/me"),
        ("introspection_endpoint", "/token/introspection"),
        ("revocation_endpoint", "/token/revocation"),
        ("end_session_endpoint", "/logout"),
    ] {
        assert_eq!(body[key], format!("{ISSUER}{path}"));
    }
    let own = Stand::start().await;
    let body = send(own.http.get(own.url("/oidc/2/.well-known/openid-configuration"))).await.json();
    assert_eq!(body["issuer"], own.url("/oidc/2"));
}

#[tokio::test]
async fn a_machine_token_is_signed_and_says_what_it_should() {
    let stand = stand().await;
    let reply = machine_token(&stand, "contacts:read").await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let body = reply.json();
    assert_eq!(keys(&body), ["access_token", "expires_in", "token_type", "scope"]);
    assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(900), &json!("Bearer")));
    let token = body["access_token"].as_str().unwrap();

    let set = send(stand.http.get(stand.url("/oidc/2/certs"))).await.json();
    let jwk = &set["keys"][0];
    assert_eq!(keys(jwk), ["kty", "e", "use", "kid", "n", "status"]);
    let (header, claims) = parts(token);
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": jwk["kid"]}));
    assert_eq!(keys(&claims), ["jti", "iss", "iat", "exp", "scope", "aud", "azp"]);
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["aud"], json!(["https://c", "https://c2"]), "the audiences, not the resource identifier");
    assert_eq!(claims["azp"], "machine");
    assert_eq!(claims["scope"], "contacts:read");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);

    let key = DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["https://c2"]);
    validation.set_issuer(&[ISSUER]);
    decode::<Value>(token, &key, &validation).unwrap();
}

#[tokio::test]
async fn a_machine_token_without_resource_is_plain() {
    let stand = stand().await;
    let reply = stand.form(TOKEN, Some(BASIC), &[("grant_type", "client_credentials")]).await;
    let body = reply.json();
    assert_eq!(keys(&body), ["access_token", "expires_in", "token_type"]);
    let (_, claims) = parts(body["access_token"].as_str().unwrap());
    assert_eq!(keys(&claims), ["jti", "iss", "iat", "exp", "aud"]);
    assert_eq!((&claims["aud"], &body["expires_in"]), (&json!("machine"), &json!(600)));
}

const WEB_LOGIN: [(&str, &str); 6] = [
    ("grant_type", "password"),
    ("client_id", WEB.0),
    ("client_secret", WEB.1),
    ("username", "ann@example.com"),
    ("password", "pw"),
    ("resource", "https://c/api"),
];

async fn login(stand: &Stand, changes: &[(&str, &str)]) -> Reply {
    let mut fields: Vec<(&str, &str)> = WEB_LOGIN.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    stand.form(TOKEN, None, &fields).await
}

#[tokio::test]
async fn a_user_token_carries_the_custom_claims() {
    let stand = stand().await;
    let body = login(&stand, &[("scope", "openid profile contacts:write")]).await.json();
    assert_eq!(keys(&body), ["access_token", "expires_in", "id_token", "token_type"]);
    let (_, claims) = parts(body["access_token"].as_str().unwrap());
    assert_eq!(keys(&claims)[..8], ["jti", "sub", "iss", "iat", "exp", "scope", "aud", "azp"]);
    assert_eq!(claims["sub"], "9");
    assert_eq!(claims["scope"], "openid profile contacts:write");
    assert_eq!(claims["mail"], "ann@example.com");
    assert_eq!(claims["roles"], json!(["Admins", "Testers"]));
    assert_eq!(claims["display"], "Ann Lee");
    assert_eq!(claims["cost_centre"], "42");
    assert_eq!(claims.get("absent"), None);
    let (_, identity) = parts(body["id_token"].as_str().unwrap());
    assert_eq!((&identity["aud"], &identity["name"]), (&json!("web"), &json!("Ann Lee")));
    let me = stand.http.get(stand.url("/oidc/2/me")).bearer_auth(body["access_token"].as_str().unwrap());
    let me = send(me).await.json();
    assert_eq!((&me["sub"], &me["email"], &me["given_name"]), (&json!("9"), &json!("ann@example.com"), &json!("Ann")));
    assert!(me["updated_at"].as_i64().unwrap() > 1_000_000_000_000, "milliseconds");
}

#[tokio::test]
async fn logins_that_do_not_fit_are_refused() {
    let stand = stand().await;
    let openid = ("scope", "openid");
    login(&stand, &[openid, ("password", "no")]).await.refuses_oauth(401, "invalid_request", "Authentication Failed");
    let tester = [openid, ("username", "tester@example.com"), ("password", "tester-password")];
    login(&stand, &tester).await.refuses_oauth(401, "invalid_request", "Access is unauthorized");
    assert_eq!(login(&stand, &[("scope", "profile")]).await.status, 400);
    let missing = "missing required parameter(s). (username, password)";
    login(&stand, &[openid, ("username", "")]).await.refuses_oauth(400, "invalid_request", missing);
    let text = "unsupported grant_type requested (magic)";
    login(&stand, &[("grant_type", "magic")]).await.refuses_oauth(400, "unsupported_grant_type", text);
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_only_for_its_client() {
    let stand = stand().await;
    let body = login(&stand, &[("scope", "openid offline_access contacts:read")]).await.json();
    let refresh = body["refresh_token"].as_str().unwrap();
    let ask = async |token: &str| {
        let fields =
            [("grant_type", "refresh_token"), ("client_id", WEB.0), ("client_secret", WEB.1), ("refresh_token", token)];
        stand.form(TOKEN, None, &fields).await
    };
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    stand.form(TOKEN, Some(BASIC), &fields).await.refuses_oauth(400, "invalid_grant", "grant request is invalid");
    let next = ask(refresh).await.json();
    assert_eq!(keys(&next), ["access_token", "expires_in", "id_token", "refresh_token", "token_type"]);
    ask(refresh).await.refuses_oauth(400, "invalid_grant", "grant request is invalid");
    let (_, claims) = parts(next["access_token"].as_str().unwrap());
    assert_eq!(claims["aud"], json!(["https://c", "https://c2"]), "it stays with its server");
    stand.post("/_emulator/clock", json!({"seconds": 31 * 24 * 3600})).await;
    assert_eq!(ask(next["refresh_token"].as_str().unwrap()).await.status, 400);
}

#[tokio::test]
async fn clients_must_prove_themselves_in_their_own_way() {
    let stand = stand().await;
    let grant = ("grant_type", "client_credentials");
    let (id, secret) = (("client_id", "machine"), ("client_secret", "machine-secret"));
    let failed = "client authentication failed";
    let wrong = stand.form(TOKEN, Some(("machine", "wrong")), &[grant]).await;
    wrong.refuses_oauth(401, "invalid_client", failed);
    assert_eq!(wrong.header("www-authenticate"), Some(format!("Basic realm=\"{ISSUER}\"").as_str()));
    stand.form(TOKEN, None, &[grant, id, secret]).await.refuses_oauth(401, "invalid_client", failed);
    stand.form(TOKEN, Some(WEB), &[grant]).await.refuses_oauth(401, "invalid_client", failed);
    let both = "client authentication must only be provided using one mechanism";
    stand.form(TOKEN, Some(BASIC), &[grant, secret]).await.refuses_oauth(400, "invalid_request", both);
    let none = "no client authentication mechanism provided";
    stand.form(TOKEN, None, &[grant]).await.refuses_oauth(400, "invalid_request", none);
    stand.form(TOKEN, Some(("who", "x")), &[grant]).await.refuses_oauth(400, "invalid_request", "Resource not found");
    let public = stand.form(TOKEN, None, &[grant, ("client_id", "public")]).await;
    public.refuses_oauth(400, "unauthorized_client", "requested grant type is restricted to this client");
    let malformed = stand.http.post(stand.url(TOKEN)).header("authorization", "Basic !").form(&[grant]);
    send(malformed).await.refuses_oauth(400, "invalid_request", "invalid authorization header value format");
    let code = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "https://web/cb")];
    stand.form(TOKEN, Some(BASIC), &code).await.refuses_oauth(400, "invalid_grant", "grant request is invalid");
}

#[tokio::test]
async fn introspection_and_revocation() {
    let stand = stand().await;
    let token = machine_token(&stand, "contacts:read").await.json()["access_token"].as_str().unwrap().to_owned();
    let ask = async |path: &str, token: &str| stand.form(path, Some(BASIC), &[("token", token)]).await;
    let (check, revoke) = ("/oidc/2/token/introspection", "/oidc/2/token/revocation");
    let body = ask(check, &token).await.json();
    assert_eq!(keys(&body), ["active", "token_type", "client_id", "exp", "iat", "iss", "jti"]);
    assert_eq!((&body["active"], &body["client_id"]), (&json!(true), &json!("machine")));
    ask(check, "nonsense").await.is(200, json!({"active": false}));
    let missing = "missing required parameter(s). (token)";
    stand.form(check, Some(BASIC), &[("x", "y")]).await.refuses_oauth(400, "invalid_request", missing);
    let ended = ask(revoke, &token).await;
    assert_eq!((ended.status, ended.text.as_str()), (200, ""));
    ask(check, &token).await.is(200, json!({"active": false}));
    let text = "revocation of the presented token type is not supported";
    ask(revoke, &token).await.refuses_oauth(400, "unsupported_token_type", text);
    assert_eq!(ask(revoke, "never heard of").await.status, 200);

    let body = login(&stand, &[("scope", "openid offline_access")]).await.json();
    let fields = |token: &Value| {
        [
            ("client_id".to_owned(), WEB.0.to_owned()),
            ("client_secret".to_owned(), WEB.1.to_owned()),
            ("token".to_owned(), token.as_str().unwrap().to_owned()),
        ]
    };
    let request = stand.http.post(stand.url(revoke)).form(&fields(&body["refresh_token"]));
    assert_eq!(send(request).await.status, 200);
    let request = stand.http.post(stand.url(check)).form(&fields(&body["access_token"]));
    send(request).await.is(200, json!({"active": false}));
}

#[tokio::test]
async fn the_other_endpoints_refuse_as_documented() {
    let stand = stand().await;
    let get = async |path: &str| send(stand.http.get(stand.url(path))).await;
    get("/oidc/2/me").await.refuses_oauth(400, "invalid_request", "no bearer token provided");
    let wrong = stand.http.get(stand.url("/oidc/2/me")).bearer_auth("wrong");
    send(wrong).await.refuses_oauth(401, "invalid_token", "invalid token provided");
    let text = "unrecognized route or not allowed method (GET on /oidc/2/token)";
    get("/oidc/2/token").await.refuses_oauth(404, "invalid_request", text);
    get("/oidc/2/auth?client_id=who").await.refuses_oauth(400, "invalid_client", "client is invalid");
    let mismatch = get("/oidc/2/auth?client_id=web&redirect_uri=https://evil/").await;
    let text = "redirect_uri did not match any client's registered redirect_uris";
    mismatch.refuses_oauth(400, "redirect_uri_mismatch", text);
    let sent_back =
        get("/oidc/2/auth?client_id=web&redirect_uri=https://web/cb2&response_type=code&scope=openid&state=s").await;
    assert_eq!(sent_back.status, 302);
    let location = sent_back.header("location").unwrap();
    assert!(
        location.starts_with("https://web/cb2?error=login_required&") && location.ends_with("&state=s"),
        "{location}"
    );
}

#[tokio::test]
async fn an_admin_token_and_an_oidc_token_do_not_stand_for_each_other() {
    let stand = stand().await;
    let token = machine_token(&stand, "contacts:read").await.json()["access_token"].as_str().unwrap().to_owned();
    let request = stand.http.get(stand.url("/api/2/apps")).bearer_auth(token);
    send(request).await.refuses(401, "UnauthorizedError", "Unauthorized");
    let request = stand.http.get(stand.url("/oidc/2/me")).bearer_auth(&stand.token);
    assert_eq!(send(request).await.status, 401);
}
