//! The documentation of every key, read from the schema, so that editors and `explain` say the same.

mod walk;
mod way;

use super::nearest::{nearest, resembling};
use super::schema;
use way::Way;

/// What is to be known about one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDoc {
    /// The way to it from the root, with `.` between; what users name themselves stands as `<server>`, a list item as `[]`.
    pub path: String,
    /// What it says, in one or more paragraphs.
    pub description: String,
    /// What it takes, a lowercase fragment.
    pub takes: String,
    /// The words it takes, each with what it means; empty where any text will do.
    pub choices: Vec<(String, String)>,
    /// Whether it has to be there.
    pub is_required: bool,
    /// What counts where it is absent, as the file says it; `None` where nothing is then said or changed.
    pub default: Option<String>,
    /// Lines of a file that use it; empty where its words or the keys below it say enough.
    pub example: String,
    /// The keys directly below it.
    pub children: Vec<String>,
}

/// A word that says nothing in the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no key of the file is called `{wanted}`")]
pub struct UnknownKey {
    /// What was asked for.
    pub wanted: String,
    /// The keys that were probably meant, or the ways to them; a few at most.
    pub near: Vec<String>,
}

/// Explains what a word of the file means: the keys of that name, the key at that path or at the end of it, the key of an
/// address, or the keys that take the word as a value. A name of the user's own may stand in a path for its placeholder.
///
/// # Errors
/// [`UnknownKey`] with the nearest name.
pub fn explain(wanted: &str) -> Result<Vec<KeyDoc>, UnknownKey> {
    let keys = keys();
    // A key may come with its colon, as the file has it.
    let wanted = wanted.strip_suffix(':').unwrap_or(wanted);
    let way = Way::parse(wanted);
    let found: Vec<KeyDoc> = keys.iter().filter(|key| way.leads_to(&key.path)).cloned().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let taking: Vec<KeyDoc> = keys.iter().filter(|key| takes(key, wanted)).cloned().collect();
    if !taking.is_empty() {
        return Ok(taking);
    }
    Err(UnknownKey { wanted: wanted.to_owned(), near: near(&way, wanted, &keys) })
}

/// Returns every key of the format in the order of the schema.
pub fn keys() -> Vec<KeyDoc> {
    walk::keys(&schema())
}

/// Says whether a key takes a word, or is there for the gateway of that name only.
fn takes(key: &KeyDoc, word: &str) -> bool {
    key.choices.iter().any(|(choice, _)| choice == word) || key.description.starts_with(&format!("`{word}`: "))
}

/// Finds what was probably meant: a key beside the one that a path ends in, else any, else those with words in common.
fn near(way: &Way, wanted: &str, keys: &[KeyDoc]) -> Vec<String> {
    let beside: Vec<&KeyDoc> = keys.iter().filter(|key| way.leads_beside(&key.path)).collect();
    if let Some(name) = nearest(way.last(), beside.iter().map(|key| last(&key.path))) {
        return beside.iter().find(|key| last(&key.path) == name).map(|key| key.path.clone()).into_iter().collect();
    }
    let names = keys.iter().map(|key| last(&key.path)).filter(|name| !name.starts_with('<'));
    match nearest(wanted, names.clone()) {
        Some(name) => vec![name.to_owned()],
        None => resembling(wanted, names).into_iter().map(str::to_owned).collect(),
    }
}

/// Returns the name of the key that a path leads to.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path).trim_end_matches("[]")
}

#[cfg(test)]
mod tests {
    use super::{explain, keys};

    #[test]
    fn every_key_is_explained() {
        let lacking = |lacks: &dyn Fn(&super::KeyDoc) -> bool| -> Vec<String> {
            keys().into_iter().filter(|key| lacks(key)).map(|key| key.path).collect()
        };
        assert_eq!(lacking(&|key| key.description.is_empty()), Vec::<String>::new(), "without a description");
        let says_how = |key: &super::KeyDoc| {
            !(key.example.is_empty() && key.default.is_none() && key.choices.is_empty() && key.children.is_empty())
        };
        assert_eq!(lacking(&|key| !says_how(key)), Vec::<String>::new(), "without an example");
        assert!(keys().len() > 80, "{}", keys().len());
    }

