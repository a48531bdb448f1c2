//! What policy files come to ask for, and what they stop asking for.

use super::change::{AccessChange, list};
use super::settings::{Required, Settings, is_harmless, lax_value, values};
use crate::diff::Impact;
use crate::model::{DesiredState, Entry, EntryKey, LiveState, ScopeValue, text};
use std::collections::{BTreeMap, BTreeSet};

/// A policy file that is written.
#[derive(Debug, Clone, Copy)]
pub struct Rewritten<'a> {
    /// The policy.
    pub policy: &'a EntryKey,
    /// The file as it lies on disk; `None`: there is none.
    pub before: Option<&'a str>,
    /// The file as it will be.
    pub after: &'a str,
}

/// Finds what policy files ask for that those on disk do not, and the other way round.
///
/// Shape: in the order of the files. What lies on disk is read setting by setting, as it would be written; a setting that has
/// no words of its own here is told by its name, so that no difference goes without saying.
pub(super) fn of_files(desired: &DesiredState, live: &LiveState, files: &[Rewritten<'_>]) -> Vec<AccessChange> {
    let moved = moved_audiences(desired, live);
    let mut found = Vec::new();
    for file in files {
        let (Some(policy), Some(before)) = (desired.policies.get(file.policy), file.before) else { continue };
        let server = &policy.authorization_server.value;
        let (before, after) = (Settings::read(before), Settings::read(file.after));
        let mut said = routes(&before, &after);
        let mut unknown = BTreeSet::new();
        for name in before.differing(&after).into_iter().filter(|name| !is_harmless(name)) {
            let pair = (before.get(name).unwrap_or_default(), after.get(name).unwrap_or_default());
            match (name, name.split_once(' ')) {
                ("claim scope", _) => said.extend(scopes(pair, &renames(desired, server))),
                (_, Some(("claim", claim))) => said.extend(claims(claim, pair)),
                (_, Some(("route", _))) => {}
                ("supportedAudiences", _) => said.extend(audiences(pair, &moved)),
                _ => match switch(name, pair) {
                    Some(switched) => said.push(switched),
                    None => drop(unknown.insert(name)),
                },
            }
        }
        said.extend((!unknown.is_empty()).then(|| changes(unknown.iter())));
        found.extend(said.into_iter().map(|Said { impact, scopes, words }| AccessChange {
            impact,
            server: server.to_string(),
            client: None,
            policy: Some(file.policy.clone()),
            scopes,
            sentence: format!("gateway policy `{}` {words}", file.policy),
        }));
    }
    found
}

/// Says whether the file that lies on disk keeps a client out for its scopes; `None` where there is no file.
pub(super) fn keeps_out(file: &Rewritten<'_>, held: &BTreeSet<ScopeValue>) -> Option<bool> {
    let settings = Settings::read(file.before?);
    Some(!Required::read(settings.get("claim scope").unwrap_or_default()).is_met_by(held))
}

/// What is said of a policy: the end of a sentence about it.
struct Said {
    impact: Impact,
    scopes: Vec<ScopeValue>,
    words: String,
}

fn said(impact: Impact, words: String) -> Said {
    Said { impact, scopes: Vec::new(), words }
}

fn of_scopes(impact: Impact, scopes: BTreeSet<ScopeValue>, words: String) -> Said {
    Said { impact, scopes: scopes.into_iter().collect(), words }
}

/// Names settings that have no words of their own; a file that is another one altogether has many.
fn changes<'a>(names: impl ExactSizeIterator<Item = &'a &'a str>) -> Said {
    const MOST: usize = 3;
    let more = match names.len().saturating_sub(MOST) {
        0 => String::new(),
        number => format!(" and {} more", text::count(number, "setting")),
    };
    said(Impact::Breaks, format!("changes {}{more}: who gets in may change", list(names.take(MOST))))
}

/// A check that is switched on or off.
fn switch(name: &str, (before, after): (&str, &str)) -> Option<Said> {
    let (was_on, is_on): (bool, bool) = (before.parse().ok()?, after.parse().ok()?);
    debug_assert_ne!(was_on, is_on);
    Some(match lax_value(name)? == is_on {
        true => said(Impact::Widens, format!("is laxer: `{name}` becomes `{is_on}`")),
        false => said(Impact::Breaks, format!("is stricter: `{name}` becomes `{is_on}`")),
    })
}

