//! Whole answers: a file on disk, a request, a status code.

use std::{collections::BTreeSet, fs};

use aws_lc_rs::signature::KeyPair as _;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::emulator::gateway::testing::{
    AUDIENCE, JWKS_URL, NOW, claims, claims_with, config, config_with, curve_key, encode, foreign_key, key_set, keys,
    own_key, sign, sign_curve, sign_secret, token, unsigned,
};

/// One policy file in a folder that goes away.
pub(super) struct Api {
    folder: TempDir,
    registry: Registry,
}

impl Api {
    pub(super) fn of(format: FileFormat, text: &str) -> Self {
        Self::with_contracts(format, text, None)
    }

    fn with_contracts(format: FileFormat, text: &str, contracts: Option<BTreeSet<String>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy");
        fs::write(&path, text).unwrap();
        let key = "contacts".to_owned();
        let registry = Registry::new(vec![GatewayFile { key, path, format, contracts }]);
        Self { folder, registry }
    }

    fn configured(config: &Value) -> Self {
        Self::of(FileFormat::MuleConfiguration, &config.to_string())
    }

    fn rewrite(&self, text: &str) {
        fs::write(self.folder.path().join("policy"), text).unwrap();
    }

    pub(super) fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> GatewayAnswer {
        self.call_with(method, path, headers, &keys)
    }

    fn call_with(&self, method: &str, path: &str, headers: &[(&str, &str)], keys: &KeySource<'_>) -> GatewayAnswer {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = GatewayRequest { method, path, query: "", headers: &headers };
        self.registry.answer("contacts", &request, keys, NOW)
    }

    /// Calls `/contacts` with a bearer token and returns the status code.
    pub(super) fn status(&self, token: &str) -> u16 {
        self.call("GET", "/contacts", &[("Authorization", &format!("Bearer {token}"))]).status
    }

    /// Returns why the file is not served.
    pub(super) fn rejection(&self) -> String {
        let answer = self.call("GET", "/contacts", &[]);
        assert_eq!(answer.status, 503, "{}", answer.body);
        answer.body["reason"].as_str().unwrap().to_owned()
    }
}

fn check_config(changes: &[(&str, Value)], claims: &Value, expected: u16) {
    let status = Api::configured(&config_with(changes)).status(&token(claims));
    assert_eq!(status, expected, "{changes:?} with {claims}");
}

fn check_rejected(changes: &[(&str, Value)], part: &str) {
    let reason = Api::configured(&config_with(changes)).rejection();
    assert!(reason.contains(part), "{changes:?}: {reason}");
}

#[test]
fn the_bodies_are_those_of_the_gateway() {
    let api = Api::configured(&config());
    let answer = api.call("GET", "/contacts", &[]);
    assert_eq!((answer.status, answer.body), (400, json!({"error": "JWT Token is required."})));
    let answer = api.call("GET", "/contacts", &[("Authorization", "Bearer x")]);
    assert_eq!((answer.status, answer.body), (401, json!({"error": "Invalid token."})));
    let bearer = format!("Bearer {}", token(&claims()));
    let answer = api.call("GET", "/contacts", &[("authorization", &bearer)]);
    let names = ["aud", "client_id", "exp", "iss", "nbf", "scope", "sub", "tier"];
    let body = json!({"upstream": "contacts", "method": "GET", "path": "/contacts", "claims": names, "headers": []});
    assert_eq!((answer.status, answer.body), (200, body));
    let answer = api.call_with("GET", "/contacts", &[("authorization", &bearer)], &|_| None);
    assert_eq!(answer.status, 503);
}

#[test]
fn the_file_on_disk_is_enforced() {
    let api = Api::configured(&config());
    let token = token(&claims_with("tier", json!("silver")));
    assert_eq!(api.status(&token), 200);
    let claim = json!([{"key": "tier", "value": "gold"}]);
    api.rewrite(&config_with(&[("mandatoryCustomClaims", claim)]).to_string());
    assert_eq!(api.status(&token), 401);
    fs::remove_file(api.folder.path().join("policy")).unwrap();
    assert!(api.rejection().starts_with("the policy file cannot be read: "));
    api.rewrite(&" ".repeat(2_000_000));
    assert!(api.rejection().contains("larger than 1048576 bytes"));
    api.rewrite("");
    assert!(api.rejection().contains("not well-formed"));
}

