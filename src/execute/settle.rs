//! Looking up what may have been made: before a create, after a lost answer, and for earlier runs.

use super::run::Run;
use super::task::Task;
use super::{Event, NaturalKey};
use crate::api::ApiError;
use crate::model::{Kind, RemoteId};
use std::time::Duration;
use tokio::time::Instant;

/// The first pause between two look-ups; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause between two look-ups: a minute of `--settle` is then some fifteen requests.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pauses between look-ups.
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) const fn new() -> Self {
        Self(FIRST_PAUSE)
    }

    /// Returns the next pause; `None` where the time is up.
    pub(super) fn next(&mut self, deadline: Instant) -> Option<Duration> {
        let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        let pause = self.0.min(left);
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

impl Run<'_> {
    /// Looks something up by its natural key. Returns the ids of what has it, sorted, without what this run itself has
    /// deleted or renamed.
    pub(super) async fn look_up(&self, key: &NaturalKey) -> Result<Vec<RemoteId>, ApiError> {
        let reader = self.writer.reader();
        let mut ids: Vec<RemoteId> = match key {
            NaturalKey::Role { name } => reader.roles_named(name).await?.iter().map(|role| role.id).collect(),
            NaturalKey::App { name } => {
                let apps = reader.apps_named(name).await?;
                apps.iter().filter(|app| app.is_oidc()).map(|app| app.id).collect()
            }
            NaturalKey::Server { name, resource_identifier: _ } => {
                reader.servers_named(name).await?.iter().map(|server| server.id).collect()
            }
            NaturalKey::Scope { server, value } => {
                let scopes = reader.scopes(*server).await?;
                scopes.iter().filter(|scope| scope.value == *value).map(|scope| scope.id).collect()
            }
            NaturalKey::Claim { server, name } => {
                let claims = reader.claims(*server).await?;
                claims.iter().filter(|claim| claim.name == *name).map(|claim| claim.id).collect()
            }
            NaturalKey::Client { server, app } => {
                let clients = reader.clients(*server).await?;
                clients.iter().filter(|client| client.app_id == *app).map(|client| client.app_id).collect()
            }
        };
        let state = self.state();
        // An app that was unbound and is to be bound again has the same id before and after.
        ids.retain(|id| key.kind() == Kind::Client || !state.left_behind.contains(&(key.kind(), *id)));
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

impl Task<'_> {
    /// Looks something up again and again until it is there or the time is up, while other steps go on.
    ///
    /// # Errors
    /// The last look-up's error: an unreadable answer never counts as absence.
    pub(super) async fn look_up_for(
        &mut self,
        key: &NaturalKey,
        time: Duration,
        is_earlier_run: bool,
    ) -> Result<Vec<RemoteId>, ApiError> {
        let address = self.change.address.clone();
        self.run.tell(Event::LookingUp { address, key: key.clone(), is_earlier_run });
        let deadline = Instant::now() + time;
        let mut pauses = Pauses::new();
        loop {
            let found = self.run.look_up(key).await;
            if found.as_ref().is_ok_and(|ids| !ids.is_empty()) || self.run.is_stopped() {
                return found;
            }
            let Some(pause) = pauses.next(deadline) else { return found };
            self.give_turn_back();
            self.run.pause(pause).await;
            self.take_turn().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pauses;
    use std::time::Duration;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_end_at_the_deadline() {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut pauses = Pauses::new();
        let mut taken = Vec::new();
        while let Some(pause) = pauses.next(deadline) {
            taken.push(pause.as_millis());
            tokio::time::sleep(pause).await;
        }
        assert_eq!(taken, [250, 500, 1000, 2000, 4000, 5000, 5000, 2250]);
        assert_eq!(Instant::now(), deadline);
    }
}
