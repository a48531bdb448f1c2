//! An emulated account, a host that can be told to fail, and the path from YAML to an outcome.

use futures_util::future::BoxFuture;
use gatewright::api::{ClientConfig, Credentials, Reader, Reroute, Writer};
use gatewright::config::{LoadOptions, load};
use gatewright::diff::diff;
use gatewright::emulator::{Emulator, Options};
use gatewright::execute::{
    Event, ExecuteOptions, Host, HostError, NewSecret, Outcome, RecordEntry, RecordedResult, StoredAt, execute,
};
use gatewright::live::collect;
use gatewright::model::{Address, DesiredState, EntryKey};
use gatewright::plan::{Context, Plan, SafetyLimits, plan};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use url::Url;

/// An emulated account.
pub(super) struct Account {
    emulator: Emulator,
    control: reqwest::Client,
}

impl Account {
    pub(super) async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// Starts with switches set.
    pub(super) async fn with(switches: Value) -> Self {
        let options = Options { switches: Some(switches), ..Options::in_memory() };
        Self { emulator: Emulator::start(options).await.unwrap(), control: reqwest::Client::new() }
    }

    /// Returns a writer that knows nothing yet.
    pub(super) fn writer(&self) -> Writer {
        let origin = "https://acme.onelogin.com";
        let config = ClientConfig {
            admin_base: Url::parse(origin).unwrap(),
            oidc_base: Url::parse(origin).unwrap(),
            reroute: Reroute::Emulator {
                tenant_origin: origin.to_owned(),
                to: Url::parse(&self.emulator.base_url()).unwrap(),
            },
            credentials: Credentials {
                client_id: "emulator".to_owned(),
                client_secret: "emulator-secret".to_owned().into(),
            },
            expected_account_id: None,
            max_in_flight: 8,
            timeout: Duration::from_secs(20),
            max_wait: Duration::from_secs(20),
            user_agent: "test".to_owned(),
            clock: Timestamp::now,
        };
        Writer::new(Reader::new(config).unwrap())
    }

    /// Plans what a file asks for, all deletes allowed.
    pub(super) async fn plan(&self, yaml: &str) -> Plan {
        let desired = desired(yaml);
        let live = collect(self.writer().reader(), &desired).await.unwrap();
        let found = diff(&desired, &live);
        assert!(found.problems.is_empty(), "{:?}", found.problems);
        let limits = SafetyLimits { allow_destroy: true, max_deletes: Some(1000) };
        plan(found, Context::default(), &limits)
    }

    /// Plans and executes, and expects that everything is as planned afterwards.
    pub(super) async fn settle(&self, yaml: &str) {
        let outcome = self.apply(yaml, &Script::default()).await;
        assert!(outcome.steps.iter().all(|step| step.result.is_applied()), "{outcome:#?}");
    }

    pub(super) async fn apply(&self, yaml: &str, script: &Script) -> Outcome {
        self.execute(&self.plan(yaml).await, script, &options()).await
    }

    pub(super) async fn execute(&self, plan: &Plan, script: &Script, options: &ExecuteOptions) -> Outcome {
        let cancel = script.cancel.subscribe();
        let tell = |event: Event| script.tell(event);
        let outcome = execute(plan, &self.writer(), script, options, &cancel, &tell).await;
        assert_eq!(outcome.steps.len(), plan.steps.len());
        script.check_events(plan);
        assert!(script.rooms.lock().unwrap().is_empty(), "no room is left behind");
        outcome
    }

    pub(super) async fn control(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/_emulator/{path}", self.emulator.base_url());
        let mut request = self.control.request(method.parse().unwrap(), url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap_or(Value::Null)
    }

    /// Returns what edits the account, past its API, when it is called for the nth time.
    pub(super) fn editor(
        &self,
        nth: usize,
        edit: impl Fn(&mut Value) + Send + Sync + 'static,
    ) -> Box<dyn Fn() + Send + Sync> {
        let (url, calls) = (format!("{}/_emulator/state", self.emulator.base_url()), AtomicUsize::new(0));
        Box::new(move || {
            if calls.fetch_add(1, Ordering::SeqCst) + 1 != nth {
                return;
            }
            let control = reqwest::Client::new();
            let edited = async {
                let mut state: Value = control.get(&url).send().await.unwrap().json().await.unwrap();
                edit(&mut state);
                control.put(&url).json(&state).send().await.unwrap().error_for_status().unwrap();
            };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(edited));
        })
    }

    /// Forgets the journal and sets fault rules.
    pub(super) async fn faults(&self, rules: Value) {
        self.control("POST", "reset", None).await;
        self.control("PUT", "faults", Some(json!({ "rules": rules }))).await;
    }

    /// Returns method and path of the writes since the last reset that had an effect.
    pub(super) async fn writes(&self) -> Vec<String> {
        let journal = self.control("GET", "journal", None).await;
        let rows = journal.as_array().or_else(|| journal["requests"].as_array()).unwrap().clone();
        rows.iter()
            .filter(|row| row["write"] == true && row["effect"] == true)
            .map(|row| format!("{} {}", row["method"].as_str().unwrap(), row["path"].as_str().unwrap()))
            .collect()
    }

    /// Counts the objects of one kind that are not OneLogin's own.
    pub(super) async fn count(&self, kind: &str) -> usize {
        let state = self.control("GET", "state", None).await;
        state[kind].as_array().map_or(0, |rows| rows.iter().filter(|row| row["onelogin"] != true).count())
    }

