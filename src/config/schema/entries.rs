//! Roles, apps and servers.
#![expect(dead_code, reason = "the types are described, never made")]

use super::values::{Entries, Grant, Id, Key, Line, Minutes, Name, Named, NonEmpty, OrVariable, Set, Word};
use schemars::JsonSchema;
use serde_json::json;

// Whether a thing has to exist.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum State {
    /// It has to be as described.
    Present,
    /// It has to be gone; the entry only says what it is found by.
    Absent,
}

// A thing of the account that may be referred to and is never changed.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "external", extend("oneOf" = [{ "required": ["name"] }, { "required": ["id"] }]))]
struct ExternalByName {
    /// Its exact name.
    #[schemars(example = &"Legacy Portal")]
    name: Option<Name>,
    /// Its id.
    #[schemars(example = 1_026_152)]
    id: Option<OrVariable<Id>>,
}

/// A role. It is found by `id`, else by its exact name.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields, title = "role",
    extend("anyOf" = [{ "required": ["name"] }, { "required": ["id"] }, { "required": ["external"] }])
)]
pub(super) struct Role {
    /// The environments the entry is for. Elsewhere it is left alone, and lists that name it lack it.
    #[schemars(example = json!(["dev"]))]
    only: Option<NonEmpty<Key>>,
    /// `absent` deletes it.
    #[schemars(extend("default" = "present"))]
    state: Option<OrVariable<State>>,
    /// Refers to a role that is never changed; nothing else may stand beside it but `only`.
    #[schemars(example = json!({ "name": "Default" }))]
    external: Option<ExternalByName>,
    /// Pins the role by id, where names are not enough.
    #[schemars(example = 1_026_152)]
    id: Option<OrVariable<Id>>,
    /// The name it had before: renames in place, members and apps stay.
    #[schemars(example = &"Testers")]
    renamed_from: Option<Line>,
    /// The name, exact.
    #[schemars(example = &"API Testers")]
    name: Option<Name>,
    /// Users who have to be members: with an `@` the email, else the username. Nobody is ever removed.
    #[schemars(example = json!(["tester@example.com"]))]
    ensure_users: Option<Set<Name>>,
}

// Where an app runs.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum ApplicationType {
    /// On a server.
    Web,
    /// On a user's device.
    Native,
}

// How an app proves itself at the token endpoint.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AuthMethod {
    /// In the `Authorization` header.
    Basic,
    /// In the body.
    Post,
    /// Not at all: a public client with PKCE.
    None,
}

