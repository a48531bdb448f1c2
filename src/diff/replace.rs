//! Compares an app that is made anew with the one that takes its place: what the file says, over what live holds.

use super::apps::{role_labels, role_refs};
use super::fields::{Fields, Shown, given};
use super::sides::{Findings, Sides, Subject};
use super::{Along, AppCreate, AppOperation, Edit, FieldChange, Impact, ObjectRef};
use crate::model::{App, Field, Kind, LiveApp, NewApp, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Adds the replacement of an app, and says what it breaks and what it cannot carry over.
pub(super) fn replace(
    subject: &Subject<'_>,
    app: &App,
    (live, along): (&LiveApp, Along),
    sides: &Sides<'_>,
    findings: &mut Findings,
) {
    findings.count_live(Kind::OidcApp);
    note_losses(subject, live, findings);
    let (new, roles) = (successor(app, live), successor_roles(app, live, sides));
    note_lifetimes(subject, &new, live, findings);
    let fields = compare(&new, &roles, live, sides);
    let new = AppCreate { app: new, roles: Some(roles) };
    let edit = Edit::App(AppOperation::Replace { id: live.id, new });
    findings.replace(subject, Impact::Breaks, Some((live.fingerprint(), along).into()), (fields, edit));
}

fn note_losses(subject: &Subject<'_>, live: &LiveApp, findings: &mut Findings) {
    let (address, id, breaks) = (&subject.address, live.id, Impact::Breaks.as_str());
    let sentences = [
        format!(
            "{breaks}: {address} ({id}) is deleted and made anew: its client id and secret end with all their tokens, \
             and everybody who uses them needs the new ones"
        ),
        format!(
            "the new {address} gets nothing that gatewright does not manage: no parameters, rules, access policy, \
             brand, tab or icon of the old one, and no users who were given it one by one"
        ),
    ];
    for sentence in sentences {
        findings.remark(subject, sentence);
    }
}

/// Returns the app that takes the place of a live one: where the file is silent it is like the old one.
fn successor(app: &App, live: &LiveApp) -> NewApp {
    let minutes = |field: &Field<u32>, live: Option<u64>| {
        given(field).or_else(|| live.and_then(|minutes| u32::try_from(minutes).ok()))
    };
    let uris = &live.post_logout_redirect_uris;
    NewApp {
        name: given(&app.name).unwrap_or_else(|| text::canonical(&live.name).into_owned()),
        description: text_over(&app.description, live.description.as_deref()),
        notes: text_over(&app.notes, live.notes.as_deref()),
        visible: Some(given(&app.visible).unwrap_or(live.visible)),
        application_type: given(&app.application_type).unwrap_or(live.application_type),
        token_endpoint_auth_method: given(&app.token_endpoint_auth_method).unwrap_or(live.token_endpoint_auth_method),
        redirect_uris: given(&app.redirect_uris).unwrap_or_else(|| live.redirect_uris.clone()),
        post_logout_redirect_uris: given(&app.post_logout_redirect_uris)
            .or_else(|| (!uris.is_empty()).then(|| uris.clone())),
        login_url: text_over(&app.login_url, live.login_url.as_deref()),
        access_token_expiration_minutes: minutes(
            &app.access_token_expiration_minutes,
            live.access_token_expiration_minutes,
        ),
        refresh_token_expiration_minutes: minutes(
            &app.refresh_token_expiration_minutes,
            live.refresh_token_expiration_minutes,
        ),
        connector_id: given(&app.connector_id).or(live.connector_id),
    }
}

/// Returns the text of the file, else what live means by its own, unless that is nothing.
fn text_over(field: &Field<String>, live: Option<&str>) -> Option<String> {
    let held = live.map(text::canonical).filter(|held| !held.is_empty());
    given(field).or_else(|| held.map(std::borrow::Cow::into_owned))
}

/// Returns the roles of the file, else those of the old app that stay.
fn successor_roles(app: &App, live: &LiveApp, sides: &Sides<'_>) -> BTreeSet<ObjectRef> {
    let held = live.role_ids.iter().filter(|id| !sides.is_role_deleted(**id));
    role_refs(app, sides).unwrap_or_else(|| held.map(|id| ObjectRef::Live(*id)).collect())
}

/// Says where a lifetime is beyond what can be written.
fn note_lifetimes(subject: &Subject<'_>, new: &NewApp, live: &LiveApp, findings: &mut Findings) {
    let lifetimes = [
        ("access_token_expiration_minutes", new.access_token_expiration_minutes, live.access_token_expiration_minutes),
        (
            "refresh_token_expiration_minutes",
            new.refresh_token_expiration_minutes,
            live.refresh_token_expiration_minutes,
        ),
    ];
    for (key, new, live) in lifetimes {
        if let (None, Some(minutes)) = (new, live) {
            let address = &subject.address;
            findings.remark(
                subject,
                format!("`{key}` of {address} is {minutes}, too long to be carried over: OneLogin chooses it"),
            );
        }
    }
}

/// Returns all fields of both, also those that stay.
fn compare(new: &NewApp, roles: &BTreeSet<ObjectRef>, live: &LiveApp, sides: &Sides<'_>) -> Vec<FieldChange> {
    let NewApp {
        name,
        description,
        notes,
        visible,
        application_type,
        token_endpoint_auth_method,
        redirect_uris,
        post_logout_redirect_uris,
        login_url,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
        connector_id,
    } = new;
    let held_text = |held: Option<&str>| held.map(|held| text::canonical(held).into_owned());
    let held_roles: BTreeSet<ObjectRef> = live.role_ids.iter().map(|id| ObjectRef::Live(*id)).collect();
    let mut fields = Fields::default();
    fields.both("name", text::canonical(&live.name).into_owned(), name.clone());
    fields.both("description", held_text(live.description.as_deref()), description.clone());
    fields.both("notes", held_text(live.notes.as_deref()), notes.clone());
    fields.both("visible", live.visible, *visible);
    fields.both("application_type", live.application_type.shown(), application_type.shown());
    fields.both(
        "token_endpoint_auth_method",
        live.token_endpoint_auth_method.shown(),
        token_endpoint_auth_method.shown(),
    );
    fields.both("redirect_uris", sorted(&live.redirect_uris), sorted(redirect_uris));
    let held_uris = (!live.post_logout_redirect_uris.is_empty()).then(|| sorted(&live.post_logout_redirect_uris));
    fields.both("post_logout_redirect_uris", held_uris, post_logout_redirect_uris.as_deref().map(sorted));
    fields.both("login_url", held_text(live.login_url.as_deref()), login_url.clone());
    fields.both(
        "access_token_expiration_minutes",
        live.access_token_expiration_minutes,
        *access_token_expiration_minutes,
    );
    fields.both(
        "refresh_token_expiration_minutes",
        live.refresh_token_expiration_minutes,
        *refresh_token_expiration_minutes,
    );
    fields.both("roles", role_labels(&held_roles, sides), role_labels(roles, sides));
    fields.both("connector_id", live.connector_id.map(|id| id.0), connector_id.map(|id| id.0));
    fields.into_vec()
}

/// Shows a list whose order means nothing.
fn sorted(uris: &[String]) -> Value {
    let sorted: BTreeSet<&str> = uris.iter().map(String::as_str).collect();
    sorted.into_iter().collect()
}
