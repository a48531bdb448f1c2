//! Runs the program as a process of its own and reads what it cost.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the child leaves its figures.
const USAGE_FILE: &str = "GATEWRIGHT_BENCH_USAGE";

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// From start to end, as the parent saw it.
    pub(crate) wall: Duration,
    /// User and system time together.
    pub(crate) cpu: Duration,
    /// The largest resident size, in KiB.
    pub(crate) peak_kib: u64,
}

/// Runs this binary as the program.
pub(crate) fn run_child(folder: &Path, arguments: &[&str], api: Option<&str>) -> Usage {
    let report = folder.join("usage");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).current_dir(folder).env_clear().env(USAGE_FILE, &report).stdout(Stdio::null());
    command.stderr(std::fs::File::create(folder.join("stderr")).unwrap()).stdin(Stdio::null());
    if let Some(api) = api {
        command.env("ONELOGIN_API_URL", api);
        command.env("ONELOGIN_CLIENT_ID", "emulator").env("ONELOGIN_CLIENT_SECRET", "emulator-secret");
    }
    let start = Instant::now();
    let status = command.status().unwrap();
    let wall = start.elapsed();
    let said = std::fs::read_to_string(folder.join("stderr")).unwrap();
    assert!(status.success(), "{arguments:?} ended with {status}:\n{said}");
    let figures = std::fs::read_to_string(&report).unwrap();
    let mut figures = figures.split_whitespace().map(|figure| figure.parse::<u64>().unwrap());
    let (ticks, peak_kib) = (figures.next().unwrap(), figures.next().unwrap());
    Usage { wall, cpu: Duration::from_millis(ticks * 10), peak_kib }
}

/// Is the program, where the parent asks for that, and leaves the figures behind.
pub(crate) fn be_the_program() -> Option<u8> {
    let report = std::env::var_os(USAGE_FILE)?;
    let exit = gatewright::cli::run(std::env::args_os());
    std::fs::write(report, format!("{} {}\n", cpu_ticks(), peak_kib())).unwrap();
    Some(exit.code())
}

/// User and system time of this process in hundredths of a second, the unit of Linux's `/proc`.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The second field is the name in parentheses, which may hold blanks: count from behind it.
    let after_name = stat.rsplit_once(") ").unwrap().1;
    let fields: Vec<&str> = after_name.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
