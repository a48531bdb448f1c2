//! The browser's endpoints, as far as they go without a browser.

use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::state::App;

/// `GET /oidc/2/auth`: checks the request and answers that nobody is signed in.
pub(in crate::emulator::routes) fn authorize(call: &mut Call<'_>) -> Outcome {
    let request = call.request;
    let refuse = |error, text: &str| Err(Refusal::oauth(400, error, text));
    let Some(client_id) = request.filter("client_id") else {
        return refuse("invalid_request", "missing required parameter(s). (client_id)");
    };
    let Some(app) = call.state.apps.values().find(|app| app.auth_method == 8 && app.client_id == client_id) else {
        return refuse("invalid_client", "client is invalid");
    };
    let Some(redirect_uri) = request.filter("redirect_uri").filter(|uri| registered(app, "redirect_uri", uri)) else {
        let text = "redirect_uri did not match any client's registered redirect_uris";
        return refuse("redirect_uri_mismatch", text);
    };
    let scope = request.filter("scope").unwrap_or_default();
    let (error, text) = if request.parameter("response_type").as_deref() != Some("code") {
        ("unsupported_response_type", "response_type not supported")
    } else if scope.split_whitespace().any(|scope| scope == "offline_access") {
        // Source: reference section 7.3: not supported on this flow.
        ("invalid_scope", "offline_access is not supported on this flow")
    } else if !scope.split_whitespace().any(|scope| scope == "openid") {
        ("invalid_request", "openid scope must be requested for this response_type")
    } else {
        ("login_required", "End-User authentication is required")
    };
    redirect(&redirect_uri, &[("error", error), ("error_description", text)], request.filter("state").as_deref())
}

/// `GET /oidc/2/logout`: there is nobody to sign out.
pub(in crate::emulator::routes) fn logout(call: &mut Call<'_>) -> Outcome {
    let request = call.request;
    match request.filter("post_logout_redirect_uri") {
        None => Ok(Answer::html(200, "<html><body>Sign-out success</body></html>".to_owned())),
        Some(uri) if call.state.apps.values().any(|app| registered(app, "post_logout_redirect_uri", &uri)) => {
            redirect(&uri, &[], request.filter("state").as_deref())
        }
        Some(_) => {
            let text = "post_logout_redirect_uri not registered";
            Err(Refusal::oauth(400, "invalid_request", text))
        }
    }
}

/// Source: reference section 5.3: one string, entries separated by line breaks or commas.
fn registered(app: &App, key: &str, uri: &str) -> bool {
    let listed = app.configuration.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    listed.split([',', '\n', '\r']).any(|entry| entry.trim() == uri)
}

fn redirect(target: &str, parameters: &[(&str, &str)], state: Option<&str>) -> Outcome {
    let Ok(mut location) = url::Url::parse(target) else {
        return Err(Refusal::oauth(400, "invalid_request", "redirect_uri is not an absolute URI"));
    };
    if !parameters.is_empty() || state.is_some() {
        location.query_pairs_mut().extend_pairs(parameters).extend_pairs(state.map(|state| ("state", state)));
    }
    Ok(Answer::empty(302).with("location", String::from(location)))
}
