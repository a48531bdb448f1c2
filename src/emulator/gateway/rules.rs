//! Which requests a policy is applied to.

use regex::bytes::{Regex, RegexBuilder};

use super::{answer::GatewayRequest, error::FileError};

/// Largest compiled pattern; chosen here, it bounds what a hostile pattern costs.
const COMPILED_LIMIT_BYTES: usize = 1 << 20;

/// The requests a policy applies to: any of its rules, or all requests where it has none.
#[derive(Debug, Default)]
pub(super) struct Rules(Option<Vec<Rule>>);

/// Conditions that all have to hold; an absent one holds.
#[derive(Debug, Default)]
pub(super) struct Rule {
    pub(super) path: Option<Pattern>,
    pub(super) method: Option<Pattern>,
    pub(super) headers: Vec<(String, Pattern)>,
}

impl Rules {
    /// Applies to every request.
    pub(super) fn everything() -> Self {
        Self(None)
    }

    /// Applies where one of the rules does.
    pub(super) fn any_of(rules: Vec<Rule>) -> Self {
        Self(Some(rules))
    }

    /// Tells whether the policy applies to a request whose path, as rules see it, is `path`.
    pub(super) fn apply_to(&self, request: &GatewayRequest<'_>, path: &str) -> bool {
        let Self(Some(rules)) = self else { return true };
        rules.iter().any(|rule| rule.applies_to(request, path))
    }
}

impl Rule {
    fn applies_to(&self, request: &GatewayRequest<'_>, path: &str) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.matches(text));
        fits(&self.path, path)
            && fits(&self.method, request.method)
            && self.headers.iter().all(|(name, pattern)| {
                request.headers.iter().any(|(other, value)| other.eq_ignore_ascii_case(name) && pattern.matches(value))
            })
    }
}

/// A regular expression that has to match the whole text.
///
/// That both gateways match the whole path is inferred from their examples (`/orders(/.*)?`). Of the two readings it
/// covers fewer requests, so that a path the file might leave open is open here.
#[derive(Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern of the RE2 dialect, without look-around and back-references.
    ///
    /// Errors: [`FileError::Refused`] with what the dialect lacks.
    pub(super) fn compile(at: &str, pattern: &str) -> Result<Self, FileError> {
        // The pattern is compiled alone first, so that `a)|(b` cannot reach out of the group put around it.
        builder(pattern).build().map_err(|error| refused(at, &error))?;
        builder(&format!("\\A(?:{pattern})\\z")).build().map(Self).map_err(|error| refused(at, &error))
    }

    fn matches(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// Classes such as `\d` are ASCII, as they are in RE2 and in Java.
fn builder(pattern: &str) -> RegexBuilder {
    let mut builder = RegexBuilder::new(pattern);
    builder.unicode(false).size_limit(COMPILED_LIMIT_BYTES);
    builder
}

fn refused(at: &str, error: &regex::Error) -> FileError {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
    FileError::refused(at, format!("the regular expression is not understood: {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(Pattern::compile("rule", pattern).unwrap().matches(text), expected, "{pattern} on {text}");
    }

    #[test]
    fn patterns_match_whole_texts() {
        check("GET|POST", "POST", true);
        check("GET|POST", "POSTS", false);
        check("/orders(/.*)?", "/orders", true);
        check("/orders(/.*)?", "/orders/1", true);
        check("/orders(/.*)?", "/v1/orders", false);
        check("/orders/.*", "/orders", false);
        check(".*", "/a\n/b", false);
        check(r"/\d+", "/42", true);
        check("(?i)/orders", "/ORDERS", true);
    }

    #[test]
    fn patterns_outside_re2_are_refused() {
        for pattern in ["^((?!/health).)*$", "(?<=a)b", r"(a)\1", "/orders/{id}", "(", "a)|(b", "(?x)a #"] {
            let error = Pattern::compile("rule", pattern).unwrap_err().reason();
            assert!(error.starts_with("rule: the regular expression is not understood"), "{error}");
        }
    }
}
