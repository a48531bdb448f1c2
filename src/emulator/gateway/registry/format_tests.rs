//! The request, the offline file and Flex's YAML, as whole files.

use serde_json::{Value, json};

use super::tests::Api;
use crate::emulator::gateway::{
    FileFormat,
    testing::{AUDIENCE, JWKS_URL, NOW, claims, claims_with, config, config_with, foreign_key, sign, token},
};

fn bearer() -> String {
    format!("Bearer {}", token(&claims()))
}

fn request() -> Value {
    json!({
        "groupId": "68ef9520-24e9-4cf2-b2f5-620025690913",
        "assetId": "jwt-validation",
        "assetVersion": "1.4.0",
        "configurationData": config(),
        "pointcutData": null,
        "order": 1,
        "disabled": false,
        "label": "managed",
    })
}

fn offline() -> Value {
    json!({
        "template": {"groupId": "68ef9520-24e9-4cf2-b2f5-620025690913", "assetId": "jwt-validation", "version": "1.4.0"},
        "api": [{"id": "15772912"}],
        "order": 1,
        "configuration": config(),
    })
}

/// Sets the value at a JSON pointer, or removes it by null.
fn set(document: &Value, pointer: &str, value: &Value) -> Value {
    let mut document = document.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value.clone());
    }
    document
}

fn check_rejected(format: FileFormat, document: &Value, pointer: &str, value: Value, part: &str) {
    let reason = Api::of(format, &set(document, pointer, &value).to_string()).rejection();
    assert!(reason.contains(part), "{pointer} = {value}: {reason}");
}

#[test]
fn requests_and_offline_files_are_enforced() {
    for (format, document) in [(FileFormat::MuleRequest, request()), (FileFormat::MuleOffline, offline())] {
        let api = Api::of(format, &document.to_string());
        assert_eq!(api.status(&token(&claims())), 200);
        assert_eq!(api.status(&token(&claims_with("scope", json!("openid")))), 401);
        assert_eq!(api.call("GET", "/contacts", &[]).status, 400);
    }
}

#[test]
fn requests_that_are_not_understood() {
    let check = |pointer: &str, value: Value, part: &str| {
        check_rejected(FileFormat::MuleRequest, &request(), pointer, value, part);
    };
    check("/groupId", json!("acme"), "`acme` is not the organization");
    check("/assetId", json!("client-id-enforcement"), "`client-id-enforcement` is not the JWT Validation policy");
    check("/assetId", json!(null), "`assetId` is missing");
    check("/assetVersion", json!("latest"), "`latest` is not a version");
    check("/configurationData", json!(null), "`configurationData` is missing");
    check("/configurationData/claimValidations", json!([]), "request.configurationData: unknown key");
    check("/disabled", json!(true), "a disabled policy protects nothing");
    check("/order", json!("1"), "a whole number above zero");
    check("/policyTemplateId", json!(7), "null or a string");
    check("/upstreamIds", json!(["a"]), "outbound policies only");
    check("/pointcut", json!([]), "unknown key `pointcut`");
    check("/pointcutData", json!([]), "an empty list names no request");
    check("/pointcutData", json!({}), "null or a list");
    check("/pointcutData", json!([{"methodRegex": "GET"}]), "`uriTemplateRegex` is missing");
    let look_ahead = json!([{"methodRegex": "GET", "uriTemplateRegex": "^((?!/health).)*$"}]);
    check("/pointcutData", look_ahead, "look-around");
    let possessive = json!([{"methodRegex": "GET", "uriTemplateRegex": "/a*+"}]);
    check("/pointcutData", possessive, "possessive repetition");
}

