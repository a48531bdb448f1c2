//! The routes a policy covers, and what it leaves open.

use crate::diagnostic::{Code, Diagnostic, Sourced};
use crate::model::{Policy, Route};

/// Expressions that match every path.
const EVERY_PATH: [&str; 8] = [".*", "/.*", "(.*)", "/(.*)", "(/.*)", "(/.*)?", "/?.*", "(/|/.*)"];

/// Refuses routes that leave others without a token check, unless the policy says so.
pub(super) fn check_coverage(policy: &Policy, problems: &mut Vec<Diagnostic>) {
    if policy.open || covers_everything(policy) {
        return;
    }
    let Some(first) = policy.routes.first() else { return };
    problems.push(
        Diagnostic::error(
            Code::OpenRoutes,
            first.origin.clone(),
            "requests outside these routes would pass without a token",
        )
        .with_hint(
            "Leave `routes` out to cover everything, add a route `path: /.*` without methods, or say `open: true`.",
        ),
    );
}

/// Says whether every request meets the policy.
pub(super) fn covers_everything(policy: &Policy) -> bool {
    policy.routes.is_empty() || policy.routes.iter().any(|route| is_everything(&route.value))
}

fn is_everything(route: &Route) -> bool {
    let Route { methods, path } = route;
    let path = path.strip_prefix('^').unwrap_or(path);
    let path = path.strip_suffix('$').unwrap_or(path);
    methods.is_empty() && EVERY_PATH.contains(&path)
}

/// Returns the methods as the one expression both gateways take; `None` for all.
pub(super) fn methods(route: &Route) -> Option<String> {
    (!route.methods.is_empty()).then(|| route.methods.join("|"))
}

/// Refuses what no MuleSoft gateway matches by.
pub(super) fn check_syntax(route: &Sourced<Route>, problems: &mut Vec<Diagnostic>) {
    let path = &route.value.path;
    if path.is_empty() {
        let message = "a route without a path matches nothing";
        problems.push(Diagnostic::error(Code::InvalidValue, route.origin.clone(), message));
    }
    if let Some(placeholder) = placeholder(path) {
        problems.push(
            Diagnostic::error(
                Code::NotExpressible,
                route.origin.clone(),
                format!("the path is a regular expression and knows no `{placeholder}`"),
            )
            .with_hint("Write `[^/]+` for one segment."),
        );
    }
    for method in &route.value.methods {
        if method.is_empty() || !method.chars().all(|c| c.is_ascii_uppercase()) {
            problems.push(
                Diagnostic::error(
                    Code::InvalidValue,
                    route.origin.clone(),
                    format!("`{method}` is not an HTTP method"),
                )
                .with_hint("Methods are upper case, one an entry: `[GET, POST]`."),
            );
        }
    }
}

/// Finds a URI template's `{name}`; `{2}` and `{2,3}` are repetitions.
fn placeholder(path: &str) -> Option<&str> {
    let mut rest = path;
    while let Some(start) = rest.find('{') {
        let from = rest.get(start..)?;
        let end = from.find('}')?;
        let inner = from.get(1..end)?;
        if inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !rest.get(..start)?.ends_with("\\p") {
            return from.get(..=end);
        }
        rest = from.get(1..)?;
    }
    None
}

/// Finds what RE2 cannot do: look-around, backreferences, atomic groups and possessive repetition.
///
/// Source: Flex Gateway matches with RE2 (declarative configuration reference).
pub(super) fn beyond_re2(path: &str) -> Option<&'static str> {
    const FORBIDDEN: [(&str, &str); 7] = [
        ("(?=", "lookahead"),
        ("(?!", "lookahead"),
        ("(?<=", "lookbehind"),
        ("(?<!", "lookbehind"),
        ("(?>", "an atomic group"),
        ("\\k<", "a backreference"),
        ("(?P=", "a backreference"),
    ];
    if let Some((_, name)) = FORBIDDEN.iter().find(|(sign, _)| path.contains(sign)) {
        return Some(name);
    }
    let mut previous = None;
    let mut is_escaped = false;
    for character in path.chars() {
        if is_escaped {
            if ('1'..='9').contains(&character) {
                return Some("a backreference");
            }
            is_escaped = false;
            previous = None;
            continue;
        }
        if character == '+' && matches!(previous, Some('+' | '*' | '?' | '}')) {
            return Some("possessive repetition");
        }
        is_escaped = character == '\\';
        previous = Some(character);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Route, beyond_re2, is_everything, placeholder};

    #[test]
    fn only_unrestricted_routes_cover_everything() {
        let check = |methods: &[&str], path: &str, expected: bool| {
            let methods = methods.iter().map(|&method| method.to_owned()).collect();
            assert_eq!(is_everything(&Route { methods, path: path.to_owned() }), expected, "{path}");
        };
        check(&[], "/.*", true);
        check(&[], "^/.*$", true);
        check(&[], ".*", true);
        check(&["GET"], "/.*", false);
        check(&[], "/orders/.*", false);
        check(&[], "/.+", false);
        check(&[], "^((?!/health).)*$", false);
    }

    #[test]
    fn what_re2_lacks_is_named() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(beyond_re2(path), expected, "{path}");
        check("/orders/[0-9]+", None);
        check("/a\\.b/(x|y)?", None);
        check("/(?:a|b)/(?P<name>c)", None);
        check("^((?!/health).)*$", Some("lookahead"));
        check("/a(?=b)", Some("lookahead"));
        check("(?<=a)b", Some("lookbehind"));
        check("(a)/\\1", Some("a backreference"));
        check("(?<x>a)\\k<x>", Some("a backreference"));
        check("/a++", Some("possessive repetition"));
        check("/a\\++", None);
        check("\\\\1", None);
    }

    #[test]
    fn placeholders_are_not_repetitions() {
        let check = |path: &str, expected: Option<&str>| assert_eq!(placeholder(path), expected, "{path}");
        check("/orders/{id}", Some("{id}"));
        check("/orders/[0-9]{2}/{id}/x", Some("{id}"));
        check("/orders/[0-9]{2,3}", None);
        check("/\\p{Alpha}+", None);
        check("/{", None);
    }
}
