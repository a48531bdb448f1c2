//! What an execution writes through.

use super::secrets::{self, Room};
use super::{RunRecord, SecretFiles, SecretsCommand, WorkspaceError};
use crate::execute::{Host, HostError, NewSecret, RecordEntry, StoredAt};
use crate::model::EntryKey;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Stores secrets in files or hands them to a command, and keeps the record.
#[derive(Debug)]
pub struct RunHost {
    /// The record.
    pub record: RunRecord,
    /// The files.
    pub files: SecretFiles,
    /// The command that takes secrets instead; what it does not take goes to a file.
    pub command: Option<SecretsCommand>,
    /// The API host that is called, as told to whoever takes a secret.
    pub host: String,
    /// What of secrets is under way.
    pub secrets: Secrets,
    /// Whether the run is broken off.
    pub stop: BreakingOff,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
}

/// Whether a run is broken off: each holds `true` once it was asked for.
#[derive(Debug, Clone)]
pub struct BreakingOff {
    /// The run is to end well.
    pub first: watch::Receiver<bool>,
    /// The run is to end at once.
    pub second: watch::Receiver<bool>,
}

/// How long a command may go on with a secret once the run was broken off.
const GRACE: Duration = Duration::from_secs(2);

/// What of secrets is under way.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Room for those that are yet to come.
    rooms: Mutex<BTreeMap<EntryKey, Room>>,
    /// Held while one is stored.
    storing: tokio::sync::Mutex<()>,
}

impl RunHost {
    /// Waits until no secret is about to be stored: whoever ends the process before loses it.
    pub async fn stored(&self) {
        drop(self.secrets.storing.lock().await);
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeMap<EntryKey, Room>> {
        self.secrets.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn store(&self, secret: &NewSecret) -> Result<StoredAt, HostError> {
        let _storing = self.secrets.storing.lock().await;
        let json = secrets::to_json(secret, &self.host, (self.clock)())
            .map_err(|_| HostError { what: format!("the secret of {} has no JSON form", secret.app), source: None })?;
        let fallback = match &self.command {
            None => None,
            Some(command) => match self.hand_over(command, &json, secret).await {
                Ok(()) => return Ok(StoredAt { place: format!("`{}`", command.program()), fallback: None }),
                Err(error) => Some(error),
            },
        };
        let room = self.rooms().remove(&secret.app);
        let room = room.map_or_else(|| self.files.reserve(&secret.app), Ok)?;
        let path = match self.files.store(room, &secret.app, secret.id, &json) {
            Ok(path) => path,
            // Whatever became of the room, the secret is still here: it is lost only where no new file takes it either.
            Err(_) => self.files.store(self.files.reserve(&secret.app)?, &secret.app, secret.id, &json)?,
        };
        Ok(StoredAt { place: path.display().to_string(), fallback })
    }

    /// Runs the command where it holds nobody else: signals are heard meanwhile. Broken off, it has a little time left.
    async fn hand_over(&self, command: &SecretsCommand, json: &[u8], secret: &NewSecret) -> Result<(), HostError> {
        let (command, client_secret, stop) = (command.clone(), secret.client_secret.clone(), self.stop.clone());
        let json = Zeroizing::new(json.to_vec());
        let run = move || {
            let broken_off_at = Cell::new(None::<Instant>);
            let has_time = || {
                let BreakingOff { first, second } = &stop;
                if *first.borrow() && broken_off_at.get().is_none() {
                    broken_off_at.set(Some(Instant::now()));
                }
                !*second.borrow() && broken_off_at.get().is_none_or(|at| at.elapsed() < GRACE)
            };
            command.take(&json, &client_secret, &has_time)
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(taken) => Ok(taken?),
            Err(_) => Err(HostError { what: "the thread of the secrets command broke down".to_owned(), source: None }),
        }
    }
}

impl Host for RunHost {
    fn reserve_secret(&self, app: &EntryKey) -> Result<(), HostError> {
        let room = self.files.reserve(app)?;
        self.rooms().insert(app.clone(), room);
        Ok(())
    }

    fn release_secret(&self, app: &EntryKey) {
        drop(self.rooms().remove(app));
    }

    fn store_secret<'a>(&'a self, secret: &'a NewSecret) -> BoxFuture<'a, Result<StoredAt, HostError>> {
        Box::pin(self.store(secret))
    }

    fn record(&self, entry: &RecordEntry<'_>) -> Result<(), HostError> {
        Ok(self.record.record(entry)?)
    }
}

impl From<WorkspaceError> for HostError {
    fn from(error: WorkspaceError) -> Self {
        let what = error.to_string();
        match error {
            WorkspaceError::Io { source, .. } => Self { what, source: Some(Arc::new(source)) },
            _ => Self { what, source: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BreakingOff, RunHost, Secrets};
    use crate::execute::{Host, NewSecret};
    use crate::model::{EntryKey, RemoteId};
    use crate::workspace::{RunHeader, RunRecord, SecretsCommand, Workspace};
    use jiff::Timestamp;
    use secrecy::{ExposeSecret, SecretString};
    use std::time::Duration;
    use tokio::sync::watch;

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_that_fails_leaves_the_secret_in_a_file() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&root.path().join(".gatewright")).unwrap();
        let header = RunHeader {
            program_version: "0.1.0".to_owned(),
            config_digest: String::new(),
            tenant: "acme.onelogin.com".to_owned(),
            account_id: None,
            environment: None,
            undoes: None,
        };
        let clock = || Timestamp::UNIX_EPOCH;
        let (first, second) = (watch::Sender::new(false), watch::Sender::new(false));
        let mut host = RunHost {
            record: RunRecord::begin(&workspace, "acme.onelogin.com", &header, clock).unwrap(),
            files: workspace.secrets("acme.onelogin.com"),
            command: Some(SecretsCommand::parse("tee /dev/null", Duration::from_secs(20)).unwrap()),
            host: "acme.onelogin.com".to_owned(),
            secrets: Secrets::default(),
            stop: BreakingOff { first: first.subscribe(), second: second.subscribe() },
            clock,
        };
        let (app, id) = (EntryKey::new("web"), RemoteId(7));
        let secret = NewSecret {
            app: app.clone(),
            id,
            name: "Web".to_owned(),
            client_id: None,
            client_secret: SecretString::from("s3cret"),
        };
        let stored = host.store_secret(&secret).await.unwrap();
        assert_eq!(stored.place, "`tee`");
        assert!(stored.fallback.is_none());
        assert!(host.files.secret_for(&app, id).unwrap().is_none());

        host.command = Some(SecretsCommand::parse("false", Duration::from_secs(20)).unwrap());
        let stored = host.store_secret(&secret).await.unwrap();
        assert!(stored.fallback.is_some());
        assert!(stored.place.ends_with("secrets/acme.onelogin.com/web.7.json"), "{}", stored.place);
        let kept = host.files.secret_for(&app, id).unwrap().unwrap();
        assert_eq!(kept.client_secret.expose_secret(), "s3cret");

        // One that hangs is ended when the run is to end at once, and the secret is safe before it does.
        host.command = Some(SecretsCommand::parse("sleep 600", Duration::from_secs(600)).unwrap());
        host.reserve_secret(&app).unwrap();
        let ended = async {
            second.send_replace(true);
            host.stored().await;
        };
        let (stored, ()) = tokio::join!(host.store_secret(&secret), ended);
        assert!(stored.unwrap().fallback.unwrap().what.contains("was ended"));
    }
}
