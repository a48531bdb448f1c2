//! The OpenID provider and the probes.

use super::responder::{Reply, Responder};
use gatewright::api::{
    ApiError, ClientAuth, ClientConfig, Grant, OidcApp, OidcClient, ProbeRequest, ProbeVia, Prober, Reroute, TokenReply,
};
use gatewright::model::ProbeMethod;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

fn machine(scope: &str) -> Grant {
    Grant::ClientCredentials { resource: Some("https://r".into()), scope: Some(scope.into()) }
}

#[tokio::test]
async fn clients_prove_themselves_as_they_are_set_to() {
    let host = Responder::start(|_, _| {
        Some(Reply::json(200, r#"{"access_token":"jwt","expires_in":600,"token_type":"Bearer","scope":"a"}"#))
    });
    let client = OidcClient::new(&host.config()).unwrap();
    let check = async |auth: ClientAuth, grant: &Grant, header: &str, body: &str| {
        let reply = client.token(&OidcApp { client_id: "id".into(), auth }, grant).await.unwrap();
        let TokenReply::Granted(token) = reply else { panic!("{reply:?}") };
        assert_eq!(token.access_token.expose_secret(), "jwt");
        assert_eq!((token.expires_in.unwrap().as_secs(), token.scope.as_deref()), (600, Some("a")));
        let seen = host.seen();
        let last = seen.last().unwrap();
        assert_eq!(last.line(), "POST /oidc/2/token");
        assert_eq!((last.authorization.as_str(), last.body.as_str()), (header, body));
    };
    let machine_body = "grant_type=client_credentials&resource=https%3A%2F%2Fr&scope=a+b";
    let secret = || SecretString::from("s");
    check(ClientAuth::Basic(secret()), &machine("a b"), "Basic aWQ6cw==", machine_body).await;
    let body = format!("{machine_body}&client_id=id&client_secret=s");
    check(ClientAuth::Post(secret()), &machine("a b"), "", &body).await;
    let password = Grant::Password {
        username: "tester@example.com".into(),
        password: "p&q".into(),
        resource: None,
        scope: "openid a".into(),
    };
    let body = "grant_type=password&username=tester%40example.com&password=p%26q&scope=openid+a&client_id=id";
    check(ClientAuth::None, &password, "", body).await;
}

#[tokio::test]
async fn a_no_is_told_without_secrets() {
    let host = Responder::start(|_, _| {
        Some(Reply::json(400, r#"{"error":"invalid_target","error_description":"hush is no\u202e good"}"#))
    });
    let client = OidcClient::new(&host.config()).unwrap();
    let app = OidcApp { client_id: "id".into(), auth: ClientAuth::Basic("hush".into()) };
    let TokenReply::Refused(refusal) = client.token(&app, &machine("a")).await.unwrap() else { panic!() };
    assert_eq!((refusal.status, refusal.error.as_str()), (400, "invalid_target"));
    assert_eq!(refusal.description.as_deref(), Some("*** is no\\u{202E} good"));
}

#[tokio::test]
async fn discovery_and_keys_are_read() {
    let host = Responder::start(|request, earlier| match (request.target.as_str(), earlier) {
        ("/oidc/2/.well-known/openid-configuration", _) => Some(Reply::json(
            200,
            r#"{"issuer":"https://acme.onelogin.com/oidc/2","token_endpoint":"https://elsewhere/token","jwks_uri":"https://elsewhere/certs"}"#,
        )),
        ("/oidc/2/certs", 0) => Some(Reply::json(500, "")),
        ("/oidc/2/certs", _) => Some(Reply::json(
            200,
            r#"{"keys":[{"kty":"RSA","e":"AQAB","use":"sig","kid":"k","n":"x","status":"active"}]}"#,
        )),
        _ => None,
    });
    let client = OidcClient::new(&host.config()).unwrap();
    assert_eq!(client.discovery().await.unwrap().jwks_uri, "https://elsewhere/certs");
    let keys = client.jwks().await.unwrap();
    assert_eq!(
        (keys[0].kid.as_deref(), keys[0].usage.as_deref(), keys[0].alg.as_deref()),
        (Some("k"), Some("sig"), None)
    );
    assert_eq!(client.requests_made(), 3);
}

#[tokio::test]
async fn a_probe_is_one_request_and_a_digest() {
    let host = Responder::start(|request, _| match request.method.as_str() {
        "HEAD" => Some(Reply::json(204, "")),
        _ => Some(Reply::json(302, "abc").with("location", "/elsewhere")),
    });
    let prober = Prober::new(&host.config()).unwrap();
    let url = host.url.join("/contacts?x=1").unwrap();
    let token = SecretString::from("jwt");
    let request = ProbeRequest { method: ProbeMethod::Get, url: &url, via: ProbeVia::Direct, bearer: Some(&token) };
    let answer = prober.probe(&request).await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(answer.body_digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let head = ProbeRequest { method: ProbeMethod::Head, bearer: None, ..request };
    assert_eq!(prober.probe(&head).await.unwrap().status, 204);
    assert_eq!(host.lines(), ["GET /contacts?x=1", "HEAD /contacts?x=1"]);
    let headers: Vec<String> = host.seen().into_iter().map(|seen| seen.authorization).collect();
    assert_eq!(headers, ["Bearer jwt", ""]);
}

#[tokio::test]
async fn under_an_emulator_probes_go_below_its_gateway() {
    let host = Responder::start(|_, _| Some(Reply::json(200, "")));
    let reroute = Reroute::Emulator { tenant_origin: "https://acme.onelogin.com".into(), to: host.url.clone() };
    let prober = Prober::new(&ClientConfig { reroute, ..host.config() }).unwrap();
    let url = Url::parse("https://contacts.example.com/contacts?x=1").unwrap();
    let via = ProbeVia::Emulator(host.url.join("/gateway/contacts-mule").unwrap());
    let probe =
        async |via| prober.probe(&ProbeRequest { method: ProbeMethod::Get, url: &url, via, bearer: None }).await;
    assert_eq!(probe(via).await.unwrap().status, 200);
    assert_eq!(host.lines(), ["GET /gateway/contacts-mule/contacts?x=1"]);
    let elsewhere = ProbeVia::Emulator(Url::parse("http://127.0.0.1:1/gateway/contacts-mule").unwrap());
    assert!(matches!(probe(elsewhere).await, Err(ApiError::RefusedOrigin { .. })));
    assert!(matches!(probe(ProbeVia::Direct).await, Err(ApiError::RefusedOrigin { .. })));
}
