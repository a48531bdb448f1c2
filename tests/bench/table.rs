//! Prints figures beside their limits.

use crate::child::Usage;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// A limit of the speed table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    figure: Figure,
    most: u64,
}

#[derive(Debug, Clone, Copy)]
enum Figure {
    WallMs,
    CpuMs,
    PeakMib,
    Connections,
    Requests,
}

impl Limit {
    pub(crate) fn wall_ms(most: u64) -> Self {
        Self { figure: Figure::WallMs, most }
    }

    pub(crate) fn cpu_ms(most: u64) -> Self {
        Self { figure: Figure::CpuMs, most }
    }

    pub(crate) fn peak_mib(most: u64) -> Self {
        Self { figure: Figure::PeakMib, most }
    }

    pub(crate) fn connections(most: u64) -> Self {
        Self { figure: Figure::Connections, most }
    }

    pub(crate) fn requests(most: u64) -> Self {
        Self { figure: Figure::Requests, most }
    }

    fn verdict(self, row: &Row) -> String {
        let (seen, unit) = match self.figure {
            Figure::WallMs => (row.usage.wall.as_secs_f64() * 1000.0, "ms wall"),
            Figure::CpuMs => (row.usage.cpu.as_secs_f64() * 1000.0, "ms CPU"),
            Figure::PeakMib => (row.usage.peak_kib as f64 / 1024.0, "MiB"),
            Figure::Connections => (row.connections.unwrap_or_default() as f64, "connections"),
            Figure::Requests => (row.requests.unwrap_or_default() as f64, "requests"),
        };
        let word = if seen <= self.most as f64 { "within" } else { "OVER" };
        format!("{word} {} {unit}", self.most)
    }
}

struct Row {
    name: String,
    requests: Option<u64>,
    connections: Option<u64>,
    usage: Usage,
    limits: Vec<Limit>,
}

/// The rows so far.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn row(&mut self, name: &str, counters: Option<&Value>, usage: &Usage, limits: Vec<Limit>) {
        let count = |key: &str| counters.map(|counters| counters[key].as_u64().unwrap());
        self.rows.push(Row {
            name: name.to_owned(),
            requests: count("requests"),
            connections: count("connections"),
            usage: *usage,
            limits,
        });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ("work", "requests", "conns", "CPU ms", "wall ms", "peak MiB");
        writeln!(
            f,
            "{:<40} {:>8} {:>5} {:>7} {:>8} {:>8}  limits",
            header.0, header.1, header.2, header.3, header.4, header.5
        )?;
        for row in &self.rows {
            let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
            let milliseconds = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1000.0);
            let verdicts: Vec<String> = row.limits.iter().map(|limit| limit.verdict(row)).collect();
            writeln!(
                f,
                "{:<40} {:>8} {:>5} {:>7} {:>8} {:>8.1}  {}",
                row.name,
                number(row.requests),
                number(row.connections),
                milliseconds(row.usage.cpu),
                milliseconds(row.usage.wall),
                row.usage.peak_kib as f64 / 1024.0,
                verdicts.join(", ")
            )?;
        }
        Ok(())
    }
}
