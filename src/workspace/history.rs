//! What earlier runs recorded, and what they left open.

mod read;

use super::folder::refuse_symlinks;
use super::{RunHeader, SecretFiles, Workspace, WorkspaceError};
use crate::diff::Action;
use crate::execute::{Images, NaturalKey, PendingCreate};
use crate::model::{Address, EntryKey, Fingerprint, RemoteId, Tenant};
use jiff::Timestamp;
use read::{listed, read_folder};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The records of one host and account, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The runs.
    pub runs: Vec<RecordedRun>,
}

/// One recorded run.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRun {
    /// The name by which `undo` finds it.
    pub name: String,
    /// What it was about.
    pub header: RunHeader,
    /// When it began.
    pub at: Timestamp,
    /// Its writes in order.
    pub writes: Vec<RecordedWrite>,
    /// Whether it came to its end.
    pub is_ended: bool,
    /// Whether it did all it was to do.
    pub is_complete: bool,
}

/// One recorded write.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedWrite {
    /// The object.
    pub address: Address,
    /// What was to happen to it.
    pub action: Action,
    /// What it can be found by, if it was being made.
    pub key: Option<NaturalKey>,
    /// The live object, if there was one.
    pub id: Option<RemoteId>,
    /// The digest it had.
    pub fingerprint: Option<Fingerprint>,
    /// Field by field: path, before, after.
    pub fields: Vec<(String, Value, Value)>,
    /// The server that has it, if it is a scope, a claim or a binding.
    pub server: Option<RemoteId>,
    /// What it held, and what the write was to set; older records hold neither.
    pub images: Images,
    /// When it was begun.
    pub at: Timestamp,
    /// What became of it.
    pub state: WriteState,
}

/// What became of a recorded write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteState {
    /// The run was over before it said so.
    Open,
    /// It was done.
    Done {
        /// The live object.
        id: Option<RemoteId>,
        /// Whether the secret that came with it is lost.
        is_secret_lost: bool,
    },
    /// It was not done.
    Failed,
    /// The run could not find out.
    Unknown,
}

/// A client secret that nobody has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LostSecret {
    /// The app's key in the file.
    pub app: EntryKey,
    /// The app's id.
    pub id: RemoteId,
    /// The run that lost it.
    pub run: String,
}

impl History {
    /// Reads the records of a host; those of other accounts are left out.
    ///
    /// A torn last line is what a killed process leaves, and is not looked at. Take the lock first: a run that is under
    /// way would look like one that was killed.
    ///
    /// # Errors
    /// [`WorkspaceError`] where a record cannot be read or understood.
    pub fn read(workspace: &Workspace, host: &str, account_id: Option<u64>) -> Result<Self, WorkspaceError> {
        let folder = workspace.runs(host);
        refuse_symlinks(&folder)?;
        let mut runs = read_folder(&folder)?;
        runs.retain(|run| run.header.account_id == account_id);
        Ok(Self { runs })
    }

