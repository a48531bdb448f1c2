//! What a proof comes to.

use crate::model::{ClaimName, EntryKey, ScopeValue};
use std::fmt;

/// Everything that was checked.
///
/// Shape: the tenant's checks first, then the probes by policy and position, each in the order of [`CheckKind`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// The checks.
    pub checks: Vec<Check>,
}

impl VerifyReport {
    /// Says whether the proof failed: a check did, or one was not run and that is not allowed.
    pub fn has_failed(&self, allow_skips: bool) -> bool {
        self.checks.iter().any(|check| match check.outcome {
            Outcome::Failed => true,
            Outcome::NotRun(_) => !allow_skips,
            Outcome::Passed | Outcome::NotCheckable(_) => false,
        })
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The probe; `None` for what is the tenant's.
    pub probe: Option<ProbeName>,
    /// What was checked.
    pub kind: CheckKind,
    /// What had to be seen.
    pub expected: String,
    /// What was seen; empty where nothing was looked at. Never a token, a secret or a body.
    pub seen: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// Whether the token differed from the right one in this property only.
    pub is_isolated: bool,
    /// The digest of the answer's body, where there was one.
    pub body_digest: Option<String>,
}

impl Check {
    /// Makes a check out of what was seen.
    pub(super) fn seen(kind: CheckKind, expected: impl Into<String>, seen: impl Into<String>, passed: bool) -> Self {
        let outcome = if passed { Outcome::Passed } else { Outcome::Failed };
        Self { seen: seen.into(), ..Self::without(kind, expected, outcome) }
    }

    /// Makes a check for which nothing could be seen.
    pub(super) fn without(kind: CheckKind, expected: impl Into<String>, outcome: Outcome) -> Self {
        let expected = expected.into();
        Self { probe: None, kind, expected, seen: String::new(), outcome, is_isolated: true, body_digest: None }
    }
}

/// What a check comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it has to be.
    Passed,
    /// Otherwise.
    Failed,
    /// It could have been checked and was not, for this reason; fails unless skips are allowed.
    NotRun(String),
    /// It cannot be checked in this place, for this reason.
    NotCheckable(String),
}

/// One probe of one policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeName {
    /// The policy.
    pub policy: EntryKey,
    /// The position in its list, from 1.
    pub number: usize,
    /// How many the list has.
    pub of: usize,
}

impl fmt::Display for ProbeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            1 => write!(f, "{}", self.policy),
            _ => write!(f, "{}#{}", self.policy, self.number),
        }
    }
}

/// What can be checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// The issuer in the discovery document.
    DiscoveredIssuer,
    /// The URL of the keys in the discovery document.
    DiscoveredKeys,
    /// The keys themselves.
    SigningKeys,
    /// Whether the probe may run at all.
    Probe,
    /// The token endpoint gives the token.
    Token,
    /// The token is signed by one of the tenant's keys.
    Signature,
    /// The token's issuer.
    Issuer,
    /// The token's audiences.
    Audience,
    /// The token's scopes.
    Scopes,
    /// One of the token's claims.
    Claim(ClaimName),
    /// The token's lifetime.
    Lifetime,
    /// The gateway without a token.
    NoToken,
    /// The gateway with the right token.
    RightToken,
    /// The gateway with a token for another audience.
    WrongAudience,
    /// The gateway with a token that lacks this scope.
    MissingScope(ScopeValue),
    /// The gateway with a token that has none of the scopes of which one is required.
    MissingAnyScope,
    /// The gateway with a token past its end.
    Expired,
    /// The gateway with a token of another tenant's issuer, signed by the right key.
    WrongIssuer,
    /// The gateway with a token signed by a key that is not the tenant's.
    ForeignKey,
    /// The gateway with a token that says `alg: none` and is not signed.
    NoSignature,
}

impl CheckKind {
    /// Says whether it is about getting a token, or what the account puts into one; issuer and keys are the tenant's.
    pub const fn is_token(&self) -> bool {
        matches!(self, Self::Token | Self::Audience | Self::Scopes | Self::Claim(_) | Self::Lifetime)
    }

    /// Says whether it is what a gateway makes of a call.
    pub const fn is_call(&self) -> bool {
        matches!(
            self,
            Self::NoToken
                | Self::RightToken
                | Self::WrongAudience
                | Self::MissingScope(_)
                | Self::MissingAnyScope
                | Self::Expired
                | Self::WrongIssuer
                | Self::ForeignKey
                | Self::NoSignature
        )
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::DiscoveredIssuer => "issuer in the discovery document",
            Self::DiscoveredKeys => "JWKS URL in the discovery document",
            Self::SigningKeys => "signing keys",
            Self::Probe => "probe",
            Self::Token => "token is given",
            Self::Signature => "token signature",
            Self::Issuer => "token issuer",
            Self::Audience => "token audience",
            Self::Scopes => "token scopes",
            Self::Claim(name) => return write!(f, "token claim `{name}`"),
            Self::Lifetime => "token lifetime",
            Self::NoToken => "call without a token",
            Self::RightToken => "call with the right token",
            Self::WrongAudience => "call with another audience",
            Self::MissingScope(scope) => return write!(f, "call without the scope `{scope}`"),
            Self::MissingAnyScope => "call with none of the scopes",
            Self::Expired => "call with an expired token",
            Self::WrongIssuer => "call with another issuer",
            Self::ForeignKey => "call with a foreign key",
            Self::NoSignature => "call with `alg: none`",
        };
        f.write_str(text)
    }
}
