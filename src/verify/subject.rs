//! One probe with all that is needed to run it.

use super::check::ProbeName;
use super::input::{SecretQuery, VerifyInput};
use crate::api::{ClientAuth, OidcApp};
use crate::diagnostic::Sourced;
use crate::model::{
    Address, ClaimName, DesiredState, Entry, EntryKey, Identities, LiveState, Policy, Probe, RemoteId, ScopeValue,
    Server, TokenEndpointAuthMethod, identify,
};
use secrecy::SecretString;
use std::collections::BTreeSet;
use url::{Host, Url};

/// A probe, and what the file says of its server.
pub(super) struct Subject<'a> {
    pub(super) name: ProbeName,
    pub(super) policy: &'a Policy,
    pub(super) probe: &'a Probe,
    /// The server; `None` where it is not ours.
    pub(super) server: Option<&'a Server>,
    /// What tokens are asked for with.
    pub(super) resource: Option<String>,
    /// The server's audiences, as far as the file says.
    pub(super) audiences: Option<BTreeSet<&'a str>>,
}

/// What a token is asked for with, beyond the scopes.
pub(super) struct Credentials {
    pub(super) app: OidcApp,
    /// The user's password; `None` for a machine token.
    pub(super) password: Option<SecretString>,
}

impl<'a> Subject<'a> {
    /// Gathers what the file says of each probe of a policy.
    pub(super) fn all(input: &VerifyInput<'a>, identities: &Identities) -> Vec<Self> {
        let mut subjects = Vec::new();
        for (key, policy) in &input.desired.policies {
            for (index, probe) in policy.probes.iter().enumerate() {
                let name = ProbeName { policy: key.clone(), number: index + 1, of: policy.probes.len() };
                subjects.push(Self::of(input, identities, name, (policy, probe)));
            }
        }
        subjects
    }

    fn of(
        input: &VerifyInput<'a>,
        identities: &Identities,
        name: ProbeName,
        (policy, probe): (&'a Policy, &'a Probe),
    ) -> Self {
        let key = &policy.authorization_server.value;
        let (server, declared) = match input.desired.servers.get(key) {
            Some(Entry::Present(server)) => {
                (Some(server), server.audiences.as_ref().map(|audiences| audiences.value.as_slice()))
            }
            Some(Entry::External(external)) => (None, external.declared.audiences.as_deref()),
            Some(Entry::Absent(_)) | None => (None, None),
        };
        let written = server.and_then(|server| server.resource_identifier.as_ref()).map(|id| id.value.clone());
        Self {
            name,
            policy,
            probe,
            server,
            resource: written.or_else(|| live_identifier(input, identities, key)),
            audiences: declared.map(texts),
        }
    }

    /// Returns the audiences the policy accepts.
    pub(super) fn accepted_audiences(&self) -> BTreeSet<&'a str> {
        let own = self.policy.audiences.as_deref().map(texts);
        own.or_else(|| self.audiences.clone()).unwrap_or_default()
    }

    /// Returns the scopes the file grants to the probe's client; `None` where it does not say.
    pub(super) fn granted(&self) -> Option<BTreeSet<&'a ScopeValue>> {
        let scopes = self.server?.clients.as_ref()?.value.get(&self.probe.client.value)?;
        Some(scopes.value.iter().map(|scope| &scope.value).collect())
    }

    /// Returns the scopes to ask for: what the policy asks, and no more.
    pub(super) fn asked(&self) -> Vec<ScopeValue> {
        let mut asked: Vec<ScopeValue> = self.policy.require_scopes.iter().map(|scope| scope.value.clone()).collect();
        let one_of = &self.policy.require_any_scope;
        if one_of.iter().any(|scope| asked.contains(&scope.value)) {
            return asked;
        }
        let granted = self.granted();
        let is_granted =
            |scope: &&Sourced<ScopeValue>| granted.as_ref().is_none_or(|granted| granted.contains(&scope.value));
        asked.extend(one_of.iter().find(is_granted).or(one_of.first()).map(|scope| scope.value.clone()));
        asked
    }

    /// Says whether a claim is about the user, so that a machine token cannot carry it.
    pub(super) fn is_user_claim(&self, name: &ClaimName) -> bool {
        // Source: OneLogin's sample of a client-credentials token carries no `sub`.
        let declared = self.server.and_then(|server| server.claims.as_ref());
        name.as_str() == "sub" || declared.is_some_and(|claims| claims.value.contains_key(name))
    }

    /// Says what of the probe is not live yet, and the way out.
    pub(super) fn unapplied(&self, identities: &Identities) -> Option<String> {
        let server = Address::Server(self.policy.authorization_server.value.clone());
        let app = Address::OidcApp(self.probe.client.value.clone());
        let has_server = identities.servers.get(&self.policy.authorization_server.value).and_then(|found| found.id());
        let has_app = identities.apps.get(&self.probe.client.value).and_then(|found| found.id());
        let missing = match (has_server, has_app) {
            (Some(_), Some(_)) => return None,
            (None, None) => format!("{server} and {app} are"),
            (None, Some(_)) => format!("{server} is"),
            (Some(_), None) => format!("{app} is"),
        };
        Some(format!("not applied yet, {missing} not live: run `gatewright apply`"))
    }

    /// Says why the probe's URL may not be called.
    pub(super) fn forbidden_origin(&self, allowed_hosts: &BTreeSet<String>) -> Option<String> {
        let own = self.resource.as_deref().into_iter().chain(self.audiences.iter().flatten().copied());
        forbidden_origin(&self.probe.url.value, own, allowed_hosts)
    }

    /// Looks up the client and its secrets; the error says why there are none.
    pub(super) fn credentials(&self, input: &VerifyInput<'_>, identities: &Identities) -> Result<Credentials, String> {
        let key = &self.probe.client.value;
        let id = identities.apps.get(key).and_then(|found| found.id());
        let id = id.ok_or_else(|| format!("the app `{key}` is not live"))?;
        let app = input.live.apps.get(&id).ok_or_else(|| format!("the app `{key}` was not read"))?;
        let client_id = app.client_id.clone().ok_or_else(|| format!("the app `{key}` has no client id"))?;
        let secret = || self.client_secret(input, id);
        let auth = match app.token_endpoint_auth_method {
            TokenEndpointAuthMethod::Basic => ClientAuth::Basic(secret()?),
            TokenEndpointAuthMethod::Post => ClientAuth::Post(secret()?),
            TokenEndpointAuthMethod::None => ClientAuth::None,
        };
        let password = match &self.probe.user {
            None => None,
            Some(user) => {
                let (variable, name) = (user.password_env.value.as_str(), user.name.value.as_str());
                let password = (input.secrets)(&SecretQuery::Password { variable, user: name });
                Some(password.ok_or_else(|| format!("`{variable}` is not set, the password of `{name}`"))?)
            }
        };
        Ok(Credentials { app: OidcApp { client_id, auth }, password })
    }

    fn client_secret(&self, input: &VerifyInput<'_>, id: RemoteId) -> Result<SecretString, String> {
        let app = &self.probe.client.value;
        let variable = self.probe.client_secret_env.as_ref().map(|name| name.value.as_str());
        let named = variable.and_then(|name| (input.secrets)(&SecretQuery::ClientVariable { name }));
        named.or_else(|| (input.secrets)(&SecretQuery::ClientSink { app, id })).ok_or_else(|| match variable {
            Some(name) => format!("the client secret of `{app}` is neither in `{name}` nor stored"),
            None if matches!(input.desired.apps.get(app), Some(Entry::Present(_))) => format!(
                "the client secret of `{app}` is not stored: name a variable with `client_secret_env`, or make the app \
                 anew with `--replace {}`",
                Address::OidcApp(app.clone())
            ),
            None => {
                format!("the client secret of `{app}` is not stored: name a variable with `client_secret_env`")
            }
        })
    }
}

