//! The way that somebody writes to a key.

use crate::model::Address;

/// What somebody asked for, as the end of a path from the root.
///
/// Shape: at least one segment; a segment where the format has a name of the user's own may be any word.
pub(super) struct Way(Vec<String>);

impl Way {
    /// Reads a key, a path or an address.
    pub(super) fn parse(wanted: &str) -> Self {
        match Address::parse(wanted) {
            Ok(address) => Self(of_address(&address)),
            Err(_) => Self(wanted.split('.').map(|segment| without_place(segment).to_owned()).collect()),
        }
    }

    /// Returns the key it ends in.
    pub(super) fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// Says whether it is the way to a key of the format, or the end of that way.
    pub(super) fn leads_to(&self, path: &str) -> bool {
        is_end(&self.0, &segments(path))
    }

    /// Says whether it would lead to a key if it ended in another word.
    pub(super) fn leads_beside(&self, path: &str) -> bool {
        let segments = segments(path);
        match (self.0.split_last(), segments.split_last()) {
            (Some((_, before @ [_, ..])), Some((last, path))) => !last.starts_with('<') && is_end(before, path),
            _ => false,
        }
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('.').map(without_place).collect()
}

/// Takes off which item of a list is meant.
fn without_place(segment: &str) -> &str {
    segment.split('[').next().unwrap_or(segment)
}

fn is_end(wanted: &[String], path: &[&str]) -> bool {
    // A word alone is a key of the format, never a name of the user's own.
    let may_be_own = wanted.len() > 1;
    let is_same = |(wanted, segment): (&String, &&str)| wanted == segment || (may_be_own && segment.starts_with('<'));
    wanted.len() <= path.len() && wanted.iter().rev().zip(path.iter().rev()).all(is_same)
}

fn of_address(address: &Address) -> Vec<String> {
    let (section, key, child) = match address {
        Address::Role(key) => ("roles", key, None),
        Address::OidcApp(key) => ("oidc_apps", key, None),
        Address::Policy(key) => ("gateway_policies", key, None),
        Address::Server(key) => ("authorization_servers", key, None),
        Address::Scope(key, _) => ("authorization_servers", key, Some("scopes")),
        Address::Claim(key, _) => ("authorization_servers", key, Some("claims")),
        Address::Client(key, _) => ("authorization_servers", key, Some("clients")),
    };
    let entry = [section, key.as_str()].into_iter();
    // What stands below is a name of the user's own, and any word will do.
    entry.chain(child.into_iter().flat_map(|child| [child, "*"])).map(str::to_owned).collect()
}