#[test]
fn unknown_keys_are_not_served() {
    let api = Api::configured(&config());
    let request = GatewayRequest { method: "GET", path: "/contacts", query: "", headers: &[] };
    assert_eq!(api.registry.answer("other", &request, &keys, NOW).status, 404);
    assert_eq!(api.registry.keys(), ["contacts"]);
    api.registry.replace(Vec::new());
    assert_eq!(api.registry.answer("contacts", &request, &keys, NOW).status, 404);
}

#[test]
fn only_a_bearer_header_carries_a_token() {
    let api = Api::configured(&config());
    let token = token(&claims());
    let check = |headers: &[(&str, &str)], expected: u16| {
        assert_eq!(api.call("GET", "/contacts", headers).status, expected, "{headers:?}");
    };
    check(&[("Authorization", &token)], 400);
    check(&[("Authorization", &format!("Basic {token}"))], 400);
    check(&[("Authorization", &format!("bearer {token}"))], 400);
    check(&[("Authorization", "Bearer ")], 400);
    check(&[("jwt", &token)], 400);
    check(&[("Authorization", &format!("Bearer  {token}"))], 401);
    check(&[("AUTHORIZATION", &format!("Bearer {token}"))], 200);
    let bearer = format!("Bearer {token}");
    check(&[("Authorization", &bearer), ("authorization", &bearer)], 401);
}

#[test]
fn an_expression_can_say_where_the_token_is() {
    let token = token(&claims());
    let check = |expression: Value, headers: &[(&str, &str)], expected: u16| {
        let config = config_with(&[("jwtOrigin", json!("customExpression")), ("jwtExpression", expression.clone())]);
        let status = Api::configured(&config).call("GET", "/contacts", headers).status;
        assert_eq!(status, expected, "{expression} {headers:?}");
    };
    check(json!(null), &[("JWT", &token)], 200);
    check(json!(null), &[("Authorization", &format!("Bearer {token}"))], 400);
    check(json!("#[attributes.headers['x-token']]"), &[("X-Token", &token)], 200);
    check(json!("#[attributes.headers['x-token']]"), &[("X-Token", "")], 400);
    check(json!("#[attributes.headers['x-token']]"), &[], 400);
    let cut = json!("#[substringAfter(attributes.headers['x-token'], ' ')]");
    check(cut, &[("X-Token", &format!("Token {token}"))], 200);
    check(json!("#[vars.claimSet.sub]"), &[("jwt", &token)], 400);
    check(json!("#[12]"), &[("jwt", &token)], 401);
    check(json!("#[attributes.headers['a'] splitBy ' ']"), &[("jwt", &token)], 401);
}

#[test]
fn the_signature_is_checked() {
    let api = Api::configured(&config());
    let check = |token: String, expected: u16| assert_eq!(api.status(&token), expected, "{token}");
    let header = json!({"alg": "RS256", "kid": "own"});
    check(sign(own_key(), &header, &claims()), 200);
    check(sign(own_key(), &json!({"alg": "RS256"}), &claims()), 200);
    check(sign(own_key(), &json!({"alg": "RS256", "kid": "other"}), &claims()), 401);
    check(sign(own_key(), &json!({"alg": "RS256", "kid": "curve"}), &claims()), 401);
    check(sign(foreign_key(), &header, &claims()), 401);
    check(sign(own_key(), &json!({"alg": "RS512", "kid": "own"}), &claims()), 401);
    check(sign(own_key(), &json!({"alg": "none", "kid": "own"}), &claims()), 401);
    check(unsigned(&json!({"alg": "none"}), &claims()), 401);
    check(unsigned(&header, &claims()), 401);
    check(sign_curve(&json!({"alg": "ES256", "kid": "curve"}), &claims()), 401);
    // The public key used as a shared secret.
    let modulus = encode(own_key().public_key().modulus().big_endian_without_leading_zero());
    check(sign_secret(&modulus, &json!({"alg": "HS256", "kid": "own"}), &claims()), 401);
    let (signed, signature) = token(&claims()).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let header = signed.split_once('.').unwrap().0;
    let changed = encode(claims_with("tier", json!("platinum")).to_string());
    check(format!("{header}.{changed}.{signature}"), 401);
}

