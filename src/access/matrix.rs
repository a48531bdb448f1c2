//! Who may call what, API by API, with the gateways in front.

use super::admission::{Admission, Obstacle, admissions};
use super::change::list;
use super::state::{Access, ServerAccess};
use crate::model::{ClaimName, DesiredState, EntryKey, ScopeValue};
use std::collections::BTreeMap;

/// One API and the clients that get tokens for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The server, by key where the file lists it.
    pub server: String,
    /// What clients send as `resource`; `None` where it is not known.
    pub resource_identifier: Option<String>,
    /// What tokens carry as `aud`, sorted; `None` where it is not known.
    pub audiences: Option<Vec<String>>,
    /// Lifetime of access tokens in minutes; `None`: OneLogin's default, or the file does not say.
    pub access_token_minutes: Option<u64>,
    /// Lifetime of refresh tokens in minutes; `None`: OneLogin's default, or the file does not say.
    pub refresh_token_minutes: Option<u64>,
    /// The clients, by name; `None` where they are not known.
    pub clients: Option<Vec<Client>>,
}

/// One client of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The app, by key where the file lists it.
    pub client: String,
    /// The scopes it may get, sorted.
    pub scopes: Vec<ScopeValue>,
    /// What every gateway policy that its tokens lead to makes of it.
    pub policies: Vec<Passage>,
}

/// What one gateway policy makes of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The policy.
    pub policy: EntryKey,
    /// What keeps the client out; empty: it may pass.
    pub obstacles: Vec<Obstacle>,
    /// The values of claims that its tokens must have to pass, which are the user's: what the claim is and which one of.
    pub claims: BTreeMap<ClaimName, Vec<String>>,
}

impl Passage {
    /// Returns what has to be so of a token that passes, in words: "`dept` is `sales`".
    pub fn conditions(&self) -> Vec<String> {
        let words = |(claim, values): (&ClaimName, &Vec<String>)| match values.as_slice() {
            [value] => format!("`{claim}` is {}", list([value])),
            values => format!("`{claim}` is one of {}", list(values)),
        };
        self.claims.iter().map(words).collect()
    }
}

/// Which part of the matrix is meant; what is `None` is not asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The client.
    pub client: Option<&'a str>,
    /// The API: its server, resource identifier or one of its audiences.
    pub api: Option<&'a str>,
}

/// Returns the servers of the file that an API asked for by key, identifier or audience is.
pub fn servers_of<'a>(access: &'a Access, api: &str) -> Vec<&'a str> {
    let fitting = access.servers.iter().filter(|(name, server)| is_api(name, server, api));
    fitting.map(|(name, _)| name.as_str()).collect()
}

/// Lays out the access of the servers that the file lists.
///
/// Shape: sorted by server, clients by name. With a client asked for, APIs it gets nothing from are left out.
pub fn matrix(desired: &DesiredState, access: &Access, wanted: Wanted<'_>) -> Vec<Api> {
    let admissions = admissions(desired, access);
    let listed = access.servers.iter().filter(|(name, _)| desired.servers.contains_key(&EntryKey::new(name.as_str())));
    let apis = listed.filter(|(name, server)| wanted.api.is_none_or(|api| is_api(name, server, api)));
    apis.filter_map(|(name, server)| api(desired, (name, server), &admissions, wanted.client)).collect()
}

fn is_api(name: &str, server: &ServerAccess, wanted: &str) -> bool {
    name == wanted
        || server.resource_identifier.as_deref() == Some(wanted)
        || server.audiences.iter().flatten().any(|audience| audience == wanted)
}

fn api(
    desired: &DesiredState,
    (name, server): (&str, &ServerAccess),
    admissions: &[Admission],
    wanted: Option<&str>,
) -> Option<Api> {
    let ServerAccess {
        resource_identifier,
        audiences,
        access_token_minutes,
        refresh_token_minutes,
        claims: _,
        clients,
    } = server;
    let clients: Option<Vec<Client>> = clients.as_ref().map(|clients| {
        let meant = clients.iter().filter(|(client, _)| wanted.is_none_or(|wanted| wanted == client.as_str()));
        let client = |(client, scopes): (&String, &std::collections::BTreeSet<ScopeValue>)| Client {
            client: client.clone(),
            scopes: scopes.iter().cloned().collect(),
            policies: policies(desired, (name, client), admissions),
        };
        meant.map(client).collect()
    });
    if wanted.is_some() && clients.as_ref().is_none_or(Vec::is_empty) {
        return None;
    }
    Some(Api {
        server: name.to_owned(),
        resource_identifier: resource_identifier.clone(),
        audiences: audiences.as_ref().map(|audiences| audiences.iter().cloned().collect()),
        access_token_minutes: *access_token_minutes,
        refresh_token_minutes: *refresh_token_minutes,
        clients,
    })
}

fn policies(desired: &DesiredState, (server, client): (&str, &str), admissions: &[Admission]) -> Vec<Passage> {
    let own = admissions.iter().filter(|admission| admission.server == server && admission.client == client);
    let passage = |Admission { policy, obstacles, .. }: &Admission| {
        let required = desired.policies.get(policy).into_iter().flat_map(|policy| &policy.require_claims);
        Passage {
            policy: policy.clone(),
            obstacles: obstacles.clone(),
            claims: required.map(|(claim, values)| (claim.clone(), values.value.clone())).collect(),
        }
    };
    own.map(passage).collect()
}
