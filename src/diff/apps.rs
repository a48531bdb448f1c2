//! Compares OIDC apps.

use super::fields::{Fields, given, missing};
use super::losses::SilentBindings;
use super::replace::replace;
use super::sides::{Findings, Sides, Subject};
use super::{Along, AppCreate, AppOperation, AppUpdate, Edit, Impact, ObjectRef, Reason, RefusalKind};
use crate::model::{Address, App, AppPatch, Entry, EntryKey, Kind, LiveApp, Match, NewApp};
use serde_json::Value;
use std::collections::BTreeSet;

/// Compares every app the file manages.
pub(super) fn compare(sides: &Sides<'_>, findings: &mut Findings) {
    let silent = SilentBindings::new(sides);
    for (key, entry) in &sides.desired.apps {
        let Some(found) = sides.identities.apps.get(key) else { continue };
        let live = found.id().and_then(|id| sides.live.apps.get(&id));
        if let (Some(app), Some(_), None) = (entry.managed(), found.id(), live) {
            findings.refuse(subject(key, app).refusal(RefusalKind::NotRead { part: "fields" }));
            continue;
        }
        match (entry, live) {
            (Entry::External(_), _) | (Entry::Absent(_), None) => {}
            (Entry::Present(app), None) => {
                if sides.desired.replaces.contains(key) {
                    let text = format!("{} is not live: there is nothing to replace", subject(key, app).address);
                    findings.remark(&subject(key, app), text);
                }
                create(key, app, sides, findings);
            }
            (Entry::Present(app), Some(live)) if sides.is_replaced(key) => {
                let along = silent.note_lost(&subject(key, app), live.id, sides, findings);
                replace(&subject(key, app), app, (live, along), sides, findings);
            }
            (Entry::Present(app), Some(live)) => update(key, app, (live, *found), sides, findings),
            (Entry::Absent(app), Some(live)) => {
                let along = silent.note_gone(&subject(key, app), live.id, sides, findings);
                delete(key, app, (live, along), findings);
            }
        }
    }
}

fn subject<'a>(key: &EntryKey, app: &'a App) -> Subject<'a> {
    Subject { address: Address::OidcApp(key.clone()), origin: &app.origin }
}

/// The roles of an app that the file names; `None` where it does not say.
pub(super) fn role_refs(app: &App, sides: &Sides<'_>) -> Option<BTreeSet<ObjectRef>> {
    let roles = app.roles.as_ref()?;
    Some(roles.value.iter().filter_map(|role| sides.role_ref(&role.value)).collect())
}

fn create(key: &EntryKey, app: &App, sides: &Sides<'_>, findings: &mut Findings) {
    let subject = subject(key, app);
    let (Some(name), Some(application_type), Some(token_endpoint_auth_method), Some(redirect_uris)) = (
        given(&app.name),
        given(&app.application_type),
        given(&app.token_endpoint_auth_method),
        given(&app.redirect_uris),
    ) else {
        let missing = missing(&[
            ("name", app.name.is_some()),
            ("application_type", app.application_type.is_some()),
            ("token_endpoint_auth_method", app.token_endpoint_auth_method.is_some()),
            ("redirect_uris", app.redirect_uris.is_some()),
        ]);
        return findings.refuse(subject.refusal(RefusalKind::IncompleteCreate { missing }));
    };
    let new = NewApp {
        name,
        description: given(&app.description),
        notes: given(&app.notes),
        visible: given(&app.visible),
        application_type,
        token_endpoint_auth_method,
        redirect_uris,
        post_logout_redirect_uris: given(&app.post_logout_redirect_uris),
        login_url: given(&app.login_url),
        access_token_expiration_minutes: given(&app.access_token_expiration_minutes),
        refresh_token_expiration_minutes: given(&app.refresh_token_expiration_minutes),
        connector_id: given(&app.connector_id),
    };
    let roles = role_refs(app, sides);
    let fields = made_fields(&new, roles.as_ref(), sides);
    let impact = if roles.as_ref().is_some_and(|roles| !roles.is_empty()) { Impact::Widens } else { Impact::Cosmetic };
    findings.create(&subject, impact, fields, Edit::App(AppOperation::Create(AppCreate { app: new, roles })));
}

fn made_fields(new: &NewApp, roles: Option<&BTreeSet<ObjectRef>>, sides: &Sides<'_>) -> Vec<super::FieldChange> {
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
    let mut fields = Fields::default();
    fields.made("name", name.clone());
    fields.made("description", description.clone());
    fields.made("notes", notes.clone());
    fields.made("visible", *visible);
    fields.made("application_type", application_type.as_str());
    fields.made("token_endpoint_auth_method", token_endpoint_auth_method.as_str());
    fields.made("redirect_uris", redirect_uris.clone());
    fields.made("post_logout_redirect_uris", post_logout_redirect_uris.clone());
    fields.made("login_url", login_url.clone());
    fields.made("access_token_expiration_minutes", *access_token_expiration_minutes);
    fields.made("refresh_token_expiration_minutes", *refresh_token_expiration_minutes);
    fields.made("roles", roles.map(|roles| role_labels(roles, sides)));
    fields.made("connector_id", connector_id.map(|id| id.0));
    fields.into_vec()
}

