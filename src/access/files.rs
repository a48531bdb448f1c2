//! What policy files come to ask for, and what they stop asking for.

use super::after::Renames;
use super::change::{AccessChange, list};
use super::settings::{Required, Settings, has_same_words, lax_value, values};
use super::state::Access;
use crate::diff::Impact;
use crate::model::{DesiredState, EntryKey, ScopeValue, text};
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
pub(super) fn of_files(
    desired: &DesiredState,
    (before, after): (&Access, &Access),
    renames: &BTreeMap<String, Renames>,
    files: &[Rewritten<'_>],
) -> Vec<AccessChange> {
    let no_renames = Renames::new();
    let moved = carried(before).symmetric_difference(&carried(after)).copied().collect();
    let mut found = Vec::new();
    for file in files {
        let (Some(policy), Some(before)) = (desired.policies.get(file.policy), file.before) else { continue };
        let server = &policy.authorization_server.value;
        let said = match (Settings::read(before), Settings::read(file.after)) {
            (Some(before), Some(after)) => {
                compare(&before, &after, &moved, renames.get(server.as_str()).unwrap_or(&no_renames))
            }
            _ => vec![said(
                Impact::Breaks,
                "takes the place of a file that is none of its own: who gets in may change".to_owned(),
            )],
        };
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

fn compare(before: &Settings, after: &Settings, moved: &BTreeSet<&str>, renames: &Renames) -> Vec<Said> {
    let mut told = routes(before, after);
    let mut unknown = BTreeSet::new();
    for name in before.differing(after) {
        let pair = (before.get(name).unwrap_or_default(), after.get(name).unwrap_or_default());
        match (name, name.split_once(' ')) {
            ("claim scope", _) => told.extend(scopes(pair, renames)),
            (_, Some(("claim", claim))) => told.extend(claims(claim, pair)),
            ("supportedAudiences", _) => told.extend(audiences(pair, moved)),
            _ => match switch(name, pair) {
                Some(switched) => told.push(switched),
                None => drop(unknown.insert(name)),
            },
        }
    }
    told.extend((!unknown.is_empty()).then(|| changes(unknown.iter())));
    told
}

/// Says whether the file that lies on disk keeps a client out for its scopes; `None` where there is no file.
pub(super) fn keeps_out(file: &Rewritten<'_>, held: &BTreeSet<ScopeValue>) -> Option<bool> {
    let settings = Settings::read(file.before?).unwrap_or_default();
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
fn scopes((before, after): (&str, &str), renames: &Renames) -> Vec<Said> {
    let (old, new) = (Required::read(before).renamed(renames), Required::read(after));
    if old == new {
        // A mere rename is told where grants are compared.
        let quote = |scope: &ScopeValue| format!("'{scope}'");
        let renamed = renames.iter().fold(before.to_owned(), |rule, (from, to)| rule.replace(&quote(from), &quote(to)));
        return if has_same_words(&renamed, after) { Vec::new() } else { vec![changes([&"scope"].into_iter())] };
    }
    let mut found = Vec::new();
    let eased: BTreeSet<_> = old.all.intersection(&new.one_of).filter(|&s| !new.all.contains(s)).cloned().collect();
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
    let news: BTreeSet<_> = added.difference(&old.one_of).cloned().collect();
    if !news.is_empty() {
        let words = format!("asks for {} too", list(&news));
        found.push(of_scopes(Impact::Narrows, news, words));
    }
    let picked: BTreeSet<_> = old.one_of.difference(&new.all).cloned().collect();
    if new.one_of.is_empty() && picked.len() < old.one_of.len() && !picked.is_empty() {
        let words = format!("no longer lets in who holds {} alone", list(&picked));
        found.push(of_scopes(Impact::Narrows, picked, words));
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
        true if has_same_words(before, after) => Vec::new(),
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

/// The routes it covers. What two patterns have in common is not known: one that goes may be covered by another one.
fn routes(before: &Settings, after: &Settings) -> Vec<Said> {
    let narrower = |words: String| said(Impact::Breaks, words);
    let wider = |words: String| said(Impact::Widens, words);
    match (before.covers_all(), after.covers_all()) {
        (true, true) => Vec::new(),
        (true, false) => vec![wider("covers some routes only: the others need no token".to_owned())],
        (false, true) => vec![narrower("covers all routes: those that were open need a token".to_owned())],
        (false, false) => {
            let more: Vec<_> = after.routes.difference(&before.routes).collect();
            let fewer: Vec<_> = before.routes.difference(&after.routes).collect();
            let more = (!more.is_empty()).then(|| narrower(format!("covers {}, which may have been open", list(more))));
            let fewer =
                (!fewer.is_empty()).then(|| wider(format!("no longer covers {}, which may be open", list(fewer))));
            more.into_iter().chain(fewer).collect()
        }
    }
}

/// Returns the audiences that tokens carry.
fn carried(access: &Access) -> BTreeSet<&str> {
    access.servers.values().flat_map(|server| server.audiences.iter().flatten()).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::{Rewritten, of_files};
    use crate::access::state::{Access, ServerAccess};
    use crate::model::sample::{file, key, policy};
    use crate::model::{DesiredState, ScopeValue};

    /// Rewrites the file of `gate`, in front of `contacts`; scope `old` gets the name `new`.
    fn check(before: &str, after: &str, expected: &[&str]) {
        let desired = DesiredState { policies: [(key("gate"), policy("contacts"))].into(), ..file() };
        let access = |audiences: &[&str]| {
            let audiences = Some(audiences.iter().map(|&audience| audience.to_owned()).collect());
            let server = ServerAccess { audiences, ..ServerAccess::default() };
            Access { servers: [("contacts".to_owned(), server)].into() }
        };
        let sides = (
            &access(&["https://a", "https://b", "https://lost"]),
            &access(&["https://a", "https://b", "https://made"]),
        );
        let renames = [("contacts".to_owned(), [(ScopeValue::new("old"), ScopeValue::new("new"))].into())].into();
        let found =
            of_files(&desired, sides, &renames, &[Rewritten { policy: &key("gate"), before: Some(before), after }]);
        let told: Vec<String> = found
            .iter()
            .map(|change| {
                format!("{}: {}", change.impact.as_str(), change.sentence.replace("gateway policy `gate` ", ""))
            })
            .collect();
        assert_eq!(told, expected, "{before} -> {after}");
    }

    fn scope_rule(rule: &str) -> String {
        format!("mandatoryCustomClaims:\n- key: scope\n  value: \"#[{rule}]\"\n")
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
        check("has 'a' or has 'b'", "has 'a'", &["narrows: no longer lets in who holds `b` alone"]);
        check("has 'a' and has 'b'", "has 'b' and has 'a'", &[]);
        check("has 'a'", "has 'a' and (has 'a' or has 'b')", &["narrows: asks for one of `a`, `b` too"]);
        check("has 'a'", "has 'a' and (has 'b' or has 'c')", &["narrows: asks for one of `b`, `c` too"]);
        check("has 'a' and (has 'b' or has 'c')", "has 'a'", &["widens: no longer asks for one of `b`, `c`"]);
        check("has 'a'", "not has 'a'", &["breaks: changes `scope`: who gets in may change"]);
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
        let rule = |value: &str| format!("mandatoryCustomClaims:\n- key: email\n  value: \"{value}\"\n");
        let asks = "breaks: asks for the claim `email` too, and refuses who has another value or none";
        check("{}", &rule("a@b.c"), &[asks]);
        check(&rule("a@b.c"), "{}", &["widens: no longer asks for the claim `email`"]);
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
        let check = |before: &str, after: &str, expected: &[&str]| {
            check(&before.replace(';', "\n"), &after.replace(';', "\n"), expected);
        };
        let stricter = "breaks: is stricter: `validateAudClaim` becomes `true`";
        check("{\"validateAudClaim\": false}", "validateAudClaim: true", &[stricter]);
        let laxer = "widens: is laxer: `skipClientIdValidation` becomes `true`";
        check("skipClientIdValidation: false", "skipClientIdValidation: true", &[laxer]);
        check("disabled: true", "{}", &["breaks: is stricter: `disabled` becomes `false`"]);
        check("jwksUrl: https://evil", "jwksUrl: https://good", &["breaks: changes `jwksUrl`: who gets in may change"]);
        check(
            "a: 1;b: 1;c: 1;d: 1;e: 1",
            "{}",
            &["breaks: changes `a`, `b`, `c` and 2 settings more: who gets in may change"],
        );
        check(
            "not what we write",
            "a: 1",
            &["breaks: takes the place of a file that is none of its own: who gets in may change"],
        );
        // How long keys are kept, what a file is called, and what is not looked at lets nobody in or out.
        check("# one;jwksServiceTimeToLive: 5;kind: x", "# two;jwksServiceTimeToLive: 6", &[]);
        check("skipClientIdValidation: true;clientIdExpression: x", "skipClientIdValidation: true", &[]);
    }

    #[test]
    fn routes_that_a_file_covers_are_compared() {
        let routes = |routes: &[&str]| {
            let rules: Vec<String> = routes.iter().map(|path| format!("- path: {path}\n")).collect();
            format!("rules:\n{}", rules.concat())
        };
        let opens = "widens: covers some routes only: the others need no token";
        check("{}", &routes(&["/a"]), &[opens]);
        check(&routes(&["/a"]), "{}", &["breaks: covers all routes: those that were open need a token"]);
        check("{}", &routes(&["/.*", "/a"]), &[]);
        check(&routes(&["/a", "/b"]), &routes(&["/b", "/a"]), &[]);
        check(&routes(&["/a"]), &routes(&["/a", "/b"]), &["breaks: covers `/b`, which may have been open"]);
        check(&routes(&["/a", "/b"]), &routes(&["/a"]), &["widens: no longer covers `/b`, which may be open"]);
        check(
            &routes(&["/a"]),
            &routes(&["/b"]),
            &["breaks: covers `/b`, which may have been open", "widens: no longer covers `/a`, which may be open"],
        );
    }
}
