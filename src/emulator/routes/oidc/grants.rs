//! The token endpoint: `POST /oidc/2/token`.

use serde_json::{Map, Value, json};

use super::claims;
use super::client::{Client, Form, authenticate};
use crate::emulator::answer::Answer;
use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::random;
use crate::emulator::routes::servers::{DEFAULT_ACCESS_MINUTES, DEFAULT_REFRESH_MINUTES};
use crate::emulator::routes::users;
use crate::emulator::state::{Server, User, sha256_hex};
use crate::emulator::switches::{UngrantedScope, UnknownResource};
use crate::emulator::tokens::Grant;

/// Lifetime of a machine token without `resource`. Source: reference section 7.4, decoded sample.
const PLAIN_MACHINE_SECONDS: u64 = 600;
/// Scopes that are OpenID Connect's, not an API's. Source: reference section 7.1, and 7.3 for the last.
const STANDARD_SCOPES: [&str; 8] =
    ["openid", "name", "profile", "groups", "email", "params", "phone", "offline_access"];

/// `POST /oidc/2/token`.
pub(in crate::emulator::routes) fn token(call: &mut Call<'_>) -> Outcome {
    let form = Form::of(call)?;
    let client = authenticate(call, &form)?;
    let body = match form.get("grant_type") {
        Some("client_credentials") => machine(call, &client, &form)?,
        Some("password") => password(call, &client, &form)?,
        Some("refresh_token") => refresh(call, &client, &form)?,
        Some("authorization_code") => return Err(code(&form)),
        Some(other) => {
            let text = format!("unsupported grant_type requested ({other})");
            return Err(Refusal::oauth(400, "unsupported_grant_type", text));
        }
        None => return Err(Form::missing("grant_type")),
    };
    Ok(Answer::json(200, &body).with("cache-control", "no-store").with("pragma", "no-cache"))
}

/// No code is ever given out, so every code is a wrong one.
fn code(form: &Form) -> Refusal {
    match form.get("code").and(form.get("redirect_uri")) {
        Some(_) => Refusal::oauth(400, "invalid_grant", "grant request is invalid"),
        None => Form::missing("code, redirect_uri"),
    }
}

/// A token asked for, before it is made.
struct Wanted<'a> {
    client: &'a Client,
    /// The authorization server that `resource` picked.
    server: Option<u64>,
    scopes: Vec<String>,
    user: Option<u64>,
    grant: u64,
}

fn machine(call: &mut Call<'_>, client: &Client, form: &Form) -> Result<Value, Refusal> {
    if !client.is_confidential {
        let text = "requested grant type is restricted to this client";
        return Err(Refusal::oauth(400, "unauthorized_client", text));
    }
    let server = server(call, client, form)?;
    let scopes = match server {
        Some(server) => granted(call, client, server, form.get("scope"))?,
        None => Vec::new(),
    };
    let scopes: Vec<String> = scopes.into_iter().filter(|scope| !STANDARD_SCOPES.contains(&scope.as_str())).collect();
    let grant = call.tokens.new_grant();
    let wanted = Wanted { client, server, scopes, user: None, grant };
    let (access, seconds) = access_token(call, &wanted)?;
    let mut body = json!({"access_token": access, "expires_in": seconds, "token_type": "Bearer"});
    if let (Some(body), false) = (body.as_object_mut(), wanted.scopes.is_empty()) {
        body.insert("scope".to_owned(), wanted.scopes.join(" ").into());
    }
    Ok(body)
}

fn password(call: &mut Call<'_>, client: &Client, form: &Form) -> Result<Value, Refusal> {
    let (Some(username), Some(password)) = (form.get("username"), form.get("password")) else {
        return Err(Form::missing("username, password"));
    };
    let requested: Vec<&str> = form.get("scope").unwrap_or_default().split_whitespace().collect();
    if !requested.contains(&"openid") {
        return Err(Refusal::oauth(400, "invalid_request", "openid scope must be requested for this grant type"));
    }
    let user = signed_in(call, client, username, password)?;
    let server = server(call, client, form)?;
    let scopes = match server {
        Some(server) => granted(call, client, server, form.get("scope"))?,
        None => {
            requested.iter().filter(|scope| STANDARD_SCOPES.contains(scope)).map(|&scope| scope.to_owned()).collect()
        }
    };
    let grant = call.tokens.new_grant();
    answer_for_user(call, Wanted { client, server, scopes, user: Some(user), grant })
}

