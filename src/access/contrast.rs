//! How two environments of a file differ in access. Neither comes before the other, so nothing is gained or lost.

use super::admission::{Admission, Obstacle, admissions};
use super::change::list;
use super::state::{Access, Grant, ServerAccess, desired_access};
use crate::model::{App, DesiredState, Entry, EntryKey, ScopeValue, TokenEndpointAuthMethod};
use std::collections::{BTreeMap, BTreeSet};

/// One of the two environments that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The one that was named first.
    First,
    /// The one that was named second.
    Second,
}

impl Side {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    /// Returns the other one.
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// Returns what belongs to this side.
    pub fn of<T>(self, pair: &[T; 2]) -> &T {
        let [first, second] = pair;
        match self {
            Self::First => first,
            Self::Second => second,
        }
    }
}

/// The two kinds of tokens whose lifetimes a server sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenKind {
    /// What opens the API.
    Access,
    /// What gets the next access token.
    Refresh,
}

impl TokenKind {
    /// Returns the word used in sentences.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// One difference in access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessContrast {
    /// A client may get scopes in one environment that it may not get in the other.
    Grant {
        /// The server.
        server: String,
        /// The client.
        client: String,
        /// The scopes, sorted; empty: tokens without scopes.
        scopes: Vec<ScopeValue>,
        /// Where it may.
        side: Side,
    },
    /// A gateway policy of both environments lets a client of both in here and keeps it out there.
    Admission {
        /// The server whose tokens the client brings.
        server: String,
        /// The client.
        client: String,
        /// The policy.
        policy: EntryKey,
        /// What keeps it out in the other environment; never empty.
        obstacles: Vec<Obstacle>,
        /// Where it is let in.
        side: Side,
    },
    /// A client of both environments is open to roles in one that do not open it in the other.
    Roles {
        /// The server.
        server: String,
        /// The client.
        client: String,
        /// The roles, sorted.
        roles: Vec<EntryKey>,
        /// Where they open it.
        side: Side,
    },
    /// A client of both environments proves in each in another way who it is.
    Authentication {
        /// The server.
        server: String,
        /// The client.
        client: String,
        /// Its way in each environment.
        methods: [TokenEndpointAuthMethod; 2],
    },
    /// Tokens live longer in one environment.
    Lifetime {
        /// The server.
        server: String,
        /// Which tokens.
        tokens: TokenKind,
        /// Minutes in each environment; `None`: left as the account has it.
        minutes: [Option<u64>; 2],
    },
}

impl AccessContrast {
    /// Says it as a sentence without a full stop, in the names of the two environments.
    pub fn sentence(&self, names: &[&str; 2]) -> String {
        match self {
            Self::Grant { server, client, scopes, side } => {
                let (here, there) = (side.of(names), side.other().of(names));
                match scopes.is_empty() {
                    true => {
                        format!(
                            "in `{here}` `{client}` may get tokens without scopes for `{server}`, in `{there}` none"
                        )
                    }
                    false => format!("in `{here}` `{client}` may get {} on `{server}`, in `{there}` not", list(scopes)),
                }
            }
            Self::Admission { server, client, policy, obstacles, side } => {
                let (here, there) = (side.of(names), side.other().of(names));
                let reasons: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
                let reasons = reasons.join(" and ");
                format!(
                    "in `{here}` gateway policy `{policy}` lets `{client}` in, in `{there}` not: there it {reasons} on \
                     `{server}`"
                )
            }
            Self::Roles { server, client, roles, side } => {
                let (here, there) = (side.of(names), side.other().of(names));
                let roles = list(roles);
                format!("in `{here}` `{client}`, a client of `{server}`, is open to role {roles}, in `{there}` not")
            }
            Self::Authentication { server, client, methods: [one, other] } => {
                let ([first, second], one, other) = (names, one.as_str(), other.as_str());
                format!(
                    "`{client}` gets tokens for `{server}` with token_endpoint_auth_method `{one}` in `{first}`, \
                     `{other}` in `{second}`"
                )
            }
            Self::Lifetime { server, tokens, minutes } => {
                let [first, second] = names;
                let [one, other] = minutes.map(|minutes| match minutes {
                    Some(minutes) => format!("{minutes} minutes"),
                    None => "as long as the account says".to_owned(),
                });
                format!("{} tokens of `{server}` live {one} in `{first}`, {other} in `{second}`", tokens.as_str())
            }
        }
    }

    /// Returns the server it is about.
    pub fn server(&self) -> &str {
        match self {
            Self::Grant { server, .. }
            | Self::Admission { server, .. }
            | Self::Roles { server, .. }
            | Self::Authentication { server, .. }
            | Self::Lifetime { server, .. } => server,
        }
    }
}