#[test]
fn the_algorithm_is_checked_before_the_key_set() {
    let api = Api::configured(&config());
    let none = format!("Bearer {}", unsigned(&json!({"alg": "none"}), &claims()));
    let answer = api.call_with("GET", "/contacts", &[("Authorization", &none)], &|_| None);
    assert_eq!(answer.status, 401);
}

#[test]
fn other_algorithms() {
    let curve = [("signingMethod", json!("es"))];
    let api = Api::configured(&config_with(&curve));
    assert_eq!(api.status(&sign_curve(&json!({"alg": "ES256", "kid": "curve"}), &claims())), 200);
    assert_eq!(api.status(&token(&claims())), 401);

    let secret = "s".repeat(32);
    let shared = [("signingMethod", json!("hmac")), ("jwtKeyOrigin", json!("text")), ("textKey", json!(secret))];
    let api = Api::configured(&config_with(&shared));
    assert_eq!(api.status(&sign_secret(&secret, &json!({"alg": "HS256"}), &claims())), 200);
    assert_eq!(api.status(&sign_secret(&"t".repeat(32), &json!({"alg": "HS256"}), &claims())), 401);
    assert_eq!(api.status(&token(&claims())), 401);

    // Every token, signed or not; its claims still count.
    let api = Api::configured(&config_with(&[("signingMethod", json!("none"))]));
    assert_eq!(api.status(&unsigned(&json!({"alg": "none"}), &claims())), 200);
    assert_eq!(api.status(&sign(foreign_key(), &json!({"alg": "RS256"}), &claims())), 200);
    assert_eq!(api.status(&unsigned(&json!({"alg": "none"}), &claims_with("exp", json!(NOW)))), 401);
}

#[test]
fn a_public_key_can_stand_in_the_file() {
    use aws_lc_rs::encoding::AsDer as _;
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let text = |der: &[u8]| json!(STANDARD.encode(der));
    let origin = ("jwtKeyOrigin", json!("text"));
    let rsa = own_key().public_key();
    let spki = rsa.as_der().unwrap();
    for key in [text(spki.as_ref()), text(rsa.as_ref())] {
        let api = Api::configured(&config_with(&[origin.clone(), ("textKey", key)]));
        assert_eq!(api.status(&token(&claims())), 200);
        assert_eq!(api.status(&sign(foreign_key(), &json!({"alg": "RS256"}), &claims())), 401);
    }
    let spki = curve_key().public_key().as_der().unwrap();
    let changes = [origin, ("signingMethod", json!("es")), ("textKey", text(spki.as_ref()))];
    let api = Api::configured(&config_with(&changes));
    assert_eq!(api.status(&sign_curve(&json!({"alg": "ES256"}), &claims())), 200);
}

#[test]
fn expiry_and_start() {
    let check = |mandatory: bool, claim: &str, value: Value, expected: u16| {
        let changes = [("mandatoryExpClaim", json!(mandatory)), ("mandatoryNbfClaim", json!(mandatory))];
        check_config(&changes, &claims_with(claim, value), expected);
    };
    for mandatory in [false, true] {
        check(mandatory, "exp", json!(NOW), 401);
        check(mandatory, "exp", json!(NOW + 1), 200);
        check(mandatory, "exp", json!(f64::from(1_800_000_001) - 0.5), 200);
        check(mandatory, "exp", json!((NOW + 60).to_string()), 401);
        check(mandatory, "exp", json!(1e12), 200);
        check(mandatory, "nbf", json!(NOW), 200);
        check(mandatory, "nbf", json!(NOW + 1), 401);
        check(mandatory, "nbf", json!("now"), 401);
    }
    check(true, "exp", json!(null), 401);
    check(false, "exp", json!(null), 200);
    check(true, "nbf", json!(null), 401);
    check(false, "nbf", json!(null), 200);
}