/// Returns the live apps that probes need and that were not read whole: somebody else's, which a plan has no use for.
pub fn unread_apps(desired: &DesiredState, live: &LiveState) -> BTreeSet<RemoteId> {
    let identities = identify(desired, &live.lists);
    let clients = desired.policies.values().flat_map(|policy| &policy.probes).map(|probe| &probe.client.value);
    let ids = clients.filter_map(|key| identities.apps.get(key)?.id());
    ids.filter(|id| !live.apps.contains_key(id)).collect()
}

fn texts(audiences: &[Sourced<String>]) -> BTreeSet<&str> {
    audiences.iter().map(|audience| audience.value.as_str()).collect()
}

fn live_identifier(input: &VerifyInput<'_>, identities: &Identities, key: &EntryKey) -> Option<String> {
    let id = identities.servers.get(key)?.id()?;
    let listed = input.live.lists.servers.iter().find(|server| server.id == id)?;
    Some(listed.resource_identifier.clone())
}

/// Says why a URL may not be called.
///
/// The right token goes there, so it has to be a place the file already calls the API's own, or one allowed by hand.
fn forbidden_origin<'a>(
    url: &Url,
    own: impl IntoIterator<Item = &'a str>,
    allowed_hosts: &BTreeSet<String>,
) -> Option<String> {
    if url.scheme() != "https" && !is_loopback(url) {
        return Some(format!("`{url}` is not https"));
    }
    let is_own = own.into_iter().filter_map(|text| Url::parse(text).ok()).any(|own| own.origin() == url.origin());
    let host = url.host_str().unwrap_or_default();
    if is_own || allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)) {
        return None;
    }
    Some(format!(
        "`{host}` is neither in the server's identifier nor in an audience: allow it with `--allow-probe-host {host}`"
    ))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, Url, forbidden_origin};

    #[test]
    fn tokens_go_to_the_api_only() {
        let own = ["https://api.example.com/contacts", "urn:contacts", "https://other.example.com:8443"];
        let allowed = BTreeSet::from(["gateway.example.net".to_owned()]);
        let check = |url: &str, expected: Option<&str>| {
            let url: Url = url.parse().unwrap();
            let found = forbidden_origin(&url, own, &allowed);
            match expected {
                None => assert_eq!(found, None, "{url}"),
                Some(words) => assert!(found.is_some_and(|found| found.contains(words)), "{url}"),
            }
        };
        check("https://api.example.com/v2/people", None);
        check("https://other.example.com:8443/", None);
        check("https://GATEWAY.example.net/x", None);
        check("http://api.example.com/contacts", Some("not https"));
        check("https://api.example.com:8443/contacts", Some("--allow-probe-host api.example.com"));
        check("https://api.example.com.evil.example/contacts", Some("--allow-probe-host"));
        check("http://127.0.0.1:8081/contacts", Some("--allow-probe-host 127.0.0.1"));
    }
}