/// Source: the password-grant page lists both texts under 401.
fn signed_in(call: &Call<'_>, client: &Client, username: &str, password: &str) -> Result<u64, Refusal> {
    let hash = sha256_hex(password);
    let is_named = |user: &User| user.username.as_deref() == Some(username) || user.email.as_deref() == Some(username);
    let found = call.state.users.iter().find(|(_, user)| is_named(user));
    match found {
        Some((&id, user)) if user.password_sha256.as_ref() == Some(&hash) => {
            match users::with_app(call, client.app).contains(&id) {
                true => Ok(id),
                false => Err(Refusal::oauth(401, "invalid_request", "Access is unauthorized")),
            }
        }
        _ => Err(Refusal::oauth(401, "invalid_request", "Authentication Failed")),
    }
}

fn refresh(call: &mut Call<'_>, client: &Client, form: &Form) -> Result<Value, Refusal> {
    let Some(token) = form.get("refresh_token") else {
        return Err(Form::missing("refresh_token"));
    };
    let grant = call.tokens.refresh_grant(token, call.now).filter(|grant| grant.app == client.app).cloned();
    let grant = grant.ok_or_else(|| Refusal::oauth(400, "invalid_grant", "grant request is invalid"))?;
    // A refresh token is good once; its successor comes with the answer.
    call.tokens.use_refresh(token);
    let Grant { id, app: _, user, server, scopes, expires_at: _ } = grant;
    answer_for_user(call, Wanted { client, server, scopes, user: Some(user), grant: id })
}

fn answer_for_user(call: &mut Call<'_>, wanted: Wanted<'_>) -> Result<Value, Refusal> {
    let (access, seconds) = access_token(call, &wanted)?;
    let mut body = Map::new();
    body.insert("access_token".to_owned(), access.into());
    body.insert("expires_in".to_owned(), seconds.into());
    body.insert("id_token".to_owned(), id_token(call, &wanted, seconds)?.into());
    if wanted.scopes.iter().any(|scope| scope == "offline_access") {
        body.insert("refresh_token".to_owned(), refresh_token(call, &wanted)?.into());
    }
    body.insert("token_type".to_owned(), "Bearer".into());
    Ok(Value::Object(body))
}

/// Returns the server that `resource` names and the client is bound to; none without `resource`.
fn server(call: &Call<'_>, client: &Client, form: &Form) -> Result<Option<u64>, Refusal> {
    let Some(resource) = form.get("resource") else {
        return Ok(None);
    };
    let unknown = || match call.switches.unknown_resource {
        UnknownResource::InvalidTarget if url::Url::parse(resource).is_err() => {
            Refusal::oauth(400, "invalid_target", "resource must be an absolute URI")
        }
        UnknownResource::InvalidTarget if resource.contains('#') => {
            Refusal::oauth(400, "invalid_target", "resource must not contain a fragment component")
        }
        UnknownResource::InvalidTarget => {
            Refusal::oauth(400, "invalid_target", "resource indicator is missing, invalid or unknown")
        }
        UnknownResource::NotFound => Refusal::oauth(400, "invalid_request", "Resource not found"),
    };
    let has_identifier = |server: &Server| server.resource_identifier == resource;
    let found = call.state.servers.iter().find(|(_, server)| has_identifier(server)).map(|(&id, _)| id);
    let id = found.ok_or_else(unknown)?;
    match held_scopes(call, id, client.app) {
        Some(_) => Ok(Some(id)),
        None => Err(unknown()),
    }
}

