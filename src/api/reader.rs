//! Reads the account.

use super::config::ClientConfig;
use super::convert::{self, Mismatch};
use super::error::ApiError;
use super::failure::json_reason;
use super::link::{Exchange, ReadLink};
use super::notice::Listener;
use super::page::{list, pages};
use super::wire;
use crate::model::{
    AppSummary, LiveApp, LiveClaim, LiveClient, LiveRole, LiveScope, LiveServer, LiveUser, RemoteId, ServerSummary,
    UserRef, text,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The most rows the list of servers has; it has no pages.
///
/// Source: OneLogin, API Authorization, list authorization servers.
const MOST_SERVERS: usize = 1000;

/// The page size of apps and connectors: the documented maximum.
const APPS_A_PAGE: &str = "1000";

/// The page size of roles and their members: the most that all sources accept.
const ROLES_A_PAGE: &str = "100";

/// The page size of users: the documented maximum.
const USERS_A_PAGE: &str = "50";

/// The connector of OIDC apps. Its id differs by region, its name does not.
///
/// Source: 108419 in the US catalogue, 38568 in EU tenants.
const OIDC_CONNECTOR: &str = "OpenId Connect (OIDC)";

/// The quota of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests an hour.
    pub limit: u64,
    /// Requests left.
    pub remaining: u64,
    /// How long until all are there again.
    pub reset: Duration,
}

/// The list of authorization servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerList {
    /// The servers, sorted by id.
    pub servers: Vec<ServerSummary>,
    /// Whether the list is as long as such answers get, so that there may be more.
    pub truncated: bool,
}

/// Reads the account, and can do nothing else: it sends GET, and the admin-token POST beneath it.
///
/// Copies share one token, one quota gate and one bound in flight.
#[derive(Clone)]
pub struct Reader {
    link: ReadLink,
    connector: Arc<OnceCell<RemoteId>>,
}

impl Reader {
    /// Prepares a reader; nothing is sent yet.
    ///
    /// # Errors
    /// [`ApiError::RefusedOrigin`] where requests would go to a host they must not, [`ApiError::Setup`] where the HTTP
    /// client cannot be made.
    pub fn new(config: ClientConfig) -> Result<Self, ApiError> {
        Self::heard_by(config, Listener::log())
    }