    /// Reads the records of a tenant, whichever its account, without knowing more than the file says.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_tenant(workspace: &Workspace, host: &str, tenant: &Tenant) -> Result<Self, WorkspaceError> {
        let folder = workspace.runs(host);
        refuse_symlinks(&folder)?;
        let mut runs = read_folder(&folder)?;
        let is_its = |header: &RunHeader| {
            header.tenant == tenant.host() && (tenant.account_id.is_none() || header.account_id == tenant.account_id)
        };
        runs.retain(|run| is_its(&run.header));
        Ok(Self { runs })
    }

    /// Finds a run by its name, or by the only name that begins like this.
    ///
    /// # Errors
    /// The runs that fit: none, or several.
    pub fn run(&self, name: &str) -> Result<&RecordedRun, Vec<&RecordedRun>> {
        if let Some(run) = self.runs.iter().find(|run| run.name == name) {
            return Ok(run);
        }
        let fitting: Vec<&RecordedRun> = self.runs.iter().filter(|run| run.name.starts_with(name)).collect();
        match fitting.as_slice() {
            [run] => Ok(run),
            _ => Err(fitting),
        }
    }

    /// Returns the undos of a run, oldest first.
    pub fn undos_of(&self, name: &str) -> Vec<&RecordedRun> {
        self.runs.iter().filter(|run| run.header.undoes.as_deref() == Some(name)).collect()
    }

    /// Finds a run of whatever host and account, by its name or its beginning.
    ///
    /// # Errors
    /// [`WorkspaceError`] where a record cannot be read or understood.
    pub fn find_elsewhere(workspace: &Workspace, name: &str) -> Result<Option<RecordedRun>, WorkspaceError> {
        for folder in listed(&workspace.all_runs())? {
            if folder.is_dir()
                && let Some(run) = read_folder(&folder)?.into_iter().find(|run| run.name.starts_with(name))
            {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Returns the names of the records of all hosts, oldest first; no record is read.
    ///
    /// # Errors
    /// [`WorkspaceError`] where a folder cannot be read.
    pub fn names(workspace: &Workspace) -> Result<Vec<String>, WorkspaceError> {
        let mut names = Vec::new();
        for folder in listed(&workspace.all_runs())?.iter().filter(|folder| folder.is_dir()) {
            let records = listed(folder)?.into_iter();
            let records = records.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
            names.extend(records.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())));
        }
        names.sort();
        Ok(names)
    }

    /// Returns the creates whose end no run recorded.
    pub fn pending(&self, now: Timestamp) -> Vec<PendingCreate> {
        let mut open: BTreeMap<&NaturalKey, &RecordedWrite> = BTreeMap::new();
        for write in self.runs.iter().flat_map(|run| &run.writes) {
            let Some(key) = write.key.as_ref().filter(|_| write.action == Action::Create) else { continue };
            match write.state {
                WriteState::Open | WriteState::Unknown => {
                    open.insert(key, write);
                }
                WriteState::Done { .. } => {
                    open.remove(key);
                }
                WriteState::Failed => {}
            }
        }
        let age = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
        open.into_iter()
            .map(|(key, write)| PendingCreate { address: write.address.clone(), key: key.clone(), age: age(write.at) })
            .collect()
    }

    /// Returns the live apps of the file whose secret no recorded run has stored although it made them, or may have.
    ///
    /// `live` names the live object of an app of the file. An app that was made anew with its secret stored, that is gone,
    /// or whose secret lies in a file all the same, has lost nothing. A file that holds no whole secret stores none.
    ///
    /// # Errors
    /// [`WorkspaceError`] where a stored secret cannot be read.
    pub fn lost_secrets(
        &self,
        files: &SecretFiles,
        live: &dyn Fn(&EntryKey) -> Option<RemoteId>,
    ) -> Result<Vec<LostSecret>, WorkspaceError> {
        let mut lost = Vec::new();
        for (app, (run, recorded)) in self.creates_without_secret() {
            let Some(id) = live(app).filter(|id| recorded.is_none_or(|recorded| recorded == *id)) else { continue };
            let is_stored = match files.secret_for(app, id) {
                Ok(stored) => stored.is_some(),
                Err(WorkspaceError::Malformed { .. }) => false,
                Err(error) => return Err(error),
            };
            if !is_stored {
                lost.push(LostSecret { app: app.clone(), id, run: run.name.clone() });
            }
        }
        Ok(lost)
    }

    /// Returns, by app, the last run that made it without a stored secret, and its id where that was recorded.
    fn creates_without_secret(&self) -> BTreeMap<&EntryKey, (&RecordedRun, Option<RemoteId>)> {
        let mut lost = BTreeMap::new();
        for run in &self.runs {
            for write in &run.writes {
                let Address::OidcApp(app) = &write.address else { continue };
                match (write.action, &write.state) {
                    (Action::Create, WriteState::Open | WriteState::Unknown) => {
                        lost.insert(app, (run, None));
                    }
                    (Action::Create, WriteState::Done { id, is_secret_lost: true }) => {
                        lost.insert(app, (run, *id));
                    }
                    (Action::Create | Action::Delete, WriteState::Done { .. }) => {
                        lost.remove(app);
                    }
                    (Action::Update | Action::Replace, _) | (_, WriteState::Failed) | (Action::Delete, _) => {}
                }
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::{History, WriteState};
    use crate::diff::FieldChange;
    use crate::execute::{Images, Intent, NaturalKey, RecordEntry, RecordedResult, WriteAction, WriteResult};
    use crate::model::{Address, EntryKey, RemoteId, ScopeValue};
    use crate::workspace::{RunHeader, RunRecord, Workspace};
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{Value, json};
    use std::fs;
    use std::time::Duration;

    const HOST: &str = "acme.onelogin.com";

    fn header(account_id: u64) -> RunHeader {
        RunHeader {
            program_version: "0.1.0".to_owned(),
            config_digest: "d".repeat(64),
            tenant: HOST.to_owned(),
            account_id: Some(account_id),
            environment: None,
            undoes: None,
        }
    }

    fn epoch() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn app() -> (Address, NaturalKey) {
        (Address::OidcApp(EntryKey::new("web")), NaturalKey::App { name: "Web".to_owned() })
    }

    fn scope() -> (Address, NaturalKey) {
        let value = ScopeValue::new("a b/c");
        (Address::Scope(EntryKey::new("s"), value.clone()), NaturalKey::Scope { server: RemoteId(5), value })
    }

    /// Records one create a result, `None` for none.
    fn record(workspace: &Workspace, account: u64, writes: &[((Address, NaturalKey), Option<RecordedResult>)]) {
        let run = RunRecord::begin(workspace, HOST, &header(account), epoch).unwrap();
        let images = Images::default();
        let fields = [FieldChange { path: "name", before: Value::Null, after: json!("Web") }];
        for (number, ((address, key), result)) in writes.iter().enumerate() {
            let write = number as u64;
            let key = Some(key.clone());
            let intent = Intent {
                write,
                address,
                action: WriteAction::Create,
                key,
                id: None,
                fingerprint: None,
                fields: &fields,
                server: None,
                images: &images,
            };
            run.record(&RecordEntry::Intent(intent)).unwrap();
            if let Some(result) = result.clone() {
                run.record(&RecordEntry::Result(WriteResult { write, address, result })).unwrap();
            }
        }
    }

    fn done(secret: Option<&str>) -> Option<RecordedResult> {
        Some(RecordedResult::Done { id: RemoteId(9), secret: secret.map(str::to_owned) })
    }

    #[test]
    fn creates_without_an_end_are_pending_until_one_has_an_end() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&root.path().join(".gatewright")).unwrap();
        let later = epoch() + SignedDuration::from_secs(7);
        let check = |expected: &[NaturalKey]| {
            let pending = History::read(&workspace, HOST, Some(1)).unwrap().pending(later);
            assert_eq!(pending.iter().map(|pending| pending.key.clone()).collect::<Vec<_>>(), expected);
            assert!(pending.iter().all(|pending| pending.age == Duration::from_secs(7)));
        };
        check(&[]);
        let unknown = || Some(RecordedResult::Unknown { message: "timeout".to_owned() });
        record(&workspace, 1, &[(app(), None), (scope(), unknown())]);
        record(&workspace, 2, &[((app().0, NaturalKey::App { name: "Other".to_owned() }), None)]);
        check(&[app().1, scope().1]);
        record(&workspace, 1, &[(app(), Some(RecordedResult::Failed { message: "no".to_owned() }))]);
        check(&[app().1, scope().1]);
        record(&workspace, 1, &[(app(), done(Some("file")))]);
        check(&[scope().1]);
        record(&workspace, 1, &[(scope(), done(None))]);
        check(&[]);
    }

    #[test]
    fn lost_secrets_are_told_until_one_is_stored() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&root.path().join(".gatewright")).unwrap();
        let check = |live: Option<u64>, expected: &[u64]| {
            let history = History::read(&workspace, HOST, Some(1)).unwrap();
            let lost = history.lost_secrets(&workspace.secrets(HOST), &|_| live.map(RemoteId)).unwrap();
            assert_eq!(lost.iter().map(|lost| lost.id.0).collect::<Vec<_>>(), expected);
        };
        record(&workspace, 1, &[(app(), None)]);
        check(None, &[]);
        check(Some(7), &[7]);
        record(&workspace, 1, &[(app(), Some(RecordedResult::DoneSecretLost { id: RemoteId(9) }))]);
        check(Some(9), &[9]);
        check(Some(7), &[]);
        let stored = br#"{"client_id": null, "client_secret": "s3cret"}"#;
        let (files, web) = (workspace.secrets(HOST), EntryKey::new("web"));
        let path = files.store(files.reserve(&web).unwrap(), &web, RemoteId(9), stored).unwrap();
        check(Some(9), &[]);
        fs::remove_file(path).unwrap();
        check(Some(9), &[9]);
        record(&workspace, 1, &[(app(), done(Some("file")))]);
        check(Some(9), &[]);
    }

    #[test]
    fn an_app_made_anew_has_lost_nothing_unless_its_own_secret_is_lost() {
        let deleted = |workspace: &Workspace, create: Option<Option<RecordedResult>>| {
            let run = RunRecord::begin(workspace, HOST, &header(1), epoch).unwrap();
            let ((address, key), action, id) = (app(), WriteAction::Delete, Some(RemoteId(9)));
            let (images, server) = (&Images::default(), None);
            let (key_of_none, fields, fingerprint) = (None, &[][..], None);
            let delete = Intent {
                write: 0,
                address: &address,
                action,
                key: key_of_none,
                id,
                fingerprint,
                fields,
                server,
                images,
            };
            run.record(&RecordEntry::Intent(delete)).unwrap();
            let result = RecordedResult::Done { id: RemoteId(9), secret: None };
            run.record(&RecordEntry::Result(WriteResult { write: 0, address: &address, result })).unwrap();
            let Some(result) = create else { return };
            let (action, key) = (WriteAction::Create, Some(key));
            let create =
                Intent { write: 1, address: &address, action, key, id: None, fingerprint, fields, server, images };
            run.record(&RecordEntry::Intent(create)).unwrap();
            if let Some(result) = result {
                run.record(&RecordEntry::Result(WriteResult { write: 1, address: &address, result })).unwrap();
            }
        };
        let check = |create: Option<Option<RecordedResult>>, pending: usize, lost: &[u64]| {
            let root = tempfile::tempdir().unwrap();
            let workspace = Workspace::open(&root.path().join(".gatewright")).unwrap();
            record(&workspace, 1, &[(app(), Some(RecordedResult::DoneSecretLost { id: RemoteId(9) }))]);
            deleted(&workspace, create);
            let history = History::read(&workspace, HOST, Some(1)).unwrap();
            assert_eq!(history.pending(epoch()).len(), pending);
            let found = history.lost_secrets(&workspace.secrets(HOST), &|_| Some(RemoteId(10))).unwrap();
            assert_eq!(found.iter().map(|lost| lost.id.0).collect::<Vec<_>>(), lost);
        };
        check(None, 0, &[]);
        check(Some(None), 1, &[10]);
        check(Some(Some(RecordedResult::Failed { message: "no".to_owned() })), 0, &[]);
        check(Some(Some(RecordedResult::Done { id: RemoteId(10), secret: Some("file".to_owned()) })), 0, &[]);
        check(Some(Some(RecordedResult::DoneSecretLost { id: RemoteId(10) })), 0, &[10]);
    }

    #[test]
    fn a_torn_last_line_is_what_a_kill_leaves() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&root.path().join(".gatewright")).unwrap();
        record(&workspace, 1, &[(app(), done(None)), (scope(), None)]);
        let folder = workspace.runs(HOST);
        let path = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for length in 0..text.len() {
            fs::write(&path, text.get(..length).unwrap()).unwrap();
            History::read(&workspace, HOST, Some(1)).unwrap();
        }
        fs::write(&path, &text).unwrap();
        let history = History::read(&workspace, HOST, Some(1)).unwrap();
        let run = history.run("19700101T000000.000Z").unwrap();
        assert_eq!(
            run.writes.first().unwrap().state,
            WriteState::Done { id: Some(RemoteId(9)), is_secret_lost: false }
        );
        assert_eq!(run.writes.get(1).unwrap().state, WriteState::Open);
        assert_eq!(run.writes.get(1).unwrap().address, scope().0);
        assert!(!run.is_ended);
        fs::write(&path, format!("garbage\n{text}")).unwrap();
        assert!(History::read(&workspace, HOST, Some(1)).is_err());
    }

    /// A line that is damaged is an error that names it, wherever it stands; nothing is dropped in silence.
    #[test]
    fn a_damaged_line_is_told() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&root.path().join(".gatewright")).unwrap();
        record(&workspace, 1, &[(app(), done(None)), (scope(), None)]);
        let path = fs::read_dir(workspace.runs(HOST)).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let read = |text: &[u8]| {
            fs::write(&path, text).unwrap();
            History::read(&workspace, HOST, Some(1)).map_err(|error| error.to_string())
        };
        let deep = "[".repeat(100_000);
        let later = lines[0].replace("\"format_version\":1", "\"format_version\":2");
        for number in 0..lines.len() {
            for damage in ["{", " ", "null", "{\"type\":\"later\"}", "[]", &lines[number][1..], &deep, later.as_str()] {
                let mut damaged = lines.clone();
                damaged[number] = damage;
                let error = read((damaged.join("\n") + "\n").as_bytes()).unwrap_err();
                let place = format!("line {}", number + 1);
                assert!(error.contains(&place) || number == 0, "{damage:.80}: {error}");
            }
            let mut torn = lines.clone();
            torn.remove(number);
            let read = read((torn.join("\n") + "\n").as_bytes());
            assert_eq!(read.is_err(), number < 2, "line {}", number + 1);
        }
        assert!(read(b"\xff\xfe\n").is_err());
        assert!(read(text.as_bytes()).is_ok());
    }
}
