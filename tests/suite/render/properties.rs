//! What holds for every policy: the expression says what the file says, and order changes nothing.

use super::sample::{claims, contents, desired, flex, mulesoft, policy, scopes};
use gatewright::model::{FlexStyle, MuleFormat, Policy};
use gatewright::render::render;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Evaluates the boolean expressions we render, over a token's `scope` and `tier`.
///
/// It knows parentheses, `and`, `or`, `==`, and `(vars.claimSet.scope splitBy ' ') contains`, and refuses mixed operators
/// on one level, because their precedence is not documented.
struct Evaluator<'a> {
    scope: &'a str,
    tier: &'a str,
}

impl Evaluator<'_> {
    fn holds(&self, text: &str) -> bool {
        let (parts, operators) = split(text);
        let distinct: BTreeSet<&str> = operators.iter().copied().collect();
        match distinct.into_iter().collect::<Vec<_>>().as_slice() {
            ["and"] => parts.iter().all(|part| self.holds(part)),
            ["or"] => parts.iter().any(|part| self.holds(part)),
            [] => self.atom(text),
            mixed => panic!("{mixed:?} without parentheses in {text}"),
        }
    }

    fn atom(&self, text: &str) -> bool {
        if let Some(wanted) = text.strip_prefix("(vars.claimSet.scope splitBy ' ') contains ") {
            return self.scope.split(' ').any(|word| word == literal(wanted));
        }
        if let Some(wanted) = text.strip_prefix("vars.claimSet.tier == ") {
            return self.tier == literal(wanted);
        }
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        self.holds(inner.unwrap_or_else(|| panic!("cannot read {text}")))
    }
}

fn literal(text: &str) -> &str {
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap();
    assert!(!inner.contains('\''));
    inner
}

/// Splits at the ` and ` and ` or ` that stand in no parentheses.
fn split(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut parts, mut operators) = (Vec::new(), Vec::new());
    let (mut depth, mut start) = (0, 0);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        for operator in ["and", "or"] {
            if depth == 0 && text[index..].starts_with(&format!(" {operator} ")) {
                parts.push(&text[start..index]);
                operators.push(operator);
                start = index + operator.len() + 2;
            }
        }
    }
    assert_eq!(depth, 0, "{text}");
    parts.push(&text[start..]);
    (parts, operators)
}

/// Returns the rule of a claim in a rendered `configuration` file.
fn rule(file: &str, claim: &str) -> Option<String> {
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    let claims = file["mandatoryCustomClaims"].as_array().unwrap();
    let mut found = claims.iter().filter(|entry| entry["key"] == claim);
    let value = found.next()?["value"].as_str().unwrap().to_owned();
    assert!(found.next().is_none(), "two entries for {claim}");
    Some(value)
}

/// Scopes that are parts of one another, so that a substring test would be caught.
fn scope() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["read", "read:all", "unread", "write", "a.b", "urn:x/y@z-1", "and", "or"])
        .prop_map(str::to_owned)
}

fn texts(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

fn configuration(change: impl FnOnce(&mut Policy)) -> String {
    let mut policy = policy(mulesoft(MuleFormat::Configuration));
    change(&mut policy);
    contents(policy)
}

proptest! {
    #[test]
    fn the_scope_rule_holds_exactly_when_the_policy_does(
        all in prop::collection::btree_set(scope(), 0..4),
        any in prop::collection::btree_set(scope(), 0..4),
        token in prop::collection::btree_set(scope(), 0..6),
    ) {
        let (required, one_of): (Vec<String>, Vec<String>) = (all.iter().cloned().collect(), any.iter().cloned().collect());
        let file = configuration(|policy| {
            policy.require_scopes = scopes(&texts(&required));
            policy.require_any_scope = scopes(&texts(&one_of));
        });
        let expected = all.is_subset(&token) && (any.is_empty() || !any.is_disjoint(&token));
        match rule(&file, "scope") {
            None => prop_assert!(all.is_empty() && any.is_empty()),
            Some(rule) => {
                let scope = token.into_iter().collect::<Vec<_>>().join(" ");
                let inner = rule.strip_prefix("#[").and_then(|rule| rule.strip_suffix(']')).unwrap();
                prop_assert_eq!(Evaluator { scope: &scope, tier: "" }.holds(inner), expected, "{}", rule);
            }
        }
    }

    #[test]
    fn a_claim_rule_holds_exactly_for_its_values(
        allowed in prop::collection::btree_set(scope(), 1..4),
        tier in scope(),
    ) {
        let values: Vec<String> = allowed.iter().cloned().collect();
        let file = configuration(|policy| policy.require_claims = claims(&[("tier", &texts(&values))]));
        let rule = rule(&file, "tier").unwrap();
        let holds = match rule.strip_prefix("#[").and_then(|rule| rule.strip_suffix(']')) {
            Some(inner) => Evaluator { scope: "", tier: &tier }.holds(inner),
            None => rule == tier,
        };
        prop_assert_eq!(holds, allowed.contains(&tier));
    }

    #[test]
    fn the_order_of_maps_changes_no_byte(
        names in Just(vec!["a", "b", "c", "d"]).prop_shuffle(),
        claim_names in Just(vec![("x", "1"), ("y", "2"), ("z", "3")]).prop_shuffle(),
    ) {
        let build = |names: &[&'static str], claim_names: &[(&str, &str)]| {
            let mut policies = Vec::new();
            for name in names {
                let mut policy = policy(flex(FlexStyle::Binding));
                policy.output.value = format!("{name}.yaml");
                for (claim, value) in claim_names {
                    policy.require_claims.extend(claims(&[(claim, &[value])]));
                }
                policies.push((*name, policy));
            }
            render(&desired(policies)).unwrap()
        };
        let sorted = build(&["a", "b", "c", "d"], &[("x", "1"), ("y", "2"), ("z", "3")]);
        prop_assert_eq!(build(&names, &claim_names), sorted);
    }

    #[test]
    fn a_flex_file_reads_back_as_it_was_meant(
        required in prop::collection::vec("[A-Za-z0-9._:/@-]{1,12}", 1..6),
    ) {
        let mut policy = policy(flex(FlexStyle::Inline));
        policy.require_scopes = scopes(&texts(&required));
        policy.require_claims = claims(&[("tier", &[&required[0]])]);
        let file = contents(policy);
        let read: serde_json::Value = serde_yaml::from_str(&file).unwrap();
        let entries = &read["spec"]["policies"][0]["config"]["mandatoryCustomClaims"];
        let mut json = super::sample::policy(mulesoft(MuleFormat::Configuration));
        json.require_scopes = scopes(&texts(&required));
        json.require_claims = claims(&[("tier", &[&required[0]])]);
        let json: serde_json::Value = serde_json::from_str(&contents(json)).unwrap();
        prop_assert_eq!(entries, &json["mandatoryCustomClaims"], "{}", file);
    }
}
