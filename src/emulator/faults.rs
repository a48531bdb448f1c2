//! Faults on request: which requests they meet and what happens to those.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The rules in force, with what each has counted.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    seen: Vec<u64>,
}

/// Which requests a fault meets, and the fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(default, rename = "match")]
    when: Match,
    fault: Fault,
}

/// Which requests a rule fits; what is left out fits all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Match {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// In a path, `*` stands for any characters but `/` and `**` for any; a segment that begins with `:` is a `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Only the nth request that fits method and path, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    nth: Option<u64>,
    /// Only each so-manieth request that fits method and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<u64>,
}

/// What happens to a request.
///
/// With a `status` the request is not carried out, unless `effect_delay_ms` or `drop: after` says when it is; without
/// one it is, and `body` and `headers` change its answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// A text is sent as it stands, anything else as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    /// Milliseconds the answer is held back; the effect is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delay_ms: Option<u64>,
    /// Milliseconds until the request is carried out, after its answer was worked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) effect_delay_ms: Option<u64>,
    /// Closes the connection instead of an answer.
    #[serde(rename = "drop", skip_serializing_if = "Option::is_none")]
    pub(crate) cut: Option<Cut>,
    /// Answers a GET from the account as it was before the last write.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) stale: bool,
}

/// When a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cut {
    /// Before the request is carried out; it never is.
    Before,
    /// After the request was carried out.
    After,
}

impl Fault {
    /// Returns how long the answer is held back.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(0))
    }

    /// Returns whether the request is carried out at all.
    pub(crate) fn lets_through(&self) -> bool {
        match self.cut {
            Some(Cut::Before) => self.effect_delay_ms.is_some(),
            Some(Cut::After) => true,
            None => self.status.is_none() || self.effect_delay_ms.is_some(),
        }
    }
}

/// The most signs of a path that stand for others; every one multiplies what there is to compare.
const MOST_WILD_SIGNS: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rules: Vec<Rule>,
}

impl Faults {
    /// Reads rules from `{"rules": [...]}`; counting starts anew.
    ///
    /// # Errors
    /// A sentence saying what is wrong with them.
    pub(crate) fn from_json(value: &Value) -> Result<Faults, String> {
        let rules = Rules::deserialize(value).map_err(|error| error.to_string())?.rules;
        if rules.iter().any(|rule| rule.when.nth == Some(0) || rule.when.every == Some(0)) {
            return Err("nth and every count from 1".to_owned());
        }
        let is_wild = |rule: &Rule| {
            rule.when.path.as_ref().is_some_and(|path| path.matches(['*', ':']).count() > MOST_WILD_SIGNS)
        };
        if rules.iter().any(is_wild) {
            return Err(format!("a path has more than {MOST_WILD_SIGNS} `*` and `:`"));
        }
        Ok(Faults { seen: vec![0; rules.len()], rules })
    }

    /// Returns the rules as they were given.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::json!({ "rules": self.rules })
    }

    /// Counts a request and returns the fault it meets: that of the first rule that fits.
    pub(crate) fn meet(&mut self, method: &str, path: &str) -> Option<Fault> {
        let mut met = None;
        for (rule, seen) in self.rules.iter().zip(&mut self.seen) {
            if !rule.when.fits(method, path) {
                continue;
            }
            *seen += 1;
            let due = rule.when.nth.is_none_or(|nth| *seen == nth)
                && rule.when.every.is_none_or(|every| seen.is_multiple_of(every));
            if due && met.is_none() {
                met = Some(rule.fault.clone());
            }
        }
        met
    }
}

impl Match {
    fn fits(&self, method: &str, path: &str) -> bool {
        let method_fits =
            self.method.as_ref().is_none_or(|wanted| wanted == "*" || wanted.eq_ignore_ascii_case(method));
        method_fits && self.path.as_ref().is_none_or(|pattern| path_fits(pattern, path))
    }
}

fn path_fits(pattern: &str, path: &str) -> bool {
    tail_fits(pattern, path, &mut HashSet::new())
}

