//! What a gateway cannot express is an error that says so.

use super::sample::{CONTACTS, at, claims, desired, flex, key, mulesoft, policy, route, scopes, server, sourced};
use gatewright::diagnostic::{Code, Severity};
use gatewright::model::{
    ClaimName, ClientIdCheck, DesiredState, Entry, Flex, FlexStyle, Gateway, MuleFormat, Mulesoft, Policy,
};
use gatewright::render::render;

/// Changes a valid policy and expects one error with this code and these words.
fn check(gateway: Gateway, change: impl FnOnce(&mut Policy), code: Code, words: &str) {
    let mut policy = policy(gateway);
    change(&mut policy);
    check_state(&desired(vec![("contacts", policy)]), code, words);
}

fn check_state(desired: &DesiredState, code: Code, words: &str) {
    let problems = render(desired).unwrap_err();
    let [problem] = problems.as_slice() else { panic!("one problem: {problems:#?}") };
    assert_eq!((problem.code, problem.severity), (code, Severity::Error), "{}", problem.message);
    assert!(problem.message.contains(words), "`{}` lacks `{words}`", problem.message);
    assert!(problem.primary.is_some());
}

/// Changes a valid policy and expects hints that name these words.
fn check_hints(gateway: Gateway, words: &[&str]) {
    let problems = render(&desired(vec![("contacts", policy(gateway))])).unwrap_err();
    assert!(!problems.is_empty());
    for problem in &problems {
        let hint = problem.hint.as_deref().unwrap_or_default();
        for word in words {
            assert!(hint.contains(word), "`{hint}` lacks `{word}`");
        }
    }
}

#[test]
fn what_a_gateway_needs_is_named_with_the_default() {
    let bare =
        |style| Gateway::Flex(Flex { style, api_instance: None, namespace: None, address: None, upstream: None });
    check_hints(bare(FlexStyle::Binding), &["the default", "`api_instance: ", "`style: inline`", "`upstream`"]);
    check_hints(bare(FlexStyle::Inline), &["`address: http", "`upstream: https", "`style: binding`"]);
    let bare = |format| Gateway::Mulesoft(Mulesoft { format, api_id: None, asset_version: None });
    check_hints(bare(MuleFormat::Request), &["asset_version", "the default"]);
    check_hints(bare(MuleFormat::Offline), &["the default"]);
}

fn configuration() -> Gateway {
    mulesoft(MuleFormat::Configuration)
}

#[test]
fn values_that_mean_something_are_refused_by_name() {
    for character in ['\'', '"', '\\', '$', '#', '[', ']', '(', ')', ' ', ',', ';', '=', '*', '%', 'ä', '\u{202E}'] {
        let text = format!("a{character}b");
        let named = format!("{character:?}");
        check(configuration(), |p| p.require_scopes = scopes(&[&text]), Code::NotExpressible, &named);
        check(configuration(), |p| p.require_any_scope = scopes(&["x", &text]), Code::NotExpressible, &named);
        check(configuration(), |p| p.require_claims = claims(&[("tier", &[&text])]), Code::NotExpressible, &named);
        check(configuration(), |p| p.require_claims = claims(&[(&text, &["x"])]), Code::NotExpressible, &named);
    }
}

#[test]
fn claims_that_cannot_be_compared_are_refused() {
    let claim = |name: &'static str, values: &'static [&'static str]| {
        move |p: &mut Policy| p.require_claims = claims(&[(name, values)])
    };
    check(configuration(), claim("aud", &["x"]), Code::NotExpressible, "`aud`");
    check(configuration(), claim("exp", &["1"]), Code::NotExpressible, "`exp`");
    check(configuration(), claim("tier", &[]), Code::InvalidValue, "`tier`");
    check(configuration(), claim("tier", &["", "x"]), Code::NotExpressible, "empty");
    check(configuration(), claim("cost-centre", &["1", "2"]), Code::NotExpressible, "`cost-centre`");
    check(configuration(), claim("iss", &["https://other.example"]), Code::ForeignIssuer, "no token can pass");
}

#[test]
fn audiences_have_to_survive_the_list() {
    let audience = |value: &'static str| {
        let mut desired = desired(vec![("contacts", policy(configuration()))]);
        desired.servers.insert(key("contacts"), Entry::Present(server(&[value])));
        desired
    };
    check_state(&audience("https://a.example/x,y"), Code::InvalidAudience, "comma");
    check_state(&audience(" https://a.example"), Code::InvalidAudience, "blanks");
    check_state(&audience(""), Code::InvalidAudience, "empty");
    let mut on_flex = audience("$AUDIENCE");
    on_flex.policies.insert(key("contacts"), policy(flex(FlexStyle::Binding)));
    check_state(&on_flex, Code::NotExpressible, "environment variable");
}

#[test]
fn a_policy_needs_a_server_with_audiences() {
    let unknown = |p: &mut Policy| p.authorization_server = sourced(key("contcats"));
    check(configuration(), unknown, Code::UnknownReference, "`contcats`");

    let mut bare = desired(vec![("contacts", policy(configuration()))]);
    let mut without = server(&[]);
    without.audiences = None;
    bare.servers.insert(key("contacts"), Entry::Present(without));
    check_state(&bare, Code::PolicyIncomplete, "no audience");
    bare.servers.insert(key("contacts"), Entry::Absent(server(&[CONTACTS])));
    check_state(&bare, Code::PolicyIncomplete, "to be deleted");
}

