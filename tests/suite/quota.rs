//! A spent quota: the real program waits for it, says so, and meets no 429 where it can know better.

use crate::support::Program;
use gatewright::emulator::{Emulator, Options};
use serde_json::{Value, json};
use std::io::Write;
use std::num::NonZeroU32;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// A program, and an account whose quota it uses up.
struct Account {
    runtime: Runtime,
    emulator: Emulator,
    program: Program,
}

impl Account {
    /// Starts an account of so many calls an hour, which pass in an hour divided by the rate.
    fn start(quota: u32, clock_rate: u32, switches: Value) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let clock_rate = NonZeroU32::new(clock_rate).unwrap();
        let options = Options { quota, clock_rate, switches: Some(switches), ..Options::in_memory() };
        let emulator = runtime.block_on(Emulator::start(options)).unwrap();
        let mut program = Program::new();
        program.set("ONELOGIN_API_URL", &emulator.base_url());
        program.set("ONELOGIN_CLIENT_ID", "emulator");
        program.set("ONELOGIN_CLIENT_SECRET", "emulator-secret");
        Self { runtime, emulator, program }
    }

    /// Asks for so many roles: each is looked up, made and read back, so it takes three requests.
    fn want_roles(&self, number: usize) {
        let roles: String = (0..number).map(|n| format!("  r{n}: {{ name: Role {n} }}\n")).collect();
        self.program.write("gatewright.yaml", &format!("version: 1\ntenant: {{ subdomain: acme }}\nroles:\n{roles}"));
    }

    /// Starts a run that says what it says into files: nobody reads along.
    fn begin(&self, line: &str) -> Child {
        let file = |name| Stdio::from(std::fs::File::create(self.program.folder().join(name)).unwrap());
        let mut command = self.program.command(&line.split_whitespace().collect::<Vec<_>>());
        command.stdout(file("stdout")).stderr(file("stderr")).spawn().unwrap()
    }

    /// Waits for its end, and returns its exit code and what it said.
    fn end(&self, mut run: Child) -> (i32, String, String) {
        let code = run.wait().unwrap().code().unwrap();
        (code, self.program.read("stdout"), self.program.read("stderr"))
    }

    fn run(&self, line: &str) -> (i32, String, String) {
        self.end(self.begin(line))
    }

    fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/_emulator/{path}", self.emulator.base_url());
        let request = reqwest::Client::new().request(method.parse().unwrap(), url);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.runtime.block_on(async { request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap() })
    }

    /// Counts the requests of the journal that fit.
    fn count(&self, fits: impl Fn(&Value) -> bool) -> usize {
        self.control("GET", "journal", None).as_array().unwrap().iter().filter(|entry| fits(entry)).count()
    }

    fn refused(&self) -> usize {
        self.count(|entry| entry["status"] == 429)
    }
}

/// Expects that a run has waited, unless it took so long that the hour turned by itself.
fn must_have_waited(stderr: &str, took: Duration, hour: Duration) {
    assert!(waits(stderr) >= 1 || took > hour, "{took:?}: {stderr}");
}

/// Returns the lines that tell of waits, and asserts that each is followed by the one that ends it.
fn waits(stderr: &str) -> usize {
    let told: Vec<&str> =
        stderr.lines().filter(|line| line.starts_with("waiting ") || line.starts_with("going on")).collect();
    for pair in told.chunks(2) {
        assert!(pair[0].contains(" s, until ") && pair[0].contains(" calls an hour is spent"), "{stderr}");
        assert_eq!(pair[1], "going on: the quota is there again", "{stderr}");
    }
    told.len() / 2
}

#[test]
fn an_apply_beyond_the_quota_waits_and_meets_no_429() {
    let check = |switches: Value| {
        let (hour, began) = (Duration::from_secs(4), Instant::now());
        let account = Account::start(60, 900, switches.clone());
        account.want_roles(30);
        let (code, stdout, stderr) = account.run("apply --auto-approve");
        assert_eq!(code, 0, "{switches}: {stdout}{stderr}");
        must_have_waited(&stderr, began.elapsed(), hour);
        assert!(stderr.contains("apply makes 90 requests in "), "{stderr}");
        assert!(stderr.contains(" s for quota, since ") && stderr.contains(" are more than what is left"), "{stderr}");
        assert_eq!(account.refused(), 0, "{switches}: {stderr}");
        let (code, stdout, _) = account.run("plan --detailed-exitcode");
        assert_eq!((code, stdout.as_str()), (0, "No changes.\n"), "{switches}");
    };
    std::thread::scope(|scope| {
        for headers in [true, false] {
            for counts in [false, true] {
                scope.spawn(move || {
                    check(json!({ "rate_limit_headers": headers, "rate_limit_call_counts": counts }));
                });
            }
        }
    });
}