/// Compares what is left of both; pairs that did not fit are remembered, by what was left, so that none is tried twice.
fn tail_fits(pattern: &str, path: &str, failed: &mut HashSet<(usize, usize)>) -> bool {
    let left = (pattern.len(), path.len());
    let fits = !failed.contains(&left) && pattern_fits(pattern, path, failed);
    if !fits {
        failed.insert(left);
    }
    fits
}

fn pattern_fits(pattern: &str, path: &str, failed: &mut HashSet<(usize, usize)>) -> bool {
    let Some((head, rest)) = pattern.split_once(['*', ':']) else {
        return pattern == path;
    };
    let Some(path) = path.strip_prefix(head) else {
        return false;
    };
    let wild_colon = pattern.as_bytes().get(head.len()) == Some(&b':');
    if wild_colon && !head.ends_with('/') {
        // A colon inside a segment is a plain character.
        return path.strip_prefix(':').is_some_and(|path| tail_fits(rest, path, failed));
    }
    let (rest, crosses) = if wild_colon {
        (rest.trim_start_matches(|letter: char| letter != '/'), false)
    } else {
        (rest.strip_prefix('*').unwrap_or(rest), rest.starts_with('*'))
    };
    let end = if crosses { path.len() } else { path.find('/').unwrap_or(path.len()) };
    (0..=end).filter_map(|taken| path.get(taken..)).any(|path| tail_fits(rest, path, failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(path_fits(pattern, path), expected, "{pattern} {path}");
        };
        check("/api/2/apps", "/api/2/apps", true);
        check("/api/2/apps", "/api/2/apps/1", false);
        check("/api/2/apps/*", "/api/2/apps/1", true);
        check("/api/2/apps/*", "/api/2/apps/1/users", false);
        check("/api/2/**", "/api/2/apps/1/users", true);
        check("/api/2/api_authorizations/*/scopes", "/api/2/api_authorizations/7/scopes", true);
        check("/api/2/api_authorizations/:id/scopes", "/api/2/api_authorizations/7/scopes", true);
        check("/api/2/api_authorizations/:id", "/api/2/api_authorizations/7/scopes", false);
    }

    #[test]
    fn patterns_of_many_stars_end() {
        let pattern = "**a".repeat(MOST_WILD_SIGNS / 2);
        assert!(!path_fits(&format!("/{pattern}b"), &format!("/{}", "a".repeat(400))));
        assert!(path_fits(&format!("/{pattern}"), &format!("/{}", "a".repeat(400))));
        let wild = json!({"rules": [{"match": {"path": "*".repeat(17)}, "fault": {}}]});
        assert_eq!(Faults::from_json(&wild).unwrap_err(), "a path has more than 16 `*` and `:`");
    }

    #[test]
    fn nth_and_every_count_what_fits_method_and_path() {
        let mut faults = Faults::from_json(&json!({"rules": [
            {"match": {"method": "POST", "path": "/a", "nth": 2}, "fault": {"status": 502}},
            {"match": {"path": "/a", "every": 3}, "fault": {"drop": "after"}},
        ]}))
        .unwrap();
        let mut meet = |method: &str, path: &str| faults.meet(method, path).map(|fault| (fault.status, fault.cut));
        assert_eq!(meet("POST", "/a"), None);
        assert_eq!(meet("POST", "/b"), None);
        assert_eq!(meet("GET", "/a"), None);
        assert_eq!(meet("POST", "/a"), Some((Some(502), None)));
        assert_eq!(meet("POST", "/a"), None);
        assert_eq!(meet("GET", "/a"), None);
        assert_eq!(meet("GET", "/a"), Some((None, Some(Cut::After))));
    }

    #[test]
    fn misspelt_rules_are_refused() {
        let check = |rules: Value, part: &str| {
            let error = Faults::from_json(&rules).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check(json!({"rules": [{"fault": {"staus": 502}}]}), "staus");
        check(json!({"rules": [{"match": {"nth": 0}, "fault": {}}]}), "count from 1");
        check(json!({"rules": [{"fault": {"drop": "during"}}]}), "during");
    }
}