/// The scopes that a token has to hold. One that only gets another name is asked for by that name.
fn scopes((before, after): (&str, &str), renames: &BTreeMap<&ScopeValue, &ScopeValue>) -> Vec<Said> {
    let (old, new) = (Required::read(before).renamed(renames), Required::read(after));
    if old == new {
        // A mere rename is told where grants are compared.
        return if renames.is_empty() { vec![changes([&"scope"].into_iter())] } else { Vec::new() };
    }
    let mut found = Vec::new();
    let eased: BTreeSet<_> = old.all.intersection(&new.one_of).cloned().collect();
    if !eased.is_empty() {
        let words = format!("is content with one of {}, where it asked for {}", list(&new.one_of), list(&eased));
        found.push(of_scopes(Impact::Widens, new.one_of.clone(), words));
    }
    let dropped: BTreeSet<_> = old.all.iter().filter(|&scope| !new.asks_for(scope)).cloned().collect();
    if !dropped.is_empty() {
        let words = format!("no longer asks for {}", list(&dropped));
        found.push(of_scopes(Impact::Widens, dropped, words));
    }
    // Who lacks such a scope is named where grants are compared; the others may ask for tokens without it.
    let added: BTreeSet<_> = new.all.difference(&old.all).cloned().collect();
    if !added.is_empty() {
        let words = format!("asks for {} too", list(&added));
        found.push(of_scopes(Impact::Narrows, added.clone(), words));
    }
    match (old.one_of.is_empty(), new.one_of.is_empty()) {
        (false, false) => {
            let more: BTreeSet<_> =
                new.one_of.difference(&old.one_of).filter(|&s| !old.all.contains(s)).cloned().collect();
            if !more.is_empty() {
                let words = format!("also lets in who holds {} alone", list(&more));
                found.push(of_scopes(Impact::Widens, more, words));
            }
            let fewer: BTreeSet<_> =
                old.one_of.difference(&new.one_of).filter(|&s| !new.all.contains(s)).cloned().collect();
            if !fewer.is_empty() {
                let words = format!("no longer lets in who holds {} alone", list(&fewer));
                found.push(of_scopes(Impact::Narrows, fewer, words));
            }
        }
        (true, false) if eased.is_empty() => {
            let words = format!("asks for one of {} too", list(&new.one_of));
            found.push(of_scopes(Impact::Narrows, new.one_of, words));
        }
        (false, true) if added.is_disjoint(&old.one_of) => {
            let words = format!("no longer asks for one of {}", list(&old.one_of));
            found.push(of_scopes(Impact::Widens, old.one_of, words));
        }
        _ => {}
    }
    found
}

/// What a claim has to be, other than the scopes.
fn claims(claim: &str, (before, after): (&str, &str)) -> Vec<Said> {
    let (old, new) = (values(before), values(after));
    if old.is_empty() {
        let words = format!("asks for the claim `{claim}` too, and refuses who has another value or none");
        return vec![said(Impact::Breaks, words)];
    }
    if new.is_empty() {
        return vec![said(Impact::Widens, format!("no longer asks for the claim `{claim}`"))];
    }
    let dropped: Vec<_> = old.difference(&new).collect();
    let added: Vec<_> = new.difference(&old).collect();
    let mut found = Vec::new();
    if !dropped.is_empty() {
        found.push(said(Impact::Breaks, format!("no longer takes {} as the claim `{claim}`", list(dropped))));
    }
    if !added.is_empty() {
        found.push(said(Impact::Widens, format!("takes {} as the claim `{claim}`", list(added))));
    }
    match found.is_empty() {
        true => vec![changes([&claim].into_iter())],
        false => found,
    }
}

/// The audiences it takes, but for those that a server gains or loses, which is told of the server.
fn audiences((before, after): (&str, &str), moved: &BTreeSet<&str>) -> Vec<Said> {
    let (old, new) = (values(before), values(after));
    let dropped: Vec<_> = old.difference(&new).filter(|audience| !moved.contains(**audience)).collect();
    let added: Vec<_> = new.difference(&old).filter(|audience| !moved.contains(**audience)).collect();
    let mut found = Vec::new();
    if !dropped.is_empty() {
        found.push(said(Impact::Breaks, format!("no longer takes tokens for {}", list(dropped))));
    }
    if !added.is_empty() {
        found.push(said(Impact::Widens, format!("takes tokens for {}", list(added))));
    }
    found
}

