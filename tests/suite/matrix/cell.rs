//! One fault at one request, played and judged.

use super::lab::{Lab, Pace, Request};
use crate::support::Program;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The command under test, and the one that is run again: nobody asks twice for an app to be made anew.
pub(super) const APPLY: &[&str] =
    &["apply", "--auto-approve", "--allow-destroy", "--max-deletes", "20", "--replace", "oidc_app/replaced"];
const AGAIN: &[&str] = &["apply", "--auto-approve", "--allow-destroy", "--max-deletes", "20"];

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The program is killed before the request takes effect; it never does.
    KilledBefore,
    /// The program is killed when the request has taken effect, before the answer.
    KilledAfter,
    /// The program is killed, and the request takes effect when it is gone.
    KilledLate,
    /// The connection is closed, without effect.
    DroppedBefore,
    /// The connection is closed after the effect.
    DroppedAfter,
    /// Too many requests, once.
    TooMany,
    /// An error of the server, as JSON.
    ServerError,
    /// The HTML page of a gateway.
    BadGateway,
    /// The same, and the request takes effect a little later.
    BadGatewayLate,
    /// Not available.
    Unavailable,
    /// No answer in time; the effect is there.
    Timeout,
    /// The token is refused.
    Unauthorized,
    /// The answer of before the last write.
    Stale,
}

impl Fault {
    pub(super) const ALL: &[Fault] = &[
        Fault::KilledBefore,
        Fault::KilledAfter,
        Fault::KilledLate,
        Fault::DroppedBefore,
        Fault::DroppedAfter,
        Fault::TooMany,
        Fault::ServerError,
        Fault::BadGateway,
        Fault::BadGatewayLate,
        Fault::Unavailable,
        Fault::Timeout,
        Fault::Unauthorized,
        Fault::Stale,
    ];

    /// Says whether it can happen to a request in a way of its own.
    pub(super) fn fits(self, request: &Request) -> bool {
        match self {
            Self::Stale => request.method == "GET",
            Self::KilledAfter | Self::KilledLate | Self::BadGatewayLate => request.is_write,
            _ => true,
        }
    }

    pub(super) const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter | Self::KilledLate)
    }

    /// Says whether effects may come when the program is gone or has gone on.
    pub(super) const fn is_late(self) -> bool {
        matches!(self, Self::KilledLate | Self::BadGatewayLate)
    }

    /// Returns how the program is run where this may happen.
    pub(super) const fn pace(self) -> Pace {
        match self {
            Self::Timeout => Pace { timeout: 2, ..Pace::STEADY },
            _ => Pace::STEADY,
        }
    }

    /// Returns the emulator's rule for the nth request.
    pub(super) fn rule(self, nth: usize) -> Value {
        // A request that is killed over is held for longer than anything takes.
        let fault = match self {
            Self::KilledBefore => json!({ "status": 503, "delay_ms": 600_000 }),
            Self::KilledAfter => json!({ "delay_ms": 600_000 }),
            Self::KilledLate => json!({ "effect_delay_ms": 400, "delay_ms": 600_000 }),
            Self::DroppedBefore => json!({ "drop": "before" }),
            Self::DroppedAfter => json!({ "drop": "after" }),
            Self::TooMany => json!({ "status": 429, "headers": { "retry-after": "1" } }),
            Self::ServerError => json!({ "status": 500 }),
            Self::BadGateway => json!({ "status": 502 }),
            Self::BadGatewayLate => json!({ "status": 502, "effect_delay_ms": 400 }),
            Self::Unavailable => json!({ "status": 503 }),
            Self::Timeout => json!({ "delay_ms": 3_000 }),
            Self::Unauthorized => json!({ "status": 401 }),
            Self::Stale => json!({ "stale": true }),
        };
        json!({ "match": { "nth": nth }, "fault": fault })
    }

    /// Says whether a run that meets it at this request has to get to its end all the same.
    ///
    /// What cannot be made again without a doubt is a server, an app or a role that left no trace; and credentials that are
    /// refused are the user's to mend.
    fn must_be_overcome(self, request: &Request) -> bool {
        if self == Self::Unauthorized && request.path.starts_with("/auth/oauth2/") {
            return false;
        }
        let is_unique = ["/api/2/roles", "/api/2/apps", "/api/2/api_authorizations"].contains(&request.path.as_str());
        let leaves_no_trace =
            matches!(self, Self::DroppedBefore | Self::ServerError | Self::BadGateway | Self::Unavailable);
        let is_in_doubt = is_unique && request.method == "POST" && leaves_no_trace;
        !self.kills() && !is_in_doubt
    }
}

/// How an undisturbed run leaves everything.
pub(super) struct Golden {
    pub(super) requests: Vec<Request>,
    pub(super) account: Value,
    pub(super) policy: String,
    /// The id of the app that is made anew, before it is.
    replaced: u64,
}

impl Golden {
    /// Runs without any fault.
    pub(super) fn record(lab: &Lab) -> Self {
        let program = lab.start_over();
        let before = lab.account();
        let (replaced, _) = lab.app("Replaced App").unwrap();
        let mut child = Lab::spawn(&program, "golden", APPLY, Pace::STEADY);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{}", program.read("golden.out"));
        let requests = lab.journal();
        let account = lab.account();
        assert_ne!(account, before);
        let policy = program.read("policies/ledger.json");
        assert_ne!(lab.app("Replaced App").unwrap().0, replaced);
        Self { requests, account, policy, replaced }
    }
}