#[test]
fn offline_files_that_are_not_understood() {
    let check = |pointer: &str, value: Value, part: &str| {
        check_rejected(FileFormat::MuleOffline, &offline(), pointer, value, part);
    };
    check("/template", json!(null), "`template` is missing");
    check("/template/version", json!(null), "file.template: `version` is missing");
    check("/template/assetId", json!("cors"), "is not the JWT Validation policy");
    check("/api", json!([]), "no API is named");
    check("/api", json!([{"id": 15_772_912}]), "file.api[0].id: expected a string");
    check("/configurationData", json!({}), "unknown key `configurationData`");
}

#[test]
fn several_key_sets_are_known_to_flex_only() {
    let urls = json!(format!("https://other.example/certs,{JWKS_URL}"));
    let mut document = set(&request(), "/configurationData/jwksUrl", &urls);
    check_rejected(FileFormat::MuleRequest, &document, "/label", json!("x"), "is not one http or https URL");
    document = set(&document, "/assetVersion", &json!("0.12.0"));
    let api = Api::of(FileFormat::MuleRequest, &document.to_string());
    assert_eq!(api.status(&token(&claims())), 200);
    // A key that the reachable sets lack may be in the other one.
    let foreign = sign(foreign_key(), &json!({"alg": "RS256"}), &claims());
    assert_eq!(api.status(&foreign), 503);
}

#[test]
fn resources_of_a_request_leave_other_paths_open() {
    let rules = json!([
        {"methodRegex": "GET|POST", "uriTemplateRegex": "/contacts(/.*)?"},
        {"methodRegex": "DELETE", "uriTemplateRegex": ".*"},
    ]);
    let document = set(&request(), "/pointcutData", &rules);
    let api = Api::of(FileFormat::MuleRequest, &document.to_string());
    let check = |method: &str, path: &str, expected: u16| {
        assert_eq!(api.call(method, path, &[]).status, expected, "{method} {path}");
        assert_eq!(api.call(method, path, &[("Authorization", &bearer())]).status, 200, "{method} {path}");
    };
    check("GET", "/contacts", 400);
    check("POST", "/contacts/7", 400);
    check("PUT", "/contacts", 200);
    check("GET", "/health", 200);
    check("GET", "/v1/contacts", 200);
    check("DELETE", "/health", 400);
    let open = api.call("GET", "/health", &[]);
    assert_eq!(open.body["claims"], json!([]));
}

const INLINE: &str = r##"
# Made from apis/contacts.yaml
apiVersion: gateway.mulesoft.com/v1alpha1
kind: ApiInstance
metadata:
  name: contacts
spec:
  address: http://0.0.0.0:8081/contacts
  services:
    upstream:
      address: https://contacts.internal.example:443
      routes:
        - config:
            destinationPath: /v1
  policies:
    - policyRef:
        name: jwt-validation-flex
        namespace: default
      config:
        jwtOrigin: httpBearerAuthenticationHeader
        signingMethod: rsa
        signingKeyLength: 256
        jwtKeyOrigin: jwks
        jwksUrl: https://acme.onelogin.com/oidc/2/certs
        jwksServiceTimeToLive: 60
        jwksServiceConnectionTimeout: 10000
        skipClientIdValidation: true
        validateAudClaim: true
        mandatoryAudClaim: true
        supportedAudiences: https://contacts.example.com
        mandatoryExpClaim: true
        validateCustomClaim: true
        mandatoryCustomClaims:
          - key: iss
            value: https://acme.onelogin.com/oidc/2
          - key: scope
            value: "#[(vars.claimSet.scope splitBy ' ') contains 'contacts:read']"
"##;

const BOUND: &str = r#"
apiVersion: gateway.mulesoft.com/v1alpha1
kind: ApiInstance
metadata: {name: contacts, namespace: shop}
spec:
  address: http://0.0.0.0:8081
---
apiVersion: gateway.mulesoft.com/v1alpha1
kind: Service
metadata: {name: upstream, namespace: shop}
spec:
  address: https://contacts.internal.example:443
