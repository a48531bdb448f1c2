//! The nearest valid name, for hints.

/// Finds the candidate that was probably meant.
pub(crate) fn nearest<'a, I>(wanted: &str, candidates: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a str>,
    I::IntoIter: Clone,
{
    let candidates = candidates.into_iter();
    let folded = wanted.to_lowercase();
    // Two letters are near everything.
    let allowed = match wanted.chars().count() {
        0..3 => 0,
        length => (length / 3).max(1),
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.clone() {
        if candidate.len().abs_diff(wanted.len()) > allowed.max(2) {
            continue;
        }
        let distance = strsim::osa_distance(&folded, &candidate.to_lowercase());
        let is_better = best.is_none_or(|(least, name)| (distance, candidate) < (least, name));
        if distance <= allowed && is_better {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name).or_else(|| sharing(&folded, candidates))
}

/// Finds the one candidate that has words in common with what was written.
fn sharing<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut found = candidates.filter(|candidate| shares_words(wanted, candidate));
    found.next().filter(|first| found.all(|other| other == *first))
}

/// Lists the candidates that have words in common with what was written, each once; empty where more than a few do.
pub(crate) fn resembling<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    const FEW: usize = 3;
    let folded = wanted.to_lowercase();
    let mut found: Vec<&str> = Vec::new();
    for candidate in candidates {
        if shares_words(&folded, candidate) && !found.contains(&candidate) {
            if found.len() == FEW {
                return Vec::new();
            }
            found.push(candidate);
        }
    }
    found
}

/// Says whether a name says more words than what was written, as `oidc_apps` for `apps`, or fewer, as `basic` for
/// `client_secret_basic`, or begins with the same ones, as `access_token_expiration_minutes` for `access_token_lifetime`.
fn shares_words(wanted: &str, name: &str) -> bool {
    holds(name, wanted) || holds(wanted, name) || begins_alike(name, wanted)
}

/// Says whether a name holds these words one after the other; a word of three letters is in too many.
fn holds(name: &str, words: &str) -> bool {
    let is_bound =
        |rest: Option<&str>, bound: fn(&str) -> bool| rest.is_some_and(|rest| rest.is_empty() || bound(rest));
    let holds_at = |(start, _): (usize, &str)| {
        is_bound(name.get(..start), |before| before.ends_with('_'))
            && is_bound(name.get(start + words.len()..), |behind| behind.starts_with('_'))
    };
    words.len() > 3 && name.match_indices(words).any(holds_at)
}

/// Says whether two names begin with the same two words: one is in too many.
fn begins_alike(one: &str, other: &str) -> bool {
    const WORDS: usize = 2;
    one.split('_').zip(other.split('_')).take_while(|(one, other)| one == other).take(WORDS).count() == WORDS
}

/// Says what to write instead: the nearest name, else the names there are.
pub(crate) fn hint<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str> + Clone, none: &str) -> String {
    if let Some(name) = nearest(wanted, candidates.clone()) {
        return format!("Did you mean `{name}`?");
    }
    match list(candidates) {
        Some(names) => format!("Choose from {names}."),
        None => none.to_owned(),
    }
}

/// Lists up to twelve names, and of more the first eight: `` `a`, `b` and 3 more ``.
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    const MOST: usize = 12;
    const SHOWN: usize = 8;
    let shown = if names.clone().nth(MOST).is_none() { MOST } else { SHOWN };
    let mut text = String::new();
    let mut count = 0usize;
    for name in names {
        if count < shown {
            if count > 0 {
                text.push_str(", ");
            }
            text.push('`');
            text.push_str(name);
            text.push('`');
        }
        count += 1;
    }
    if count > shown {
        text.push_str(&format!(" and {} more", count - shown));
    }
    (count > 0).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{list, nearest, resembling};

    #[test]
    fn the_nearest_name_is_near() {
        let check = |wanted: &str, expected: Option<&str>| {
            assert_eq!(nearest(wanted, ["audiences", "name", "scopes", "contacts:read"]), expected, "{wanted}");
        };
        check("audience", Some("audiences"));
        check("Name", Some("name"));
        check("nmae", Some("name"));
        check("contacts:raed", Some("contacts:read"));
        check("contact:read", Some("contacts:read"));
        check("color", None);
        check("na", None);
        check("", None);
    }

    #[test]
    fn words_in_common_are_near_where_they_name_one() {
        let check = |wanted: &str, expected: Option<&str>| {
            let names = ["oidc_apps", "gateway_policies", "require_scopes", "inherited_scopes", "basic"];
            assert_eq!(nearest(wanted, names), expected, "{wanted}");
        };
        check("apps", Some("oidc_apps"));
        check("Policies", Some("gateway_policies"));
        check("client_secret_basic", Some("basic"));
        check("scopes", None);
        check("of", None);
        let lifetimes = ["access_token_expiration_minutes", "refresh_token_expiration_minutes", "token_endpoint"];
        assert_eq!(nearest("access_token_lifetime", lifetimes), Some("access_token_expiration_minutes"));
        assert_eq!(nearest("access_token", lifetimes), Some("access_token_expiration_minutes"));
        assert_eq!(nearest("token_expiration", lifetimes), None);
    }

    #[test]
    fn a_few_names_resemble_a_word() {
        let names =
            ["redirect_uris", "post_logout_redirect_uris", "redirect_uris", "login_url", "a_url", "b_url", "c_url"];
        assert_eq!(resembling("Redirect", names.into_iter()), ["redirect_uris", "post_logout_redirect_uris"]);
        assert_eq!(resembling("redirection", names.into_iter()), Vec::<&str>::new());
        assert_eq!(resembling("url", names.into_iter()), Vec::<&str>::new());
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..13).map(|n| n.to_string()).collect();
        let text = list(names.iter().map(String::as_str)).unwrap();
        assert_eq!(text, "`0`, `1`, `2`, `3`, `4`, `5`, `6`, `7` and 5 more");
        let text = list(names.iter().take(12).map(String::as_str)).unwrap();
        assert_eq!(text, "`0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8`, `9`, `10`, `11`");
        assert_eq!(list(std::iter::empty()), None);
    }
}
