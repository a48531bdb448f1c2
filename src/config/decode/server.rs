//! `authorization_servers`: the server, its scopes and its client bindings.

use super::decoder::{At, Decoder, Fields, TextRule};
use super::{claim, entry, uri};
use crate::config::tree::{Pair, Value};
use crate::diagnostic::{Code, Diagnostic, Origin, Sourced};
use crate::model::{Entry, EntryKey, ExternalServer, Scope, ScopeValue, Server, ServerRename, Unmanaged};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const KEYS: [&str; 17] = [
    "only",
    "state",
    "external",
    "id",
    "renamed_from",
    "name",
    "description",
    "resource_identifier",
    "audiences",
    "share_audience_with",
    "access_token_expiration_minutes",
    "refresh_token_expiration_minutes",
    "scopes",
    "inherited_scopes",
    "claims",
    "clients",
    "unmanaged",
];

/// The keys of a scope that says more than its description.
pub(crate) const SCOPE_KEYS: [&str; 2] = ["description", "renamed_from"];

type Bindings = BTreeMap<EntryKey, Sourced<Vec<Sourced<ScopeValue>>>>;

/// Reads an authorization server.
pub(crate) fn server(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Entry<Server, ExternalServer>> {
    let fields = decoder.fields(at, &KEYS)?;
    if let Some(external) = fields.get("external") {
        let declarable = ["audiences", "scopes"];
        return entry::external(decoder, &fields, external, "resource_identifier", &declarable, declared)
            .map(Entry::External);
    }
    let server = Server {
        origin: at.origin.clone(),
        id: decoder.field(&fields, "id", Decoder::remote_id),
        renamed_from: decoder.field(&fields, "renamed_from", renamed_from),
        name: decoder.field(&fields, "name", |decoder, at| decoder.text(at, TextRule::Name)),
        description: decoder.field(&fields, "description", |decoder, at| decoder.text(at, TextRule::Free)),
        resource_identifier: decoder.field(&fields, "resource_identifier", resource_identifier),
        audiences: decoder.field(&fields, "audiences", audiences),
        share_audience_with: fields.get("share_audience_with").and_then(|at| decoder.keys(at)).unwrap_or_default(),
        access_token_expiration_minutes: decoder.field(&fields, "access_token_expiration_minutes", Decoder::minutes),
        refresh_token_expiration_minutes: decoder.field(&fields, "refresh_token_expiration_minutes", Decoder::minutes),
        scopes: decoder.field(&fields, "scopes", scopes),
        inherited_scopes: fields.get("inherited_scopes").and_then(|at| decoder.scope_values(at)).unwrap_or_default(),
        claims: decoder.field(&fields, "claims", claim::claims),
        clients: decoder.field(&fields, "clients", clients),
        unmanaged: fields.get("unmanaged").and_then(|at| unmanaged(decoder, at)).unwrap_or_default(),
    };
    if lacks_scope(at, &server) {
        decoder.lacking_scopes.insert(EntryKey::new(at.name));
    }
    refuse_own_inherited(decoder, &server);
    refuse_same_rename(decoder, &fields, &server);
    entry::managed(decoder, &fields, &["id", "resource_identifier", "name"], server)
}

fn declared(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> ExternalServer {
    let audiences = fields.get("audiences").and_then(|at| audiences(decoder, at));
    let scopes = fields.get("scopes").and_then(|at| match &at.node.value {
        Value::Map(pairs) => Some(pairs.iter().map(|pair| ScopeValue::new(pair.key.value.clone())).collect()),
        Value::List(_) | Value::Scalar(_) => {
            let values = decoder.scope_values(at)?;
            Some(values.into_iter().map(|value| value.value).collect::<BTreeSet<_>>())
        }
    });
    ExternalServer { audiences, scopes }
}

fn renamed_from(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<ServerRename> {
    if let (Value::Scalar(scalar), false) = (&at.node.value, at.node.is_null()) {
        let hint = format!(
            "Say what it is: `renamed_from: {{ name: {0} }}` or `renamed_from: {{ resource_identifier: {0} }}`.",
            scalar.text
        );
        decoder.error(Code::WrongType, &at.node.origin, "a server is renamed from a name or an identifier", hint);
        return None;
    }
    let fields = decoder.fields(at, &["name", "resource_identifier"])?;
    match (fields.get("name"), fields.get("resource_identifier")) {
        (Some(name), None) => decoder.text(name, TextRule::Line).map(ServerRename::Name),
        (None, Some(identifier)) => decoder.text(identifier, TextRule::Line).map(ServerRename::ResourceIdentifier),
        (first, _) => {
            let message = match first {
                Some(_) => "`renamed_from` says both a name and an identifier",
                None => "`renamed_from` says neither a name nor an identifier",
            };
            let hint = "Write `renamed_from: { name: … }` or `renamed_from: { resource_identifier: … }`.";
            decoder.error(Code::InvalidValue, at.origin, message, hint);
            None
        }
    }
}

fn refuse_same_rename(decoder: &mut Decoder<'_>, fields: &Fields<'_>, server: &Server) {
    let (Some(at), Some(old)) = (fields.get("renamed_from"), &server.renamed_from) else { return };
    let (was, is) = match &old.value {
        ServerRename::Name(was) => (was, &server.name),
        ServerRename::ResourceIdentifier(was) => (was, &server.resource_identifier),
    };
    entry::refuse_same_name(decoder, at, is.as_ref().is_some_and(|is| is.value == *was));
}

fn resource_identifier(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<String> {
    let text = decoder.text(at, TextRule::Url)?;
    check_identifier(decoder, &at.what(), &text, &at.node.origin);
    Some(text)
}

fn check_identifier(decoder: &mut Decoder<'_>, what: &str, text: &str, origin: &Origin) {
    if let Err(uri::Fault { message, hint }) = uri::check_identifier(text) {
        decoder.error(Code::InvalidValue, origin, format!("{what} {message}"), hint);
    }
}

/// Source: OneLogin refuses a server without audiences ("Audiences can't be blank").
fn audiences(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Vec<Sourced<String>>> {
    let audiences = decoder.texts(at, TextRule::Url)?;
    for audience in &audiences {
        let what = format!("an item of `{}`", at.name);
        check_identifier(decoder, &what, &audience.value, &audience.origin);
    }
    if audiences.is_empty() && matches!(&at.node.value, Value::List(items) if items.is_empty()) {
        let hint = "Write what tokens carry as `aud`, usually the API's URL.";
        decoder.error(Code::InvalidValue, at.origin, "a server needs at least one audience", hint);
    }
    Some(audiences)
}

fn unmanaged(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Unmanaged> {
    decoder.choice(at, &[("keep", Unmanaged::Keep), ("delete", Unmanaged::Delete)])
}

fn scopes(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<BTreeMap<ScopeValue, Scope>> {
    let pairs = match &at.node.value {
        Value::List(_) => {
            let hint = "Scopes have descriptions: write `contacts:read: Read contacts` lines.";
            decoder.error(Code::WrongType, &at.node.origin, "`scopes` takes a mapping, found a list", hint);
            return None;
        }
        Value::Map(_) | Value::Scalar(_) => decoder.map(at)?,
    };
    let mut scopes = BTreeMap::new();
    for pair in pairs {
        if decoder.check_text("the scope", &pair.key.value, &pair.key.origin, TextRule::Scope) {
            let scope = scope(decoder, pair);
            scopes.insert(ScopeValue::new(pair.key.value.clone()), scope);
        }
    }
    for old in scopes.values().filter_map(|scope: &Scope| scope.renamed_from.as_ref()) {
        if let Some(kept) = scopes.get(&old.value) {
            entry::refuse_kept_old_name(decoder, old.value.as_str(), &old.origin, &kept.origin);
        }
    }
    Some(scopes)
}

fn scope(decoder: &mut Decoder<'_>, pair: &Pair) -> Scope {
    let mut scope = Scope { origin: pair.key.origin.clone(), description: None, renamed_from: None };
    if let Value::Scalar(_) = &pair.value.value {
        scope.description =
            decoder.text(At::pair(pair), TextRule::Free).map(|text| Sourced::new(text, pair.value.origin.clone()));
        return scope;
    }
    let Some(fields) = decoder.fields(At::pair(pair), &SCOPE_KEYS) else { return scope };
    scope.description = decoder.field(&fields, "description", |decoder, at| decoder.text(at, TextRule::Free));
    scope.renamed_from = decoder.field(&fields, "renamed_from", |decoder, at| {
        let old = decoder.text(at, TextRule::Scope)?;
        entry::refuse_same_name(decoder, at, old == pair.key.value);
        Some(ScopeValue::new(old))
    });
    scope
}

/// Says whether the file names a scope that could not be taken: its name was refused, or it stands beside `scopes`.
fn lacks_scope(at: At<'_>, server: &Server) -> bool {
    let Some(scopes) = &server.scopes else { return false };
    let named = at.node.get("scopes").map_or(0, |pair| match &pair.value.value {
        Value::Map(pairs) => pairs.len(),
        Value::List(_) | Value::Scalar(_) => 0,
    });
    let beside = match &at.node.value {
        Value::Map(pairs) => pairs.iter().any(|pair| pair.key.value.contains(':')),
        Value::List(_) | Value::Scalar(_) => false,
    };
    named > scopes.value.len() || beside
}

fn clients(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Bindings> {
    if matches!(&at.node.value, Value::List(_)) {
        let hint = "Say what each client gets: `contacts-web: [contacts:read]`.";
        decoder.error(Code::WrongType, &at.node.origin, "`clients` takes a mapping, found a list", hint);
        return None;
    }
    let mut clients = BTreeMap::new();
    for pair in decoder.map(at)? {
        let values = decoder.scope_values(At::pair(pair)).unwrap_or_default();
        clients.insert(EntryKey::new(pair.key.value.clone()), Sourced::new(values, pair.key.origin.clone()));
    }
    Some(clients)
}

fn refuse_own_inherited(decoder: &mut Decoder<'_>, server: &Server) {
    let Some(scopes) = &server.scopes else { return };
    let twice: Vec<(&Sourced<ScopeValue>, Origin)> = server
        .inherited_scopes
        .iter()
        .filter_map(|value| Some((value, scopes.value.get(&value.value)?.origin.clone())))
        .collect();
    for (value, own) in twice {
        let message = format!("`{}` is listed under `scopes` and under `inherited_scopes`", value.value);
        let diagnostic = Diagnostic::error(Code::DuplicateIdentity, value.origin.clone(), message)
            .with_related(own, "listed here as a scope of ours")
            .with_hint("OneLogin supplies an inherited scope: it can be granted, not described. Keep one of the two.");
        decoder.problems.push(diagnostic);
    }
}