---
apiVersion: gateway.mulesoft.com/v1alpha1
kind: PolicyBinding
metadata: {name: contacts-jwt, namespace: shop}
spec:
  targetRef: {kind: ApiInstance, name: contacts, namespace: shop}
  policyRef: {name: jwt-validation-flex, namespace: default}
  order: 10
  rules:
    - path: /contacts(/.*)?
      methods: GET|POST
  config:
    skipClientIdValidation: true
    jwtKeyOrigin: jwks
    jwksUrl: https://acme.onelogin.com/oidc/2/certs
---
apiVersion: gateway.mulesoft.com/v1alpha1
kind: PolicyBinding
metadata: {name: contacts-route, namespace: shop}
spec:
  targetRef: {kind: ApiInstance, name: contacts, namespace: shop}
  policyRef: {name: route, namespace: default}
  config:
    destinationRef: {name: upstream, namespace: shop}
  rules:
    - path: /contacts(/.*)?
    - path: /health
"#;

fn check_yaml(text: &str, from: &str, to: &str, part: &str) {
    assert!(text.contains(from), "{from}");
    let reason = Api::of(FileFormat::FlexYaml, &text.replacen(from, to, 1)).rejection();
    assert!(reason.contains(part), "{to}: {reason}");
}

#[test]
fn an_inline_instance_is_enforced() {
    let api = Api::of(FileFormat::FlexYaml, INLINE);
    assert_eq!(api.status(&token(&claims())), 200);
    assert_eq!(api.status(&token(&claims_with("aud", json!("other")))), 401);
    assert_eq!(api.status(&token(&claims_with("scope", json!("contacts:read:all")))), 401);
    assert_eq!(api.status(&token(&claims_with("exp", json!(NOW - 1)))), 401);
    // A field report: the filter breaks down over such a number.
    assert_eq!(api.status(&token(&claims_with("exp", json!(5e9)))), 200);
    assert_eq!(api.status(&token(&claims_with("exp", json!(1e10)))), 503);
    let check = |path: &str, expected: u16| assert_eq!(api.call("GET", path, &[]).status, expected, "{path}");
    check("/contacts", 400);
    check("/contacts/7", 400);
    check("/contactsx", 404);
    check("/", 404);
}

#[test]
fn rules_see_the_path_without_the_base_path() {
    let rules = "    - rules:\n        - path: /private(/.*)?\n          headers: {x-channel: web.*}\n      policyRef:";
    let api = Api::of(FileFormat::FlexYaml, &INLINE.replacen("    - policyRef:", rules, 1));
    let check = |path: &str, channel: &str, expected: u16| {
        let status = api.call("GET", path, &[("X-Channel", channel)]).status;
        assert_eq!(status, expected, "{path} {channel}");
    };
    check("/contacts/private", "web", 400);
    check("/contacts/private/1", "webshop", 400);
    check("/contacts/private", "app", 200);
    check("/contacts", "web", 200);
    check("/contacts/contacts/private", "web", 200);
}

#[test]
fn bindings_are_enforced() {
    let api = Api::of(FileFormat::FlexYaml, BOUND);
    let check = |method: &str, path: &str, expected: u16| {
        assert_eq!(api.call(method, path, &[]).status, expected, "{method} {path}");
    };
    check("GET", "/contacts", 400);
    check("GET", "/contacts/7", 400);
    check("GET", "/health", 200);
    check("DELETE", "/contacts", 200);
    check("GET", "/other", 404);
    assert_eq!(api.status(&token(&json!({}))), 200);
    assert_eq!(api.call("GET", "/contacts", &[("authorization", "Bearer x")]).status, 401);
}