#[test]
fn keys_come_over_https() {
    let mut desired = desired(vec![("a", policy(configuration())), ("b", policy(configuration()))]);
    desired.tenant.base_url = Some("http://login.acme.example".parse().unwrap());
    check_state(&desired, Code::InsecureIssuer, "not https");
    desired.tenant.base_url = Some("http://127.0.0.1:8080".parse().unwrap());
    assert!(render(&desired).is_ok());
}

#[test]
fn routes_do_not_leave_others_open_unsaid() {
    let routes = |p: &mut Policy| p.routes = vec![route(&["GET"], "/contacts/.*")];
    check(mulesoft(MuleFormat::Request), routes, Code::OpenRoutes, "without a token");
    check(flex(FlexStyle::Binding), routes, Code::OpenRoutes, "without a token");
    let everything = |p: &mut Policy| p.routes = vec![route(&[], "/.*")];
    check(configuration(), everything, Code::NotExpressible, "`-p`");
    let open = |path: &'static str| {
        move |p: &mut Policy| {
            p.open = true;
            p.routes = vec![route(&[], path)];
        }
    };
    check(flex(FlexStyle::Inline), open("^((?!/health).)*$"), Code::NotExpressible, "no lookahead");
    check(flex(FlexStyle::Inline), open("(a)/\\1"), Code::NotExpressible, "no backreference");
    check(mulesoft(MuleFormat::Offline), open("/contacts/{id}"), Code::NotExpressible, "`{id}`");
    let method = |p: &mut Policy| p.routes = vec![route(&[], "/.*"), route(&["get"], "/x")];
    check(flex(FlexStyle::Inline), method, Code::InvalidValue, "`get`");
}

#[test]
fn each_format_says_what_it_needs() {
    let lacks = |format, api_id, asset_version: Option<&str>| {
        let asset_version = asset_version.map(|version| sourced(version.to_owned()));
        Gateway::Mulesoft(Mulesoft { format, api_id, asset_version })
    };
    let same = |_: &mut Policy| {};
    check(lacks(MuleFormat::Request, None, None), same, Code::PolicyIncomplete, "`asset_version`");
    check(lacks(MuleFormat::Offline, None, Some("1.4.0")), same, Code::PolicyIncomplete, "`api_id`");
    check(lacks(MuleFormat::Request, None, Some("latest")), same, Code::InvalidValue, "`latest`");

    let without = |change: fn(&mut gatewright::model::Flex), style| {
        let Gateway::Flex(mut settings) = flex(style) else { unreachable!() };
        change(&mut settings);
        Gateway::Flex(settings)
    };
    check(without(|f| f.api_instance = None, FlexStyle::Binding), same, Code::PolicyIncomplete, "`api_instance`");
    check(without(|f| f.address = None, FlexStyle::Inline), same, Code::PolicyIncomplete, "`address`");
    check(without(|f| f.upstream = None, FlexStyle::Inline), same, Code::PolicyIncomplete, "`upstream`");
    let portless = without(|f| f.upstream = Some(sourced("https://x.example".to_owned())), FlexStyle::Inline);
    check(portless, same, Code::InvalidValue, "https://x.example");
    let shouting = without(|f| f.namespace = Some(sourced("Shop".to_owned())), FlexStyle::Binding);
    check(shouting, same, Code::InvalidValue, "`Shop`");
}

#[test]
fn what_only_one_gateway_checks_is_refused_on_the_other() {
    let client = |name: &'static str| move |p: &mut Policy| p.client_id = ClientIdCheck::Claim(ClaimName::new(name));
    check(flex(FlexStyle::Binding), client("azp"), Code::NotExpressible, "client's id");
    check(configuration(), client("client-id"), Code::NotExpressible, "`client-id`");
    let never = |p: &mut Policy| p.jwks_ttl_minutes = Some(sourced(0));
    check(configuration(), never, Code::InvalidValue, "0 minutes");
}

#[test]
fn all_problems_come_at_once() {
    let mut first = policy(mulesoft(MuleFormat::Request));
    first.require_scopes = scopes(&["a b", "c'd"]);
    let Gateway::Mulesoft(settings) = &mut first.gateway else { unreachable!() };
    settings.asset_version = None;
    let mut second = policy(flex(FlexStyle::Binding));
    second.client_id = ClientIdCheck::Claim(ClaimName::new("azp"));
    second.origin = at(30);
    let problems = render(&desired(vec![("a", first), ("b", second)])).unwrap_err();
    assert_eq!(problems.len(), 4, "{problems:#?}");
}

#[test]
fn two_policies_do_not_write_one_resource() {
    let pair = |one: &'static str, other: &'static str, style: FlexStyle| {
        let with_instance = || {
            let Gateway::Flex(mut settings) = flex(style) else { unreachable!() };
            settings.api_instance = Some(sourced("contacts".to_owned()));
            policy(Gateway::Flex(settings))
        };
        desired(vec![(one, with_instance()), (other, with_instance())])
    };
    check_state(&pair("a", "b", FlexStyle::Inline), Code::DuplicateIdentity, "`contacts`");
    check_state(&pair("a-b", "a_b", FlexStyle::Binding), Code::DuplicateIdentity, "`a-b`");
    assert!(render(&pair("a", "b", FlexStyle::Binding)).is_ok());
}
