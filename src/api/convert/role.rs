//! Roles and users.

use crate::api::wire::{role, user};
use crate::model::{LiveRole, LiveUser, RemoteId};

/// Reads a role.
pub(in crate::api) fn from_wire(role: role::Role) -> LiveRole {
    let role::Role { id, name } = role;
    LiveRole { id: RemoteId(id), name }
}

/// Reads a user; one without an email or a username has an empty one.
pub(in crate::api) fn user_from_wire(user: user::User) -> LiveUser {
    let user::User { id, email, username } = user;
    LiveUser { id: RemoteId(id), email: email.unwrap_or_default(), username: username.unwrap_or_default() }
}
