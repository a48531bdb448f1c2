//! Every request of the undisturbed run with every fault.

use super::cell::{Fault, Golden, play};
use super::lab::Lab;
use super::{is_full, say, seed};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many cells are played at one time; nearly all of a cell is waiting.
const AT_ONCE: usize = 12;

/// How many cells `cargo test` plays.
const PART: usize = 40;

#[test]
fn a_run_that_meets_any_fault_at_any_request_can_be_run_again() {
    let lab = Lab::new();
    let golden = Golden::record(&lab);
    let mut cells: Vec<(usize, Fault)> = Vec::new();
    for (index, request) in golden.requests.iter().enumerate() {
        let fitting = Fault::ALL.iter().filter(|fault| fault.fits(request));
        cells.extend(fitting.map(|fault| (index + 1, *fault)));
    }
    let all = cells.len();
    if !is_full() {
        cells.sort_by_key(|(nth, fault)| drawn(&seed(), *nth, *fault));
        cells.truncate(PART);
    }
    let failures = play_all(&golden, &cells);
    say(&format!(
        "crash matrix: {} requests x {} faults, {} of {all} cells played (seed {}), failures {}",
        golden.requests.len(),
        Fault::ALL.len(),
        cells.len(),
        seed(),
        failures.len()
    ));
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Returns the place of a cell in the order that a seed draws.
fn drawn(seed: &str, nth: usize, fault: Fault) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, nth, fault as u8).hash(&mut hasher);
    hasher.finish()
}

fn play_all(golden: &Golden, cells: &[(usize, Fault)]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(cells.len()) {
            scope.spawn(|| {
                let mut lab = Lab::new();
                while let Some((nth, fault)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(told) = play(&lab, golden, *fault, *nth) {
                        failures.lock().unwrap().push(told);
                    }
                    if fault.is_late() {
                        // What is still on its way must not reach the account of the next cell.
                        lab = Lab::new();
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap()
}
