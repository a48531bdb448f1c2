//! The proof as a whole.

use super::check::{Check, CheckKind, Outcome, VerifyReport};
use super::claims::inspect;
use super::gateway::{Verdict, call};
use super::input::VerifyInput;
use super::negative::{Negative, negatives};
use super::sign::ForeignKey;
use super::subject::{Credentials, Subject};
use super::token::{Opened, mint};
use crate::api::Jwk;
use crate::model::{Expectation, Identities, identify};
use futures_util::{StreamExt, stream};

/// How many probes run at one time; each sends one request after the other.
const PROBES_AT_ONCE: usize = 4;

/// Proves every probe of a file: its token, and what the gateway says to it and to tokens that differ from it.
pub async fn verify(input: &VerifyInput<'_>) -> VerifyReport {
    let identities = identify(input.desired, &input.live.lists);
    let subjects = Subject::all(input, &identities);
    if subjects.is_empty() {
        return VerifyReport::default();
    }
    let (mut checks, keys) = inspect_tenant(input).await;
    let foreign = ForeignKey::generate();
    let run = Run { input, identities: &identities, keys: &keys, foreign: foreign.as_ref() };
    let proven: Vec<Vec<Check>> = stream::iter(subjects)
        .map(|subject| {
            let run = &run;
            async move {
                let mut checks = run.prove(&subject).await;
                checks.iter_mut().for_each(|check| check.probe = Some(subject.name.clone()));
                checks
            }
        })
        .buffered(PROBES_AT_ONCE)
        .collect()
        .await;
    checks.extend(proven.into_iter().flatten());
    VerifyReport { checks }
}

/// Checks the discovery document and the keys; keys that cannot be read are none.
async fn inspect_tenant(input: &VerifyInput<'_>) -> (Vec<Check>, Vec<Jwk>) {
    let (issuer, jwks_url) = (input.desired.tenant.issuer(), input.desired.tenant.jwks_url());
    let mut checks = Vec::new();
    match input.oidc.discovery().await {
        Ok(found) => {
            let passed = found.issuer == issuer;
            checks.push(Check::seen(CheckKind::DiscoveredIssuer, issuer, found.issuer, passed));
            let passed = found.jwks_uri == jwks_url;
            checks.push(Check::seen(CheckKind::DiscoveredKeys, jwks_url, found.jwks_uri, passed));
        }
        Err(error) => checks.push(Check::seen(CheckKind::DiscoveredIssuer, issuer, error.to_string(), false)),
    }
    let expected = "at least one RSA key";
    let keys = match input.oidc.jwks().await {
        Ok(keys) => {
            let ids: Vec<&str> = keys
                .iter()
                .filter(|key| key.kty == "RSA")
                .map(|key| key.kid.as_deref().unwrap_or("without id"))
                .collect();
            checks.push(Check::seen(CheckKind::SigningKeys, expected, ids.join(", "), !ids.is_empty()));
            keys
        }
        Err(error) => {
            checks.push(Check::seen(CheckKind::SigningKeys, expected, error.to_string(), false));
            Vec::new()
        }
    };
    (checks, keys)
}

/// What all probes share.
struct Run<'a> {
    input: &'a VerifyInput<'a>,
    identities: &'a Identities,
    keys: &'a [Jwk],
    foreign: Option<&'a ForeignKey>,
}

impl Run<'_> {
    async fn prove(&self, subject: &Subject<'_>) -> Vec<Check> {
        // The emulator serves the gateways itself, so no probe leaves it.
        if self.input.emulator.is_none()
            && let Some(reason) = subject.forbidden_origin(self.input.allowed_hosts)
        {
            return vec![Check::without(CheckKind::Probe, "a URL that may be called", Outcome::NotRun(reason))];
        }
        if let Some(reason) = subject.unapplied(self.identities) {
            return vec![Check::without(CheckKind::Probe, "an app and a server", Outcome::NotRun(reason))];
        }
        let Expectation { no_token, accepted: _, refused: _ } = subject.probe.expect;
        let without = call(self.input, subject, CheckKind::NoToken, Verdict::Refused(no_token), None).await;
        let credentials = match self.credentials(subject) {
            Ok(credentials) => credentials,
            Err(reason) => return vec![Check::without(CheckKind::Token, "a token", Outcome::NotRun(reason)), without],
        };
        let asked = subject.asked();
        let resource = subject.resource.as_deref();
        let token = match mint(self.input.oidc, subject, &credentials, resource, &asked).await {
            Ok(token) => token,
            Err(seen) => return vec![Check::seen(CheckKind::Token, "a token", seen, false), without],
        };
        let Some(right) = Opened::read(token) else {
            return vec![Check::seen(CheckKind::Token, "a signed JWT", "an opaque token", false), without];
        };
        let mut checks = vec![Check::seen(CheckKind::Token, "a token", "a token", true)];
        checks.extend(inspect(subject, &right, &self.input.desired.tenant.issuer(), self.keys, &asked));
        checks.push(without);
        checks.extend(self.show(subject, &credentials, &right).await);
        checks
    }

    fn credentials(&self, subject: &Subject<'_>) -> Result<Credentials, String> {
        if subject.resource.is_none() {
            return Err(format!(
                "the resource identifier of `{}` is not known",
                subject.policy.authorization_server.value
            ));
        }
        subject.credentials(self.input, self.identities)
    }

    /// Shows the gateway the right token, then every one that differs.
    async fn show(&self, subject: &Subject<'_>, credentials: &Credentials, right: &Opened) -> Vec<Check> {
        let Expectation { no_token: _, accepted, refused } = subject.probe.expect;
        let verdict = Verdict::Accepted(accepted);
        let mut checks = vec![call(self.input, subject, CheckKind::RightToken, verdict, Some(&right.token)).await];
        for negative in negatives(self.input, subject, credentials, right, self.foreign).await {
            let Negative { kind, token, is_isolated } = negative;
            let verdict = Verdict::Refused(refused);
            let check = match token {
                Ok(token) => call(self.input, subject, kind, verdict, Some(&token)).await,
                Err(outcome) => Check::without(kind, verdict.to_string(), outcome),
            };
            checks.push(Check { is_isolated, ..check });
        }
        checks
    }
}
