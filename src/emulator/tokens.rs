//! Live tokens: those of the admin API, and the grants behind OIDC tokens.
//!
//! They live in memory only. A restart ends them, as if they had been revoked; signed access tokens outlive it.

use std::collections::{BTreeMap, BTreeSet};

/// Seconds an admin token lives. Source: the generate-tokens page, ten hours.
pub(crate) const ADMIN_LIFETIME_SECONDS: i64 = 36_000;

/// All live tokens.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    by_credential: BTreeMap<String, AdminToken>,
    refresh: BTreeMap<String, Grant>,
    /// Access tokens that were revoked, by their `jti`.
    revoked: BTreeSet<String>,
    /// Access tokens made from each grant.
    made: BTreeMap<u64, Vec<String>>,
    next_grant: u64,
}

/// A token set of the admin API.
#[derive(Clone, Debug)]
pub(crate) struct AdminToken {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// Milliseconds since the epoch.
    pub(crate) created_at: i64,
}

/// What a refresh token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: u64,
    pub(crate) app: u64,
    pub(crate) user: u64,
    pub(crate) server: Option<u64>,
    pub(crate) scopes: Vec<String>,
    /// Milliseconds since the epoch.
    pub(crate) expires_at: i64,
}

impl Tokens {
    /// Returns the live token set of a credential pair.
    pub(crate) fn live(&self, client_id: &str, now: i64) -> Option<&AdminToken> {
        self.by_credential.get(client_id).filter(|token| token.created_at + ADMIN_LIFETIME_SECONDS * 1000 > now)
    }

    /// Sets the token set of a credential pair.
    pub(crate) fn set(&mut self, client_id: &str, token: AdminToken) {
        self.by_credential.insert(client_id.to_owned(), token);
    }

    /// Returns the credential pair that a live admin token belongs to.
    pub(crate) fn credential_of(&self, access: &str, now: i64) -> Option<&str> {
        let client_id = self.by_credential.iter().find(|(_, token)| token.access == access).map(|(id, _)| id)?;
        self.live(client_id, now).map(|_| client_id.as_str())
    }

    /// Ends an admin token of a credential pair; returns whether it was one.
    pub(crate) fn revoke_admin(&mut self, client_id: &str, access: &str) -> bool {
        match self.by_credential.get(client_id) {
            Some(token) if token.access == access => self.by_credential.remove(client_id).is_some(),
            _ => false,
        }
    }

    /// Returns the number of a new grant.
    pub(crate) fn new_grant(&mut self) -> u64 {
        self.next_grant += 1;
        self.next_grant
    }

    /// Keeps a refresh token.
    pub(crate) fn keep_refresh(&mut self, token: String, grant: Grant) {
        self.refresh.insert(token, grant);
    }

    /// Returns the grant of a live refresh token.
    pub(crate) fn refresh_grant(&self, token: &str, now: i64) -> Option<&Grant> {
        self.refresh.get(token).filter(|grant| grant.expires_at > now)
    }

    /// Uses a refresh token up.
    pub(crate) fn use_refresh(&mut self, token: &str) {
        self.refresh.remove(token);
    }

    /// Notes that an access token was made from a grant.
    pub(crate) fn note_made(&mut self, grant: u64, jti: &str) {
        self.made.entry(grant).or_default().push(jti.to_owned());
    }

    /// Ends a refresh token and all tokens related to it.
    pub(crate) fn revoke_refresh(&mut self, token: &str) {
        if let Some(grant) = self.refresh.remove(token) {
            self.refresh.retain(|_, other| other.id != grant.id);
            self.revoked.extend(self.made.remove(&grant.id).unwrap_or_default());
        }
    }

    /// Ends an access token.
    pub(crate) fn revoke_access(&mut self, jti: &str) {
        self.revoked.insert(jti.to_owned());
    }

    /// Returns whether an access token was ended.
    pub(crate) fn is_revoked(&self, jti: &str) -> bool {
        self.revoked.contains(jti)
    }
}
