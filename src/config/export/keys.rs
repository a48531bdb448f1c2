//! Keys of entries, made from names.

use crate::model::{EntryKey, RemoteId, text};
use std::collections::{BTreeMap, BTreeSet};

/// The longest part of a name that goes into a key; the rest is room for what tells two apart.
const MAX_SLUG: usize = 40;

/// Gives every object a key: its name in the characters of keys, with the id behind it where the name is taken.
pub(super) fn assign<'a>(
    kind: &str,
    objects: impl Iterator<Item = (RemoteId, &'a str)>,
) -> BTreeMap<RemoteId, EntryKey> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut keys = BTreeMap::new();
    for (id, name) in objects {
        let slug = slug(&text::canonical(name));
        let base = if slug.is_empty() { format!("{kind}-{id}") } else { slug };
        let mut key = base.clone();
        let mut attempt = 1;
        while !taken.insert(key.clone()) {
            key = if attempt == 1 { format!("{base}-{id}") } else { format!("{base}-{id}-{attempt}") };
            attempt += 1;
        }
        keys.insert(id, EntryKey::new(key));
    }
    keys
}

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if slug.len() >= MAX_SLUG {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::assign;
    use crate::config::decode::is_entry_key;
    use crate::model::RemoteId;

    #[test]
    fn keys_are_readable_unique_and_allowed() {
        let names = ["Contacts API", "contacts api", "  R&D / Süd  ", "日本", "", "contacts-api-2", &"x".repeat(200)];
        let objects = names.iter().zip(1..).map(|(name, id)| (RemoteId(id), *name));
        let keys: Vec<String> = assign("app", objects).into_values().map(|key| key.to_string()).collect();
        assert!(keys.iter().all(|key| is_entry_key(key)), "{keys:?}");
        assert_eq!(
            keys[..6],
            ["contacts-api", "contacts-api-2", "r-d-s-d", "app-4", "app-5", "contacts-api-2-6"].map(str::to_owned)
        );
    }
}