    /// Prepares a reader that tells somebody when it waits; nothing is sent yet.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn heard_by(config: ClientConfig, listener: Listener) -> Result<Self, ApiError> {
        Ok(Self { link: ReadLink::new(config, listener)?, connector: Arc::default() })
    }

    /// Returns the way to the API, for the writer beside it.
    pub(super) fn link(&self) -> &ReadLink {
        &self.link
    }

    /// Returns the account the credentials belong to, as the token answer says.
    ///
    /// # Errors
    /// [`ApiError::AccountMismatch`] where another one was expected; any other error of the token request.
    pub async fn account_id(&self) -> Result<Option<u64>, ApiError> {
        self.link.account_id().await
    }

    /// Asks for the quota.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn rate_limit(&self) -> Result<RateLimit, ApiError> {
        self.link.rate_limit().await
    }

    /// Says whether so many requests are left in this window of the quota, as far as is known; of a small quota half a window
    /// has to do.
    pub fn has_room(&self, requests: u64) -> bool {
        self.link.has_room(requests)
    }

    /// Waits for the next window where this one has no room for so many requests. Returns `false` where the wait is longer than
    /// allowed or was broken off.
    pub async fn wait_for_room(&self, requests: u64) -> bool {
        self.link.wait_for_room(requests).await
    }

    /// Ends all waits for quota and before further tries, now and from now on, of all copies and of the writers beside them: a
    /// request that would have to wait fails instead. Those that need not wait are sent still.
    pub fn break_off(&self) {
        self.link.break_off();
    }

    /// Returns what is left of the quota: as it was last told, less the requests made since.
    pub fn quota(&self) -> Option<RateLimit> {
        self.link.quota()
    }

    /// Returns how many requests were sent, all tries and tokens included.
    pub fn requests_made(&self) -> u64 {
        self.link.requests_made()
    }

    /// Lists the authorization servers.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn list_servers(&self) -> Result<ServerList, ApiError> {
        let (rows, servers) = self.server_rows(&[]).await?;
        Ok(ServerList { truncated: rows >= MOST_SERVERS, servers })
    }

    /// Finds the servers of exactly this name, sorted by id.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn servers_named(&self, name: &str) -> Result<Vec<ServerSummary>, ApiError> {
        // The filter matches parts of names too.
        let (_, mut servers) = self.server_rows(&[("name", name.to_owned())]).await?;
        servers.retain(|server| text::is_same(&server.name, name));
        Ok(servers)
    }

    /// Reads the list: how many rows it had, and each server once.
    async fn server_rows(&self, query: &[(&'static str, String)]) -> Result<(usize, Vec<ServerSummary>), ApiError> {
        let exchange = self.link.get("/api/2/api_authorizations", query).await?;
        let rows: Vec<wire::server::Server> = read(&exchange)?;
        let count = rows.len();
        let servers = rows.into_iter().map(convert::server::summary_from_wire).collect();
        let mut servers: Vec<ServerSummary> = converted(&exchange, servers)?;
        servers.sort_by_key(|server| server.id);
        servers.dedup_by_key(|server| server.id);
        Ok((count, servers))
    }

    /// Reads a server without its children; `None` where OneLogin says it is not there.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn server(&self, id: RemoteId) -> Result<Option<LiveServer>, ApiError> {
        let Some(exchange) = self.find(&format!("/api/2/api_authorizations/{id}")).await? else { return Ok(None) };
        let server = converted(&exchange, convert::server::from_wire(read(&exchange)?))?;
        same_id(&exchange, id, server.id)?;
        Ok(Some(server))
    }

    /// Lists the scopes of a server, sorted by value.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read; see [`ApiError::is_not_found`] for a server that is gone.
    pub async fn scopes(&self, server: RemoteId) -> Result<Vec<LiveScope>, ApiError> {
        let exchange = self.link.get(&format!("/api/2/api_authorizations/{server}/scopes"), &[]).await?;
        let rows: Vec<Value> = read(&exchange)?;
        let mut scopes: Vec<LiveScope> =
            converted(&exchange, rows.into_iter().map(convert::scope::from_wire).collect())?;
        scopes.sort_by(|one, other| (&one.value, one.id).cmp(&(&other.value, other.id)));
        Ok(scopes)
    }

    /// Lists the claims of a server, sorted by name.
    ///
    /// # Errors
    /// As [`Self::scopes`].
    pub async fn claims(&self, server: RemoteId) -> Result<Vec<LiveClaim>, ApiError> {
        let exchange = self.link.get(&format!("/api/2/api_authorizations/{server}/claims"), &[]).await?;
        let rows: Vec<Value> = read(&exchange)?;
        let mut claims: Vec<LiveClaim> =
            converted(&exchange, rows.into_iter().map(convert::claim::from_wire).collect())?;
        claims.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        Ok(claims)
    }

    /// Lists the client bindings of a server, sorted by app id.
    ///
    /// # Errors
    /// As [`Self::scopes`].
    pub async fn clients(&self, server: RemoteId) -> Result<Vec<LiveClient>, ApiError> {
        let rows: Vec<wire::client::Client> =
            list(&self.link, &format!("/api/2/api_authorizations/{server}/clients")).await?;
        let mut clients: Vec<LiveClient> = rows.into_iter().map(convert::client::from_wire).collect();
        clients.sort_by_key(|client| client.app_id);
        Ok(clients)
    }

    /// Lists all apps, of every sign-in method, sorted by id.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn list_apps(&self) -> Result<Vec<AppSummary>, ApiError> {
        self.app_rows(&[("limit", APPS_A_PAGE.to_owned())]).await
    }

    /// Finds the apps of exactly this name, of every sign-in method, sorted by id.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn apps_named(&self, name: &str) -> Result<Vec<AppSummary>, ApiError> {
        let mut apps = self.app_rows(&[("name", name.to_owned()), ("limit", APPS_A_PAGE.to_owned())]).await?;
        apps.retain(|app| text::is_same(&app.name, name));
        Ok(apps)
    }

    async fn app_rows(&self, query: &[(&'static str, String)]) -> Result<Vec<AppSummary>, ApiError> {
        let rows = pages(&self.link, "/api/2/apps", query, |app: &wire::app::AppRow| app.id).await?;
        Ok(rows.into_values().map(convert::app::summary_from_wire).collect())
    }

    /// Reads an OIDC app; `None` where OneLogin says it is not there.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn app(&self, id: RemoteId) -> Result<Option<LiveApp>, ApiError> {
        let Some(exchange) = self.find(&format!("/api/2/apps/{id}")).await? else { return Ok(None) };
        let app = converted(&exchange, convert::app::from_wire(read(&exchange)?))?;
        same_id(&exchange, id, app.id)?;
        Ok(Some(app))
    }

    /// Lists all roles, sorted by id.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn list_roles(&self) -> Result<Vec<LiveRole>, ApiError> {
        self.role_rows(&[("limit", ROLES_A_PAGE.to_owned())]).await
    }

    /// Finds the roles of exactly this name, sorted by id.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn roles_named(&self, name: &str) -> Result<Vec<LiveRole>, ApiError> {
        let mut roles = self.role_rows(&[("name", name.to_owned()), ("limit", ROLES_A_PAGE.to_owned())]).await?;
        roles.retain(|role| text::is_same(&role.name, name));
        Ok(roles)
    }

    async fn role_rows(&self, query: &[(&'static str, String)]) -> Result<Vec<LiveRole>, ApiError> {
        let rows = pages(&self.link, "/api/2/roles", query, |role: &wire::role::Role| role.id).await?;
        Ok(rows.into_values().map(convert::role::from_wire).collect())
    }

    /// Reads a role; `None` where OneLogin says it is not there.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn role(&self, id: RemoteId) -> Result<Option<LiveRole>, ApiError> {
        let Some(exchange) = self.find(&format!("/api/2/roles/{id}")).await? else { return Ok(None) };
        let role = convert::role::from_wire(read(&exchange)?);
        same_id(&exchange, id, role.id)?;
        Ok(Some(role))
    }

    /// Reads the members of a role.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read; see [`ApiError::is_not_found`] for a role that is gone.
    pub async fn role_members(&self, id: RemoteId) -> Result<BTreeSet<RemoteId>, ApiError> {
        self.role_rows_of(&format!("/api/2/roles/{id}/users")).await
    }

    /// Reads the apps that a role gives.
    ///
    /// # Errors
    /// As [`Self::role_members`].
    pub async fn role_apps(&self, id: RemoteId) -> Result<BTreeSet<RemoteId>, ApiError> {
        self.role_rows_of(&format!("/api/2/roles/{id}/apps")).await
    }

    async fn role_rows_of(&self, path: &str) -> Result<BTreeSet<RemoteId>, ApiError> {
        let query = [("limit", ROLES_A_PAGE.to_owned())];
        let rows = pages(&self.link, path, &query, |row: &wire::user::Row| row.id).await?;
        Ok(rows.into_keys().map(RemoteId).collect())
    }

    /// Finds the users that a name of the file means, sorted by id. Case does not count: it does not at sign-in.
    ///
    /// # Errors
    /// Any [`ApiError`] of a read.
    pub async fn users(&self, user: &UserRef) -> Result<Vec<LiveUser>, ApiError> {
        let (filter, wanted) = match user {
            UserRef::Email(email) => ("email", email),
            UserRef::Username(username) => ("username", username),
        };
        let query = [(filter, wanted.clone()), ("limit", USERS_A_PAGE.to_owned())];
        let rows = pages(&self.link, "/api/2/users", &query, |user: &wire::user::User| user.id).await?;
        let mut users: Vec<LiveUser> = rows.into_values().map(convert::role::user_from_wire).collect();
        users.retain(|found| {
            let found = match user {
                UserRef::Email(_) => &found.email,
                UserRef::Username(_) => &found.username,
            };
            found.to_lowercase() == wanted.to_lowercase()
        });
        Ok(users)
    }

    /// Returns the connector that OIDC apps are made from, looked up once.
    ///
    /// # Errors
    /// [`ApiError::Connector`] where not exactly one has the name; any [`ApiError`] of a read.
    pub async fn oidc_connector(&self) -> Result<RemoteId, ApiError> {
        self.connector.get_or_try_init(|| self.find_connector()).await.copied()
    }

    async fn find_connector(&self) -> Result<RemoteId, ApiError> {
        let query = [
            ("name", "OpenId Connect*".to_owned()),
            ("auth_method", AppSummary::OPENID_CONNECT.to_string()),
            ("limit", APPS_A_PAGE.to_owned()),
        ];
        let rows = pages(&self.link, "/api/2/connectors", &query, |row: &wire::connector::Connector| row.id).await?;
        let found: Vec<u64> = rows.values().filter(|row| row.name == OIDC_CONNECTOR).map(|row| row.id).collect();
        match found.as_slice() {
            [id] => Ok(RemoteId(*id)),
            _ => Err(ApiError::Connector { name: OIDC_CONNECTOR, found }),
        }
    }

    /// Reads one object; `None` only where the API itself says that it is not there.
    async fn find(&self, path: &str) -> Result<Option<Exchange>, ApiError> {
        match self.link.get(path, &[]).await {
            Ok(exchange) => Ok(Some(exchange)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Reads an answer as what it should be.
fn read<T: DeserializeOwned>(exchange: &Exchange) -> Result<T, ApiError> {
    serde_json::from_slice(&exchange.answer.body).map_err(|error| exchange.unreadable(json_reason(&error)))
}

fn converted<T>(exchange: &Exchange, result: Result<T, Mismatch>) -> Result<T, ApiError> {
    result.map_err(|Mismatch(reason)| exchange.unreadable(reason))
}

/// An answer about another object is no answer.
fn same_id(exchange: &Exchange, asked: RemoteId, answered: RemoteId) -> Result<(), ApiError> {
    if asked == answered {
        return Ok(());
    }
    Err(exchange.unreadable(format!("it is about {answered}, not {asked}")))
}