/// Says how two environments differ in access.
///
/// Shape: sorted by server; what one of the two does not know of a server that it lists is not compared. Audiences and
/// identifiers are left to the fields: they name hosts, which differ between environments on purpose.
pub fn contrast(environments: [&DesiredState; 2]) -> Vec<AccessContrast> {
    let access = environments.map(desired_access);
    let mut found = Vec::new();
    for side in Side::BOTH {
        find_grants(side, &access, &mut found);
        find_admissions(side, &environments, &access, &mut found);
    }
    find_sign_ins(&environments, &access, &mut found);
    find_lifetimes(&access, &mut found);
    found.sort_by(|one, other| (one.server(), one).cmp(&(other.server(), other)));
    found
}

fn find_grants(side: Side, access: &[Access; 2], found: &mut Vec<AccessContrast>) {
    let there = &side.other().of(access).servers;
    let mut missing: BTreeMap<(String, String), Vec<ScopeValue>> = BTreeMap::new();
    for Grant { server, client, scope } in side.of(access).grants() {
        let is_there = match there.get(&server).map(|there| &there.clients) {
            // What is not known is not compared.
            Some(None) => true,
            Some(Some(clients)) => {
                clients.get(&client).is_some_and(|scopes| scope.as_ref().is_none_or(|scope| scopes.contains(scope)))
            }
            None => false,
        };
        if !is_there {
            missing.entry((server, client)).or_default().extend(scope);
        }
    }
    let grant = |((server, client), scopes)| AccessContrast::Grant { server, client, scopes, side };
    found.extend(missing.into_iter().map(grant));
}

fn find_admissions(
    side: Side,
    environments: &[&DesiredState; 2],
    access: &[Access; 2],
    found: &mut Vec<AccessContrast>,
) {
    type Place = (EntryKey, String, String);
    let judged = |side: Side| {
        let desired: &&DesiredState = side.of(environments);
        admissions(desired, side.of(access))
    };
    let passing: BTreeSet<Place> = judged(side)
        .into_iter()
        .filter(|admission| admission.obstacles.is_empty())
        .map(|Admission { policy, server, client, obstacles: _ }| (policy, server, client))
        .collect();
    for admission in judged(side.other()) {
        let Admission { policy, server, client, obstacles } = admission;
        let place = (policy, server, client);
        if !obstacles.is_empty() && passing.contains(&place) {
            let (policy, server, client) = place;
            found.push(AccessContrast::Admission { server, client, policy, obstacles, side });
        }
    }
}

/// Compares who may use the clients of both environments, and how they sign in.
fn find_sign_ins(environments: &[&DesiredState; 2], access: &[Access; 2], found: &mut Vec<AccessContrast>) {
    let [first, second] = access;
    let apps = environments.map(|environment| &environment.apps);
    for (name, one) in &first.servers {
        let other = second.servers.get(name).and_then(|server| server.clients.as_ref());
        let bound = one.clients.iter().flat_map(BTreeMap::keys);
        for client in bound.filter(|client| other.is_some_and(|other| other.contains_key(*client))) {
            let key = EntryKey::new(client.as_str());
            let [Some(one), Some(other)] = apps.map(|apps| apps.get(&key).and_then(Entry::present)) else { continue };
            let (server, client) = (name.clone(), client.clone());
            if let [Some(one), Some(other)] = [one, other].map(|app| app.token_endpoint_auth_method.as_ref())
                && one.value != other.value
            {
                let methods = [one.value, other.value];
                found.push(AccessContrast::Authentication { server: server.clone(), client: client.clone(), methods });
            }
            let [Some(one), Some(other)] = [one, other].map(roles) else { continue };
            for (side, here, there) in [(Side::First, &one, &other), (Side::Second, &other, &one)] {
                let roles: Vec<EntryKey> = here.difference(there).map(|role| (*role).clone()).collect();
                if !roles.is_empty() {
                    let (server, client) = (server.clone(), client.clone());
                    found.push(AccessContrast::Roles { server, client, roles, side });
                }
            }
        }
    }
}

/// The roles that open an app; `None` where the file does not say.
fn roles(app: &App) -> Option<BTreeSet<&EntryKey>> {
    let roles = app.roles.as_ref()?;
    Some(roles.value.iter().map(|role| &role.value).collect())
}

fn find_lifetimes(access: &[Access; 2], found: &mut Vec<AccessContrast>) {
    let [first, second] = access;
    for (server, one) in &first.servers {
        let Some(other) = second.servers.get(server) else { continue };
        let minutes = |pick: fn(&ServerAccess) -> Option<u64>| [pick(one), pick(other)];
        let lifetimes = [
            (TokenKind::Access, minutes(|server| server.access_token_minutes)),
            (TokenKind::Refresh, minutes(|server| server.refresh_token_minutes)),
        ];
        for (tokens, minutes) in lifetimes.into_iter().filter(|(_, [one, other])| one != other) {
            found.push(AccessContrast::Lifetime { server: server.clone(), tokens, minutes });
        }
    }
}