/// Returns the scope ids a client holds as the token endpoint sees them; none where it is not bound.
fn held_scopes<'c>(call: &'c Call<'_>, server: u64, app: u64) -> Option<&'c [u64]> {
    let binding = call.state.bindings.get(&(server, app))?;
    let delay = i64::try_from(call.switches.binding_delay_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    if delay > 0 && call.now < binding.changed_at.saturating_add(delay) {
        return binding.before.as_deref();
    }
    Some(&binding.scopes)
}

/// Returns the requested scopes that may be given: OpenID's own and those the client was granted.
fn granted(call: &Call<'_>, client: &Client, server: u64, requested: Option<&str>) -> Result<Vec<String>, Refusal> {
    let held = held_scopes(call, server, client.app).unwrap_or_default();
    let values: Vec<&str> = held
        .iter()
        .filter_map(|&scope| call.state.scopes.get(&(server, scope)))
        .map(|scope| scope.value.as_str())
        .collect();
    let mut given: Vec<String> = Vec::new();
    for scope in requested.unwrap_or_default().split_whitespace() {
        if STANDARD_SCOPES.contains(&scope) || values.contains(&scope) {
            if !given.iter().any(|known| known == scope) {
                given.push(scope.to_owned());
            }
        } else if call.switches.ungranted_scope == UngrantedScope::InvalidScope {
            return Err(Refusal::oauth(400, "invalid_scope", format!("requested scope is not allowed ({scope})")));
        }
    }
    Ok(given)
}

/// Makes an access token and returns it with its lifetime in seconds. Source: reference section 7.4.
fn access_token(call: &mut Call<'_>, wanted: &Wanted<'_>) -> Result<(String, u64), Refusal> {
    let seconds = lifetime(call, wanted);
    let jti = call.new_text(random::token_id)?;
    let issued = call.now.div_euclid(1000);
    let mut claims = Map::new();
    claims.insert("jti".to_owned(), jti.clone().into());
    if let Some(user) = wanted.user {
        claims.insert("sub".to_owned(), user.to_string().into());
    }
    claims.insert("iss".to_owned(), call.site.issuer.clone().into());
    claims.insert("iat".to_owned(), issued.into());
    claims.insert("exp".to_owned(), issued.saturating_add_unsigned(seconds).into());
    match wanted.server.and_then(|id| Some((id, call.state.servers.get(&id)?))) {
        Some((id, server)) => {
            if !wanted.scopes.is_empty() {
                claims.insert("scope".to_owned(), wanted.scopes.join(" ").into());
            }
            claims.insert("aud".to_owned(), server.audiences.clone().into());
            claims.insert("azp".to_owned(), wanted.client.client_id.clone().into());
            let user = wanted.user.and_then(|id| Some((id, call.state.users.get(&id)?)));
            if let Some((user_id, user)) = user {
                for (name, value) in claims::custom(call, id, user_id, user) {
                    // A custom claim does not displace one of the protocol's.
                    claims.entry(name).or_insert(value);
                }
            }
        }
        None => {
            // Only a user's token has scopes here; without them `/me` could not know what to tell.
            if wanted.user.is_some() {
                claims.insert("scope".to_owned(), wanted.scopes.join(" ").into());
            }
            claims.insert("aud".to_owned(), wanted.client.client_id.clone().into());
        }
    }
    call.tokens.note_made(wanted.grant, &jti);
    let token = call.signing_key()?.mint(&Value::Object(claims));
    Ok((token.ok_or_else(unsigned)?, seconds))
}

fn unsigned() -> Refusal {
    Refusal::oauth(500, "server_error", "oops something went wrong")
}

fn lifetime(call: &Call<'_>, wanted: &Wanted<'_>) -> u64 {
    match (wanted.server.and_then(|id| call.state.servers.get(&id)), wanted.user) {
        (Some(server), _) => server.access_minutes.unwrap_or(DEFAULT_ACCESS_MINUTES) * 60,
        (None, None) => PLAIN_MACHINE_SECONDS,
        (None, Some(_)) => app_minutes(call, wanted, "access_token_expiration_minutes", DEFAULT_ACCESS_MINUTES) * 60,
    }
}

fn app_minutes(call: &Call<'_>, wanted: &Wanted<'_>, key: &str, default: u64) -> u64 {
    let app = call.state.apps.get(&wanted.client.app);
    app.and_then(|app| app.configuration.get(key)).and_then(Value::as_u64).unwrap_or(default)
}

fn id_token(call: &mut Call<'_>, wanted: &Wanted<'_>, seconds: u64) -> Result<String, Refusal> {
    let issued = call.now.div_euclid(1000);
    let user = wanted.user.and_then(|id| Some((id, call.state.users.get(&id)?)));
    let mut claims = match user {
        Some((id, user)) => claims::standard(call, id, user, &wanted.scopes),
        None => Map::new(),
    };
    claims.insert("iss".to_owned(), call.site.issuer.clone().into());
    claims.insert("aud".to_owned(), wanted.client.client_id.clone().into());
    claims.insert("iat".to_owned(), issued.into());
    claims.insert("exp".to_owned(), issued.saturating_add_unsigned(seconds).into());
    call.signing_key()?.mint(&Value::Object(claims)).ok_or_else(unsigned)
}

fn refresh_token(call: &mut Call<'_>, wanted: &Wanted<'_>) -> Result<String, Refusal> {
    let token = call.new_hex::<32>()?;
    let minutes = match wanted.server.and_then(|id| call.state.servers.get(&id)) {
        Some(server) => server.refresh_minutes.unwrap_or(DEFAULT_REFRESH_MINUTES),
        None => app_minutes(call, wanted, "refresh_token_expiration_minutes", DEFAULT_REFRESH_MINUTES),
    };
    let lifetime = i64::try_from(minutes).unwrap_or(i64::MAX).saturating_mul(60_000);
    let grant = Grant {
        id: wanted.grant,
        app: wanted.client.app,
        user: wanted.user.unwrap_or_default(),
        server: wanted.server,
        scopes: wanted.scopes.clone(),
        expires_at: call.now.saturating_add(lifetime),
    };
    call.tokens.keep_refresh(token.clone(), grant);
    Ok(token)
}