#[test]
fn audiences() {
    let check = |audiences: &str, claim: Value, expected: u16| {
        check_config(&[("supportedAudiences", json!(audiences))], &claims_with("aud", claim), expected);
    };
    check(AUDIENCE, json!(AUDIENCE), 200);
    check(AUDIENCE, json!([AUDIENCE]), 200);
    check(AUDIENCE, json!(["other", AUDIENCE]), 200);
    check("other,https://contacts.example.com", json!(AUDIENCE), 200);
    check("other, https://contacts.example.com", json!(AUDIENCE), 401);
    check(AUDIENCE, json!("https://contacts.example.com/"), 401);
    check(AUDIENCE, json!("https://contacts.example.com.evil.example"), 401);
    check(AUDIENCE, json!([]), 401);
    check(AUDIENCE, json!([7, AUDIENCE]), 401);
    check(AUDIENCE, json!({"a": AUDIENCE}), 401);
    check("a,,b", json!(""), 401);
    check(AUDIENCE, json!(null), 401);

    let optional = ("mandatoryAudClaim", json!(false));
    check_config(std::slice::from_ref(&optional), &claims_with("aud", json!(null)), 200);
    check_config(&[optional], &claims_with("aud", json!("other")), 401);
    // As documented, the list is not looked at while the switch is off.
    check_config(&[("validateAudClaim", json!(false))], &claims_with("aud", json!("other")), 200);
}

#[test]
fn custom_claims() {
    let check = |list: &str, value: &str, claim: Value, expected: u16| {
        let rule = json!([{"key": "tier", "value": value}]);
        let other = if list == "mandatoryCustomClaims" { "nonMandatoryCustomClaims" } else { "mandatoryCustomClaims" };
        check_config(&[(list, rule), (other, json!([]))], &claims_with("tier", claim), expected);
    };
    let (mandatory, optional) = ("mandatoryCustomClaims", "nonMandatoryCustomClaims");
    for list in [mandatory, optional] {
        check(list, "gold", json!("gold"), 200);
        check(list, "gold", json!("Gold"), 401);
        check(list, "gold", json!(["gold"]), 401);
        check(list, "7", json!(7), 401);
        check(list, "#[vars.claimSet.tier == 7]", json!(7), 200);
        check(list, "#[(vars.claimSet.tier == 'gold') or (vars.claimSet.tier == 'silver')]", json!("silver"), 200);
        check(list, "#[(vars.claimSet.tier == 'gold') or (vars.claimSet.tier == 'silver')]", json!("tin"), 401);
        check(list, "#[vars.claimSet.tier contains 'admins']", json!(["admins"]), 200);
        check(list, "#[vars.claimSet.tier contains 'admin']", json!(["admins"]), 401);
        // A substring of a string, which is why a scope has to be split.
        check(list, "#[vars.claimSet.tier contains 'read']", json!("unread:all"), 200);
        // Not a Boolean: always fails.
        check(list, "#[vars.claimSet.tier]", json!("gold"), 401);
        check(list, "#[vars.claimSet.absent contains 'a']", json!("gold"), 401);
    }
    check(mandatory, "gold", json!(null), 401);
    check(optional, "gold", json!(null), 200);
    check(mandatory, "#[true]", json!(null), 401);
    check(optional, "#[false]", json!(null), 200);
    let off = [("validateCustomClaim", json!(false))];
    check_config(&off, &claims_with("scope", json!("other")), 200);
}

#[test]
fn every_custom_claim_has_to_pass() {
    let rules = |second: &str| json!([{"key": "tier", "value": "gold"}, {"key": "tier", "value": second}, {"key": "sub", "value": "7"}]);
    check_config(&[("mandatoryCustomClaims", rules("#[true]"))], &claims(), 200);
    check_config(&[("mandatoryCustomClaims", rules("silver"))], &claims(), 401);
}

#[test]
fn scopes_are_whole_words() {
    let check = |scope: Value, expected: u16| check_config(&[], &claims_with("scope", scope), expected);
    check(json!("contacts:read"), 200);
    check(json!("openid contacts:read"), 200);
    check(json!("contacts:read:all"), 401);
    check(json!("mycontacts:read"), 401);
    check(json!(""), 401);
    check(json!(["contacts:read"]), 401);
    check(json!(null), 401);
}

