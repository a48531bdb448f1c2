//! Schedules of several faults over two runs, drawn with a seed and shrunk to the smallest that fails.

use super::cell::{APPLY, Fault, Golden, converge, judge, told};
use super::lab::{Lab, Pace};
use super::{is_full, say, seed};
use crate::support::Program;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::thread;

/// How many schedules are played at one time.
const AT_ONCE: u32 = 16;

/// How many requests a run that meets faults makes; those beyond are left alone.
const REQUESTS: usize = 140;

/// What goes wrong with which request of a run.
type Faults = BTreeMap<usize, Fault>;

/// Two runs that meet faults, before those that do not.
#[derive(Debug, Clone)]
struct Schedule {
    in_flight: u8,
    runs: [Faults; 2],
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let faults = || btree_map(1..=REQUESTS, select(Fault::ALL), 0..=5);
    (select(vec![1, 8]), faults(), faults())
        .prop_map(|(in_flight, first, second)| Schedule { in_flight, runs: [first, second] })
}

fn play(lab: &Lab, golden: &Golden, schedule: &Schedule) -> Result<(), String> {
    let program = lab.start_over();
    let found = schedule
        .runs
        .iter()
        .zip(["first", "second"])
        .try_for_each(|(faults, name)| run(lab, golden, &program, name, (faults, schedule.in_flight)))
        // Effects that are still on their way may stop a run twice at objects that move under its eyes.
        .and_then(|()| converge(lab, golden, &program, 3));
    found.map_err(|what| told(&program, &what))
}

fn run(
    lab: &Lab,
    golden: &Golden,
    program: &Program,
    name: &str,
    (faults, in_flight): (&Faults, u8),
) -> Result<(), String> {
    let rules: Vec<_> = faults.iter().map(|(nth, fault)| fault.rule(*nth)).collect();
    lab.set_faults(&rules);
    let timeout = if faults.values().any(|fault| *fault == Fault::Timeout) { 2 } else { Pace::STEADY.timeout };
    let mut child = Lab::spawn(program, name, APPLY, Pace { in_flight, timeout });
    match faults.iter().find(|(_, fault)| fault.kills()) {
        Some((nth, _)) => lab.kill_at(child, *nth),
        None => {
            let code = child.wait().unwrap().code();
            judge(lab, golden, code).map_err(|what| format!("the {name} run: {what}"))?;
        }
    }
    Ok(())
}

#[test]
fn runs_that_meet_several_faults_converge() {
    let golden = &Golden::record(&Lab::new());
    let cases = if is_full() { 12 } else { 1 };
    let failures: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|worker| scope.spawn(move || draw(golden, cases, worker))).collect();
        workers.into_iter().filter_map(|worker| worker.join().unwrap()).collect()
    });
    let played = cases * AT_ONCE;
    say(&format!("random faults: {played} schedules played (seed {}), failures {}", seed(), failures.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Draws and plays schedules; a failure is shrunk and told.
fn draw(golden: &Golden, cases: u32, worker: u32) -> Option<String> {
    let mut bytes = [0; 32];
    let text = format!("{} {worker}", seed());
    text.bytes().enumerate().for_each(|(place, byte)| bytes[place % 32] ^= byte.rotate_left(place as u32 / 32));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&schedules(), |schedule| play(&Lab::new(), golden, &schedule).map_err(TestCaseError::fail));
    match result {
        Ok(()) => None,
        Err(TestError::Fail(told, schedule)) => Some(format!("{schedule:?}: {told}")),
        Err(TestError::Abort(why)) => Some(why.to_string()),
    }
}