    fn paths(wanted: &str) -> Vec<String> {
        explain(wanted).unwrap().into_iter().map(|key| key.path).collect()
    }

    #[test]
    fn keys_are_found_by_name_and_by_path() {
        assert_eq!(paths("ensure_users"), ["roles.<role>.ensure_users"]);
        assert_eq!(paths("ensure_users:"), ["roles.<role>.ensure_users"]);
        assert_eq!(
            paths("audiences"),
            ["authorization_servers.<server>.audiences", "gateway_policies.<policy>.audiences"]
        );
        assert_eq!(paths("oidc_apps.web.redirect_uris"), ["oidc_apps.<app>.redirect_uris"]);
        assert_eq!(paths("oidc_apps.web"), ["oidc_apps.<app>"]);
        assert_eq!(
            paths("authorization_servers.*.scopes.*.renamed_from"),
            ["authorization_servers.<server>.scopes.<scope>.renamed_from"]
        );
        assert_eq!(paths("methods"), ["gateway_policies.<policy>.routes[].methods"]);
        assert_eq!(paths("routes[0].path"), ["gateway_policies.<policy>.routes[].path"]);
        assert_eq!(paths("contacts.claims"), ["authorization_servers.<server>.claims"]);
        assert_eq!(paths("probe.expect"), ["gateway_policies.<policy>.probe.expect"]);
        assert_eq!(paths("probe[0].url"), ["gateway_policies.<policy>.probe.url"]);
    }

    #[test]
    fn keys_are_found_by_address_and_by_what_they_take() {
        assert_eq!(paths("role/api-testers"), ["roles.<role>"]);
        assert_eq!(
            paths("authorization_server/contacts/scope/contacts.read"),
            ["authorization_servers.<server>.scopes.<scope>"]
        );
        assert_eq!(paths("authorization_server/a/client/web"), ["authorization_servers.<server>.clients.<app>"]);
        assert_eq!(paths("basic"), ["oidc_apps.<app>.token_endpoint_auth_method"]);
        let flex = paths("flex");
        assert!(flex.contains(&"gateway_policies.<policy>.gateway".to_owned()), "{flex:?}");
        assert!(flex.contains(&"gateway_policies.<policy>.upstream".to_owned()), "{flex:?}");
    }

    #[test]
    fn what_is_unknown_names_what_is_near() {
        let check = |wanted: &str, near: &[&str]| assert_eq!(explain(wanted).unwrap_err().near, near, "{wanted}");
        check("audience", &["audiences"]);
        check("oidc_apps.web.nmae", &["oidc_apps.<app>.name"]);
        check("redirect", &["redirect_uris", "post_logout_redirect_uris"]);
        check("access_token", &["access_token_expiration_minutes"]);
        check("access_token_lifetime:", &["access_token_expiration_minutes"]);
        check("zzz", &[]);
        check("contacts", &[]);
        check("", &[]);
    }

    #[test]
    fn a_key_says_what_it_takes() {
        let one = |wanted: &str| explain(wanted).unwrap().remove(0);
        let key = one("authorization_servers.a.access_token_expiration_minutes");
        assert_eq!(key.takes, "a whole number from 1 to 2147483647");
        let key = one("token_endpoint_auth_method");
        let words: Vec<&str> = key.choices.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["basic", "post", "none"]);
        assert_eq!(one("redirect_uris").takes, "a list: text");
        assert_eq!(one("redirect_uris").example, "redirect_uris:\n  - https://contacts.example.com/callback\n");
        assert_eq!(one("unmanaged").default.as_deref(), Some("delete"));
        assert!(one("tenant").is_required);
        assert_eq!(one("tenant").children, ["subdomain", "account_id", "base_url"]);
        // One or a list of them: each key once.
        assert_eq!(one("probe").children, ["url", "client", "method", "user", "client_secret_env", "expect"]);
        assert_eq!(one("scopes").takes, "a mapping, or beside `external` a list: text");
    }
}