/// Plays one cell. An error tells what does not hold and what every run said.
pub(super) fn play(lab: &Lab, golden: &Golden, fault: Fault, nth: usize) -> Result<(), String> {
    let request = golden.requests.get(nth - 1).expect("the cell is about a request of the undisturbed run");
    let program = lab.start_over();
    lab.set_faults(&[fault.rule(nth)]);
    let mut child = Lab::spawn(&program, "first", APPLY, fault.pace());
    let found = if fault.kills() {
        lab.kill_at(child, nth);
        Ok(())
    } else {
        let code = child.wait().unwrap().code();
        let is_overcome = code == Some(0) || !fault.must_be_overcome(request);
        judge(lab, golden, code).and_then(|()| match is_overcome {
            true => Ok(()),
            false => Err(format!("the first run ended with {code:?}")),
        })
    };
    // An effect that is still on its way may make the next run stop at an object that moves under its eyes.
    let most_runs = if fault.is_late() { 2 } else { 1 };
    let found = found.and_then(|()| converge(lab, golden, &program, most_runs));
    found.map_err(|what| told(&program, &format!("{fault:?} at {nth}, {} {}: {what}", request.method, request.path)))
}

/// Says whether what an exit code says of a run is true.
pub(super) fn judge(lab: &Lab, golden: &Golden, code: Option<i32>) -> Result<(), String> {
    let has_written = lab.journal().iter().any(|request| request.has_effect);
    match code {
        Some(0) if lab.account() != golden.account => Err("it said that all was done".to_owned()),
        Some(code @ (1 | 4)) if has_written => Err(format!("it wrote, and its exit code {code} denies it")),
        Some(0 | 1 | 3 | 4) => Ok(()),
        code => Err(format!("the first run ended with {code:?}")),
    }
}

/// Runs it again, without faults, until it is done; then the account is as if nothing had happened.
pub(super) fn converge(lab: &Lab, golden: &Golden, program: &Program, most_runs: usize) -> Result<(), String> {
    lab.set_faults(&[]);
    let run = |name: &str, words: &[&str]| Lab::spawn(program, name, words, Pace::STEADY).wait().unwrap().code();
    let mut last = Ok(());
    for attempt in 1..=most_runs {
        let again = run(&format!("again-{attempt}"), AGAIN);
        let plan = run("plan", &["plan", "--detailed-exitcode"]);
        last = match (again, plan) {
            (Some(0), Some(0)) => is_as_undisturbed(lab, golden, program),
            codes => Err(format!("running it again, and planning after it, ended with {codes:?}")),
        };
        // What a killed run sent may take effect after the next one.
        if last.is_ok() {
            break;
        }
    }
    last?;
    secret_is_accounted_for(lab, program, "made", "Made App")?;
    match lab.app("Replaced App") {
        // It was not made anew, and nobody was told its secret.
        Some((id, _)) if id == golden.replaced => Ok(()),
        _ => secret_is_accounted_for(lab, program, "replaced", "Replaced App"),
    }
}

fn is_as_undisturbed(lab: &Lab, golden: &Golden, program: &Program) -> Result<(), String> {
    let account = lab.account();
    if account != golden.account {
        return Err(format!("the account is another one:\n{}", difference(&golden.account, &account)));
    }
    match program.read("policies/ledger.json") == golden.policy {
        true => Ok(()),
        false => Err("the policy file is another one".to_owned()),
    }
}

/// The secret of an app that was made is stored, or its loss is told.
fn secret_is_accounted_for(lab: &Lab, program: &Program, key: &str, name: &str) -> Result<(), String> {
    let (id, digest) = lab.app(name).ok_or("the app is not there")?;
    let secrets = files(&program.folder().join(".gatewright/secrets"));
    let name = format!("{key}.{id}.json");
    if let Some(stored) = secrets.iter().find(|path| path.file_name().is_some_and(|known| known == name.as_str())) {
        let stored: Value = serde_json::from_slice(&std::fs::read(stored).unwrap()).unwrap();
        let secret = stored["client_secret"].as_str().unwrap();
        let is_right = sha256(secret) == digest;
        return if is_right { Ok(()) } else { Err("the stored secret is not the app's".to_owned()) };
    }
    let warned = Lab::spawn(program, "warned", &["verify", "--allow-skips"], Pace::STEADY).wait().unwrap().code();
    match program.read("warned.out").contains(&format!("nobody has the client secret of oidc_app/{key} ({id})")) {
        true => Ok(()),
        false => Err(format!("the secret is gone without a word, verify ended with {warned:?}")),
    }
}

/// Returns the SHA-256 of a text in hex.
fn sha256(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn difference(golden: &Value, account: &Value) -> String {
    let text = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let (golden, account) = (text(golden), text(account));
    similar::TextDiff::from_lines(&golden, &account).unified_diff().header("undisturbed", "now").to_string()
}

/// Adds what every run said.
pub(super) fn told(program: &Program, what: &str) -> String {
    let mut text = what.to_owned();
    for name in ["first", "second", "again-1", "again-2", "again-3", "plan", "warned"] {
        if let Ok(said) = std::fs::read_to_string(program.folder().join(format!("{name}.out"))) {
            text.push_str(&format!("\n--- {name}\n{said}"));
        }
    }
    text
}
