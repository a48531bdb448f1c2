//! What an execution writes through.

use super::{RunRecord, SecretFiles, SecretsCommand, WorkspaceError, secrets};
use crate::execute::{Host, HostError, NewSecret, RecordEntry, StoredAt};
use jiff::Timestamp;
use std::sync::Arc;

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
    /// Tells the time.
    pub clock: fn() -> Timestamp,
}

impl Host for RunHost {
    fn store_secret(&self, secret: &NewSecret) -> Result<StoredAt, HostError> {
        let json = secrets::to_json(secret, &self.host, (self.clock)())
            .map_err(|_| HostError { what: format!("the secret of {} has no JSON form", secret.app), source: None })?;
        let fallback = match &self.command {
            None => None,
            Some(command) => match command.take(&json, &secret.client_secret) {
                Ok(()) => return Ok(StoredAt { place: format!("`{}`", command.program()), fallback: None }),
                Err(error) => Some(error.into()),
            },
        };
        let path = self.files.store(&secret.app, secret.id, &json)?;
        Ok(StoredAt { place: path.display().to_string(), fallback })
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
    use super::RunHost;
    use crate::execute::{Host, NewSecret};
    use crate::model::{EntryKey, RemoteId};
    use crate::workspace::{RunHeader, RunRecord, SecretsCommand, Workspace};
    use jiff::Timestamp;
    use secrecy::{ExposeSecret, SecretString};
    use std::time::Duration;

    #[cfg(unix)]
    #[test]
    fn a_command_that_fails_leaves_the_secret_in_a_file() {
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
        let mut host = RunHost {
            record: RunRecord::begin(&workspace, "acme.onelogin.com", &header, clock).unwrap(),
            files: workspace.secrets("acme.onelogin.com"),
            command: Some(SecretsCommand::parse("tee /dev/null", Duration::from_secs(20)).unwrap()),
            host: "acme.onelogin.com".to_owned(),
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
        let stored = host.store_secret(&secret).unwrap();
        assert_eq!(stored.place, "`tee`");
        assert!(stored.fallback.is_none());
        assert!(host.files.secret_for(&app, id).unwrap().is_none());

        host.command = Some(SecretsCommand::parse("false", Duration::from_secs(20)).unwrap());
        let stored = host.store_secret(&secret).unwrap();
        assert!(stored.fallback.is_some());
        assert!(stored.place.ends_with("secrets/acme.onelogin.com/web.7.json"), "{}", stored.place);
        let kept = host.files.secret_for(&app, id).unwrap().unwrap();
        assert_eq!(kept.client_secret.expose_secret(), "s3cret");
    }
}