    /// Returns the named server as the state shows it.
    pub(super) async fn server(&self, name: &str) -> Value {
        let state = self.control("GET", "state", None).await;
        let servers = state["authorization_servers"].as_array().unwrap();
        servers.iter().find(|server| server["name"] == name).cloned().unwrap_or(Value::Null)
    }
}

pub(super) fn options() -> ExecuteOptions {
    ExecuteOptions {
        settle: Duration::from_secs(2),
        patience: Duration::from_secs(2),
        max_in_flight: 8,
        pending: Vec::new(),
    }
}

pub(super) fn desired(yaml: &str) -> DesiredState {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatewright.yaml");
    std::fs::write(&path, format!("version: 1\ntenant: {{ subdomain: acme }}\n{yaml}")).unwrap();
    let variables = BTreeMap::new();
    let options = LoadOptions { environment: None, variables: &variables, process_env: &|_| None };
    let loaded = load(&path, &options);
    loaded.desired.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}

type OnIntent = Box<dyn Fn(&str) -> Result<(), HostError> + Sync + Send>;

/// A host that does as it is told, and remembers what it was asked.
pub(super) struct Script {
    /// What happens before an intent is recorded.
    pub(super) on_intent: OnIntent,
    /// Whether there is room for a secret.
    pub(super) on_reserve: Box<dyn Fn() -> Result<(), HostError> + Sync + Send>,
    /// The apps that room is kept for.
    pub(super) rooms: Mutex<BTreeSet<String>>,
    /// Where secrets go; an error loses them.
    pub(super) on_secret: Box<dyn Fn() -> Result<Option<HostError>, HostError> + Sync + Send>,
    /// Breaks the run off at this event.
    pub(super) cancel_on: Box<dyn Fn(&Event) -> bool + Sync + Send>,
    pub(super) cancel: watch::Sender<bool>,
    /// What was recorded and stored, one line each.
    pub(super) log: Mutex<Vec<String>>,
    /// The secrets.
    pub(super) secrets: Mutex<Vec<String>>,
    pub(super) events: Mutex<Vec<Event>>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            on_intent: Box::new(|_| Ok(())),
            on_reserve: Box::new(|| Ok(())),
            rooms: Mutex::default(),
            on_secret: Box::new(|| Ok(None)),
            cancel_on: Box::new(|_| false),
            cancel: watch::Sender::new(false),
            log: Mutex::default(),
            secrets: Mutex::default(),
            events: Mutex::default(),
        }
    }
}

impl Script {
    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn tell(&self, event: Event) {
        if (self.cancel_on)(&event) {
            self.cancel.send_replace(true);
        }
        self.events.lock().unwrap().push(event);
    }

    /// Every step ends exactly once, and no event names what the plan does not hold.
    fn check_events(&self, plan: &Plan) {
        let events = self.events.lock().unwrap();
        let mut finished: Vec<&Address> = Vec::new();
        for event in events.iter() {
            if let Event::Finished { address, .. } = event {
                finished.push(address);
            }
        }
        finished.sort();
        let mut planned: Vec<&Address> = plan.changes().map(|change| &change.address).collect();
        planned.sort();
        assert_eq!(finished, planned);
        assert!(matches!(events.first(), Some(Event::Begun { .. })));
        assert!(matches!(events.last(), Some(Event::Ended)));
    }

    /// Says whether an event of this kind came.
    pub(super) fn saw(&self, is_it: impl Fn(&Event) -> bool) -> bool {
        self.events.lock().unwrap().iter().any(is_it)
    }

    /// Returns the addresses of writes that were begun without their end being recorded.
    pub(super) fn open_intents(&self) -> BTreeSet<String> {
        let mut open = BTreeSet::new();
        for line in self.log() {
            match line.split_once(' ') {
                Some(("intent", address)) => open.insert(address.to_owned()),
                Some(("done" | "failed" | "lost", address)) => open.remove(address),
                _ => false,
            };
        }
        open
    }
}

impl Host for Script {
    fn reserve_secret(&self, app: &EntryKey) -> Result<(), HostError> {
        (self.on_reserve)()?;
        assert!(self.rooms.lock().unwrap().insert(app.to_string()), "room is made once");
        Ok(())
    }

    fn release_secret(&self, app: &EntryKey) {
        self.rooms.lock().unwrap().remove(app.as_str());
    }

    fn store_secret<'a>(&'a self, secret: &'a NewSecret) -> BoxFuture<'a, Result<StoredAt, HostError>> {
        Box::pin(async {
            assert!(self.rooms.lock().unwrap().contains(secret.app.as_str()), "there is room for it");
            self.log.lock().unwrap().push(format!("secret oidc_app/{}", secret.app));
            let fallback = (self.on_secret)()?;
            self.secrets.lock().unwrap().push(secret.client_secret.expose_secret().to_owned());
            Ok(StoredAt { place: "the test".to_owned(), fallback })
        })
    }

    fn record(&self, entry: &RecordEntry<'_>) -> Result<(), HostError> {
        let line = match entry {
            RecordEntry::Intent(intent) => {
                (self.on_intent)(&intent.address.to_string())?;
                format!("intent {}", intent.address)
            }
            RecordEntry::Result(result) => match result.result {
                RecordedResult::Done { .. } => format!("done {}", result.address),
                RecordedResult::DoneSecretLost { .. } => format!("lost {}", result.address),
                RecordedResult::Failed { .. } => format!("failed {}", result.address),
                RecordedResult::Unknown { .. } => format!("unknown {}", result.address),
            },
        };
        self.log.lock().unwrap().push(line);
        Ok(())
    }
}

pub(super) fn host_error() -> HostError {
    HostError { what: "the disk is full".to_owned(), source: None }
}

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}
