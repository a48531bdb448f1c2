//! Access changes as they are told: one line for what changes alike on several APIs.

use super::count;
use crate::access::AccessChange;
use crate::model::text;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most APIs that are named beside the first.
const MOST: usize = 3;

/// One line of the access changes.
#[derive(Debug)]
pub(super) struct Told<'a> {
    /// The first of the changes that it tells.
    pub(super) change: &'a AccessChange,
    /// The servers of the others.
    others: Vec<&'a str>,
}

impl Told<'_> {
    /// Returns how many changes it tells.
    pub(super) fn number(&self) -> usize {
        1 + self.others.len()
    }

    /// Returns the sentence, without a full stop.
    pub(super) fn sentence(&self) -> Cow<'_, str> {
        let sentence = &self.change.sentence;
        if self.others.is_empty() {
            return Cow::Borrowed(sentence);
        }
        let named = self.others.iter().take(MOST).map(|server| format!("`{}`", text::between_backticks(server)));
        let more = match self.others.len().saturating_sub(MOST) {
            0 => String::new(),
            number => format!(" and {} more", count(number, "API", None)),
        };
        Cow::Owned(format!("{sentence}; likewise for {}{more}", named.collect::<Vec<_>>().join(", ")))
    }
}

/// Puts together what changes alike for a client on several APIs.
///
/// Shape: in the order of the first of each; together they tell every change once.
pub(super) fn told<'a>(access: impl IntoIterator<Item = &'a AccessChange>) -> Vec<Told<'a>> {
    let mut told: Vec<Told<'a>> = Vec::new();
    let mut places = BTreeMap::new();
    for change in access {
        let AccessChange { impact, server, client, policy: _, scopes: _, sentence } = change;
        let here = format!("`{server}`");
        // Said of the client alone, or without the server, it is not the same elsewhere.
        let key = client.as_ref().filter(|client| *client != server && sentence.contains(&here)).map(|client| {
            let anywhere = sentence.replace(&here, "`\0`");
            (*impact, client.as_str(), change.policy.as_ref(), anywhere)
        });
        match key.as_ref().and_then(|key| places.get(key).copied()).and_then(|place: usize| told.get_mut(place)) {
            Some(first) => first.others.push(server),
            None => {
                places.extend(key.map(|key| (key, told.len())));
                told.push(Told { change, others: Vec::new() });
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::told;
    use crate::access::AccessChange;
    use crate::diff::Impact;

    #[test]
    fn what_changes_alike_is_told_once() {
        let change = |impact, client: Option<&str>, server: &str, sentence: &str| AccessChange {
            impact,
            server: server.to_owned(),
            client: client.map(str::to_owned),
            policy: None,
            scopes: Vec::new(),
            sentence: sentence.replace("HERE", &format!("`{server}`")),
        };
        let uri =
            |server: &str| change(Impact::Breaks, Some("web"), server, "`web` no longer takes tokens for HERE at `u`");
        let mut access: Vec<AccessChange> = ["a", "b", "c", "d", "e", "f"].map(uri).into();
        access.push(change(Impact::Breaks, Some("batch"), "a", "`batch` gets no more tokens for HERE"));
        access.push(change(Impact::Widens, Some("web"), "a", "`web` may get `x` on HERE"));
        access.push(change(Impact::Widens, Some("web"), "b", "`web` may get `y` on HERE"));
        access.push(change(Impact::Narrows, None, "a", "access tokens of HERE live 5 minutes instead of 6 minutes"));
        access.push(change(Impact::Narrows, None, "b", "access tokens of HERE live 5 minutes instead of 6 minutes"));
        let lines = told(&access);
        let sentences: Vec<_> = lines.iter().map(|line| line.sentence()).collect();
        assert_eq!(
            sentences,
            [
                "`web` no longer takes tokens for `a` at `u`; likewise for `b`, `c`, `d` and 2 APIs more",
                "`batch` gets no more tokens for `a`",
                "`web` may get `x` on `a`",
                "`web` may get `y` on `b`",
                "access tokens of `a` live 5 minutes instead of 6 minutes",
                "access tokens of `b` live 5 minutes instead of 6 minutes",
            ]
        );
        assert_eq!(lines.iter().map(super::Told::number).sum::<usize>(), access.len());
    }
}