#[test]
fn the_client_needs_a_contract() {
    let check = |expression: Option<&str>, contracts: Option<&[&str]>, claim: Value, expected: u16| {
        let mut changes = vec![("skipClientIdValidation", json!(null))];
        changes.extend(expression.map(|expression| ("clientIdExpression", json!(expression))));
        let text = config_with(&changes).to_string();
        let contracts = contracts.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        let api = Api::with_contracts(FileFormat::MuleConfiguration, &text, contracts);
        assert_eq!(api.status(&token(&claims_with("client_id", claim.clone()))), expected, "{expression:?} {claim}");
    };
    check(None, None, json!("batch"), 200);
    check(None, Some(&["batch", "web"]), json!("batch"), 200);
    check(None, Some(&["web"]), json!("batch"), 403);
    check(None, Some(&[]), json!("batch"), 403);
    check(None, None, json!(null), 403);
    check(None, None, json!(""), 403);
    check(None, None, json!(7), 403);
    check(Some("#[vars.claimSet.azp]"), None, json!("batch"), 403);
    check(Some("#[vars.claimSet.sub]"), Some(&["7"]), json!(null), 200);
}

#[test]
fn claims_are_copied_to_headers() {
    let pairs = json!([{"claimName": "sub", "headerName": "x-user"}, {"claimName": "absent", "headerName": "x-none"}]);
    let api = Api::configured(&config_with(&[("claimsToHeaders", pairs)]));
    let answer = api.call("GET", "/contacts", &[("Authorization", &format!("Bearer {}", token(&claims())))]);
    assert_eq!(answer.body["headers"], json!(["x-user"]));
}

#[test]
fn what_is_not_understood_rejects_the_file() {
    check_rejected(
        &[("mandatoryExpirationClaim", json!(true))],
        "configuration: unknown key `mandatoryExpirationClaim`",
    );
    check_rejected(&[("claimValidations", json!([]))], "unknown key `claimValidations`");
    check_rejected(&[("validateExpClaim", json!(true))], "unknown key `validateExpClaim`");
    check_rejected(
        &[("supportedAudiences", json!([AUDIENCE]))],
        "configuration.supportedAudiences: expected a string, found a list",
    );
    check_rejected(&[("supportedAudiences", json!(""))], "at least one audience");
    check_rejected(&[("signingKeyLength", json!("256"))], "found a string");
    check_rejected(&[("signingKeyLength", json!(2048))], "`2048` is not one of 256, 384, 512");
    check_rejected(&[("signingMethod", json!("RS256"))], "`RS256` is not one of rsa, hmac, es, none");
    check_rejected(&[("jwtOrigin", json!("header"))], "`header` is not one of");
    check_rejected(&[("jwtExpression", json!("attributes.headers.jwt"))], "an expression is written #[…]");
    check_rejected(&[("clientIdExpression", json!("#[payload]"))], "`payload`");
    check_rejected(&[("mandatoryExpClaim", json!("true"))], "expected a Boolean, found a string");
    check_rejected(&[("validateAudClaim", json!(1))], "expected a Boolean, found a number");
    check_rejected(&[("jwksServiceTimeToLive", json!(0))], "above zero");
    check_rejected(&[("jwksServiceConnectionTimeout", json!(1.5))], "a whole number above zero");
    check_rejected(&[("jwksUrl", json!("certs"))], "`certs` is not one http or https URL");
    check_rejected(&[("jwksUrl", json!("https://a.example,https://b.example"))], "is not one http or https URL");
    check_rejected(&[("jwksUrl", json!(null))], "needs a URL");
    check_rejected(&[("mandatoryCustomClaims", json!({}))], "expected a list, found an object");
    check_rejected(
        &[("mandatoryCustomClaims", json!([{"key": "a", "value": true}]))],
        "configuration.mandatoryCustomClaims[0].value: expected a string, found a Boolean",
    );
    check_rejected(&[("mandatoryCustomClaims", json!([{"key": "a"}]))], "`value` is missing");
    check_rejected(&[("mandatoryCustomClaims", json!([{"key": "", "value": "b"}]))], "the string is empty");
    check_rejected(&[("mandatoryCustomClaims", json!([{"key": "a", "value": "b", "x": 1}]))], "unknown key `x`");
    check_rejected(
        &[("nonMandatoryCustomClaims", json!([{"key": "a", "value": "#[vars.claimSet.a map $]"}]))],
        "configuration.nonMandatoryCustomClaims[0].value: the expression is not understood: `$` is outside",
    );
    check_rejected(&[("claimsToHeaders", json!(["sub"]))], "expected an object, found a string");
    check_rejected(&[("jwtKeyOrigin", json!(null))], "`jwtKeyOrigin: text` needs");
    check_rejected(
        &[("jwtKeyOrigin", json!("text")), ("textKey", json!("-----BEGIN PUBLIC KEY-----"))],
        "`jwtKeyOrigin: text` needs",
    );
    check_rejected(&[("jwtKeyOrigin", json!("customExpression"))], "is not supported by this emulator");
    check_rejected(&[("jwtKeyOrigin", json!("url"))], "`url` is not one of text, jwks");
    check_rejected(&[("signingMethod", json!("hmac"))], "`hmac` with a key set is not supported");
    let short = [("signingMethod", json!("hmac")), ("jwtKeyOrigin", json!("text")), ("textKey", json!("short"))];
    check_rejected(&short, "a secret of 32, 48 or 64 characters");
    let twice = config().to_string().replacen('{', "{\"signingMethod\":\"none\",", 1);
    let reason = Api::of(FileFormat::MuleConfiguration, &twice).rejection();
    assert!(reason.contains("duplicate key `signingMethod`"), "{reason}");
    assert!(Api::of(FileFormat::MuleConfiguration, "[]").rejection().contains("expected an object"));
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let least = json!({"jwtKeyOrigin": "jwks", "jwksUrl": JWKS_URL});
    let api = Api::configured(&least);
    assert_eq!(api.status(&token(&json!({"client_id": "batch"}))), 200);
    assert_eq!(api.status(&token(&json!({}))), 403);
    assert_eq!(api.status(&sign(own_key(), &json!({"alg": "RS384"}), &claims())), 401);
}

