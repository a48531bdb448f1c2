//! One emulated account, and the program run against it.

use super::outcome::normalized;
use super::rich;
use crate::support::Program;
use gatewright::emulator::{Emulator, Options};
use serde_json::{Value, json};
use std::fs::File;
use std::process::Child;
use std::sync::OnceLock;
use tokio::runtime::Runtime;

/// The runtime of all emulators; the threads that play cells only wait.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// How the program is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How many requests are on their way at one time.
    pub(super) in_flight: u8,
    /// How long one request may take, in seconds.
    pub(super) timeout: u8,
}

impl Pace {
    /// One request after the other, in an order that never changes.
    pub(super) const STEADY: Pace = Pace { in_flight: 1, timeout: 30 };
}

/// An emulated account that can be put back to how it was before.
pub(super) struct Lab {
    emulator: Emulator,
    control: reqwest::Client,
}

/// A request as the journal shows it.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) is_write: bool,
    pub(super) has_effect: bool,
}

impl Lab {
    pub(super) fn new() -> Self {
        // The quota is another test's business.
        let options = Options { seed: Some(rich::seed()), quota: 1_000_000, ..Options::in_memory() };
        let emulator = runtime().block_on(Emulator::start(options)).unwrap();
        Self { emulator, control: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/_emulator/{path}", self.emulator.base_url());
        let mut request = self.control.request(method.parse().unwrap(), url);
        if let Some(body) = body {
            request = request.json(body);
        }
        runtime().block_on(async {
            let answer = request.send().await.unwrap().error_for_status().unwrap();
            serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null)
        })
    }

    /// Puts the account back and forgets all faults; returns a folder with the file in it.
    pub(super) fn start_over(&self) -> Program {
        self.set_faults(&[]);
        self.call("POST", "reset?state=true", None);
        let mut program = Program::new();
        program.set("ONELOGIN_API_URL", &self.emulator.base_url());
        program.set("ONELOGIN_CLIENT_ID", "emulator");
        program.set("ONELOGIN_CLIENT_SECRET", "emulator-secret");
        program.write("gatewright.yaml", rich::DESIRED);
        program
    }

    /// Forgets the requests so far and sets the faults of those to come.
    pub(super) fn set_faults(&self, rules: &[Value]) {
        self.call("POST", "reset", None);
        self.call("PUT", "faults", Some(&json!({ "rules": rules })));
    }

    /// Returns the account as it is.
    pub(super) fn account(&self) -> Value {
        normalized(&self.call("GET", "state", None))
    }

    /// Returns the id of the app of a name and the digest of its secret, if there is one.
    pub(super) fn app(&self, name: &str) -> Option<(u64, String)> {
        let state = self.call("GET", "state", None);
        let app = state["apps"].as_array()?.iter().find(|app| app["name"] == name)?;
        Some((app["id"].as_u64()?, app["client_secret_sha256"].as_str()?.to_owned()))
    }

    pub(super) fn journal(&self) -> Vec<Request> {
        requests(&self.call("GET", "journal", None))
    }

    /// Starts the program; what it says goes to files in its folder.
    pub(super) fn spawn(program: &Program, name: &str, words: &[&str], pace: Pace) -> Child {
        let (in_flight, timeout) = (pace.in_flight.to_string(), pace.timeout.to_string());
        let mut args = words.to_vec();
        args.extend(["--settle", "2", "--max-wait", "20", "--max-in-flight", &in_flight, "--timeout", &timeout]);
        let out = File::create(program.folder().join(format!("{name}.out"))).unwrap();
        let err = out.try_clone().unwrap();
        program.command(&args).stdout(out).stderr(err).spawn().unwrap()
    }

    /// Kills a run as soon as so many requests have arrived; one that ends before is left alone.
    pub(super) fn kill_at(&self, mut child: Child, request: usize) {
        loop {
            let arrived = requests(&self.call("GET", &format!("journal?wait={request}"), None)).len();
            if arrived >= request || child.try_wait().unwrap().is_some() {
                break;
            }
        }
        // It may just have ended by itself.
        let _gone = child.kill();
        child.wait().unwrap();
    }
}

fn requests(journal: &Value) -> Vec<Request> {
    let request = |row: &Value| Request {
        method: row["method"].as_str().unwrap().to_owned(),
        path: row["path"].as_str().unwrap().to_owned(),
        is_write: row["write"] == true,
        has_effect: row["effect"] == true,
    };
    journal.as_array().unwrap().iter().map(request).collect()
}