#[test]
fn log_lines_for_programs_tell_of_progress_and_waits_too() {
    // Six seconds an hour: long enough to use up what it has.
    let account = Account::start(20, 600, json!({}));
    account.want_roles(10);
    let (code, _, stderr) = account.run("apply --auto-approve --log-format json");
    assert_eq!(code, 0, "{stderr}");
    let logged: Vec<Value> = stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let fields: Vec<&Value> = logged.iter().map(|line| &line["fields"]).collect();
    let waiting = fields.iter().find(|fields| fields["message"] == "waiting for quota").unwrap();
    assert!(waiting["limit"] == 20 && waiting["seconds"].as_u64().is_some_and(|wait| wait <= 6), "{waiting}");
    assert!(fields.iter().any(|fields| fields["message"] == "the quota is there again"), "{stderr}");
    assert!(!stderr.lines().any(|line| line.starts_with("waiting ")), "nothing is said twice: {stderr}");
    let is_line = |line: &&str| !line.starts_with('{') && !line.contains(" made in ");
    assert_eq!(stderr.lines().find(is_line), None, "{stderr}");
}

#[test]
fn a_wait_beyond_what_is_allowed_ends_the_run_and_another_does_the_rest() {
    for (quota, headers) in
        [(0, true), (0, false), (1, true), (2, true), (2, false), (3, true), (3, false), (5, true), (9, false)]
    {
        let told = format!("quota {quota}, headers {headers}");
        let account = Account::start(quota, 1, json!({ "rate_limit_headers": headers }));
        account.want_roles(3);
        let (code, stdout, stderr) = account.run("apply --auto-approve --max-wait 3");
        let written = account.count(|entry| entry["write"] == true && entry["effect"] == true);
        assert_eq!(code, if written > 0 { 3 } else { 1 }, "{told}: {stdout}{stderr}");
        let both = stdout + &stderr;
        assert!(both.contains("for OneLogin's quota, more") && both.contains("`--max-wait`"), "{told}: {both}");
        assert!(!both.contains("waiting "), "{told}: {both}");
        // The lists are asked for while the quota is.
        assert_eq!(account.refused(), usize::from(quota == 0), "{told}: {both}");
        if quota == 0 {
            continue;
        }
        // An hour later there is enough for the rest of it, with some patience.
        account.control("POST", "clock", Some(&json!({ "seconds": 3600, "rate": 3600 })));
        let (code, stdout, stderr) = account.run("apply --auto-approve --max-wait 3");
        assert_eq!(code, 0, "{told}: {stdout}{stderr}");
    }
}

/// A run that takes more than an hour's quota: three requests a role, and those of the plan.
struct Long {
    quota: u32,
    roles: usize,
    /// How much is asked for before the hour passes quickly: it must not turn before it is spent, and must turn soon after.
    before_the_clock_runs: usize,
    clock_rate: u32,
}

#[test]
fn more_requests_than_an_hour_has() {
    let long = match std::env::var("GATEWRIGHT_MATRIX").as_deref() {
        Ok("full") => Long { quota: 5000, roles: 2000, before_the_clock_runs: 3000, clock_rate: 240 },
        _ => Long { quota: 1000, roles: 400, before_the_clock_runs: 300, clock_rate: 360 },
    };
    let began = Instant::now();
    let account = Account::start(long.quota, 1, json!({}));
    account.want_roles(long.roles);
    let apply = account.begin("apply --auto-approve");
    account.control("GET", &format!("journal?wait={}", long.before_the_clock_runs), None);
    let spending = Instant::now();
    account.control("POST", "clock", Some(&json!({ "rate": long.clock_rate })));
    let (code, stdout, stderr) = account.end(apply);
    assert_eq!(code, 0, "{}", stderr);
    must_have_waited(&stderr, spending.elapsed(), Duration::from_secs(3600 / u64::from(long.clock_rate)));
    assert!(stdout.contains(&format!("{} created", long.roles)), "{stderr}");
    let (requests, waits, refused) = (account.count(|_| true), waits(&stderr), account.refused());
    assert!(requests >= 3 * long.roles, "{requests} requests: {stderr}");
    assert_eq!(refused, 0, "{stderr}");
    // Past the harness, which keeps what a test that succeeds says.
    let mut stderr = std::io::stderr();
    let seconds = began.elapsed().as_secs();
    let quota = long.quota;
    writeln!(stderr, "quota: {requests} requests of {quota} an hour, {waits} waits, {refused} 429s met, {seconds} s")
        .unwrap();
    let (code, stdout, _) = account.run("plan --detailed-exitcode");
    assert_eq!((code, stdout.as_str()), (0, "No changes.\n"));
}
