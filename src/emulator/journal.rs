//! What was asked since the last reset: the journal of requests, and counters over it.

use std::collections::BTreeMap;

use serde::Serialize;

/// One request, as the control API shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Number since the reset, from 1.
    pub(crate) n: u64,
    pub(crate) method: String,
    /// The path without its query.
    pub(crate) path: String,
    /// The query as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    /// The status answered; 0 where the connection was closed without an answer.
    pub(crate) status: u16,
    /// Whether it was a mutating method other than the POST of a token.
    pub(crate) write: bool,
    /// Whether the account changed by it; a late effect shows here once it took place.
    pub(crate) effect: bool,
    pub(crate) request_id: String,
}

/// The journal and its counters.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Vec<Entry>,
    /// Entries of before the reset; a late effect must not land on a newer entry.
    forgotten: u64,
    tokens: u64,
    connections: u64,
    resets: ResetCount,
    in_flight: u64,
    max_in_flight: u64,
    by_route: BTreeMap<String, u64>,
}

/// The counters, as the control API shows them.
#[derive(Debug, Serialize)]
pub(crate) struct Counters<'a> {
    requests: u64,
    writes: u64,
    tokens: u64,
    connections: u64,
    max_in_flight: u64,
    by_route: &'a BTreeMap<String, u64>,
}

/// How often the counters were reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResetCount(u64);

/// Place of an entry, good across resets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryId(u64);

impl Journal {
    /// Notes that a request began.
    pub(crate) fn begin(&mut self, route: &str) {
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        *self.by_route.entry(route.to_owned()).or_default() += 1;
    }

    /// Notes that a request ended, answered or not.
    pub(crate) fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Notes a TCP connection.
    pub(crate) fn count_connection(&mut self) -> ResetCount {
        self.connections += 1;
        self.resets
    }

    /// Takes a connection out of the count, unless the counters were reset since it was put in.
    pub(crate) fn uncount_connection(&mut self, counted: ResetCount) {
        if counted == self.resets {
            self.connections = self.connections.saturating_sub(1);
        }
    }

    /// Adds an entry; its number is set here.
    pub(crate) fn add(&mut self, mut entry: Entry, token: bool) -> EntryId {
        entry.n = self.entries.len() as u64 + 1;
        self.tokens += u64::from(token);
        self.entries.push(entry);
        EntryId(self.forgotten + self.entries.len() as u64 - 1)
    }

    /// Notes that the effect of a request took place after its answer.
    pub(crate) fn took_effect(&mut self, id: EntryId) {
        let place = id.0.checked_sub(self.forgotten).and_then(|place| usize::try_from(place).ok());
        if let Some(entry) = place.and_then(|place| self.entries.get_mut(place)) {
            entry.effect = true;
        }
    }

    /// Returns the entries since the reset.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the counters since the reset.
    pub(crate) fn counters(&self) -> Counters<'_> {
        Counters {
            requests: self.entries.len() as u64,
            writes: self.entries.iter().filter(|entry| entry.write).count() as u64,
            tokens: self.tokens,
            connections: self.connections,
            max_in_flight: self.max_in_flight,
            by_route: &self.by_route,
        }
    }

    /// Forgets everything; what is in flight stays in flight.
    pub(crate) fn reset(&mut self) {
        let forgotten = self.forgotten + self.entries.len() as u64;
        *self = Journal {
            forgotten,
            resets: ResetCount(self.resets.0 + 1),
            in_flight: self.in_flight,
            max_in_flight: self.in_flight,
            ..Journal::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry {
            n: 0,
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: None,
            status: 201,
            write: true,
            effect: false,
            request_id: "r".to_owned(),
        }
    }

    #[test]
    fn a_late_effect_lands_on_its_own_entry_or_nowhere() {
        let mut journal = Journal::default();
        let first = journal.add(entry("/a"), false);
        let second = journal.add(entry("/b"), false);
        journal.took_effect(second);
        assert!(!journal.entries()[0].effect && journal.entries()[1].effect);
        journal.reset();
        journal.add(entry("/c"), false);
        journal.took_effect(first);
        assert!(!journal.entries()[0].effect);
        assert_eq!(journal.entries()[0].n, 1);
    }

    #[test]
    fn the_highest_number_in_flight_is_kept() {
        let mut journal = Journal::default();
        journal.begin("GET /a");
        journal.begin("GET /a");
        journal.end();
        journal.begin("GET /b");
        let counters = journal.counters();
        assert_eq!(counters.max_in_flight, 2);
        assert_eq!(counters.by_route.get("GET /a"), Some(&2));
    }
}