/// An OIDC app. It is found by `id`, else by its exact name among OIDC apps.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields, title = "OIDC app",
    extend("anyOf" = [{ "required": ["name"] }, { "required": ["id"] }, { "required": ["external"] }])
)]
pub(super) struct App {
    /// The environments the entry is for. Elsewhere it is left alone, and mappings that name it lack it.
    #[schemars(example = json!(["dev"]))]
    only: Option<NonEmpty<Key>>,
    /// `absent` deletes it.
    #[schemars(extend("default" = "present"))]
    state: Option<OrVariable<State>>,
    /// Refers to an app that is never changed; nothing else may stand beside it but `only`.
    #[schemars(example = json!({ "name": "Legacy Portal" }))]
    external: Option<ExternalByName>,
    /// Pins the app by id, where names are not enough.
    #[schemars(example = 1_026_152)]
    id: Option<OrVariable<Id>>,
    /// The name it had before: renames in place, its client id and grants stay.
    #[schemars(example = &"Contacts")]
    renamed_from: Option<Line>,
    /// The name, exact.
    #[schemars(example = &"Contacts Web")]
    name: Option<Name>,
    /// The description.
    #[schemars(example = &"Contacts for people")]
    description: Option<String>,
    /// Notes for administrators.
    #[schemars(example = &"Kept in git")]
    notes: Option<String>,
    /// Whether users see a tile in the portal.
    #[schemars(example = true)]
    visible: Option<OrVariable<bool>>,
    /// Where it runs. Needed to create it.
    #[schemars(example = &"web")]
    application_type: Option<OrVariable<ApplicationType>>,
    /// How it proves itself at the token endpoint. Needed to create it.
    #[schemars(example = &"basic")]
    token_endpoint_auth_method: Option<OrVariable<AuthMethod>>,
    /// Redirect URIs, https or http to localhost; a native app may have a scheme of its own, such as
    /// `com.example.app:/callback`. Complete. Needed to create it.
    #[schemars(example = json!(["https://contacts.example.com/callback"]))]
    redirect_uris: Option<Set<Word>>,
    /// Post-logout redirect URIs, of the same form; complete.
    #[schemars(example = json!(["https://contacts.example.com/goodbye"]))]
    post_logout_redirect_uris: Option<Set<Word>>,
    /// Where the portal's tile leads: an https URL, or http to localhost.
    #[schemars(example = &"https://contacts.example.com/login")]
    login_url: Option<String>,
    /// Lifetime of access tokens without an authorization server, in minutes.
    #[schemars(example = 10)]
    access_token_expiration_minutes: Option<OrVariable<Minutes>>,
    /// Lifetime of refresh tokens, in minutes.
    #[schemars(example = 30)]
    refresh_token_expiration_minutes: Option<OrVariable<Minutes>>,
    /// Keys of the roles that get the app; complete: a role taken out is access lost.
    #[schemars(example = json!(["api-testers"]))]
    roles: Option<Set<Key>>,
    /// The connector to create the app from; looked up where it is absent.
    #[schemars(example = 108_419)]
    connector_id: Option<OrVariable<Id>>,
}

// A server that may be referred to and is never changed.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "external server", extend("oneOf" = [{ "required": ["resource_identifier"] }, { "required": ["id"] }]))]
struct ExternalByIdentifier {
    /// Its resource identifier.
    #[schemars(example = &"https://orders.example.com")]
    resource_identifier: Option<Line>,
    /// Its id.
    #[schemars(example = 1_026_152)]
    id: Option<OrVariable<Id>>,
}

// What the server was found by before.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "renamed server", extend("oneOf" = [{ "required": ["name"] }, { "required": ["resource_identifier"] }]))]
struct ServerRename {
    /// The name it had.
    #[schemars(example = &"Contacts")]
    name: Option<Line>,
    /// The resource identifier it had.
    #[schemars(example = &"https://contacts.old.example.com")]
    resource_identifier: Option<Line>,
}

// What happens to children of the account that the file does not list.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Unmanaged {
    /// They stay.
    Keep,
    /// They are planned for deletion.
    Delete,
}

// The scopes of a server: for an external server a list of values will do.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Scopes {
    Described(Named<Scope>),
    #[schemars(extend("$comment" = "beside `external`"))]
    Listed(Set<Word>),
}

/// A scope: its description, or more.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Scope {
    /// The description.
    Description(String),
    /// The description and the old value.
    Whole(WholeScope),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "scope")]
struct WholeScope {
    /// What the scope allows, in words.
    #[schemars(example = &"Create and change contacts")]
    description: Option<String>,
    /// The value it had before: renames in place, grants stay. Tokens and policies with the old value break.
    #[schemars(example = &"contacts:edit")]
    renamed_from: Option<Word>,
}

/// A claim of access tokens: where its value comes from.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields, title = "claim",
    extend("oneOf" = [
        { "required": ["user_attribute"] },
        { "required": ["custom_attribute"] },
        { "required": ["macro"] }
    ])
)]
struct Claim {
    /// A built-in attribute of the user, such as `email`, `lastname` or `roles`.
    #[schemars(example = &"email")]
    user_attribute: Option<Attribute>,
    /// A custom attribute of the user, by its short name.
    #[schemars(example = &"costcentre")]
    custom_attribute: Option<Attribute>,
    /// A template over attributes, such as `{firstname} {lastname}`.
    #[schemars(example = &"{firstname} {lastname}")]
    r#macro: Option<Line>,
    /// How the value is transformed, such as `semicolon_separated_list`; `""` for not at all.
    #[schemars(example = &"semicolon_separated_list")]
    transformation: Option<String>,
    /// The name it had before: renames in place.
    #[schemars(example = &"mail")]
    renamed_from: Option<Word>,
}