/// The routes it covers. What two patterns have in common is not known, so others widen and break.
fn routes(before: &Settings, after: &Settings) -> Vec<Said> {
    let is_changed = before.differing(after).iter().any(|name| name.starts_with("route "));
    let opens = |words: &str| said(Impact::Widens, words.to_owned());
    let closes = |words: &str| said(Impact::Breaks, words.to_owned());
    match (is_changed, before.has_routes(), after.has_routes()) {
        (false, ..) => Vec::new(),
        (true, _, false) => vec![closes("covers all routes: those that were open need a token")],
        (true, false, true) => vec![opens("covers some routes only: the others need no token")],
        (true, true, true) => vec![
            closes("covers other routes: some that were open may need a token"),
            opens("covers other routes: some that needed a token may be open"),
        ],
    }
}

/// Returns the scopes of a server that get new values, old to new.
fn renames<'a>(desired: &'a DesiredState, server: &EntryKey) -> BTreeMap<&'a ScopeValue, &'a ScopeValue> {
    let scopes = desired.servers.get(server).and_then(Entry::managed).and_then(|server| server.scopes.as_ref());
    let renamed = scopes.into_iter().flat_map(|scopes| &scopes.value);
    renamed.filter_map(|(new, scope)| Some((&scope.renamed_from.as_ref()?.value, new))).collect()
}