#[test]
fn no_changed_token_passes() {
    let api = Api::configured(&config());
    let token = token(&claims());
    for place in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        assert_eq!(api.status(&String::from_utf8(changed).unwrap()), 401, "byte {place}");
        assert_eq!(api.status(&format!("{}{}", &token[..place], &token[place + 1..])), 401, "byte {place}");
    }
}

#[test]
fn key_sets_that_are_none() {
    let api = Api::configured(&config());
    let bearer = format!("Bearer {}", token(&claims()));
    let check = |set: Value, expected: u16| {
        let keys = |_: &str| Some(set.clone());
        let answer = api.call_with("GET", "/contacts", &[("Authorization", &bearer)], &keys);
        assert_eq!(answer.status, expected, "{set}");
    };
    let own = key_set()["keys"][0].clone();
    let changed = |name: &str, value: Value| {
        let mut key = own.clone();
        key[name] = value;
        json!({"keys": [key]})
    };
    check(json!({"keys": [own]}), 200);
    check(changed("alg", json!("RS256")), 200);
    check(changed("alg", json!("RS512")), 401);
    check(changed("use", json!("enc")), 401);
    check(changed("kid", json!(null)), 401);
    check(changed("kty", json!("oct")), 401);
    for name in ["n", "e"] {
        for value in [json!(""), json!("AA"), json!("AQ"), json!("+"), json!(1), json!(null)] {
            check(changed(name, value), 401);
        }
    }
    check(json!({"keys": [7, null, {}]}), 401);
    check(json!({"keys": []}), 401);
    check(json!({"keys": {}}), 503);
    check(json!({"error": "unavailable"}), 503);
    check(json!([]), 503);
}

/// Source: the example of the JWT Validation page, `foo : #[vars.claimSet.foo == 'fooValue']`.
#[test]
fn the_documented_custom_claim() {
    let rule = json!([{"key": "foo", "value": "#[vars.claimSet.foo == 'fooValue']"}]);
    let changes = [("mandatoryCustomClaims", rule)];
    check_config(&changes, &claims_with("foo", json!("fooValue")), 200);
    check_config(&changes, &claims_with("foo", json!("foovalue")), 401);
    check_config(&changes, &claims(), 401);
}

proptest! {
    #[test]
    fn any_unknown_key_rejects_the_file(key in "[a-z]{1,24}", value in any::<bool>()) {
        let known = config();
        prop_assume!(known.get(&key).is_none());
        let error = mule::read_configuration(&config_with(&[(&key, json!(value))]).to_string()).err();
        let is_unknown_key = matches!(error, Some(FileError::UnknownKey { .. }));
        prop_assert!(is_unknown_key);
    }

    #[test]
    fn no_chance_text_is_a_policy_file(text in "\\PC{0,200}") {
        prop_assert!(mule::read_configuration(&text).is_err());
        prop_assert!(mule::read_request(&text).is_err());
        prop_assert!(mule::read_offline(&text).is_err());
        prop_assert!(flex::read(&text).is_err());
    }
}

