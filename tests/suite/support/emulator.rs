//! A living emulator, and its control API.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `gatewright emulator` as a process of its own, so that faults and edits reach it between two commands.
pub(crate) struct Emulator {
    process: Child,
    url: String,
    runtime: tokio::runtime::Runtime,
}

impl Emulator {
    /// Starts one on a port that the system picks.
    pub(crate) fn start(folder: &Path, seed: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.args(["emulator", "--port", "0", "--state"]).arg(folder.join("emulator-state.json"));
        if let Some(seed) = seed {
            command.arg("--seed").arg(seed);
        }
        let mut process =
            command.current_dir(folder).env_clear().stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines
            .find_map(|line| {
                line.unwrap().split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
            })
            .expect("the emulator says where it listens");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { process, url, runtime }
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

    /// Puts fault rules in place of those there were.
    pub(crate) fn set_faults(&self, rules: Value) {
        self.call("PUT", "faults", Some(&json!({ "rules": rules })));
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