fn update(key: &EntryKey, app: &App, (live, found): (&LiveApp, Match), sides: &Sides<'_>, findings: &mut Findings) {
    findings.count_live(Kind::OidcApp);
    let subject = subject(key, app);
    if let (Some(wanted), Some(held)) = (&app.connector_id, live.connector_id)
        && wanted.value != held
    {
        findings.refuse(subject.refusal(RefusalKind::Immutable { field: "connector_id" }));
    }
    let mut fields = Fields::default();
    let uris = |field: &crate::model::Field<Vec<String>>| field.as_ref().map(|uris| uris.value.clone());
    let patch = AppPatch {
        name: fields.text("name", &app.name, Some(&live.name)),
        description: fields.text("description", &app.description, live.description.as_deref()),
        notes: fields.text("notes", &app.notes, live.notes.as_deref()),
        visible: fields.value("visible", &app.visible, Some(live.visible)),
        application_type: fields.value("application_type", &app.application_type, Some(live.application_type)),
        token_endpoint_auth_method: fields.value(
            "token_endpoint_auth_method",
            &app.token_endpoint_auth_method,
            Some(live.token_endpoint_auth_method),
        ),
        redirect_uris: uris(&app.redirect_uris)
            .and_then(|wanted| fields.set("redirect_uris", wanted.iter().map(String::as_str), &live.redirect_uris)),
        post_logout_redirect_uris: uris(&app.post_logout_redirect_uris).and_then(|wanted| {
            let wanted = wanted.iter().map(String::as_str);
            fields.set("post_logout_redirect_uris", wanted, &live.post_logout_redirect_uris)
        }),
        login_url: fields.text("login_url", &app.login_url, live.login_url.as_deref()),
        access_token_expiration_minutes: fields.minutes(
            "access_token_expiration_minutes",
            &app.access_token_expiration_minutes,
            live.access_token_expiration_minutes,
        ),
        refresh_token_expiration_minutes: fields.minutes(
            "refresh_token_expiration_minutes",
            &app.refresh_token_expiration_minutes,
            live.refresh_token_expiration_minutes,
        ),
    };
    let (roles, roles_impact) = compare_roles(app, live, sides, &mut fields);
    let impact = roles_impact.min(fields_impact(&fields, live, &patch));
    let edit = Edit::App(AppOperation::Update { id: live.id, patch: AppUpdate { patch, roles } });
    let is_renamed = matches!(found, Match::Renamed(_));
    findings.update(&subject, impact, is_renamed, live.fingerprint(), (fields.into_vec(), edit));
}

fn compare_roles(
    app: &App,
    live: &LiveApp,
    sides: &Sides<'_>,
    fields: &mut Fields,
) -> (Option<BTreeSet<ObjectRef>>, Impact) {
    let Some(wanted) = role_refs(app, sides) else { return (None, Impact::Cosmetic) };
    let held: BTreeSet<ObjectRef> = live.role_ids.iter().map(|id| ObjectRef::Live(*id)).collect();
    if wanted == held {
        return (None, Impact::Cosmetic);
    }
    fields.push("roles", Value::from(role_labels(&held, sides)), Value::from(role_labels(&wanted, sides)));
    // Whoever had the app by a role that is taken away is kept out of it.
    let impact = if wanted.is_superset(&held) { Impact::Widens } else { Impact::Breaks };
    (Some(wanted), impact)
}

pub(super) fn role_labels(roles: &BTreeSet<ObjectRef>, sides: &Sides<'_>) -> Vec<String> {
    let mut labels: Vec<String> = roles
        .iter()
        .map(|role| match role {
            ObjectRef::Live(id) => sides.role_label(*id),
            ObjectRef::Planned(address) => match address {
                Address::Role(key) => key.to_string(),
                other => other.to_string(),
            },
        })
        .collect();
    labels.sort();
    labels
}

/// A changed way to sign in breaks clients at once; a redirect URI taken out breaks whoever uses it, one added widens.
fn fields_impact(fields: &Fields, live: &LiveApp, patch: &AppPatch) -> Impact {
    if fields.has("token_endpoint_auth_method") || fields.has("application_type") {
        return Impact::Breaks;
    }
    let lists = [
        (&patch.redirect_uris, &live.redirect_uris),
        (&patch.post_logout_redirect_uris, &live.post_logout_redirect_uris),
    ];
    let changed = lists.iter().filter_map(|(after, before)| Some((after.as_ref()?, *before)));
    let impacts = changed.map(|(after, before)| match before.iter().all(|uri| after.contains(uri)) {
        true => Impact::Widens,
        false => Impact::Breaks,
    });
    let minutes = [
        (patch.access_token_expiration_minutes, live.access_token_expiration_minutes),
        (patch.refresh_token_expiration_minutes, live.refresh_token_expiration_minutes),
    ];
    let lifetimes = minutes.into_iter().filter_map(|(after, before)| lifetime_impact(after, before));
    impacts.chain(lifetimes).min().unwrap_or(Impact::Cosmetic)
}

/// Returns what a changed lifetime means; longer than an unknown default is taken for wider.
pub(super) fn lifetime_impact(after: Option<u32>, before: Option<u64>) -> Option<Impact> {
    let after = u64::from(after?);
    Some(if before.is_none_or(|before| after > before) { Impact::Widens } else { Impact::Narrows })
}

fn delete(key: &EntryKey, app: &App, (live, along): (&LiveApp, Along), findings: &mut Findings) {
    findings.count_live(Kind::OidcApp);
    let mut fields = Fields::default();
    fields.gone("name", live.name.clone());
    fields.gone("application_type", live.application_type.as_str());
    fields.gone_set("redirect_uris", live.redirect_uris.iter().map(String::as_str));
    let edit = Edit::App(AppOperation::Delete { id: live.id });
    let why = (Impact::Breaks, Reason::StateAbsent);
    findings.delete(&subject(key, app), why, (live.fingerprint(), along), fields.into_vec(), edit);
}
