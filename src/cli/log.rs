//! Log lines on stderr.

use super::args::{GlobalArgs, LogFormat};
use super::terminal::LogLines;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;

/// Starts logging for the rest of the process.
///
/// Times are left out of text lines: a terminal that cares shows its own, and output stays comparable.
pub(super) fn start(global: &GlobalArgs) {
    let level = match global.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = tracing_subscriber::EnvFilter::new(format!("off,gatewright={level}"));
    let lines = fmt().with_env_filter(filter).with_writer(|| LogLines).with_target(false);
    // A second start in one process keeps the first, which is as good.
    let _ = match global.log_format {
        LogFormat::Text => lines.without_time().with_ansi(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