/// Changes characters of a text at places of its own choice.
fn damaged(text: &str, edits: &[(prop::sample::Index, String, usize)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (place, insert, drop) in edits {
        let at = place.index(characters.len() + 1);
        let end = (at + drop).min(characters.len());
        characters.splice(at..end, insert.chars());
    }
    characters.into_iter().collect()
}

fn edits(pattern: &'static str) -> impl Strategy<Value = Vec<(prop::sample::Index, String, usize)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), pattern, 0..3_usize), 1..3)
}

/// A Flex file by hand, with what a file can hold.
const FLEX: &str = "apiVersion: gateway.mulesoft.com/v1alpha1
kind: PolicyBinding
metadata: { name: contacts-jwt }
spec:
  targetRef: { name: contacts }
  policyRef: { name: jwt-validation-flex }
  config:
    jwtOrigin: httpBearerAuthenticationHeader
    signingMethod: rsa
    signingKeyLength: 256
    jwtKeyOrigin: jwks
    jwksUrl: https://acme.onelogin.com/oidc/2/certs
    skipClientIdValidation: true
    validateAudClaim: true
    mandatoryAudClaim: true
    supportedAudiences: https://contacts.example.com
    mandatoryExpClaim: true
";

/// Files that grow, nest or never end are refused like any other that cannot be read.
#[test]
fn a_file_that_means_harm_protects_by_refusing() {
    assert_eq!(Api::of(FileFormat::FlexYaml, FLEX).status(&token(&claims())), 200);
    let bomb = (1..12).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let uses = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("{text}a{level}: &a{level} [{uses}]\n")
    });
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 50_000].join(", "));
    for text in [bomb, long, "[".repeat(500_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "x".repeat(2 << 20)] {
        for format in
            [FileFormat::FlexYaml, FileFormat::MuleConfiguration, FileFormat::MuleRequest, FileFormat::MuleOffline]
        {
            let status = Api::of(format, &text).status(&token(&claims()));
            assert!(status >= 500, "{status}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// A token is let in if it is the very one that was signed.
    #[test]
    fn a_damaged_token_is_refused(edits in edits("[A-Za-z0-9_=.+/ \u{e9}-]{0,3}")) {
        let valid = token(&claims());
        let given = damaged(&valid, &edits);
        let status = Api::configured(&config()).status(&given);
        prop_assert_eq!(status == 200, given == valid, "{} {}", status, given);
    }

    /// Claims of any type and size are let in or refused, and never more than that.
    #[test]
    fn claims_of_any_type_are_decided(
        name in prop::sample::select(vec!["exp", "nbf", "iat", "aud", "iss", "scope", "sub"]),
        value in prop::sample::select(vec![
            json!(-1), json!(1e300), json!(-1e300), json!(u64::MAX), json!(i64::MIN), json!(true), json!({}), json!([]), json!([[]]),
            json!(""), json!("1800000600"), json!(["https://contacts.example.com", 7]), json!({"https://contacts.example.com": 1}),
            json!("https://contacts.example.com "), json!("x".repeat(20_000)), json!("contacts:read\u{0}"), json!(["contacts:read"]),
        ]),
    ) {
        let status = Api::configured(&config()).status(&token(&claims_with(name, value.clone())));
        // Only what the policy asks for decides, and of these only a later end is as good.
        let is_harmless = matches!(name, "iat" | "sub") || name == "exp" && value.as_f64().is_some_and(|end| end > NOW as f64)
            || name == "nbf" && value.as_f64().is_some_and(|start| start <= NOW as f64);
        prop_assert_eq!(status == 200, is_harmless, "{} {}: {}", name, value, status);
    }

    /// A damaged policy file refuses whoever has no token.
    #[test]
    fn a_damaged_file_lets_nobody_in_without_a_token(flex in any::<bool>(), edits in edits("[\\PC\n\t]{0,3}")) {
        let (format, text) =
            if flex { (FileFormat::FlexYaml, FLEX.to_owned()) } else { (FileFormat::MuleConfiguration, config().to_string()) };
        let answer = Api::of(format, &damaged(&text, &edits)).call("GET", "/contacts", &[]);
        prop_assert!(answer.status >= 400, "{}", answer.status);
    }
}
