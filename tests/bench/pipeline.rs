//! Times the main job against the embedded emulator and prints each figure beside its limit.
//!
//! `cargo bench` runs all of it. Every command runs as a process of its own (this very binary, asked to be the program), so
//! its CPU time and peak memory are the program's alone; the emulator serves it from the parent. Nothing here fails on a slow
//! machine: the table says `over` and the reader judges.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and fails by panicking"
)]

mod child;
mod file;
mod table;

use child::{Usage, run_child};
use gatewright::emulator::{Emulator, Options};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use table::{Limit, Table};

/// Requests in flight, the program's default.
const IN_FLIGHT: u64 = 8;

fn main() {
    if let Some(exit) = child::be_the_program() {
        std::process::exit(exit.into());
    }
    // `cargo test --benches` asks for a quick look, not for figures.
    let is_quick = !std::env::args().any(|argument| argument == "--bench");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut table = Table::default();
    cold_start(&mut table);
    for objects in if is_quick { &[40][..] } else { &[40, 400, 1000][..] } {
        for latency in if is_quick { &[0][..] } else { &[0, 50][..] } {
            runtime.block_on(pipeline(*objects, *latency, &mut table));
        }
    }
    if !is_quick {
        large_file(&mut table);
    }
    print!("{table}");
}

/// Takes the best of ten: the question is what a start costs, not what else the machine does.
fn cold_start(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let usage = (0..10).map(|_| run_child(folder.path(), &["--version"], None)).min_by_key(|usage| usage.wall).unwrap();
    table.row("start (--version), best of 10", None, &usage, vec![Limit::wall_ms(10)]);
}

async fn pipeline(objects: usize, latency: u64, table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gatewright.yaml"), file::contents(objects / 10)).unwrap();
    let latency_time = Duration::from_millis(latency);
    let emulator =
        Emulator::start(Options { latency: latency_time, quota: 10_000_000, ..Options::in_memory() }).await.unwrap();
    let url = emulator.base_url();
    if latency == 0 {
        let limit = if objects == 1000 { vec![Limit::wall_ms(30)] } else { Vec::new() };
        let usage = step(folder.path(), &url, &["validate"]).await;
        table.row(&format!("validate {objects}"), None, &usage.0, limit);
    }
    let steps = [
        ("plan, all new", vec!["plan"], Step::PlanNew),
        ("apply", vec!["apply", "--auto-approve"], Step::Apply),
        ("plan, all live", vec!["plan"], Step::PlanLive),
    ];
    for (name, arguments, kind) in steps {
        let (usage, counters) = step(folder.path(), &url, &arguments).await;
        let limits = kind.limits(objects, latency, &counters);
        table.row(&format!("{name}: {objects} at {latency} ms"), Some(&counters), &usage, limits);
    }
    emulator.shutdown().await;
}

#[derive(Clone, Copy)]
enum Step {
    PlanNew,
    Apply,
    PlanLive,
}

impl Step {
    /// The rows of the speed table that this step is.
    fn limits(self, objects: usize, latency: u64, counters: &Value) -> Vec<Limit> {
        let requests = counters["requests"].as_u64().unwrap();
        match (self, objects, latency) {
            (Self::PlanLive, 1000, 0) => vec![Limit::cpu_ms(250), Limit::peak_mib(40), Limit::requests(floor(objects))],
            (Self::PlanLive, 400, 50) => {
                let ideal = requests * latency / IN_FLIGHT;
                vec![Limit::wall_ms(ideal * 115 / 100), Limit::connections(IN_FLIGHT), Limit::requests(floor(objects))]
            }
            (Self::PlanLive, ..) => vec![Limit::requests(floor(objects))],
            (Self::Apply, 1000, 0) => vec![Limit::wall_ms(2000)],
            (Self::Apply | Self::PlanNew, ..) => Vec::new(),
        }
    }
}

/// Token, rate limit, one page of servers, one of apps, and then 4 a server and 1 an app.
fn floor(objects: usize) -> u64 {
    let units = objects as u64 / 10;
    2 + 2 + 4 * units + units
}

async fn step(folder: &Path, url: &str, arguments: &[&str]) -> (Usage, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.post(format!("{url}/_emulator/reset")).send().await.unwrap().error_for_status().unwrap();
    let (folder, owned) = (folder.to_owned(), url.to_owned());
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run_child(&folder, &arguments, Some(&owned))
    };
    let usage = tokio::task::spawn_blocking(run).await.unwrap();
    let counters = http.get(format!("{url}/_emulator/counters")).send().await.unwrap().text().await.unwrap();
    (usage, serde_json::from_str(&counters).unwrap())
}

/// A file far larger than any account: offline work has to stay linear.
fn large_file(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gatewright.yaml"), file::servers(10_000, 10)).unwrap();
    std::fs::write(folder.path().join("account.json"), file::snapshot(10_000, 10)).unwrap();
    for (name, arguments) in
        [("validate", &["validate"][..]), ("plan from a snapshot", &["plan", "--snapshot", "account.json"])]
    {
        let usage = run_child(folder.path(), arguments, None);
        let limits = vec![Limit::wall_ms(2000), Limit::peak_mib(400)];
        table.row(&format!("{name}: 10,000 servers, 100,000 scopes"), None, &usage, limits);
    }
}