#[test]
fn every_binding_that_applies_has_to_pass() {
    let second = BOUND
        .split("---")
        .nth(2)
        .unwrap()
        .replace("contacts-jwt", "contacts-write")
        .replace("order: 10", "order: 5")
        .replace("methods: GET|POST", "methods: POST")
        .replace(
            "    jwtKeyOrigin",
            "    validateCustomClaim: true\n    mandatoryCustomClaims: [{key: tier, value: gold}]\n    jwtKeyOrigin",
        );
    let api = Api::of(FileFormat::FlexYaml, &format!("{BOUND}---{second}"));
    let silver = format!("Bearer {}", token(&claims_with("tier", json!("silver"))));
    assert_eq!(api.call("GET", "/contacts", &[("Authorization", &silver)]).status, 200);
    assert_eq!(api.call("POST", "/contacts", &[("Authorization", &silver)]).status, 401);
    assert_eq!(api.call("POST", "/contacts", &[("Authorization", &bearer())]).status, 200);
}

#[test]
fn bindings_may_stand_without_their_instance() {
    let binding = BOUND.split("---").nth(2).unwrap();
    let api = Api::of(FileFormat::FlexYaml, binding);
    assert_eq!(api.call("GET", "/contacts", &[]).status, 400);
    assert_eq!(api.status(&token(&claims())), 200);
    let other = binding.replace("name: contacts,", "name: other,").replace("contacts-jwt", "second");
    let reason = Api::of(FileFormat::FlexYaml, &format!("{binding}---{other}")).rejection();
    assert!(reason.contains("bound to other.shop"), "{reason}");
}

#[test]
fn yaml_that_is_not_understood() {
    let check = |from: &str, to: &str, part: &str| check_yaml(INLINE, from, to, part);
    check("skipClientIdValidation: true", "skipClientIdValidation: false", "local mode needs `true` here");
    check("        skipClientIdValidation: true\n", "", "local mode needs `true` here");
    check("skipClientIdValidation: true", "skipClientIdValidation: 'true'", "expected a Boolean, found a string");
    check("skipClientIdValidation: true", "skipClientIdValidation: yes", "expected a Boolean, found a string");
    check("signingKeyLength: 256", "signingKeyLength: '256'", "a whole number above zero");
    check("signingMethod: rsa", "signingMethod: es\n        jwtKey: x", "unknown key `jwtKey`");
    check("signingKeyLength: 256", "signingKeyLength: 512\n        signingKeyLength: 256", "not well-formed");
    check(
        "signingMethod: rsa\n        signingKeyLength: 256",
        "signingMethod: es\n        signingKeyLength: 512",
        "no ES512",
    );
    check(
        "supportedAudiences: https://contacts.example.com",
        "supportedAudiences: $AUDIENCE",
        "`$AUDIENCE` is read as an environment variable",
    );
    check("value: https://acme.onelogin.com/oidc/2", "value: $ISSUER", "an environment variable");
    check(
        "supportedAudiences: https://contacts.example.com",
        "supportedAudiences: [https://contacts.example.com]",
        "expected a string, found a list",
    );
    check("splitBy ' ') contains 'contacts:read'", "splitBy ' ') contains null", "the literal `null`");
    check("name: jwt-validation-flex", "name: jwt-validation", "named `jwt-validation-flex`");
    check("name: jwt-validation-flex", "name: rate-limiting-flex", "the policy `rate-limiting-flex` is not supported");
    check("name: jwt-validation-flex", "name: route", "stand in its services");
    check("namespace: default", "namespace: shop", "there is no policy jwt-validation-flex.shop");
    check("v1alpha1", "v1", "`gateway.mulesoft.com/v1` is not");
    check("kind: ApiInstance", "kind: Gateway", "a resource of kind `Gateway`");
    check("address: http://0.0.0.0:8081/contacts", "address: 0.0.0.0:8081", "is not of the form");
    check("destinationPath: /v1", "destination: /v1", "unknown key `destination`");
    check("metadata:\n  name: contacts", "metadata:\n  name: contacts\n  owner: me", "unknown key `owner`");
    check("policies:", "filters:", "unknown key `filters`");
}