/// Returns the audiences that are carried by tokens only before or only after.
fn moved_audiences<'a>(desired: &'a DesiredState, live: &'a LiveState) -> BTreeSet<&'a str> {
    let managed = desired.servers.values().filter_map(Entry::present).filter_map(|server| server.audiences.as_ref());
    let external = desired.servers.values().filter_map(|entry| match entry {
        Entry::External(external) => external.declared.audiences.as_ref(),
        Entry::Present(_) | Entry::Absent(_) => None,
    });
    let wanted = managed.map(|audiences| &audiences.value).chain(external).flatten();
    let wanted: BTreeSet<&str> = wanted.map(|audience| audience.value.as_str()).collect();
    let carried = live.lists.servers.iter().flat_map(|server| &server.audiences).map(String::as_str).collect();
    wanted.symmetric_difference(&carried).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{Rewritten, of_files};
    use crate::model::sample::{account, at, file, key, live_server, policy, scopes, server};
    use crate::model::{DesiredState, Entry, ScopeValue, Server};

    /// Rewrites the file of `gate`, in front of `contacts`; scope `new` is called `old` in the account.
    fn check(before: &str, after: &str, expected: &[&str]) {
        let mut contacts = Server { scopes: scopes(&["new"]), ..server("Contacts", "https://a") };
        let renamed = contacts.scopes.as_mut().unwrap().value.get_mut(&ScopeValue::new("new")).unwrap();
        renamed.renamed_from = Some(at(ScopeValue::new("old")));
        let desired = DesiredState {
            servers: [
                (key("contacts"), Entry::Present(contacts)),
                (key("orders"), Entry::Present(server("Orders", "https://b"))),
                (key("more"), Entry::Present(server("More", "https://made"))),
            ]
            .into(),
            policies: [(key("gate"), policy("contacts"))].into(),
            ..file()
        };
        let servers = [("Contacts", "https://a"), ("Orders", "https://b"), ("Unlisted", "https://lost")];
        let servers = servers.iter().zip(1..).map(|((name, url), id)| live_server(id, name, url));
        let found = of_files(
            &desired,
            &account(servers.collect(), Vec::new(), &[]),
            &[Rewritten { policy: &key("gate"), before: Some(before), after }],
        );
        let told: Vec<String> = found
            .iter()
            .map(|change| {
                format!("{}: {}", change.impact.as_str(), change.sentence.replace("gateway policy `gate` ", ""))
            })
            .collect();
        assert_eq!(told, expected, "{before} -> {after}");
    }

    fn scope_rule(rule: &str) -> String {
        format!("- key: scope\n  value: \"#[{rule}]\"\n")
    }

    #[test]
    fn scopes_that_a_file_asks_for_are_compared() {
        let check =
            |before: &str, after: &str, expected: &[&str]| check(&scope_rule(before), &scope_rule(after), expected);
        check("has 'a'", "has 'a' and has 'b'", &["narrows: asks for `b` too"]);
        check("has 'a' and has 'b'", "has 'b'", &["widens: no longer asks for `a`"]);
        check("has 'a:b'", "has 'b'", &["widens: no longer asks for `a:b`", "narrows: asks for `b` too"]);
        check(
            "has 'a' and has 'b'",
            "has 'a' or has 'b'",
            &["widens: is content with one of `a`, `b`, where it asked for `a`, `b`"],
        );
        check("has 'a'", "has 'a' or has 'b'", &["widens: is content with one of `a`, `b`, where it asked for `a`"]);
        check("has 'a' or has 'b'", "has 'a' or has 'b' or has 'c'", &["widens: also lets in who holds `c` alone"]);
        check(
            "has 'a' or has 'b' or has 'c'",
            "has 'a' or has 'b'",
            &["narrows: no longer lets in who holds `c` alone"],
        );
        check("has 'a' or has 'b'", "has 'a'", &["narrows: asks for `a` too"]);
        check("has 'a'", "has 'a' and (has 'b' or has 'c')", &["narrows: asks for one of `b`, `c` too"]);
        check("has 'a' and (has 'b' or has 'c')", "has 'a'", &["widens: no longer asks for one of `b`, `c`"]);
        check("has 'a'", "has  'a'", &[]);
    }

    /// A scope that gets another name is asked for by it; what else changes is told all the same.
    #[test]
    fn a_renamed_scope_hides_nothing() {
        check(&scope_rule("has 'old'"), &scope_rule("has 'new'"), &[]);
        check(
            &scope_rule("has 'old'"),
            &scope_rule("has 'new' or has 'c'"),
            &["widens: is content with one of `c`, `new`, where it asked for `new`"],
        );
    }

    #[test]
    fn claims_that_a_file_asks_for_are_compared() {
        let rule = |value: &str| format!("- key: email\n  value: \"{value}\"\n");
        let asks = "breaks: asks for the claim `email` too, and refuses who has another value or none";
        check("", &rule("a@b.c"), &[asks]);
        check(&rule("a@b.c"), "", &["widens: no longer asks for the claim `email`"]);
        check(
            &rule("#[(x == 'a') or (x == 'b')]"),
            &rule("#[(x == 'b') or (x == 'c')]"),
            &["breaks: no longer takes `a` as the claim `email`", "widens: takes `c` as the claim `email`"],
        );
        check(&rule("#[x == 'a']"), &rule("#[y == 'a']"), &["breaks: changes `email`: who gets in may change"]);
    }

    #[test]
    fn audiences_that_a_file_takes_are_compared() {
        check(
            "supportedAudiences: https://a",
            "supportedAudiences: https://b",
            &["breaks: no longer takes tokens for `https://a`", "widens: takes tokens for `https://b`"],
        );
        check(
            "supportedAudiences: https://zzz",
            "supportedAudiences: https://zzz,https://b",
            &["widens: takes tokens for `https://b`"],
        );
        // What tokens come to carry, or carry no more, is told of the server.
        check("supportedAudiences: https://lost", "supportedAudiences: https://made", &[]);
    }

    #[test]
    fn whatever_else_differs_is_told_too() {
        check(
            "\"validateAudClaim\": false,",
            "validateAudClaim: true",
            &["breaks: is stricter: `validateAudClaim` becomes `true`"],
        );
        check(
            "skipClientIdValidation: false",
            "skipClientIdValidation: true",
            &["widens: is laxer: `skipClientIdValidation` becomes `true`"],
        );
        check("\"disabled\": true", "\"disabled\": false", &["breaks: is stricter: `disabled` becomes `false`"]);
        check("jwksUrl: https://evil", "jwksUrl: https://good", &["breaks: changes `jwksUrl`: who gets in may change"]);
        check(
            "not what we write",
            "mandatoryExpClaim: true",
            &["breaks: changes `mandatoryExpClaim`, `not what we write`: who gets in may change"],
        );
        check("a\nb\nc\nd\ne", "", &["breaks: changes `a`, `b`, `c` and 2 settings more: who gets in may change"]);
        check("# one\njwksServiceTimeToLive: 5", "# two\njwksServiceTimeToLive: 6", &[]);
        check(
            "path: /a",
            "path: /b",
            &[
                "breaks: covers other routes: some that were open may need a token",
                "widens: covers other routes: some that needed a token may be open",
            ],
        );
        check("path: /a", "", &["breaks: covers all routes: those that were open need a token"]);
        check("", "path: /a", &["widens: covers some routes only: the others need no token"]);
    }
}
