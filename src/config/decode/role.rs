//! `roles`.

use super::decoder::{At, Decoder, TextRule};
use super::entry;
use crate::diagnostic::Sourced;
use crate::model::{Entry, Role, UserRef};

pub(super) const KEYS: [&str; 7] = ["only", "state", "external", "id", "renamed_from", "name", "ensure_users"];

/// Reads a role.
pub(crate) fn role(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Entry<Role, ()>> {
    let fields = decoder.fields(at, &KEYS)?;
    if let Some(external) = fields.get("external") {
        return entry::external(decoder, &fields, external, "name", &[], |_, _| ()).map(Entry::External);
    }
    let role = Role {
        origin: at.origin.clone(),
        id: decoder.field(&fields, "id", Decoder::remote_id),
        renamed_from: decoder.field(&fields, "renamed_from", |decoder, at| decoder.text(at, TextRule::Line)),
        name: decoder.field(&fields, "name", |decoder, at| decoder.text(at, TextRule::Name)),
        ensure_users: decoder.field(&fields, "ensure_users", users),
    };
    if let (Some(old), Some(was), Some(is)) = (fields.get("renamed_from"), &role.renamed_from, &role.name) {
        entry::refuse_same_name(decoder, old, was.value == is.value);
    }
    entry::managed(decoder, &fields, &["id", "name"], role)
}

fn users(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Vec<Sourced<UserRef>>> {
    let users = decoder.texts(at, TextRule::Name)?;
    Some(users.into_iter().map(|user| Sourced::new(UserRef::parse(&user.value), user.origin)).collect())
}