#[test]
fn a_namespace_moves_references_away_from_the_shipped_policies() {
    let moved = INLINE.replacen("  name: contacts\n", "  name: contacts\n  namespace: shop\n", 1);
    assert_eq!(Api::of(FileFormat::FlexYaml, &moved).status(&token(&claims())), 200);
    check_yaml(&moved, "        namespace: default\n", "", "there is no policy jwt-validation-flex.shop");
    let default = INLINE.replacen("        namespace: default\n", "", 1);
    assert_eq!(Api::of(FileFormat::FlexYaml, &default).status(&token(&claims())), 200);
}

#[test]
fn bindings_that_are_not_understood() {
    let check = |from: &str, to: &str, part: &str| check_yaml(BOUND, from, to, part);
    check(
        "policyRef: {name: jwt-validation-flex, namespace: default}",
        "policyRef: {name: jwt-validation-flex}",
        "there is no policy jwt-validation-flex.shop",
    );
    check("kind: ApiInstance, name: contacts", "kind: Selector, name: contacts", "a target of kind `Selector`");
    check(
        "kind: ApiInstance, name: contacts",
        "kind: ApiInstance, name: other",
        "document 3: it is bound to other.shop",
    );
    check(
        "name: contacts, namespace: shop}\n  policyRef",
        "name: contacts, namespace: default}\n  policyRef",
        "it is bound to contacts.default",
    );
    check("order: 10", "order: first", "a whole number");
    check("methods: GET|POST", "methods: [GET, POST]", "expected a string, found a list");
    check("path: /contacts(/.*)?", "path: /contacts(?!/x)", "look-around");
    check("path: /contacts(/.*)?", "paths: /contacts", "unknown key `paths`");
    check("methods: GET|POST", "host: contacts.example.com", "a rule on the host is not supported");
    check(
        "destinationRef: {name: upstream, namespace: shop}",
        "destinationRef: {name: gone}",
        "there is no Service gone.shop",
    );
    check(
        "policyRef: {name: jwt-validation-flex, namespace: default}",
        "policyRef: {name: cors-flex, namespace: default}",
        "the policy `cors-flex`",
    );
    let reason =
        Api::of(FileFormat::FlexYaml, &format!("{BOUND}---{}", BOUND.split("---").next().unwrap())).rejection();
    assert!(reason.contains("a second ApiInstance"), "{reason}");
    let open = BOUND.split("---").take(2).collect::<Vec<_>>().join("---");
    assert!(Api::of(FileFormat::FlexYaml, &open).rejection().contains("no JWT policy is applied"));
    assert!(Api::of(FileFormat::FlexYaml, "# nothing\n").rejection().contains("neither an ApiInstance nor"));
    let service = BOUND.split("---").nth(1).unwrap();
    assert!(Api::of(FileFormat::FlexYaml, service).rejection().contains("neither an ApiInstance nor"));
}

#[test]
fn the_same_policy_means_the_same_in_every_format() {
    let yaml = serde_yaml::to_string(&json!({
        "apiVersion": "gateway.mulesoft.com/v1alpha1",
        "kind": "ApiInstance",
        "metadata": {"name": "contacts"},
        "spec": {
            "address": "http://0.0.0.0:8081",
            "policies": [{"policyRef": {"name": "jwt-validation-flex"}, "config": config()}],
        },
    }))
    .unwrap();
    let files = [
        (FileFormat::MuleConfiguration, config_with(&[]).to_string()),
        (FileFormat::MuleRequest, request().to_string()),
        (FileFormat::MuleOffline, offline().to_string()),
        (FileFormat::FlexYaml, yaml),
    ];
    let cases = [
        (claims(), 200),
        (claims_with("aud", json!([AUDIENCE, "other"])), 200),
        (claims_with("iss", json!("https://other.onelogin.com/oidc/2")), 401),
        (claims_with("exp", json!(null)), 401),
        (claims_with("scope", json!("contacts:write")), 401),
    ];
    for (format, text) in files {
        let api = Api::of(format, &text);
        for (claims, expected) in &cases {
            assert_eq!(api.status(&token(claims)), *expected, "{format:?} {claims}");
        }
    }
}