/// An attribute's own name, without OneLogin's marks.
struct Attribute;

impl JsonSchema for Attribute {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Attribute".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": r"^\S+$",
            "not": { "pattern": "^(_macro_$|custom_attribute_)" },
        })
    }
}

/// An authorization server: one API. It is found by `id`, else by `resource_identifier`, else by name.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields, title = "authorization server",
    extend("anyOf" = [
        { "required": ["resource_identifier"] },
        { "required": ["name"] },
        { "required": ["id"] },
        { "required": ["external"] }
    ]),
    // Scopes of ours have descriptions; of an external server only the values matter.
    extend("if" = { "not": { "required": ["external"] } }, "then" = { "properties": { "scopes": { "type": "object" } } })
)]
pub(super) struct Server {
    /// The environments the entry is for. Elsewhere it is left alone.
    #[schemars(example = json!(["dev"]))]
    only: Option<NonEmpty<Key>>,
    /// `absent` deletes it, with its scopes, claims and client bindings.
    #[schemars(extend("default" = "present"))]
    state: Option<OrVariable<State>>,
    /// Refers to a server that is never changed; `audiences` and `scopes` beside it say what policies may rely on.
    #[schemars(example = json!({ "resource_identifier": "https://orders.example.com" }))]
    external: Option<ExternalByIdentifier>,
    /// Pins the server by id.
    #[schemars(example = 1_026_152)]
    id: Option<OrVariable<Id>>,
    /// The name or identifier it had before: renames in place, everything stays.
    #[schemars(example = json!({ "name": "Contacts" }))]
    renamed_from: Option<ServerRename>,
    /// The name. Needed to create it.
    #[schemars(example = &"Contacts API")]
    name: Option<Name>,
    /// The description.
    #[schemars(example = &"Contacts API behind MuleSoft")]
    description: Option<String>,
    /// The API's unique identifier, usually its URL; clients send it as `resource`. Needed to create it.
    #[schemars(example = &"https://contacts.example.com")]
    resource_identifier: Option<Word>,
    /// What tokens carry as `aud`; complete, at least one. Needed to create it.
    #[schemars(example = json!(["https://contacts.example.com"]))]
    audiences: Option<NonEmpty<Word>>,
    /// Keys of servers that may accept the same audience; each has to name the other, for a token of one opens both.
    #[schemars(example = json!(["orders"]))]
    share_audience_with: Option<Set<Key>>,
    /// Lifetime of access tokens in minutes. Tokens that are out stay valid until they expire.
    #[schemars(example = 10)]
    access_token_expiration_minutes: Option<OrVariable<Minutes>>,
    /// Lifetime of refresh tokens in minutes.
    #[schemars(example = 30)]
    refresh_token_expiration_minutes: Option<OrVariable<Minutes>>,
    /// The scopes by value, with descriptions; complete. For an external server a list of values will do.
    #[schemars(example = json!({ "contacts:read": "Read contacts" }))]
    scopes: Option<Scopes>,
    /// Scopes that OneLogin supplies: they can be granted, and are never changed.
    #[schemars(example = json!(["openid"]))]
    inherited_scopes: Option<Set<Word>>,
    /// The claims of users' access tokens by name; complete.
    #[schemars(example = json!({ "email": { "user_attribute": "email" } }))]
    claims: Option<Named<Claim>>,
    /// The apps that may ask for tokens, each with its scopes; complete, and each list of scopes too.
    #[schemars(example = json!({ "contacts-web": ["contacts:read"] }))]
    clients: Option<Entries<Grant>>,
    /// `keep` leaves scopes, claims and clients alone that the file does not list.
    #[schemars(extend("default" = "delete"))]
    unmanaged: Option<OrVariable<Unmanaged>>,
}
