//! `oidc_apps` of an account.

use super::document::{Names, Page, count_names, is_unique};
use super::{scalar, words};
use crate::model::{AppSummary, ApplicationType, LiveApp, LiveState, RemoteId};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the OIDC apps.
pub(super) fn write(page: &mut Page, live: &LiveState, names: &Names) {
    let unread: Vec<&AppSummary> =
        live.lists.apps.iter().filter(|app| app.is_oidc() && !live.apps.contains_key(&app.id)).collect();
    if live.apps.is_empty() && unread.is_empty() {
        return;
    }
    let listed = live.lists.apps.iter().filter(|app| app.is_oidc()).map(|app| (app.id, app.name.as_str()));
    let all: BTreeMap<RemoteId, &str> =
        listed.chain(live.apps.values().map(|app| (app.id, app.name.as_str()))).collect();
    let counts = count_names(all.into_values());
    page.section(if live.apps.is_empty() { "oidc_apps: {}" } else { "oidc_apps:" });
    for app in live.apps.values() {
        if let Some(key) = names.apps.get(&app.id) {
            page.line(2, &format!("{}:", scalar::key(key.as_str())));
            write_app(page, app, is_unique(&app.name, &counts), names);
        }
    }
    for app in unread {
        page.comment(2, &format!("left out: `{}` ({}) was not read", app.name, app.id));
    }
}

fn write_app(page: &mut Page, app: &LiveApp, is_unique: bool, names: &Names) {
    let LiveApp {
        id,
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
        role_ids,
        // Says what an app is made from, which is over.
        connector_id: _,
        // Made by OneLogin.
        client_id: _,
    } = app;
    page.name(*id, name, is_unique);
    for (key, text) in [("description", description), ("notes", notes)] {
        if let Some(text) = words::said(text) {
            page.text(4, key, &text);
        }
    }
    page.line(4, &format!("visible: {visible}"));
    page.text(4, "application_type", application_type.as_str());
    page.text(4, "token_endpoint_auth_method", token_endpoint_auth_method.as_str());
    write_uris(page, "redirect_uris", redirect_uris, *application_type);
    if !post_logout_redirect_uris.is_empty() {
        write_uris(page, "post_logout_redirect_uris", post_logout_redirect_uris, *application_type);
    }
    match login_url.as_deref() {
        None | Some("") => {}
        Some(url) if words::is_callback(url, None) => page.text(4, "login_url", url),
        Some(url) => page.comment(4, &format!("login_url is left alone, the file cannot say it: {url}")),
    }
    page.minutes(4, "access_token_expiration_minutes", *access_token_expiration_minutes);
    page.minutes(4, "refresh_token_expiration_minutes", *refresh_token_expiration_minutes);
    write_roles(page, role_ids, names);
}

fn write_uris(page: &mut Page, key: &str, uris: &[String], application: ApplicationType) {
    let unique: BTreeSet<&str> = uris.iter().map(String::as_str).collect();
    match unique.iter().find(|uri| !words::is_callback(uri, Some(application))) {
        Some(uri) => page.comment(4, &format!("{key} is left alone, the file cannot say: {uri}")),
        None => page.list(4, key, first_of_each(uris)),
    }
}

/// Keeps the order and drops repeats, which compare as one.
pub(super) fn first_of_each(texts: &[String]) -> impl Iterator<Item = &str> {
    let mut seen = BTreeSet::new();
    texts.iter().map(String::as_str).filter(move |text| seen.insert(*text))
}

fn write_roles(page: &mut Page, role_ids: &BTreeSet<RemoteId>, names: &Names) {
    match role_ids.iter().find(|id| !names.roles.contains_key(id)) {
        Some(id) => page.comment(4, &format!("roles are left alone: role {id} was not read")),
        None => page.list(4, "roles", role_ids.iter().filter_map(|id| names.roles.get(id)).map(|key| key.as_str())),
    }
}
