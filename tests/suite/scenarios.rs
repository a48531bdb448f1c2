//! The stories of `tests/scenarios/`.

mod eleven;
mod switches;

use crate::support::{Manner, play, root};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

macro_rules! stories {
    ($($test:ident $folder:literal,)*) => {
        $(#[test] fn $test() { play($folder, Manner::Compared); })*

        /// The stories with a test of their own; those of the eleven situations are played by theirs.
        const PLAYED: &[&str] = &[$($folder,)*];
    };
}

stories! {
    create_all "01-create-all",
    delete_order "03-delete-order",
    adopt "04-adopt",
    unmanaged_neighbour "05-unmanaged-neighbour",
    drift "06-drift",
    partial_failure "07-partial-failure",
    paging "10-paging",
    concurrent_edit "11-concurrent-edit",
    safety_refusal "12-safety-refusal",
    broken_policy "15-refused-caller",
    undo "21-undo",
    replace "22-replace",
    target "23-target",
    destroy "24-destroy",
}

/// Lists the folders of all stories.
fn all() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("tests/scenarios")).unwrap();
    let mut folders: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    folders.sort();
    folders
}

#[test]
fn every_story_is_played() {
    let mut played: Vec<&str> = PLAYED.iter().copied().chain(eleven::stories()).collect();
    played.sort_unstable();
    assert_eq!(played, all());
}

/// Does something with each of several cases, on as many threads as there are processors, and returns what went wrong in
/// each, in their order; `None` is well.
///
/// Most of a story is waiting for processes, so one thread more keeps the processors busy.
fn each<T: Sync>(cases: &[T], act: impl Fn(&T) + Sync) -> Vec<Option<String>> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) + 1;
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else { return done };
            let failure = catch_unwind(AssertUnwindSafe(|| act(case))).err().map(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
            });
            done.push((index, failure));
        }
    };
    let mut done: Vec<(usize, Option<String>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, failure)| failure).collect()
}
