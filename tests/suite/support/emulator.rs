//! A living emulator, and its control API.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `gatewright emulator` as a process of its own, so that faults and edits reach it between two commands.
///
/// It keeps its account in memory, so that nothing of it lies where a test looks for secrets.
pub(crate) struct Emulator {
    process: Child,
    url: String,
    runtime: tokio::runtime::Runtime,
    token: String,
}

impl Emulator {
    /// A credential pair of its account beside the one that every emulator has; the secret is written differently in
    /// headers, forms and JSON.
    pub(crate) const CREDENTIALS: (&str, &str) = ("canary", "the-\"API\"+credential/of-this-suite");

    /// Starts one on a port that the system picks.
    pub(crate) fn start(folder: &Path, seed: Option<&Path>) -> Self {
        let mut document: Value = seed
            .map_or_else(|| json!({}), |seed| serde_json::from_str(&std::fs::read_to_string(seed).unwrap()).unwrap());
        let (client_id, client_secret) = Self::CREDENTIALS;
        let pair = json!({ "client_id": client_id, "client_secret": client_secret, "level": "Manage All" });
        document["credentials"] = json!([pair]);
        let seed = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(seed.path(), document.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.args(["emulator", "--port", "0", "--seed"]).arg(seed.path());
        let mut process =
            command.current_dir(folder).env_clear().stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines
            .find_map(|line| {
                line.unwrap().split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
            })
            .expect("the emulator says where it listens");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut emulator = Self { process, url, runtime, token: String::new() };
        emulator.token = emulator.ask_for_token();
        // Nobody has asked anything yet, as far as a test can see.
        emulator.call("POST", "reset", None);
        emulator
    }

    /// Returns the admin token of the credential pair as it was at the start.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Returns the live admin token: the same pair is given the same one until it expires.
    pub(crate) fn ask_for_token(&self) -> String {
        let (id, secret) = Self::CREDENTIALS;
        let url = format!("{}/auth/oauth2/v2/token", self.url.trim_end_matches('/'));
        let request = reqwest::Client::new().post(url).basic_auth(id, Some(secret));
        let answer: Value = self.runtime.block_on(async {
            let sent = request.json(&json!({ "grant_type": "client_credentials" })).send().await;
            sent.unwrap().json().await.unwrap()
        });
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    /// Returns the id of its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Returns the URL it answers at.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/_emulator/{path}", self.url.trim_end_matches('/'));
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), &url);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            assert!(status.is_success(), "{method} {url}: {status} {text}");
            serde_json::from_str(&text).unwrap_or(Value::Null)
        })
    }

    /// Forgets the journal.
    pub(crate) fn forget(&self) {
        self.call("POST", "reset", None);
    }

    /// Lists the requests since the start, control calls left out.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let answer = self.call("GET", "journal", None);
        let entries = answer.get("journal").or_else(|| answer.get("requests")).unwrap_or(&answer);
        entries.as_array().cloned().expect("the journal is a list")
    }

    /// Lists the requests that change objects, one line each.
    pub(crate) fn writes(&self) -> Vec<String> {
        let text = |entry: &Value, key: &str| entry[key].as_str().map_or_else(|| entry[key].to_string(), str::to_owned);
        let is_write = |entry: &&Value| entry["write"] == json!(true);
        let line =
            |entry: &Value| format!("{} {} {}", text(entry, "method"), text(entry, "path"), text(entry, "status"));
        self.journal().iter().filter(is_write).map(line).collect()
    }

    /// Returns once so many requests of a method to a path that begins like this have come in.
    pub(crate) fn wait_for(&self, method: &str, path: &str, count: usize) {
        let fits = |entry: &&Value| {
            entry["method"] == method && entry["path"].as_str().is_some_and(|asked| asked.starts_with(path))
        };
        while self.journal().iter().filter(fits).count() < count {}
    }

    /// Lists the ids of the objects of a kind that have a name, as the account holds them.
    pub(crate) fn ids_named(&self, kind: &str, name: &str) -> Vec<u64> {
        let state = self.call("GET", "state", None);
        let objects = state[kind].as_array().cloned().unwrap_or_default();
        objects.iter().filter(|object| object["name"] == name).filter_map(|object| object["id"].as_u64()).collect()
    }

    /// Puts fault rules in place of those there were.
    pub(crate) fn set_faults(&self, rules: Value) {
        self.call("PUT", "faults", Some(&json!({ "rules": rules })));
    }

    /// Returns all switches.
    pub(crate) fn switches(&self) -> Value {
        self.call("GET", "switches", None)
    }

    /// Turns switches.
    pub(crate) fn set_switches(&self, switches: &Value) {
        self.call("PUT", "switches", Some(switches));
    }

    /// Moves its clock forward.
    pub(crate) fn advance(&self, seconds: u64) {
        self.call("POST", "clock", Some(&json!({ "seconds": seconds })));
    }

    /// Changes the account behind everybody's back: sets the value at a JSON pointer, or takes it away.
    pub(crate) fn edit(&self, pointer: &str, value: Option<Value>) {
        let mut state = self.call("GET", "state", None);
        let (parent, last) = pointer.rsplit_once('/').expect("a JSON pointer starts with a slash");
        match (state.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")), value) {
            (Value::Array(items), Some(value)) if last == "-" => items.push(value),
            (Value::Array(items), Some(value)) => items[last.parse::<usize>().unwrap()] = value,
            (Value::Array(items), None) => drop(items.remove(last.parse().unwrap())),
            (Value::Object(fields), Some(value)) => drop(fields.insert(last.to_owned(), value)),
            (Value::Object(fields), None) => drop(fields.shift_remove(last)),
            (other, _) => panic!("{pointer} is inside {other}"),
        }
        self.call("PUT", "state", Some(&state));
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
